package lambda

import (
	"strings"
	"testing"
)

// TestInstead has f ask g for its failures of one type.
func TestInstead(t *testing.T) {
	h, _ := newHost(t, func(c *Config) {
		c.Functions = []Function{{Name: "f", Instead: map[string]string{"errorString": "g"}}, {Name: "g", Instances: 2}}
	})
	if r := invoke(t, h, order{Do: "fail in", Text: "f"}); r.FunctionError != "" || !strings.Contains(string(r.Payload), "fail in") {
		t.Errorf("got %s %s", r.FunctionError, r.Payload)
	}
	if r := invoke(t, h, order{Do: "fail", Text: "both"}); r.FunctionError != Unhandled || !strings.Contains(string(r.Payload), "both") {
		t.Errorf("got %s %s", r.FunctionError, r.Payload)
	}
	if r := invoke(t, h, order{Do: "panic", Text: "another type"}); r.FunctionError != Unhandled || !strings.Contains(string(r.Payload), "another type") {
		t.Errorf("got %s %s", r.FunctionError, r.Payload)
	}
	f, g := h.Stats()["f"], h.Stats()["g"]
	if f.PassedOn != 2 || f.Invocations != 1 || f.Errors != 1 || g.Invocations != 2 || g.Errors != 1 || g.PassedOn != 0 {
		t.Errorf("f: %+v, g: %+v", f, g)
	}
	bad := Config{Dir: t.TempDir(), Command: command, Functions: []Function{{Name: "f", Instead: map[string]string{"errorString": "nobody"}}}}
	if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("got %v", err)
	}
}
