// Package cost estimates how much work a request will be, before anything of it runs: from the sizes in the headers of its
// pictures and how slow their format is to decode. The queue before the functions lets what is cheap pass by it, and tells from
// it how long a request would wait.
//
// It reads a few numbers of a header and never a pixel, because it is there for the process that serves: nothing is
// decompressed, and what is allocated does not depend on what a header says. An estimate may be wrong by any factor (the
// arguments are not looked at); what comes of that is that a request waits a little less or more than it should.
package cost

import (
	"bytes"

	"bluerose/event"
)

const (
	base      = 1         // of a request without a picture
	perByte   = 4         // pixels that a byte stands for in a picture whose header does not tell
	maxPixels = 256 << 20 // no function takes more: what claims it is refused early
	jsonHead  = 64 << 10  // bytes of a picture that are decoded out of base64 text; the header of a JPEG may be so long
	maxParts  = 64        // of a form that are looked at
)

// Event gives the cost of a JSON event: the service's own, or API Gateway's proxy event. It is about the milliseconds that one
// core needs to read the pictures and write one of their size, and at least 1.
func Event(payload []byte) int64 {
	total := int64(base)
	for _, head := range event.PictureHeads(payload, jsonHead) {
		total += picture(head.Data, head.Size)
	}
	return total
}

// Body gives the cost of a body as it came over HTTP: a picture, or a form (multipart/form-data) with pictures in it. The unit is
// that of Event.
func Body(body []byte) int64 {
	if !bytes.HasPrefix(body, []byte("--")) {
		return base + picture(body, int64(len(body)))
	}
	boundary, _, _ := bytes.Cut(body[:min(len(body), 256)], []byte("\r\n"))
	total := int64(base)
	for range maxParts {
		_, part, ok := bytes.Cut(body, []byte("\r\n\r\n"))
		if !ok {
			break
		}
		part, body, _ = bytes.Cut(part, boundary)
		if find(part) != nil { // other fields cost nothing
			total += picture(part, int64(len(part)))
		}
	}
	return total
}

// picture gives the cost of a picture of size bytes that begins with data.
func picture(data []byte, size int64) int64 {
	if size == 0 {
		return 0
	}
	pixels, slow := int64(0), int64(unknownSlow)
	if f := find(data); f != nil {
		slow = f.slow
		if f.pixels != nil {
			pixels = f.pixels(data, size)
		}
	}
	if pixels == 0 {
		pixels = min(size, maxPixels) * perByte
	}
	return (min(pixels, maxPixels)*slow + 999_999) / 1_000_000
}
