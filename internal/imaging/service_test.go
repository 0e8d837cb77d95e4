package imaging

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
)

// fakeEngine answers every job with the same result, and keeps the last job.
type fakeEngine struct {
	result   render.Result
	err      error
	panics   bool
	job      render.Job
	jobs     int
	deadline time.Time
}

func (e *fakeEngine) Run(ctx context.Context, job render.Job) (*render.Result, error) {
	e.jobs++
	e.job = job
	e.deadline, _ = ctx.Deadline()
	if e.panics {
		panic("/secret/path")
	}
	if e.err != nil {
		return nil, e.err
	}
	return &e.result, nil
}

func (e *fakeEngine) args() string {
	if e.job.Program == nil {
		return ""
	}
	return strings.Join(e.job.Program.Args(), " ")
}

// spelled gives a convert line as fakeEngine.args does.
func spelled(t *testing.T, line string) string {
	t.Helper()
	words, err := magick.SplitWords(line)
	if err != nil {
		t.Fatal(err)
	}
	program, err := magick.Parse(words)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(program.Args(), " ")
}

func newService(t *testing.T, engine Engine) *Service {
	t.Helper()
	s, err := New(Config{Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pictureResult() render.Result {
	return render.Result{Files: []render.File{{Name: "-", Format: "png", Data: []byte("ABC")}}}
}

func wantError(t *testing.T, err error, kind event.Kind, message string) {
	t.Helper()
	var e *event.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Message != message {
		t.Errorf("got %v\nwant %s: %s", err, kind, message)
	}
}

func TestConfigValidate(t *testing.T) {
	for name, cfg := range map[string]Config{"no engine": {}, "negative timeout": {Engine: &fakeEngine{}, Timeout: -1}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestEventRunsOperation(t *testing.T) {
	text := render.Result{Text: []byte("70x46")}
	for name, c := range map[string]struct {
		payload string
		result  render.Result
		args    string // of the program; empty: no program runs
		answer  string
	}{
		"ping": {`{"operation":"ping"}`, text, ``, `"pong"`},
		"getDimensions": {
			`{"operation":"getDimensions","base64Image":"QUJD"}`, text,
			`-format %wx%h -[0]`, `"70x46"`,
		},
		"identify with arguments": {
			`{"operation":"identify","base64Image":"QUJD","customArgs":["-format","%m"]}`, text,
			`-format %m -`, `"70x46"`,
		},
		"resize": {
			`{"operation":"resize","base64Image":"QUJD"}`, pictureResult(),
			`- -set option:filter:blur 0.8 -filter Lagrange -strip -resize 100x -quality 80 png:-`, `"QUJD"`,
		},
		"convert": {
			`{"operation":"convert","base64Image":"QUJD","outputExtension":"gif","customArgs":["-negate"]}`, pictureResult(),
			`- -negate gif:-`, `"QUJD"`,
		},
		"convert to text": {
			`{"operation":"convert","base64Image":"QUJD","customArgs":["-format","%w","info:"]}`, text,
			`- -format %w info:`, `"70x46"`,
		},
		"convert to a named output": {
			`{"operation":"convert","base64Image":"QUJD","customArgs":["-negate","png:-"]}`, pictureResult(),
			`- -negate png:-`, `"QUJD"`,
		},
		"convert without a picture": {
			`{"operation":"convert","outputExtension":"png","customArgs":["rose:","-negate"]}`, pictureResult(),
			`rose: -negate png:-`, `"QUJD"`,
		},
		"getSample":         {`{"operation":"getSample"}`, pictureResult(), `rose: png:-`, `"QUJD"`},
		"getSample as JPEG": {`{"operation":"getSample","outputExtension":"jpg"}`, pictureResult(), `rose: jpg:-`, `"QUJD"`},
	} {
		t.Run(name, func(t *testing.T) {
			engine := &fakeEngine{result: c.result}
			answer, err := newService(t, engine).Event(t.Context(), []byte(c.payload))
			if err != nil || string(answer) != c.answer {
				t.Fatalf("got %s, %v; want %s", answer, err, c.answer)
			}
			want := c.args
			if !engine.job.Identify && want != "" {
				want = spelled(t, want)
			}
			if got := engine.args(); got != want {
				t.Errorf("ran %s\nwant %s", got, want)
			}
		})
	}
}

func TestIdentifyGivesObject(t *testing.T) {
	engine := &fakeEngine{result: render.Result{Properties: []render.Property{
		{Name: "format", Value: "PNG"}, {Name: "width", Value: 70}, {Name: "mime type", Value: "image/png"}, {Name: "quality", Value: 0.92},
	}}}
	answer, err := newService(t, engine).Event(t.Context(), []byte(`{"operation":"identify","base64Image":"QUJD","inputExtension":"ico"}`))
	const want = `{"format":"PNG","width":70,"mime type":"image/png","quality":0.92}`
	if err != nil || string(answer) != want {
		t.Errorf("got %s, %v; want %s", answer, err, want)
	}
	if !engine.job.Identify || !engine.job.Verbose || engine.job.InputHint != "ico" {
		t.Errorf("got job %+v", engine.job)
	}
	if data, err := engine.job.Open("-"); err != nil || string(data) != "ABC" {
		t.Errorf("the program reads %q, %v", data, err)
	}
}

func TestResizeArgs(t *testing.T) {
	for payload, want := range map[string]string{
		`{"operation":"resize"}`: `- -set option:filter:blur 0.8 -filter Lagrange -strip -resize 100x -quality 80 png:-`,
		`{"operation":"thumbnail","width":50,"height":40,"outputExtension":"webp"}`:                                      `- -set option:filter:blur 0.8 -filter Lagrange -strip -thumbnail 50x40 -quality 80 webp:-`,
		`{"operation":"resize","height":40,"sharpening":0,"strip":false}`:                                                `- -filter Lagrange -resize x40 -quality 80 png:-`,
		`{"operation":"resize","sharpening":0.9,"quality":0.555,"format":"PNG"}`:                                         `- -set option:filter:blur 0.1 -filter Lagrange -strip -resize 100x -quality 56 png:-`,
		`{"operation":"resize","sharpening":1,"format":"gif","outputExtension":"gif","progressive":true}`:                `- -set option:filter:blur 0 -filter Lagrange -strip -resize 100x -interlace plane gif:-`,
		`{"operation":"resize","filter":"Box","colorspace":"Gray","customArgs":["-negate"],"format":"jpeg","quality":0}`: `- -set option:filter:blur 0.8 -filter Box -strip -resize 100x -quality 0 -colorspace Gray -negate png:-`,
	} {
		r, err := event.ParseRequest([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		r.SetDefaults()
		args, _ := resizeArgs(r)
		if got := strings.Join(args, " "); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", payload, got, want)
		}
	}
}

func TestEventRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		payload string
		kind    event.Kind
		message string
	}{
		"unknown":                 {`{"operation":"fly"}`, event.InvalidRequest, `Unrecognized operation "fly"`},
		"none":                    {`{}`, event.InvalidRequest, `Unrecognized operation ""`},
		"getDimensions, no image": {`{"operation":"getDimensions"}`, event.InvalidRequest, `Invalid getDimensions request: no "base64Image" field supplied`},
		"identify, no image":      {`{"operation":"identify"}`, event.InvalidRequest, `Invalid identify request: no "base64Image" field supplied`},
		"resize, no image":        {`{"operation":"resize"}`, event.InvalidRequest, `Invalid resize request: no "base64Image" field supplied`},
		"thumbnail, null image":   {`{"operation":"thumbnail","base64Image":null}`, event.InvalidRequest, `Invalid thumbnail request: no "base64Image" field supplied`},
		"convert, no image":       {`{"operation":"convert","customArgs":["-negate"],"outputExtension":"png"}`, event.InvalidRequest, `Invalid convert request: no "base64Image" field supplied`},
		"convert, nothing":        {`{"operation":"convert"}`, event.InvalidRequest, `Invalid convert request: no "base64Image" field supplied`},
		"empty image":             {`{"operation":"resize","base64Image":""}`, event.InvalidRequest, `Invalid resize request: the "base64Image" field is empty; send the picture's bytes`},
		"convert, no output": {
			`{"operation":"convert","base64Image":"QUJD"}`, event.InvalidRequest,
			`Invalid convert request: set "outputExtension", or end "customArgs" with an output such as "info:"`,
		},
		"convert to a file": {
			`{"operation":"convert","base64Image":"QUJD","customArgs":["-negate","out.png"]}`, event.UnsupportedArgument,
			`Argument 2 names a file "out.png" to write; end with an output such as "png:-" or "info:"`,
		},
		"convert from a file": {
			`{"operation":"convert","base64Image":"QUJD","outputExtension":"png","customArgs":["other.png","-append"]}`, event.UnsupportedArgument,
			`Argument 1 names a picture "other.png" that the request does not carry; send it along under that name`,
		},
		"convert from nothing": {
			`{"operation":"convert","outputExtension":"png","customArgs":["rose:","-","-append"]}`, event.UnsupportedArgument,
			`Argument 2 names a picture "-" that the request does not carry; send one`,
		},
		"identify a file": {
			`{"operation":"identify","base64Image":"QUJD","customArgs":["/etc/passwd"]}`, event.UnsupportedArgument,
			`Argument 1 names a picture "/etc/passwd" that the request does not carry; send it along under that name`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			engine := &fakeEngine{result: pictureResult()}
			_, err := newService(t, engine).Event(t.Context(), []byte(c.payload))
			wantError(t, err, c.kind, c.message)
			if engine.jobs > 0 {
				t.Error("something ran")
			}
		})
	}
}

func TestProgramReadsOwnPictureOnly(t *testing.T) {
	engine := &fakeEngine{result: pictureResult()}
	if _, err := newService(t, engine).Event(t.Context(), []byte(`{"operation":"convert","base64Image":"QUJD","outputExtension":"png","customArgs":["xc:red","-append"]}`)); err != nil {
		t.Fatal(err)
	}
	if data, err := engine.job.Open("-"); err != nil || string(data) != "ABC" {
		t.Errorf("the program reads %q, %v", data, err)
	}
	_, err := engine.job.Open("other.png")
	wantError(t, err, event.UnsupportedArgument, `The arguments name a picture "other.png" that the request does not carry; send it along under that name`)
}

func TestEngineErrors(t *testing.T) {
	refused := event.Errorf(event.LimitExceeded, "Too large")
	for name, c := range map[string]struct {
		err  error
		kind event.Kind
	}{
		"its own":  {refused, event.LimitExceeded},
		"deadline": {context.DeadlineExceeded, event.Timeout},
		"caller":   {context.Canceled, event.Timeout},
		"other":    {errors.New("/secret/path"), event.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newService(t, &fakeEngine{err: c.err}).Event(t.Context(), []byte(`{"operation":"getSample"}`))
			e := event.From(err)
			if e.Kind != c.kind || strings.Contains(e.Message, "secret") || !errors.Is(err, c.err) {
				t.Errorf("got %v, want %s", err, c.kind)
			}
		})
	}
}

func TestRequestHasDeadline(t *testing.T) {
	engine := &fakeEngine{result: pictureResult()}
	s := newService(t, engine)
	before := time.Now()
	if _, err := s.Event(t.Context(), []byte(`{"operation":"getSample"}`)); err != nil {
		t.Fatal(err)
	}
	if engine.deadline.Before(before.Add(DefaultTimeout)) || engine.deadline.After(time.Now().Add(DefaultTimeout)) {
		t.Errorf("the deadline is %v", engine.deadline)
	}
	sooner := time.Now().Add(DefaultTimeout / 2)
	ctx, cancel := context.WithDeadline(t.Context(), sooner)
	defer cancel()
	if _, err := s.Event(ctx, []byte(`{"operation":"getSample"}`)); err != nil {
		t.Fatal(err)
	}
	if !engine.deadline.Before(sooner) || engine.deadline.Before(sooner.Add(-margin-time.Second)) {
		t.Errorf("the caller's deadline does not count: %v", engine.deadline)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"operation":"convert","base64Image":"QUJD","customArgs":["-resize","5x","info:"]}`))
	f.Add([]byte(`{"operation":"identify","base64Image":"QUJD","customArgs":["-format","%w\n"]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := New(Config{Engine: &fakeEngine{result: pictureResult()}})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := s.Event(t.Context(), payload)
		var e *event.Error
		if err == nil && !json.Valid(answer) || err != nil && (!errors.As(err, &e) || e.Kind == event.Internal) {
			t.Fatalf("%q: got %s, %v", payload, answer, err)
		}
	})
}
