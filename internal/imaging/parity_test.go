package imaging_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
	"bluerose/internal/imaging/vips"
)

// reference is the ImageMagick that parity is measured against: 6.9, as Debian packages it.
const reference = "/usr/bin/convert"

// commandLine is a line of testdata/operators.tsv.
type commandLine struct {
	input, output string
	args          []string
	limit         float64 // largest RMSE, in percent of the full range
}

func commandLines(t *testing.T) []commandLine {
	t.Helper()
	file, err := os.Open("testdata/operators.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []commandLine
	for scan := bufio.NewScanner(file); scan.Scan(); {
		cells := strings.Split(scan.Text(), "\t")
		if strings.HasPrefix(cells[0], "#") {
			continue
		}
		limit, err := strconv.ParseFloat(cells[3], 64)
		if err != nil {
			t.Fatalf("%q: %v", scan.Text(), err)
		}
		args := strings.Fields(cells[1])
		for i, arg := range args {
			args[i] = strings.ReplaceAll(arg, "~", " ")
		}
		lines = append(lines, commandLine{input: cells[0], args: args, output: cells[2], limit: limit})
	}
	return lines
}

// inputs makes the pictures that the command lines start from, with the reference, and gives their paths by name.
func inputs(t *testing.T) map[string][]string {
	t.Helper()
	folder := t.TempDir()
	make := map[string][]string{
		"photo.jpg":    {"testdata/photo.jpg", "-resize", "600x400!", "-quality", "92"},
		"rose.png":     {"rose:"},
		"logo.png":     {"logo:"},
		"gradient.png": {"-size", "300x200", "gradient:orange-purple"},
		"two.png":      {"-size", "160x120", "radial-gradient:tomato-steelblue"},
		"alpha.png": strings.Fields("-size 320x240 gradient:gold-navy ( -size 320x240 radial-gradient:white-black ) " +
			"-alpha off -compose CopyOpacity -composite"),
		"gray.png":    {"testdata/photo.jpg", "-resize", "300x200!", "-colorspace", "Gray"},
		"palette.gif": {"testdata/photo.jpg", "-resize", "240x160!", "-colors", "64"},
		"offset.gif":  strings.Fields("rose: -page 200x150+30+40"),
		"icon.png":    strings.Fields("-size 64x64 xc:none -fill tomato -draw circle_32,32_32,4"),
		"shapes.png": strings.Fields("-size 150x80 xc:white -fill black -draw rectangle_10,10_50,60 -draw circle_90,40_90,20 " +
			"-draw line_120,5_145,75 -monochrome"),
		"anim.gif": strings.Fields("-delay 12 -loop 0 -size 96x64 xc:white ( -clone 0 -fill red -draw circle_20,32_20,18 ) " +
			"( -clone 0 -fill blue -draw circle_48,32_48,18 )"),
	}
	for name, args := range make {
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "_", " ")
		}
		refer(t, append(args, filepath.Join(folder, name)))
	}
	at := func(name string) string { return filepath.Join(folder, name) }
	return map[string][]string{
		"photo": {at("photo.jpg")}, "rose": {at("rose.png")}, "logo": {at("logo.png")}, "gradient": {at("gradient.png")},
		"gray": {at("gray.png")}, "palette": {at("palette.gif")}, "offset": {at("offset.gif")}, "icon": {at("icon.png")},
		"shapes": {at("shapes.png")}, "alpha": {at("alpha.png")}, "anim": {at("anim.gif")}, "two-images": {at("photo.jpg"), at("two.png")}, "none": nil,
	}
}

// refer runs the reference.
func refer(t *testing.T, args []string) {
	t.Helper()
	if out, err := exec.Command(reference, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s\nThe reference is ImageMagick 6.9; make test-tools installs it", reference, strings.Join(args, " "), err, out)
	}
}

func library(t *testing.T) *vips.Library {
	t.Helper()
	program, err := filepath.Abs("../../bluerose")
	if err != nil {
		t.Fatal(err)
	}
	lib, err := vips.Open(vips.Config{Paths: vips.SearchPaths(os.Getenv("BLUEROSE_LIBVIPS"), program)})
	if err != nil {
		t.Fatalf("%v; make deps fetches it", err)
	}
	return lib
}

// TestParity holds every line of testdata/operators.tsv to its limit, or measures the command lines of -commands.
func TestParity(t *testing.T) {
	if *commandsFile != "" {
		measureCommands(t, *commandsFile)
		return
	}
	lib := library(t)
	engine, err := render.New(render.Config{Library: lib})
	if err != nil {
		t.Fatal(err)
	}
	files := inputs(t)
	folder := t.TempDir()
	for i, line := range commandLines(t) {
		name := fmt.Sprintf("%s %s %s", line.input, strings.Join(line.args, " "), line.output)
		t.Run(name, func(t *testing.T) {
			args := append(append([]string{}, files[line.input]...), line.args...)
			want := filepath.Join(folder, fmt.Sprintf("want%d.%s", i, line.output))
			refer(t, append(args, want))
			got := filepath.Join(folder, fmt.Sprintf("got%d.%s", i, line.output))
			program, err := magick.Parse(append(args, got))
			if err != nil {
				t.Fatal(err)
			}
			result, err := engine.Run(context.Background(), render.Job{Program: program, Open: os.ReadFile})
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Files) != 1 {
				t.Fatalf("%d files", len(result.Files))
			}
			if err := os.WriteFile(got, result.Files[0].Data, 0o600); err != nil {
				t.Fatal(err)
			}
			if w, g := sizes(t, want), sizes(t, got); w != g {
				t.Fatalf("frames of %s, not %s", g, w)
			}
			if distance := 100 * distance(t, want, got); !(distance <= line.limit) {
				t.Errorf("RMSE %.3f %%, more than %g %%", distance, line.limit)
			} else {
				t.Logf("RMSE %.3f %%", distance)
			}
		})
	}
}

// distance gives the larger of the RMSE of the colours over mid-grey and that of alpha, of all frames, 0 to 1.
func distance(t *testing.T, want, got string) float64 {
	t.Helper()
	a, b := rgba(t, want), rgba(t, got)
	if len(a) != len(b) {
		t.Fatalf("%d numbers, not %d", len(b), len(a))
	}
	colour, alpha := 0.0, 0.0
	over := func(p []float64, i int) float64 { return p[i]*p[3] + 0.5*(1-p[3]) }
	for at := 0; at < len(a); at += 4 {
		p, q := a[at:at+4], b[at:at+4]
		for i := range 3 {
			d := over(p, i) - over(q, i)
			colour += d * d
		}
		d := p[3] - q[3]
		alpha += d * d
	}
	pixels := float64(len(a) / 4)
	return math.Sqrt(max(colour/3, alpha) / pixels)
}

// sizes gives the sizes of a file's frames, as the reference reads them.
func sizes(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command(reference, path, "-format", "%wx%h ", "info:").Output()
	if err != nil {
		t.Fatalf("%s cannot be read: %v", filepath.Base(path), err)
	}
	return string(out)
}

// rgba gives the pixels of a file's frames as the reference decodes them, 0 to 1.
func rgba(t *testing.T, path string) []float64 {
	t.Helper()
	out, err := exec.Command(reference, path, "-depth", "16", "-alpha", "set", "-colorspace", "sRGB", "-background", "none", "-append", "RGBA:-").Output()
	if err != nil {
		t.Fatalf("%s cannot be read: %v", filepath.Base(path), err)
	}
	numbers := make([]float64, len(out)/2)
	for i := range numbers {
		numbers[i] = float64(binary.NativeEndian.Uint16(out[2*i:])) / math.MaxUint16
	}
	return numbers
}
