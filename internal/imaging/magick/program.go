package magick

// Program is a convert command line, parsed and checked. Its steps stand in the order in which ImageMagick carries them
// out: operators that were written before the first picture stand behind the pictures that they work on.
type Program struct {
	Steps  []Step
	Output Target // where the result goes; the zero Target for a program of ParseIdentify
}

// Class says what kind of word a Step is.
type Class int

// The classes of words.
const (
	Read         Class = iota // a picture is read onto the current list: Value is a Source
	Setting                   // changes what later steps mean: -fill, -quality, +dither
	Operator                  // changes every image of the current list, one by one: -resize, -negate
	ListOperator              // changes the current list as a whole: -append, -composite, -delete, -layers
	Open                      // "(": a new, empty list
	Close                     // ")": the list joins the one that it was opened in
)

// Step is one word of a command line with its arguments.
type Step struct {
	Class    Class
	Name     string // the option's canonical name without its sign ("resize"); empty for Read, Open and Close
	Plus     bool   // the option was written with + instead of -
	Value    Value  // the argument as its row types it; nil where the option takes none
	Second   Value  // the second argument of the options that take two (-annotate, -distort, -set, …); else nil
	Text     string // the arguments as they were written, a space between two
	Position int    // the place of the word in the argument list, from 1
}

// Sources gives what the step names to be read: the picture of a Read, and the sources in the arguments of an option. What
// stands behind tile: is a source of its own, and given in its place.
func (s Step) Sources() []Source {
	var out []Source
	for _, v := range []Value{s.Value, s.Second} {
		switch v := v.(type) {
		case Source:
			out = append(out, v.tiled())
		case Drawing:
			for _, image := range v.Images {
				out = append(out, image.tiled())
			}
		}
	}
	return out
}

func (s Source) tiled() Source {
	if inner, ok := s.Tile(); ok {
		return inner
	}
	return s
}
