package magick

import (
	"math"
	"strconv"
	"strings"
)

// Kernels is the argument of -convolve and the second of -morphology: one kernel or more, in order.
type Kernels []Kernel

// Kernel is a built-in kernel with its arguments ("Disk:5", "Gaussian:0x2") or an array of weights ("3x3: 0,1,0 …").
type Kernel struct {
	Name   Enum    // a built-in kernel; empty for an array of weights
	Args   Numbers // a built-in kernel's arguments; nil for none
	Fit    bool    // the arguments end in "!": a distance is what it may be at most, not a step
	Width  int     // an array's size
	Height int
	X, Y   int     // an array's origin, from its top left corner
	Values Numbers // an array's weights, row by row; one that is not Set does not count
	Expand byte    // '>' (rotations by 90 degrees), '@' (by 45), '<' (mirrored), 0 for none
}

func (Kernels) value() {}

const (
	maxKernels      = 32
	kernelExpected  = expectation(`a kernel such as "Disk:3", "Gaussian:0x2" or "3x3: 0,1,0 1,1,1 0,1,0"`)
	kernelSizeFault = expectation(`as many weights as the kernel's size says, such as nine for "3x3:"`)
)

func parseKernels(s string) (Kernels, error) {
	var out Kernels
	for part := range strings.SplitSeq(s, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if len(out) == maxKernels {
			return nil, expectation("no more than 32 kernels")
		}
		k, err := parseKernel(part)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	if len(out) == 0 {
		return nil, kernelExpected
	}
	return out, nil
}

func parseKernel(s string) (Kernel, error) {
	if c := s[0] | 0x20; c >= 'a' && c <= 'z' && !strings.HasPrefix(strings.ToLower(s), "nan") {
		return parseNamedKernel(s)
	}
	head, body, sized := strings.Cut(s, ":")
	if !sized {
		return parseSquareKernel(s)
	}
	k := Kernel{Expand: expansion(head)}
	g, err := parseGeometry(head)
	if err != nil || g.Ratio {
		return Kernel{}, kernelExpected
	}
	if !g.HasHeight {
		g.Height = g.Width
	}
	if g.Width < 1 || g.Height < 1 || g.Width*g.Height > maxNumbers || g.Width != math.Trunc(g.Width) || g.Height != math.Trunc(g.Height) {
		return Kernel{}, kernelExpected
	}
	k.Width, k.Height = int(g.Width), int(g.Height)
	k.X, k.Y = (k.Width-1)/2, (k.Height-1)/2
	if g.HasX {
		k.X, k.Y = int(g.X), int(g.Y)
	}
	if k.X < 0 || k.X >= k.Width || k.Y < 0 || k.Y >= k.Height {
		return Kernel{}, expectation("an origin inside the kernel")
	}
	if k.Values, err = parseWeights(body); err != nil {
		return Kernel{}, err
	}
	if len(k.Values) != k.Width*k.Height {
		return Kernel{}, kernelSizeFault
	}
	return k, nil
}

// parseSquareKernel reads an array without a size, as -convolve has always taken it.
func parseSquareKernel(s string) (Kernel, error) {
	values, err := parseWeights(s)
	if err != nil {
		return Kernel{}, err
	}
	side := int(math.Sqrt(float64(len(values))))
	if side*side != len(values) {
		return Kernel{}, expectation("as many weights as a square has, such as 9 or 25")
	}
	return Kernel{Width: side, Height: side, X: (side - 1) / 2, Y: (side - 1) / 2, Values: values}, nil
}

func parseWeights(s string) (Numbers, error) {
	var out Numbers
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' || r == '\r' }) {
		if len(out) == maxNumbers {
			return nil, expectation("no more than 4096 weights")
		}
		if w == "-" || strings.EqualFold(w, "nan") {
			out = append(out, Number{})
			continue
		}
		v, err := strconv.ParseFloat(w, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, kernelExpected
		}
		out = append(out, Number{Value: v, Set: true})
	}
	if len(out) == 0 {
		return nil, kernelExpected
	}
	return out, nil
}

func parseNamedKernel(s string) (Kernel, error) {
	end := strings.IndexAny(s, ": ,0123456789<>@")
	if end < 0 {
		end = len(s)
	}
	name, err := parseEnum("kernel", s[:end])
	if err != nil {
		return Kernel{}, err
	}
	rest := strings.TrimLeft(s[end:], ": ")
	k := Kernel{Name: name, Expand: expansion(rest), Fit: strings.Contains(rest, "!")}
	if strings.Trim(rest, "<>@!%^ ") == "" {
		return k, nil
	}
	if k.Args, err = parseNumbers(rest); err != nil {
		return Kernel{}, kernelExpected
	}
	return k, nil
}

func expansion(s string) byte {
	if i := strings.IndexAny(s, "<>@"); i >= 0 {
		return s[i]
	}
	return 0
}

// String writes the kernels as ImageMagick reads them.
func (ks Kernels) String() string {
	var parts []string
	for _, k := range ks {
		expand := ""
		if k.Expand != 0 {
			expand = string(rune(k.Expand))
		}
		if k.Name != "" {
			if k.Fit {
				expand += "!"
			}
			parts = append(parts, string(k.Name)+":"+k.Args.String()+expand)
			continue
		}
		var b strings.Builder
		size := Geometry{Width: float64(k.Width), Height: float64(k.Height), HasWidth: true, HasHeight: true,
			X: float64(k.X), HasX: true, Y: float64(k.Y), HasY: true}
		b.WriteString(size.String() + expand + ":")
		for i, v := range k.Values {
			if i > 0 {
				b.WriteByte(',')
			}
			if v.Set {
				b.WriteString(formatNumber(v.Value))
			} else {
				b.WriteString("nan")
			}
		}
		parts = append(parts, b.String())
	}
	return strings.Join(parts, ";")
}
