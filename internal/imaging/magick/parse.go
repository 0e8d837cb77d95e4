package magick

import (
	"strings"

	"bluerose/event"
)

// The bounds of an argument list.
const (
	maxArguments = 1000
	maxArgument  = 16 << 10 // bytes of one argument
	maxDepth     = 32       // parentheses
)

// Parse reads a whole argument list of convert, INPUT... OPTIONS... OUTPUT, without the program's name. It fails with an
// *event.Error of kind UnsupportedArgument that names the argument and its position, which counts from 1.
func Parse(args []string) (*Program, error) { return ParseAfter(0, args) }

// ParseAfter is Parse for a list whose first words, that many, are not the user's own: positions count from the word
// behind them, and errors in them name no position.
func ParseAfter(before int, args []string) (*Program, error) {
	if err := checkBounds(before, args); err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, event.Errorf(event.UnsupportedArgument, "There are no arguments; name an input and an output")
	}
	last := len(args) - 1
	p := &parser{args: args[:last], before: before, loaded: []bool{false}}
	if err := p.run(); err != nil {
		return nil, err
	}
	if isOption(args[last]) || p.overrun || args[last] == "(" || args[last] == ")" {
		return nil, event.Errorf(event.UnsupportedArgument,
			"%s, %s, stands where the output belongs; end with an output such as out.png or info:", at(last+1-before), quote(args[last]))
	}
	output, err := parseTarget(args[last], last+1-before)
	if err != nil {
		return nil, located(err, last+1-before, "", args[last])
	}
	return p.finish(output)
}

// ParseIdentify reads an argument list of identify, OPTIONS... INPUT..., without the program's name. Its Program has no
// Output. Without -format and -verbose, identify prints its one line for every picture.
func ParseIdentify(args []string) (*Program, error) {
	if err := checkBounds(0, args); err != nil {
		return nil, err
	}
	p := &parser{args: args, loaded: []bool{false}}
	if err := p.run(); err != nil {
		return nil, err
	}
	if p.overrun {
		return nil, p.missing
	}
	return p.finish(Target{})
}

func checkBounds(before int, args []string) error {
	if len(args) > maxArguments {
		return event.Errorf(event.UnsupportedArgument, "There are %d arguments; no more than %d are allowed", len(args), maxArguments)
	}
	for i, a := range args {
		if len(a) > maxArgument {
			return event.Errorf(event.UnsupportedArgument, "%s has %d bytes; no more than %d are allowed", at(i+1-before), len(a), maxArgument)
		}
		if strings.IndexByte(a, 0) >= 0 {
			return event.Errorf(event.UnsupportedArgument, "%s holds a zero byte; leave it out", at(i+1-before))
		}
	}
	return nil
}

// parser turns words into steps in the order in which ImageMagick carries them out. ImageMagick applies settings at once
// for the pictures that are read next, but keeps operators that meet an empty list until there is a picture; they wait in
// pending together with the settings between them.
type parser struct {
	args    []string
	at      int // the word under the parser, from 0
	before  int // words at the front that positions do not count
	steps   []Step
	pending []Step
	loaded  []bool // whether the list of each level of parentheses has a picture
	reads   int
	overrun bool  // an option's argument is missing at the end
	missing error // what to say about it
}

func (p *parser) run() error {
	for ; p.at < len(p.args) && !p.overrun; p.at++ {
		if err := p.word(p.args[p.at]); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) word(w string) error {
	position := p.at + 1 - p.before
	switch {
	case w == "(":
		if len(p.loaded) > maxDepth {
			return event.Errorf(event.UnsupportedArgument, "%s opens more than %d parentheses; use fewer", at(position), maxDepth)
		}
		p.steps = append(p.steps, Step{Class: Open, Position: position})
		p.loaded = append(p.loaded, false)
		return nil
	case w == ")":
		return p.closeList(position)
	case isOption(w):
		return p.option(w, position)
	}
	if w == "--" && p.at+1 < len(p.args) {
		p.at++
		w, position = p.args[p.at], position+1
	}
	source, err := parseSource(w)
	if err != nil {
		return located(err, position, "", w)
	}
	p.emit(Step{Class: Read, Value: source, Text: w, Position: position})
	p.setLoaded()
	p.reads++
	return nil
}

func (p *parser) emit(s Step)    { p.steps = append(p.steps, s) }
func (p *parser) isLoaded() bool { return p.loaded[len(p.loaded)-1] }
func (p *parser) setLoaded()     { p.loaded[len(p.loaded)-1] = true }

func (p *parser) closeList(position int) error {
	if len(p.loaded) == 1 {
		return event.Errorf(event.UnsupportedArgument, "%s closes a parenthesis that was never opened; remove it", at(position))
	}
	if p.isLoaded() {
		p.flush()
	}
	joined := p.isLoaded()
	p.loaded = p.loaded[:len(p.loaded)-1]
	if joined {
		p.setLoaded()
	}
	p.emit(Step{Class: Close, Position: position})
	return nil
}

// isOption reports whether ImageMagick takes the word for an option: a sign and a letter. A lone "-" is standard input.
func isOption(w string) bool {
	if len(w) < 2 || w[0] != '-' && w[0] != '+' {
		return false
	}
	c := w[1] | 0x20
	return c >= 'a' && c <= 'z'
}

func (p *parser) option(w string, position int) error {
	plus := w[0] == '+'
	o, ok := Lookup(w[1:])
	if !ok {
		return unknownOption(w, position)
	}
	if o.Refused != "" {
		return event.Errorf(event.UnsupportedArgument, "%s, %s, is refused: %s", at(position), quote(w), o.Refused)
	}
	if plus && o.Signs == MinusOnly {
		return event.Errorf(event.UnsupportedArgument, "%s, %s, does not exist; did you mean -%s?", at(position), quote(w), o.Name)
	}
	step := Step{Class: o.Class, Name: o.Name, Plus: plus && o.Signs == BothSigns, Position: position}
	if plus && o.Plural {
		step.Class = ListOperator
	}
	for i, a := range o.arguments(plus) {
		p.at++
		if p.at >= len(p.args) {
			p.overrun = true
			p.missing = event.Errorf(event.UnsupportedArgument, "%s, %s, needs an argument; expected %s", at(position), quote(w), a.expected())
			return nil
		}
		text := p.args[p.at]
		v, err := a.parse(text)
		if err != nil {
			return located(err, p.at+1-p.before, w, text)
		}
		if i == 0 {
			step.Value, step.Text = v, text
		} else {
			step.Second, step.Text = v, step.Text+" "+text
		}
	}
	if !o.Ignored {
		p.place(step)
	}
	return nil
}

// place puts a step where ImageMagick carries it out.
func (p *parser) place(s Step) {
	if s.Name == "clone" {
		if p.isLoaded() {
			p.flush()
		}
		p.emit(s)
		p.setLoaded()
		return
	}
	if p.isLoaded() {
		p.flush()
		if s.Name != "depth" || !p.repeats(s) {
			p.emit(s)
		}
		return
	}
	p.pending = append(p.pending, s)
	switch {
	case s.Class == Setting:
		p.emit(s)
	case s.Name == "depth":
		// Formats without a header are read at the depth that stands before them.
		setting := s
		setting.Class = Setting
		p.emit(setting)
	}
}

// repeats reports whether the step before s was the same: a depth that was set before the picture and again behind it.
func (p *parser) repeats(s Step) bool {
	last := p.steps[len(p.steps)-1]
	return last.Class == s.Class && last.Name == s.Name && last.Plus == s.Plus && last.Value == s.Value
}

// flush carries out what waited for a picture: first what works on single images, with the settings that changed in
// between, then what works on the list, as ImageMagick does.
func (p *parser) flush() {
	waiting := p.pending
	p.pending = nil
	changed := changedSettings(waiting)
	for _, s := range waiting {
		if s.Class == Operator || s.Class == Setting && changed[settingKey(s)] {
			p.emit(s)
		}
	}
	for _, s := range waiting {
		if s.Class == ListOperator {
			p.emit(s)
		}
	}
}

// changedSettings are the settings that were given more than once while operators waited for a picture: those must be set
// again in their turn. Nothing is when no operator waited.
func changedSettings(steps []Step) map[string]bool {
	count, operators := map[string]int{}, false
	for _, s := range steps {
		if s.Class == Setting {
			count[settingKey(s)]++
		} else {
			operators = true
		}
	}
	changed := map[string]bool{}
	for k, n := range count {
		changed[k] = operators && n > 1
	}
	return changed
}

func settingKey(s Step) string {
	if d, ok := s.Value.(Define); ok {
		return s.Name + " " + d.Key
	}
	return s.Name
}

func (p *parser) finish(output Target) (*Program, error) {
	if depth := len(p.loaded) - 1; depth > 0 {
		return nil, event.Errorf(event.UnsupportedArgument, "The argument list leaves %d parentheses open; close every one with )", depth)
	}
	if p.reads == 0 {
		return nil, event.Errorf(event.UnsupportedArgument, "The argument list names no input; begin with a picture such as in.png or xc:white")
	}
	p.flush()
	return &Program{Steps: p.steps, Output: output}, nil
}

// otherPrograms are the options of ImageMagick's other programs, and newer those of ImageMagick 7, for a better message.
const (
	otherPrograms = `backdrop blend borderwidth colormap descend displace dissimilarity-threshold dissolve foreground
		highlight-color iconGeometry iconic immutable lowlight-color name path pause remote scenes screen shared-memory silent
		similarity-threshold snaps stegano stereo subimage-search text-font title unique update use-pixmap visual watermark
		window window-group shadow-color tile-geometry`
	newer = `auto-threshold bilateral-blur clahe color-threshold colour-threshold connected-components-list define-list
		distribute-cache hough integral kmeans range-threshold read read-mask reshape sort-pixels wavelet-denoise
		white-balance word-break write-mask`
)

func unknownOption(w string, position int) error {
	name := strings.ToLower(w[1:])
	where := "%s, %s, is not an option of convert"
	switch {
	case hasWord(strings.ToLower(otherPrograms), name):
		return event.Errorf(event.UnsupportedArgument, where+" but of another program of ImageMagick; leave it out", at(position), quote(w))
	case hasWord(newer, name):
		return event.Errorf(event.UnsupportedArgument, where+" 6.9 but of ImageMagick 7; leave it out", at(position), quote(w))
	}
	var names []string
	for _, o := range table().rows {
		if o.Refused == "" {
			names = append(names, o.Name)
		}
	}
	if near := nearest(name, names); near != "" {
		return event.Errorf(event.UnsupportedArgument, where+"; did you mean %s%s?", at(position), quote(w), w[:1], near)
	}
	return event.Errorf(event.UnsupportedArgument, where, at(position), quote(w))
}
