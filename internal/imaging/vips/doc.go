// Package vips is libvips, loaded at run time. It knows nothing of ImageMagick or of the service.
//
// Open finds a shared library, and every operation of it is then called by name through libvips' own introspection:
// arguments and results are GObject properties of a VipsOperation, so about forty C functions cover all operations of
// every libvips, and nothing has to be generated or compiled.
//
// A Scope owns every image that is made through it: images are never released one by one, Close releases them all. A
// Scope belongs to one request and one goroutine. Its context is its deadline: when the context ends, whatever pipeline
// is being computed is killed, and the call that was computing it answers the context's error.
//
//	lib, err := vips.Open(vips.Config{})
//	s := lib.NewScope(ctx)
//	defer s.Close()
//	img, err := s.Load(data, vips.Args{"access": "sequential"})
//	img, err = img.Op("resize", vips.Args{"scale": 0.5})
//	out, err := img.Save(".jpg", vips.Args{"Q": 80})
//
// Errors are *Error, which keeps what libvips said; they are for the log, never for the public.
package vips
