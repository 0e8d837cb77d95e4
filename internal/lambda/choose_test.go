package lambda

import (
	"path/filepath"
	"testing"

	"bluerose/event"
)

func choose(t *testing.T, h *Host, function, qualifier string) Choice {
	t.Helper()
	c, err := h.Choose(function, qualifier)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a version runs has one name, before and after a restart; a program that was replaced under its instances has none.
func TestChooseNamesTheBuild(t *testing.T) {
	dir, program, other := t.TempDir(), filepath.Join(t.TempDir(), "program"), filepath.Join(t.TempDir(), "other")
	writeProgram(t, program, "old")
	writeProgram(t, other, "old")
	start := func(memory int) *Host {
		h, _ := newHost(t, func(c *Config) {
			programs(t, c, program)
			c.Dir = dir
			c.Functions[0].MemoryMB = memory
			c.Functions[0].Instead = map[string]string{"Elsewhere": "g"}
			c.Functions = append(c.Functions, Function{Name: "g", Program: other, Lazy: true})
		})
		return h
	}
	h := start(512)
	latest := choose(t, h, "f", "")
	if latest.Version != Latest || latest.Build == "" || choose(t, h, "f", Latest) != latest {
		t.Errorf("$LATEST is %+v", latest)
	}
	publish(t, h)
	one := choose(t, h, "f", "1")
	if one.Version != "1" || one.Build == "" || one.Build == latest.Build {
		t.Errorf("version 1 is %+v", one)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	h = start(512)
	if again := choose(t, h, "f", ""); again != latest {
		t.Errorf("after a restart $LATEST is %+v, and was %+v", again, latest)
	}
	if again := choose(t, h, "f", "1"); again != one {
		t.Errorf("after a restart version 1 is %+v, and was %+v", again, one)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	h = start(1024)
	if again := choose(t, h, "f", ""); again.Build == latest.Build {
		t.Error("another configuration is the same build")
	}
	writeProgram(t, program, "new")
	if again := choose(t, h, "f", ""); again.Version != Latest || again.Build != "" {
		t.Errorf("a program that was replaced while its instances run is %+v", again)
	}
	if again := choose(t, h, "f", "1"); again != one {
		t.Errorf("version 1 is %+v then, and was %+v", again, one)
	}
	writeProgram(t, other, "new")
	if again := choose(t, h, "f", "1"); again.Build != "" {
		t.Errorf("version 1 is %+v when what it passes on to was replaced", again)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	h = start(1024)
	if again := choose(t, h, "f", "1"); again.Build == one.Build {
		t.Error("version 1 is the same build although what it passes on to is another program")
	}
}

// An alias with two versions is chosen by its weight.
func TestChooseWeighs(t *testing.T) {
	draw := 0.0
	h, _ := newHost(t, func(c *Config) { c.Random = func() float64 { return draw } })
	publish(t, h)
	if _, err := h.UpdateFunction(Function{Name: "f", MemoryMB: 256}); err != nil {
		t.Fatal(err)
	}
	publish(t, h)
	if _, err := h.CreateAlias("f", Alias{Name: "prod", FunctionVersion: "1", Canary: "2", CanaryWeight: 0.1}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		draw float64
		want string
	}{{0.05, "2"}, {0.5, "1"}} {
		draw = c.draw
		if got := choose(t, h, "f", "prod"); got.Version != c.want || got.Build != choose(t, h, "f", c.want).Build {
			t.Errorf("%g is %+v, want version %s", c.draw, got, c.want)
		}
	}
	_, err := h.Choose("f", "nobody")
	if event.From(err).Kind != event.NotFound {
		t.Errorf("got %v", err)
	}
}
