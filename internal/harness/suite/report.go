package suite

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Reporter writes what becomes of a suite.
type Reporter interface {
	Begin(s *Suite)
	Case(i int, o Outcome)
	End(s *Suite, all []Outcome) error
}

// NewReporter gives the reporter of a form: "text", "tap" (TAP version 13) or "junit" (JUnit's XML).
func NewReporter(form string, w io.Writer) (Reporter, error) {
	switch form {
	case "text":
		return text{w}, nil
	case "tap":
		return tap{w}, nil
	case "junit":
		return junit{w}, nil
	}
	return nil, fmt.Errorf("there is no form %q; choose text, tap or junit", form)
}

type text struct{ w io.Writer }

func (t text) Begin(s *Suite) { fmt.Fprintf(t.w, "%s\n\n", s.Name) }

func (t text) Case(_ int, o Outcome) {
	if o.Passed() {
		fmt.Fprintf(t.w, "  ok    %-60s %7.1f ms\n", o.Case.Name, o.Result.DurationMS)
		return
	}
	fmt.Fprintf(t.w, "  FAIL  %s\n        %s\n", o.Case.Name, o.Reason())
}

func (t text) End(s *Suite, all []Outcome) error {
	passed := 0
	for _, o := range all {
		if o.Passed() {
			passed++
		}
	}
	_, err := fmt.Fprintf(t.w, "\n%d of %d passed\n", passed, len(s.Cases))
	return err
}

type tap struct{ w io.Writer }

func (t tap) Begin(s *Suite) { fmt.Fprintf(t.w, "TAP version 13\n1..%d\n", len(s.Cases)) }

func (t tap) Case(i int, o Outcome) {
	// In TAP a # begins a directive.
	name := strings.NewReplacer("#", `\#`, "\n", " ").Replace(o.Case.Name)
	if o.Passed() {
		fmt.Fprintf(t.w, "ok %d - %s\n  ---\n  duration_ms: %.1f\n  ...\n", i+1, name, o.Result.DurationMS)
		return
	}
	fmt.Fprintf(t.w, "not ok %d - %s\n  ---\n  message: %q\n  ...\n", i+1, name, o.Reason())
}

func (t tap) End(s *Suite, all []Outcome) error {
	if len(all) < len(s.Cases) {
		_, err := fmt.Fprintln(t.w, "Bail out! Stopped")
		return err
	}
	return nil
}

type junit struct{ w io.Writer }

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string      `xml:"name,attr"`
	ClassName string      `xml:"classname,attr"`
	Time      string      `xml:"time,attr"`
	Failure   *junitFault `xml:"failure"`
	Error     *junitFault `xml:"error"`
	Skipped   *struct{}   `xml:"skipped"`
}

type junitFault struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
}

func (junit) Begin(*Suite)      {}
func (junit) Case(int, Outcome) {}

func (j junit) End(s *Suite, all []Outcome) error {
	out := junitSuite{Name: s.Name, Tests: len(s.Cases), Skipped: len(s.Cases) - len(all)}
	total := 0.0
	for i, c := range s.Cases {
		one := junitCase{Name: c.Name, ClassName: c.Function, Time: "0.000"}
		switch {
		case i >= len(all):
			one.Skipped = &struct{}{}
		case all[i].Err != nil:
			out.Errors++
			one.Error = &junitFault{Message: all[i].Reason()}
		default:
			total += all[i].Result.DurationMS
			one.Time = fmt.Sprintf("%.3f", all[i].Result.DurationMS/1000)
			if !all[i].Passed() {
				out.Failures++
				one.Failure = &junitFault{Type: all[i].Result.ErrorKind, Message: all[i].Reason()}
			}
		}
		out.Cases = append(out.Cases, one)
	}
	out.Time = fmt.Sprintf("%.3f", total/1000)
	if _, err := io.WriteString(j.w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(j.w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(j.w, "\n")
	return err
}
