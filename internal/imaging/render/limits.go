package render

import (
	"bluerose/event"
	"bluerose/internal/imaging/vips"
)

// Limits bound what one program may use. A zero field takes its default.
type Limits struct {
	Pixels int64 // of one picture, all its frames together; default 100 million
	Side   int   // of one frame, in pixels; default 16,384
	Frames int   // of one picture, and pictures of a list; default 256
	Input  int64 // bytes of one encoded input; default 32 MB (32 << 20)
	Total  int64 // pixels of all pictures that a program holds at once; default 4 times Pixels
	Memory int64 // bytes of the pixels of all pictures that a program holds at once; default 640 MB (640 << 20)
}

// WithDefaults gives the limits with every zero field set.
func (l Limits) WithDefaults() Limits {
	set(&l.Pixels, 100_000_000)
	set(&l.Side, 16384)
	set(&l.Frames, 256)
	set(&l.Input, 32<<20)
	set(&l.Total, 4*l.Pixels)
	set(&l.Memory, 640<<20)
	return l
}

func set[T int | int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// admit refuses a picture of that size with LimitExceeded. It is called before the memory for it is asked for.
func (l Limits) admit(width, height, frames int) error {
	switch pixels := int64(width) * int64(height) * int64(max(frames, 1)); {
	case frames > l.Frames:
		return event.Errorf(event.LimitExceeded, "The picture has %d frames, and at most %d are allowed; send fewer", frames, l.Frames)
	case width > l.Side || height > l.Side:
		return event.Errorf(event.LimitExceeded, "A picture of %d x %d pixels is too large: a side may have at most %d pixels; make it smaller", width, height, l.Side)
	case pixels > l.Pixels:
		return event.Errorf(event.LimitExceeded, "A picture of %d x %d pixels in %d frame(s) is too large: at most %.4g megapixels are allowed; make it smaller",
			width, height, max(frames, 1), float64(l.Pixels)/1e6)
	}
	return nil
}

// bytesOf gives the memory that an image takes when it is computed.
func bytesOf(img *vips.Image) int64 {
	return int64(img.Width()) * int64(img.Height()) * int64(img.Bands()) * int64(img.Format().Size())
}
