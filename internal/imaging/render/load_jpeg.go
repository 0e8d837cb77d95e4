package render

import (
	"bytes"
	"fmt"
	"strings"
)

// jpegSegments walks the segments of a JPEG up to its first scan (ITU-T T.81, annex B). It stops where each says so, and
// reports whether it came to a scan.
func jpegSegments(data []byte, each func(marker byte, body []byte) bool) bool {
	at := 2
	for at+4 <= len(data) {
		if data[at] != 0xff {
			at++
			continue
		}
		marker := data[at+1]
		if marker == 0xff || marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8 {
			at++
			continue
		}
		size := int(data[at+2])<<8 | int(data[at+3])
		if marker == 0xd9 || size < 2 || at+2+size > len(data) {
			return false
		}
		if marker == 0xda {
			return true
		}
		if !each(marker, data[at+4:at+2+size]) {
			return false
		}
		at += 2 + size
	}
	return false
}

// jpegHeader reads a JPEG's segments.
func jpegHeader(data []byte) (header, bool) {
	h := header{Frames: 1, Units: "Undefined", Properties: map[string]string{}}
	var tables [4][64]int
	ok := jpegSegments(data, func(marker byte, body []byte) bool {
		switch {
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return h.jpegFrame(marker, body)
		case marker == 0xdb:
			quantisation(body, &tables)
		case marker == 0xe0 && bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) >= 12:
			h.jfif(body)
		case marker == 0xfe:
			h.Properties["comment"] = string(bytes.TrimRight(body, "\x00"))
		}
		return true
	})
	if h.Sampling != "" && !strings.Contains(h.Sampling, ",") {
		h.Colors = 256
	}
	h.Quality = jpegQuality(&tables)
	return h, ok && h.Width > 0 && h.Height > 0
}

func (h *header) jpegFrame(marker byte, body []byte) bool {
	if len(body) < 6 || len(body) < 6+3*int(body[5]) {
		return false
	}
	h.Depth = int(body[0])
	h.Height, h.Width = int(body[1])<<8|int(body[2]), int(body[3])<<8|int(body[4])
	h.Interlace = marker == 0xc2 || marker == 0xc6 || marker == 0xca || marker == 0xce
	for i := range int(body[5]) {
		factors := body[6+3*i+1]
		if i > 0 {
			h.Sampling += ","
		}
		h.Sampling += fmt.Sprintf("%dx%d", factors>>4, factors&15)
	}
	h.Properties["jpeg:sampling-factor"] = h.Sampling
	return true
}

func (h *header) jfif(body []byte) {
	x, y := float64(int(body[8])<<8|int(body[9])), float64(int(body[10])<<8|int(body[11]))
	switch body[7] {
	case 1:
		h.Units = "PixelsPerInch"
	case 2:
		h.Units = "PixelsPerCentimeter"
	}
	if x != 1 && y != 1 {
		h.DensityX, h.DensityY = x, y
	}
}

// quantisation reads a DQT segment: tables in zigzag order.
func quantisation(body []byte, tables *[4][64]int) {
	for len(body) > 0 {
		wide, table := int(body[0]>>4), body[0]&3
		size := 64 * (wide + 1)
		if wide > 1 || len(body) < 1+size {
			return
		}
		for i, place := range zigzag {
			if wide == 1 {
				tables[table][place] = int(body[1+2*i])<<8 | int(body[2+2*i])
			} else {
				tables[table][place] = int(body[1+i])
			}
		}
		body = body[1+size:]
	}
}

// zigzag gives the place, row by row, of each coefficient of a block in the order of the file (ITU-T T.81, figure A.6).
var zigzag = [64]int{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// The quantisation tables of quality 50 for luminance and chrominance (ITU-T T.81, annex K.1).
var (
	luminance = [64]int{
		16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
		18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
	}
	chrominance = [64]int{
		17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	}
)

// jpegQuality estimates the quality, 1 to 100, that tables were made with: the first at which both the sum of all
// coefficients and that of four telling ones are no less than libjpeg's tables of that quality give, exactly or, from
// 50 on, nearly (ImageMagick's way). 0 is unknown.
func jpegQuality(tables *[4][64]int) int {
	used := []*[64]int{&luminance}
	if tables[1][0] > 0 {
		used = append(used, &chrominance)
	}
	if tables[0][0] == 0 {
		return 0
	}
	measure := func(at func(table, i int) int) (telling, sum int) {
		for t := range used {
			for i := range 64 {
				sum += at(t, i)
			}
		}
		telling = at(0, 2) + at(0, 53)
		if len(used) > 1 {
			telling += at(1, 0) + at(1, 63)
		}
		return telling, sum
	}
	telling, sum := measure(func(t, i int) int { return tables[t][i] })
	for quality := 1; quality <= 100; quality++ {
		scale := 5000 / quality
		if quality >= 50 {
			scale = 200 - 2*quality
		}
		ref, refSum := measure(func(t, i int) int { return min(max((used[t][i]*scale+50)/100, 1), 255) })
		if telling < ref && sum < refSum {
			continue
		}
		if telling <= ref && sum <= refSum || quality >= 50 {
			return quality
		}
		return 0
	}
	return 0
}
