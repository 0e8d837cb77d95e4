package magick

import "strings"

// Args rebuilds an argument list that means the same program, from its typed values and not from the text that was
// given. Parse of the result gives the same steps, but for Text and Position.
func (p *Program) Args() []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.Args()...)
	}
	if p.Output != (Target{}) {
		out = append(out, p.Output.String())
	}
	return out
}

// Args rebuilds the words of one step.
func (s Step) Args() []string {
	switch s.Class {
	case Open:
		return []string{"("}
	case Close:
		return []string{")"}
	case Read:
		name := Format(s.Value)
		if isOption(name) || name == "(" || name == ")" || name == "--" {
			return []string{"--", name}
		}
		return []string{name}
	}
	sign := "-"
	if s.Plus {
		sign = "+"
	}
	out := []string{sign + s.Name}
	for _, v := range []Value{s.Value, s.Second} {
		if v != nil {
			out = append(out, Format(v))
		}
	}
	return out
}

// Format writes a value as ImageMagick reads it.
func Format(v Value) string {
	switch v := v.(type) {
	case Text:
		return string(v)
	case Enum:
		return string(v)
	case Number:
		return Numbers{v}.String()
	case Numbers:
		return v.String()
	case Geometry:
		return v.String()
	case Color:
		return v.String()
	case ColorRange:
		return v.String()
	case ColorPoints:
		return v.String()
	case Template:
		text := v.String()
		if strings.HasPrefix(text, "@") {
			return `\` + text
		}
		return text
	case Channels:
		return v.String()
	case Define:
		return v.String()
	case Method:
		return v.String()
	case Ordered:
		return v.String()
	case Duplicate:
		return v.String()
	case Range:
		return v.String()
	case Kernels:
		return v.String()
	case Drawing:
		return v.Text
	case Source:
		return v.String()
	}
	return ""
}
