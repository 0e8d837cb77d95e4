package magick

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"bluerose/event"
)

// expectation is what an argument should have been, as the end of "expected …".
type expectation string

func (e expectation) Error() string { return string(e) }

// refused is why an argument is refused although its form is right, as a sentence.
type refused string

func (r refused) Error() string { return string(r) }

// public makes a parser's error an *event.Error that names the argument but no position.
func public(err error, argument string) error {
	switch e := err.(type) {
	case nil:
		return nil
	case refused:
		return event.Errorf(event.UnsupportedArgument, "%s: %s", quote(argument), string(e))
	default:
		return event.Errorf(event.UnsupportedArgument, "%s is not allowed; expected %s", quote(argument), e.Error())
	}
}

// located makes a parser's error an *event.Error that names the option, the argument and its position.
func located(err error, position int, option, argument string) error {
	if option != "" {
		option = " of " + option
	}
	switch e := err.(type) {
	case nil:
		return nil
	case *event.Error:
		return e
	case refused:
		return event.Errorf(event.UnsupportedArgument, "%s%s, %s: %s", at(position), option, quote(argument), string(e))
	default:
		return event.Errorf(event.UnsupportedArgument, "%s%s, %s, is not allowed; expected %s",
			at(position), option, quote(argument), e.Error())
	}
}

// at names the place of an argument. What has no place of its own was made of a field of the request.
func at(position int) string {
	if position < 1 {
		return "A field of the request"
	}
	return "Argument " + strconv.Itoa(position)
}

const shownLength = 60 // bytes of an argument that a message repeats

// quote shortens what the user wrote to a length that fits a message, and keeps control characters out of it.
func quote(s string) string {
	short := s
	if len(short) > shownLength {
		short = short[:shownLength]
		for !utf8.ValidString(short) && len(short) > shownLength-utf8.UTFMax {
			short = short[:len(short)-1]
		}
		short += "…"
	}
	short = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(short, "?"))
	return `"` + short + `"`
}
