package e2e

import (
	"bytes"
	"image"
	"net/http"
	"slices"
	"testing"

	"bluerose/event"
)

// TestJobsThatAreTooLarge asks for more pixels, sides or frames than the limits allow, both ways. None of them may be
// tried: the instance's memory tells.
func TestJobsThatAreTooLarge(t *testing.T) {
	s := start(t, "--instances", "1")
	s.fine(t)
	rose := s.rose("png")
	worker := s.children()[0]
	const most = 128 << 20
	for _, args := range []string{
		"-resize 100000x100000", "-resize 100000x1!", "-resize 16385x1!", "-resize 1000000%", "-resize 10001x10000!", "-thumbnail 100000x",
		"-scale 100000x100000", "-sample 100000x100000", "-adaptive-resize 100000x100000", "-resample 100000",
		"-extent 100000x100000", "-extent 20000x10", "-border 50000", "-splice 50000x50000", "-splice 100000x1",
		"-size 100000x100000 xc:red", "-size 20000x10 xc:red", "-size 100000x100000 gradient:", "-size 100000x100000 radial-gradient:",
		"-size 100000x100000 canvas:blue", "-duplicate 300", "-duplicate 9999999",
		"-scale 300x5000! -duplicate 3 -append", "-scale 5000x300! -duplicate 3 +append", "-scale 2000x2000! -duplicate 250",
		"-page 100000x100000 -flatten", "-page +90000+90000 -mosaic", "-crop 1x1", "-crop 20x20@",
	} {
		t.Run(args, func(t *testing.T) {
			for _, w := range ways {
				failed(t, s, w.convert(s, args, rose), event.LimitExceeded)
			}
		})
	}
	s.fine(t)
	if peak := memory(worker, "VmHWM"); peak == 0 || peak > most {
		t.Errorf("the instance took %d MB of memory, want at most %d (0: it was replaced)", peak>>20, most>>20)
	}
}

// TestBombs sends small files of pictures that are huge: their headers are enough to refuse them.
func TestBombs(t *testing.T) {
	s := start(t, "--instances", "1")
	s.fine(t)
	worker := s.children()[0]
	const most = 128 << 20
	for _, c := range []struct {
		name string
		data []byte
		kind event.Kind
	}{
		{"a PNG of 30,000 x 30,000", bombPNG(t, 30_000), event.LimitExceeded},
		{"a GIF of 10,000 frames", framesGIF(10_000), event.LimitExceeded},
		{"a GIF of 65,535 x 65,535", []byte("GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x44\x01\x00;"), event.LimitExceeded},
		{"a PPM that says 60,000 x 60,000", []byte("P6 60000 60000 255\nabc"), event.LimitExceeded},
		{"a PPM that says more than fits a number", []byte("P6 99999999999999999999 99999999999999999999 255\nabc"), event.LimitExceeded},
		{"a BMP that says 2,000,000,000 x 2 and has 60 bytes", append([]byte("BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x00\x94\x35\x77\x02\x00\x00\x00\x01\x00\x18\x00"), make([]byte, 60)...), event.InvalidImage},
		{"a TIFF of 2,000 pages", pagesTIFF(2_000), event.LimitExceeded},
		{"an ICO of 1,000 pictures", append([]byte("\x00\x00\x01\x00\xe8\x03"),
			bytes.Repeat([]byte("\x00\x00\x00\x00\x01\x00\x20\x00\x00\x01\x00\x00\x16\x00\x00\x00"), 1000)...), event.LimitExceeded},
		{"a JPEG that says 65,535 x 65,535", []byte("\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00" +
			"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00\xff\xd9"), event.LimitExceeded},
		{"an SVG of 1,000,000 x 1,000,000", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1000000" height="1000000"/>`), event.LimitExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(c.data) > 300_000 {
				t.Fatalf("the bomb has %d bytes: it is none", len(c.data))
			}
			for _, w := range ways {
				failed(t, s, w.convert(s, "-resize 10x", c.data), c.kind)
			}
			for _, operation := range []string{"getDimensions", "identify", "resize", "thumbnail"} {
				failed(t, s, s.event(fields{"operation": operation, "base64Image": c.data}), c.kind)
			}
		})
	}
	s.fine(t)
	if peak := memory(worker, "VmHWM"); peak == 0 || peak > most {
		t.Errorf("the instance took %d MB of memory, want at most %d (0: it was replaced)", peak>>20, most>>20)
	}
}

// TestBombsInside hides 200 MB in the profile, the texts and the pixels of a PNG of one pixel.
func TestBombsInside(t *testing.T) {
	s := start(t, "--instances", "1")
	s.fine(t)
	worker := s.children()[0]
	packed := deflated(t, make([]byte, 1<<20), 200)
	start, header := []byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", []byte("\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"))
	pixel, end := pngChunk("IDAT", deflated(t, []byte{0, 99}, 1)), pngChunk("IEND", nil)
	for name, middle := range map[string][][]byte{
		"iCCP": {pngChunk("iCCP", append([]byte("x\x00\x00"), packed...)), pixel},
		"zTXt": {pngChunk("zTXt", append([]byte("x\x00\x00"), packed...)), pixel},
		"iTXt": {pngChunk("iTXt", append([]byte("x\x00\x01\x00\x00\x00"), packed...)), pixel},
		"IDAT": {pngChunk("IDAT", packed)},
	} {
		data := slices.Concat(append(append([][]byte{start, header}, middle...), end)...)
		for _, w := range ways {
			if a := w.convert(s, "-negate", data); a.status != http.StatusOK {
				failed(t, s, a, event.InvalidImage)
			} else if size := decoded(t, a.body).Bounds().Size(); size.X != 1 || size.Y != 1 {
				t.Errorf("%s: the answer is %v", name, size)
			}
		}
	}
	s.fine(t)
	const most = 128 << 20
	if peak := memory(worker, "VmHWM"); peak == 0 || peak > most {
		t.Errorf("the instance took %d MB of memory, want at most %d (0: it was replaced)", peak>>20, most>>20)
	}
}

// TestLimitsAreSettings starts the service with other limits.
func TestLimitsAreSettings(t *testing.T) {
	s := start(t, "--instances", "1", "--side", "100", "--frames", "3", "--megapixels", "1")
	for _, w := range ways {
		failed(t, s, w.convert(s, "-resize 101x", bluePixel(t)), event.LimitExceeded)
		failed(t, s, w.convert(s, "-negate", framesGIF(4)), event.LimitExceeded)
		if a := w.convert(s, "-delete 1,2", framesGIF(3)); a.status != http.StatusOK {
			t.Errorf("%s: three frames are refused: %s", w.name, a.body)
		}
	}
	s.fine(t)
}

// TestMemoryComesBack sends many requests that fail late, each of which would leave a megabyte or more behind.
func TestMemoryComesBack(t *testing.T) {
	s := start(t, "--instances", "1")
	speckled := image.NewNRGBA(image.Rect(0, 0, 1000, 1000))
	copy(speckled.Pix, noise(len(speckled.Pix)))
	broken := encoded(t, speckled)
	broken = broken[:len(broken)*9/10]
	half := append(s.rose("jpg"), noise(1<<20)...)
	round := func(n int) {
		for range n {
			for _, w := range ways {
				failed(t, s, w.convert(s, "-resize 50%", broken), event.InvalidImage)
				failed(t, s, w.convert(s, "-negate -resize 100000x", half), event.LimitExceeded)
				failed(t, s, w.convert(s, "-negate", noise(1<<20)), event.UnsupportedMedia)
			}
		}
	}
	round(5)
	before, children := s.resident(), len(s.children())
	round(40) // 240 requests: 240 MB of bodies, and 80 pictures of 4 MB each
	s.fine(t)
	const room = 64 << 20
	until(t, "the memory is back", func() bool { return s.resident() < before+room })
	if got := len(s.children()); got != children {
		t.Errorf("%d processes run, and %d before", got, children)
	}
}

// TestInstanceAfterAGreatJob takes nearly all of an instance's memory: what comes next must not suffer.
func TestInstanceAfterAGreatJob(t *testing.T) {
	s := start(t, "--instances", "1", "--memory-mb", "256", "--timeout", "60s")
	for range 3 {
		// 12 pictures of 4 megapixels are within the limits on pixels, and as they grow they take most of the memory, or more.
		a := s.picture("-scale 2000x1000! -duplicate 11 -scale 2000x2000! -delete 1--1 -crop 1x1+0+0", "png", bluePixel(t))
		switch a.status {
		case http.StatusOK:
		case event.FunctionCrashed.Status():
			failed(t, s, a, event.FunctionCrashed)
		default:
			failed(t, s, a, event.LimitExceeded)
		}
		s.fine(t)
		if a := s.picture("-scale 1500x1500! -flip -crop 1x1+0+0", "png", bluePixel(t)); a.status != http.StatusOK {
			t.Errorf("a job of an ordinary size has status %d: %s", a.status, a.body)
		}
	}
}

// TestBodiesThatAreTooLarge sends more than one picture may have, with and without saying so first.
func TestBodiesThatAreTooLarge(t *testing.T) {
	s := start(t, "--instances", "1", "--input-mb", "1")
	large := append(s.rose("png"), noise(2<<20)...)
	for name, path := range map[string]string{"event": eventPath, "bytes": picturePath("-negate", "png")} {
		t.Run(name, func(t *testing.T) {
			failed(t, s, s.post(path, large), event.PayloadTooLarge)
			chunked := struct{ *bytes.Reader }{bytes.NewReader(large)} // of no length that net/http knows
			a := s.must(s.send(t.Context(), http.MethodPost, path, nil, chunked))
			failed(t, s, a, event.PayloadTooLarge)
		})
	}
	if a := s.picture("-negate", "png", append(s.rose("png"), noise(1_000_000)...)); a.status != http.StatusOK {
		t.Errorf("a picture within the limit has status %d: %s", a.status, a.body)
	}
	s.fine(t)
}
