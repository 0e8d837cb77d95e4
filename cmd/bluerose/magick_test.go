package main

import (
	"errors"
	"testing"

	"bluerose/internal/imaging/render"
)

// TestNoMagick looks for ImageMagick where there is none: the refusal of the native engine stands.
func TestNoMagick(t *testing.T) {
	sys := system{lookup: func(name string) (string, bool) { return "", name == "PATH" }}
	s := pictureSettings{magickSettings: magickSettings{engine: engineAuto}}
	if _, err := (localFallback{sys, &s}).Run(t.Context(), render.Job{}); !errors.Is(err, render.ErrNotNative) {
		t.Errorf("got %v", err)
	}
	if found, why, err := s.find(t.Context(), sys); found.Path != "" || why == "" || err != nil {
		t.Errorf("got %v, %q, %v", found, why, err)
	}
}
