package cost

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"os"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

func encoded(t testing.TB, encode func(*bytes.Buffer, image.Image) error, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black, color.White})); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, width, height int) []byte {
	return encoded(t, func(b *bytes.Buffer, i image.Image) error { return png.Encode(b, i) }, width, height)
}

func jpegOf(t testing.TB, width, height int) []byte {
	return encoded(t, func(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) }, width, height)
}

// withSegment puts an application segment of n bytes before the rest of a JPEG, as cameras do.
func withSegment(picture []byte, n int) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(n+2))
	return append(append(head, make([]byte, n)...), picture[2:]...)
}

func gifOf(t testing.TB, frames int) []byte {
	var g gif.GIF
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, 300, 200), color.Palette{color.Black, color.White}))
		g.Delay = append(g.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func chunk(name string, body ...byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), append(body, make([]byte, len(body)&1)...)...)
}

func webpOf(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func pictures(t testing.TB) map[string][]byte {
	frame := chunk("ANMF", make([]byte, 101)...)
	return map[string][]byte{
		"png":            pngOf(t, 300, 200),
		"jpeg":           jpegOf(t, 300, 200),
		"jpeg with exif": withSegment(withSegment(jpegOf(t, 300, 200), 60_000), 3),
		"gif":            gifOf(t, 1),
		"animation":      gifOf(t, 7),
		"bmp":            encoded(t, func(b *bytes.Buffer, i image.Image) error { return bmp.Encode(b, i) }, 300, 200),
		"tiff":           encoded(t, func(b *bytes.Buffer, i image.Image) error { return tiff.Encode(b, i, nil) }, 300, 200),
		"webp lossy":     webpOf(chunk("VP8 ", 0x30, 1, 0, 0x9d, 1, 0x2a, 300&0xff, 300>>8, 200, 0, 0, 0)),
		"webp lossless":  webpOf(chunk("VP8L", append(binary.LittleEndian.AppendUint32([]byte{0x2f}, 299|199<<14), make([]byte, 9)...)...)),
		"webp animation": webpOf(chunk("VP8X", 2, 0, 0, 0, 299&0xff, 299>>8, 0, 199, 0, 0), chunk("ANIM", 0, 0, 0, 0, 0, 0), frame, frame, frame),
		"avif": []byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf\x00\x00\x00\x14ispe\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x40" +
			"\x00\x00\x00\x14ispe\x00\x00\x00\x00\x00\x00\x01\x2c\x00\x00\x00\xc8"),
	}
}

func TestPixelsOfHeaders(t *testing.T) {
	frames := map[string]int64{"animation": 7, "webp animation": 3}
	for name, data := range pictures(t) {
		f := find(data)
		if f == nil || f.pixels == nil {
			t.Errorf("%s: the format is not known", name)
			continue
		}
		if got, want := f.pixels(data, int64(len(data))), 300*200*max(1, frames[name]); got != want {
			t.Errorf("%s: %d pixels, want %d", name, got, want)
		}
		if n := testing.AllocsPerRun(1, func() { Body(data) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	photo, err := os.ReadFile("../imaging/testdata/photo.jpg")
	if err != nil {
		t.Fatal(err)
	}
	size, err := jpeg.DecodeConfig(bytes.NewReader(photo))
	if err != nil {
		t.Fatal(err)
	}
	if got := find(photo).pixels(photo, int64(len(photo))); got != int64(size.Width*size.Height) {
		t.Errorf("a photo of %d x %d: %d pixels", size.Width, size.Height, got)
	}
}

// Half of an animation is enough to guess the rest by.
func TestFramesOfAHead(t *testing.T) {
	data := gifOf(t, 100)
	got := find(data).pixels(data[:len(data)/2], int64(len(data))) / (300 * 200)
	if got < 80 || got > 120 {
		t.Errorf("got %d frames of 100", got)
	}
}

func TestCosts(t *testing.T) {
	big, small := pngOf(t, 4000, 3000), jpegOf(t, 300, 200)
	text := base64.StdEncoding.EncodeToString(big)
	escaped := strings.ReplaceAll(text, "/", `\/`)
	for name, c := range map[string]struct {
		got      int64
		min, max int64
	}{
		"ping":               {Event([]byte(`{"operation":"ping"}`)), 1, 1},
		"nothing":            {Event(nil), 1, 1},
		"no JSON":            {Event([]byte(`{"base64Image":"`)), 1, 1},
		"empty":              {Body(nil), 1, 1},
		"small":              {Body(small), 2, 2},
		"big":                {Body(big), 181, 181},
		"event":              {Event([]byte(`{"base64Image":"` + text + `"}`)), 181, 181},
		"escaped":            {Event([]byte(`{"base64Image":"` + escaped + `"}`)), 181, 181},
		"data URL":           {Event([]byte(`{"base64Image":"data:image/png;base64,` + text + `"}`)), 181, 181},
		"proxy event":        {Event([]byte(`{"resource":"/images","body":"` + text + `","isBase64Encoded":true}`)), 181, 181},
		"two inputs":         {Event([]byte(`{"base64Image":"` + text + `","inputs":{"a":"` + text + `"}}`)), 361, 361},
		"no picture":         {Event([]byte(`{"base64Image":"????"}`)), 2, 2},
		"megabytes unknown":  {Body(make([]byte, 10<<20)), 400, 440},
		"header cut off":     {Body(withSegment(small, 60_000)[:50_000]), 2, 2},
		"a header that lies": {Body([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff")), 4000, 5000},
	} {
		if c.got < c.min || c.got > c.max {
			t.Errorf("%s: %d, want %d to %d", name, c.got, c.min, c.max)
		}
	}
}

func TestFormsCost(t *testing.T) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, name := range []string{"image", "mask.png"} {
		w, err := form.CreateFormFile(name, name)
		if err == nil {
			_, err = w.Write(pngOf(t, 2000, 1000))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.WriteField("args", strings.Repeat("-negate ", 1000)); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	if got := Body(b.Bytes()); got != 61 {
		t.Errorf("got %d, want 61", got)
	}
}

// The event is as it was: the function decodes it in place after this.
func TestEventIsLeftAlone(t *testing.T) {
	event, err := json.Marshal(map[string]any{"base64Image": pngOf(t, 10, 10), "inputs": map[string][]byte{"a": jpegOf(t, 10, 10)}})
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(event)
	Event(event)
	if !bytes.Equal(before, event) {
		t.Error("it was changed")
	}
}

func FuzzBody(f *testing.F) {
	for _, data := range pictures(f) {
		f.Add(data)
	}
	f.Add([]byte("--x\r\nA: b\r\n\r\nBM\r\n--x--"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x00\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00")) // a ring of directories
	f.Fuzz(func(t *testing.T, data []byte) {
		limit := int64(base + (maxParts+1)*maxPixels/1_000_000*40 + maxParts)
		if got := Body(data); got < base || got > limit {
			t.Errorf("got %d", got)
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"base64Image":"iVBORw0KGgo=","inputs":{"a":"\u002f\/8="},"body":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		if got := Event(data); got < base {
			t.Errorf("got %d", got)
		}
		if !bytes.Equal(before, data) {
			t.Error("the event was changed")
		}
	})
}

func BenchmarkEvent(b *testing.B) {
	for _, size := range []int{0, 64 << 10, 4 << 20} {
		event, _ := json.Marshal(map[string]any{"operation": "resize", "base64Image": append(jpegOf(b, 300, 200), make([]byte, size)...)})
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Event(event)
			}
		})
	}
}
