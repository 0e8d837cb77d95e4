package render

import (
	"bytes"
	"errors"
	"slices"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// machine runs the steps of one program.
type machine struct {
	engine    *Engine
	scope     *vips.Scope
	job       Job
	rest      []magick.Step // that are still to be run
	stack     []frame       // the lists of the parentheses that are open around the current one
	current   []*Picture
	pending   []*Picture // the list before the operators since the last word that is none; nil without any
	settings  settings
	registers map[string][]*Picture // what mpr: names
	text      bytes.Buffer          // what the program prints
	byChance  bool                  // whether random numbers were drawn without -seed
}

// frame is what an open parenthesis keeps for its end.
type frame struct {
	list     []*Picture
	settings settings
}

// An operator changes one picture.
type operator func(m *machine, p *Picture, s magick.Step) (*Picture, error)

// A lister changes a list of pictures. The list is its own: it may be changed in place.
type lister func(m *machine, list []*Picture, s magick.Step) ([]*Picture, error)

// A generator makes pictures from nothing; the source's name is what stands behind the colon.
type generator func(m *machine, src magick.Source) ([]*Picture, error)

// Tables of the families. A name stands in one of them only.
var (
	operatorTables  = []map[string]operator{geometryOperators, metadataOperators, colourOperators, alphaOperators, effectOperators, paintOperators, alignOperators, drawOperators}
	listerTables    = []map[string]lister{sequenceListers, geometryListers, composeListers, metadataListers, tweenListers}
	generatorTables = []map[string]generator{canvasGenerators, textureGenerators, textGenerators}
)

func lookup[F any](tables []map[string]F, name string) (F, bool) {
	for _, table := range tables {
		if f, ok := table[name]; ok {
			return f, true
		}
	}
	var none F
	return none, false
}

// ErrNotNative marks, as their cause, the errors of programs that this package has no way to run and another engine may.
var ErrNotNative = errors.New("render: not native")

// Check refuses, by name and position, what a program asks for and no table has. Nothing has run by then.
func Check(p *magick.Program) error {
	for _, step := range p.Steps {
		if !available(step) {
			return event.Errorf(event.UnsupportedArgument, "%s needs ImageMagick itself, and there is none here; leave it out", located(step)).Wrap(ErrNotNative)
		}
	}
	return nil
}

func available(step magick.Step) bool {
	for _, src := range step.Sources() {
		if src.Generated() && !obtainable(src) {
			return false
		}
	}
	switch step.Class {
	case magick.Operator, magick.ListOperator:
		_, single := lookup(operatorTables, step.Name)
		_, list := lookup(listerTables, step.Name)
		return single || list
	}
	if src, ok := step.Value.(magick.Source); ok {
		return obtainable(src)
	}
	return true
}

// obtainable reports whether a source's pictures can be made or read.
func obtainable(src magick.Source) bool {
	_, generated := lookup(generatorTables, src.Coder)
	return generated || src.Coder == "" || src.Coder == "mpr" || src.Coder == "tile" || readable(src.Coder)
}

// located names a step and its place; what a field of the request was turned into has none.
func located(step magick.Step) string {
	if step.Position < 1 {
		return spelling(step)
	}
	return "Argument " + itoa(step.Position) + ", " + spelling(step)
}

// spelling writes an option as the user did.
func spelling(step magick.Step) string {
	switch {
	case step.Class == magick.Read:
		return step.Text
	case step.Plus:
		return "+" + step.Name
	}
	return "-" + step.Name
}

func (m *machine) list() []*Picture { return m.current }

func (m *machine) run(steps []magick.Step) error {
	for i, step := range steps {
		m.rest = steps[i+1:]
		if err := m.scope.Context().Err(); err != nil {
			return err
		}
		if step.Class != magick.Operator && step.Class != magick.Setting {
			if err := m.endRegions(); err != nil {
				return err
			}
		}
		if err := m.traced(spelling(step), func() error { return m.step(step) }); err != nil {
			return err
		}
		if step.Class != magick.Operator && step.Class != magick.Setting {
			m.pending = nil
		}
		if err := m.bound(); err != nil {
			return err
		}
	}
	return m.endRegions()
}

func (m *machine) step(step magick.Step) error {
	switch step.Class {
	case magick.Read:
		pictures, err := m.read(step.Value.(magick.Source))
		m.current = append(m.current, m.paged(pictures)...)
		return err
	case magick.Setting:
		m.settings.set(step)
		if step.Name == "page" && !m.readsNext() {
			m.current = m.paged(m.current)
		}
		return nil
	case magick.Open:
		m.stack = append(m.stack, frame{list: m.current, settings: m.settings.clone()})
		m.current = nil
		return nil
	case magick.Close:
		last := len(m.stack) - 1
		outer := m.stack[last]
		m.stack = m.stack[:last]
		m.current = append(outer.list, m.current...)
		if m.settings.on("respect-parentheses", false) {
			m.settings = outer.settings
		}
		return nil
	}
	return m.operate(step)
}

// readsNext reports whether the next word that is no setting adds a picture, so that what was just set is meant for that.
func (m *machine) readsNext() bool {
	for _, next := range m.rest {
		if next.Class != magick.Setting {
			return next.Class == magick.Read || next.Class == magick.Open || next.Name == "clone"
		}
	}
	return false
}

func (m *machine) operate(step magick.Step) error {
	if list, ok := lookup(listerTables, step.Name); ok {
		out, err := list(m, slices.Clone(m.current), step)
		if err == nil {
			m.current = out
		}
		return err
	}
	if m.pending == nil {
		m.pending = m.current
	}
	change, _ := lookup(operatorTables, step.Name)
	out := make([]*Picture, len(m.current))
	for i, p := range m.current {
		p, err := m.ready(p, step)
		if err != nil {
			return err
		}
		q, err := change(m, p, step)
		if err != nil {
			return err
		}
		m.followed(p, q, step, change)
		out[i] = q
	}
	m.current = out
	return nil
}

// outer gives the list of the parenthesis around the current one, which -clone copies from. Outside all it is the
// current one, as it was before the operators that have just run: ImageMagick 6.9 carries them out after it has cloned.
func (m *machine) outer() []*Picture {
	if n := len(m.stack); n > 0 {
		return m.stack[n-1].list
	}
	if m.pending != nil {
		return slices.Clone(m.pending)
	}
	return m.current
}

// bound refuses a program that holds too many pictures or pixels at once.
func (m *machine) bound() error {
	count, pixels, memory := 0, int64(0), int64(0)
	held := func(list []*Picture) {
		count += len(list)
		for _, p := range list {
			if p.whole != nil {
				pixels += int64(p.whole.picture.Width()) * int64(p.whole.picture.Height())
				memory += bytesOf(p.whole.picture.img)
			}
			pixels += int64(p.Width()) * int64(p.Height())
			memory += bytesOf(p.img)
		}
	}
	held(m.current)
	for _, f := range m.stack {
		held(f.list)
	}
	limits := m.engine.limits
	if count > limits.Frames {
		return event.Errorf(event.LimitExceeded, "The arguments make %d pictures, and at most %d are allowed; make fewer", count, limits.Frames)
	}
	if pixels > limits.Total {
		return event.Errorf(event.LimitExceeded, "The arguments make pictures of %.4g megapixels together, and at most %.4g are allowed; make them smaller",
			float64(pixels)/1e6, float64(limits.Total)/1e6)
	}
	if memory > limits.Memory {
		return event.Errorf(event.LimitExceeded, "The pixels of the pictures take %d MB together, and at most %d MB are allowed; make them smaller",
			memory>>20, limits.Memory>>20)
	}
	return nil
}

// admit refuses a picture of that size before it is made.
func (m *machine) admit(width, height int) error { return m.engine.limits.admit(width, height, 1) }

// refuse says what is wrong with a step's argument.
func refuse(step magick.Step, format string, args ...any) error {
	e := event.Errorf(event.UnsupportedArgument, format, args...)
	e.Message = located(step) + ": " + e.Message
	return e.Wrap(ErrNotNative)
}
