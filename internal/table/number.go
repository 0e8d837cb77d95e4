package table

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

const (
	maxDigits   = 38  // of a number, without the zeros around it
	maxExponent = 125 // of ten
)

type errNoJSON struct{ value any }

func (e errNoJSON) Error() string { return fmt.Sprintf("table: a value of type %T", e.value) }

// Decimal gives a number, in the spelling of JSON or with a leading plus, as a plain decimal: without an exponent, and
// without zeros that say nothing. One with more than 38 digits, or beyond 10^±125, is InvalidRequest.
func Decimal(text string) (json.Number, error) {
	refused := invalid("%q is no number that a table takes: at most %d digits, and within 10^±%d", clip(text), maxDigits, maxExponent)
	mantissa, exponentText, scientific := cutExponent(text)
	exponent := 0
	if scientific {
		var err error
		if exponent, err = strconv.Atoi(exponentText); err != nil || exponent < -1000 || exponent > 1000 {
			return "", refused.Wrap(err)
		}
	}
	unsigned, negative := strings.CutPrefix(mantissa, "-")
	if !negative {
		unsigned = strings.TrimPrefix(unsigned, "+")
	}
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := whole + fraction
	if digits == "" || len(digits) > 1000 || strings.Trim(digits, "0123456789") != "" {
		return "", refused
	}
	point := len(whole) + exponent // digits before the decimal point
	trimmed := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, "0")
	if trimmed == "" {
		return "0", nil
	}
	if len(trimmed) > maxDigits || point > maxExponent+1 || point < -maxExponent+1 {
		return "", refused
	}
	sign := ""
	if negative {
		sign = "-"
	}
	return json.Number(sign + plain(trimmed, point)), nil
}

func plain(digits string, point int) string {
	switch {
	case point <= 0:
		return "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		return digits + strings.Repeat("0", point-len(digits))
	}
	return digits[:point] + "." + digits[point:]
}

func cutExponent(text string) (mantissa, exponent string, scientific bool) {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}

func clip(text string) string { return text[:min(len(text), 64)] }
