package render

import (
	"bytes"
	"context"
	"errors"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/typeface"
	"bluerose/internal/imaging/vips"
)

// Config says what an Engine works with.
type Config struct {
	Library *vips.Library // required
	Limits  Limits        // zero fields take their defaults
	Fonts   []string      // folders with fonts; default typeface.Folders
}

// Engine runs programs. It keeps nothing between two of them but the fonts that it read; one program runs at a time.
type Engine struct {
	lib    *vips.Library
	limits Limits
	fonts  *typeface.Catalog
}

// New makes an engine.
func New(cfg Config) (*Engine, error) {
	if cfg.Library == nil {
		return nil, errors.New("render: Config.Library is missing")
	}
	if cfg.Fonts == nil {
		cfg.Fonts = typeface.Folders
	}
	return &Engine{lib: cfg.Library, limits: cfg.Limits.WithDefaults(), fonts: typeface.NewCatalog(cfg.Fonts)}, nil
}

// Library gives the libvips that the engine runs on.
func (e *Engine) Library() *vips.Library { return e.lib }

// Limits gives the limits in force.
func (e *Engine) Limits() Limits { return e.limits }

// Job is a program and the pictures that it may name.
type Job struct {
	Program *magick.Program
	// Open gives the bytes of a named input; the request's own picture is "-". An error of it is the job's error.
	Open func(name string) ([]byte, error)
	// InputHint is a format's extension ("png") that settles what the bytes of an input cannot.
	InputHint string
	// Identify asks for what identify prints of every picture, in place of encoded pictures.
	Identify bool
	// Verbose makes Identify give all that is known of the first picture (Result.Properties) and print nothing.
	Verbose bool
}

// Result is what a program gives.
type Result struct {
	Files      []File     // the encoded pictures; several where the format holds one picture and the list has more
	Text       []byte     // what the program prints: info:, identify, -print
	Properties []Property // with Job.Verbose
	ByChance   bool       // random numbers without -seed are in it: the same job would give another result
}

// File is an encoded picture.
type File struct {
	Name   string // as the program's target names it, with its number where there are several ("out-0.jpg")
	Format string // the format, as magick names coders
	Data   []byte
}

// Property is something that identify -verbose says of a picture, named as it is there, in lower case.
type Property struct {
	Name  string
	Value any // a text, a whole number or a fraction
}

// Run runs a program. Its errors are *event.Error, or ctx's own when the deadline came or the caller went.
func (e *Engine) Run(ctx context.Context, job Job) (*Result, error) {
	if err := Check(job.Program); err != nil {
		return nil, err
	}
	scope := e.lib.NewScope(ctx)
	defer scope.Close()
	m := &machine{engine: e, scope: scope, job: job, settings: newSettings(), registers: map[string][]*Picture{}}
	if err := m.run(job.Program.Steps); err != nil {
		return nil, refine(err)
	}
	var result *Result
	err := m.traced("write", func() (err error) {
		result, err = m.finish(job)
		return err
	})
	if err != nil {
		return nil, refine(err)
	}
	result.ByChance = m.byChance
	return result, nil
}

// finish turns what is on the stack into the job's result.
func (m *machine) finish(job Job) (*Result, error) {
	list := m.list()
	if len(list) == 0 {
		return nil, event.Errorf(event.UnsupportedArgument, "No picture is left to write; the arguments removed them all")
	}
	switch {
	case job.Verbose:
		properties, err := m.describe(list[0])
		return &Result{Properties: properties}, err
	case job.Identify:
		err := m.identify(list)
		return &Result{Text: bytes.Clone(m.text.Bytes())}, err
	}
	files, err := m.write(list, job.Program.Output)
	return &Result{Files: files, Text: bytes.Clone(m.text.Bytes())}, err
}

// refine gives libvips' own errors a kind: what fails in the middle of a program is the memory that an instance may
// have, or else the picture's pixels.
func refine(err error) error {
	var failed *vips.Error
	var known *event.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &failed) && failed.OutOfMemory():
		return event.Errorf(event.LimitExceeded, "The job needs more memory than one instance may have; send a smaller picture, or ask for a smaller one").Wrap(err)
	case errors.As(err, &failed):
		return event.Errorf(event.InvalidImage, "The picture is broken or cut off; send it again, whole").Wrap(err)
	}
	return err
}
