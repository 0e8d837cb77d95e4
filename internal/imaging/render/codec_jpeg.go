package render

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

const (
	jpegDefault = 92 // the quality of a JPEG where nothing says otherwise
	jpegFull    = 90 // the least quality at which colour keeps its full resolution
)

func encodeJPEG(m *machine, list []*Picture, to magick.Target) ([]byte, error) {
	p, err := list[0].asStored()
	if err != nil {
		return nil, err
	}
	extent := byteSize(m.settings.defines["jpeg:extent"])
	if extent > 0 {
		p, err = p.settle() // it is encoded more than once
		if err != nil {
			return nil, err
		}
	}
	p, err = m.plan(p)
	if err != nil {
		return nil, err
	}
	if p, err = p.withoutAlpha(); err != nil {
		return nil, err
	}
	if p, err = p.narrow(); err != nil {
		return nil, err
	}
	img, err := p.bare()
	if err != nil {
		return nil, err
	}
	quality := m.quality(p, jpegDefault)
	args := vips.Args{"Q": quality, "subsample_mode": m.subsampling(p, quality), "optimize_coding": m.optimised(p),
		"interlace": m.interlaced(p) || to.Coder == "pjpeg", "keep": keepICC}
	data, err := img.Save("jpegsave_buffer", args)
	for low := 1; extent > 0 && err == nil && len(data) > extent && low < quality; {
		// Halving between a quality that is surely small enough and one that is too large takes seven tries at most.
		quality = (low + quality) / 2
		args["Q"] = quality
		data, err = img.Save("jpegsave_buffer", args)
		if err == nil && len(data) <= extent || quality == low {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return p.inJPEG(data), nil
}

// optimisedMost is the size, in pixels, up to which a JPEG's Huffman tables are made for the picture. They save some 5 % of
// the file, and cost a second pass over coefficients that are all kept until then: 6 bytes a pixel.
const optimisedMost = 4 << 20

// optimised reports whether the Huffman tables are made for the picture: what jpeg:optimize-coding says, else by size.
func (m *machine) optimised(p *Picture) bool {
	switch strings.ToLower(m.settings.defines["jpeg:optimize-coding"]) {
	case "true", "on", "yes", "1":
		return true
	case "false", "off", "no", "0":
		return false
	}
	return p.Width()*p.Height() <= optimisedMost
}

// subsampling gives libvips' word for -sampling-factor, else for what the input had, else for what the quality asks for.
// libvips halves colour in both directions or in none, so what is halved in one (2x1) goes by the quality too.
func (m *machine) subsampling(p *Picture, quality int) string {
	factor := m.settings.defines["jpeg:sampling-factor"]
	if step, ok := m.settings.given("sampling-factor"); ok {
		factor = step.Text
	}
	if factor == "" {
		factor = p.Sampling
	}
	first, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(factor, " ", "")), ",")
	switch {
	case first == "4:2:0" || first == "2x2" || first == "4:1:1" || first == "4:1:0" || first == "2":
		return "on"
	case (first == "" || first == "2x1" || first == "4:2:2") && quality < jpegFull:
		return "on"
	}
	return "off"
}

// byteSize reads a number of bytes with a unit that may stand behind it: 100KB, 1.5MB, 20000. 0 is none.
func byteSize(s string) int {
	s = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "b"), "i")
	scale := 1.0
	for i, unit := range []string{"k", "m", "g"} {
		if rest, ok := strings.CutSuffix(s, unit); ok {
			s, scale = rest, math.Pow(1000, float64(i+1))
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n <= 0 || n > 1e6 && scale > 1 {
		return 0
	}
	return int(n * scale)
}

const (
	segmentMax = 65533 // bytes of a segment's body
	xmpMarker  = "http://ns.adobe.com/xap/1.0/\x00"
	iptcMarker = "Photoshop 3.0\x00"
)

// inJPEG puts into an encoded JPEG what libvips does not: a JFIF segment with the density as ImageMagick writes it, EXIF,
// XMP, IPTC and the comment.
func (p *Picture) inJPEG(data []byte) []byte {
	const start, jfif = 2, 20 // bytes of the start marker, and of that with a JFIF segment
	rest := data[min(start, len(data)):]
	if bytes.HasPrefix(rest, []byte("\xff\xe0\x00\x10JFIF\x00")) && len(data) >= jfif {
		rest = data[jfif:]
	}
	var extra []byte
	add := func(marker byte, prefix string, body []byte) {
		if n := len(prefix) + len(body); len(body) > 0 && n <= segmentMax {
			extra = append(extra, 0xff, marker, byte((n+2)>>8), byte(n+2))
			extra = append(append(extra, prefix...), body...)
		}
	}
	if p.Space != CMYK {
		add(0xe0, "", p.jfif())
	}
	add(0xe1, "", p.exif())
	add(0xe1, xmpMarker, bytes.TrimPrefix(p.Profiles["xmp"], []byte(xmpMarker)))
	add(0xed, iptcMarker, bytes.TrimPrefix(p.iptc(), []byte(iptcMarker)))
	add(0xfe, "", []byte(p.Properties["comment"]))
	out := make([]byte, 0, len(data)+len(extra))
	out = append(append(out, data[:start]...), extra...)
	return append(out, rest...)
}

// jfif gives the body of a JFIF segment (ECMA TR/98): a density of 1 in no unit when none is known.
func (p *Picture) jfif() []byte {
	x, y, unit := p.DensityX, p.DensityY, byte(0)
	switch p.Units {
	case "PixelsPerInch":
		unit = 1
	case "PixelsPerCentimeter":
		unit = 2
	}
	if x <= 0 || y <= 0 {
		x, y, unit = 1, 1, 0
	}
	body := append([]byte("JFIF\x00\x01\x01"), unit)
	body = binary.BigEndian.AppendUint16(body, uint16(min(x+0.5, math.MaxUint16)))
	body = binary.BigEndian.AppendUint16(body, uint16(min(y+0.5, math.MaxUint16)))
	return append(body, 0, 0)
}

// iptc gives the Photoshop resources that hold the picture's captions.
func (p *Picture) iptc() []byte {
	if resources := p.Profiles["8bim"]; len(resources) > 0 {
		return resources
	}
	return p.Profiles["iptc"]
}
