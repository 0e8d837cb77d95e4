package event

import (
	"bytes"
	"encoding/json"
)

// Operation names one of the service's seven operations.
type Operation string

// The operations of the image service.
const (
	Ping          Operation = "ping"
	GetDimensions Operation = "getDimensions"
	Identify      Operation = "identify"
	Resize        Operation = "resize"
	Thumbnail     Operation = "thumbnail"
	Convert       Operation = "convert"
	GetSample     Operation = "getSample"
)

// Defaults of the fields of a Request.
const (
	DefaultExtension  = "png"
	DefaultWidth      = 100 // pixels, when neither width nor height is given
	DefaultQuality    = 0.8
	DefaultFormat     = "jpg"
	DefaultFilter     = "Lagrange"
	DefaultSharpening = 0.2
)

// What a request may say of an answer of several pictures: tiles, or the frames of an animation in a format that holds one.
const (
	OutputsFirst = "first" // only the first, as base64 text
	OutputsAll   = "all"   // a list of base64 texts, also when there is only one
)

// Request is the service's own event. Fields that are absent take the defaults named here, except where an operation
// says otherwise (see Request.SetDefaults).
type Request struct {
	Operation       Operation `json:"operation"`
	Base64Image     []byte    `json:"base64Image,omitempty"`     // the picture; base64 text on the wire, its bytes here
	InputExtension  string    `json:"inputExtension,omitempty"`  // settles what the bytes cannot; default "png"
	OutputExtension string    `json:"outputExtension,omitempty"` // default "png", but for convert
	CustomArgs      []string  `json:"customArgs,omitempty"`      // ImageMagick arguments; at most 1000
	Width           *int      `json:"width,omitempty"`           // pixels; 0 is none; neither width nor height: width 100
	Height          *int      `json:"height,omitempty"`          // pixels; 0 is none
	Quality         *float64  `json:"quality,omitempty"`         // 0 to 1; default 0.8
	Format          string    `json:"format,omitempty"`          // default "jpg"; quality counts when it is jpg or png
	Progressive     bool      `json:"progressive,omitempty"`     // interlace the output
	Colorspace      string    `json:"colorspace,omitempty"`      // an ImageMagick colourspace; default: as it is
	Strip           *bool     `json:"strip,omitempty"`           // drop profiles and comments; default true
	Filter          string    `json:"filter,omitempty"`          // an ImageMagick filter; default "Lagrange"
	Sharpening      *float64  `json:"sharpening,omitempty"`      // 0 to 1; default 0.2
	Inputs          Inputs    `json:"inputs,omitempty"`          // what customArgs may name beside the picture; base64 texts on the wire
	Outputs         string    `json:"outputs,omitempty"`         // OutputsFirst or OutputsAll; default: a list only where convert gives several

	// HasImage says whether the request carried a base64Image field at all, so that an empty one can be told from a missing one.
	HasImage bool `json:"-"`
}

// ParseRequest reads the service's own event. It takes over payload: the pictures are decoded in its memory.
//
// Fields that it does not know are ignored, null is the same as absent, and the last of several fields of one name counts.
// Errors are *Error: InvalidRequest for what is no JSON, no base64 or of the wrong type, PayloadTooLarge for more than 1 MiB
// beside the pictures, more than 1000 customArgs, or more inputs than the bounds of Inputs allow.
func ParseRequest(payload []byte) (*Request, error) {
	var picture, inputs member
	rest, ok := cut(payload, func(key, value []byte) string {
		switch {
		case isKey(key, "base64Image"):
			return picture.take(value, text)
		case isKey(key, "inputs"):
			return inputs.take(value, object)
		}
		return ""
	})
	if !ok {
		return nil, notAnObject(payload)
	}
	if rest == nil {
		return nil, Errorf(PayloadTooLarge, "The event holds more than 1 MiB of JSON beside the pictures; send fewer or shorter fields")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(rest, &fields); err != nil {
		return nil, Errorf(InvalidRequest, "The event is not JSON; send one JSON object").Wrap(err)
	}
	r := &Request{}
	for _, name := range fieldNames {
		if err := r.set(name, fields[name]); err != nil {
			return nil, err
		}
	}
	switch picture.shape {
	case object, other:
		return nil, wrongType("base64Image", "base64 text")
	case text:
		data, err := decodeBase64("base64Image", picture.inside())
		if err != nil {
			return nil, err
		}
		r.Base64Image, r.HasImage = data, true
	}
	if err := r.readInputs(inputs); err != nil {
		return nil, err
	}
	return r, nil
}

// notAnObject says what is wrong with a payload that the scanner gave up on.
func notAnObject(payload []byte) *Error {
	if i := skipSpace(payload, 0); len(payload) <= maxRest && (i == len(payload) || payload[i] != '{') && json.Valid(payload) {
		return Errorf(InvalidRequest, "The event must be a JSON object such as {\"operation\": \"ping\"}")
	}
	return Errorf(InvalidRequest, "The event is not JSON; send one JSON object")
}

// MarshalJSON gives the request as it goes over the wire, in one buffer. Calling it directly is faster than json.Marshal,
// which checks every byte of the result once more.
func (r Request) MarshalJSON() ([]byte, error) {
	type plain Request
	p := plain(r)
	p.Base64Image = nil
	object, err := json.Marshal(p)
	if err != nil || len(r.Base64Image) == 0 && !r.HasImage {
		return object, err
	}
	return withBase64(object, "base64Image", r.Base64Image), nil
}

// UnmarshalJSON reads a request like ParseRequest, but leaves data as it is.
func (r *Request) UnmarshalJSON(data []byte) error {
	p, err := ParseRequest(bytes.Clone(data))
	if err != nil {
		return err
	}
	*r = *p
	return nil
}

// SetDefaults fills the fields that are absent with their defaults. OutputExtension stays empty for convert, which then
// answers the text that the command prints. Width 0 and height 0 are the same as absent.
func (r *Request) SetDefaults() {
	orElse(&r.InputExtension, DefaultExtension)
	orElse(&r.Format, DefaultFormat)
	orElse(&r.Filter, DefaultFilter)
	if r.Operation != Convert {
		orElse(&r.OutputExtension, DefaultExtension)
	}
	if r.Quality == nil {
		r.Quality = new(DefaultQuality)
	}
	if r.Sharpening == nil {
		r.Sharpening = new(DefaultSharpening)
	}
	if r.Strip == nil {
		r.Strip = new(true)
	}
	if r.Width == nil {
		r.Width = new(0)
	}
	if r.Height == nil {
		r.Height = new(0)
	}
	if *r.Width == 0 && *r.Height == 0 {
		r.Width = new(DefaultWidth)
	}
}

func orElse(field *string, value string) {
	if *field == "" {
		*field = value
	}
}
