package render

import (
	"math"

	"bluerose/internal/imaging/magick"
)

// displaced looks the canvas's pixels up elsewhere, by the red and green of the source (MagickCore, composite.c): as an
// offset from where they are for Displace, from one point for Distort. compose:args gives the greatest offsets and the point.
func (m *machine) displaced(canvas, source *Picture, method string, x, y int) (*Picture, error) {
	source, err := source.toSpace(SRGB)
	if err != nil {
		return nil, err
	}
	lens, err := source.raster()
	if err != nil {
		return nil, err
	}
	from, err := canvas.raster()
	if err != nil {
		return nil, err
	}
	g, _ := magick.ParseGeometry(m.settings.defines["compose:args"])
	box := source
	if g.Exact {
		box = canvas
	}
	halfX, halfY := float64(box.Width()-1)/2, float64(box.Height()-1)/2
	scaleX, scaleY := halfX, halfY
	if g.HasWidth {
		scaleX, scaleY = g.Width, g.Height
		if !g.HasHeight {
			scaleY = scaleX
		}
		if g.Percent {
			scaleX *= halfX / 100
			scaleY = scaleY * halfY / 100
		}
	}
	centerX, centerY := float64(x), float64(y)
	step := 1.0
	if method == "Distort" {
		step = 0
		if g.Exact {
			centerX, centerY = 0, 0
		}
		centerX += pick(g.HasX, g.X, halfX)
		centerY += pick(g.HasY, g.Y, halfY)
	}
	out := &raster{Width: from.Width, Height: from.Height, Bands: from.Bands, Pix: append([]uint16(nil), from.Pix...)}
	px := make([]float64, from.Bands)
	for v := max(0, -y); v < lens.Height && v+y < out.Height; v++ {
		if v%16 == 0 && m.scope.Context().Err() != nil {
			return nil, m.scope.Context().Err()
		}
		for u := max(0, -x); u < lens.Width && u+x < out.Width; u++ {
			at := lens.Pix[(v*lens.Width+u)*lens.Bands:][:lens.Bands]
			from.sample(px, scaleX*(float64(at[0])-32768)/32768+centerX+step*float64(u),
				scaleY*(float64(at[1])-32768)/32768+centerY+step*float64(v))
			to := out.Pix[((v+y)*out.Width+u+x)*out.Bands:][:out.Bands]
			for band := range to {
				to[band] = quantum[uint16](px[band])
			}
			if canvas.Alpha() && source.Alpha() {
				last := out.Bands - 1
				to[last] = quantum[uint16](px[last] * float64(at[lens.Bands-1]) / fullRange)
			}
		}
	}
	return canvas.withRaster(out)
}

func pick(given bool, value, other float64) float64 {
	if given {
		return value
	}
	return other
}

// sample interpolates a pixel linearly between the four around a place; the border goes on outside.
func (r *raster) sample(out []float64, x, y float64) {
	x, y = min(max(x, 0), float64(r.Width-1)), min(max(y, 0), float64(r.Height-1))
	left, top := int(math.Floor(x)), int(math.Floor(y))
	right, bottom := min(left+1, r.Width-1), min(top+1, r.Height-1)
	fx, fy := x-float64(left), y-float64(top)
	for band := range out {
		at := func(x, y int) float64 { return float64(r.Pix[(y*r.Width+x)*r.Bands+band]) }
		out[band] = (at(left, top)*(1-fx)+at(right, top)*fx)*(1-fy) + (at(left, bottom)*(1-fx)+at(right, bottom)*fx)*fy
	}
}
