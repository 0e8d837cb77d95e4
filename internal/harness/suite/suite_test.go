package suite

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"bluerose/event"
	"bluerose/internal/harness/invoker"
	"bluerose/internal/harness/results"
)

func read(t *testing.T, text string) (*Suite, error) {
	t.Helper()
	return Read(fstest.MapFS{"s.yaml": {Data: []byte(text)}, "a.png": {Data: []byte("ABC")}}, "s.yaml")
}

func TestTheShippedSuiteHasEveryOperation(t *testing.T) {
	s, err := Operations()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range s.Cases {
		var e struct{ Operation string }
		if err := json.Unmarshal(c.Event, &e); err != nil {
			t.Fatal(err)
		}
		seen[e.Operation] = true
	}
	for _, operation := range []string{"ping", "getDimensions", "identify", "resize", "thumbnail", "convert", "getSample"} {
		if !seen[operation] {
			t.Errorf("there is no case of %s", operation)
		}
	}
}

func TestFilesStandInBase64(t *testing.T) {
	s, err := read(t, "function: f\ncases:\n- name: a\n  event: {n: 1, list: [!base64 a.png, {x: !base64 a.png}]}\n- name: b\n  function: g\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(s.Cases[0].Event); got != `{"list":["QUJD",{"x":"QUJD"}],"n":1}` || s.Cases[1].Function != "g" || s.Name != "s.yaml" {
		t.Errorf("got %s", got)
	}
}

func TestSuitesThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "0 cases", "cases: []": "0 cases", "cases: {": "no suite", "case: []": "no suite",
		"cases: [{name: a}]":                                                                                  "a function",
		"cases: [{function: f}]":                                                                              "a name",
		"cases: [{name: a, function: f, events: {}}]":                                                         "no suite",
		"cases: [{name: a, function: f, expect: {e: 1}}]":                                                     `unknown field "e"`,
		"cases: [{name: a, function: f, expect: {equals: {width: 1}}}]":                                       "JSONPath",
		"cases: [{name: a, function: f, event: {a: !base64 b.png}}]":                                          "beside the suite",
		"cases: [{name: a, function: f, event: {a: !base64 ../s.yaml}}]":                                      "beside the suite",
		"cases: [{name: a, function: f, event: {a: &x 1, b: *x}}]":                                            "aliases",
		"cases: [{name: a, function: f, event: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}]": "nested",
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", text, err, want)
		}
	}
}

func report(t *testing.T, form string) string {
	t.Helper()
	s, err := read(t, "name: S\nfunction: f\ncases: [{name: good}, {name: 'bad #1'}, {name: lost}, {name: never}]")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	r, err := NewReporter(form, &out)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.Begin(s)
	all := s.Run(ctx, "T", func(_ context.Context, unit []byte) (*results.Result, error) {
		var e struct {
			Iteration int
			TestID    string
		}
		if err := json.Unmarshal(unit, &e); err != nil || e.TestID != "T" {
			t.Errorf("got %s", unit)
		}
		switch e.Iteration {
		case 0:
			return &results.Result{Passed: true, DurationMS: 12}, nil
		case 1:
			return &results.Result{ErrorKind: "Expectation", Reason: `$: got "<1>"`, DurationMS: 3}, nil
		}
		cancel()
		return nil, errors.New("no table")
	}, r.Case)
	if err := r.End(s, all); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReports(t *testing.T) {
	for form, wants := range map[string][]string{
		"text": {"  ok    good", "12.0 ms", "  FAIL  bad #1\n        $: got \"<1>\"", "  FAIL  lost\n        no table", "1 of 4 passed"},
		"tap":  {"TAP version 13\n1..4\nok 1 - good\n", `not ok 2 - bad \#1`, `message: "$: got \"<1>\""`, "not ok 3 - lost", "Bail out!"},
		"junit": {`<testsuite name="S" tests="4" failures="1" errors="1" skipped="1" time="0.015">`, `<testcase name="good" classname="f" time="0.012">`,
			`<failure type="Expectation"`, `<error message="no table">`, `<skipped></skipped>`},
	} {
		got := report(t, form)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: there is no %q in\n%s", form, want, got)
			}
		}
	}
	if err := xml.Unmarshal([]byte(report(t, "junit")), new(junitSuite)); err != nil {
		t.Error(err)
	}
	if _, err := NewReporter("html", nil); err == nil {
		t.Error("a form that there is not")
	}
}

type fake func() (*invoker.Outcome, error)

func (f fake) Invoke(context.Context, string, []byte) (*invoker.Outcome, error) { return f() }

func TestRunners(t *testing.T) {
	unit := []byte(`{"operation":"unit","function":"f","testId":"T","expect":{"equals":{"$":1}}}`)
	answer := func(payload, functionError string, err error) fake {
		return func() (*invoker.Outcome, error) {
			return &invoker.Outcome{Payload: []byte(payload), FunctionError: functionError}, err
		}
	}
	if r, err := InHarness(answer(`{"passed":true,"testId":"T"}`, "", nil), "harness")(t.Context(), unit); err != nil || !r.Passed {
		t.Errorf("got %+v, %v", r, err)
	}
	for _, f := range []fake{
		answer(`{"errorMessage":"There is no table","errorType":"NotFound"}`, "Unhandled", nil), answer(`x`, "Unhandled", nil), answer(`x`, "", nil),
		answer("", "", event.Errorf(event.NotFound, "There is no function harness")),
	} {
		if _, err := InHarness(f, "harness")(t.Context(), unit); err == nil || !strings.Contains(err.Error(), "here is no") && !strings.Contains(err.Error(), "harness") {
			t.Errorf("got %v", err)
		}
	}
	for payload, want := range map[string]bool{"1": true, "2": false} {
		if r, err := Here(answer(payload, "", nil), "image")(t.Context(), unit); err != nil || r.Passed != want {
			t.Errorf("got %+v, %v", r, err)
		}
	}
}
