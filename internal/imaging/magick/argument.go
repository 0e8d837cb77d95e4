package magick

import (
	"strconv"
	"strings"
)

// parse reads one argument as its row types it.
func (a Argument) parse(s string) (Value, error) {
	if a.readsFile(s) {
		return nil, refused("Files of the server cannot be read; write the text itself")
	}
	switch a.Kind {
	case GeometryArgument:
		return parseGeometry(s)
	case AnnotationArgument:
		return parseAnnotation(s)
	case SamplingArgument:
		return parseSampling(s)
	case PageArgument:
		return parsePage(s)
	case ColorArgument:
		return parseColor(s)
	case PaintArgument:
		return parsePaint(s)
	case EnumArgument:
		return parseEnum(a.List, s)
	case NumberArgument:
		return parseNumber(s)
	case NumbersArgument:
		return parseNumbers(s)
	case FormulaArgument:
		return parseFormula(s)
	case TemplateArgument:
		return parseSafeTemplate(s)
	case ChannelArgument:
		return parseChannels(s)
	case RangeArgument:
		return parseRange(s)
	case DuplicateArgument:
		return parseDuplicate(s)
	case DefineArgument:
		return parseDefine(s)
	case KeyArgument:
		return parseKey(s)
	case SourceArgument:
		return parseSource(s)
	case RegisterArgument:
		return parseRegister(s)
	case KernelArgument:
		return parseKernels(s)
	case MethodArgument:
		return parseMethod(s)
	case OrderedArgument:
		return parseOrdered(s)
	case ColorRangeArgument:
		return parseColorRange(s)
	case SparseArgument:
		return parseSparse(s)
	case DrawingArgument:
		return parseDrawing(s)
	default:
		return Text(s), nil
	}
}

// readsFile reports whether ImageMagick would read the argument from the file behind an at sign. A geometry means an area
// by it.
func (a Argument) readsFile(s string) bool {
	switch a.Kind {
	case GeometryArgument, PageArgument, AnnotationArgument, NumberArgument, NumbersArgument:
		return false
	}
	return len(s) > 1 && strings.HasPrefix(strings.TrimSpace(s), "@")
}

// expected says what an argument of this kind is, for the message when it is missing.
func (a Argument) expected() string {
	switch a.Kind {
	case GeometryArgument, AnnotationArgument, PageArgument:
		return string(geometryExpected)
	case ColorArgument, PaintArgument, ColorRangeArgument:
		return string(colorExpected)
	case EnumArgument:
		return "a name of the list " + a.List
	case NumberArgument:
		return "a number"
	case NumbersArgument, FormulaArgument:
		return string(numbersExpected)
	case RangeArgument:
		return string(rangeExpected)
	case SourceArgument, RegisterArgument:
		return "the name of a picture"
	case KernelArgument:
		return string(kernelExpected)
	default:
		return "a text"
	}
}

// parsePaint reads what -fill and -stroke paint with: a colour, or a picture that the program itself makes.
func parsePaint(s string) (Value, error) {
	c, err := parseColor(s)
	if err == nil {
		return c, nil
	}
	if !strings.Contains(s, ":") {
		return nil, err
	}
	source, failure := parseSource(s)
	if failure != nil {
		return nil, failure
	}
	if !source.Generated() {
		return nil, colorExpected
	}
	return source, nil
}

// parseFormula reads numbers, or the template that gives numbers once it is filled in.
func parseFormula(s string) (Value, error) {
	if n, err := parseNumbers(s); err == nil {
		return n, nil
	}
	t, err := parseSafeTemplate(s)
	if err != nil {
		return nil, err
	}
	if !t.HasEscapes() {
		return nil, numbersExpected
	}
	return t, nil
}

// parseSafeTemplate refuses the properties that tell of the server and not of the picture.
func parseSafeTemplate(s string) (Template, error) {
	t, err := parseTemplate(s)
	for _, segment := range t {
		if p := strings.ToLower(segment.Property); strings.HasPrefix(p, "env:") || strings.HasPrefix(p, "registry:") {
			return nil, refused("Properties of the server cannot be read")
		}
	}
	return t, err
}

func parseDefine(s string) (Define, error) {
	key, value, _ := strings.Cut(s, "=")
	d, err := parseKey(key)
	if err != nil {
		return d, err
	}
	if strings.HasPrefix(value, "@") && len(value) > 1 {
		return Define{}, refused("Files of the server cannot be read")
	}
	d.Value = value
	return d, nil
}

func parseKey(s string) (Define, error) {
	key := strings.TrimSpace(s)
	if key == "" || strings.ContainsRune(key, '=') {
		return Define{}, expectation(`a key such as "webp:lossless"`)
	}
	format, rest, ok := strings.Cut(key, ":")
	if !ok {
		return Define{Key: key}, nil
	}
	format = strings.ToLower(format)
	if format == "registry" || format == "delegate" || strings.HasPrefix(strings.ToLower(rest), "registry:") {
		return Define{}, refused("Settings of the server cannot be changed")
	}
	return Define{Format: format, Key: format + ":" + rest}, nil
}

// parseRegister reads the name that -write may write to: a register, which is memory of this one program.
func parseRegister(s string) (Source, error) {
	coder, name, ok := strings.Cut(s, ":")
	if !ok || !strings.EqualFold(coder, "mpr") || name == "" {
		return Source{}, refused("Only registers such as mpr:tile can be written here; the last argument names the result")
	}
	return Source{Coder: "mpr", Name: name}, nil
}

const maxIterations = 10000

// parseMethod reads the method of -morphology and how often it is done: "Erode", "Thinning:-1".
func parseMethod(s string) (Method, error) {
	name, count, counted := strings.Cut(s, ":")
	e, err := parseEnum("morphology", name)
	if err != nil {
		return Method{}, err
	}
	m := Method{Name: e, Iterations: 1}
	if counted {
		n, err := strconv.Atoi(strings.TrimSpace(count))
		if err != nil || n < -1 || n > maxIterations {
			return Method{}, expectation(`a method and how often, such as "Erode:3" or "Thinning:-1"`)
		}
		m.Iterations = n
	}
	return m, nil
}

// thresholdMaps are the maps of `convert -list threshold`; A=B is another name of B.
const thresholdMaps = `threshold 1x1=threshold checks 2x1=checks o2x2 2x2=o2x2 o3x3 3x3=o3x3 o4x4 4x4=o4x4 o8x8 8x8=o8x8 h4x4a
	4x1=h4x4a h6x6a 6x1=h6x6a h8x8a 8x1=h8x8a h4x4o h6x6o h8x8o h16x16o c5x5b c5x5=c5x5b c5x5w c6x6b c6x6=c6x6b c6x6w c7x7b
	c7x7=c7x7b c7x7w diag=checks`

// parseOrdered reads a threshold map and levels: "o8x8", "o8x8,4", "checks,8,8,4".
func parseOrdered(s string) (Ordered, error) {
	name, levels, more := strings.Cut(strings.TrimSpace(s), ",")
	var o Ordered
	for w := range strings.FieldsSeq(thresholdMaps) {
		alias, canonical, other := strings.Cut(w, "=")
		if strings.EqualFold(alias, name) {
			if o.Map = alias; other {
				o.Map = canonical
			}
		}
	}
	if o.Map == "" {
		return o, expectation(`a threshold map such as "o8x8" or "checks", and levels`)
	}
	if more {
		n, err := parseNumbers(levels)
		if err != nil || len(n) > 8 {
			return Ordered{}, expectation(`levels such as "4" or "8,8,4" behind the threshold map`)
		}
		for i := range n {
			o.Levels = append(o.Levels, n.At(i, 2))
		}
	}
	return o, nil
}
