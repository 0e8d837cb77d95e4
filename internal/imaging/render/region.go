package render

import (
	"slices"

	"bluerose/internal/imaging/magick"
)

// enclosing is the picture that a region was cut out of, and the region's place.
type enclosing struct {
	picture *Picture
	x, y    int
}

// inRegion is -region: the operators that follow, up to the next word that is none, change a part of the picture. Another
// -region ends it, and +region.
func inRegion(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	p, err := m.endRegion(p)
	if err != nil || s.Plus {
		return p, err
	}
	if p, err = p.settle(); err != nil {
		return nil, err
	}
	r := m.gravitated(p, geometryArg(s))
	q, err := m.piece(p, r)
	if err != nil {
		return nil, err
	}
	q.whole = &enclosing{picture: p, x: r.X, y: r.Y}
	return q, nil
}

// endRegion puts a region back into its picture.
func (m *machine) endRegion(p *Picture) (*Picture, error) {
	if p.whole == nil {
		return p, nil
	}
	whole, method := p.whole, "Over"
	if whole.picture.Alpha() {
		method = "Copy"
	}
	return m.composed(whole.picture, p, method, whole.x, whole.y)
}

func (m *machine) endRegions() error {
	if !slices.ContainsFunc(m.current, func(p *Picture) bool { return p.whole != nil }) {
		return nil
	}
	list := slices.Clone(m.current)
	for i, p := range list {
		var err error
		if list[i], err = m.endRegion(p); err != nil {
			return err
		}
	}
	m.current = list
	return nil
}
