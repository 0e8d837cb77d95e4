package event

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// The bounds of a Form.
const (
	maxFormParts = 64
	maxFormField = 64 << 10 // bytes of a field that is no picture
)

// Form is a request of multipart/form-data (RFC 7578), as browsers and `curl -F` send it.
type Form struct {
	Image    []byte            // the request's own picture
	HasImage bool              // whether there is one
	Inputs   Inputs            // the other pictures, by the names of their fields
	Fields   map[string]string // what is no picture: the last of several of one name
}

// IsForm reports whether a Content-Type is that of a form with files.
func IsForm(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(media), "multipart/form-data")
}

// file is a part of a form that came with a file's name.
type file struct {
	name string // of the field
	data []byte
}

// ParseForm reads the body of a form. The picture is the file of the field "image" or "-", else the first file; the other
// files are inputs under their fields' names. A part counts as a file when it carries the name of one: so says RFC 7578, and
// so browsers say which of their file fields are empty.
// Errors are *Error: InvalidRequest for what is no such body, PayloadTooLarge for more parts, inputs or text than allowed.
func ParseForm(contentType string, body []byte) (*Form, error) {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || parameters["boundary"] == "" {
		return nil, Errorf(InvalidRequest, "The Content-Type multipart/form-data names no boundary; let your client set it").Wrap(err)
	}
	f := &Form{Fields: map[string]string{}}
	files, err := f.read(multipart.NewReader(bytes.NewReader(body), parameters["boundary"]), make([]byte, len(body)))
	if err != nil {
		return nil, err
	}
	own := ownPicture(files)
	for i, part := range files {
		if i == own {
			f.Image, f.HasImage = part.data, true
			continue
		}
		if err := f.Inputs.Add(part.name, part.data); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// ownPicture gives the place of the request's own picture, -1 when there is none.
func ownPicture(files []file) int {
	for i, part := range files {
		if part.name == "image" || part.name == "-" {
			return i
		}
	}
	return min(len(files), 1) - 1
}

// read fills the fields and gives the files. Their bytes are put one behind the other into room, which is as large as the
// body and therefore never too small.
func (f *Form) read(parts *multipart.Reader, room []byte) ([]file, error) {
	var files []file
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart wraps the EOF of a body that is cut off
			return files, nil
		}
		if n >= maxFormParts {
			return nil, Errorf(PayloadTooLarge, "The form has more than %d fields; send fewer", maxFormParts)
		}
		if err != nil {
			return nil, brokenForm(err)
		}
		size, err := io.ReadFull(part, room)
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, brokenForm(err)
		}
		name, data := part.FormName(), room[:size:size]
		switch {
		case name == "":
			return nil, Errorf(InvalidRequest, "A field of the form has no name; name every field")
		case part.FileName() != "":
			files = append(files, file{name, data})
			room = room[size:]
		case size > maxFormField:
			return nil, Errorf(PayloadTooLarge, "The field %s of the form holds more than %d bytes of text; send a picture as a file", shown(name), maxFormField)
		default:
			f.Fields[name] = string(data)
		}
	}
}

func brokenForm(cause error) *Error {
	return Errorf(InvalidRequest, "The body is not the form that its Content-Type says, or it is cut off; send it again, whole").Wrap(cause)
}
