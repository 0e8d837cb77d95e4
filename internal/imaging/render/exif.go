package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

const exifMarker = "Exif\x00\x00"

// exif gives the EXIF profile with the picture's own orientation in it, with its marker; nothing when there is none.
func (p *Picture) exif() []byte {
	profile := p.Profiles["exif"]
	if len(profile) == 0 {
		return nil
	}
	if !bytes.HasPrefix(profile, []byte(exifMarker)) {
		profile = append([]byte(exifMarker), profile...)
	}
	at, order, ok := exifEntry(profile[len(exifMarker):], exifOrientation)
	if !ok || p.Orientation < 1 || p.Orientation > 8 {
		return profile
	}
	out := bytes.Clone(profile)
	order.PutUint16(out[len(exifMarker)+at+8:], uint16(p.Orientation))
	return out
}

const exifOrientation = 0x0112

// exifEntry finds the place of a tag in the first directory of a TIFF structure (TIFF 6.0, section 2).
func exifEntry(tiff []byte, tag uint16) (at int, order binary.ByteOrder, ok bool) {
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 0, nil, false
	}
	if len(tiff) < 8 {
		return 0, nil, false
	}
	directory := int64(order.Uint32(tiff[4:]))
	if directory+2 > int64(len(tiff)) {
		return 0, nil, false
	}
	count := int(order.Uint16(tiff[directory:]))
	for i := range count {
		at := int(directory) + 2 + 12*i
		if at+12 > len(tiff) {
			return 0, nil, false
		}
		if order.Uint16(tiff[at:]) == tag {
			return at, order, true
		}
	}
	return 0, nil, false
}

// exifNames are the tags of EXIF 2.32 that people ask for, by their numbers.
var exifNames = map[uint16]string{
	0x010e: "ImageDescription", 0x010f: "Make", 0x0110: "Model", 0x0112: "Orientation", 0x011a: "XResolution", 0x011b: "YResolution",
	0x0128: "ResolutionUnit", 0x0131: "Software", 0x0132: "DateTime", 0x013b: "Artist", 0x0213: "YCbCrPositioning", 0x8298: "Copyright",
	0x829a: "ExposureTime", 0x829d: "FNumber", 0x8769: "ExifOffset", 0x8822: "ExposureProgram", 0x8825: "GPSInfo",
	0x8827: "PhotographicSensitivity", 0x9000: "ExifVersion", 0x9003: "DateTimeOriginal", 0x9004: "DateTimeDigitized",
	0x9101: "ComponentsConfiguration", 0x9102: "CompressedBitsPerPixel", 0x9201: "ShutterSpeedValue", 0x9202: "ApertureValue",
	0x9203: "BrightnessValue", 0x9204: "ExposureBiasValue", 0x9205: "MaxApertureValue", 0x9206: "SubjectDistance", 0x9207: "MeteringMode",
	0x9208: "LightSource", 0x9209: "Flash", 0x920a: "FocalLength", 0x9290: "SubSecTime", 0x9291: "SubSecTimeOriginal",
	0x9292: "SubSecTimeDigitized", 0xa000: "FlashPixVersion", 0xa001: "ColorSpace", 0xa002: "PixelXDimension", 0xa003: "PixelYDimension",
	0xa20e: "FocalPlaneXResolution", 0xa20f: "FocalPlaneYResolution", 0xa210: "FocalPlaneResolutionUnit", 0xa217: "SensingMethod",
	0xa401: "CustomRendered", 0xa402: "ExposureMode", 0xa403: "WhiteBalance", 0xa404: "DigitalZoomRatio", 0xa405: "FocalLengthIn35mmFilm",
	0xa406: "SceneCaptureType", 0xa408: "Contrast", 0xa409: "Saturation", 0xa40a: "Sharpness", 0xa433: "LensMake", 0xa434: "LensModel",
}

// gpsNames are the tags of the GPS directory.
var gpsNames = map[uint16]string{
	0: "GPSVersionID", 1: "GPSLatitudeRef", 2: "GPSLatitude", 3: "GPSLongitudeRef", 4: "GPSLongitude", 5: "GPSAltitudeRef", 6: "GPSAltitude",
	7: "GPSTimeStamp", 16: "GPSImgDirectionRef", 17: "GPSImgDirection", 18: "GPSMapDatum", 29: "GPSDateStamp",
}

// exifField is a tag with its value as a text.
type exifField struct{ name, value string }

const (
	exifFieldsMax = 200  // fields that are read of one profile
	exifValueMax  = 4096 // bytes of a value that are read
)

// exifFields reads the first directory of a profile and those for the exposure and the place that it names.
func exifFields(profile []byte) []exifField {
	tiff := bytes.TrimPrefix(profile, []byte(exifMarker))
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(tiff) < 8:
		return nil
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	case !bytes.HasPrefix(tiff, []byte("II*\x00")):
		return nil
	}
	var fields []exifField
	var walk func(directory uint32, names map[uint16]string, deep bool)
	walk = func(directory uint32, names map[uint16]string, deep bool) {
		if int64(directory)+2 > int64(len(tiff)) {
			return
		}
		for i := range int(order.Uint16(tiff[directory:])) {
			at := int(directory) + 2 + 12*i
			if at+12 > len(tiff) || len(fields) >= exifFieldsMax {
				return
			}
			tag := order.Uint16(tiff[at:])
			if name, ok := names[tag]; ok {
				fields = append(fields, exifField{name, exifValue(tiff, tiff[at:at+12], order)})
			}
			switch {
			case deep && tag == 0x8769:
				walk(order.Uint32(tiff[at+8:]), exifNames, false)
			case deep && tag == 0x8825:
				walk(order.Uint32(tiff[at+8:]), gpsNames, false)
			}
		}
	}
	walk(order.Uint32(tiff[4:]), exifNames, true)
	return fields
}

// exifValue writes the value of an entry: texts as they are, numbers with commas between, fractions as N/D.
func exifValue(tiff, entry []byte, order binary.ByteOrder) string {
	kind, count := int(order.Uint16(entry[2:])), int64(order.Uint32(entry[4:]))
	if kind == 0 || kind >= len(tiffSizes) {
		return ""
	}
	size := count * int64(tiffSizes[kind])
	value := entry[8:]
	if size > 4 {
		at := int64(order.Uint32(entry[8:]))
		if at+size > int64(len(tiff)) || size > exifValueMax {
			return ""
		}
		value = tiff[at:]
	}
	value = value[:size]
	if kind == 2 {
		return string(bytes.TrimRight(value, "\x00"))
	}
	if kind == 7 {
		return strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, string(value))
	}
	var words []string
	for step := tiffSizes[kind]; len(value) >= step; value = value[step:] {
		words = append(words, exifNumber(value, kind, order))
	}
	return strings.Join(words, ", ")
}

func exifNumber(value []byte, kind int, order binary.ByteOrder) string {
	switch kind {
	case 1:
		return itoa(int(value[0]))
	case 6:
		return itoa(int(int8(value[0])))
	case 3:
		return itoa(int(order.Uint16(value)))
	case 8:
		return itoa(int(int16(order.Uint16(value))))
	case 4:
		return itoa(int(order.Uint32(value)))
	case 9:
		return itoa(int(int32(order.Uint32(value))))
	case 5:
		return fmt.Sprintf("%d/%d", order.Uint32(value), order.Uint32(value[4:]))
	case 10:
		return fmt.Sprintf("%d/%d", int32(order.Uint32(value)), int32(order.Uint32(value[4:])))
	case 11:
		return decimal(float64(math.Float32frombits(order.Uint32(value))))
	}
	return decimal(math.Float64frombits(order.Uint64(value)))
}

// exifText gives the value of a tag of a profile; for * all of them, a line each. Case does not count.
func exifText(profile []byte, name string) string {
	var lines []string
	for _, field := range exifFields(profile) {
		if strings.EqualFold(field.name, name) {
			return field.value
		}
		if name == "*" {
			lines = append(lines, "exif:"+field.name+"="+field.value+"\n")
		}
	}
	return strings.Join(lines, "")
}
