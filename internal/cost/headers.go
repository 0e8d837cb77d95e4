package cost

import (
	"bytes"
	"encoding/binary"
)

const (
	maxSide    = 1 << 20 // of a header that claims more; the product of sides and frames stays within an int64
	maxFrames  = 1 << 12
	maxEntries = 1 << 16 // of the directories of a TIFF
)

// format is what is known of a picture format.
type format struct {
	magic []string // beginnings of a file; a dot stands for any byte
	slow  int64    // milliseconds of one core for a megapixel, to read it and write it as JPEG: measured, and rounded
	// pixels gives the pixels of all frames of a file of size bytes that begins with data, 0 when it cannot tell; nil where
	// the bytes must do.
	pixels func(data []byte, size int64) int64
}

const unknownSlow = 10

var formats = []format{
	{[]string{"\xff\xd8\xff"}, 5, jpegPixels},
	{[]string{"\x89PNG\r\n\x1a\n"}, 15, pngPixels},
	{[]string{"RIFF....WEBP"}, 15, webpPixels},
	{[]string{"GIF87a", "GIF89a"}, 20, gifPixels},
	{[]string{"....ftypavif", "....ftypavis", "....ftypmif1", "....ftyphei"}, 40, avifPixels},
	{[]string{"II*\x00", "MM\x00*"}, 10, tiffPixels},
	{[]string{"BM"}, 10, bmpPixels},
	{[]string{"II+\x00", "MM\x00+", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "\x00\x00\x01\x00", "<svg", "<?xml"}, 15, nil},
}

// find gives the format of data, nil for none of them.
func find(data []byte) *format {
	for i := range formats {
		for _, magic := range formats[i].magic {
			if starts(data, magic) {
				return &formats[i]
			}
		}
	}
	return nil
}

func starts(data []byte, magic string) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '.' && magic[i] != data[i] {
			return false
		}
	}
	return true
}

func area(width, height uint32) int64 {
	return int64(min(width, maxSide)) * int64(min(height, maxSide))
}

// whole gives the frames of a file of size bytes when frames were counted in so many of them.
func whole(frames, counted, size int64) int64 {
	if counted > 0 && size > counted {
		frames = frames * min(size, 1<<40) / counted
	}
	return min(max(frames, 1), maxFrames)
}

// jpegPixels walks the segments to the frame header (SOF).
func jpegPixels(data []byte, _ int64) int64 {
	for i := 2; i+9 <= len(data); {
		if data[i] != 0xff {
			return 0
		}
		marker := data[i+1]
		switch {
		case marker == 0xff: // fill
			i++
			continue
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return area(uint32(binary.BigEndian.Uint16(data[i+7:])), uint32(binary.BigEndian.Uint16(data[i+5:])))
		case marker == 0xda || marker == 0xd9: // the pixels, or the end
			return 0
		}
		i += 2 + max(int(binary.BigEndian.Uint16(data[i+2:])), 2)
	}
	return 0
}

func pngPixels(data []byte, _ int64) int64 {
	if len(data) < 24 {
		return 0
	}
	return area(binary.BigEndian.Uint32(data[16:]), binary.BigEndian.Uint32(data[20:]))
}

func bmpPixels(data []byte, _ int64) int64 {
	if len(data) < 26 {
		return 0
	}
	if binary.LittleEndian.Uint32(data[14:]) == 12 { // OS/2's
		return area(uint32(binary.LittleEndian.Uint16(data[18:])), uint32(binary.LittleEndian.Uint16(data[20:])))
	}
	height := int64(int32(binary.LittleEndian.Uint32(data[22:]))) // below 0 from the top down
	return area(binary.LittleEndian.Uint32(data[18:]), uint32(max(height, -height)))
}

// webpPixels reads the first chunk, and counts the frames of an animation.
func webpPixels(data []byte, size int64) int64 {
	if len(data) < 30 {
		return 0
	}
	switch string(data[12:16]) {
	case "VP8 ":
		return area(uint32(binary.LittleEndian.Uint16(data[26:]))&0x3fff, uint32(binary.LittleEndian.Uint16(data[28:]))&0x3fff)
	case "VP8L":
		bits := binary.LittleEndian.Uint32(data[21:])
		return area(bits&0x3fff+1, bits>>14&0x3fff+1)
	case "VP8X":
		canvas := area(little24(data[24:])+1, little24(data[27:])+1)
		frames, i := int64(0), int64(12)
		for ; i+8 <= int64(len(data)) && frames < maxFrames; i += 8 + (int64(binary.LittleEndian.Uint32(data[i+4:]))+1)&^1 {
			if string(data[i:i+4]) == "ANMF" {
				frames++
			}
		}
		return canvas * whole(frames, i, size)
	}
	return 0
}

func little24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

// gifPixels counts the frames as far as data goes.
func gifPixels(data []byte, size int64) int64 {
	if len(data) < 13 {
		return 0
	}
	canvas := area(uint32(binary.LittleEndian.Uint16(data[6:])), uint32(binary.LittleEndian.Uint16(data[8:])))
	frames, i := int64(0), 13+colours(data[10])
	for i < len(data) && frames < maxFrames {
		switch {
		case data[i] == 0x21: // an extension: its label, and blocks
			i = blocks(data, i+2)
		case data[i] == 0x2c && i+10 < len(data): // a frame: place and size, colours, a byte of LZW, and blocks
			frames++
			i = blocks(data, i+11+colours(data[i+9]))
		default: // the end, or none that a decoder would go on after
			return canvas * whole(frames, 0, size)
		}
	}
	return canvas * whole(frames, int64(i), size)
}

// colours gives the bytes of the colour table that a flag byte announces.
func colours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// blocks gives the place behind a chain of data blocks.
func blocks(data []byte, i int) int {
	for i < len(data) && data[i] > 0 {
		i += int(data[i]) + 1
	}
	return i + 1
}

// tiffPixels adds up the directories that data holds.
func tiffPixels(data []byte, _ int64) int64 {
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	total, at := int64(0), int64(4)
	for budget := maxEntries; budget > 0 && at+4 <= int64(len(data)); budget-- { // directories may form a ring
		at = int64(order.Uint32(data[at:]))
		if at == 0 || at+2 > int64(len(data)) {
			return total
		}
		entries := int64(order.Uint16(data[at:]))
		at += 2
		var sides [2]uint32
		for ; entries > 0 && at+12 <= int64(len(data)); entries, at = entries-1, at+12 {
			budget--
			const width, long = 256, 4
			tag := order.Uint16(data[at:])
			if tag != width && tag != width+1 {
				continue
			}
			sides[tag-width] = uint32(order.Uint16(data[at+8:]))
			if order.Uint16(data[at+2:]) == long {
				sides[tag-width] = order.Uint32(data[at+8:])
			}
		}
		total = min(total+area(sides[0], sides[1]), maxPixels)
	}
	return total
}

// avifPixels takes the largest of the sizes (ispe) among the first properties: those of a thumbnail and of tiles stand there, too.
func avifPixels(data []byte, _ int64) int64 {
	largest := int64(0)
	rest := data[:min(len(data), 16<<10)]
	for {
		at := bytes.Index(rest, []byte("ispe"))
		if at < 0 || at+16 > len(rest) {
			return largest
		}
		largest = max(largest, area(binary.BigEndian.Uint32(rest[at+8:]), binary.BigEndian.Uint32(rest[at+12:])))
		rest = rest[at+4:]
	}
}
