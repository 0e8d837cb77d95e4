package lambda

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bluerose/event"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// programs makes the function a script that becomes the test program with the name of its file as the VERSION that
// "environment" tells, so that two programs can be told apart.
func programs(t *testing.T, c *Config, program string) {
	t.Helper()
	c.Functions[0].Program = program
	c.Command = func(l Launch) (*exec.Cmd, error) {
		cmd := exec.Command(l.Program)
		cmd.Env = []string{asFunction + "=1"}
		return cmd, nil
	}
}

// writeProgram writes a program that says text in $PROGRAM.
func writeProgram(t *testing.T, path, text string) {
	t.Helper()
	script := "#!/bin/sh\nPROGRAM=" + text + " exec " + os.Args[0] + "\n"
	if err := os.WriteFile(path+".new", []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// runs gives the program that answers for a qualifier.
func runs(t *testing.T, h *Host, qualifier string) string {
	t.Helper()
	r, err := h.Invoke(t.Context(), Invocation{Function: "f", Qualifier: qualifier, Payload: payload(t, order{Do: "environment"})})
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(r.Payload), `"PROGRAM=`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

func publish(t *testing.T, h *Host) VersionInfo {
	t.Helper()
	v, err := h.PublishVersion("f", Publication{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A published version runs its own program after the file was replaced and the host started again; an alias goes there
// and back.
func TestVersionsKeepTheirProgram(t *testing.T) {
	dir, program := t.TempDir(), filepath.Join(t.TempDir(), "program")
	writeProgram(t, program, "old")
	start := func() *Host {
		h, _ := newHost(t, func(c *Config) { c.Dir = dir; programs(t, c, program) })
		return h
	}
	h := start()
	one := publish(t, h)
	if again := publish(t, h); again.Version != "1" || one.Version != "1" || len(one.SHA256) != 44 || one.Size == 0 {
		t.Fatalf("%+v, then %+v", one, again)
	}
	if err := h.EnsureAlias("f", "prod"); err != nil {
		t.Fatal(err)
	}
	if got := runs(t, h, "prod"); got != "old" {
		t.Errorf("prod runs %q", got)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	writeProgram(t, program, "new")
	h = start()
	if two := publish(t, h); two.Version != "2" || two.SHA256 == one.SHA256 {
		t.Fatalf("%+v", two)
	}
	if err := h.EnsureAlias("f", "prod"); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ version, want string }{{"2", "new"}, {"1", "old"}, {Latest, "new"}} {
		a, err := h.UpdateAlias("f", "prod", AliasChange{FunctionVersion: &step.version})
		if err != nil {
			t.Fatal(err)
		}
		if got := runs(t, h, "prod"); got != step.want {
			t.Errorf("prod at %s runs %q", step.version, got)
		}
		if step.version == "1" && a.Previous != "2" {
			t.Errorf("%+v", a)
		}
	}
	if got := runs(t, h, "1"); got != "old" {
		t.Errorf("version 1 runs %q", got)
	}
	if _, err := h.UpdateAlias("f", "prod", AliasChange{FunctionVersion: ptr("1")}); err != nil {
		t.Fatal(err)
	}
	if err := h.DeleteVersion("f", "1"); !errors.Is(err, errConflict) {
		t.Errorf("a version that an alias names: %v", err)
	}
	if err := h.DeleteVersion("f", "2"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "functions", "f", "2")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a deleted version leaves its folder: %v", err)
	}
	writeProgram(t, program, "third")
	if three := publish(t, h); three.Version != "3" {
		t.Errorf("a number is used twice: %+v", three)
	}
}

// A version that does not start is refused by an alias, which stays where it is.
func TestAliasRefusesWhatDoesNotStart(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	writeProgram(t, program, "good")
	h, _ := newHost(t, func(c *Config) { programs(t, c, program) })
	publish(t, h)
	if _, err := h.CreateAlias("f", Alias{Name: "prod", FunctionVersion: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	publish(t, h)
	for _, change := range []AliasChange{{FunctionVersion: ptr("2")}, {Weights: map[string]float64{"2": 0.1}}} {
		if _, err := h.UpdateAlias("f", "prod", change); event.From(err) == nil || event.From(err).Kind != event.InvalidRequest {
			t.Errorf("%+v: %v", change, err)
		}
	}
	if got := runs(t, h, "prod"); got != "good" {
		t.Errorf("prod runs %q", got)
	}
}

func TestWeights(t *testing.T) {
	var numbers []float64
	h, _ := newHost(t, func(c *Config) {
		c.Random = func() float64 { n := numbers[0]; numbers = numbers[1:]; return n }
	})
	publish(t, h)
	if _, err := h.UpdateFunction(Function{Name: "f", MemoryMB: 512}); err != nil {
		t.Fatal(err)
	}
	publish(t, h)
	if _, err := h.CreateAlias("f", Alias{Name: "prod", FunctionVersion: "1", Canary: "2", CanaryWeight: 0.1}); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[float64]string{0: "2", 0.0999: "2", 0.1: "1", 0.5: "1", 0.9999: "1"} {
		numbers = []float64{n}
		r, err := h.Invoke(t.Context(), Invocation{Function: "f", Qualifier: "prod"})
		if err != nil || r.ExecutedVersion != want {
			t.Errorf("%v runs %+v %v", n, r, err)
		}
	}
	for name, change := range map[string]AliasChange{
		"two":      {Weights: map[string]float64{"1": 0.1, "2": 0.1}},
		"above 1":  {Weights: map[string]float64{"2": 1.1}},
		"below 0":  {Weights: map[string]float64{"2": -0.1}},
		"itself":   {Weights: map[string]float64{"1": 0.1}},
		"latest":   {Weights: map[string]float64{Latest: 0.1}},
		"missing":  {Weights: map[string]float64{"9": 0.1}},
		"revision": {Revision: "another"},
		"nowhere":  {FunctionVersion: ptr("")},
		"long":     {Description: ptr(strings.Repeat("x", 257))},
	} {
		if a, err := h.UpdateAlias("f", "prod", change); err == nil {
			t.Errorf("%s is taken: %+v", name, a)
		}
	}
	a, err := h.UpdateAlias("f", "prod", AliasChange{Weights: map[string]float64{}})
	if err != nil || a.Canary != "" || a.FunctionVersion != "1" {
		t.Errorf("%+v %v", a, err)
	}
	if r, err := h.Invoke(t.Context(), Invocation{Function: "f", Qualifier: "prod"}); err != nil || r.ExecutedVersion != "1" {
		t.Errorf("%+v %v", r, err) // and no number was asked for
	}
}

// Under load: a version is published, an alias moves, a canary gets its part, is taken back, old versions end and start
// again. Not one request fails, and none runs anywhere but where the alias points.
func TestNoRequestIsDropped(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	writeProgram(t, program, "v1")
	h, _ := newHost(t, func(c *Config) {
		c.Instances, c.Warm = 2, 1 // as few as there can be: versions come and go all the time
		programs(t, c, program)
	})
	publish(t, h)
	if _, err := h.CreateAlias("f", Alias{Name: "prod", FunctionVersion: "1"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var mu sync.Mutex
	var epoch, total int
	answers := map[string]int{} // versions of the requests that began in this epoch
	progress := make(chan struct{})
	for range 16 {
		clients.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				began := epoch
				mu.Unlock()
				r, err := h.Invoke(t.Context(), Invocation{Function: "f", Qualifier: "prod", Payload: []byte(`"x"`)})
				if err != nil || r.FunctionError != "" {
					t.Errorf("a request fails: %+v %v", r, err)
					stop()
					return
				}
				mu.Lock()
				if total++; began == epoch {
					answers[r.ExecutedVersion]++
				}
				mu.Unlock()
				select {
				case progress <- struct{}{}:
				case <-ctx.Done():
				}
			}
		})
	}
	// from gives where at least n requests ran that began after now.
	from := func(n int) map[string]int {
		mu.Lock()
		epoch++
		got := map[string]int{}
		answers = got
		mu.Unlock()
		for range n + 16 {
			select {
			case <-progress:
			case <-ctx.Done():
			}
		}
		mu.Lock()
		defer mu.Unlock()
		epoch++
		return got
	}
	change := func(c AliasChange) {
		t.Helper()
		if _, err := h.UpdateAlias("f", "prod", c); err != nil {
			t.Error(err)
		}
	}
	for round := range 3 {
		old, canary := strconv.Itoa(round+1), strconv.Itoa(round+2)
		from(100)
		writeProgram(t, program, "v"+canary)
		if v := publish(t, h); v.Version != canary {
			t.Fatalf("%+v", v)
		}
		change(AliasChange{Weights: map[string]float64{canary: 0.1}})
		if got := from(400); got[canary] == 0 || got[canary] > got[old] {
			t.Errorf("a canary of 10 %% gives %v", got)
		}
		change(AliasChange{Weights: map[string]float64{}})
		if got := from(200); got[canary] != 0 || got[old] == 0 {
			t.Errorf("after the canary was taken back: %v", got)
		}
		change(AliasChange{FunctionVersion: &canary})
		if got := from(200); got[old] != 0 || got[canary] == 0 {
			t.Errorf("after the alias has moved: %v", got)
		}
		h.functions["f"].reap(time.Now())
		change(AliasChange{FunctionVersion: &old})
		change(AliasChange{FunctionVersion: &canary})
	}
	stop()
	clients.Wait()
	t.Logf("%d requests", total)
}

// Instances that nobody needs end, and start again with the next request. Those of $LATEST stay unless it is lazy.
func TestLazy(t *testing.T) {
	h, _ := newHost(t, func(c *Config) {
		c.Functions = []Function{{Name: "f"}, {Name: "lazy", Lazy: true, Instances: 3}}
	})
	publish(t, h)
	pools := func() (n int) {
		for _, f := range h.list() {
			n += len(f.pools())
		}
		return n
	}
	if n := pools(); n != 1 {
		t.Errorf("%d versions have instances at the start", n)
	}
	for range 2 {
		for _, inv := range []Invocation{{Function: "f"}, {Function: "f", Qualifier: "1"}, {Function: "lazy"}} {
			if r, err := h.Invoke(t.Context(), inv); err != nil || r.FunctionError != "" {
				t.Fatalf("%+v %v", r, err)
			}
		}
		if n := pools(); n != 3 {
			t.Errorf("%d versions have instances", n)
		}
		h.functions["lazy"].reap(time.Now().Add(-time.Hour))
		if n := pools(); n != 3 {
			t.Errorf("%d versions have instances a moment after a request", n)
		}
		for _, f := range h.list() {
			f.reap(time.Now())
		}
		if n := pools(); n != 1 || h.functions["f"].latest.instance == nil {
			t.Errorf("%d versions have instances after a while", n)
		}
	}
}

// A request that finds its version cold while the host closes starts nothing that Close would not know of.
func TestColdVersionWhileClosing(t *testing.T) {
	h, _ := newHost(t, nil)
	publish(t, h)
	f := h.functions["f"]
	v := f.version("1", nil)
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.pool(v).invoke(newCall(t.Context(), Invocation{}, 1, "")); !errors.Is(err, errRetired) {
		t.Errorf("a closed host lets a call in: %v", err)
	}
	if err := f.pool(v).waitUp(); err != nil {
		t.Error(err)
	}
}

// What a host that was killed left of a version that it has not told of is removed.
func TestUnfinishedVersion(t *testing.T) {
	dir, program := t.TempDir(), filepath.Join(t.TempDir(), "program")
	writeProgram(t, program, "good")
	left := filepath.Join(dir, "functions", "f", "7")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	h, _ := newHost(t, func(c *Config) { c.Dir = dir; programs(t, c, program) })
	publish(t, h)
	h.sweep(t.Context())
	entries, err := os.ReadDir(filepath.Dir(left))
	if err != nil || len(entries) != 1 || entries[0].Name() != "1" {
		t.Errorf("%v %v", entries, err)
	}
	if got := runs(t, h, "1"); got != "good" {
		t.Errorf("version 1 runs %q", got)
	}
}

// A file that was written by another program, or is none of ours, stops the start and is left as it is.
func TestDamagedStore(t *testing.T) {
	for _, name := range []string{"functions.db", "events.db"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		if h, err := New(Config{Functions: []Function{{Name: "f"}}, Dir: dir, Command: command, Instances: 1}); err == nil {
			_ = h.Close(t.Context())
			t.Errorf("%s is taken", name)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(file)
		_ = file.Close()
		if !strings.HasPrefix(string(text), "this is no database") {
			t.Errorf("%s is changed", name)
		}
		checkLeaks(t)
	}
}

// A canary as AWS' own client gives and takes it, and the guards against changes that cross.
func TestCanaryWithSDK(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	writeProgram(t, program, "one")
	h, _ := newHost(t, func(c *Config) { programs(t, c, program); c.Random = func() float64 { return 0.2 } })
	client, _ := newClient(t, h)
	name, prod := aws.String("f"), aws.String("prod")
	one, err := client.PublishVersion(t.Context(), &sdk.PublishVersionInput{FunctionName: name})
	if err != nil || len(aws.ToString(one.CodeSha256)) != 44 || one.CodeSize == 0 {
		t.Fatalf("%+v %v", one, err)
	}
	writeProgram(t, program, "two")
	var invalid *types.InvalidParameterValueException
	if _, err := client.PublishVersion(t.Context(), &sdk.PublishVersionInput{FunctionName: name, CodeSha256: one.CodeSha256}); !errors.As(err, &invalid) {
		t.Errorf("another program than was meant: %v", err)
	}
	if _, err := client.PublishVersion(t.Context(), &sdk.PublishVersionInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateAlias(t.Context(), &sdk.CreateAliasInput{FunctionName: name, Name: prod, FunctionVersion: aws.String("1"),
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.25}}})
	if err != nil || made.RoutingConfig.AdditionalVersionWeights["2"] != 0.25 {
		t.Fatalf("%+v %v", made, err)
	}
	executed := func() string {
		t.Helper()
		out, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: name, Qualifier: prod})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(out.ExecutedVersion)
	}
	if got := executed(); got != "2" {
		t.Errorf("the canary's request ran version %s", got)
	}
	described, err := client.UpdateAlias(t.Context(), &sdk.UpdateAliasInput{FunctionName: name, Name: prod, Description: aws.String("d"), RevisionId: made.RevisionId})
	if err != nil || described.RoutingConfig == nil || aws.ToString(described.FunctionVersion) != "1" {
		t.Fatalf("%+v %v", described, err)
	}
	var crossed *types.PreconditionFailedException
	if _, err := client.UpdateAlias(t.Context(), &sdk.UpdateAliasInput{FunctionName: name, Name: prod, RevisionId: made.RevisionId}); !errors.As(err, &crossed) {
		t.Errorf("a change that crosses another: %v", err)
	}
	ended, err := client.UpdateAlias(t.Context(), &sdk.UpdateAliasInput{FunctionName: name, Name: prod, RoutingConfig: &types.AliasRoutingConfiguration{}})
	if err != nil || ended.RoutingConfig != nil || executed() != "1" {
		t.Errorf("%+v %v", ended, err)
	}
	if _, err := client.DeleteFunction(t.Context(), &sdk.DeleteFunctionInput{FunctionName: name, Qualifier: aws.String("2")}); err != nil {
		t.Error(err)
	}
	var conflict *types.ResourceConflictException
	if _, err := client.DeleteFunction(t.Context(), &sdk.DeleteFunctionInput{FunctionName: name, Qualifier: aws.String("1")}); !errors.As(err, &conflict) {
		t.Errorf("a version that an alias names is deleted: %v", err)
	}
}
