package render

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"strconv"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// pnm is the header of a Netpbm file.
type pnm struct {
	kind          byte // '1' to '7'
	Width, Height int
	bands         int
	full          int // the greatest value of a sample
	rest          []byte
}

var errPNM = errors.New("pnm: the header does not hold together")

// parsePNM reads a header (Netpbm: pbm(5), pgm(5), ppm(5), pam(5)).
func parsePNM(data []byte) (*pnm, error) {
	if len(data) < 3 || data[0] != 'P' || data[1] < '1' || data[1] > '7' {
		return nil, errPNM
	}
	h := &pnm{kind: data[1], full: 1, bands: 1, rest: data[2:]}
	if h.kind == '7' {
		return h, h.pam()
	}
	fields := []*int{&h.Width, &h.Height}
	if h.kind != '1' && h.kind != '4' {
		fields = append(fields, &h.full)
	}
	if h.kind == '3' || h.kind == '6' {
		h.bands = 3
	}
	for _, field := range fields {
		n, ok := h.number()
		if !ok {
			return nil, errPNM
		}
		*field = n
	}
	if len(h.rest) > 0 {
		h.rest = h.rest[1:]
	}
	return h, h.check()
}

func (h *pnm) check() error {
	if h.Width <= 0 || h.Height <= 0 || h.full <= 0 || h.full > 65535 || h.bands < 1 || h.bands > 4 {
		return errPNM
	}
	return nil
}

// pam reads the lines of a PAM header.
func (h *pnm) pam() error {
	fields := map[string]*int{"WIDTH": &h.Width, "HEIGHT": &h.Height, "DEPTH": &h.bands, "MAXVAL": &h.full}
	for {
		line, rest, ok := bytes.Cut(h.rest, []byte("\n"))
		if !ok || len(line) > 256 {
			return errPNM
		}
		h.rest = rest
		words := bytes.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if string(words[0]) == "ENDHDR" {
			return h.check()
		}
		if field := fields[string(words[0])]; field != nil && len(words) == 2 {
			n, err := strconv.Atoi(string(words[1]))
			if err != nil {
				return errPNM
			}
			*field = n
		}
	}
}

// number reads a decimal number behind white space and comments.
func (h *pnm) number() (int, bool) {
	comment := false
	for len(h.rest) > 0 && (comment || blank(h.rest[0])) {
		switch h.rest[0] {
		case '#':
			comment = true
		case '\n', '\r':
			comment = false
		}
		h.rest = h.rest[1:]
	}
	n, digits := 0, 0
	for len(h.rest) > 0 && h.rest[0] >= '0' && h.rest[0] <= '9' && digits < 9 {
		n = 10*n + int(h.rest[0]-'0')
		h.rest = h.rest[1:]
		digits++
	}
	return n, digits > 0
}

var errShort = errors.New("pnm: samples are missing")

// samples gives the picture's samples, 0 to full; in a bitmap 1 is white.
func (h *pnm) samples() ([]uint16, error) {
	count := h.Width * h.Height * h.bands
	out := make([]uint16, count)
	switch h.kind {
	case '1':
		for i := range out {
			for len(h.rest) > 0 && blank(h.rest[0]) {
				h.rest = h.rest[1:]
			}
			if len(h.rest) == 0 || h.rest[0] != '0' && h.rest[0] != '1' {
				return nil, errShort
			}
			out[i] = uint16('1' - h.rest[0])
			h.rest = h.rest[1:]
		}
	case '2', '3':
		for i := range out {
			n, ok := h.number()
			if !ok {
				return nil, errShort
			}
			out[i] = uint16(min(n, h.full))
		}
	case '4':
		stride := (h.Width + 7) / 8
		if len(h.rest) < stride*h.Height {
			return nil, errShort
		}
		for i := range out {
			x, y := i%h.Width, i/h.Width
			out[i] = uint16(^h.rest[y*stride+x/8] >> (7 - x%8) & 1)
		}
	default:
		size := 1
		if h.full > 255 {
			size = 2
		}
		if len(h.rest) < count*size {
			return nil, errShort
		}
		for i := range out {
			v := int(h.rest[i*size])
			if size == 2 {
				v = v<<8 | int(h.rest[2*i+1])
			}
			out[i] = uint16(min(v, h.full))
		}
	}
	return out, nil
}

func decodePNM(m *machine, src *source) ([]*Picture, error) {
	h, err := parsePNM(src.data)
	if err != nil {
		return nil, broken(src.format, err)
	}
	if err := m.admit(h.Width, h.Height); err != nil {
		return nil, err
	}
	if _, err := src.wanted(1); err != nil {
		return nil, err
	}
	if len(h.rest) < h.Width*h.Height*h.bands/8 {
		return nil, broken(src.format, errShort)
	}
	samples, err := h.samples()
	if err != nil {
		return nil, broken(src.format, err)
	}
	space := SRGB
	if h.bands < 3 {
		space = Gray
	}
	var img *vips.Image
	if h.full > 255 {
		for i, v := range samples {
			samples[i] = uint16((uint32(v)*65535 + uint32(h.full)/2) / uint32(h.full))
		}
		img, err = m.scope.FromPixels(octets(samples), h.Width, h.Height, h.bands, vips.Ushort, interpretation(space, true))
	} else {
		narrow := make([]byte, len(samples))
		for i, v := range samples {
			narrow[i] = byte((uint32(v)*255 + uint32(h.full)/2) / uint32(h.full))
		}
		img, err = m.scope.FromPixels(narrow, h.Width, h.Height, h.bands, vips.Uchar, interpretation(space, false))
	}
	if err != nil {
		return nil, err
	}
	p := m.picture(img, src)
	p.settled, p.Depth = true, bits.Len(uint(h.full))
	return []*Picture{p}, nil
}

// encodePNM writes the format that the target names, of the kind that is made of bytes; pnm is the one that fits.
func encodePNM(m *machine, list []*Picture, to magick.Target) ([]byte, error) {
	p, err := m.plan(list[0])
	if err != nil {
		return nil, err
	}
	if p, err = p.inSRGB(); err != nil {
		return nil, err
	}
	coder := to.Coder
	if coder == "" {
		coder = p.Format
	}
	switch coder {
	case "pbm":
		p, err = monochrome(m, p, magick.Step{Name: "type"})
	case "pgm":
		p, err = p.toGray("")
	case "ppm":
		p, err = p.toRGB()
	}
	if err == nil && coder != "pam" {
		p, err = p.withoutAlpha()
	}
	if err != nil {
		return nil, err
	}
	if coder == "pbm" {
		if p, err = p.toGray(""); err != nil {
			return nil, err
		}
		return p.bitmap()
	}
	if p.wide() {
		if p, _, err = p.shallow(); err != nil {
			return nil, err
		}
	}
	pix, err := p.pixels()
	if err != nil {
		return nil, err
	}
	if p.wide() {
		for i := 0; i < len(pix); i += 2 {
			pix[i], pix[i+1] = pix[i+1], pix[i]
		}
	}
	return append([]byte(p.pnmHeader(coder)), pix...), nil
}

func (p *Picture) pnmHeader(coder string) string {
	full := int(p.Max())
	if coder == "pam" {
		kinds := map[int]string{1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}
		bands := p.img.Bands()
		return fmt.Sprintf("P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n", p.Width(), p.Height(), bands, full, kinds[bands])
	}
	kind := 6
	if p.Space == Gray {
		kind = 5
	}
	return fmt.Sprintf("P%d\n%d %d\n%d\n", kind, p.Width(), p.Height(), full)
}

// bitmap writes a gray picture as PBM: what is darker than half is black.
func (p *Picture) bitmap() ([]byte, error) {
	p, err := p.narrow()
	if err != nil {
		return nil, err
	}
	pix, err := p.pixels()
	if err != nil {
		return nil, err
	}
	width, height := p.Width(), p.Height()
	out := fmt.Appendf(nil, "P4\n%d %d\n", width, height)
	start, stride := len(out), (width+7)/8
	out = append(out, make([]byte, stride*height)...)
	for i, v := range pix {
		if v < 128 {
			x, y := i%width, i/width
			out[start+y*stride+x/8] |= 0x80 >> (x % 8)
		}
	}
	return out, nil
}
