package magick

import (
	"math"
	"strconv"
	"strings"
)

// scanner takes numbers, separators and signs off the front of an argument whose flags are gone already.
type scanner struct{ rest string }

func (s *scanner) take(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) atSign() bool { return s.rest != "" && (s.rest[0] == '+' || s.rest[0] == '-') }

// separator takes one of the marks that ImageMagick lets stand between two sides.
func (s *scanner) separator() bool {
	return s.take('x') || s.take('X') || s.take(',') || s.take('/')
}

// number takes a number with its sign; false when none stands there.
func (s *scanner) number() (float64, bool) {
	n := numberLength(s.rest)
	v, err := strconv.ParseFloat(s.rest[:n], 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, false
	}
	s.rest = s.rest[n:]
	return v, true
}

// sideNumber takes a number without a sign, as the height of a geometry is: a sign begins an offset.
func (s *scanner) sideNumber() (float64, bool) {
	if s.atSign() && strings.Count(s.rest, "+")+strings.Count(s.rest, "-") != 1 {
		return 0, false
	}
	if s.take('+') {
		s.rest = "+" + s.rest
		return 0, false
	}
	return s.number()
}

// offset takes one or more signs and a number: "+10", "-5", "+-60".
func (s *scanner) offset() (v float64, negative, ok bool) {
	rest := s.rest
	for s.atSign() {
		negative = negative != (s.rest[0] == '-')
		s.rest = s.rest[1:]
	}
	if len(s.rest) == len(rest) {
		return 0, false, false
	}
	v, ok = s.number()
	if !ok {
		s.rest = rest
		return 0, false, false
	}
	if negative {
		v = -v
	}
	return v, negative, true
}

// numberLength is the length of the decimal number at the front of s, sign and exponent included; 0 for none.
func numberLength(s string) int {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	digits := 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			for ; j < len(s) && isDigit(s[j]); j++ {
			}
			i = j
		}
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

const maxNumbers = 4096 // in one argument: -distort and -convolve take the longest lists

const numbersExpected = expectation(`numbers such as "0x3", "10,20%" or "1.5"`)

// ParseNumbers reads a list of numbers, which may stand between x, comma, slash, colon, semicolon and spaces, or begin
// with a sign. A percent sign belongs to the number before it, or else to the next; the flags of a geometry are allowed and do not count.
func ParseNumbers(s string) (Numbers, error) {
	n, err := parseNumbers(s)
	return n, public(err, s)
}

func parseNumbers(s string) (Numbers, error) {
	sc := scanner{rest: strings.TrimSpace(strings.ReplaceAll(s, "×", "x"))}
	var out Numbers
	open := true         // a number may be left out here
	percentNext := false // a percent sign stands before its number
	for sc.rest != "" {
		c := sc.rest[0]
		switch {
		case c == '%':
			if open {
				percentNext = true
			} else {
				out[len(out)-1].Percent = true
			}
			sc.rest = sc.rest[1:]
		case strings.IndexByte("!<>^@()", c) >= 0:
			sc.rest = sc.rest[1:]
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			sc.rest = sc.rest[1:]
		case strings.IndexByte("xX,/:;", c) >= 0:
			if open {
				out = append(out, Number{})
			}
			open = true
			sc.rest = sc.rest[1:]
		default:
			v, ok := sc.signed()
			if !ok {
				return nil, numbersExpected
			}
			out = append(out, Number{Value: v, Percent: percentNext, Set: true})
			open, percentNext = false, false
		}
		if len(out) > maxNumbers {
			return nil, expectation("no more than 4096 numbers")
		}
	}
	if !out.any() {
		return nil, numbersExpected
	}
	return out, nil
}

func (n Numbers) any() bool {
	for _, v := range n {
		if v.Set {
			return true
		}
	}
	return false
}

// signed takes a number with any signs before it.
func (s *scanner) signed() (float64, bool) {
	if v, _, ok := s.offset(); ok {
		return v, true
	}
	return s.number()
}

// String writes the numbers as ImageMagick reads them.
func (n Numbers) String() string {
	var b strings.Builder
	for i, v := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if v.Set {
			b.WriteString(formatNumber(v.Value))
		}
		if v.Percent {
			b.WriteByte('%')
		}
	}
	return b.String()
}

func parseNumber(s string) (Number, error) {
	n, err := parseNumbers(s)
	if err != nil || !n[0].Set {
		return Number{}, expectation(`a number such as "4", "0.5" or "85%"`)
	}
	return n[0], nil
}

func formatNumber(v float64) string {
	if v == 0 {
		return "0" // never "-0"
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if len(s) > 24 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return s
}
