package render

import (
	"errors"
	"strings"

	"bluerose/event"
	"bluerose/internal/imaging/draw"
	"bluerose/internal/imaging/magick"
)

// drawOperators put shapes and text onto pictures.
var drawOperators = map[string]operator{
	"annotate": annotate,
	"draw":     drawing,
}

// drawSteps is how many pixels the shapes of one -draw may cover together, counted once for each shape.
const drawSteps = 4_000_000_000

// pen gives the state that the settings have made for drawing and text.
func (m *machine) pen() draw.State {
	state, s := draw.Default(), m.settings
	state.Fill.Color = s.fill()
	state.Stroke.Color = s.color("stroke", magick.Color{})
	state.Pen.Width, _, _ = s.number("strokewidth", 1)
	if width, given, _ := s.number("linewidth", 1); given {
		state.Pen.Width = width
	}
	state.Aliased = !s.on("antialias", true)
	state.TextAliased = state.Aliased
	state.Gravity = s.gravity()
	state.Undercolor = s.color("undercolor", s.color("box", magick.Color{}))
	state.Kerning, _, _ = s.number("kerning", 0)
	state.Word, _, _ = s.number("interword-spacing", 0)
	state.Line, _, _ = s.number("interline-spacing", 0)
	state.Font = draw.Font{Name: s.text("font"), Family: s.text("family"), Weight: draw.Weight(s.text("weight")),
		Style: s.enum("style", ""), Stretch: s.enum("stretch", "")}
	state.Font.Size, _, _ = s.number("pointsize", 0)
	if g, ok := s.geometry("density"); ok {
		state.Font.DensityX, state.Font.DensityY = g.Width, g.Width
		if g.HasHeight {
			state.Font.DensityY = g.Height
		}
	}
	if step, ok := s.given("affine"); ok {
		if n, ok := step.Value.(magick.Numbers); ok {
			state.Matrix = draw.Matrix{SX: n.At(0, 1), RX: n.At(1, 0), RY: n.At(2, 0), SY: n.At(3, 1), TX: n.At(4, 0), TY: n.At(5, 0)}
		}
	}
	return state
}

// text gives a setting that is a text.
func (s settings) text(name string) string {
	if step, ok := s.given(name); ok {
		if v, ok := step.Value.(magick.Text); ok {
			return string(v)
		}
	}
	return ""
}

// drawing is -draw.
func drawing(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	d, _ := s.Value.(magick.Drawing)
	primitives, err := draw.Parse(d.Text, m.pen())
	if err != nil {
		return nil, drawingError(s, err)
	}
	if err := m.affordable(p, s, primitives); err != nil {
		return nil, err
	}
	e, err := m.easel(p, primitives...)
	if err != nil {
		return nil, err
	}
	images := d.Images
	for _, primitive := range primitives {
		if err := m.scope.Context().Err(); err != nil {
			return nil, err
		}
		switch primitive.Kind {
		case draw.Filled:
			err = e.path(primitive.State, primitive.Path)
		case draw.Dot:
			e.dot(primitive)
		case draw.Color, draw.Matte:
			err = e.flood(primitive, m.settings.fuzz())
		case draw.Text:
			err = e.text(primitive.State, primitive.Text, primitive.At)
		case draw.Image:
			if len(images) == 0 {
				return nil, refuse(s, "the image primitive names no picture")
			}
			e, err = m.placed(e, primitive, images[0], s)
			images = images[1:]
		}
		if err != nil {
			return nil, err
		}
	}
	return e.picture()
}

// drawingError says what is wrong with a drawing, and where.
func drawingError(s magick.Step, err error) error {
	var wrong draw.Error
	var known *event.Error
	switch {
	case errors.As(err, &wrong):
		return refuse(s, "%s", wrong.Error())
	case errors.As(err, &known):
		return refuse(s, "%s", known.Message)
	}
	return err
}

// affordable refuses a drawing that would take too long, before it begins.
func (m *machine) affordable(p *Picture, s magick.Step, primitives []draw.Primitive) error {
	canvas := float64(p.Width()) * float64(p.Height())
	total := 0.0
	for _, primitive := range primitives {
		switch primitive.Kind {
		case draw.Filled:
			fill, strokes := primitive.State.Shapes(primitive.Path)
			total += fill.Cost(p.Width(), p.Height())
			for _, stroke := range strokes {
				total += stroke.Cost(p.Width(), p.Height())
			}
		case draw.Color, draw.Matte, draw.Image:
			total += canvas
		}
		if total > drawSteps {
			return refuse(s, "the drawing covers too many pixels; draw fewer or smaller shapes")
		}
	}
	return nil
}

// placed carries out the image primitive.
func (m *machine) placed(e *easel, primitive draw.Primitive, src magick.Source, s magick.Step) (*easel, error) {
	p, err := e.picture()
	if err != nil {
		return nil, err
	}
	pictures, err := m.read(src)
	if err != nil {
		return nil, err
	}
	if len(pictures) == 0 {
		return nil, refuse(s, "the image primitive names no picture")
	}
	source := pictures[0]
	if w, h := half(primitive.Size.X), half(primitive.Size.Y); w > 0 && h > 0 && (w != source.Width() || h != source.Height()) {
		if err := m.admit(w, h); err != nil {
			return nil, err
		}
		if source, err = m.resized(source, w, h); err != nil {
			return nil, err
		}
	}
	method := "Over"
	for name := range blends {
		if strings.EqualFold(name, primitive.Method) {
			method = name
		}
	}
	if strings.EqualFold(primitive.Method, "copy") {
		method = "Copy"
	}
	// A gravity of the drawing places the picture; else its top left corner is at the point.
	at := region{Width: source.Width(), Height: source.Height(), X: half(primitive.At.X), Y: half(primitive.At.Y)}
	if primitive.State.Gravity != "Undefined" {
		at = gravitate(primitive.State.Gravity, p.Width(), p.Height(), at)
	}
	if p, err = m.composed(p, source, method, at.X, at.Y); err != nil {
		return nil, err
	}
	return m.easel(p)
}

// annotate is -annotate: text at a place, with its axes turned.
func annotate(m *machine, p *Picture, s magick.Step) (*Picture, error) {
	g, _ := s.Value.(magick.Geometry)
	text, err := m.expanded(s.Second, m.current, m.placeOf(p))
	if err != nil {
		return nil, err
	}
	state := m.pen()
	second := g.Height
	if !g.HasHeight {
		second = g.Width
	}
	x, y := draw.Rotation(g.Width), draw.Rotation(second)
	state.Matrix = draw.Matrix{SX: x.SX, RX: x.RX, RY: y.RY, SY: y.SY}
	e, err := m.easel(p, draw.Primitive{State: state})
	if err != nil {
		return nil, err
	}
	if err := e.text(state, text, draw.Point{X: g.X, Y: g.Y}); err != nil {
		return nil, err
	}
	return e.picture()
}

// placeOf gives a picture's place on the current list.
func (m *machine) placeOf(p *Picture) int {
	for i, q := range m.current {
		if p == q {
			return i
		}
	}
	return 0
}
