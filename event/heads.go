package event

import (
	"bytes"
	"encoding/base64"
)

// PictureHead is the beginning of a picture that an event carries.
type PictureHead struct {
	Data []byte // its first bytes, in memory of their own
	Size int64  // bytes of the whole picture, about
}

// PictureHeads gives the first bytes, at most limit of each, of the pictures in a JSON event: base64Image and inputs of the
// service's own, the body of a proxy event. It leaves payload as it is, and passes over what is no base64 text: an event that
// is wrong is for the function to refuse.
func PictureHeads(payload []byte, limit int) []PictureHead {
	var heads []PictureHead
	take := func(value []byte) {
		if len(value) > 2 && value[0] == '"' && len(heads) <= MaxInputs {
			heads = append(heads, headOf(value[1:len(value)-1], limit))
		}
	}
	_, _ = members(payload, func(key []byte, start, end int) bool {
		switch value := payload[start:end]; {
		case isKey(key, "base64Image"), isKey(key, "body"):
			take(value)
		case value[0] == '{' && isKey(key, "inputs"):
			_, _ = members(value, func(_ []byte, start, end int) bool {
				take(value[start:end])
				return true
			})
		}
		return true
	})
	return heads
}

// headOf decodes the beginning of base64 text as far as it goes.
func headOf(text []byte, limit int) PictureHead {
	size := int64(base64.StdEncoding.DecodedLen(len(text)))
	const escapes = 1024 // room for a data URL's prefix and some line ends
	head := bytes.Clone(text[:min(len(text), base64.StdEncoding.EncodedLen(limit)+escapes)])
	if i := bytes.LastIndexByte(head, '\\'); i >= 0 {
		if len(head) < len(text) && len(head)-i < len(`\u0000`) {
			head = head[:i] // the escape may be cut off
		}
		head, _ = unescape(head)
	}
	start, err := dataURLPrefix("", head)
	if err != nil {
		return PictureHead{Size: size}
	}
	head = head[start:]
	encoding := base64.RawStdEncoding
	if isURLSafe(head) {
		encoding = base64.RawURLEncoding
	}
	n, _ := encoding.Decode(head, head[:len(head)/4*4]) // what was decoded before an error counts
	return PictureHead{Data: head[:min(n, limit)], Size: size}
}
