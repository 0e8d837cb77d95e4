package magick

import (
	"slices"
	"strings"
	"sync"
)

// Option is a row of the table: a word of the language.
type Option struct {
	Name    string
	Class   Class      // of -name
	Plural  bool       // +name is a list operator, whatever -name is
	Minus   []Argument // what -name takes; nil is nothing
	Plus    []Argument // what +name takes
	Signs   Signs      // which signs the language has; the zero value is both
	Ignored bool       // accepted, without effect: the option is left out of the Program
	Refused string     // why no engine may run it; empty when one may
}

// Signs says which of -name and +name exist.
type Signs int

// The signs of an option.
const (
	BothSigns Signs = iota // -name and +name mean different things
	SameSigns              // +name means -name, and is written so in the Program
	MinusOnly              // there is no +name
)

// Argument is the type of one argument.
type Argument struct {
	Kind ArgumentKind
	List string // the list of names, for EnumArgument ("filter", "compose")
}

// ArgumentKind is the syntax of an argument, and so the type of its Value.
type ArgumentKind int

// The kinds of arguments with the Value that each gives.
const (
	TextArgument       ArgumentKind = iota // Text
	GeometryArgument                       // Geometry
	AnnotationArgument                     // Geometry: Width and Height are rotations in degrees, X and Y an offset
	SamplingArgument                       // Geometry: the horizontal and vertical factors, 2x2 for 4:2:0
	PageArgument                           // Geometry, written as one or as a paper size ("A4")
	ColorArgument                          // Color
	PaintArgument                          // Color, or the Source of a pattern, gradient or register
	EnumArgument                           // Enum
	NumberArgument                         // Number
	NumbersArgument                        // Numbers
	FormulaArgument                        // Numbers, or the Template that gives them when it holds escapes
	TemplateArgument                       // Template
	ChannelArgument                        // Channels
	RangeArgument                          // Range
	DuplicateArgument                      // Duplicate
	DefineArgument                         // Define with its value
	KeyArgument                            // Define without a value: the key of -set, +set and +define
	SourceArgument                         // Source
	RegisterArgument                       // Source of coder mpr
	KernelArgument                         // Kernels
	MethodArgument                         // Method
	OrderedArgument                        // Ordered
	ColorRangeArgument                     // ColorRange
	SparseArgument                         // ColorPoints
	DrawingArgument                        // Drawing
)

// family is the rows that share one shape.
type family struct {
	class       Class
	plural      bool
	signs       Signs
	minus, plus []Argument
	names       string // separated by spaces
	ignored     bool
	refused     string
}

func one(k ArgumentKind) []Argument { return []Argument{{Kind: k}} }

func enum(list string) []Argument { return []Argument{{Kind: EnumArgument, List: list}} }

func two(a []Argument, k ArgumentKind) []Argument { return append(slices.Clip(a), Argument{Kind: k}) }

// Options gives the whole table, in the order of names.
func Options() []Option { return slices.Clone(table().rows) }

// Lookup gives the row of an option by its name without sign. As in ImageMagick, the case of all letters but the first
// does not count, and names cannot be shortened.
func Lookup(name string) (Option, bool) {
	t := table()
	i, ok := t.byName[foldName(name)]
	if !ok {
		return Option{}, false
	}
	return t.rows[i], true
}

func foldName(name string) string {
	if name == "" {
		return ""
	}
	return name[:1] + strings.ToLower(name[1:])
}

type optionTable struct {
	rows   []Option
	byName map[string]int
}

var table = sync.OnceValue(func() optionTable {
	t := optionTable{byName: map[string]int{}}
	for _, families := range [][]family{settings(), operators(), listOperators(), otherOptions()} {
		for _, f := range families {
			for _, name := range strings.Fields(f.names) {
				t.rows = append(t.rows, Option{Name: name, Class: f.class, Plural: f.plural, Minus: f.minus, Plus: f.plus, Signs: f.signs,
					Ignored: f.ignored, Refused: f.refused})
			}
		}
	}
	slices.SortFunc(t.rows, func(a, b Option) int { return strings.Compare(a.Name, b.Name) })
	for i, o := range t.rows {
		t.byName[o.Name] = i
	}
	return t
})

// arguments gives what the option takes with a sign.
func (o Option) arguments(plus bool) []Argument {
	if plus && o.Signs == BothSigns {
		return o.Plus
	}
	return o.Minus
}
