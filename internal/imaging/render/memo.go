package render

import "sync"

// memoSize is the number of colours that a memo holds, a power of two: half a megabyte, which stays in a core's own cache.
const memoSize = 1 << memoBits

const memoBits = 15

// memo keeps what colours of up to four 8-bit bands became. Neighbours in a photograph are alike, so that nine colours of
// ten are met again soon: a formula is worked out for the tenth only.
type memo [memoSize]struct {
	key   uint32
	known bool
	out   [4]byte
}

// perPixel is reshape for a function whose pixels depend on nothing but themselves.
func (p *Picture) perPixel(to pixelForm, f rows) (*Picture, error) {
	from := p.pixelForm()
	if from.wide || to.wide || from.bands() > 4 || to.bands() > 4 {
		return p.reshape(to, f)
	}
	data, err := p.pixels()
	if err != nil {
		return nil, err
	}
	width, height := p.Width(), p.Height()
	nIn, nOut := from.bands(), to.bands()
	result := data // in place where a pixel keeps its size
	if nOut != nIn {
		result = make([]byte, width*height*nOut)
	}
	memos := sync.Pool{New: func() any { return new(memo) }}
	err = p.eachStrip(func(top, bottom int) {
		known := memos.Get().(*memo)
		known.run(result[top*width*nOut:bottom*width*nOut], data[top*width*nIn:bottom*width*nIn], nOut, nIn, f)
		memos.Put(known)
	})
	if err != nil {
		return nil, err
	}
	return p.holdingPixels(result, width, height, to)
}

func (m *memo) run(out, in []byte, nOut, nIn int, f rows) { // out may be in: a pixel is read before it is written
	var px, made [4]uint16
	var last uint32
	for i, j := 0, 0; i+nIn <= len(in); i, j = i+nIn, j+nOut {
		var key uint32
		if nIn == 3 {
			from := in[i : i+3 : i+3]
			key = uint32(from[0])<<16 | uint32(from[1])<<8 | uint32(from[2])
		} else {
			for _, v := range in[i : i+nIn] {
				key = key<<8 | uint32(v)
			}
		}
		if key == last && i > 0 {
			copy(out[j:j+nOut], out[j-nOut:j])
			continue
		}
		last = key
		slot := &m[key*0x9E3779B1>>(32-memoBits)] // Knuth's multiplicative hash
		if slot.key != key || !slot.known {
			expand(px[:nIn], in[i:i+nIn])
			f(0, made[:nOut], px[:nIn])
			slot.key, slot.known = key, true
			gather(slot.out[:nOut], made[:nOut])
		}
		if nOut == 3 {
			to := out[j : j+3 : j+3]
			to[0], to[1], to[2] = slot.out[0], slot.out[1], slot.out[2]
			continue
		}
		copy(out[j:j+nOut], slot.out[:nOut])
	}
}
