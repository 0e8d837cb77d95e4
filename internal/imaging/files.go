package imaging

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"syscall"

	"bluerose/event"
	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/render"
)

// Files is the world of a command line: the user's own files and streams.
type Files interface {
	// Open gives the bytes of a file, or of standard input for "-".
	Open(name string) ([]byte, error)
	// Write writes a whole file, or to standard output for "-". Numbered files come one by one.
	Write(name string, data []byte) error
	// Print writes text to standard output.
	Print(text []byte) error
}

// ConvertFiles runs convert with ImageMagick's arguments, without the program's name. Nothing is written unless all of the
// program succeeds. Errors are *event.Error: UnsupportedArgument for arguments that are refused.
func (s *Service) ConvertFiles(ctx context.Context, args []string, files Files) error {
	program, err := magick.Parse(args)
	if err != nil {
		return event.From(err)
	}
	return s.runFiles(ctx, render.Job{Program: program}, files)
}

// IdentifyFiles runs identify with ImageMagick's arguments, without the program's name, like ConvertFiles.
func (s *Service) IdentifyFiles(ctx context.Context, args []string, files Files) error {
	program, err := magick.ParseIdentify(args)
	if err != nil {
		return event.From(err)
	}
	return s.runFiles(ctx, render.Job{Program: program, Identify: true}, files)
}

func (s *Service) runFiles(ctx context.Context, job render.Job, files Files) error {
	job.InputHint = extensionOfFirst(job.Program)
	job.Open = func(name string) ([]byte, error) {
		data, err := files.Open(name)
		if err != nil {
			return nil, fileError(err, read, name)
		}
		return data, nil
	}
	result, err := s.run(ctx, job)
	if err != nil {
		return event.From(err)
	}
	if len(result.Text) > 0 {
		if err := files.Print(result.Text); err != nil {
			return fileError(err, written, standardInput)
		}
	}
	for _, file := range result.Files {
		if err := files.Write(file.Name, file.Data); err != nil {
			return fileError(err, written, file.Name)
		}
	}
	return nil
}

// extensionOfFirst gives the extension of the first file that a program reads.
func extensionOfFirst(program *magick.Program) string {
	for _, step := range program.Steps {
		if source, ok := step.Value.(magick.Source); ok && step.Class == magick.Read {
			if extension := strings.TrimPrefix(path.Ext(source.Name), "."); extension != "" {
				return extension
			}
		}
	}
	return ""
}

// What fails with a file, as the end of "cannot be …".
const (
	read    = "read"
	written = "written"
)

// fileError says which file failed, and why where the user can do something about it.
func fileError(err error, done, name string) *event.Error {
	var known *event.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, fs.ErrNotExist) && done == written:
		return event.Errorf(event.NotFound, "The file %q cannot be %s: its folder does not exist; make it first", name, done).Wrap(err)
	case errors.Is(err, fs.ErrNotExist):
		return event.Errorf(event.NotFound, "The file %q cannot be %s: it does not exist", name, done).Wrap(err)
	case errors.Is(err, fs.ErrPermission):
		return event.Errorf(event.AccessDenied, "The file %q cannot be %s: permission denied", name, done).Wrap(err)
	}
	if reason, ok := errors.AsType[syscall.Errno](err); ok { // such as: is a directory, no space left on device
		return event.Errorf(event.Internal, "The file %q cannot be %s: %v", name, done, reason).Wrap(err)
	}
	return event.Errorf(event.Internal, "The file %q cannot be %s", name, done).Wrap(err)
}
