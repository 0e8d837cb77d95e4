package vips_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bluerose/internal/imaging/vips"
)

func open(t *testing.T) *vips.Library {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	lib, err := vips.Open(vips.Config{Paths: vips.SearchPaths(os.Getenv("BLUEROSE_LIBVIPS"), filepath.Join(root, "bluerose"))})
	if err != nil {
		t.Fatalf("%v; `make deps` fetches it", err)
	}
	return lib
}

func TestPipeline(t *testing.T) {
	lib := open(t)
	t.Log(lib.Version(), lib.Path())
	s := lib.NewScope(context.Background())
	defer s.Close()
	data := make([]byte, 100*80*3)
	for i := range data {
		data[i] = byte(i % 251)
	}
	img, err := s.FromPixels(data, 100, 80, 3, vips.Uchar, vips.SRGB)
	if err != nil {
		t.Fatal(err)
	}
	small, err := img.Chain().Op("invert", nil).Op("resize", vips.Args{"scale": 0.5, "kernel": "lanczos3"}).Image()
	if err != nil {
		t.Fatal(err)
	}
	if small.Width() != 50 || small.Height() != 40 || small.Bands() != 3 {
		t.Fatalf("%d x %d x %d", small.Width(), small.Height(), small.Bands())
	}
	png, err := small.Save("pngsave_buffer", vips.Args{"compression": 1})
	if err != nil {
		t.Fatal(err)
	}
	loader, ok := s.Loader(png)
	if !ok {
		t.Fatal("no loader")
	}
	back, err := s.Load(loader, png, vips.Args{"access": "sequential"})
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := back.Pixels()
	if err != nil {
		t.Fatal(err)
	}
	if len(pixels) != 50*40*3 {
		t.Fatalf("%d bytes", len(pixels))
	}
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10" fill="red"/></svg>`)
	loader, ok = s.Loader(svg)
	if !ok {
		t.Fatal("no SVG loader")
	}
	r, err := s.Load(loader, svg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := r.Pixels(); err != nil || p[0] != 255 || p[1] != 0 {
		t.Fatal(p, err)
	}
}

func TestDeadlineKillsThePipeline(t *testing.T) {
	lib := open(t)
	ctx, cancel := context.WithCancel(context.Background())
	s := lib.NewScope(ctx)
	defer s.Close()
	img, err := s.Create("gaussnoise", vips.Args{"width": 16000, "height": 16000})
	if err != nil {
		t.Fatal(err)
	}
	img, err = img.Op("gaussblur", vips.Args{"sigma": 40.0})
	if err != nil {
		t.Fatal(err)
	}
	computing := make(chan struct{})
	go func() { close(computing); cancel() }()
	<-computing
	if _, err = img.Pixels(); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
