package render

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"

	"bluerose/internal/imaging/magick"
)

const pngSignature = 8 // bytes before the first chunk

// pngChunks walks the chunks of a PNG (ISO/IEC 15948) until each says to stop, and reports whether the file held together.
func pngChunks(data []byte, each func(name string, body []byte) bool) bool {
	for at := pngSignature; at+12 <= len(data); {
		size := int(binary.BigEndian.Uint32(data[at:]))
		if size > math.MaxInt32 || at+12+size > len(data) {
			return false
		}
		if !each(string(data[at+4:at+8]), data[at+8:at+8+size]) {
			return true
		}
		at += 12 + size
	}
	return true
}

// appendChunk appends a PNG chunk to a file.
func appendChunk(out []byte, name string, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	start := len(out)
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}

// pngHeader reads a PNG's chunks up to its pixels, and the texts behind them.
func pngHeader(data []byte) (header, bool) {
	h := header{Frames: 1, Properties: map[string]string{}, Profiles: map[string][]byte{}}
	pngChunks(data, func(name string, body []byte) bool {
		switch {
		case name == "IHDR" && len(body) == 13:
			h.Width, h.Height = int(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint32(body[4:]))
			h.bits = int(body[8])
			h.Depth, h.Palette, h.Interlace = max(int(body[8]), 8), body[9] == 3, body[12] == 1 // as ImageMagick counts
			if body[9] == 0 {
				h.Colors = 1 << min(body[8], 8)
			}
		case name == "PLTE" && h.Palette:
			h.Colors = len(body) / 3
			h.colours = body
		case name == "pHYs" && len(body) == 9:
			h.physical(body)
		case name == "oFFs" && len(body) == 9 && body[8] == 0:
			h.Page.X = int(int32(binary.BigEndian.Uint32(body)))
			h.Page.Y = int(int32(binary.BigEndian.Uint32(body[4:])))
		case (name == "vpAg" || name == "caNv") && len(body) >= 8:
			h.Page.Width, h.Page.Height = int(int32(binary.BigEndian.Uint32(body))), int(int32(binary.BigEndian.Uint32(body[4:])))
		case name == "bKGD":
			h.background(body)
		case name == "eXIf" && len(body) > 8:
			h.Profiles["exif"] = append([]byte("Exif\x00\x00"), body...)
		case name == "tEXt", name == "zTXt", name == "iTXt":
			h.pngText(name, body)
		}
		return h.Width > 0
	})
	if h.Page.Width < 0 || h.Page.Height < 0 {
		h.Page.Width, h.Page.Height = 0, 0
	}
	return h, h.Width > 0 && h.Height > 0
}

// background reads bKGD: an entry of the palette, a gray or a colour.
func (h *header) background(body []byte) {
	scale := uint16(1)
	if h.bits == 8 {
		scale = 257
	}
	number := func(at int) uint16 { return binary.BigEndian.Uint16(body[at:]) * scale }
	switch {
	case h.Palette && len(body) == 1 && 3*int(body[0])+3 <= len(h.colours):
		c := h.colours[3*int(body[0]):]
		h.Background = &magick.Color{Red: uint16(c[0]) * 257, Green: uint16(c[1]) * 257, Blue: uint16(c[2]) * 257, Alpha: fullRange}
	case len(body) == 2 && h.bits >= 8:
		h.Background = &magick.Color{Red: number(0), Green: number(0), Blue: number(0), Alpha: fullRange}
	case len(body) == 6:
		h.Background = &magick.Color{Red: number(0), Green: number(2), Blue: number(4), Alpha: fullRange}
	}
}

// physical reads pHYs; pixels per metre become pixels per centimetre.
func (h *header) physical(body []byte) {
	x, y := float64(binary.BigEndian.Uint32(body)), float64(binary.BigEndian.Uint32(body[4:]))
	h.DensityX, h.DensityY, h.Units = x, y, "Undefined"
	if body[8] == 1 {
		h.DensityX, h.DensityY, h.Units = x/100, y/100, "PixelsPerCentimeter"
	}
}

const (
	pngTextMax = 64 << 10 // bytes of a text that are kept
	pngTexts   = 100      // texts that are read
)

// pngText reads a textual chunk: a comment or label, or XMP.
func (h *header) pngText(name string, body []byte) {
	key, text, ok := bytes.Cut(body, []byte{0})
	if h.texts++; h.texts > pngTexts || !ok || len(key) == 0 || len(key) > 79 {
		return
	}
	switch {
	case name == "zTXt" && len(text) > 1:
		text = inflated(text[1:])
	case name == "iTXt" && len(text) > 2:
		packed := text[0] == 1
		_, text, _ = bytes.Cut(text[2:], []byte{0})
		_, text, _ = bytes.Cut(text, []byte{0})
		if packed {
			text = inflated(text)
		}
	}
	if string(key) == "XML:com.adobe.xmp" {
		h.Profiles["xmp"] = bytes.Clone(text)
		return
	}
	h.Properties[pngKey(string(key))] = string(text[:min(len(text), pngTextMax)])
}

// pngKey gives ImageMagick's name for the keyword of a text.
func pngKey(key string) string {
	switch key {
	case "Comment", "Label", "Caption":
		return string(key[0]+'a'-'A') + key[1:]
	}
	return key
}

func inflated(packed []byte) []byte {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(r, pngTextMax))
	return text
}

// tiffHeader has nothing to say of a TIFF: libvips tells its density and depth.
func tiffHeader(data []byte) (header, bool) { return header{}, len(data) >= 8 }
