package render

import (
	"math"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// shade lights the picture's brightness as if it were a height (magick/effect.c, ShadeImage). The numbers are the
// direction and the height of the light in degrees; -shade gives the light alone, +shade lights the colours.
func shade(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	sinA, cosA := math.Sincos(n.At(0, 0) * math.Pi / 180)
	sinE, cosE := math.Sincos(n.At(1, 1) * math.Pi / 180)
	p, err := p.settle()
	if err != nil {
		return nil, err
	}
	heights, err := p.shades()
	if err != nil {
		return nil, err
	}
	light := [3]float64{cosA * cosE, sinA * cosE, sinE}
	return p.rework(p.Width(), p.Height(), shading[uint8](p, heights, light, !s.Plus), shading[uint16](p, heights, light, !s.Plus))
}

func shading[T number](p *Picture, heights []uint16, light [3]float64, plain bool) func(src, dst grid[T]) error {
	ctx := p.img.Scope().Context()
	colours := p.colours()
	return func(src, dst grid[T]) error {
		full := float64(^T(0))
		for y := range src.height {
			if y%16 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			line := func(y int) []uint16 {
				y = max(0, min(y, src.height-1))
				return heights[y*src.width : (y+1)*src.width]
			}
			above, middle, below := line(y-1), line(y), line(y+1)
			in, out := src.row(y), dst.row(y)
			for x := range src.width {
				l, r := max(x-1, 0), min(x+1, src.width-1)
				nx := float64(above[l]) + float64(middle[l]) + float64(below[l]) - float64(above[r]) - float64(middle[r]) - float64(below[r])
				ny := float64(below[l]) + float64(below[x]) + float64(below[r]) - float64(above[l]) - float64(above[x]) - float64(above[r])
				const nz = 2 * 65535
				value := light[2]
				if nx != 0 || ny != 0 {
					value = max(0, nx*light[0]+ny*light[1]+nz*light[2]) / math.Sqrt(nx*nx+ny*ny+nz*nz)
				}
				for b := range src.bands {
					i := x*src.bands + b
					switch {
					case b >= colours:
						out[i] = in[i]
					case plain:
						out[i] = quantum[T](value*full - 0.5/257)
					default:
						out[i] = quantum[T](value * float64(in[i]))
					}
				}
			}
		}
		return nil
	}
}

// shadow is the picture's outline in the background colour, blurred: opacity in percent, sigma, and its offset.
func shadow(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	n := numbers(s)
	sigma := math.Abs(n.At(1, 1))
	if sigma > maxRadius/4 {
		return nil, refuse(s, "The sigma may be at most %d; take a smaller one", maxRadius/4)
	}
	return m.shadowed(p, n.At(0, 80), sigma, int(math.Ceil(n.At(2, 4)-0.5)), int(math.Ceil(n.At(3, 4)-0.5)))
}

func (m *machine) shadowed(p *Picture, opacity, sigma float64, x, y int) (*Picture, error) {
	margin := int(2*sigma + 0.5)
	width, height := p.Width()+2*margin, p.Height()+2*margin
	if err := m.admit(width, height); err != nil {
		return nil, err
	}
	q, err := p.withAlpha()
	if err != nil {
		return nil, err
	}
	alpha, err := q.img.Chain().Op("extract_band", vips.Args{"band": q.colours()}).
		Op("embed", vips.Args{"x": margin, "y": margin, "width": width, "height": height, "extend": "black"}).
		Op("linear", vips.Args{"a": opacity / 100, "b": 0.0}).Image()
	if err != nil {
		return nil, err
	}
	mask := p.copy()
	mask.Space = Gray
	if mask, err = mask.cast(alpha); err != nil {
		return nil, err
	}
	if sigma > 0 {
		if mask, err = mask.smoothed(blurTaps(0, sigma), magick.ChannelDefault); err != nil {
			return nil, err
		}
	}
	out := p.copy()
	if out.Space == Gray {
		out.Space = SRGB
	}
	r, g, b := rgbOf(m.ground(p))
	ink := []float64{r, g, b}
	if out.Space == CMYK {
		ink = cmykOf(m.ground(p), 1)
	}
	zero := make([]float64, len(ink))
	for i := range ink {
		ink[i] *= p.Max() / 65535
	}
	color, err := mask.img.Op("linear", vips.Args{"a": zero, "b": ink})
	if err != nil {
		return nil, err
	}
	img, err := p.img.Scope().Create("bandjoin", vips.Args{"in": []*vips.Image{color, mask.img}})
	if err != nil {
		return nil, err
	}
	if out, err = out.cast(img); err != nil {
		return nil, err
	}
	if out.Page.Width == 0 {
		out.Page.Width, out.Page.Height = width, height
	} else {
		out.Page.Width, out.Page.Height = out.Page.Width+2*margin, out.Page.Height+2*margin
	}
	out.Page = Page{out.Page.Width + x - margin, out.Page.Height + y - margin, out.Page.X + x - margin, out.Page.Y + y - margin}
	return out, nil
}

// vignette fades the picture into the background around an ellipse: radius, sigma, and how far the ellipse stays from the edges.
func vignette(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	radius, sigma, err := bell(s)
	if err != nil {
		return nil, err
	}
	n := numbers(s)
	width, height := float64(p.Width()), float64(p.Height())
	x, y := n.At(2, 0.1*width), n.At(3, 0.1*height)
	if n.Percent() {
		x, y = x*width/100, y*height/100
	}
	mask, err := p.oval(width/2-math.Ceil(x-0.5), height/2-math.Ceil(y-0.5))
	if err == nil && sigma > 0 {
		mask, err = mask.smoothed(blurTaps(radius, sigma), magick.ChannelDefault)
	}
	if err != nil {
		return nil, err
	}
	background := m.ground(p)
	if p, err = p.withoutAlpha(); err == nil {
		p, err = p.holding(background)
	}
	if err != nil {
		return nil, err
	}
	shown, err := p.withoutAlpha()
	if err != nil {
		return nil, err
	}
	fade, err := mask.img.Op("linear", vips.Args{"a": 1 / mask.Max(), "b": 0.0})
	if err != nil {
		return nil, err
	}
	if background.Alpha == 0 {
		img, err := p.img.Scope().Create("bandjoin", vips.Args{"in": []*vips.Image{shown.img, mask.img}})
		if err != nil {
			return nil, err
		}
		return p.cast(img)
	}
	ink := shown.ink(background)
	minus := make([]float64, len(ink))
	ones := make([]float64, len(ink))
	for i := range ink {
		minus[i], ones[i] = -ink[i], 1
	}
	img, err := shown.img.Chain().Op("linear", vips.Args{"a": ones, "b": minus}).Op("multiply", vips.Args{"left": nil, "right": fade}).
		Op("linear", vips.Args{"a": ones, "b": ink}).Image()
	if err != nil {
		return nil, err
	}
	return shown.cast(img)
}

// oval is a white ellipse with a stroke of one pixel on black, in the middle of a picture of p's size. Its edge falls as
// that of ImageMagick's anti-aliased fill and stroke does (magick/draw.c, GetOpacityPixel).
func (p *Picture) oval(rx, ry float64) (*Picture, error) {
	q, err := p.withoutAlpha()
	if err == nil {
		q, err = q.intensity()
	}
	if err != nil {
		return nil, err
	}
	if q.Space == CMYK {
		return q, nil
	}
	rx, ry = math.Abs(rx), math.Abs(ry)
	return q.rework(p.Width(), p.Height(), ovals[uint8](rx, ry), ovals[uint16](rx, ry))
}

func ovals[T number](rx, ry float64) func(src, dst grid[T]) error {
	return func(_, dst grid[T]) error {
		cx, cy, full := float64(dst.width)/2, float64(dst.height)/2, float64(^T(0))
		for y := range dst.height {
			row := dst.row(y)
			for x := range row {
				u, v := (float64(x)-cx)/rx, (float64(y)-cy)/ry
				r := math.Sqrt(u*u + v*v)
				// The distance to the ellipse, in pixels, to first order.
				slope := math.Hypot(u/rx, v/ry)
				distance := -1.0
				if slope > 0 {
					distance = (r - 1) * r / slope
				}
				fill := max(0, min(1-distance, 1))
				stroke := fill * fill
				row[x] = quantum[T]((1 - (1-fill)*(1-stroke)) * full)
			}
		}
		return nil
	}
}
