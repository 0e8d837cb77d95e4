package cache

import (
	"bytes"
	"testing"

	"bluerose/event"
)

// FuzzForm looks for a form whose key is another's although the function reads it differently: both of the two that it makes
// of its input are read, and what has the same digest must be the same form.
func FuzzForm(f *testing.F) {
	const head = "Content-Disposition: form-data; name="
	f.Add([]byte("--a\r\n"+head+"image; filename=p\r\n\r\nx\r\n--a--\r\n"), []byte("--b\r\n"+head+"image; filename=p\r\n\r\nx\r\n--b--\r\n"))
	f.Add([]byte("--a\n"+head+"args\n\nx\n--a--"), []byte("pre\r\n--b\r\n"+head+"args\r\n\r\nx\r\n--b--epilogue"))
	f.Add([]byte("--a\r\n"+head+"image; filename=p\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41\r\n--a--"), []byte("--b\r\n"+head+"image; filename=p\r\n\r\nA\r\n--b--"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		const typeOne, typeTwo = "multipart/form-data; boundary=a", "multipart/form-data; boundary=b"
		a, b := contentOf([]string{typeOne}, one, sha), contentOf([]string{typeTwo}, two, sha)
		if a.sum != b.sum {
			return
		}
		first, errFirst := event.ParseForm(typeOne, one)
		second, errSecond := event.ParseForm(typeTwo, two)
		if (errFirst == nil) != (errSecond == nil) {
			t.Fatalf("one is a form and the other is not: %v, %v", errFirst, errSecond)
		}
		if errFirst != nil {
			return
		}
		same := bytes.Equal(first.Image, second.Image) && first.HasImage == second.HasImage && len(first.Inputs) == len(second.Inputs) &&
			len(first.Fields) == len(second.Fields)
		for name, data := range first.Inputs {
			same = same && bytes.Equal(data, second.Inputs[name])
		}
		for name, value := range first.Fields {
			same = same && value == second.Fields[name]
		}
		if !same {
			t.Errorf("%+v and %+v have one key", first, second)
		}
	})
}
