package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"bluerose/event"
)

// trap is a server that nobody may contact.
func trap(t *testing.T) (addr string, contacts *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	contacts = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			contacts.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String(), contacts
}

// TestSVGReadsNothing sends drawings that name files and addresses. Each comes out as it does without what it names.
func TestSVGReadsNothing(t *testing.T) {
	s := start(t)
	addr, contacts := trap(t)
	red := image.NewNRGBA(image.Rect(0, 0, 20, 20))
	draw.Draw(red, red.Bounds(), image.NewUniform(color.NRGBA{R: 255, A: 255}), image.Point{}, draw.Src)
	file := filepath.Join(t.TempDir(), "red.png")
	style, text := filepath.Join(filepath.Dir(file), "red.css"), filepath.Join(filepath.Dir(file), "secret.txt")
	other := filepath.Join(filepath.Dir(file), "red.svg")
	for path, data := range map[string][]byte{
		file: encoded(t, red), style: []byte("rect { fill: red }"), text: []byte("<rect width='20' height='20' fill='red'/>"),
		other: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><rect id="a" width="20" height="20" fill="red"/></svg>`),
	} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	svg := func(before, inside string) []byte {
		return fmt.Appendf(nil, `%s<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="20" height="20">`+
			`<rect width="20" height="20" fill="blue"/>%s</svg>`, before, inside)
	}
	plain := s.converted("", "png", svg("", ""))
	seen := s.converted("", "png", svg("", `<image width="20" height="20" href="data:image/png;base64,`+base64Text(encoded(t, red))+`"/>`))
	if r, _, _, _ := decoded(t, seen).At(10, 10).RGBA(); r != 0xffff {
		t.Fatal("a picture inside the drawing is not drawn, so this test would see nothing")
	}
	for name, drawing := range map[string][]byte{
		"image, file":      svg("", `<image width="20" height="20" xlink:href="file://`+file+`"/>`),
		"image, href":      svg("", `<image width="20" height="20" href="file://`+file+`"/>`),
		"image, path":      svg("", `<image width="20" height="20" xlink:href="`+file+`"/>`),
		"image, relative":  svg("", `<image width="20" height="20" xlink:href="red.png"/>`),
		"image, passwd":    svg("", `<image width="20" height="20" xlink:href="file:///etc/passwd"/>`),
		"image, http":      svg("", `<image width="20" height="20" xlink:href="http://`+addr+`/red.png"/>`),
		"feImage":          svg("", `<filter id="f"><feImage xlink:href="file://`+file+`"/></filter><g filter="url(#none)"/>`),
		"use":              svg("", `<use xlink:href="file://`+other+`#a"/>`),
		"use, http":        svg("", `<use xlink:href="http://`+addr+`/red.svg#a"/>`),
		"xi:include":       svg("", `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://`+other+`"/>`),
		"xi:include, text": svg("", `<text><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file:///etc/passwd"/></text>`),
		"@import":          svg("", `<style>@import url("file://`+style+`");</style>`),
		"@import, http":    svg("", `<style>@import "http://`+addr+`/red.css";</style>`),
		"xml-stylesheet":   svg(`<?xml-stylesheet type="text/css" href="`+style+`"?>`, ""),
		"@font-face":       svg("", `<style>@font-face { font-family: x; src: url(http://`+addr+`/x.ttf) }</style>`),
		"an external DTD":  svg(`<!DOCTYPE svg SYSTEM "http://`+addr+`/x.dtd">`, ""),
		"script":           svg("", `<script xlink:href="http://`+addr+`/x.js"/>`),
		"foreignObject":    svg("", `<foreignObject width="20" height="20"><iframe src="http://`+addr+`/"/></foreignObject>`),
	} {
		t.Run(name, func(t *testing.T) {
			for _, w := range ways {
				a := w.convert(s, "-negate -negate", drawing)
				if a.status != http.StatusOK {
					t.Errorf("%s: status %d: %s", w.name, a.status, a.body)
				} else if !samePixels(t, a.body, plain) {
					t.Errorf("%s: the drawing shows what it names", w.name)
				}
			}
		})
	}
	for name, before := range map[string]string{
		"an external entity, file": `<!DOCTYPE svg [<!ENTITY x SYSTEM "file://` + text + `">]>`,
		"an external entity, http": `<!DOCTYPE svg [<!ENTITY x SYSTEM "http://` + addr + `/x">]>`,
		"a parameter entity":       `<!DOCTYPE svg [<!ENTITY % y SYSTEM "http://` + addr + `/x.dtd"> %y;]>`,
		"billion laughs":           laughs(),
	} {
		t.Run(name, func(t *testing.T) {
			for _, w := range ways {
				a := w.convert(s, "-negate -negate", svg(before, "&x;"))
				if a.status != http.StatusOK {
					failed(t, s, a, event.InvalidImage)
				} else if !samePixels(t, a.body, plain) {
					t.Errorf("%s: the drawing shows the entity", w.name)
				}
			}
		})
	}
	s.fine(t)
	if n := contacts.Load(); n != 0 {
		t.Errorf("the drawings made the service connect %d times", n)
	}
}

// TestSVGBombs sends drawings that stand for far more than they hold.
func TestSVGBombs(t *testing.T) {
	s := start(t, "--instances", "1", "--timeout", "60s")
	var uses strings.Builder
	for i := range 9 {
		fmt.Fprintf(&uses, `<g id="u%d">%s</g>`, i+1, strings.Repeat(fmt.Sprintf(`<use href="#u%d"/>`, i), 10))
	}
	for name, inside := range map[string]string{
		"a thousand million uses": `<defs><rect id="u0" width="9" height="9"/>` + uses.String() + `</defs><use href="#u9"/>`,
		"a hundred thousand deep": strings.Repeat("<g>", 100_000) + strings.Repeat("</g>", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			failed(t, s, s.picture("-negate", "png", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">`+inside+`</svg>`)), event.InvalidImage)
		})
	}
	s.fine(t)
}

// laughs declares an entity x that stands for a thousand million rectangles.
func laughs() string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE svg [<!ENTITY l0 "<rect width='20' height='20' fill='red'/>">`)
	for i := range 9 {
		fmt.Fprintf(&b, `<!ENTITY l%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	b.WriteString(`<!ENTITY x "&l9;">]>`)
	return b.String()
}

// samePixels reports whether two PNGs show the same.
func samePixels(t *testing.T, a, b []byte) bool {
	t.Helper()
	return bytes.Equal(pixels(decoded(t, a)).Pix, pixels(decoded(t, b)).Pix)
}

// pixels gives a picture as 8-bit RGBA without premultiplied alpha.
func pixels(picture image.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, picture.Bounds().Dx(), picture.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), picture, picture.Bounds().Min, draw.Src)
	return out
}
