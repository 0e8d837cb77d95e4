package render

import (
	"bluerose/event"
	"bluerose/internal/imaging/magick"
)

// tweenListers make pictures between pictures.
var tweenListers = map[string]lister{"morph": morph}

// morph is -morph N: N pictures between each and the next, whose sizes and colours run from the one to the other.
func morph(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	n := int(numbers(s).At(0, 0))
	if len(list) == 0 || n < 1 {
		return list, nil
	}
	if total := float64(len(list)) + float64(len(list)-1)*float64(n); total > float64(m.engine.limits.Frames) {
		return nil, event.Errorf(event.LimitExceeded, "The arguments make %.0f pictures, and at most %d are allowed; make fewer",
			total, m.engine.limits.Frames)
	}
	if len(list) == 1 {
		out := list
		for range n {
			out = append(out, list[0].copy())
		}
		return out, nil
	}
	list, err := uniform(list)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i], err = list[i].settle(); err != nil {
			return nil, err
		}
	}
	var out []*Picture
	for i, p := range list[:len(list)-1] {
		out = append(out, p)
		for k := range n {
			q, err := m.between(p, list[i+1], float64(k+1)/float64(n+1))
			if err != nil {
				return nil, err
			}
			out = append(out, q)
		}
	}
	return append(out, list[len(list)-1]), nil
}

// between gives a picture of a share of the way from one to the other.
func (m *machine) between(from, to *Picture, share float64) (*Picture, error) {
	side := func(a, b int) int { return int(float64(a)*(1-share) + float64(b)*share + 0.5) }
	width, height := side(from.Width(), to.Width()), side(from.Height(), to.Height())
	a, err := m.resized(from, width, height)
	if err != nil {
		return nil, err
	}
	b, err := m.resized(to, width, height)
	if err != nil {
		return nil, err
	}
	if a, err = a.settle(); err != nil {
		return nil, err
	}
	return a.paired(b, ^magick.Channels(0), func(x, y float64) float64 { return x*(1-share) + y*share })
}

// blueShift makes a picture look as by moonlight, by a factor.
func blueShift(_ *machine, p *Picture, s magick.Step) (*Picture, error) {
	factor := argument(s, 0, 1.5)
	p, err := p.toRGB()
	if err != nil {
		return nil, err
	}
	return p.shade(p.eachColour(magick.ChannelRGB, func(r, g, b float64) (float64, float64, float64) {
		low, high := factor*min(r, g, b), factor*max(r, g, b)
		shift := func(v float64) float64 { return 0.5 * (0.5*(v+low) + high) }
		return shift(r), shift(g), shift(b)
	}))
}
