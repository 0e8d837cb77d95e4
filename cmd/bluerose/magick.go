package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bluerose/event"
	"bluerose/internal/imaging/fallback"
	"bluerose/internal/imaging/render"

	"github.com/spf13/pflag"
)

// The values of --engine.
const (
	engineAuto   = "auto"   // native, and ImageMagick where that is not enough and there is one
	engineNative = "native" // never ImageMagick
)

// magickSettings say which ImageMagick runs what is not native.
type magickSettings struct {
	engine string
	magick string
}

func (s *magickSettings) register(flags *pflag.FlagSet) {
	flags.StringVar(&s.engine, "engine", engineAuto, "auto, or native to leave ImageMagick out")
	flags.StringVar(&s.magick, "magick", "", "ImageMagick `program` for what is not native (default: magick or convert on PATH)")
}

func (s *magickSettings) validate() error {
	if s.engine != engineAuto && s.engine != engineNative {
		return refusal{fmt.Errorf("--engine must be auto or native")}
	}
	return nil
}

// find looks for the ImageMagick. That there is none is an error only where one was named.
func (s *magickSettings) find(ctx context.Context, sys system) (found fallback.Magick, why string, err error) {
	if s.engine == engineNative {
		return found, "left out by --engine native", nil
	}
	path, _ := sys.lookup("PATH")
	found, err = fallback.Find(ctx, s.magick, filepath.SplitList(path))
	switch {
	case err != nil && s.magick != "":
		return found, "", refusal{fmt.Errorf("--magick: %w", err)}
	case err != nil:
		return found, err.Error() + "; arguments that are not native are refused", nil
	}
	return found, "", nil
}

// describe says which ImageMagick there is, or why none, for people.
func describe(found fallback.Magick, why string) string {
	if found.Path == "" {
		return why
	}
	return found.String()
}

// localFallback is the engine of the command line for what is not native. It looks for ImageMagick when it is needed,
// because most commands do without.
type localFallback struct {
	sys      system
	settings *pictureSettings
}

const localMemory = 4 << 30 // bytes, of an ImageMagick on the user's own machine

// Run runs a program on the user's ImageMagick.
func (l localFallback) Run(ctx context.Context, job render.Job) (*render.Result, error) {
	found, _, err := l.settings.find(ctx, l.sys)
	if err != nil {
		return nil, event.Errorf(event.UnsupportedArgument, "%s names no ImageMagick 6 or 7; correct it or leave it out", variable("magick")).Wrap(err)
	}
	if found.Path == "" {
		return nil, render.ErrNotNative
	}
	engine, err := fallback.New(fallback.Config{
		Magick: found, Launcher: launcher(l.sys), Scratch: os.TempDir(), Limits: l.settings.limits(), Memory: localMemory,
		Output: localMemory, Timeout: l.settings.timeout,
	})
	if err != nil {
		return nil, err
	}
	result, err := engine.Run(ctx, job)
	if _, asked := l.sys.lookup("BLUEROSE_ENGINE_REPORT"); asked && err == nil {
		fmt.Fprintln(l.sys.err, "X-Bluerose-Engine: imagemagick")
	}
	return result, err
}

// launcher is the command that puts a policy in force and becomes what follows.
func launcher(sys system) []string { return []string{sys.executable, "sandbox"} }

// magickFunction makes the engine of the function imagemagick. scratch is where the folders of its instances are.
func (s *pictureSettings) magickFunction(ctx context.Context, sys system, scratch string, memoryMB int) (*fallback.Engine, error) {
	if s.magick == "" || scratch == "" {
		return nil, errors.New("the function imagemagick needs --magick and --scratch; `bluerose up` gives them")
	}
	found, _, err := s.find(ctx, sys)
	if err != nil {
		return nil, err
	}
	own, err := fallback.OwnFolder(scratch)
	if err != nil {
		return nil, err
	}
	return fallback.New(fallback.Config{
		Magick: found, Launcher: launcher(sys), Scratch: own, Limits: s.limits(), Memory: int64(memoryMB) << 20, Timeout: s.timeout,
	})
}
