package render

import (
	"slices"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// sequenceListers change which pictures are on the list, and in what order.
var sequenceListers = map[string]lister{
	"append":    appended,
	"clone":     clone,
	"delete":    remove,
	"duplicate": duplicate,
	"insert":    insert,
	"reverse":   reverse,
	"smush":     smushed,
	"swap":      swap,
	"write":     remember,
}

// chosen gives the indexes that a step's range names; with a plus, or without an argument, the last one. Naming a picture
// that is not there is refused.
func chosen(s magick.Step, list []*Picture) ([]int, error) {
	r, ok := s.Value.(magick.Range)
	if !ok || s.Plus {
		r = magick.Range{{First: -1, Last: -1}}
	}
	indexes := r.Indexes(len(list))
	if len(indexes) == 0 {
		return nil, refuse(s, "there is no such picture among %d; count from 0", len(list))
	}
	return indexes, nil
}

func clone(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	from := m.outer()
	indexes, err := chosen(s, from)
	if err != nil {
		return nil, err
	}
	for _, i := range indexes {
		// A picture that is used twice is computed once.
		if from[i].trail == nil {
			if from[i], err = from[i].settle(); err != nil {
				return nil, err
			}
		}
		list = append(list, from[i].copy())
	}
	return list, nil
}

func remove(_ *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	indexes, err := chosen(s, list)
	if err != nil {
		return nil, err
	}
	var out []*Picture
	for i, p := range list {
		if !slices.Contains(indexes, i) {
			out = append(out, p)
		}
	}
	return out, nil
}

// insert is -insert: the last picture moves to the place, +insert to the first.
func insert(_ *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) == 0 {
		return nil, refuse(s, "there is no picture to insert; name one before it")
	}
	last := len(list) - 1
	at := 0
	if r, ok := s.Value.(magick.Range); ok && !s.Plus {
		indexes := r.Indexes(last + 1)
		if len(indexes) != 1 {
			return nil, refuse(s, "there is no such place among %d pictures; count from 0", len(list))
		}
		at = indexes[0]
	}
	return slices.Insert(list[:last:last], at, list[last]), nil
}

func swap(_ *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	r, ok := s.Value.(magick.Range)
	if !ok || s.Plus {
		r = magick.Range{{First: -1, Last: -1}, {First: -2, Last: -2}}
	}
	if len(r) == 1 {
		r = append(slices.Clone(r), magick.Span{First: -1, Last: -1})
	}
	first, second := r[:1].Indexes(len(list)), r[1:2].Indexes(len(list))
	if len(first) != 1 || len(second) != 1 {
		return nil, refuse(s, "there are no such two pictures among %d; count from 0", len(list))
	}
	list[first[0]], list[second[0]] = list[second[0]], list[first[0]]
	return list, nil
}

func reverse(_ *machine, list []*Picture, _ magick.Step) ([]*Picture, error) {
	slices.Reverse(list)
	return list, nil
}

func duplicate(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	d, ok := s.Value.(magick.Duplicate)
	if !ok {
		d.Count = 1
	}
	if d.Frames == nil {
		d.Frames = magick.Range{{First: -1, Last: -1}}
	}
	indexes := d.Frames.Indexes(len(list))
	if total := len(list) + d.Count*len(indexes); total > m.engine.limits.Frames {
		return nil, event.Errorf(event.LimitExceeded, "The arguments make %d pictures, and at most %d are allowed; make fewer",
			total, m.engine.limits.Frames)
	}
	for _, i := range indexes {
		settled, err := list[i].settle()
		if err != nil {
			return nil, err
		}
		list[i] = settled
	}
	for range d.Count {
		for _, i := range indexes {
			list = append(list, list[i].copy())
		}
	}
	return list, nil
}

// remember is -write mpr:NAME: keeps the list under a name for mpr:NAME to read.
func remember(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	for i := range list {
		settled, err := list[i].settle()
		if err != nil {
			return nil, err
		}
		list[i] = settled
	}
	m.registers[s.Value.(magick.Source).Name] = slices.Clone(list)
	return list, nil
}

// recall reads what -write mpr:NAME kept.
func (m *machine) recall(src magick.Source) ([]*Picture, error) {
	kept, ok := m.registers[src.Name]
	if !ok {
		return nil, event.Errorf(event.UnsupportedArgument, "mpr:%s is read before it is written; write it first with -write mpr:%s", src.Name, src.Name)
	}
	var out []*Picture
	for _, i := range src.Frames.Indexes(len(kept)) {
		out = append(out, kept[i].copy())
	}
	return m.fitted(out, src)
}

// uniform gives pictures of one form: sRGB unless all are of one colourspace, 16 bits and alpha if any has them.
func uniform(list []*Picture) ([]*Picture, error) {
	wide, alpha, mixed := false, false, false
	for _, p := range list {
		wide = wide || p.wide()
		alpha = alpha || p.Alpha()
		mixed = mixed || p.Space != list[0].Space
	}
	out := make([]*Picture, len(list))
	for i, p := range list {
		var err error
		if mixed {
			p, err = p.toSpace(SRGB)
		}
		if err == nil && wide {
			p, err = p.widen()
		}
		if err == nil && alpha {
			p, err = p.withAlpha()
		}
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

// appended is -append, from top to bottom, and +append, from left to right, aligned by gravity on the background.
func appended(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) < 2 {
		return list, nil
	}
	list, err := uniform(list)
	if err != nil {
		return nil, err
	}
	width, height := 0, 0
	for _, p := range list {
		if s.Plus {
			width, height = width+p.Width(), max(height, p.Height())
		} else {
			width, height = max(width, p.Width()), height+p.Height()
		}
	}
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	background := m.ground(list[0])
	strips := make([]*vips.Image, len(list))
	for i, p := range list {
		if p, err = p.holding(background); err != nil {
			return nil, err
		}
		w, h := width, p.Height()
		r := region{Width: p.Width(), Height: p.Height()}
		if s.Plus {
			w, h = p.Width(), height
		}
		r = gravitate(m.settings.gravity(), w, h, r)
		list[i] = p
		strips[i], err = p.img.Op("embed", vips.Args{"x": r.X, "y": r.Y, "width": w, "height": h, "extend": "background", "background": p.ink(background)})
		if err != nil {
			return nil, err
		}
	}
	img := strips[0]
	for _, next := range strips[1:] {
		if img, err = img.Op("join", vips.Args{"in1": nil, "in2": next, "direction": direction(s.Plus)}); err != nil {
			return nil, err
		}
	}
	return []*Picture{list[0].with(img)}, nil
}
