package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

const (
	icoHeader = 6
	icoEntry  = 16
	icoSide   = 256 // the largest side of an icon; a larger or equal one is stored as PNG
)

// icoPictures finds the pictures of an icon or cursor (Windows, ICONDIR).
func icoPictures(data []byte) ([][]byte, error) {
	if len(data) < icoHeader {
		return nil, errICO
	}
	count := int(binary.LittleEndian.Uint16(data[4:]))
	if count == 0 || len(data) < icoHeader+icoEntry*count {
		return nil, errICO
	}
	var list [][]byte
	for i := range count {
		entry := data[icoHeader+icoEntry*i:]
		size, at := int64(binary.LittleEndian.Uint32(entry[8:])), int64(binary.LittleEndian.Uint32(entry[12:]))
		if at >= int64(len(data)) || size == 0 {
			return nil, errICO
		}
		list = append(list, data[at:min(at+size, int64(len(data)))])
	}
	return list, nil
}

var errICO = errors.New("ico: the directory does not hold together")

func decodeICO(m *machine, src *source) ([]*Picture, error) {
	entries, err := icoPictures(src.data)
	if err != nil {
		return nil, broken(src.format, err)
	}
	if err := m.engine.limits.admit(1, 1, len(entries)); err != nil {
		return nil, err
	}
	wanted, err := src.wanted(len(entries))
	if err != nil {
		return nil, err
	}
	var list []*Picture
	pixels := int64(0)
	for _, i := range wanted {
		p, err := m.icon(src, entries[i], &pixels)
		if err != nil {
			return nil, asBroken(src.format, err)
		}
		p.Scene, p.Format, p.Bytes = i, src.format.name, len(src.data)
		list = append(list, p)
	}
	return list, nil
}

// icon reads one picture of an icon, PNG or bitmap. pixels counts those of all pictures so far.
func (m *machine) icon(src *source, data []byte, pixels *int64) (*Picture, error) {
	bounded := func(width, height int) error {
		*pixels += int64(width) * int64(height)
		if *pixels > m.engine.limits.Pixels {
			return event.Errorf(event.LimitExceeded, "The icon's pictures have more than %.4g megapixels together; send fewer",
				float64(m.engine.limits.Pixels)/1e6)
		}
		return m.admit(width, height)
	}
	if bytes.HasPrefix(data, []byte("\x89PNG")) {
		h, ok := pngHeader(data)
		if !ok {
			return nil, errICO
		}
		if err := bounded(h.Width, h.Height); err != nil {
			return nil, err
		}
		p, _, err := m.opened(&source{data: data, name: src.name, format: &format{name: "ico", loader: "pngload_buffer"}})
		return p, err
	}
	d, err := parseDIB(data, true)
	if err != nil {
		return nil, err
	}
	if err := bounded(d.Width, d.Height); err != nil {
		return nil, err
	}
	if d.bits == 32 && d.compression == bmpRGB {
		d.masks[3] = 0xff000000
	}
	pix, mask, err := d.pixels(data[min(d.end, len(data)):])
	if err != nil {
		return nil, err
	}
	if d.bits < 32 || noneShows(pix) {
		d.cut(pix, mask)
	}
	return m.fromRGBA(src, pix, d.Width, d.Height, true)
}

// noneShows reports whether no pixel shows.
func noneShows(pix []byte) bool {
	for i := 3; i < len(pix); i += 4 {
		if pix[i] != 0 {
			return false
		}
	}
	return true
}

// cut gives the pixels the alpha of an icon's mask: one bit each, set where the picture is transparent.
func (d *dib) cut(pix, mask []byte) {
	stride := (d.Width + 31) / 32 * 4
	for y := range d.Height {
		to := d.Height - 1 - y
		for x := range d.Width {
			alpha := byte(255)
			if at := y*stride + x/8; at < len(mask) && mask[at]>>(7-x%8)&1 == 1 {
				alpha = 0
			}
			pix[4*(to*d.Width+x)+3] = alpha
		}
	}
}

// encodeICO writes an icon of all pictures, or of the sizes of the first one that icon:auto-resize names.
func encodeICO(m *machine, list []*Picture, _ magick.Target) ([]byte, error) {
	list, err := m.iconSizes(list)
	if err != nil {
		return nil, err
	}
	order := binary.LittleEndian
	head := []byte{0, 0, 1, 0, byte(len(list)), byte(len(list) >> 8)}
	at := icoHeader + icoEntry*len(list)
	var bodies []byte
	for _, p := range list {
		if p.Width() > icoSide || p.Height() > icoSide {
			return nil, event.Errorf(event.UnsupportedArgument, "An icon has at most %d pixels a side, and this picture has %d x %d; resize it",
				icoSide, p.Width(), p.Height())
		}
		body, err := m.iconBody(p)
		if err != nil {
			return nil, err
		}
		head = append(head, byte(p.Width()), byte(p.Height()), 0, 0, 1, 0, 32, 0)
		head = order.AppendUint32(head, uint32(len(body)))
		head = order.AppendUint32(head, uint32(at+len(bodies)))
		bodies = append(bodies, body...)
	}
	return append(head, bodies...), nil
}

// iconBody gives one picture of an icon: a bitmap with a mask, or a PNG for the largest.
func (m *machine) iconBody(p *Picture) ([]byte, error) {
	p, err := m.plan(p)
	if err != nil {
		return nil, err
	}
	if p, err = p.asRGB(); err != nil {
		return nil, err
	}
	if p, err = p.withAlpha(); err != nil {
		return nil, err
	}
	if p.Width() >= icoSide || p.Height() >= icoSide {
		return p.img.Save("pngsave_buffer", vips.Args{"compression": pngLevel, "keep": keepNone})
	}
	rows, err := p.bottomUp()
	if err != nil {
		return nil, err
	}
	stride := (p.Width() + 31) / 32 * 4
	mask := make([]byte, stride*p.Height())
	for i := 3; i < len(rows); i += 4 {
		x, y := i/4%p.Width(), i/4/p.Width()
		if rows[i] == 0 {
			mask[y*stride+x/8] |= 0x80 >> (x % 8)
		}
	}
	out := p.appendDIB(nil, 40, 2*p.Height(), len(rows)+len(mask))
	return bytes.Join([][]byte{out, rows, mask}, nil), nil
}

// iconSizes gives the pictures of an icon: the list, or the first of it at each size of icon:auto-resize.
func (m *machine) iconSizes(list []*Picture) ([]*Picture, error) {
	text, ok := m.settings.defines["icon:auto-resize"]
	if !ok {
		return list, nil
	}
	sizes := []int{256, 192, 128, 96, 64, 48, 40, 32, 24, 16}
	if text != "" && text != "true" {
		sizes = nil
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 || n > icoSide || len(sizes) == 64 {
				return nil, event.Errorf(event.UnsupportedArgument, "-define icon:auto-resize takes sizes from 1 to %d, such as 64,32,16", icoSide)
			}
			sizes = append(sizes, n)
		}
	}
	p, err := list[0].asRGB()
	if err != nil {
		return nil, err
	}
	var out []*Picture
	for _, side := range sizes {
		scale := float64(side) / float64(max(p.Width(), p.Height()))
		q, err := p.premultiplied(func(img *vips.Image) (*vips.Image, error) {
			return img.Op("resize", vips.Args{"scale": scale})
		})
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}
