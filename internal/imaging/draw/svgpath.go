package draw

import (
	"strconv"
	"strings"
)

// ParsePath reads the data of an SVG path ("M 10,10 L 20,20 Z"), all of its commands. A path that breaks off at an error is
// drawn up to there, as SVG says and ImageMagick does.
func ParsePath(data string) (Path, error) {
	var o Outline
	s := pathScanner{rest: data}
	command := byte(0)
	var control Point // the last control point, for the smooth curves
	previous, first := byte(0), byte(0)
	for {
		s.space()
		if s.rest == "" {
			if len(o.Path) == 1 {
				// A curve that comes first has the place that it begins at twice.
				o.Path[0].Loop = &o.Path[0].Points[0]
				if strings.IndexByte("lhv", first) >= 0 {
					o.Path[0].Loop = &o.Path[0].Points[1]
				}
			}
			return o.Path, nil
		}
		if c := s.rest[0]; isLetter(c) {
			command, s.rest = c, s.rest[1:]
		} else if command == 0 || command|0x20 == 'z' {
			return nil, errorf("a path begins with M or m")
		}
		lower := command | 0x20
		n, known := pathArguments[lower]
		if !known {
			return nil, errorf("a path has no command %q", string(command))
		}
		var v [7]float64
		for i := range n {
			flag := lower == 'a' && (i == 3 || i == 4)
			ok := false
			if v[i], ok = s.number(flag); !ok {
				return nil, errorf("the path's command %s takes %d numbers", string(command), n)
			}
		}
		base := Point{}
		if command == lower {
			base = o.at
		}
		at := func(i int) Point { return base.add(Point{v[i], v[i+1]}) }
		smooth := func(family string) Point {
			if strings.IndexByte(family, previous) >= 0 {
				return o.at.mul(2).sub(control)
			}
			return o.at
		}
		switch lower {
		case 'm':
			o.MoveTo(at(0))
			// Further pairs behind a move are lines to them.
			command -= 'm' - 'l'
		case 'l':
			o.LineTo(at(0))
		case 'h':
			o.LineTo(Point{base.X + v[0], o.at.Y})
		case 'v':
			o.LineTo(Point{o.at.X, base.Y + v[0]})
		case 'c':
			control = at(2)
			o.CubeTo(at(0), control, at(4))
		case 's':
			first := smooth("cs")
			control = at(0)
			o.CubeTo(first, control, at(2))
		case 'q':
			control = at(0)
			o.QuadTo(control, at(2))
		case 't':
			control = smooth("qt")
			o.QuadTo(control, at(0))
		case 'a':
			o.arcTo(Point{v[0], v[1]}, v[2], v[3] != 0, v[4] != 0, at(5))
		case 'z':
			o.Close()
		}
		if previous = lower; first == 0 && lower != 'm' {
			first = lower
		}
		if o.count > maxPoints {
			return nil, errorf("a path may have at most %d points", maxPoints)
		}
	}
}

// pathArguments gives how many numbers a command takes.
var pathArguments = map[byte]int{'m': 2, 'l': 2, 'h': 1, 'v': 1, 'c': 6, 's': 4, 'q': 4, 't': 2, 'a': 7, 'z': 0}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// pathScanner reads numbers that stand as closely as SVG allows: "1.5.5-3".
type pathScanner struct{ rest string }

func (s *pathScanner) space() { s.rest = strings.TrimLeft(s.rest, " ,\t\r\n") }

func (s *pathScanner) number(flag bool) (float64, bool) {
	s.space()
	if flag && s.rest != "" && (s.rest[0] == '0' || s.rest[0] == '1') {
		v := float64(s.rest[0] - '0')
		s.rest = s.rest[1:]
		return v, true
	}
	n := numberLength(s.rest)
	v, err := strconv.ParseFloat(s.rest[:n], 64)
	if err != nil || v > maxCoordinate || v < -maxCoordinate {
		return 0, false
	}
	s.rest = s.rest[n:]
	return v, true
}

// numberLength gives how many bytes at the front of s are one number.
func numberLength(s string) int {
	i := 0
	digits := func() {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
	}
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	digits()
	if i < len(s) && s[i] == '.' {
		i++
		digits()
	}
	if i+1 < len(s) && s[i]|0x20 == 'e' && (s[i+1] >= '0' && s[i+1] <= '9' || (s[i+1] == '-' || s[i+1] == '+') && i+2 < len(s) && s[i+2] >= '0' && s[i+2] <= '9') {
		i += 2
		digits()
	}
	return i
}
