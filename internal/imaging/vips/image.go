package vips

import (
	"unsafe"
)

// Format is the type of a band's numbers.
type Format int

// The formats that the service works with (libvips, VipsBandFormat).
const (
	Uchar  Format = 0
	Ushort Format = 2
	Int    Format = 5
	Float  Format = 6
	Double Format = 8
)

// Size gives the bytes of one number.
func (f Format) Size() int {
	return [...]int{1, 1, 2, 2, 4, 4, 4, 8, 8, 16}[f]
}

// Interpretation says what the bands mean.
type Interpretation int

// The interpretations that the service works with (libvips, VipsInterpretation).
const (
	Multiband Interpretation = 0
	BW        Interpretation = 1
	XYZ       Interpretation = 12
	Lab       Interpretation = 13
	CMYK      Interpretation = 15
	LCH       Interpretation = 19
	SRGB      Interpretation = 22
	RGB16     Interpretation = 25
	Grey16    Interpretation = 26
	ScRGB     Interpretation = 28
	HSV       Interpretation = 29
)

// Image is a picture, or the plan of one: most operations compute nothing until pixels are asked for. It never changes.
type Image struct {
	scope *Scope
	ptr   uintptr
}

// Width gives the pixels of a row.
func (img *Image) Width() int { return int(img.scope.lib.c.imageWidth(img.ptr)) }

// Height gives the number of rows.
func (img *Image) Height() int { return int(img.scope.lib.c.imageHeight(img.ptr)) }

// Bands gives the numbers of a pixel.
func (img *Image) Bands() int { return int(img.scope.lib.c.imageBands(img.ptr)) }

// Format gives the type of the numbers.
func (img *Image) Format() Format { return Format(img.scope.lib.c.imageFormat(img.ptr)) }

// Interpretation gives the meaning of the bands.
func (img *Image) Interpretation() Interpretation {
	return Interpretation(img.scope.lib.c.imageInterp(img.ptr))
}

// HasAlpha reports whether the last band is alpha.
func (img *Image) HasAlpha() bool { return img.scope.lib.c.imageHasAlpha(img.ptr) != 0 }

// Resolution gives pixels per millimetre, across and down.
func (img *Image) Resolution() (x, y float64) {
	return img.scope.lib.c.imageXres(img.ptr), img.scope.lib.c.imageYres(img.ptr)
}

// Scope gives the owner of the image.
func (img *Image) Scope() *Scope { return img.scope }

// Op runs an operation on the image, which becomes its argument "in" (or "left", "base"… when args says so with nil).
func (img *Image) Op(operation string, args Args) (*Image, error) {
	all := Args{"in": img}
	for name, arg := range args {
		if arg == nil {
			delete(all, "in")
			arg = img
		}
		all[name] = arg
	}
	return img.scope.Create(operation, all)
}

// Save encodes the image with a saver ("jpegsave_buffer").
func (img *Image) Save(saver string, args Args) ([]byte, error) {
	all := Args{"in": img}
	for name, arg := range args {
		all[name] = arg
	}
	results, err := img.scope.Call(saver, all)
	if err != nil {
		return nil, err
	}
	data, ok := results["buffer"].([]byte)
	if !ok {
		return nil, &Error{Operation: saver, Message: "it gave no bytes"}
	}
	return data, nil
}

// Memory computes the image once: what follows reads its pixels in any order and never computes them again.
func (img *Image) Memory() (*Image, error) {
	var ptr uintptr
	err := img.compute("copy_memory", func() bool {
		ptr = img.scope.lib.c.imageCopyMemory(img.ptr)
		return ptr != 0
	})
	if err != nil {
		return nil, err
	}
	return img.scope.adopt(ptr), nil
}

// Pixels computes the image and gives its numbers as FromPixels takes them. The memory is valid until the Scope is
// closed, belongs to the caller and may be changed.
func (img *Image) Pixels() ([]byte, error) {
	var data, size uintptr
	err := img.compute("write_to_memory", func() bool {
		data = img.scope.lib.c.imageWriteMemory(img.ptr, &size)
		return data != 0
	})
	if err != nil {
		return nil, err
	}
	img.scope.memory = append(img.scope.memory, data)
	return bytesAt(data, size), nil
}

// compute runs a C function that computes the image, killed when the context ends.
func (img *Image) compute(operation string, run func() bool) error {
	s := img.scope
	if err := s.ctx.Err(); err != nil {
		return err
	}
	release := s.killOnDone(Args{"in": img})
	ok := run()
	release()
	if ok {
		return nil
	}
	err := s.lib.failure(operation)
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	return err
}

// Get reads a metadata field ("exif-data", "icc-profile-data", "delay"), and whether there is one.
func (img *Image) Get(name string) (any, bool) {
	s := img.scope
	if s.lib.c.imageTypeof(img.ptr, name) == 0 {
		return nil, false
	}
	var v gvalue
	if s.lib.c.imageGet(img.ptr, name, &v) != 0 {
		s.lib.c.errorClear()
		return nil, false
	}
	defer s.lib.c.valueUnset(&v)
	return s.get(&v), true
}

// Int reads a metadata field that is a whole number; other stands for a field that is missing or of another type.
func (img *Image) Int(name string, other int) int {
	if v, ok := img.Get(name); ok {
		if n, ok := v.(int); ok {
			return n
		}
	}
	return other
}

// Fields names the metadata fields of the image.
func (img *Image) Fields() []string {
	c := &img.scope.lib.c
	list := c.imageFields(img.ptr)
	defer c.strfreev(list)
	var names []string
	for i := 0; list != 0; i++ {
		p := *(*uintptr)(unsafe.Add(pointer(list), 8*i))
		if p == 0 {
			break
		}
		names = append(names, goString(p))
	}
	return names
}

// With gives the image with metadata fields set (int, float64, string, []int, []float64, []byte) or, where the value is nil, removed.
func (img *Image) With(fields map[string]any) (*Image, error) {
	out, err := img.Op("copy", nil)
	if err != nil {
		return nil, err
	}
	s := img.scope
	for name, value := range fields {
		if value == nil {
			s.lib.c.imageRemove(out.ptr, name)
			continue
		}
		var v gvalue
		t := s.metadataType(value)
		s.lib.c.valueInit(&v, t)
		err := s.set(&v, t, value)
		if err == nil {
			s.lib.c.imageSet(out.ptr, name, &v)
		}
		s.lib.c.valueUnset(&v)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Scope) metadataType(value any) uintptr {
	switch value.(type) {
	case int:
		return typeInt
	case float64:
		return typeDouble
	case []int:
		return s.lib.types.arrayInt
	case []float64:
		return s.lib.types.arrayDouble
	case []byte:
		return s.lib.types.blob
	}
	return s.lib.types.refString
}

// Chain runs operations one behind the other and keeps the first error, so that a list of steps reads as one.
type Chain struct {
	img *Image
	err error
}

// Chain starts a chain at the image.
func (img *Image) Chain() Chain { return Chain{img: img} }

// Op adds an operation to the chain (see Image.Op).
func (c Chain) Op(operation string, args Args) Chain {
	if c.err != nil {
		return c
	}
	c.img, c.err = c.img.Op(operation, args)
	return c
}

// Image ends the chain.
func (c Chain) Image() (*Image, error) { return c.img, c.err }
