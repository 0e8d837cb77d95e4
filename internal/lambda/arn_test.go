package lambda

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"bluerose/event"
)

func TestParseReference(t *testing.T) {
	const arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
	for _, test := range []struct {
		id, qualifier string
		want          reference
	}{
		{"f", "", reference{name: "f"}},
		{"f", "prod", reference{name: "f", qualifier: "prod"}},
		{"f:7", "", reference{name: "f", qualifier: "7"}},
		{"f:$LATEST", "$LATEST", reference{name: "f", qualifier: "$LATEST"}},
		{"123456789012:function:f", "", reference{account: "123456789012", name: "f"}},
		{"123456789012:function:f:prod", "", reference{account: "123456789012", name: "f", qualifier: "prod"}},
		{arn, "", reference{region: "eu-west-1", account: "123456789012", name: "f"}},
		{arn + ":prod", "", reference{region: "eu-west-1", account: "123456789012", name: "f", qualifier: "prod"}},
	} {
		if got, err := parseReference(test.id, test.qualifier); err != nil || got != test.want {
			t.Errorf("%s %s: %+v %v", test.id, test.qualifier, got, err)
		}
	}
	for _, bad := range [][2]string{
		{"", ""}, {"a b", ""}, {"a/b", ""}, {"f:1", "2"}, {"f", "$1"}, {"f:1:2", ""}, {arn + ":1:2", ""}, {strings.Repeat("f", 65), ""},
		{"arn:aws:s3:eu-west-1:123456789012:function:f", ""},
	} {
		if got, err := parseReference(bad[0], bad[1]); event.From(err) == nil || event.From(err).Kind != event.InvalidRequest {
			t.Errorf("%s %s: %+v %v", bad[0], bad[1], got, err)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	f.Add("arn:aws:lambda:eu-west-1:123456789012:function:f:prod", "prod")
	f.Add("123456789012:function:f", "$LATEST")
	f.Fuzz(func(t *testing.T, id, qualifier string) {
		r, err := parseReference(id, qualifier)
		if err != nil {
			return
		}
		if !functionName.MatchString(r.name) || qualifier != "" && r.qualifier != qualifier {
			t.Errorf("%q %q: %+v", id, qualifier, r)
		}
		if again, err := parseReference(r.name, r.qualifier); err != nil || again.name != r.name || again.qualifier != r.qualifier {
			t.Errorf("%+v, again %+v %v", r, again, err)
		}
	})
}

func TestReadBody(t *testing.T) {
	data := bytes.Repeat([]byte("abc"), 100_000)
	size := int64(len(data))
	for _, length := range []int64{size, -1} {
		got, err := readBody(iotest.HalfReader(bytes.NewReader(data)), length, size)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("length %d: %d bytes, %v", length, len(got), err)
		}
		if _, err := readBody(bytes.NewReader(data), length, size-1); !errors.Is(err, errTooLarge) {
			t.Errorf("length %d: %v", length, err)
		}
	}
	if _, err := readBody(bytes.NewReader(data), size+1, size+1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut off: %v", err)
	}
	if _, err := readBody(strings.NewReader(""), 1, 1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("empty: %v", err)
	}
	if _, err := readBody(iotest.TimeoutReader(bytes.NewReader(data)), -1, size); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("broken: %v", err)
	}
}
