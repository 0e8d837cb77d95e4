package vips

import (
	"fmt"
	"unsafe"
)

// GObject's fundamental types: the number of the type times four (GLib, gtype.h).
const (
	typeBoolean = 5 << 2
	typeInt     = 6 << 2
	typeUint64  = 11 << 2
	typeEnum    = 12 << 2
	typeFlags   = 13 << 2
	typeDouble  = 15 << 2
	typeString  = 16 << 2
	typeBoxed   = 18 << 2
	typeObject  = 20 << 2
)

// boxedTypes are libvips' own value types, numbered when the library starts.
type boxedTypes struct {
	image, interpolate, arrayDouble, arrayInt, arrayImage, blob, refString uintptr
}

func (l *Library) boxed() boxedTypes {
	return boxedTypes{
		image: l.c.typeFromName("VipsImage"), interpolate: l.c.typeFromName("VipsInterpolate"),
		arrayDouble: l.c.typeFromName("VipsArrayDouble"), arrayInt: l.c.typeFromName("VipsArrayInt"),
		arrayImage: l.c.typeFromName("VipsArrayImage"), blob: l.c.typeFromName("VipsBlob"),
		refString: l.c.typeFromName("VipsRefString"),
	}
}

// gvalue is a GValue: a type and room for two words.
type gvalue struct {
	gtype uintptr
	_     [2]uint64
}

// set fills an initialised value of type t from a Go value.
func (s *Scope) set(v *gvalue, t uintptr, from any) error {
	c := &s.lib.c
	switch t {
	case s.lib.types.arrayDouble, s.lib.types.arrayInt, s.lib.types.arrayImage, s.lib.types.blob, s.lib.types.refString:
		return s.setBoxed(v, t, from)
	}
	switch x := from.(type) {
	case bool:
		if t == typeBoolean {
			c.valueSetBoolean(v, boolean(x))
			return nil
		}
	case int:
		return s.setNumber(v, t, float64(x))
	case float64:
		return s.setNumber(v, t, x)
	case string:
		switch c.typeFundamental(t) {
		case typeString:
			c.valueSetString(v, x)
			return nil
		case typeEnum:
			n := c.enumFromNick("bluerose", t, x)
			if n < 0 {
				return s.lib.failure("value " + x)
			}
			c.valueSetEnum(v, n)
			return nil
		case typeObject:
			if t == s.lib.types.interpolate {
				object := c.interpolateNew(x)
				c.valueSetObject(v, object)
				c.objectUnref(object)
				return nil
			}
		}
	case *Image:
		if c.typeFundamental(t) == typeObject {
			c.valueSetObject(v, x.ptr)
			return nil
		}
	}
	return fmt.Errorf("vips: a %T does not fit", from)
}

func (s *Scope) setNumber(v *gvalue, t uintptr, x float64) error {
	c := &s.lib.c
	switch c.typeFundamental(t) {
	case typeInt:
		c.valueSetInt(v, int32(x))
	case typeUint64:
		c.valueSetUint64(v, uint64(x))
	case typeDouble:
		c.valueSetDouble(v, x)
	case typeEnum:
		c.valueSetEnum(v, int32(x))
	case typeFlags:
		c.valueSetFlags(v, uint32(x))
	default:
		return fmt.Errorf("vips: the number %g does not fit", x)
	}
	return nil
}

func (s *Scope) setBoxed(v *gvalue, t uintptr, from any) error {
	c := &s.lib.c
	switch x := from.(type) {
	case []float64:
		c.setArrayDouble(v, unsafe.SliceData(x), int32(len(x)))
	case float64:
		c.setArrayDouble(v, &x, 1)
	case []int:
		list := make([]int32, len(x))
		for i, n := range x {
			list[i] = int32(n)
		}
		c.setArrayInt(v, unsafe.SliceData(list), int32(len(list)))
	case []*Image:
		c.setArrayImage(v, int32(len(x)))
		array := unsafe.Slice((*uintptr)(pointer(c.getArrayImage(v, nil))), len(x))
		for i, img := range x {
			array[i] = c.objectRef(img.ptr)
		}
	case []byte:
		blob := c.blobNew(0, s.keep(x), uintptr(len(x)))
		c.valueSetBoxed(v, blob)
		c.areaUnref(blob)
	case string:
		c.setRefString(v, x)
	default:
		return fmt.Errorf("vips: a %T does not fit", from)
	}
	return nil
}

// get reads a value: bool, int, float64, string, *Image, []float64, []int or []byte; nil for a type that has no use here.
func (s *Scope) get(v *gvalue) any {
	c := &s.lib.c
	switch v.gtype {
	case s.lib.types.image:
		return s.adopt(c.objectRef(c.valueGetObject(v)))
	case s.lib.types.blob:
		var size uintptr
		data := c.blobGet(c.valueGetBoxed(v), &size)
		return append([]byte(nil), bytesAt(data, size)...)
	case s.lib.types.refString:
		return goString(c.getRefString(v, nil))
	case s.lib.types.arrayDouble:
		var n int32
		data := c.getArrayDouble(v, &n)
		return append([]float64(nil), unsafe.Slice((*float64)(pointer(data)), n)...)
	case s.lib.types.arrayInt:
		var n int32
		data := c.getArrayInt(v, &n)
		list := make([]int, n)
		for i, x := range unsafe.Slice((*int32)(pointer(data)), n) {
			list[i] = int(x)
		}
		return list
	}
	switch c.typeFundamental(v.gtype) {
	case typeBoolean:
		return c.valueGetBoolean(v) != 0
	case typeInt:
		return int(c.valueGetInt(v))
	case typeUint64:
		return int(c.valueGetUint64(v))
	case typeDouble:
		return c.valueGetDouble(v)
	case typeString:
		return goString(c.valueGetString(v))
	case typeEnum:
		return int(c.valueGetEnum(v))
	case typeFlags:
		return int(c.valueGetFlags(v))
	}
	return nil
}

func bytesAt(p, size uintptr) []byte { return unsafe.Slice((*byte)(pointer(p)), size) }

func boolean(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
