package render

import (
	"slices"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// trail is how a picture that is not computed yet came from the bytes that it was read from: by steps that make each row
// of the picture from the same row, or from one at a fixed distance, of the one before. Such a picture can be decoded,
// changed and encoded again from top to bottom with a few rows in memory at a time.
//
// libvips opens a file either for one such pass or for any order of reading, and which will do is known at the end only. So
// the picture's own image is always the one for any order, which decodes nothing until it is asked, and stream follows
// the trail to make the other.
type trail struct {
	source *source
	steps  []func(*vips.Image) (*vips.Image, error)
}

// passing are the operators that a trail may hold, when their result is not computed at once.
var passing = []string{
	"border", "brightness-contrast", "colorize", "evaluate", "extent", "flop", "function", "gamma", "level", "level-colors",
	"negate", "shave", "sigmoidal-contrast", "solarize", "tint",
}

// followed notes in q that an operator made it of p.
func (m *machine) followed(p, q *Picture, s magick.Step, change operator) {
	if p == q || p.trail == nil || q.trail != nil || p.settled || q.settled || !slices.Contains(passing, s.Name) {
		return
	}
	settings := m.settings.clone()
	q.follow(p, func(in *Picture) (*Picture, error) {
		now := m.settings
		m.settings = settings
		defer func() { m.settings = now }()
		return change(m, in, s)
	})
}

// follow notes in q that change makes it of p.
func (q *Picture) follow(p *Picture, change func(*Picture) (*Picture, error)) {
	step := func(img *vips.Image) (*vips.Image, error) {
		out, err := change(p.with(img))
		if err != nil {
			return nil, err
		}
		return out.img, nil
	}
	q.trail = &trail{source: p.trail.source, steps: append(slices.Clip(p.trail.steps), step)}
}

// stream gives the picture's image for one reading from top to bottom. A source is decoded in that way once: a second
// reader has the image that any number share, and that is decoded whole.
func (p *Picture) stream() (*vips.Image, error) {
	t := p.trail
	if t == nil || p.settled || t.source.streamed {
		return p.img, nil
	}
	img, err := t.source.open(p.img.Scope(), vips.Args{"access": "sequential"})
	for _, step := range t.steps {
		if err != nil {
			return nil, err
		}
		img, err = step(img)
	}
	if err != nil {
		return nil, err
	}
	t.source.streamed = true
	return img, nil
}

// pixels computes the picture and gives its numbers, which belong to the caller.
func (p *Picture) pixels() ([]byte, error) {
	img, err := p.stream()
	if err != nil {
		return nil, err
	}
	return img.Pixels()
}
