package render

import (
	"math"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
)

// shear slants the picture: the x axis by the first angle, the y axis by the second, in degrees; one angle is both
// (ImageMagick 6.9, magick/shear.c, ShearImage). What is laid bare has the background colour.
func shear(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	angleX := n.At(0, 0)
	angleY := n.At(1, angleX)
	for _, angle := range []float64{angleX, angleY} {
		if math.Abs(math.Cos(angle*math.Pi/180)) < 1e-3 {
			return nil, refuse(s, "A picture cannot be sheared by a right angle; take a smaller one")
		}
	}
	slantX, slantY := -math.Tan(angleX*math.Pi/180), math.Tan(angleY*math.Pi/180)
	w, h := float64(p.Width()), float64(p.Height())
	var corners [4][2]float64
	for i := range corners {
		x, y := (float64(i%2)-0.5)*w, (float64(i/2)-0.5)*h
		x += slantX * y
		corners[i] = [2]float64{x, y + slantY*x}
	}
	minX, minY, maxX, maxY := bounding(corners[:]...)
	if maxX-minX > farthest || maxY-minY > farthest {
		return nil, event.Errorf(event.LimitExceeded, "The sheared picture would be too large; take smaller angles")
	}
	width, height := int(math.Floor(maxX-minX+0.5)), int(math.Floor(maxY-minY+0.5))
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	left, top := math.Floor(minX+0.5), math.Floor(minY+0.5)
	background := m.ground(p)
	if !p.Alpha() {
		background.Alpha = white.Alpha // ImageMagick gives no alpha to a picture that had none
	}
	p, around, err := p.surrounded("Background", background)
	if err != nil {
		return nil, err
	}
	q, err := p.warped(width, height, around, func(row int, xs, ys []float64) {
		for column := range xs {
			x := float64(column) + left + math.Floor(w/2)
			y := float64(row) + top + math.Floor(h/2)
			y -= slantY * (x - w/2)
			xs[column], ys[column] = x-slantX*(y-h/2), y
		}
	})
	if err != nil {
		return nil, err
	}
	q = q.copy()
	q.Page = Page{}
	return q, nil
}
