package fx

import (
	"fmt"
	"strconv"
	"strings"
)

// Bounds of an expression.
const (
	MaxLength = 8192    // bytes
	maxDepth  = 200     // nested parentheses, brackets, functions and choices
	maxNames  = 64      // variables
	maxRounds = 1 << 20 // times that the loops of one pixel go round together
)

// SyntaxError says what is wrong with an expression, and where.
type SyntaxError struct {
	Position int // of the character, from 1
	Message  string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("at character %d: %s", e.Position, e.Message)
}

type kind int

const (
	end kind = iota
	number
	name
	hex
	symbol
)

// token is a word of an expression. Names are in lower case.
type token struct {
	kind  kind
	text  string
	value float64
	at    int // where it begins, from 0
	after int // where it ends
}

// symbols are the operators, the longest first.
var symbols = [...]string{"<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "**", "+=", "-=", "*=", "/=", "++", "--",
	"+", "-", "*", "/", "%", "^", "!", "~", "<", ">", "&", "|", "?", ":", "=", ",", ";", "(", ")", "[", "]", "{", "}", ".", "@"}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

// scan splits an expression into its words, with one of kind end as the last.
func scan(s string) ([]token, error) {
	var out []token
	for i := 0; ; {
		for i < len(s) && strings.IndexByte(" \t\r\n", s[i]) >= 0 {
			i++
		}
		if i == len(s) {
			return append(out, token{kind: end, at: i, after: i}), nil
		}
		t, err := word(s, i)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		i = t.after
	}
}

func word(s string, i int) (token, error) {
	c := s[i]
	switch {
	case isDigit(c) || c == '.' && i+1 < len(s) && isDigit(s[i+1]):
		return numeral(s, i)
	case isLetter(c):
		j := i + 1
		for j < len(s) && (isLetter(s[j]) || isDigit(s[j])) {
			j++
		}
		return token{kind: name, text: strings.ToLower(s[i:j]), at: i, after: j}, nil
	case c == '#':
		j := i + 1
		for j < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[j]) >= 0 {
			j++
		}
		return token{kind: hex, text: s[i:j], at: i, after: j}, nil
	}
	for _, op := range symbols {
		if strings.HasPrefix(s[i:], op) {
			// Two signs are not one operator behind an operand's end only when a number follows: "1--1", "a++1".
			if (op == "++" || op == "--") && i+2 < len(s) && (isDigit(s[i+2]) || isLetter(s[i+2]) || s[i+2] == '(' || s[i+2] == '.') {
				op = op[:1]
			}
			return token{kind: symbol, text: op, at: i, after: i + len(op)}, nil
		}
	}
	return token{}, &SyntaxError{i + 1, "this character means nothing in an expression"}
}

// prefixes are the factors that may stand behind a number; small letters would be names multiplied with it.
var prefixes = map[byte]float64{'K': 1e3, 'M': 1e6, 'G': 1e9, 'T': 1e12, 'P': 1e15}

func numeral(s string, i int) (token, error) {
	j := i
	if strings.HasPrefix(s[i:], "0x") || strings.HasPrefix(s[i:], "0X") {
		for j += 2; j < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[j]) >= 0; j++ {
		}
		v, err := strconv.ParseUint(s[i+2:j], 16, 64)
		if err != nil {
			return token{}, &SyntaxError{i + 1, "this is not a number"}
		}
		return token{kind: number, value: float64(v), at: i, after: j}, nil
	}
	for j < len(s) && (isDigit(s[j]) || s[j] == '.') {
		j++
	}
	if j < len(s) && s[j]|0x20 == 'e' {
		k := j + 1
		if k < len(s) && (s[k] == '-' || s[k] == '+') {
			k++
		}
		for digits := k; k < len(s) && isDigit(s[k]); k++ {
			j = max(k, digits) + 1
		}
	}
	v, err := strconv.ParseFloat(s[i:j], 64)
	if err != nil {
		return token{}, &SyntaxError{i + 1, "this is not a number"}
	}
	if j < len(s) && prefixes[s[j]] != 0 && (j+1 == len(s) || !isLetter(s[j+1])) {
		v *= prefixes[s[j]]
		j++
	}
	return token{kind: number, value: v, at: i, after: j}, nil
}
