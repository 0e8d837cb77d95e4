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

// configuration are the folders of ImageMagick's own configuration on Linux systems.
var configuration = []string{"/etc/ImageMagick-*/*.xml", "/usr/share/ImageMagick-*/*.xml", "/usr/local/etc/ImageMagick-*/*.xml"}

// Readable names what ImageMagick reads of the system: libraries with its coders, fonts, and its configuration. The
// system's policy and delegates are left out, as ours stand in their place.
func Readable() []string {
	paths := sandbox.SystemLibraries()
	for _, pattern := range configuration {
		files, _ := filepath.Glob(pattern) // the patterns are well formed
		for _, file := range files {
			if name := filepath.Base(file); name != "policy.xml" && name != "delegates.xml" {
				paths = append(paths, file)
			}
		}
	}
	return paths
}
