package render

import (
	"bluerose/internal/imaging/magick"
)

// A comparison of two pixels, red, green, blue and alpha, says whether the second frame needs the pixel to be drawn.
type comparison func(near nearness, before, after []uint16) bool

func differs(near nearness, before, after []uint16) bool {
	near.r, near.g, near.b, near.a = float64(before[0]), float64(before[1]), float64(before[2]), float64(before[3])
	return !near.is(float64(after[0]), float64(after[1]), float64(after[2]), float64(after[3]))
}

func clears(_ nearness, before, after []uint16) bool {
	return before[3] > fullRange/2 && after[3] <= fullRange/2
}

func overlays(near nearness, before, after []uint16) bool {
	return after[3] > fullRange/2 && differs(near, before, after)
}

// unchangedBounds is the box of frames that are the same: one pixel outside, which a crop makes an empty frame of.
var unchangedBounds = region{X: -1, Y: -1, Width: 1, Height: 1}

// rgba gives the picture's pixels as red, green, blue and alpha.
func (p *Picture) rgba() (*raster, error) {
	p, err := p.toSpace(SRGB)
	if err == nil {
		p, err = p.withAlpha()
	}
	if err != nil {
		return nil, err
	}
	return p.raster()
}

func rasterPair(a, b *Picture) (before, after *raster, err error) {
	if before, err = a.rgba(); err != nil {
		return nil, nil, err
	}
	after, err = b.rgba()
	return before, after, err
}

// changes gives the smallest box around what a comparison finds.
func (m *machine) changes(before, after *raster, compare comparison) region {
	near := m.near(magick.Color{})
	left, top, right, bottom := after.Width, after.Height, -1, -1
	for y := range after.Height {
		for x := range after.Width {
			at := (y*after.Width + x) * 4
			if compare(near, before.Pix[at:at+4], after.Pix[at:at+4]) {
				left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
			}
		}
	}
	if right < 0 {
		return unchangedBounds
	}
	return region{X: left, Y: top, Width: right - left + 1, Height: bottom - top + 1}
}

// anyCleared reports whether a pixel in the box goes from visible to transparent.
func anyCleared(before, after *raster, r region) bool {
	if r.X < 0 {
		return false
	}
	for y := r.Y; y < r.Y+r.Height; y++ {
		for x := r.X; x < r.X+r.Width; x++ {
			at := (y*after.Width + x) * 4
			if before.Pix[at+3] > fullRange/2 && after.Pix[at+3] <= fullRange/2 {
				return true
			}
		}
	}
	return false
}

// erased copies a raster with a box of it made transparent.
func (r *raster) erased(box region) *raster {
	out := &raster{Width: r.Width, Height: r.Height, Bands: r.Bands, Pix: append([]uint16(nil), r.Pix...)}
	if box.X < 0 {
		return out
	}
	for y := box.Y; y < box.Y+box.Height; y++ {
		for x := box.X; x < box.X+box.Width; x++ {
			out.Pix[(y*r.Width+x)*4+3] = 0
		}
	}
	return out
}

func (r region) area() int { return r.Width * r.Height }

func (r region) holds(x, y int) bool {
	return x >= r.X && x < r.X+r.Width && y >= r.Y && y < r.Y+r.Height
}

// around gives the smallest box that holds both.
func (r region) around(other region) region {
	if r.X < 0 {
		return other
	}
	if other.X < 0 {
		return r
	}
	left, top := min(r.X, other.X), min(r.Y, other.Y)
	return region{X: left, Y: top, Width: max(r.X+r.Width, other.X+other.Width) - left, Height: max(r.Y+r.Height, other.Y+other.Height) - top}
}

// compareLayers keeps the first frame and crops every other one to what has changed.
func compareLayers(compare comparison) lister {
	return func(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
		if len(list) < 2 {
			return list, nil
		}
		whole, err := m.onCanvas(list)
		if err != nil {
			return nil, err
		}
		out := list[:1]
		for i := 1; i < len(whole); i++ {
			before, after, err := rasterPair(whole[i-1], whole[i])
			if err != nil {
				return nil, err
			}
			box := m.changes(before, after, compare)
			if box == unchangedBounds {
				continue
			}
			p, err := m.piece(list[i], box)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
		return out, nil
	}
}

// onCanvas copies every frame over the ones before it, disposals apart.
func (m *machine) onCanvas(list []*Picture) ([]*Picture, error) {
	a, err := m.animation(list)
	if err != nil {
		return nil, err
	}
	out := make([]*Picture, len(list))
	for i, p := range list {
		if out[i], err = a.show(m, p, true); err != nil {
			return nil, err
		}
		a.left = out[i]
	}
	return out, nil
}

// optimize makes an animation small: coalesced, frames cropped to their changes, what stays the same made transparent.
func optimize(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	list, err := coalesce(m, list, s)
	if err != nil {
		return nil, err
	}
	if list, err = m.optimizeFrames(list, false, s); err != nil {
		return nil, err
	}
	return optimizeTransparency(m, list, s)
}

// frameTrial is a way to get from one coalesced frame to the next.
type frameTrial struct {
	dispose  Disposal
	previous region  // what the frame before must cover
	next     region  // what the frame draws
	extra    *region // a frame without delay in between, which is cleared
	base     *raster // what the next frame is drawn over
}

func (t frameTrial) cost() int {
	cost := t.previous.area() + t.next.area()
	if t.extra != nil {
		cost += t.extra.area()
	}
	return cost
}

// plannedFrame is a frame of the result.
type plannedFrame struct {
	from    int // of the list
	box     region
	dispose Disposal
	delay   int
}

// optimizeFrames crops coalesced frames to the least that shows them, and chooses how they are disposed (MagickCore,
// OptimizeLayerFrames). With plus it may also drop frames that change nothing, and add ones that clear.
func (m *machine) optimizeFrames(list []*Picture, plus bool, s magick.Step) ([]*Picture, error) {
	width, height := list[0].canvas()
	for _, p := range list {
		if p.Width() != width || p.Height() != height || p.Page.X != 0 || p.Page.Y != 0 {
			return nil, refuse(s, "the frames must be coalesced; put -coalesce before it")
		}
	}
	blank := &raster{Width: width, Height: height, Bands: 4, Pix: make([]uint16, width*height*4)}
	before, err := list[0].rgba()
	if err != nil {
		return nil, err
	}
	base := blank
	plan := []plannedFrame{{from: 0, box: m.changes(blank, before, differs), dispose: DisposeNone, delay: list[0].Delay}}
	for i := 1; i < len(list); i++ {
		if err := m.scope.Context().Err(); err != nil {
			return nil, err
		}
		after, err := list[i].rgba()
		if err != nil {
			return nil, err
		}
		last := &plan[len(plan)-1]
		best := m.bestTrial(base, before, after, last.box, plus)
		if best.next == unchangedBounds && plus && i >= 2 {
			last.from, last.delay = i, last.delay+list[i].Delay
			before = after
			continue
		}
		last.dispose, last.box, base = best.dispose, best.previous, best.base
		frame := plannedFrame{from: i, box: best.next, dispose: best.dispose, delay: list[i].Delay}
		if best.extra != nil {
			delay := last.delay
			last.dispose, last.delay = DisposeNone, 0
			plan = append(plan, plannedFrame{from: i - 1, box: *best.extra, dispose: DisposeBackground, delay: delay})
			frame.dispose = DisposeBackground
		}
		plan = append(plan, frame)
		before = after
	}
	return m.carriedOut(plan, list)
}

// bestTrial compares leaving the frame, restoring what was before it, clearing it and, with plus, a frame that clears.
func (m *machine) bestTrial(base, before, after *raster, previous region, plus bool) frameTrial {
	best := frameTrial{dispose: DisposeNone, previous: previous, next: m.changes(before, after, differs), base: before}
	if best.next == unchangedBounds {
		return best
	}
	cleared := anyCleared(before, after, best.next)
	restored := frameTrial{dispose: DisposePrevious, previous: previous, next: m.changes(base, after, differs), base: base}
	failed := anyCleared(base, after, restored.next)
	if !failed && cleared || restored.next.area() < best.next.area() {
		best, cleared = restored, failed
	}
	if plus {
		extra := m.changes(before, after, clears)
		ground := before.erased(extra)
		trial := frameTrial{dispose: DisposeNone, previous: previous, next: m.changes(ground, after, differs), extra: &extra, base: ground}
		if cleared || extra.area()+trial.next.area() < best.next.area() {
			best, cleared = trial, false
		}
	}
	box := previous
	ground := before.erased(box)
	next := m.changes(ground, after, differs)
	if anyCleared(ground, after, next) {
		box = box.around(m.changes(before, after, clears))
		ground = before.erased(box)
		next = m.changes(ground, after, overlays)
	}
	trial := frameTrial{dispose: DisposeBackground, previous: box, next: next, base: ground}
	if cleared || trial.cost() < best.cost() {
		best = trial
	}
	return best
}

func (m *machine) carriedOut(plan []plannedFrame, list []*Picture) ([]*Picture, error) {
	out := make([]*Picture, len(plan))
	for i, frame := range plan {
		p, err := m.piece(list[frame.from], frame.box)
		if err != nil {
			return nil, err
		}
		q := p.copy()
		q.Dispose, q.Delay = frame.dispose, frame.delay
		out[i] = q
	}
	return out, nil
}

// optimizeTransparency hides the pixels of every frame that are there already.
func optimizeTransparency(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	a, err := m.animation(list)
	if err != nil {
		return nil, err
	}
	out := make([]*Picture, len(list))
	for i, p := range list {
		out[i] = p
		if i > 0 {
			if out[i], err = m.composed(p, a.left, "ChangeMask", -p.Page.X, -p.Page.Y); err != nil {
				return nil, err
			}
		}
		shown, err := a.show(m, p, false)
		if err != nil {
			return nil, err
		}
		if err := a.dispose(m, p, shown); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// removeDups drops frames that are as the next one is, and adds their delays up.
func removeDups(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	var out []*Picture
	for i, p := range list {
		if i > 0 {
			last := out[len(out)-1]
			if p.Width() == last.Width() && p.Height() == last.Height() && p.Page.X == last.Page.X && p.Page.Y == last.Page.Y {
				before, after, err := rasterPair(last, p)
				if err != nil {
					return nil, err
				}
				if m.changes(before, after, differs) == unchangedBounds {
					q := p.copy()
					q.Delay += last.Delay
					q.Loop = last.Loop
					out[len(out)-1] = q
					continue
				}
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// removeZero drops frames without delay, unless all are such.
func removeZero(m *machine, list []*Picture, s magick.Step) ([]*Picture, error) {
	var out []*Picture
	for _, p := range list {
		if p.Delay > 0 {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return list, nil
	}
	return out, nil
}
