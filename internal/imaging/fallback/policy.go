package fallback

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bluerose/internal/imaging/render"
	"bluerose/internal/sandbox"
)

// innerCoders are what the coders that a job may name are made of themselves: pictures that are built in are GIFs and
// PPMs, icons hold BMPs and PNGs.
const innerCoders = "BMP DIB GIF GRADIENT MAGICK MPR NULL PBM PGM PNG PNM PPM XC XPM"

// policy gives the policy.xml of a job that names these coders. Of several policies that fit, the last one counts.
func policy(coders []string, limits render.Limits, memory int64, timeout time.Duration) string {
	allowed := strings.Fields(innerCoders)
	for _, coder := range coders {
		allowed = append(allowed, strings.ToUpper(coder))
	}
	slices.Sort(allowed)
	var b strings.Builder
	b.WriteString("<policymap>\n")
	for _, rule := range []struct{ domain, pattern string }{
		{"delegate", "*"}, {"filter", "*"}, {"coder", "*"}, {"module", "{MSL,MVG,PS,PDF,SVG,URL,TEXT,VIDEO,X,SHOW,WIN}"},
		{"path", "@*"}, {"path", "|*"},
	} {
		fmt.Fprintf(&b, "  <policy domain=%q rights=\"none\" pattern=%q/>\n", rule.domain, rule.pattern)
	}
	fmt.Fprintf(&b, "  <policy domain=\"coder\" rights=\"read|write\" pattern=\"{%s}\"/>\n", strings.Join(slices.Compact(allowed), ","))
	side := fmt.Sprint(limits.Side)
	for _, limit := range []struct{ name, value string }{
		{"width", side}, {"height", side}, {"area", fmt.Sprint(limits.Total)},
		{"list-length", fmt.Sprint(limits.Frames)},
		{"memory", fmt.Sprint(memory)}, {"map", "0"}, {"disk", "0"},
		{"thread", "1"}, {"throttle", "0"}, {"file", "64"},
		{"time", fmt.Sprint(max(1, int(math.Ceil(timeout.Seconds()))))},
	} {
		fmt.Fprintf(&b, "  <policy domain=\"resource\" name=%q value=%q/>\n", limit.name, limit.value)
	}
	b.WriteString("</policymap>\n")
	return b.String()
}

// Where ImageMagick's own configuration is on Linux systems, and the files of it that are no policy and no delegates: ours
// stand in the place of those.
const (
	configurationFolders = "/etc/ImageMagick-6 /etc/ImageMagick-7 /usr/share/ImageMagick-6 /usr/share/ImageMagick-7 " +
		"/usr/local/etc/ImageMagick-6 /usr/local/etc/ImageMagick-7"
	configurationFiles = "coder.xml colors.xml english.xml francais.xml locale.xml log.xml magic.xml mime.xml quantization-table.xml " +
		"thresholds.xml type.xml type-apple.xml type-dejavu.xml type-ghostscript.xml type-urw-base35.xml type-windows.xml"
)

// Readable names what ImageMagick reads of the system: libraries with its coders, fonts, and its configuration. They are
// not looked for: who asks may be in a sandbox that lists no folders.
func Readable() []string {
	paths := sandbox.SystemLibraries()
	for folder := range strings.FieldsSeq(configurationFolders) {
		for file := range strings.FieldsSeq(configurationFiles) {
			paths = append(paths, filepath.Join(folder, file))
		}
	}
	return paths
}
