package render

import (
	"bytes"
	"slices"
)

// formats is the table of picture formats, in the order in which their magic is tried.
var formats = []format{
	{name: "jpeg", also: []string{"jpg", "jpe", "jfif", "pjpeg"}, media: "image/jpeg",
		title: "Joint Photographic Experts Group JFIF format",
		magic: starts("\xff\xd8\xff"), loader: "jpegload_buffer", header: jpegHeader, decode: decodeVips, encode: encodeJPEG},
	{name: "png", also: []string{"png8", "png24", "png32", "png48", "png64", "png00"}, media: "image/png",
		title: "Portable Network Graphics",
		magic: starts("\x89PNG\r\n\x1a\n"), loader: "pngload_buffer", header: pngHeader, decode: decodeVips, encode: encodePNG},
	{name: "webp", media: "image/webp", title: "WebP Image Format",
		magic: starts("RIFF....WEBP"), loader: "webpload_buffer", decode: decodeWebP, encode: encodeWebP, multi: true},
	{name: "avif", also: []string{"heif"}, media: "image/avif", title: "AV1 Image File Format",
		magic: isAVIF, loader: "heifload_buffer", decode: decodeVips, encode: encodeAVIF},
	{name: "gif", also: []string{"gif87"}, media: "image/gif", title: "CompuServe graphics interchange format",
		magic: starts("GIF87a", "GIF89a"), decode: decodeGIF, encode: encodeGIF, multi: true},
	{name: "tiff", also: []string{"tif", "tiff64", "ptif"}, media: "image/tiff", title: "Tagged Image File Format",
		magic:  starts("II*\x00", "MM\x00*", "II+\x00", "MM\x00+"),
		loader: "tiffload_buffer", header: tiffHeader, decode: decodeVips, encode: encodeTIFF, multi: true},
	{name: "svg", also: []string{"msvg", "rsvg"}, media: "image/svg+xml", title: "Scalable Vector Graphics",
		magic: isSVG, loader: "svgload_buffer", decode: decodeSVG},
	{name: "ico", also: []string{"icon", "cur"}, media: "image/vnd.microsoft.icon", title: "Microsoft icon",
		magic: starts("\x00\x00\x01\x00", "\x00\x00\x02\x00"), decode: decodeICO, encode: encodeICO, multi: true},
	{name: "bmp", also: []string{"dib", "bmp2", "bmp3"}, media: "image/bmp", title: "Microsoft Windows bitmap image",
		magic: starts("BM"), decode: decodeBMP, encode: encodeBMP},
	{name: "pbm", media: "image/x-portable-bitmap", title: "Portable bitmap format (black and white)",
		magic: isPNM('1', '4'), decode: decodePNM, encode: encodePNM},
	{name: "pgm", media: "image/x-portable-graymap", title: "Portable graymap format (gray scale)",
		magic: isPNM('2', '5'), decode: decodePNM, encode: encodePNM},
	{name: "ppm", also: []string{"pnm"}, media: "image/x-portable-pixmap", title: "Portable pixmap format (color)",
		magic: isPNM('3', '6'), decode: decodePNM, encode: encodePNM},
	{name: "pam", media: "image/x-portable-arbitrarymap", title: "Common 2-dimensional bitmap format",
		magic: isPNM('7', '7'), decode: decodePNM, encode: encodePNM},
}

// isAVIF looks for an AVIF brand among those of the file type box; HEIC's own brands hold what is not read here.
func isAVIF(data []byte) bool {
	if len(data) < 16 || string(data[4:8]) != "ftyp" {
		return false
	}
	size := int(data[2])<<8 | int(data[3])
	box := data[8:min(max(size, 16), len(data), 256)]
	for ; len(box) >= 4; box = box[4:] {
		if brand := string(box[:4]); brand == "avif" || brand == "avis" {
			return true
		}
	}
	return false
}

const svgSearched = 4096 // bytes in which an SVG must begin

// isSVG looks for the root element behind what XML allows before it.
func isSVG(data []byte) bool {
	head := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), svgSearched)], []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(head) == 0 || head[0] != '<' {
		return false
	}
	at := bytes.Index(head, []byte("<svg"))
	return at >= 0 && at+4 < len(head) && slices.Contains([]byte(" \t\r\n>/:"), head[at+4]) || bytes.Contains(head, []byte(":svg "))
}

// isPNM makes the test for the two kinds, as text and as bytes, of a Netpbm format.
func isPNM(text, raw byte) func([]byte) bool {
	return func(data []byte) bool {
		return len(data) > 2 && data[0] == 'P' && (data[1] == text || data[1] == raw) && blank(data[2])
	}
}

func blank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' || c == '#' }
