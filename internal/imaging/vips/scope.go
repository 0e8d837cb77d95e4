package vips

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// Args are an operation's arguments by name. A Go value fits an argument as follows: bool a boolean; int or float64 any
// number; string a text, an enumeration's nickname ("vertical") or an interpolator's name; *Image an image; []*Image,
// []float64, []int an array; []byte a blob, whose memory must stay unchanged until the Scope is closed.
type Args map[string]any

// Results are the outputs that an operation always gives, by name: *Image, []byte, float64, int, bool, []float64.
type Results map[string]any

// Scope owns all images of one request. One goroutine uses it.
type Scope struct {
	lib    *Library
	ctx    context.Context
	images []*Image
	memory []uintptr // C memory behind Pixels
	pin    runtime.Pinner
}

// NewScope opens a scope whose calls end when ctx does.
func (l *Library) NewScope(ctx context.Context) *Scope { return &Scope{lib: l, ctx: ctx} }

// Close releases every image of the scope, and the memory of Pixels.
func (s *Scope) Close() {
	for _, img := range s.images {
		s.lib.c.objectUnref(img.ptr)
		img.ptr = 0
	}
	for _, p := range s.memory {
		s.lib.c.free(p)
	}
	s.images, s.memory = nil, nil
	s.pin.Unpin()
}

// Library gives the library that the scope works with.
func (s *Scope) Library() *Library { return s.lib }

// Context gives the scope's context.
func (s *Scope) Context() context.Context { return s.ctx }

// adopt makes the scope the owner of one reference to a VipsImage.
func (s *Scope) adopt(ptr uintptr) *Image {
	img := &Image{scope: s, ptr: ptr}
	s.images = append(s.images, img)
	return img
}

// keep holds data where it is until the scope is closed, because C keeps its address.
func (s *Scope) keep(data []byte) uintptr { return pinned(&s.pin, data) }

// Call runs an operation. What is computed at once (statistics, encoders) ends early when the context ends.
func (s *Scope) Call(operation string, args Args) (Results, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	op := s.lib.c.operationNew(operation)
	if op == 0 {
		return nil, s.lib.failure(operation)
	}
	defer func() { s.lib.c.objectUnref(op) }()
	sign, err := s.lib.signature(op, operation)
	if err != nil {
		return nil, err
	}
	for name, arg := range args {
		if err := s.setArg(op, operation, sign, name, arg); err != nil {
			return nil, err
		}
	}
	release := s.killOnDone(args)
	status := s.lib.c.operationBuildp(&op)
	release()
	if status != 0 {
		s.lib.c.unrefOutputs(op)
		err := s.lib.failure(operation)
		if s.ctx.Err() != nil {
			return nil, s.ctx.Err()
		}
		return nil, err
	}
	results := s.results(op, sign)
	s.lib.c.unrefOutputs(op)
	return results, nil
}

// killOnDone arranges that the pipelines behind args stop when the context ends. The returned function undoes it, and
// waits until no kill can come any more: the images may be released after it.
func (s *Scope) killOnDone(args Args) (release func()) {
	if s.ctx.Done() == nil {
		return func() {}
	}
	var mu sync.Mutex
	over := false
	stop := context.AfterFunc(s.ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		for _, arg := range args {
			if img, ok := arg.(*Image); ok && !over {
				s.lib.c.imageSetKill(img.ptr, 1)
			}
		}
	})
	return func() {
		stop()
		mu.Lock()
		over = true
		mu.Unlock()
	}
}

func (s *Scope) setArg(op uintptr, operation string, sign *signature, name string, arg any) error {
	t, ok := sign.types[strings.ReplaceAll(name, "_", "-")]
	if !ok {
		return &Error{Operation: operation, Message: "it has no argument " + name}
	}
	var v gvalue
	s.lib.c.valueInit(&v, t)
	defer s.lib.c.valueUnset(&v)
	if err := s.set(&v, t, arg); err != nil {
		return fmt.Errorf("%s %s: %w", operation, name, err)
	}
	s.lib.c.objectSet(op, name, &v)
	return nil
}

func (s *Scope) results(op uintptr, sign *signature) Results {
	results := Results{}
	for _, name := range sign.outputs {
		var v gvalue
		s.lib.c.valueInit(&v, sign.types[name])
		s.lib.c.objectGet(op, name, &v)
		results[name] = s.get(&v)
		s.lib.c.valueUnset(&v)
	}
	return results
}

// Create runs an operation that makes an image from nothing ("black", "xyz", "text").
func (s *Scope) Create(operation string, args Args) (*Image, error) {
	results, err := s.Call(operation, args)
	if err != nil {
		return nil, err
	}
	return results.image(operation)
}

func (r Results) image(operation string) (*Image, error) {
	if img, ok := r["out"].(*Image); ok {
		return img, nil
	}
	return nil, &Error{Operation: operation, Message: "it gave no image"}
}

// Loader names the operation that would load data ("VipsForeignLoadJpegBuffer"), and whether there is one.
func (s *Scope) Loader(data []byte) (string, bool) {
	if len(data) == 0 {
		return "", false
	}
	name := goString(s.lib.c.findLoadBuffer(s.keep(data), uintptr(len(data))))
	if name == "" {
		s.lib.c.errorClear()
	}
	return name, name != ""
}

// Load decodes data with the named loader, which reads the header now and the pixels when they are asked for.
func (s *Scope) Load(loader string, data []byte, args Args) (*Image, error) {
	all := Args{"buffer": data}
	for name, arg := range args {
		all[name] = arg
	}
	return s.Create(loader, all)
}

// FromPixels makes an image over data, which must stay unchanged until the Scope is closed: rows from top to bottom
// without gaps, the bands of a pixel side by side, numbers in the machine's byte order.
func (s *Scope) FromPixels(data []byte, width, height, bands int, format Format, space Interpretation) (*Image, error) {
	if want := width * height * bands * format.Size(); len(data) != want || want == 0 {
		return nil, fmt.Errorf("vips: %d bytes do not make %d x %d x %d %v", len(data), width, height, bands, format)
	}
	ptr := s.lib.c.imageFromMemory(s.keep(data), uintptr(len(data)), int32(width), int32(height), int32(bands), int32(format))
	if ptr == 0 {
		return nil, s.lib.failure("new_from_memory")
	}
	return s.adopt(ptr).Op("copy", Args{"interpretation": int(space)})
}
