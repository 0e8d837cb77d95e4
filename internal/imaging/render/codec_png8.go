package render

import "image"

// png8Cuts are the bits of red, green and blue that PNG8: keeps, one after the other until at most 256 colours are left
// (ImageMagick 6.9, coders/png.c). The first keeps all of them.
var png8Cuts = [][3]int{{8, 8, 8}, {4, 4, 4}, {3, 3, 3}, {3, 3, 2}}

// png8 gives the picture with the palette of a PNG8: pixels are opaque or transparent, and colours that are too many are
// cut to fewer bits, without dithering.
func (p *Picture) png8() (*image.Paletted, error) {
	p, err := p.asRGB()
	if err != nil {
		return nil, err
	}
	if p, err = p.cutOut(); err != nil {
		return nil, err
	}
	pix, err := p.pixels()
	if err != nil {
		return nil, err
	}
	bands := p.img.Bands()
	for _, bits := range png8Cuts {
		var cuts [3][256]byte
		for band := range cuts {
			cuts[band] = fewerBits(bits[band])
		}
		cut := make([]byte, len(pix))
		copy(cut, pix)
		for i := 0; i < len(cut); i += bands {
			for band := range cuts {
				cut[i+band] = cuts[band][cut[i+band]]
			}
		}
		if paletted, ok := exactPalette(cut, p.Width(), p.Height(), bands, gifColoursMax); ok {
			return paletted, nil
		}
	}
	return nil, errPalette
}

// fewerBits cuts numbers to their first bits, and repeats those so that full stays full.
func fewerBits(bits int) (table [256]byte) {
	for v := range table {
		kept := v >> (8 - bits) << (8 - bits)
		whole := 0
		for shift := 0; shift < 8; shift += bits {
			whole |= kept >> shift
		}
		table[v] = byte(whole)
	}
	return table
}
