package e2e

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// bluePixel is a PNG of one blue pixel.
func bluePixel(t *testing.T) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	picture.SetNRGBA(0, 0, color.NRGBA{B: 255, A: 255})
	return encoded(t, picture)
}

// noise gives n bytes that do not compress, the same ones every time.
func noise(n int) []byte {
	source := rand.NewChaCha8([32]byte{7})
	data := make([]byte, n)
	_, _ = source.Read(data)
	return data
}

func pngChunk(name string, data []byte) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	chunk = append(append(chunk, name...), data...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
}

// deflated gives data, so many times over, in the format of zlib.
func deflated(t *testing.T, data []byte, times int) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	for range times {
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// bombPNG is a complete black PNG of side x side pixels of one bit, of about a thousandth of its pixels' bytes.
func bombPNG(t *testing.T, side int) []byte {
	t.Helper()
	const rows = 100 // that are compressed at a time
	packed := deflated(t, make([]byte, rows*(1+(side+7)/8)), (side+rows-1)/rows)
	header := binary.BigEndian.AppendUint32(nil, uint32(side))
	header = append(binary.BigEndian.AppendUint32(header, uint32(side)), 1, 0, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", header)...)
	file = append(file, pngChunk("IDAT", packed)...)
	return append(file, pngChunk("IEND", nil)...)
}

// pagesTIFF is a TIFF of n pages of one gray pixel each.
func pagesTIFF(n int) []byte {
	file := binary.LittleEndian.AppendUint32([]byte("II*\x00"), 8)
	for i := range n {
		entries := [][2]uint32{{256, 1}, {257, 1}, {258, 8}, {259, 1}, {262, 1}, {273, 0}, {277, 1}, {278, 1}, {279, 1}}
		file = binary.LittleEndian.AppendUint16(file, uint16(len(entries)))
		for _, entry := range entries {
			file = binary.LittleEndian.AppendUint16(file, uint16(entry[0]))
			file = append(file, 4, 0, 1, 0, 0, 0) // one number of 32 bits
			file = binary.LittleEndian.AppendUint32(file, entry[1])
		}
		next := uint32(len(file) + 4)
		if i == n-1 {
			next = 0
		}
		file = binary.LittleEndian.AppendUint32(file, next)
	}
	return file
}

// framesGIF is a GIF of n frames of one pixel each.
func framesGIF(n int) []byte {
	file := []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	frame := []byte("\x21\xf9\x04\x00\x0a\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00")
	return append(append(file, bytes.Repeat(frame, n)...), ';')
}

// orientedJPEG puts an Exif segment with an orientation, 1 to 8, into a JPEG that has none.
func orientedJPEG(jpeg []byte, orientation byte) []byte {
	exif := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00\x00")
	return jpegWith(jpeg, 0xe1, exif)
}

// jpegWith puts a segment behind a JPEG's first two bytes.
func jpegWith(jpeg []byte, marker byte, segment []byte) []byte {
	out := append([]byte{}, jpeg[:2]...)
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2))
	return append(append(out, segment...), jpeg[2:]...)
}

// profile is an ICC profile of version 2.1 for a display (ICC.1:2001-04, 6.1): the primaries of sRGB and a gamma of 2.2.
func profile() []byte {
	xyz := func(values ...uint32) []byte {
		tag := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range values {
			tag = binary.BigEndian.AppendUint32(tag, v) // s15Fixed16
		}
		return tag
	}
	text := func(s string) []byte { return append([]byte("text\x00\x00\x00\x00"+s), 0) }
	description := []byte("desc\x00\x00\x00\x00\x00\x00\x00\x05test\x00")
	description = append(description, make([]byte, 4+4+2+1+67)...)
	gamma := []byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33\x00\x00")
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", description}, {"cprt", text("none")}, {"wtpt", xyz(0xf6d6, 0x10000, 0xd32d)},
		{"rXYZ", xyz(0x6fa2, 0x38f5, 0x0390)}, {"gXYZ", xyz(0x6299, 0xb785, 0x18da)}, {"bXYZ", xyz(0x24a0, 0x0f84, 0xb6cf)},
		{"rTRC", gamma}, {"gTRC", gamma}, {"bTRC", gamma},
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var body []byte
	for _, tag := range tags {
		table = append(table, tag.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(128+4+12*len(tags)+len(body)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(tag.data)))
		body = append(body, tag.data...)
		body = append(body, make([]byte, -len(tag.data)&3)...)
	}
	header := make([]byte, 128)
	binary.BigEndian.PutUint32(header, uint32(128+len(table)+len(body)))
	copy(header[8:], "\x02\x10\x00\x00mntrRGB XYZ ")
	copy(header[24:], "\x07\xd0\x00\x01\x00\x01") // the year 2000
	copy(header[36:], "acsp")
	copy(header[68:], "\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d")
	return append(append(header, table...), body...)
}
