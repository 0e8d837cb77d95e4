package render

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"

	"bluerose/event"
	"bluerose/internal/imaging/fx"
	"bluerose/internal/imaging/magick"
)

// fx gives the number that an expression of a template stands for.
func (s *subject) fx(expression string) (string, error) {
	run, err := s.run(expression)
	if err != nil {
		return "", err
	}
	v := run.At(0, 0, fx.Intensity)
	if err := run.Err(); err != nil {
		return "", fxFailure(err)
	}
	return s.m.decimal(v), nil
}

// unreadable says in public why an expression of a template is none.
func unreadable(err error) error {
	return event.Errorf(event.UnsupportedArgument, "The expression of an escape such as %%[fx:…] cannot be read %s", err.Error())
}

// fxFailure says in public what stopped an expression.
func fxFailure(err error) error {
	if errors.Is(err, fx.ErrLoops) || errors.Is(err, fx.ErrImage) {
		return event.Errorf(event.UnsupportedArgument, "The fx expression cannot be worked out: %s", err.Error())
	}
	return err
}

func fxColour(name string) (fx.Pixel, bool) {
	c, err := magick.ParseColor(name)
	if err != nil {
		return fx.Pixel{}, false
	}
	r, g, b := rgbOf(c)
	return fx.Pixel{fx.Red: r / fullRange, fx.Green: g / fullRange, fx.Blue: b / fullRange, fx.Alpha: float64(c.Alpha) / fullRange}, true
}

// scene is what an expression may ask of a list of pictures. Their pixels are computed when they are asked for.
func (m *machine) scene(list []*Picture, index int) (*fx.Scene, error) {
	random := sync.OnceValue(m.random) // for expressions that ask
	out := &fx.Scene{Index: index, Random: func() float64 { return random().Float64() }}
	for i, p := range list {
		image, err := m.fxImage(list, i, p)
		if err != nil {
			return nil, err
		}
		out.Images = append(out.Images, image)
	}
	return out, nil
}

func (m *machine) fxImage(list []*Picture, i int, p *Picture) (*fx.Image, error) {
	p, around, err := m.surroundings(p)
	if err != nil {
		return nil, err
	}
	width, height := p.canvas()
	x, y := max(p.DensityX, 1e-12), max(p.DensityY, 1e-12)
	image := &fx.Image{
		Width: p.Width(), Height: p.Height(), Bands: p.img.Bands(), CMYK: p.Space == CMYK, Alpha: p.Alpha(),
		Attributes: map[string]float64{
			"page.x": float64(p.Page.X), "page.y": float64(p.Page.Y), "page.width": float64(width), "page.height": float64(height),
			"resolution.x": p.DensityX, "resolution.y": p.DensityY, "extent": float64(p.Bytes),
			"printsize.x": float64(p.Width()) / x, "printsize.y": float64(p.Height()) / y, "quality": float64(p.Quality),
		},
	}
	pixels := sync.OnceValues(func() (*sampler[uint16], error) {
		r, err := p.raster()
		if err != nil {
			return nil, err
		}
		if !p.wide() {
			for i := range around.color {
				around.color[i] *= 257
			}
		}
		return newSampler(grid[uint16]{r.Width, r.Height, r.Bands, p.Alpha(), r.Pix}, around), nil
	})
	one := fx.Image{Width: 1, Height: 1, Bands: image.Bands, CMYK: image.CMYK, Alpha: image.Alpha}
	interpolate := m.settings.enum("interpolate", "Bilinear")
	image.At = func(x, y float64) fx.Pixel {
		s, err := pixels()
		if err != nil {
			return fx.Pixel{}
		}
		switch interpolate {
		case "Integer":
			x, y = math.Floor(x), math.Floor(y)
		case "NearestNeighbor", "Nearest":
			x, y = math.Floor(x+0.5), math.Floor(y+0.5)
		}
		var px [5]uint16
		s.bilinear(px[:image.Bands], x, y)
		at := one
		at.Pix = px[:image.Bands]
		return at.Here()
	}
	statistics := sync.OnceValues(p.statistics)
	image.Statistic = func(name string, c fx.Channel) (float64, error) {
		if name == "depth" {
			return float64(list[i].Depth) / fullRange, nil
		}
		all, err := statistics()
		if err != nil {
			return 0, err
		}
		v := all.pooled(p.colours())
		if band, ok := image.Band(c); ok {
			v = all.bands[band]
		}
		return map[string]float64{"mean": v.mean, "minima": v.min, "maxima": v.max, "standard_deviation": v.deviation,
			"skewness": v.skewness, "kurtosis": v.kurtosis}[name] / fullRange, nil
	}
	return image, nil
}

// evaluated is -fx: an expression worked out for every channel of every pixel of the first picture, which takes the place
// of them all.
func evaluated(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	if len(list) == 0 {
		return list, nil
	}
	text, _ := s.Value.(magick.Text)
	e, err := fx.Compile(string(text), fxColour)
	if err != nil {
		return nil, refuse(s, "The expression cannot be read %s", err.Error())
	}
	for i := range list {
		if list[i], err = list[i].settle(); err != nil {
			return nil, err
		}
	}
	scene, err := m.scene(list, 0)
	if err != nil {
		return nil, err
	}
	p := list[0]
	var targets []fx.Channel // of the bands, -1 of one that stays what it is
	for band := range p.img.Bands() {
		target := fx.Channel(-1)
		if p.named(band, m.settings.channels()) {
			target = p.fxChannel(band)
		}
		targets = append(targets, target)
	}
	if e.Local() {
		p, err = p.fxCurves(e.Run(m.scope.Context(), scene), targets)
	} else {
		p, err = p.fxPixels(m.scope.Context(), e, scene, list, targets)
	}
	if err != nil {
		return nil, fxFailure(err)
	}
	return []*Picture{p}, nil
}

func (p *Picture) fxChannel(band int) fx.Channel {
	switch {
	case band == p.colours():
		return fx.Alpha
	case band == 3:
		return fx.Black
	}
	return fx.Channel(band)
}

// fxCurves evaluates an expression that is a curve of each channel.
func (p *Picture) fxCurves(run *fx.Run, targets []fx.Channel) (*Picture, error) {
	curves := make([]curve, len(targets))
	for band, c := range targets {
		if c >= 0 {
			curves[band] = func(v float64) float64 { return run.Curve(v, c) }
		}
	}
	q, err := p.mappedEach(curves)
	if failure := run.Err(); failure != nil {
		return nil, failure
	}
	return q, err
}

// fxPixels evaluates an expression pixel by pixel.
func (p *Picture) fxPixels(ctx context.Context, e *fx.Expression, scene *fx.Scene, list []*Picture, targets []fx.Channel) (*Picture, error) {
	var out *raster
	for i, q := range list {
		r, err := q.raster()
		if err != nil {
			return nil, err
		}
		if i == 0 {
			out = &raster{Width: r.Width, Height: r.Height, Bands: r.Bands, Pix: make([]uint16, len(r.Pix))}
			copy(out.Pix, r.Pix)
		}
		// A picture that the surroundings gave alpha has other bands than its pixels here; it is read through At.
		if r.Bands == scene.Images[i].Bands {
			scene.Images[i].Pix = r.Pix
		}
	}
	workers := runtime.GOMAXPROCS(0)
	if e.Random() {
		workers = 1
		e.Run(ctx, scene).At(0, 0, fx.Intensity) // ImageMagick tries the expression out, which takes numbers
	}
	failures := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { failures[w] = out.evaluate(ctx, e.Run(ctx, scene), targets, w, workers) })
	}
	wait.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	return p.withRaster(out)
}

// evaluate fills every step-th row from first on.
func (r *raster) evaluate(ctx context.Context, run *fx.Run, targets []fx.Channel, first, step int) error {
	for y := first; y < r.Height; y += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		row := r.Pix[y*r.Width*r.Bands : (y+1)*r.Width*r.Bands]
		for x := range r.Width {
			for band, c := range targets {
				if c >= 0 {
					row[x*r.Bands+band] = quantum[uint16](run.At(x, y, c) * fullRange)
				}
			}
		}
		if err := run.Err(); err != nil {
			return err
		}
	}
	return nil
}
