package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
)

func loading(t *testing.T, data []byte) error {
	t.Helper()
	_, err := convertArgs(t, map[string][]byte{"in": data}, "in", "out.png")
	return err
}

func TestHugePicturesAreRefusedFromTheirHeaders(t *testing.T) {
	header := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	header = append(header, "IHDR"...)
	header = binary.BigEndian.AppendUint32(header, 30000)
	header = binary.BigEndian.AppendUint32(header, 30000)
	header = append(header, 8, 2, 0, 0, 0, 0, 0, 0, 0)
	wantKind(t, loading(t, header), event.LimitExceeded)

	frames := []byte("GIF89a\x0a\x00\x0a\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	frames = append(frames, bytes.Repeat([]byte(",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"), 10000)...)
	wantKind(t, loading(t, append(frames, ';')), event.LimitExceeded)

	wantKind(t, loading(t, []byte("P6 100000 100000 255\n")), event.LimitExceeded)
	wantKind(t, loading(t, []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="100000"/>`)), event.LimitExceeded)
	bmp := append([]byte("BM"), make([]byte, 52)...)
	bmp[14], bmp[28] = 40, 24
	binary.LittleEndian.PutUint32(bmp[18:], 60000)
	binary.LittleEndian.PutUint32(bmp[22:], 60000)
	wantKind(t, loading(t, bmp), event.LimitExceeded)
}

func TestBrokenPictures(t *testing.T) {
	src := pngOf(t, gradientPicture(64, 64))
	for _, name := range []string{"jpg", "png", "webp", "avif", "gif", "tif", "ico", "bmp", "ppm"} {
		whole := one(t, src, "out."+name)
		err := loading(t, whole[:len(whole)*2/3])
		wantKind(t, err, event.InvalidImage)
		var e *event.Error
		if errors.As(err, &e) && strings.ContainsAny(e.Message, "/:") {
			t.Errorf("%s: the message gives something away: %s", name, e.Message)
		}
	}
	wantKind(t, loading(t, []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="10"`)), event.InvalidImage)
	wantKind(t, loading(t, []byte("random bytes that are no picture of any kind")), event.UnsupportedMedia)
	wantKind(t, loading(t, nil), event.InvalidImage)
}

func TestSVGReadsNothingOutsideItself(t *testing.T) {
	drawing := `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="8" height="8">` +
		`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><rect width="8" height="8" fill="lime"/>%</svg>`
	for _, place := range []string{"/proc/self/exe", "file:///etc/passwd", "load_test.go", "http://127.0.0.1/x.png"} {
		svg := strings.Replace(drawing, "%", `<image width="8" height="8" xlink:href="`+place+`"/>`, 1)
		svg = strings.Replace(svg, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`, "", 1)
		if got := pixelAt(t, []byte(svg), 4, 4); got != [3]byte{0, 255, 0} {
			t.Errorf("%s: the picture is %v", place, got)
		}
	}
}

func TestSizeOfSVG(t *testing.T) {
	// convert [ARGS] in.svg -format %wx%h info:
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1in" height="50"><circle cx="20" cy="20" r="20"/></svg>`)
	for _, test := range []struct{ args, want string }{{"-density 96", "96x50"}, {"-density 192", "192x100"}, {"-size 192x100", "192x100"}} {
		result, err := convertArgs(t, map[string][]byte{"in": svg}, append(strings.Fields(test.args), "in", "-format", "%wx%h", "info:")...)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(result.Text); got != test.want {
			t.Errorf("%s: %s", test.args, got)
		}
	}
}

// threeFrames is three frames, parts of a screen of 20 x 10, with all that GIF says of frames.
func threeFrames(t *testing.T) []byte {
	t.Helper()
	palette := color.Palette{color.NRGBA{}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 255}}
	file := &gif.GIF{LoopCount: 4, Config: image.Config{Width: 20, Height: 10, ColorModel: palette}}
	for i, rect := range []image.Rectangle{image.Rect(0, 0, 20, 10), image.Rect(3, 2, 8, 6), image.Rect(10, 5, 20, 10)} {
		frame := image.NewPaletted(rect, palette)
		for j := range frame.Pix {
			frame.Pix[j] = byte((i + j*(i+1)) % 3)
		}
		file.Image = append(file.Image, frame)
		file.Delay = append(file.Delay, 10*(i+1))
		file.Disposal = append(file.Disposal, byte(i+1))
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, file); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAnimationPassesThrough(t *testing.T) {
	const format, want = "%g %wx%h %T %D|", "20x10+0+0 20x10 10 None|20x10+3+2 5x4 20 Background|20x10+10+5 10x5 30 Previous|"
	src := threeFrames(t)
	if got := text(t, src, format); got != want {
		t.Error(got)
	}
	out := one(t, src, "out.gif")
	if got := text(t, out, format); got != want {
		t.Error(got)
	}
	before, err := gif.DecodeAll(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	after, err := gif.DecodeAll(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if after.LoopCount != before.LoopCount {
		t.Errorf("the loop count is %d", after.LoopCount)
	}
	for i, frame := range before.Image {
		for y := frame.Rect.Min.Y; y < frame.Rect.Max.Y; y++ {
			for x := frame.Rect.Min.X; x < frame.Rect.Max.X; x++ {
				if a, b := frame.At(x, y), after.Image[i].At(x, y); color.NRGBAModel.Convert(a) != color.NRGBAModel.Convert(b) {
					t.Fatalf("frame %d at %d,%d: %v became %v", i, x, y, a, b)
				}
			}
		}
	}
}

func TestAnimationBecomesWebPAsItShows(t *testing.T) {
	out := one(t, threeFrames(t), "-quality", "100", "out.webp")
	if got := text(t, out, "%wx%h %T|"); got != "20x10 10|20x10 20|20x10 30|" {
		t.Error(got)
	}
}

func TestFramesInBrackets(t *testing.T) {
	src := threeFrames(t)
	for _, test := range []struct{ name, want string }{{"in[0]", "0"}, {"in[-1]", "2"}, {"in[1-2]", "12"}, {"in[2,0]", "20"}} {
		result, err := convertArgs(t, map[string][]byte{"in": src}, test.name, "-format", "%s", "info:")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(result.Text); got != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
	_, err := convertArgs(t, map[string][]byte{"in": src}, "in[9]", "out.png")
	wantKind(t, err, event.UnsupportedArgument)
}

func TestSettingsMarkWhatIsReadAfterThem(t *testing.T) {
	inputs := map[string][]byte{"a": pngOf(t, gradientPicture(4, 3))}
	result, err := convertArgs(t, inputs, "-delay", "20", "a", "-delay", "50", "-dispose", "previous", "a", "-delay", "90", "-format", "%T %D|", "info:")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(result.Text); got != "20 Undefined|50 Previous|" {
		t.Error(got)
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xda\x00\x02"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00;"))
	f.Add([]byte("P6 1 1 255\nabc"))
	f.Add([]byte("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nENDHDR\nabc"))
	f.Add(append([]byte{40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 8, 0, 1, 0, 0, 0}, make([]byte, 1100)...))
	f.Add(exifSample)
	few := Limits{Pixels: 1 << 16, Side: 1 << 10, Frames: 16}.WithDefaults()
	f.Fuzz(func(_ *testing.T, data []byte) {
		jpegHeader(data)
		pngHeader(data)
		exifText(data, "*")
		if g, err := parseGIF(data, func(w, h, frames int, _ int64) error { return few.admit(w, h, frames) }); err == nil {
			for i := range g.Frames {
				_, _, _ = g.Frames[i].pixels()
			}
		}
		if h, err := parsePNM(data); err == nil && few.admit(h.Width, h.Height, 1) == nil {
			_, _ = h.samples()
		}
		for _, icon := range []bool{false, true} {
			if d, err := parseDIB(data, icon); err == nil && few.admit(d.Width, d.Height, 1) == nil {
				if pix, mask, err := d.pixels(data[min(d.end, len(data)):]); err == nil {
					d.cut(pix, mask)
				}
			}
		}
		_, _ = icoPictures(data)
		_, _ = appendTIFF(bytes.Clone(data), bytes.Clone(data))
	})
}

func TestTemplates(t *testing.T) {
	src := pngOf(t, gradientPicture(40, 30))
	// convert in.png -format TEMPLATE info:
	for template, want := range map[string]string{
		`%w %h %m %z %n %p %s\n`: "40 30 PNG 8 1 0 0\n", "%e|%t|%f": "|in|in", "%P %O %X %Y %g": "40x30 +0+0 +0 +0 40x30+0+0",
		"%[colorspace] %[channels] %A %r": "sRGB srgb False DirectClass sRGB ", "%k %[opaque] %[type]": "1200 true TrueColor",
		"%[fx:w*2+1] %[fx:(w>h)?1:0] %[fx:max(w,h)/8]": "81 1 5", "%[nothing]%%": "%", "%x %y %U": "72 72 Undefined",
	} {
		if got := text(t, src, template); got != want {
			t.Errorf("%s: %q, want %q", template, got, want)
		}
	}
	_, err := convertArgs(t, map[string][]byte{"in": src}, "in", "-format", "%[fx:u.p{1,1}.r+]", "info:")
	wantKind(t, err, event.UnsupportedArgument)
}

func TestIdentifyLine(t *testing.T) {
	src := pngOf(t, gradientPicture(40, 30))
	program, err := magick.ParseIdentify([]string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	result, err := runJob(t, Job{Program: program, Identify: true}, map[string][]byte{"-": src})
	if err != nil {
		t.Fatal(err)
	}
	if want := "- PNG 40x30 40x30+0+0 8-bit sRGB " + itoa(len(src)) + "B 0.000u 0:00.000\n"; string(result.Text) != want {
		t.Errorf("%q, want %q", result.Text, want)
	}
	result, err = runJob(t, Job{Program: program, Verbose: true}, map[string][]byte{"-": src})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, p := range result.Properties {
		got[p.Name] = p.Value
	}
	if got["format"] != "PNG" || got["width"] != 40 || got["mime type"] != "image/png" || got["type"] != "TrueColor" {
		t.Error(got)
	}
}
