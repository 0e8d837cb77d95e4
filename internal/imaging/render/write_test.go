package render

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// runJob runs a program over named inputs.
func runJob(t *testing.T, job Job, inputs map[string][]byte) (*Result, error) {
	t.Helper()
	job.Open = func(name string) ([]byte, error) {
		data, ok := inputs[name]
		if !ok {
			return nil, event.Errorf(event.InvalidRequest, "There is no input %q", name)
		}
		return data, nil
	}
	return newEngine(t).Run(context.Background(), job)
}

func wantKind(t *testing.T, err error, kind event.Kind) {
	t.Helper()
	var e *event.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Errorf("got error %v, want kind %s", err, kind)
	}
}

// gradient is a small picture with colours of all kinds.
func gradientPicture(width, height int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, color.NRGBA{R: byte(x * 255 / width), G: byte(y * 255 / height), B: 128, A: 255})
		}
	}
	return img
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func jpegOf(t *testing.T, img image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// convertArgs runs args of the convert language over inputs.
func convertArgs(t *testing.T, inputs map[string][]byte, args ...string) (*Result, error) {
	t.Helper()
	program, err := magick.Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	return runJob(t, Job{Program: program}, inputs)
}

// text gives what a program over one input prints.
func text(t *testing.T, input []byte, format string) string {
	t.Helper()
	result, err := convertArgs(t, map[string][]byte{"in": input}, "in", "-format", format, "info:")
	if err != nil {
		t.Fatal(err)
	}
	return string(result.Text)
}

// one converts one picture and gives the bytes of the only result.
func one(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	result, err := convertArgs(t, map[string][]byte{"in": input}, append([]string{"in"}, args...)...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	if len(result.Files) != 1 {
		t.Fatalf("%v: %d files", args, len(result.Files))
	}
	return result.Files[0].Data
}

func TestEveryFormatGoesThroughEveryOther(t *testing.T) {
	src := pngOf(t, gradientPicture(40, 30))
	names := []string{"jpg", "png", "webp", "avif", "gif", "tif", "ico", "bmp", "pgm", "ppm", "pam"}
	for _, from := range names {
		middle := one(t, src, "out."+from)
		if f := sniff(middle, ""); f != formatNamed(from) {
			t.Errorf("%s: the bytes are of another format", from)
		}
		for _, to := range names {
			final := one(t, middle, "out."+to)
			// The colour of the middle: red and green half, blue 128; its gray is 0.72 x 128 + 0.28 x 128.
			allowed := 12
			if from == "gif" || to == "gif" {
				allowed = 24 // dithered
			}
			if got := pixelAt(t, final, 20, 15); apart(got, [3]byte{128, 128, 128}) > allowed {
				t.Errorf("%s to %s: the middle is %v", from, to, got)
			}
			if got := text(t, final, "%wx%h"); got != "40x30" {
				t.Errorf("%s to %s: %s", from, to, got)
			}
		}
	}
}

func pixelAt(t *testing.T, data []byte, x, y int) [3]byte {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(one(t, data, "png24:out.png")))
	if err != nil {
		t.Fatal(err)
	}
	c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
	return [3]byte{c.R, c.G, c.B}
}

func apart(a, b [3]byte) int {
	most := 0
	for i := range a {
		most = max(most, int(a[i])-int(b[i]), int(b[i])-int(a[i]))
	}
	return most
}

func TestNamesOfSeveralFiles(t *testing.T) {
	a, b := pngOf(t, gradientPicture(4, 3)), pngOf(t, gradientPicture(6, 5))
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"a", "b", "out.jpg"}, []string{"out-0.jpg", "out-1.jpg"}},
		{[]string{"a", "b", "-scene", "5", "out-%03d.png"}, []string{"out-005.png", "out-006.png"}},
		{[]string{"a", "b", "out.tif"}, []string{"out.tif"}},
		{[]string{"a", "b", "+adjoin", "out.gif"}, []string{"out-0.gif", "out-1.gif"}},
		{[]string{"a", "out.png"}, []string{"out.png"}},
	} {
		result, err := convertArgs(t, map[string][]byte{"a": a, "b": b}, test.args...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range result.Files {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: %v", test.args, got)
		}
	}
}

func TestPagesOfATIFFKeepTheirSizes(t *testing.T) {
	result, err := convertArgs(t, map[string][]byte{"a": pngOf(t, gradientPicture(4, 3)), "b": pngOf(t, gradientPicture(7, 5))}, "a", "b", "b", "out.tif")
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, result.Files[0].Data, "%wx%h "); got != "4x3 7x5 7x5 " {
		t.Error(got)
	}
}

func TestQualityIsCarriedAndEstimated(t *testing.T) {
	src := pngOf(t, gradientPicture(40, 30))
	for _, quality := range []string{"10", "50", "75", "90", "92", "100"} {
		data := one(t, src, "-quality", quality, "out.jpg")
		if got := text(t, data, "%Q"); got != quality {
			t.Errorf("%s is estimated as %s", quality, got)
		}
		if got := text(t, one(t, data, "-flip", "out.jpg"), "%Q"); got != quality {
			t.Errorf("%s is carried over as %s", quality, got)
		}
	}
	if got := text(t, one(t, src, "out.jpg"), "%Q %[jpeg:sampling-factor]"); got != "92 1x1,1x1,1x1" {
		t.Error(got)
	}
	if got := text(t, one(t, src, "-quality", "89", "out.jpg"), "%[jpeg:sampling-factor]"); got != "2x2,1x1,1x1" {
		t.Error(got)
	}
}

func TestMetadataIsCarried(t *testing.T) {
	src := one(t, pngOf(t, gradientPicture(40, 30)), "-density", "300x150", "-units", "PixelsPerInch", "-set", "comment", "a %w", "out.jpg")
	if got := text(t, src, "%x %y %U %c"); got != "300 150 PixelsPerInch a 40" {
		t.Error(got)
	}
	withEXIF := (&Picture{Profiles: map[string][]byte{"exif": exifSample}, Properties: map[string]string{}}).inJPEG(src)
	for _, name := range []string{"out.jpg", "out.png", "out.webp"} {
		got := text(t, one(t, withEXIF, name), "%[orientation] %[EXIF:Orientation] %wx%h")
		if got != "RightTop 6 40x30" {
			t.Errorf("%s: %s", name, got)
		}
		if got := text(t, one(t, withEXIF, "-strip", name), "%[orientation] %[EXIF:Orientation]"); got != "Undefined " {
			t.Errorf("%s stripped: %s", name, got)
		}
	}
}

// exifSample is an EXIF profile that says orientation 6.
var exifSample = []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00")

func TestDepthAndTypesOfPNG(t *testing.T) {
	src := pngOf(t, gradientPicture(40, 30))
	for _, test := range []struct{ args, depth, colour string }{
		{"png8:out.png", "8", "3"}, {"png24:out.png", "8", "2"}, {"png32:out.png", "8", "6"},
		{"png48:out.png", "16", "2"}, {"png64:out.png", "16", "6"}, {"out.png", "8", "2"},
	} {
		data := one(t, src, test.args)
		if depth, colour := itoa(int(data[24])), itoa(int(data[25])); depth != test.depth || colour != test.colour {
			t.Errorf("%s: depth %s, colour type %s", test.args, depth, colour)
		}
	}
}

func TestPlaceOnTheCanvasIsKept(t *testing.T) {
	src := pngOf(t, gradientPicture(40, 30))
	for _, name := range []string{"out.png", "out.gif"} {
		if got := text(t, one(t, src, "-repage", "100x90+20+10", name), "%g"); got != "100x90+20+10" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := text(t, one(t, src, "-repage", "100x90+20+10", "out.jpg"), "%g"); got != "40x30+0+0" {
		t.Error(got)
	}
}

func TestTransparencyIsNotFlattenedInJPEG(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{200, 40, 40, 0})
	}
	if got := pixelAt(t, one(t, pngOf(t, img), "out.jpg"), 8, 8); apart(got, [3]byte{200, 40, 40}) > 4 {
		t.Errorf("the hidden colour became %v", got)
	}
}

func TestExtentOfJPEG(t *testing.T) {
	src := pngOf(t, gradientPicture(400, 300))
	if whole, small := len(one(t, src, "-quality", "95", "out.jpg")), len(one(t, src, "-quality", "95", "-define", "jpeg:extent=3KB", "out.jpg")); small > 3000 || small >= whole {
		t.Errorf("%d bytes became %d", whole, small)
	}
}

func TestICCProfileIsCarriedUnlessStripped(t *testing.T) {
	program, err := magick.Parse([]string{"in", "out.jpg"})
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, program)
	results, err := m.scope.Call("profile_load", vips.Args{"name": "srgb"})
	if err != nil {
		t.Fatal(err)
	}
	profile, _ := results["profile"].([]byte)
	p, err := m.decode(magick.Source{Name: "in"})
	if err != nil {
		t.Fatal(err)
	}
	p[0].Profiles["icc"] = profile
	files, err := m.write(p, program.Output)
	if err != nil {
		t.Fatal(err)
	}
	if len(profile) == 0 || !bytes.Contains(files[0].Data, profile) {
		t.Error("the profile is lost")
	}
	if bytes.Contains(one(t, files[0].Data, "-strip", "out.jpg"), []byte("ICC_PROFILE")) {
		t.Error("the profile is still there")
	}
}

// newMachine gives a machine over a small JPEG named "in".
func newMachine(t *testing.T, program *magick.Program) *machine {
	t.Helper()
	engine := newEngine(t)
	scope := engine.lib.NewScope(context.Background())
	t.Cleanup(scope.Close)
	data := jpegOf(t, gradientPicture(16, 16), 90)
	return &machine{engine: engine, scope: scope, settings: newSettings(), registers: map[string][]*Picture{},
		job: Job{Program: program, Open: func(string) ([]byte, error) { return data, nil }}}
}
