package render

// tabledLeast is the number of pixels from which it is quicker to work a mix out for all pairs of 8-bit values first.
const tabledLeast = 1 << 18

// tabled reports whether mixedByTable can mix the pictures: of 8 bits, without alpha and of one colourspace but CMYK.
func (p *Picture) tabled(source *Picture) bool {
	plain := func(q *Picture) bool { return !q.wide() && !q.Alpha() && q.Space != CMYK }
	return plain(p) && plain(source) && p.img.Bands() == source.img.Bands() && p.Width()*p.Height() >= tabledLeast
}

// mixedByTable is mixed for a mix whose channels depend on nothing but themselves: every band has a table of what it makes
// of each pair of values, the source's first.
func (p *Picture) mixedByTable(source *Picture, f mix) (*Picture, error) {
	below, err := p.pixels()
	if err != nil {
		return nil, err
	}
	above, err := source.pixels()
	if err != nil {
		return nil, err
	}
	bands := p.img.Bands()
	tables := mixTables(f, bands)
	width := p.Width() * bands
	err = p.eachStrip(func(top, bottom int) {
		for band, table := range tables {
			for i := top*width + band; i < bottom*width; i += bands {
				below[i] = table[uint(above[i])<<8|uint(below[i])]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return p.holdingPixels(below, p.Width(), p.Height(), p.pixelForm())
}

func mixTables(f mix, bands int) [][]byte {
	tables := make([][]byte, bands)
	for band := range tables {
		tables[band] = make([]byte, 1<<16)
	}
	for above := range 256 {
		for below := range 256 {
			s, d := [5]float64{4: 1}, [5]float64{4: 1}
			for band := range bands {
				s[band], d[band] = float64(above)/255, float64(below)/255
			}
			f(&s, &d)
			for band, table := range tables {
				table[above<<8|below] = narrow(steps(d[band]))
			}
		}
	}
	return tables
}
