package render

import (
	"strconv"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

const (
	webpDefault  = 75 // the quality of a WebP where nothing says otherwise
	webpLossless = 100
	avifDefault  = 50
	avifSpeed    = 8 // libaom's, 0 to 9: one step slower costs eight times the time for a few bytes
)

func encodeWebP(m *machine, list []*Picture, _ magick.Target) ([]byte, error) {
	var fields map[string]any
	p := list[0]
	var err error
	if len(list) > 1 {
		if p, fields, err = m.strip(list); err != nil {
			return nil, err
		}
	}
	if p, err = m.plan(p); err != nil {
		return nil, err
	}
	if p, err = p.asRGB(); err != nil {
		return nil, err
	}
	img, err := p.bare()
	if err != nil {
		return nil, err
	}
	if img, err = img.With(fields); err != nil {
		return nil, err
	}
	data, err := img.Save("webpsave_buffer", m.webpArgs(p))
	if err != nil {
		return nil, err
	}
	return p.inWebP(data, p.Width(), list[0].animated(p.Height(), fields)), nil
}

// webpArgs gives the saver's arguments from -quality and the defines.
func (m *machine) webpArgs(p *Picture) vips.Args {
	quality := m.quality(p, webpDefault)
	args := vips.Args{"Q": quality, "effort": 4, "keep": keepICC}
	if lossless := m.settings.defines["webp:lossless"]; lossless == "true" || lossless == "1" || quality >= webpLossless && lossless == "" {
		args["lossless"] = true
	}
	for define, to := range map[string]struct {
		name string
		max  int
	}{"webp:method": {"effort", 6}, "webp:alpha-quality": {"alpha_q", 100}, "webp:pass": {"passes", 10}, "webp:target-size": {"target_size", 1 << 30}} {
		if n, err := strconv.Atoi(m.settings.defines[define]); err == nil && n >= 0 && n <= to.max {
			args[to.name] = n
		}
	}
	if n, err := strconv.Atoi(m.settings.defines["webp:near-lossless"]); err == nil && n >= 0 && n < 100 {
		args["near_lossless"], args["Q"] = true, n
	}
	if sharp := m.settings.defines["webp:use-sharp-yuv"]; sharp == "true" || sharp == "1" {
		args["smart_subsample"] = true
	}
	switch hint := m.settings.defines["webp:image-hint"]; hint {
	case "picture", "photo":
		args["preset"] = hint
	case "graph":
		args["preset"] = "drawing"
	}
	return args
}

// animated gives the height of one frame of an animation, or of the picture.
func (p *Picture) animated(height int, fields map[string]any) int {
	if h, ok := fields["page-height"].(int); ok {
		return h
	}
	return height
}

// strip puts the frames of an animation below one another, each as it shows, and gives the fields that tell libvips so.
func (m *machine) strip(list []*Picture) (*Picture, map[string]any, error) {
	width, height := list[0].canvas()
	for _, p := range list {
		w, h := p.canvas()
		width, height = max(width, w, p.Page.X+p.Width()), max(height, h, p.Page.Y+p.Height())
	}
	if err := m.engine.limits.admit(width, height, len(list)); err != nil {
		return nil, nil, err
	}
	shown, err := m.shown(list, width, height)
	if err != nil {
		return nil, nil, err
	}
	delays := make([]int, len(list))
	for i, p := range list {
		delays[i] = 10 * p.Delay
	}
	tall, err := m.scope.Create("arrayjoin", vips.Args{"in": shown, "across": 1})
	if err != nil {
		return nil, nil, err
	}
	q := list[0].with(tall)
	q.Space = SRGB
	return q, map[string]any{"page-height": height, "delay": delays, "loop": list[0].Loop, "n-pages": len(list)}, nil
}

// shown gives each frame composed over what the frames before it leave on the canvas, as 8-bit sRGB with alpha.
func (m *machine) shown(list []*Picture, width, height int) ([]*vips.Image, error) {
	blank, err := m.scope.FromPixels(make([]byte, 4*width*height), width, height, 4, vips.Uchar, vips.SRGB)
	if err != nil {
		return nil, err
	}
	under := blank
	frames := make([]*vips.Image, len(list))
	for i, p := range list {
		if p, err = p.asRGB(); err != nil {
			return nil, err
		}
		if p, err = p.withAlpha(); err != nil {
			return nil, err
		}
		frame := p.img
		if p.Width() != width || p.Height() != height {
			frame, err = m.scope.Create("composite2", vips.Args{"base": under, "overlay": p.img, "mode": "over", "x": p.Page.X, "y": p.Page.Y})
		} else if i > 0 {
			frame, err = m.scope.Create("composite2", vips.Args{"base": under, "overlay": p.img, "mode": "over"})
		}
		if err != nil {
			return nil, err
		}
		if frame, err = frame.Chain().Op("cast", vips.Args{"format": "uchar"}).Op("copy", vips.Args{"interpretation": int(vips.SRGB)}).Image(); err != nil {
			return nil, err
		}
		if frame, err = frame.Memory(); err != nil {
			return nil, err
		}
		frames[i] = frame
		if under, err = m.left(list[i], under, frame, blank); err != nil {
			return nil, err
		}
	}
	return frames, nil
}

// left gives what the canvas holds after a frame was disposed of.
func (m *machine) left(p *Picture, before, frame, blank *vips.Image) (*vips.Image, error) {
	switch p.Dispose {
	case DisposePrevious:
		return before, nil
	case DisposeBackground:
		x, y := max(p.Page.X, 0), max(p.Page.Y, 0)
		width, height := min(p.Width(), frame.Width()-x), min(p.Height(), frame.Height()-y)
		if width <= 0 || height <= 0 {
			return frame, nil
		}
		hole, err := blank.Op("extract_area", vips.Args{"input": nil, "left": 0, "top": 0, "width": width, "height": height})
		if err != nil {
			return nil, err
		}
		return m.scope.Create("insert", vips.Args{"main": frame, "sub": hole, "x": x, "y": y})
	}
	return frame, nil
}

func encodeAVIF(m *machine, list []*Picture, _ magick.Target) ([]byte, error) {
	p, err := m.plan(list[0])
	if err != nil {
		return nil, err
	}
	if p, err = p.asRGB(); err != nil {
		return nil, err
	}
	img, err := p.bare()
	if err != nil {
		return nil, err
	}
	// ImageMagick's AVIF is written at a quality that was said, and not at that of the input.
	asked := *p
	asked.Quality = 0
	quality := m.quality(&asked, avifDefault)
	speed := avifSpeed
	for _, key := range []string{"heic:speed", "avif:speed"} {
		if n, err := strconv.Atoi(m.settings.defines[key]); err == nil && n >= 0 && n <= 9 {
			speed = n
		}
	}
	return img.Save("heifsave_buffer", vips.Args{"Q": quality, "lossless": quality >= 100, "compression": "av1", "effort": 9 - speed, "keep": keepICC})
}
