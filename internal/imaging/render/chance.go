package render

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// chance is a source of random numbers: those of ImageMagick 6.9 for the same -seed (magick/random.c, Xoshiro256+ that
// starts from the seed's SHA-256).
type chance [4]uint64

// random gives a new source, as every operator has its own: the one of -seed, or another every time.
func (m *machine) random() *chance {
	value, given, _ := m.settings.number("seed", 0)
	if !given {
		m.byChance = true
		return &chance{rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64()}
	}
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(int64(value))))
	out := new(chance)
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(sum[8*i:])
	}
	return out
}

// Float64 gives the next number, from 0 up to 1.
func (c *chance) Float64() float64 {
	shifted, sum := c[1]<<17, c[0]+c[3]
	c[2] ^= c[0]
	c[3] ^= c[1]
	c[1] ^= c[2]
	c[0] ^= c[3]
	c[2] ^= shifted
	c[3] = bits.RotateLeft64(c[3], 45)
	return float64(sum>>11) / (1 << 53)
}
