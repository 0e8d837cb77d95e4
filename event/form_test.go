package event

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// formType is the Content-Type of the forms that formOf makes.
const formType = `multipart/form-data; boundary=XX`

// formOf makes a form of parts "NAME=TEXT" (a field) and "NAME<DATA" (a file).
func formOf(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		name, data, isField := strings.Cut(part, "=")
		if i := strings.IndexByte(part, '<'); i >= 0 && (!isField || i < len(name)) {
			fmt.Fprintf(&b, "--XX\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"f\"\r\nContent-Type: image/png\r\n\r\n%s\r\n", part[:i], part[i+1:])
			continue
		}
		fmt.Fprintf(&b, "--XX\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", name, data)
	}
	return b.String() + "--XX--\r\n"
}

func TestParseForm(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want Form
	}{
		"picture and args": {formOf("image<ABC", "args=-negate", "output=png"), Form{Image: []byte("ABC"), HasImage: true, Fields: map[string]string{"args": "-negate", "output": "png"}}},
		"image is named":   {formOf("a.png<A", "image<B\r\n--X"), Form{Image: []byte("B\r\n--X"), HasImage: true, Inputs: Inputs{"a.png": []byte("A")}, Fields: map[string]string{}}},
		"hyphen":           {formOf("a.png<A", "-<B"), Form{Image: []byte("B"), HasImage: true, Inputs: Inputs{"a.png": []byte("A")}, Fields: map[string]string{}}},
		"first":            {formOf("photo<A", "b<B"), Form{Image: []byte("A"), HasImage: true, Inputs: Inputs{"b": []byte("B")}, Fields: map[string]string{}}},
		"empty file":       {formOf("image<"), Form{Image: []byte{}, HasImage: true, Fields: map[string]string{}}},
		"no file":          {formOf("args=a", "args=b"), Form{Fields: map[string]string{"args": "b"}}},
		"nothing":          {"--XX--\r\n", Form{Fields: map[string]string{}}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := ParseForm(formType, []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*f, c.want) {
				t.Errorf("got %+v, want %+v", *f, c.want)
			}
		})
	}
}

func TestParseFormRefuses(t *testing.T) {
	whole := formOf("image<ABCDEF")
	many := make([]string, maxFormParts+1)
	for i := range many {
		many[i] = "x=y"
	}
	for name, c := range map[string]struct {
		contentType, body string
		kind              Kind
		message           string
	}{
		"no boundary": {"multipart/form-data", whole, InvalidRequest, "The Content-Type multipart/form-data names no boundary; let your client set it"},
		"cut off":     {formType, whole[:len(whole)-12], InvalidRequest, "The body is not the form that its Content-Type says, or it is cut off; send it again, whole"},
		"no end":      {formType, strings.TrimSuffix(whole, "--XX--\r\n"), InvalidRequest, "The body is not the form that its Content-Type says, or it is cut off; send it again, whole"},
		"another":     {formType + "X", whole, InvalidRequest, "The body is not the form that its Content-Type says, or it is cut off; send it again, whole"},
		"empty":       {formType, "", InvalidRequest, "The body is not the form that its Content-Type says, or it is cut off; send it again, whole"},
		"no name":     {formType, formOf("<A"), InvalidRequest, "A field of the form has no name; name every field"},
		"same name":   {formType, formOf("image<A", "b<A", "b<B"), InvalidRequest, `Two inputs have the name "b"; give each its own`},
		"long text":   {formType, formOf("args=" + strings.Repeat("x", maxFormField+1)), PayloadTooLarge, `The field "args" of the form holds more than 65536 bytes of text; send a picture as a file`},
		"many":        {formType, formOf(many...), PayloadTooLarge, "The form has more than 64 fields; send fewer"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseForm(c.contentType, []byte(c.body))
			e := From(err)
			if e == nil || e.Kind != c.kind || e.Message != c.message {
				t.Errorf("got  %v\nwant %s %s", err, c.kind, c.message)
			}
		})
	}
}

func TestIsForm(t *testing.T) {
	for contentType, want := range map[string]bool{
		"multipart/form-data; boundary=a": true, "Multipart/Form-Data": true, "multipart/mixed; boundary=a": false,
		"image/png": false, "application/x-www-form-urlencoded": false, "": false,
	} {
		if IsForm(contentType) != want {
			t.Errorf("%q: %v", contentType, !want)
		}
	}
}

// FuzzParseForm looks for panics, and for pictures that are not as they stand in the body.
func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{formOf("image<ABC", "args=-negate", "b<B"), formOf("-<"), "--XX\r\n\r\n", "--XX\n\n\n--XX--"} {
		f.Add(formType, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		form, err := ParseForm(contentType, body)
		if err != nil {
			if From(err).Kind == Internal {
				t.Fatalf("%v", err)
			}
			return
		}
		if bytes.Contains(bytes.ToLower(body), []byte("quoted-printable")) {
			return // its text is another in the body
		}
		for name, data := range form.Inputs {
			if !bytes.Contains(body, data) {
				t.Errorf("%q holds %q", name, data)
			}
		}
		if !bytes.Contains(body, form.Image) || len(form.Inputs) > MaxInputs {
			t.Errorf("image %q, %d inputs", form.Image, len(form.Inputs))
		}
	})
}
