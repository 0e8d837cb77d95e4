package imaging

import (
	"math"
	"mime"
	"strconv"
	"strings"
)

// offer is a format that an answer could be in.
type offer struct{ format, media string }

// mediaRange is an entry of an Accept header (RFC 9110, 12.5.1).
type mediaRange struct {
	kind, subtype string // "*" for any
	quality       float64
}

// negotiate chooses the offer that an Accept header asks for: the one of the highest quality, where the most precise entry
// that fits an offer gives its quality. Of equals those that the header names win over those that only an entry with a *
// allows; then the first offer wins, then what the header names first. Without a header, or without an entry that can be
// read, it is the first offer. It reports false when the header rules out all of them.
func negotiate(accept string, offers []offer) (offer, bool) {
	ranges := parseAccept(accept)
	if len(ranges) == 0 {
		return offers[0], true
	}
	best, found := offer{}, false
	bestQuality, bestPlace := 0.0, wild
	for i, o := range offers {
		quality, place := judge(ranges, o.media)
		if i == 0 && place < wild {
			place = -1
		}
		if quality > bestQuality || quality == bestQuality && found && place < bestPlace {
			best, found, bestQuality, bestPlace = o, true, quality, place
		}
	}
	return best, found
}

// wild is the place of what no entry names.
const wild = math.MaxInt

// judge gives the quality that ranges give a media type, 0 for not acceptable, and the place of the entry that names it.
func judge(ranges []mediaRange, media string) (float64, int) {
	kind, subtype, _ := strings.Cut(media, "/")
	const exact = 3
	quality, place, precision := 0.0, wild, 0
	for i, r := range ranges {
		fit := 0
		switch {
		case r.kind == kind && r.subtype == subtype:
			fit = exact
		case r.kind == kind && r.subtype == "*":
			fit = 2
		case r.kind == "*" && r.subtype == "*":
			fit = 1
		}
		if fit > precision {
			quality, place, precision = r.quality, i, fit
		}
	}
	if precision < exact {
		place = wild
	}
	return quality, place
}

// parseAccept reads an Accept header. An entry that breaks the grammar is passed over.
func parseAccept(accept string) []mediaRange {
	var ranges []mediaRange
	for entry := range strings.SplitSeq(accept, ",") {
		media, parameters, err := mime.ParseMediaType(entry)
		if err != nil {
			continue
		}
		kind, subtype, ok := strings.Cut(media, "/")
		if !ok || kind == "*" && subtype != "*" {
			continue
		}
		quality := 1.0
		if q, ok := parameters["q"]; ok {
			if quality, err = strconv.ParseFloat(q, 64); err != nil || !(quality >= 0 && quality <= 1) {
				continue
			}
		}
		ranges = append(ranges, mediaRange{kind, subtype, quality})
	}
	return ranges
}
