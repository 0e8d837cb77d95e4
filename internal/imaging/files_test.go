package imaging

import (
	"errors"
	"io/fs"
	"maps"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/render"
)

// memoryFiles is a folder in memory; failing is what writing and printing answer.
type memoryFiles struct {
	files   map[string]string
	printed string
	failing error
}

func (m *memoryFiles) Open(name string) ([]byte, error) {
	if data, ok := m.files[name]; ok {
		return []byte(data), nil
	}
	return nil, &fs.PathError{Op: "open", Path: "/secret/" + name, Err: fs.ErrNotExist}
}

func (m *memoryFiles) Write(name string, data []byte) error {
	if m.failing == nil {
		m.files[name] = string(data)
	}
	return m.failing
}

func (m *memoryFiles) Print(text []byte) error {
	m.printed += string(text)
	return m.failing
}

func TestConvertFilesWritesAll(t *testing.T) {
	engine := &fakeEngine{result: render.Result{
		Text:  []byte("70x46\n"),
		Files: []render.File{{Name: "out-0.png", Data: []byte("A")}, {Name: "out-1.png", Data: []byte("B")}},
	}}
	files := &memoryFiles{files: map[string]string{"in.ico": "I", "-": "S"}}
	if err := newService(t, engine).ConvertFiles(t.Context(), []string{"in.ico", "-negate", "out.png"}, files); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"in.ico": "I", "-": "S", "out-0.png": "A", "out-1.png": "B"}; !maps.Equal(files.files, want) || files.printed != "70x46\n" {
		t.Errorf("got %v, %q", files.files, files.printed)
	}
	if engine.job.InputHint != "ico" || engine.job.Identify {
		t.Errorf("got job %+v", engine.job)
	}
	if data, err := engine.job.Open("in.ico"); err != nil || string(data) != "I" {
		t.Errorf("the program reads %q, %v", data, err)
	}
	_, err := engine.job.Open("none.png")
	wantError(t, err, event.NotFound, `The file "none.png" cannot be read: it does not exist`)
}

func TestIdentifyFilesPrints(t *testing.T) {
	engine := &fakeEngine{result: render.Result{Text: []byte("in.png PNG 70x46\n")}}
	files := &memoryFiles{files: map[string]string{"in.png": "I"}}
	if err := newService(t, engine).IdentifyFiles(t.Context(), []string{"in.png"}, files); err != nil {
		t.Fatal(err)
	}
	if files.printed != "in.png PNG 70x46\n" || !engine.job.Identify || engine.args() != "in.png" {
		t.Errorf("got %q from %s", files.printed, engine.args())
	}
}

func TestConvertFilesFails(t *testing.T) {
	files := &memoryFiles{files: map[string]string{}, failing: fs.ErrPermission}
	s := newService(t, &fakeEngine{result: render.Result{Files: []render.File{{Name: "out.png"}}}})
	wantError(t, s.ConvertFiles(t.Context(), []string{"rose:", "out.png"}, files),
		event.AccessDenied, `The file "out.png" cannot be written: permission denied`)

	refused := event.Errorf(event.InvalidImage, "Broken")
	s = newService(t, &fakeEngine{err: refused})
	if err := s.ConvertFiles(t.Context(), []string{"rose:", "out.png"}, files); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	for _, run := range []error{
		s.ConvertFiles(t.Context(), []string{"rose:", "-no-such-option", "out.png"}, files),
		s.IdentifyFiles(t.Context(), []string{"-no-such-option", "rose:"}, files),
	} {
		if e := event.From(run); e == nil || e.Kind != event.UnsupportedArgument {
			t.Errorf("got %v", run)
		}
	}
}
