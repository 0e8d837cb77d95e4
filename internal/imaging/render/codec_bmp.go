package render

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// Compressions of a device-independent bitmap (Windows, BITMAPINFOHEADER).
const (
	bmpRGB       = 0
	bmpRLE8      = 1
	bmpRLE4      = 2
	bmpFields    = 3
	bmpAllFields = 6
)

// dib is a device-independent bitmap: the header of a BMP, or of an icon's picture.
type dib struct {
	Width, Height int
	topDown       bool
	bits          int
	compression   uint32
	palette       [][4]byte // red, green, blue, 255
	masks         [4]uint32 // of red, green, blue and alpha
	density       float64   // pixels per centimetre
	end           int       // where the header, the masks and the palette end
}

var errBMP = errors.New("bmp: the header does not hold together")

// parseDIB reads a bitmap's header. An icon's says twice its height.
func parseDIB(data []byte, icon bool) (*dib, error) {
	if len(data) < 12 {
		return nil, errBMP
	}
	order := binary.LittleEndian
	size := int64(order.Uint32(data))
	d := &dib{end: int(min(size, int64(len(data))))}
	colours, entry := 0, 4
	switch {
	case size == 12:
		d.Width, d.Height, d.bits = int(order.Uint16(data[4:])), int(int16(order.Uint16(data[6:]))), int(order.Uint16(data[10:]))
		entry = 3
	case size >= 16 && size <= int64(len(data)) && size <= 1024:
		d.Width, d.Height, d.bits = int(int32(order.Uint32(data[4:]))), int(int32(order.Uint32(data[8:]))), int(order.Uint16(data[14:]))
		if size >= 40 {
			d.compression = order.Uint32(data[16:])
			d.density = float64(order.Uint32(data[24:])) / 100
			colours = int(min(order.Uint32(data[32:]), 1<<16))
		}
	default:
		return nil, errBMP
	}
	if d.Height < 0 {
		d.Height, d.topDown = -d.Height, true
	}
	if icon {
		d.Height /= 2
	}
	if d.Width <= 0 || d.Height <= 0 || d.Width > math.MaxInt32/4 {
		return nil, errBMP
	}
	d.fields(data, int(size))
	return d, d.colours(data, colours, entry)
}

// fields reads the masks of the channels, or sets the usual ones.
func (d *dib) fields(data []byte, size int) {
	switch d.bits {
	case 16:
		d.masks = [4]uint32{0x7c00, 0x03e0, 0x001f}
	case 32:
		d.masks = [4]uint32{0xff0000, 0xff00, 0xff}
	}
	if d.compression != bmpFields && d.compression != bmpAllFields {
		return
	}
	count := 3
	if size >= 56 || d.compression == bmpAllFields {
		count = 4
	}
	for i := range count {
		if at := 40 + 4*i; at+4 <= len(data) {
			d.masks[i] = binary.LittleEndian.Uint32(data[at:])
		}
	}
	if size == 40 {
		d.end += 4 * count
	}
}

func (d *dib) colours(data []byte, count, entry int) error {
	if d.bits > 8 {
		return nil
	}
	if d.bits < 1 {
		return errBMP
	}
	if count == 0 || count > 1<<d.bits {
		count = 1 << d.bits
	}
	for range count {
		if d.end+entry > len(data) {
			return errBMP
		}
		c := data[d.end:]
		d.palette = append(d.palette, [4]byte{c[2], c[1], c[0], 255})
		d.end += entry
	}
	return nil
}

// alpha reports whether the bitmap says that it has alpha.
func (d *dib) alpha() bool { return d.masks[3] != 0 }

// pixels unpacks the bitmap's rows to four bytes a pixel, from the top, and gives what stands behind them.
func (d *dib) pixels(data []byte) (pix, rest []byte, err error) {
	pix = make([]byte, 4*d.Width*d.Height)
	if d.compression == bmpRLE8 && d.bits == 8 || d.compression == bmpRLE4 && d.bits == 4 {
		return pix, nil, d.runs(data, pix)
	}
	if d.compression != bmpRGB && d.compression != bmpFields && d.compression != bmpAllFields {
		return nil, nil, errors.New("bmp: the compression is not known")
	}
	stride := (d.Width*d.bits + 31) / 32 * 4
	if len(data) < stride*(d.Height-1)+(d.Width*d.bits+7)/8 {
		return nil, nil, errors.New("bmp: rows are missing")
	}
	for y := range d.Height {
		to := y
		if !d.topDown {
			to = d.Height - 1 - y
		}
		row := data[y*stride : min((y+1)*stride, len(data))]
		if err := d.row(pix[4*d.Width*to:][:4*d.Width], row); err != nil {
			return nil, nil, err
		}
	}
	return pix, data[min(stride*d.Height, len(data)):], nil
}

func (d *dib) row(pix, row []byte) error {
	switch d.bits {
	case 1, 2, 4, 8:
		perByte := 8 / d.bits
		for x := range d.Width {
			shift := 8 - d.bits*(x%perByte+1)
			d.put(pix[4*x:], row[x/perByte]>>shift&(1<<d.bits-1))
		}
	case 24:
		for x := range d.Width {
			pix[4*x], pix[4*x+1], pix[4*x+2], pix[4*x+3] = row[3*x+2], row[3*x+1], row[3*x], 255
		}
	case 16, 32:
		bytes := d.bits / 8
		for x := range d.Width {
			v := uint32(row[bytes*x]) | uint32(row[bytes*x+1])<<8
			if bytes == 4 {
				v |= uint32(row[4*x+2])<<16 | uint32(row[4*x+3])<<24
			}
			for i, mask := range d.masks {
				pix[4*x+i] = masked(v, mask)
			}
			if !d.alpha() {
				pix[4*x+3] = 255
			}
		}
	default:
		return errBMP
	}
	return nil
}

// put writes a colour of the palette; an index beyond it is its first.
func (d *dib) put(pix []byte, index byte) {
	if int(index) >= len(d.palette) {
		index = 0
	}
	copy(pix, d.palette[index][:])
}

// masked gives the bits of v under mask, scaled to eight.
func masked(v, mask uint32) byte {
	if mask == 0 {
		return 0
	}
	shift := bits.TrailingZeros32(mask)
	full := uint64(mask >> shift)
	return byte((uint64(v&mask>>shift)*255 + full/2) / full)
}

// runs unpacks run lengths (Windows, bitmap compression). Pixels that they jump over have the palette's first colour.
func (d *dib) runs(data, pix []byte) error {
	for i := 0; i < len(pix); i += 4 {
		d.put(pix[i:], 0)
	}
	x, y := 0, 0
	put := func(index byte) {
		if x < d.Width && y < d.Height {
			to := y
			if !d.topDown {
				to = d.Height - 1 - y
			}
			d.put(pix[4*(to*d.Width+x):], index)
		}
		x++
	}
	nibble := func(b byte, i int) byte {
		if d.bits == 8 {
			return b
		}
		return b >> (4 - 4*(i%2)) & 15
	}
	for len(data) >= 2 && y < d.Height {
		count, value := int(data[0]), data[1]
		data = data[2:]
		switch {
		case count > 0:
			for i := range count {
				put(nibble(value, i))
			}
		case value == 0:
			x, y = 0, y+1
		case value == 1:
			return nil
		case value == 2:
			if len(data) < 2 {
				return errBMP
			}
			x, y = x+int(data[0]), y+int(data[1])
			data = data[2:]
		default:
			perByte := 8 / d.bits
			size := (int(value) + perByte - 1) / perByte
			if len(data) < size {
				return errBMP
			}
			for i := range int(value) {
				put(nibble(data[i/perByte], i))
			}
			data = data[min(size+size%2, len(data)):]
		}
	}
	if y < d.Height {
		return errors.New("bmp: runs are missing")
	}
	return nil
}

const bmpFileHeader = 14

func decodeBMP(m *machine, src *source) ([]*Picture, error) {
	if len(src.data) < bmpFileHeader {
		return nil, broken(src.format, errBMP)
	}
	d, err := parseDIB(src.data[bmpFileHeader:], false)
	if err != nil {
		return nil, broken(src.format, err)
	}
	if err := m.admit(d.Width, d.Height); err != nil {
		return nil, err
	}
	if _, err := src.wanted(1); err != nil {
		return nil, err
	}
	start := int64(binary.LittleEndian.Uint32(src.data[10:]))
	if start < bmpFileHeader || start > int64(len(src.data)) {
		start = min(int64(bmpFileHeader+d.end), int64(len(src.data)))
	}
	pix, _, err := d.pixels(src.data[start:])
	if err != nil {
		return nil, broken(src.format, err)
	}
	p, err := m.fromRGBA(src, pix, d.Width, d.Height, d.alpha())
	if err != nil {
		return nil, err
	}
	p.Palette = d.bits <= 8
	if d.density > 0 {
		p.DensityX, p.DensityY, p.Units = d.density, d.density, "PixelsPerCentimeter"
	}
	return []*Picture{p}, nil
}

// fromRGBA makes a picture of four bytes a pixel, without the fourth where there is no alpha.
func (m *machine) fromRGBA(src *source, pix []byte, width, height int, alpha bool) (*Picture, error) {
	bands := 4
	if !alpha {
		bands = 3
		for from, to := 0, 0; from < len(pix); from, to = from+4, to+3 {
			copy(pix[to:to+3], pix[from:from+3])
		}
		pix = pix[:len(pix)/4*3]
	}
	img, err := m.scope.FromPixels(pix, width, height, bands, vips.Uchar, vips.SRGB)
	if err != nil {
		return nil, err
	}
	p := m.picture(img, src)
	p.settled = true
	return p, nil
}

// encodeBMP writes 24 bits a pixel, or 32 with the masks of a version 4 header where the picture has alpha.
func encodeBMP(m *machine, list []*Picture, to magick.Target) ([]byte, error) {
	p, err := m.plan(list[0])
	if err != nil {
		return nil, err
	}
	if p, err = p.asRGB(); err != nil {
		return nil, err
	}
	if to.Coder == "bmp2" || to.Coder == "bmp3" {
		if p, err = p.withoutAlpha(); err != nil {
			return nil, err
		}
	}
	rows, err := p.bottomUp()
	if err != nil {
		return nil, err
	}
	size := 40
	if p.Alpha() {
		size = 108
	}
	order := binary.LittleEndian
	out := append(make([]byte, 0, bmpFileHeader+size+len(rows)), "BM"...)
	out = order.AppendUint32(out, uint32(bmpFileHeader+size+len(rows)))
	out = order.AppendUint32(out, 0)
	out = order.AppendUint32(out, uint32(bmpFileHeader+size))
	return append(p.appendDIB(out, size, p.Height(), len(rows)), rows...), nil
}

// appendDIB appends a header of 40 bytes, or of 108 with masks, for the picture's rows.
func (p *Picture) appendDIB(out []byte, size, height, bytes int) []byte {
	order := binary.LittleEndian
	compression := uint32(bmpRGB)
	if size == 108 {
		compression = bmpFields
	}
	perMetre := uint32(0)
	if p.DensityX > 0 && p.Units == "PixelsPerCentimeter" {
		perMetre = uint32(min(p.DensityX*100+0.5, math.MaxInt32))
	} else if p.DensityX > 0 && p.Units == "PixelsPerInch" {
		perMetre = uint32(min(p.DensityX*100/2.54+0.5, math.MaxInt32))
	}
	for _, v := range []uint32{uint32(size), uint32(p.Width()), uint32(height), 1 | uint32(8*p.img.Bands())<<16, compression,
		uint32(bytes), perMetre, perMetre, 0, 0} {
		out = order.AppendUint32(out, v)
	}
	if size == 108 {
		for _, v := range []uint32{0xff0000, 0xff00, 0xff, 0xff000000, 0x73524742} { // the last says sRGB
			out = order.AppendUint32(out, v)
		}
		out = append(out, make([]byte, 48)...)
	}
	return out
}

// bottomUp gives the picture's rows as a bitmap has them: the last first, blue before red, padded to four bytes.
func (p *Picture) bottomUp() ([]byte, error) {
	pix, err := p.pixels()
	if err != nil {
		return nil, err
	}
	width, height, bands := p.Width(), p.Height(), p.img.Bands()
	stride := (width*bands + 3) / 4 * 4
	out := make([]byte, stride*height)
	for y := range height {
		from, to := pix[y*width*bands:][:width*bands], out[(height-1-y)*stride:]
		for x := 0; x < len(from); x += bands {
			to[x], to[x+1], to[x+2] = from[x+2], from[x+1], from[x]
			if bands == 4 {
				to[x+3] = from[x+3]
			}
		}
	}
	return out, nil
}
