package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/gif"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// reference gives the PNG that ImageMagick's convert makes.
func reference(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(imageMagick(t, "convert"), append(args, "png:-")...)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("convert %v: %v", args, err)
	}
	return out
}

func TestOperations(t *testing.T) {
	s := start(t)
	rose := reference(t, nil, "rose:")

	if got := s.must(s.send(t.Context(), http.MethodGet, eventPath, nil, nil)); got.status != http.StatusOK || string(got.body) != `"pong"` {
		t.Errorf("GET answers %d %s", got.status, got.body)
	}
	if got := s.event(fields{"operation": "ping"}); string(got.body) != `"pong"` || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("ping answers %s as %s", got.body, got.header.Get("Content-Type"))
	}
	if got := result[[]byte](s, fields{"operation": "getSample"}); !samePixels(t, got, rose) {
		t.Error("the sample is not ImageMagick's rose")
	}
	if got := result[[]byte](s, fields{"operation": "getSample", "outputExtension": "gif"}); !bytes.HasPrefix(got, []byte("GIF8")) {
		t.Errorf("the sample as GIF starts with %q", got[:4])
	}
	if got := s.event(fields{"operation": "getDimensions", "base64Image": rose}); string(got.body) != `"70x46"` {
		t.Errorf("getDimensions answers %s", got.body)
	}
	if got := result[string](s, fields{"operation": "identify", "base64Image": rose, "customArgs": []string{"-format", "%m %w %h %[colorspace]"}}); got != "PNG 70 46 sRGB" {
		t.Errorf("identify with arguments answers %q", got)
	}
	identified := result[map[string]any](s, fields{"operation": "identify", "base64Image": s.rose("jpg")})
	for name, want := range map[string]any{"width": 70., "height": 46., "depth": 8., "colorspace": "sRGB", "geometry": "70x46+0+0"} {
		if got := identified[name]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("identify answers %s %v, want %v", name, got, want)
		}
	}
	if format, ok := identified["format"].(string); !ok || !strings.HasPrefix(format, "JPEG") {
		t.Errorf("identify answers the format %v", identified["format"])
	}
	if quality, ok := identified["quality"].(float64); !ok || quality <= 0 || quality > 1 {
		t.Errorf("identify answers the quality %v, want it within 0 and 1", identified["quality"])
	}
	if got := result[[]byte](s, fields{"operation": "convert", "base64Image": rose, "outputExtension": "png", "customArgs": []string{"-negate"}}); !samePixels(t, got, reference(t, rose, "-", "-negate")) {
		t.Error("the rose is not blue as ImageMagick's")
	}
	if got := s.event(fields{"operation": "convert", "base64Image": rose, "customArgs": []string{"-format", "%wx%h %m", "info:"}}); string(got.body) != `"70x46 PNG"` {
		t.Errorf("convert to text answers %s", got.body)
	}
}

// TestResizeFields holds resize and thumbnail to the argument list that the contract names.
func TestResizeFields(t *testing.T) {
	s := start(t)
	rose := s.rose("png")
	for _, c := range []struct {
		name   string
		fields fields
		args   string // what the same request is in convert's language
		output string
		size   string
	}{
		{"nothing", fields{}, "-set option:filter:blur 0.8 -filter Lagrange -strip -resize 100x -quality 80", "png", "100x66"},
		{"a width", fields{"width": 35}, "-set option:filter:blur 0.8 -filter Lagrange -strip -resize 35x -quality 80", "png", "35x23"},
		{"a height", fields{"height": 23}, "-set option:filter:blur 0.8 -filter Lagrange -strip -resize x23 -quality 80", "png", "35x23"},
		{"both", fields{"width": 50, "height": 20}, "-set option:filter:blur 0.8 -filter Lagrange -strip -resize 50x20 -quality 80", "png", "30x20"},
		{"all", fields{
			"width": 40, "outputExtension": "jpg", "quality": .5, "format": "jpg", "progressive": true, "colorspace": "Gray", "strip": false,
			"filter": "Triangle", "sharpening": .5, "customArgs": []string{"-flip"},
		}, "-set option:filter:blur 0.5 -filter Triangle -resize 40x -interlace plane -quality 50 -colorspace Gray -flip", "jpg", "40x26"},
		{"a format without quality", fields{"width": 40, "format": "gif", "outputExtension": "webp", "sharpening": 0},
			"-filter Lagrange -strip -resize 40x", "webp", "40x26"},
	} {
		for _, operation := range []string{"resize", "thumbnail"} {
			t.Run(operation+" "+c.name, func(t *testing.T) {
				request := fields{"operation": operation, "base64Image": rose}
				for name, value := range c.fields {
					request[name] = value
				}
				got := result[[]byte](s, request)
				want := s.converted(strings.Replace(c.args, "-resize", "-"+operation, 1), c.output, rose)
				if !bytes.Equal(got, want) {
					t.Errorf("the answer is not that of %s: %d bytes and %d", c.args, len(got), len(want))
				}
				if size := result[string](s, fields{"operation": "getDimensions", "base64Image": got}); size != c.size {
					t.Errorf("it is %s, want %s", size, c.size)
				}
			})
		}
	}
}

// TestAcceptChoosesTheFormat leaves output away.
func TestAcceptChoosesTheFormat(t *testing.T) {
	s := start(t)
	for accept, want := range map[string]string{
		"image/webp": "image/webp", "image/avif,image/webp;q=0.5": "image/avif", "*/*": "image/jpeg", "image/png;q=0.9,image/gif": "image/gif",
	} {
		a := s.must(s.send(t.Context(), http.MethodPost, "/prod/images?args=-flip", http.Header{"Accept": {accept}}, bytes.NewReader(s.rose("jpg"))))
		if got := a.header.Get("Content-Type"); a.status != http.StatusOK || got != want {
			t.Errorf("Accept: %s gives %d %s, want %s", accept, a.status, got, want)
		}
	}
}

func TestOrientationAndProfile(t *testing.T) {
	s := start(t)
	upright := s.converted("rose: -resize 70x40!", "jpg", nil)
	size := func(data []byte) string {
		return result[string](s, fields{"operation": "getDimensions", "base64Image": data})
	}
	for orientation := byte(1); orientation <= 8; orientation++ {
		turned := orientedJPEG(upright, orientation)
		want := "70x40"
		if orientation > 4 {
			want = "40x70"
		}
		got := s.converted("-auto-orient", "png", turned)
		if size(got) != want || !similar(t, got, reference(t, turned, "-", "-auto-orient"), 1.5) {
			t.Errorf("orientation %d, corrected, is %s, want %s as ImageMagick's", orientation, size(got), want)
		}
		if got := size(s.converted("", "png", turned)); got != "70x40" {
			t.Errorf("orientation %d is corrected without being asked: %s", orientation, got)
		}
		kept := result[string](s, fields{"operation": "identify", "base64Image": s.converted("-negate", "jpg", turned), "customArgs": []string{"-format", "%[orientation]"}})
		want = [...]string{"TopLeft", "TopRight", "BottomRight", "BottomLeft", "LeftTop", "RightTop", "RightBottom", "LeftBottom"}[orientation-1]
		if kept != want {
			t.Errorf("orientation %d comes out as %s, want %s", orientation, kept, want)
		}
	}
	icc := profile()
	coloured := jpegWith(upright, 0xe2, append([]byte("ICC_PROFILE\x00\x01\x01"), icc...))
	for _, output := range []string{"jpg", "png", "webp", "tiff", "avif"} {
		through := s.converted("-resize 50%", output, coloured)
		if output != "png" && !bytes.Contains(through, icc) { // a PNG holds it compressed
			t.Errorf("the colour profile is not in the %s", output)
		}
		if back := s.converted("", "jpg", through); !bytes.Contains(back, icc) {
			t.Errorf("the colour profile does not survive %s", output)
		}
		if stripped := s.converted("-resize 50% -strip", output, coloured); bytes.Contains(s.converted("", "jpg", stripped), icc) {
			t.Errorf("-strip leaves the colour profile in the %s", output)
		}
	}
}

// TestAnimation keeps the frames, their times and their number of loops.
func TestAnimation(t *testing.T) {
	s := start(t)
	animation := s.converted("-delay 20 -size 12x8 xc:red xc:lime xc:blue -loop 3", "gif", nil)
	for _, args := range []string{"", "-negate", "-resize 6x4!", "-coalesce -rotate 90"} {
		out, err := gif.DecodeAll(bytes.NewReader(s.converted(args, "gif", animation)))
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Image) != 3 || out.Delay[1] != 20 || out.LoopCount != 2 && out.LoopCount != 3 {
			t.Errorf("%q makes %d frames of %v, %d loops", args, len(out.Image), out.Delay, out.LoopCount)
		}
	}
	webp := s.converted("-negate", "webp", animation)
	if got := result[string](s, fields{"operation": "identify", "base64Image": webp, "customArgs": []string{"-format", "%n "}}); got != "3 3 3 " {
		t.Errorf("the animation as WebP has %q frames", got)
	}
	back, err := gif.DecodeAll(bytes.NewReader(s.converted("", "gif", webp)))
	if err != nil || len(back.Image) != 3 {
		t.Errorf("from WebP back to GIF: %v, %d frames", err, len(back.Image))
	}
}

// near is how far a format's pixels may be from those that were written, as a mean of a channel's difference; -1 for formats
// of two colours, which are not compared.
var near = map[string]float64{
	"jpg": 4, "png": 0, "webp": 8, "avif": 8, "gif": 6, "tiff": 0, "bmp": 0, "ico": 0, "ppm": 0, "pgm": 0, "pbm": -1,
}

// TestEveryFormatIntoEvery converts each input format into each output format. ImageMagick says what came out.
func TestEveryFormatIntoEvery(t *testing.T) {
	s := start(t)
	inputs := map[string][]byte{
		"svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="70" height="46"><circle cx="35" cy="23" r="20" fill="#1d3fb8"/></svg>`),
	}
	for format := range near {
		inputs[format] = s.rose(format)
	}
	folder := t.TempDir()
	type pair struct{ input, output string }
	var pairs []pair
	var files []string
	for input, data := range inputs {
		before := pixels(decoded(t, s.converted("-background white -flatten", "png", data)))
		for output, tolerance := range near {
			written := s.converted("-background white -flatten", output, data)
			path := filepath.Join(folder, input+"."+output)
			if err := os.WriteFile(path, written, 0o600); err != nil {
				t.Fatal(err)
			}
			pairs, files = append(pairs, pair{input, output}), append(files, path)
			after := pixels(decoded(t, s.converted("", "png", written)))
			if output == "pgm" {
				before := pixels(decoded(t, s.converted("-background white -flatten -colorspace Gray", "png", data)))
				if d := distance(t, before, after); d > tolerance {
					t.Errorf("%s to %s: a channel is %.2f off", input, output, d)
				}
			} else if d := distance(t, before, after); tolerance >= 0 && d > tolerance {
				t.Errorf("%s to %s: a channel is %.2f off", input, output, d)
			}
		}
	}
	out, err := exec.Command(imageMagick(t, "identify"), append([]string{"-format", "%m %wx%h\n"}, files...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("identify: %v\n%s", err, out)
	}
	names := map[string]string{"jpg": "JPEG", "avif": "HEIC"}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		name := names[pairs[i].output]
		if name == "" {
			name = strings.ToUpper(pairs[i].output)
		}
		if strings.Replace(line, "BMP3", "BMP", 1) != name+" 70x46" { // BMP3 is a BMP without alpha
			t.Errorf("%s to %s is %q for ImageMagick", pairs[i].input, pairs[i].output, line)
		}
	}
}

// distance gives the mean difference of a channel of two pictures, 0 to 255.
func distance(t *testing.T, a, b *image.NRGBA) float64 {
	t.Helper()
	if a.Rect != b.Rect {
		t.Fatalf("the pictures are %v and %v", a.Rect, b.Rect)
	}
	sum := 0.
	for i := range a.Pix {
		sum += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}

func similar(t *testing.T, a, b []byte, tolerance float64) bool {
	t.Helper()
	x, y := pixels(decoded(t, a)), pixels(decoded(t, b))
	return x.Rect == y.Rect && distance(t, x, y) <= tolerance
}

// TestAnswersForPages looks at what a browser of any origin needs.
func TestAnswersForPages(t *testing.T) {
	s := start(t)
	for _, path := range []string{eventPath, "/prod/images"} {
		a := s.must(s.send(t.Context(), http.MethodOptions, path, http.Header{
			"Origin": {"https://example.org"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"content-type"},
		}, nil))
		if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != "*" ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "POST") ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Content-Type") {
			t.Errorf("OPTIONS %s: %d %v", path, a.status, a.header)
		}
	}
	a := s.must(s.send(t.Context(), http.MethodDelete, eventPath, nil, nil))
	var refused struct{ Message string }
	if err := json.Unmarshal(a.body, &refused); err != nil || a.status != http.StatusForbidden || refused.Message != "Missing Authentication Token" {
		t.Errorf("DELETE: %d %s", a.status, a.body)
	}
}
