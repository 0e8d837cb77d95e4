package magick

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"bluerose/event"
)

// commandLine makes the arguments of a line of testdata/commands.tsv (id, category, input kind, arguments, output).
func commandLine(t testing.TB, line string) (id string, args []string) {
	t.Helper()
	f := strings.Split(line, "\t")
	if len(f) < 5 {
		t.Fatalf("line %q has %d fields", line, len(f))
	}
	words, err := SplitWords(f[3])
	if err != nil {
		t.Fatalf("%s: %v", f[0], err)
	}
	placed := false
	for i, w := range words {
		if strings.Contains(w, "{in") {
			words[i] = strings.NewReplacer("{in}", "in.png", "{in2}", "two.png").Replace(w)
			placed = true
		}
	}
	if !placed && f[2] != "none" {
		args = append(args, "in.png")
		if f[2] == "two-images" {
			args = append(args, "two.png")
		}
	}
	args = append(args, words...)
	output := f[4]
	if !strings.Contains(output, ":") {
		output = "out." + output
	}
	return f[0], append(args, output)
}

func commandLines(t testing.TB) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("testdata/commands.tsv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		id, args := commandLine(t, line)
		out[id] = args
	}
	return out
}

func TestCommandLinesOfPeopleParse(t *testing.T) {
	lines := commandLines(t)
	if len(lines) < 280 {
		t.Fatalf("only %d lines", len(lines))
	}
	for id, args := range lines {
		p, err := Parse(args)
		if err != nil {
			t.Errorf("%s %q: %v", id, args, err)
			continue
		}
		checkRoundTrip(t, p)
	}
}

// bare takes away what Args does not keep.
func bare(p *Program) *Program {
	q := &Program{Output: p.Output}
	q.Output.Position = 0
	for _, s := range p.Steps {
		s.Text, s.Position = "", 0
		q.Steps = append(q.Steps, s)
	}
	return q
}

func checkRoundTrip(t testing.TB, p *Program) {
	t.Helper()
	args := p.Args()
	again, err := Parse(args)
	if err != nil {
		t.Errorf("rebuilt %q: %v", args, err)
		return
	}
	if got, want := bare(again), bare(p); !reflect.DeepEqual(got, want) {
		t.Errorf("rebuilt %q:\n got %#v\nwant %#v", args, got, want)
	}
}

func kindOf(err error) event.Kind {
	var e *event.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
