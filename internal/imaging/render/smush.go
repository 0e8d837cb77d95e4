package render

import "bluerose/internal/imaging/magick"

// smushed is -smush, from top to bottom, and +smush, from left to right: every picture moves towards the one before it until
// what shows of both is as far apart as the argument says (MagickCore, SmushImages).
func smushed(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) < 2 {
		return list, nil
	}
	list, err := uniform(list)
	if err != nil {
		return nil, err
	}
	value, _ := s.Value.(magick.Number)
	offset := int(min(max(value.Value, -1<<20), 1<<20))
	width, height := list[0].Width(), list[0].Height()
	for _, p := range list[1:] {
		if s.Plus {
			width, height = width+p.Width()+offset, max(height, p.Height())
		} else {
			width, height = max(width, p.Width()), height+p.Height()+offset
		}
	}
	if width < 1 || height < 1 {
		return nil, refuse(s, "nothing is left of the pictures at this distance; take a larger one")
	}
	canvas, err := m.blank(list[0], width, height, m.settings.background())
	if err != nil {
		return nil, err
	}
	end := 0
	for i, p := range list {
		if i > 0 {
			gap, err := m.gap(list[i-1], p, width, height, s.Plus)
			if err != nil {
				return nil, err
			}
			end += offset - gap
		}
		at := gravitate(m.settings.gravity(), width, height, region{Width: p.Width(), Height: p.Height()})
		if s.Plus {
			at.X = end
			end += p.Width()
		} else {
			at.Y = end
			end += p.Height()
		}
		if canvas, err = m.composed(canvas, p, "Over", at.X, at.Y); err != nil {
			return nil, err
		}
	}
	if s.Plus {
		width = min(max(end, 1), width)
	} else {
		height = min(max(end, 1), height)
	}
	canvas, err = canvas.region(0, 0, width, height)
	return []*Picture{canvas}, err
}

// gap gives how far a picture can move towards the one before it until something of both would touch, on a canvas of width x
// height: to the left where across is set, else up.
func (m *machine) gap(before, after *Picture, width, height int, across bool) (int, error) {
	if !before.Alpha() || !after.Alpha() {
		return 0, nil
	}
	a, err := before.raster()
	if err != nil {
		return 0, err
	}
	b, err := after.raster()
	if err != nil {
		return 0, err
	}
	lines, reach, back := width, b.Height, a.Height
	if across {
		lines, reach, back = height, b.Width, a.Width
	}
	placed := func(r *raster) int {
		at := gravitate(m.settings.gravity(), width, height, region{Width: r.Width, Height: r.Height})
		if across {
			return at.Y
		}
		return at.X
	}
	empty := func(r *raster, along, line int) bool {
		x, y := line-placed(r), along
		if across {
			x, y = y, x
		}
		x, y = min(max(x, 0), r.Width-1), min(max(y, 0), r.Height-1)
		return r.at(x, y)[r.Bands-1] == 0
	}
	gap := reach
	for line := range lines {
		if line%256 == 0 && m.scope.Context().Err() != nil {
			return 0, m.scope.Context().Err()
		}
		free := 0
		for free < back-1 && free < gap && empty(a, back-1-free, line) {
			free++
		}
		x := 0
		for x < reach && x+free < gap && empty(b, x, line) {
			x++
		}
		gap = min(gap, x+free)
	}
	return gap, nil
}
