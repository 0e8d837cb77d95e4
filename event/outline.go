package event

import (
	"encoding/json"
	"slices"
)

// Outline gives a JSON event without its pictures: an empty text stands in place of every base64 text, in memory of its own.
// It reads each byte of the pictures at most once and copies none, so that a gateway can look at an event of megabytes.
// Errors are *Error, those of ParseRequest for what is no JSON object, or one of more than 1 MiB beside the pictures.
func Outline(payload []byte) ([]byte, error) {
	rest, ok := cut(payload, func(key, value []byte) string {
		switch {
		case value[0] == '"' && isKey(key, "base64Image"):
			return `""`
		case value[0] == '{' && isKey(key, "inputs"):
			inputs, ok := cut(value, func(_, value []byte) string {
				if value[0] == '"' {
					return `""`
				}
				return ""
			})
			if ok && inputs != nil {
				return string(inputs)
			}
		}
		return ""
	})
	switch {
	case !ok || len(rest) > 0 && !json.Valid(rest):
		return nil, notAnObject(payload)
	case rest == nil:
		return nil, Errorf(PayloadTooLarge, "The event holds more than 1 MiB of JSON beside the pictures; send fewer or shorter fields")
	}
	return rest, nil
}

// operations are those that there are.
var operations = []Operation{Ping, GetDimensions, Identify, Resize, Thumbnail, Convert, GetSample}

// Known reports whether the image function has that operation.
func (o Operation) Known() bool { return slices.Contains(operations, o) }
