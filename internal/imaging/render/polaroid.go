package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// polaroid makes a picture look like an instant photograph: a border, a bend, a shadow, and turned by an angle; +polaroid
// takes the angle by chance (ImageMagick 6.9, magick/fx.c, PolaroidImage). A caption is not written on it.
func polaroid(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	angle := numbers(s).At(0, 0)
	if s.Plus {
		angle = 22.5 * (m.random().Float64() - 0.5)
	}
	before := m.settings
	defer func() { m.settings = before }()
	// Eight bits would cut the shadow's edge off.
	p, err := p.widen()
	if err != nil {
		return nil, err
	}
	quantum := int(math.Max(math.Max(float64(p.Width()), float64(p.Height()))/25, 10))
	print, err := m.onto(p, before.bordercolor(), p.Width()+2*quantum, p.Height()+2*quantum, quantum, quantum)
	if err != nil {
		return nil, err
	}
	print = print.copy()
	print.Page = Page{}
	m.settings = m.settings.clone()
	clear := magick.Step{Class: magick.Setting, Name: "background", Value: magick.Color{}}
	m.settings.steps["background"] = clear
	quarters := func(p *Picture, by turn) (*Picture, error) {
		img, err := by.apply(p.img)
		if err != nil {
			return nil, err
		}
		return p.with(img).settle()
	}
	if print, err = print.withAlpha(); err != nil {
		return nil, err
	}
	if print, err = quarters(print, quarter); err != nil {
		return nil, err
	}
	if print, err = m.waved(print, 0.01*float64(print.Height()), 2*float64(print.Width()), magick.Color{}); err != nil {
		return nil, err
	}
	if print, err = quarters(print, threeTurn); err != nil {
		return nil, err
	}
	m.settings.steps["background"] = magick.Step{Class: magick.Setting, Name: "background", Value: before.background()}
	out, err := m.shadowed(print, 80, 2, (quantum+2)/3, (quantum+2)/3)
	if err == nil {
		out, err = quarters(out, flops)
	}
	if err != nil {
		return nil, err
	}
	if out, err = m.composed(out, print, "Over", int(math.Ceil(-0.01*float64(print.Width())/2-0.5)), 0); err != nil {
		return nil, err
	}
	out = out.copy()
	out.Page = Page{}
	m.settings.steps["background"] = clear
	if math.Mod(angle, 360) != 0 {
		if out, err = m.rotated(out, math.Mod(math.Mod(angle, 360)+360, 360)); err != nil {
			return nil, err
		}
	}
	return trim(m, out, s)
}
