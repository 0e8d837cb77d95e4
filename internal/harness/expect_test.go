package harness

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/harness/invoker"
)

func TestExpectations(t *testing.T) {
	const answer = `{"width":300,"name":"rose","sizes":[1,2,3],"deep":{"a":[{"b":1.0}]},"none":null}`
	for expect, want := range map[string]string{
		`{"equals":{"$.width":300}}`:                          "",
		`{"equals":{"$.width":3e2,"$.deep":{"a":[{"b":1}]}}}`: "",
		`{"equals":{"$.none":null}}`:                          "",
		`{"equals":{"$.width":"300"}}`:                        `$.width: got 300, want "300"`,
		`{"equals":{"$.height":1}}`:                           "$.height: there is nothing",
		`{"equals":{"$.sizes[*]":1}}`:                         "$.sizes[*]: got 2, want 1",
		`{"equals":{"$":{}}}`:                                 "$: got ",
		`{"matches":{"$.name":"^ro","$.width":"^3\\d+$"}}`:    "",
		`{"matches":{"$.sizes[*]":"^[1-3]$"}}`:                "",
		`{"matches":{"$.name":"^x"}}`:                         `$.name: got "rose", want a match of ^x`,
		`{"picture":{}}`:                                      "no base64 text",
	} {
		var x Expect
		if err := json.Unmarshal([]byte(expect), &x); err != nil {
			t.Fatal(err)
		}
		if err := x.check(); err != nil {
			t.Errorf("%s: %v", expect, err)
			continue
		}
		_, got := x.judge(t.Context(), meter{}, []byte(answer))
		if got == "" != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", expect, got, want)
		}
	}
}

func TestPicturesAreMeasuredByTheImageFunction(t *testing.T) {
	w := &world{invoke: func(_ context.Context, function string, payload []byte) (*invoker.Outcome, error) {
		var request struct {
			Operation, Base64Image string
			Inputs                 map[string]string
		}
		if err := json.Unmarshal(payload, &request); err != nil || function != "image" {
			t.Fatalf("asked %s for %s", function, payload)
		}
		if request.Base64Image == "broken" {
			return answers(`{"errorMessage":"The picture is broken"}`)(nil, "", nil)
		}
		switch request.Operation {
		case "identify":
			return answers(`{"format":"JPEG","width":30,"height":20}`)(nil, "", nil)
		case "getDimensions":
			if request.Base64Image == "small" {
				return answers(`"3x2"`)(nil, "", nil)
			}
			return answers(`"30x20"`)(nil, "", nil)
		case "convert":
			if request.Inputs["reference"] != "like" {
				t.Errorf("compared with %v", request.Inputs)
			}
			return answers(`"0.05"`)(nil, "", nil)
		}
		return nil, event.Errorf(event.InvalidRequest, "no")
	}}
	for _, test := range []struct {
		picture Picture
		answer  string
		want    string
	}{
		{Picture{Format: "jpeg", Width: 30}, `"QUJD"`, ""},
		{Picture{Format: "PNG"}, `"QUJD"`, "is a JPEG, want PNG"},
		{Picture{Height: 30}, `"QUJD"`, "is 30x20, want anyx30"},
		{Picture{Reference: "like", Distance: 0.06}, `"QUJD"`, ""},
		{Picture{Reference: "like", Distance: 0.04}, `"QUJD"`, "differs from its reference by 0.05, want at most 0.04"},
		{Picture{Reference: "small", Distance: 1}, `"QUJD"`, "its reference 3x2"},
		{Picture{}, `"broken"`, "The picture is broken"},
		{Picture{}, `[1]`, "no base64 text"},
	} {
		x := Expect{Picture: &test.picture}
		_, got := x.judge(t.Context(), meter{w, "image"}, []byte(test.answer))
		if got == "" != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%+v: got %q, want %q", test.picture, got, test.want)
		}
	}
}

func TestFailuresThatAreExpected(t *testing.T) {
	const failure = `{"errorMessage":"Unrecognized operation \"fly\"","errorType":"InvalidRequest"}`
	for _, test := range []struct{ expect, answer, want string }{
		{`{"failure":{}}`, failure, ""},
		{`{"failure":{"type":"InvalidRequest","message":"^Unrecognized"}}`, failure, ""},
		{`{"failure":{"type":"NotFound"}}`, failure, "failed with InvalidRequest, want NotFound"},
		{`{"failure":{"message":"^No"}}`, failure, "want a match of ^No"},
		{`{"failure":{}}`, `"pong"`, "did not fail"},
	} {
		var x Expect
		if err := json.Unmarshal([]byte(test.expect), &x); err != nil {
			t.Fatal(err)
		}
		kind, got := x.judge(t.Context(), meter{}, []byte(test.answer))
		if got == "" != (test.want == "") || !strings.Contains(got, test.want) || kind == "" != (test.want == "") {
			t.Errorf("%s: got %s %q, want %q", test.expect, kind, got, test.want)
		}
	}
}
