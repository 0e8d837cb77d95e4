package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
)

// decodeBase64 decodes the text of a JSON string in the memory that holds it, and gives the bytes.
//
// It takes whatever means one thing only: JSON escapes (\/ and \u002b), lines (\n, \r\n), the URL-safe alphabet, missing
// padding, and a data URL's prefix. Offsets in its errors count the bytes of the string that the sender encoded, from 0.
func decodeBase64(field string, text []byte) ([]byte, *Error) {
	wrapped := bytes.IndexByte(text, '\\') >= 0
	if wrapped {
		if i := controlAt(text); i >= 0 {
			return nil, brokenBase64(field, i)
		}
		var bad int
		if text, bad = unescape(text); bad >= 0 {
			return nil, brokenBase64(field, bad)
		}
	}
	start, err := dataURLPrefix(field, text)
	if err != nil {
		return nil, err
	}
	digits := trimPadding(text[start:], wrapped)
	encoding := base64.RawStdEncoding
	if isURLSafe(digits) {
		encoding = base64.RawURLEncoding
	}
	if !wrapped && len(digits)%4 == 1 {
		if i := firstForeign(digits); i < len(digits) {
			return nil, brokenBase64(field, start+i)
		}
		return nil, cutOffBase64(field, start+len(digits))
	}
	// encoding/base64 writes behind what it has read, also when source and destination are the same memory; the tests hold it to that.
	n, failure := encoding.Decode(digits, digits)
	var corrupt base64.CorruptInputError
	if errors.As(failure, &corrupt) {
		at := int(corrupt)
		if at >= len(digits) || isDigit(digits[at]) {
			return nil, cutOffBase64(field, start+len(digits))
		}
		return nil, brokenBase64(field, start+at)
	}
	if !wrapped && n != encoding.DecodedLen(len(digits)) { // a line end that is no JSON escape: the decoder passes it over
		return nil, Errorf(InvalidRequest, "The event is not JSON: %q holds a raw line end; send its base64 text in one line", field)
	}
	return digits[:n], nil
}

// controlAt gives the place of a raw line end, which no JSON string may hold, or -1.
func controlAt(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return bytes.IndexByte(text, '\r')
}

// unescape resolves the JSON escapes of base64 text in place. The second result is the place of an escape that base64
// text cannot hold, or -1.
func unescape(text []byte) ([]byte, int) {
	w := 0
	for r := 0; r < len(text); {
		n := bytes.IndexByte(text[r:], '\\')
		if n < 0 {
			n = len(text) - r
		}
		w += copy(text[w:], text[r:r+n])
		if r += n; r == len(text) {
			break
		}
		c, size := escaped(text[r:])
		if size == 0 {
			return nil, w
		}
		text[w] = c
		w++
		r += size
	}
	return text[:w], -1
}

// escaped gives the character of the escape that text begins with and the escape's length, 0 when base64 text cannot hold it.
func escaped(text []byte) (byte, int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch text[1] {
	case '/':
		return '/', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 'u':
		const size = len(`\u0000`)
		if len(text) < size {
			return 0, 0
		}
		if c, err := strconv.ParseUint(string(text[2:size]), 16, 7); err == nil {
			return byte(c), size
		}
	}
	return 0, 0
}

// dataURLPrefix gives the length of the prefix of a base64 data URL (RFC 2397), 0 when text has none.
func dataURLPrefix(field string, text []byte) (int, *Error) {
	const scheme, longest = "data:", 256
	if len(text) < len(scheme) || !bytes.EqualFold(text[:len(scheme)], []byte(scheme)) {
		return 0, nil
	}
	head := text[:min(len(text), longest)]
	comma := bytes.IndexByte(head, ',')
	if comma < 0 || !bytes.HasSuffix(bytes.ToLower(head[:comma]), []byte(";base64")) {
		return 0, Errorf(InvalidRequest, `%q is a data URL without base64; send data:image/png;base64,… or the base64 text alone`, field)
	}
	return comma + 1, nil
}

// trimPadding takes up to two equals signs from the end, and the line ends around them.
func trimPadding(text []byte, wrapped bool) []byte {
	for signs := 0; len(text) > 0; {
		switch last := text[len(text)-1]; {
		case last == '=' && signs < 2:
			signs++
		case wrapped && (last == '\n' || last == '\r'):
		default:
			return text
		}
		text = text[:len(text)-1]
	}
	return text
}

// isURLSafe reports whether text is of the URL-safe alphabet of RFC 4648; text that mixes both alphabets is of neither.
func isURLSafe(text []byte) bool {
	if bytes.IndexByte(text, '-') < 0 && bytes.IndexByte(text, '_') < 0 {
		return false
	}
	return bytes.IndexByte(text, '+') < 0 && bytes.IndexByte(text, '/') < 0
}

func isDigit(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

func firstForeign(text []byte) int {
	i := 0
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func brokenBase64(field string, at int) *Error {
	return Errorf(InvalidRequest, "%q is not base64: byte %d of its text is no base64 character; send the bytes in standard base64 (RFC 4648)", field, at)
}

func cutOffBase64(field string, at int) *Error {
	return Errorf(InvalidRequest, "%q is not base64: its text is cut off at byte %d; send all of it", field, at)
}

// EncodeImage gives a picture as the operations answer it: a JSON string of base64 text, made in one buffer.
func EncodeImage(data []byte) []byte {
	out := make([]byte, 0, base64.StdEncoding.EncodedLen(len(data))+2)
	out = append(out, '"')
	out = base64.StdEncoding.AppendEncode(out, data)
	return append(out, '"')
}

// EncodeImages gives several pictures as convert answers them: a JSON array of base64 texts, made in one buffer.
func EncodeImages(pictures [][]byte) []byte {
	size := len("[]")
	for _, data := range pictures {
		size += base64.StdEncoding.EncodedLen(len(data)) + len(`"",`)
	}
	out := append(make([]byte, 0, size), '[')
	for i, data := range pictures {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(base64.StdEncoding.AppendEncode(out, data), '"')
	}
	return append(out, ']')
}

// DecodeImage gives the picture of an operation's answer, decoded in the payload's own memory.
func DecodeImage(payload []byte) ([]byte, error) {
	payload = bytes.TrimSpace(payload)
	if len(payload) < 2 || payload[0] != '"' || skipString(payload, 0) != len(payload) {
		return nil, Errorf(InvalidRequest, "The answer is not a JSON string of base64 text")
	}
	data, err := decodeBase64("answer", payload[1:len(payload)-1])
	if err != nil {
		return nil, err
	}
	return data, nil
}

// withBase64 gives the JSON object with one more member, key: the base64 text of data, made in one buffer.
func withBase64(object []byte, key string, data []byte) []byte {
	out := make([]byte, 0, len(object)+len(key)+len(`,"":""`)+base64.StdEncoding.EncodedLen(len(data)))
	out = appendKey(out, object, key)
	out = append(out, '"')
	out = base64.StdEncoding.AppendEncode(out, data)
	return append(out, '"', '}')
}

// withText gives the JSON object with one more member, key: data as a JSON string, or null when it is empty.
func withText(object []byte, key string, data []byte) ([]byte, error) {
	value := []byte("null")
	if len(data) > 0 {
		var err error
		if value, err = json.Marshal(string(data)); err != nil {
			return nil, err
		}
	}
	out := appendKey(make([]byte, 0, len(object)+len(key)+len(value)+4), object, key)
	return append(append(out, value...), '}'), nil
}

// appendKey appends the object without its closing brace, and the key of its next member.
func appendKey(out, object []byte, key string) []byte {
	out = append(out, object[:len(object)-1]...)
	if len(object) > len("{}") {
		out = append(out, ',')
	}
	return append(append(append(out, '"'), key...), '"', ':')
}
