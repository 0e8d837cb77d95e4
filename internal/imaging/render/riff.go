package render

import (
	"bytes"
	"encoding/binary"
)

// Flags of a WebP's VP8X chunk (WebP container specification, extended file format).
const (
	webpXMP   = 0x04
	webpEXIF  = 0x08
	webpAlpha = 0x10
)

// inWebP puts EXIF and XMP into an encoded WebP of that size.
func (p *Picture) inWebP(data []byte, width, height int) []byte {
	const head = 12 // "RIFF", a size, "WEBP"
	exif, xmp := bytes.TrimPrefix(p.exif(), []byte(exifMarker)), p.Profiles["xmp"]
	if len(exif)+len(xmp) == 0 || len(data) < head+8 {
		return data
	}
	flags := byte(0)
	chunks := data[head:]
	if string(chunks[:4]) == "VP8X" && len(chunks) >= 18 {
		flags = chunks[8]
		chunks = chunks[18:]
	} else if string(chunks[:4]) == "VP8L" && p.Alpha() {
		flags = webpAlpha
	}
	if len(exif) > 0 {
		flags |= webpEXIF
	}
	if len(xmp) > 0 {
		flags |= webpXMP
	}
	extended := []byte{flags, 0, 0, 0, byte(width - 1), byte((width - 1) >> 8), byte((width - 1) >> 16),
		byte(height - 1), byte((height - 1) >> 8), byte((height - 1) >> 16)}
	out := append([]byte(nil), data[:head]...)
	out = appendRIFF(out, "VP8X", extended)
	out = append(out, chunks...)
	out = appendRIFF(out, "EXIF", exif)
	out = appendRIFF(out, "XMP ", xmp)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// appendRIFF appends a chunk, padded to an even length; nothing for an empty body.
func appendRIFF(out []byte, name string, body []byte) []byte {
	if len(body) == 0 {
		return out
	}
	out = binary.LittleEndian.AppendUint32(append(out, name...), uint32(len(body)))
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}
