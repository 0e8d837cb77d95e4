package event

import (
	"bytes"
	"encoding/json"
)

// maxRest is how many bytes of JSON may stand beside a picture in an event: 1 MiB.
const maxRest = 1 << 20

// shape says what the value of a member is.
type shape int

const (
	absent shape = iota // no such member, or null
	text                // a JSON string
	object              // a JSON object
	other               // anything else
)

// member is the value of a member that was cut out of a JSON object.
type member struct {
	shape shape
	raw   []byte // the value as it stands in the payload: a string with its quotes and escapes, an object with its braces
}

// take keeps value, and gives what stands in its place in the rest when it is of the wanted shape. As in encoding/json, the
// last member counts when there are several of one name.
func (m *member) take(value []byte, wanted shape) (instead string) {
	switch {
	case value[0] == '"':
		m.shape, instead = text, `""`
	case value[0] == '{':
		m.shape, instead = object, "{}"
	case string(value) == "null":
		m.shape = absent
	default:
		m.shape = other
	}
	m.raw = value
	if m.shape != wanted {
		return ""
	}
	return instead
}

// inside gives what stands between the quotes of a string; nil for what is no string.
func (m *member) inside() []byte {
	if m.shape != text {
		return nil
	}
	return m.raw[1 : len(m.raw)-1]
}

// cut takes values out of the JSON object in payload: what take gives for a top-level member stands in rest in place of its
// value, and "" leaves the value where it is. rest is memory of its own, and nil when it would be larger than maxRest.
//
// The scanner is loose, and may be: whoever decodes rest checks the syntax of everything but what was taken, and a rest that
// is valid JSON proves that each of those was one whole value. It reports false when payload is no object, or ends early.
func cut(payload []byte, take func(key, value []byte) (instead string)) (rest []byte, ok bool) {
	rest = make([]byte, 0, 1024)
	kept := 0
	_, ok = members(payload, func(key []byte, start, end int) bool {
		if instead := take(key, payload[start:end]); instead != "" {
			if len(rest)+start-kept > maxRest {
				rest = nil
				return false
			}
			rest = append(append(rest, payload[kept:start]...), instead...)
			kept = end
		}
		return true
	})
	if !ok || rest == nil || len(rest)+len(payload)-kept > maxRest {
		return nil, ok
	}
	return append(rest, payload[kept:]...), true
}

// members calls visit with the key (escapes and all) and the place of the value of each top-level member of the JSON object
// in payload, until visit answers false. It gives the place where it stopped, and whether that is the object's end or visit's wish.
func members(payload []byte, visit func(key []byte, start, end int) bool) (int, bool) {
	i := skipSpace(payload, 0)
	if i == len(payload) || payload[i] != '{' {
		return i, false
	}
	i = skipSpace(payload, i+1)
	for i < len(payload) && payload[i] == '"' {
		end := skipString(payload, i)
		if end < 0 {
			return i, false
		}
		key := payload[i+1 : end-1]
		i = skipSpace(payload, end)
		if i == len(payload) || payload[i] != ':' {
			return i, false
		}
		start := skipSpace(payload, i+1)
		if end = skipValue(payload, start); end <= start {
			return start, false
		}
		if !visit(key, start, end) {
			return end, true
		}
		i = skipSpace(payload, end)
		if i < len(payload) && payload[i] == ',' {
			i = skipSpace(payload, i+1)
		}
	}
	if i == len(payload) || payload[i] != '}' {
		return i, false
	}
	return len(payload), true
}

// isKey reports whether a key as it stands in JSON text means name.
func isKey(raw []byte, name string) bool {
	const longestEscape = len(`\u0061`)
	if bytes.IndexByte(raw, '\\') < 0 || len(raw) > longestEscape*len(name) {
		return string(raw) == name
	}
	var key string
	quoted := append(append([]byte{'"'}, raw...), '"')
	return json.Unmarshal(quoted, &key) == nil && key == name
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// skipString gives the place behind the string whose opening quote is b[i], and -1 when it does not end.
// A quote ends the string when an even number of backslashes stands before it.
func skipString(b []byte, i int) int {
	start := i + 1
	for i = start; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		slash := i
		for slash > start && b[slash-1] == '\\' {
			slash--
		}
		i++
		if (i-1-slash)%2 == 0 {
			return i
		}
	}
}

// skipValue gives the place behind the value that starts at b[i], and -1 when it does not end.
func skipValue(b []byte, i int) int {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			if i = skipString(b, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			i++
		case ',', ':', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			n := bytes.IndexAny(b[i:], "\",:{}[] \n\r\t")
			if n < 0 {
				return -1
			}
			i += n
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}
