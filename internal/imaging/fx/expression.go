package fx

import (
	"context"
	"errors"
	"math"
)

// Scene is what an expression is about.
type Scene struct {
	Images []*Image // u is the first, v the second
	Index  int      // of s among Images
	Random func() float64
}

// Run evaluates an expression pixel by pixel. It belongs to one goroutine.
type Run struct {
	expression *Expression
	scene      *Scene
	ctx        context.Context
	x, y       int
	channel    Channel
	variables  []float64
	statistics map[statistic]float64
	curve      bool // own stands for the channel's value
	own        float64
	rounds     int
	err        error
}

type statistic struct {
	image   int
	name    string
	channel Channel
}

// Expression is a compiled expression. It may be run by several goroutines at once.
type Expression struct {
	root  node
	names int
}

// closure is a compiled part of an expression.
type closure func(r *Run) float64

// uses says what a part of an expression depends on.
type uses int

const (
	usesOwn      uses = 1 << iota // the pixel's own channel of u
	usesPixel                     // any other pixel, channel or picture
	usesPlace                     // x and y
	usesChannel                   // which channel it is evaluated for, beyond that channel's value
	usesImage                     // statistics and attributes
	usesRandom                    // chance
	usesVariable                  // variables, or a loop
)

// node is a closure with what it depends on.
type node struct {
	run  closure
	uses uses
}

func constant(v float64) node { return node{run: func(*Run) float64 { return v }} }

// folded gives the node worked out, when it depends on nothing.
func (n node) folded() node {
	if n.uses != 0 {
		return n
	}
	return constant(n.run(&Run{}))
}

// Local reports whether the value is a function of the channel's own value alone: a curve. It is meant for scenes whose
// Index is 0.
func (e *Expression) Local() bool {
	return e.root.uses&^(usesOwn|usesImage|usesChannel|usesVariable) == 0
}

// Random reports whether chance has a part in the value, so that the order of evaluation counts.
func (e *Expression) Random() bool { return e.root.uses&usesRandom != 0 }

// Run prepares the evaluation over a scene.
func (e *Expression) Run(ctx context.Context, scene *Scene) *Run {
	return &Run{expression: e, scene: scene, ctx: ctx, variables: make([]float64, e.names), statistics: map[statistic]float64{}}
}

// Curve gives the value for a channel whose own value is v, of an expression that is Local.
func (r *Run) Curve(v float64, c Channel) float64 {
	r.curve, r.own = true, v
	return r.At(0, 0, c)
}

// At gives the value for a channel of the pixel at x, y.
func (r *Run) At(x, y int, c Channel) float64 {
	r.x, r.y, r.channel, r.rounds = x, y, c, 0
	if len(r.variables) > 0 {
		clear(r.variables)
	}
	return r.expression.root.run(r)
}

// ErrLoops says that the loops of an expression did not come to an end.
var ErrLoops = errors.New("the loops go round too often")

// Err gives the first error that any evaluation met: ErrLoops, that of the context, or one of Image.Statistic.
func (r *Run) Err() error { return r.err }

// round counts a round of a loop, and reports whether it may go on.
func (r *Run) round() bool {
	r.rounds++
	switch {
	case r.err != nil:
		return false
	case r.rounds > maxRounds:
		r.err = ErrLoops
		return false
	case r.rounds%4096 == 0 && r.ctx != nil && r.ctx.Err() != nil:
		r.err = r.ctx.Err()
		return false
	}
	return true
}

// image gives picture number i, counted from the end when negative; nil, and an error, when there is none.
func (r *Run) image(i int) *Image {
	if i < 0 {
		i += len(r.scene.Images)
	}
	if i < 0 || i >= len(r.scene.Images) {
		if r.err == nil {
			r.err = ErrImage
		}
		return nil
	}
	return r.scene.Images[i]
}

// ErrImage says that an expression names a picture that the list does not have.
var ErrImage = errors.New("there is no such picture on the list")

func (r *Run) statistic(image int, name string, c Channel) float64 {
	key := statistic{image, name, c}
	if v, ok := r.statistics[key]; ok {
		return v
	}
	m := r.image(image)
	if m == nil {
		return 0
	}
	v, err := m.Statistic(name, c)
	if err != nil && r.err == nil {
		r.err = err
	}
	r.statistics[key] = v
	return v
}

// epsilon is what ImageMagick 6.9 takes for zero (magick/magick-type.h, MagickEpsilon).
const epsilon = 1e-12

// reciprocal gives 1/v, bounded as ImageMagick's PerceptibleReciprocal is.
func reciprocal(v float64) float64 {
	if math.Abs(v) >= epsilon {
		return 1 / v
	}
	if v < 0 {
		return -1 / epsilon
	}
	return 1 / epsilon
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
