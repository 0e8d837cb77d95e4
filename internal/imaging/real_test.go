package imaging

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/render"
	"bluerose/internal/imaging/vips"
)

// openLibrary opens libvips once for all tests: it cannot be closed.
var openLibrary = sync.OnceValues(func() (*vips.Library, error) {
	program := filepath.Join("..", "..", "bluerose")
	return vips.Open(vips.Config{Paths: vips.SearchPaths(os.Getenv("BLUEROSE_LIBVIPS"), program)})
})

// realService is a service on the real engine.
func realService(t *testing.T) *Service {
	t.Helper()
	library, err := openLibrary()
	if err != nil {
		t.Fatalf("%v; `make deps` fetches it", err)
	}
	engine, err := render.New(render.Config{Library: library})
	if err != nil {
		t.Fatal(err)
	}
	return newService(t, engine)
}

// testPicture is 60x40: a red and a blue half.
func testPicture() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 60, 40))
	for i := range 60 * 40 {
		c := color.NRGBA{R: 255, A: 255}
		if i%60 >= 30 {
			c = color.NRGBA{B: 255, A: 255}
		}
		img.SetNRGBA(i%60, i/60, c)
	}
	return img
}

func pngBytes(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, testPicture()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegBytes(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, testPicture(), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// gifBytes is an animation of n frames of 8x6.
func gifBytes(t *testing.T, n int) []byte {
	t.Helper()
	palette := color.Palette{color.Black, color.White}
	animation := gif.GIF{}
	for range n {
		animation.Image = append(animation.Image, image.NewPaletted(image.Rect(0, 0, 8, 6), palette))
		animation.Delay = append(animation.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &animation); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hugePNG is the header of a PNG that claims 30,000 x 30,000 pixels.
func hugePNG() []byte {
	chunk := func(name string, data []byte) []byte {
		body := append([]byte(name), data...)
		out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 30000), 30000)
	out := append([]byte(pngStart), chunk("IHDR", append(header, 8, 2, 0, 0, 0))...)
	return append(append(out, chunk("IDAT", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1})...), chunk("IEND", nil)...)
}

// run sends a request through the wire form and gives the answer.
func run(t *testing.T, s *Service, r *event.Request) ([]byte, error) {
	t.Helper()
	payload, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return s.Event(t.Context(), payload)
}

func TestRealPictures(t *testing.T) {
	s := realService(t)
	for name, c := range map[string]struct {
		request       event.Request
		format        string
		width, height int
	}{
		"resize":            {event.Request{Operation: event.Resize, Base64Image: pngBytes(t), Width: new(30)}, "png", 30, 20},
		"resize by default": {event.Request{Operation: event.Resize, Base64Image: pngBytes(t)}, "png", 100, 67},
		"resize both":       {event.Request{Operation: event.Resize, Base64Image: pngBytes(t), Width: new(30), Height: new(10)}, "png", 15, 10},
		"resize to JPEG":    {event.Request{Operation: event.Resize, Base64Image: pngBytes(t), Height: new(10), OutputExtension: "jpg", Progressive: true}, "jpeg", 15, 10},
		"thumbnail":         {event.Request{Operation: event.Thumbnail, Base64Image: jpegBytes(t), Width: new(6), Colorspace: "Gray"}, "png", 6, 4},
		"custom arguments":  {event.Request{Operation: event.Resize, Base64Image: pngBytes(t), Width: new(30), CustomArgs: []string{"-rotate", "90"}}, "png", 20, 30},
		"convert":           {event.Request{Operation: event.Convert, Base64Image: pngBytes(t), OutputExtension: "gif", CustomArgs: []string{"-crop", "10x8+0+0", "+repage"}}, "gif", 10, 8},
		"convert a rose":    {event.Request{Operation: event.Convert, OutputExtension: "png", CustomArgs: []string{"rose:", "-negate"}}, "png", 70, 46},
		"getSample":         {event.Request{Operation: event.GetSample}, "png", 70, 46},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := run(t, s, &c.request)
			if err != nil {
				t.Fatal(err)
			}
			data, err := event.DecodeImage(answer)
			if err != nil {
				t.Fatal(err)
			}
			got, format, err := image.DecodeConfig(bytes.NewReader(data))
			if err != nil || format != c.format || got.Width != c.width || got.Height != c.height {
				t.Errorf("got %s %dx%d, %v; want %s %dx%d", format, got.Width, got.Height, err, c.format, c.width, c.height)
			}
		})
	}
}

func TestRealTexts(t *testing.T) {
	s := realService(t)
	for name, c := range map[string]struct {
		request event.Request
		want    string
	}{
		"getDimensions":                 {event.Request{Operation: event.GetDimensions, Base64Image: jpegBytes(t)}, "60x40"},
		"getDimensions of an animation": {event.Request{Operation: event.GetDimensions, Base64Image: gifBytes(t, 3)}, "8x6"},
		"identify":                      {event.Request{Operation: event.Identify, Base64Image: pngBytes(t), CustomArgs: []string{"-format", "%m %w %h"}}, "PNG 60 40"},
		"convert":                       {event.Request{Operation: event.Convert, Base64Image: pngBytes(t), CustomArgs: []string{"-resize", "50%", "-format", "%wx%h", "info:"}}, "30x20"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := run(t, s, &c.request)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			if err := json.Unmarshal(answer, &got); err != nil || got != c.want {
				t.Errorf("got %s, %v; want %q", answer, err, c.want)
			}
		})
	}
}

func TestRealIdentifyObject(t *testing.T) {
	answer, err := run(t, realService(t), &event.Request{Operation: event.Identify, Base64Image: jpegBytes(t)})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"format": "JPEG", "width": 60.0, "height": 40.0, "depth": 8.0, "geometry": "60x40+0+0", "colorspace": "sRGB"} {
		if got[name] != want {
			t.Errorf("%s: got %v, want %v", name, got[name], want)
		}
	}
	if quality, ok := got["quality"].(float64); !ok || quality <= 0 || quality > 1 {
		t.Errorf("quality: got %v", got["quality"])
	}
}

func TestRealBadInput(t *testing.T) {
	s := realService(t)
	whole := pngBytes(t)
	for name, c := range map[string]struct {
		request event.Request
		kind    event.Kind
	}{
		"random bytes":     {event.Request{Operation: event.Resize, Base64Image: []byte(strings.Repeat("no picture", 20))}, event.UnsupportedMedia},
		"cut off":          {event.Request{Operation: event.Resize, Base64Image: whole[:len(whole)/2]}, event.InvalidImage},
		"too large":        {event.Request{Operation: event.Resize, Base64Image: hugePNG()}, event.LimitExceeded},
		"too large result": {event.Request{Operation: event.Resize, Base64Image: whole, Width: new(100000)}, event.LimitExceeded},
		"too many frames":  {event.Request{Operation: event.Convert, Base64Image: gifBytes(t, 300), OutputExtension: "gif"}, event.LimitExceeded},
		"option":           {event.Request{Operation: event.Resize, Base64Image: whole, CustomArgs: []string{"-no-such"}}, event.UnsupportedArgument},
		"filter":           {event.Request{Operation: event.Resize, Base64Image: whole, Filter: "NoSuch"}, event.UnsupportedArgument},
		"output":           {event.Request{Operation: event.Resize, Base64Image: whole, OutputExtension: "xyz"}, event.UnsupportedArgument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, s, &c.request)
			e := event.From(err)
			if e == nil || e.Kind != c.kind || strings.ContainsAny(e.Message, "\n") || strings.Contains(e.Message, ".go") {
				t.Fatalf("got %v (kind %v), want %s", err, e, c.kind)
			}
			if answer, err := run(t, s, &event.Request{Operation: event.GetDimensions, Base64Image: whole}); err != nil || string(answer) != `"60x40"` {
				t.Errorf("the next request: %s, %v", answer, err)
			}
		})
	}
}

func TestRealProxy(t *testing.T) {
	s := realService(t)
	for name, c := range map[string]struct {
		request       *event.ProxyRequest
		media, format string
		width         int
	}{
		"keeps JPEG": {proxyRequest(string(jpegBytes(t)), "-resize 30x", "", "*/*"), "image/jpeg", "jpeg", 30},
		"output":     {proxyRequest(string(jpegBytes(t)), "", "png", ""), "image/png", "png", 60},
		"accept":     {proxyRequest(string(pngBytes(t)), "-negate", "", "image/gif"), "image/gif", "gif", 60},
		"SVG":        {proxyRequest(`<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="9" height="9"/></svg>`, "", "", "*/*"), "image/png", "png", 20},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := s.Proxy(t.Context(), c.request)
			if err != nil || response.StatusCode != 200 || response.Headers["Content-Type"] != c.media {
				t.Fatalf("got %+v, %v", response, err)
			}
			got, format, err := image.DecodeConfig(bytes.NewReader(response.Body))
			if err != nil || format != c.format || got.Width != c.width {
				t.Errorf("got %s of width %d, %v", format, got.Width, err)
			}
		})
	}
}

func TestRealConvertFiles(t *testing.T) {
	s := realService(t)
	files := &memoryFiles{files: map[string]string{"in.gif": string(gifBytes(t, 2))}}
	if err := s.ConvertFiles(t.Context(), []string{"in.gif", "-negate", "out.png"}, files); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"out-0.png", "out-1.png"} {
		if _, err := png.Decode(strings.NewReader(files.files[name])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.IdentifyFiles(t.Context(), []string{"-format", "%wx%h\n", "out-0.png"}, files); err != nil || files.printed != "8x6\n" {
		t.Errorf("printed %q, %v", files.printed, err)
	}
}
