package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"bluerose/internal/imaging/magick"
	"bluerose/internal/imaging/vips"
)

// tiffCompressions are libvips' names of -compress' methods; any other is none.
var tiffCompressions = map[string]string{
	"lzw": "lzw", "zip": "deflate", "jpeg": "jpeg", "rle": "packbits", "fax": "ccittfax4", "group4": "ccittfax4",
	"webp": "webp", "zstd": "zstd",
}

// encodeTIFF writes the pictures as the directories of one file.
func encodeTIFF(m *machine, list []*Picture, _ magick.Target) ([]byte, error) {
	var file []byte
	for i, p := range list {
		page, err := m.tiffPage(p)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			file = page
			continue
		}
		if file, err = appendTIFF(file, page); err != nil {
			return nil, err
		}
	}
	return file, nil
}

func (m *machine) tiffPage(p *Picture) ([]byte, error) {
	p, err := m.plan(p)
	if err != nil {
		return nil, err
	}
	args := vips.Args{"compression": "none", "keep": keepICC}
	if method, ok := tiffCompressions[strings.ToLower(m.settings.enum("compress", "None"))]; ok {
		args["compression"] = method
	}
	switch args["compression"] {
	case "jpeg", "webp":
		args["Q"] = m.quality(p, jpegDefault)
		p, err = p.narrow()
	case "ccittfax4":
		args["bitdepth"] = 1
		if p, err = p.toGray(""); err == nil {
			p, err = p.withoutAlpha()
		}
		if err == nil {
			p, err = p.narrow()
		}
	case "deflate", "lzw", "zstd":
		args["predictor"] = "horizontal"
	}
	if err != nil {
		return nil, err
	}
	perMillimetre := 25.4
	args["resunit"] = "inch"
	if p.Units == "PixelsPerCentimeter" {
		perMillimetre = 10
		args["resunit"] = "cm"
	}
	args["xres"], args["yres"] = p.dotsX()/perMillimetre, p.dotsY()/perMillimetre
	img, err := p.bare()
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	if p.Orientation > 0 {
		fields["orientation"] = p.Orientation
	}
	for _, name := range []string{"xmp", "iptc", "8bim"} {
		if profile := p.Profiles[name]; len(profile) > 0 {
			fields[profileFields[name]] = profile
			args["keep"] = keepICC | keepXMP | keepIPTC
		}
	}
	if img, err = img.With(fields); err != nil {
		return nil, err
	}
	return img.Save("tiffsave_buffer", args)
}

var errTIFF = errors.New("tiff: a page that was just written does not hold together")

// appendTIFF appends the only directory of page to a file, and links it behind the file's last one (TIFF 6.0, section 2).
// Both have the byte order of this machine's libvips, little-endian.
func appendTIFF(file, page []byte) ([]byte, error) {
	order := binary.LittleEndian
	if !bytes.HasPrefix(file, []byte("II*\x00")) || !bytes.HasPrefix(page, []byte("II*\x00")) || len(page) < 8 {
		return nil, errTIFF
	}
	if len(file)%2 == 1 {
		file = append(file, 0)
	}
	link, before := 4, 0
	for directory := int(order.Uint32(file[link:])); directory != 0; directory = int(order.Uint32(file[link:])) {
		if directory <= before || directory+2 > len(file) {
			return nil, errTIFF
		}
		before = directory
		if link = directory + 2 + 12*int(order.Uint16(file[directory:])); link+4 > len(file) {
			return nil, errTIFF
		}
	}
	base := len(file)
	moved := bytes.Clone(page)
	directory := int(order.Uint32(moved[4:]))
	if err := moveDirectory(moved, directory, base); err != nil {
		return nil, err
	}
	file = append(file, moved...)
	order.PutUint32(file[link:], uint32(base+directory))
	return file, nil
}

// Tags whose values are places in the file (TIFF 6.0).
var tiffOffsets = map[uint16]bool{273: true, 324: true}

// tiffSizes gives the bytes of a value by its type.
var tiffSizes = [...]int{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8}

// moveDirectory adds base to every place that a directory names.
func moveDirectory(page []byte, directory, base int) error {
	order := binary.LittleEndian
	if directory+2 > len(page) {
		return errTIFF
	}
	count := int(order.Uint16(page[directory:]))
	if directory+2+12*count+4 > len(page) {
		return errTIFF
	}
	for i := range count {
		entry := page[directory+2+12*i:][:12]
		tag, kind, n := order.Uint16(entry), int(order.Uint16(entry[2:])), int(order.Uint32(entry[4:]))
		if kind >= len(tiffSizes) {
			return errTIFF
		}
		values := entry[8:]
		if size := n * tiffSizes[kind]; size > 4 {
			at := int(order.Uint32(entry[8:]))
			if at+size > len(page) {
				return errTIFF
			}
			values = page[at : at+size]
			order.PutUint32(entry[8:], uint32(at+base))
		}
		if tiffOffsets[tag] {
			for k := range n {
				if kind == 3 { // places of 16 bits cannot move
					return errTIFF
				}
				order.PutUint32(values[4*k:], order.Uint32(values[4*k:])+uint32(base))
			}
		}
	}
	return nil
}
