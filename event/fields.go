package event

import (
	"encoding/json"
	"math"
	"strings"
)

// maxArgs is how many customArgs a request may hold.
const maxArgs = 1000

// longestExtension is the length that no format's name passes.
const longestExtension = 16

// fieldNames are the fields of a Request but for the pictures, in the order in which they are checked.
var fieldNames = [...]string{
	"operation", "inputExtension", "outputExtension", "customArgs", "width", "height", "quality", "format", "progressive",
	"colorspace", "strip", "filter", "sharpening", "outputs",
}

// set reads one field of the event; raw is empty or null when the event does not have it.
func (r *Request) set(name string, raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var err *Error
	switch name {
	case "operation":
		var operation string
		operation, err = textField(name, raw)
		r.Operation = Operation(operation)
	case "inputExtension":
		r.InputExtension, err = extensionField(name, raw)
	case "outputExtension":
		r.OutputExtension, err = extensionField(name, raw)
	case "customArgs":
		r.CustomArgs, err = argsField(name, raw)
	case "width":
		r.Width, err = pixelsField(name, raw)
	case "height":
		r.Height, err = pixelsField(name, raw)
	case "quality":
		r.Quality, err = fractionField(name, raw)
	case "format":
		r.Format, err = extensionField(name, raw)
	case "progressive":
		r.Progressive, err = flagField(name, raw)
	case "colorspace":
		r.Colorspace, err = textField(name, raw)
	case "strip":
		var strip bool
		strip, err = flagField(name, raw)
		r.Strip = &strip
	case "filter":
		r.Filter, err = textField(name, raw)
	case "sharpening":
		r.Sharpening, err = fractionField(name, raw)
	case "outputs":
		if r.Outputs, err = textField(name, raw); err == nil {
			err = CheckOutputs(r.Outputs)
		}
	}
	if err != nil {
		return err
	}
	return nil
}

func wrongType(name, expected string) *Error {
	return Errorf(InvalidRequest, "Invalid request: the field %q must be %s", name, expected)
}

func textField(name string, raw json.RawMessage) (string, *Error) {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", wrongType(name, "text in double quotes")
	}
	return s, nil
}

// CheckOutputs refuses what a request cannot say of an answer of several pictures.
func CheckOutputs(s string) *Error {
	switch s {
	case "", OutputsFirst, OutputsAll:
		return nil
	}
	return wrongType("outputs", `"first" or "all"`)
}

// extensionField reads a format's name in lower case; a dot before it is dropped.
func extensionField(name string, raw json.RawMessage) (string, *Error) {
	s, err := textField(name, raw)
	if err != nil {
		return "", err
	}
	s = strings.ToLower(strings.TrimPrefix(s, "."))
	foreign := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }
	if len(s) > longestExtension || strings.ContainsFunc(s, foreign) {
		return "", wrongType(name, `a file name's extension such as "png" or "webp"`)
	}
	return s, nil
}

// pixelsField reads a whole number that is not negative; the engine's limits say how large it may be.
func pixelsField(name string, raw json.RawMessage) (*int, *Error) {
	var f float64
	if json.Unmarshal(raw, &f) != nil || f < 0 || f > math.MaxInt32 || f != math.Trunc(f) {
		return nil, wrongType(name, "a whole number of pixels such as 512")
	}
	n := int(f)
	return &n, nil
}

func fractionField(name string, raw json.RawMessage) (*float64, *Error) {
	var f float64
	if json.Unmarshal(raw, &f) != nil || f < 0 || f > 1 {
		return nil, wrongType(name, "a number from 0 to 1 such as 0.8")
	}
	return &f, nil
}

func flagField(name string, raw json.RawMessage) (bool, *Error) {
	var b bool
	if json.Unmarshal(raw, &b) != nil {
		return false, wrongType(name, "true or false")
	}
	return b, nil
}

// argsField reads a list of arguments: strings, or numbers, which count as the text that was written.
func argsField(name string, raw json.RawMessage) ([]string, *Error) {
	const expected = `a list of strings such as ["-rotate", "90"]`
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil, wrongType(name, expected)
	}
	if len(items) > maxArgs {
		return nil, Errorf(PayloadTooLarge, "Invalid request: the field %q holds more than %d arguments; send fewer", name, maxArgs)
	}
	args := make([]string, len(items))
	for i, item := range items {
		var number json.Number
		switch c := item[0]; {
		case c == '"':
			if json.Unmarshal(item, &args[i]) != nil {
				return nil, wrongType(name, expected)
			}
		case json.Unmarshal(item, &number) == nil && c != 'n':
			args[i] = number.String()
		default:
			return nil, wrongType(name, expected)
		}
	}
	return args, nil
}
