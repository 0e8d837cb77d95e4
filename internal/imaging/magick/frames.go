package magick

import (
	"strconv"
	"strings"
)

const (
	maxSpans      = 256
	rangeExpected = expectation(`numbers of frames such as "0", "0-3", "0,2" or "-1"`)
)

// ParseRange reads frame numbers: "0", "0-3", "0,2", "-1", "0--1", "3-0". A span without an end is one frame.
func ParseRange(s string) (Range, error) {
	r, err := parseRange(s)
	return r, public(err, s)
}

func parseRange(s string) (Range, error) {
	var out Range
	for part := range strings.SplitSeq(strings.ReplaceAll(s, " ", ""), ",") {
		if part == "" {
			continue
		}
		if len(out) == maxSpans {
			return nil, expectation("no more than 256 spans of frames")
		}
		first, rest, ok := frameNumber(part)
		if !ok {
			return nil, rangeExpected
		}
		span := Span{first, first}
		if rest != "" {
			if rest[0] != '-' {
				return nil, rangeExpected
			}
			// ImageMagick takes "1-" as 1-0, and what follows a second number not at all.
			if span.Last, rest, ok = frameNumber(rest[1:]); !ok && rest != "" {
				return nil, rangeExpected
			}
			if strings.Trim(rest, "-0123456789") != "" {
				return nil, rangeExpected
			}
		}
		out = append(out, span)
	}
	if len(out) == 0 {
		return nil, rangeExpected
	}
	return out, nil
}

// frameNumber takes a whole number off the front of s.
func frameNumber(s string) (n int, rest string, ok bool) {
	end := 0
	if strings.HasPrefix(s, "-") {
		end = 1
	}
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	if err != nil || n > maxFrame || n < -maxFrame {
		return 0, s, false
	}
	return n, s[end:], true
}

const maxFrame = 1 << 24

// String writes the range as ImageMagick reads it.
func (r Range) String() string {
	var parts []string
	for _, s := range r {
		if s.First == s.Last {
			parts = append(parts, strconv.Itoa(s.First))
		} else {
			parts = append(parts, strconv.Itoa(s.First)+"-"+strconv.Itoa(s.Last))
		}
	}
	return strings.Join(parts, ",")
}

// parseDuplicate reads "count" or "count,frames".
func parseDuplicate(s string) (Duplicate, error) {
	count, frames, more := strings.Cut(s, ",")
	n, rest, ok := frameNumber(strings.TrimSpace(count))
	if !ok || rest != "" || n < 0 {
		return Duplicate{}, expectation(`a count and the frames such as "3" or "1,-2-1"`)
	}
	d := Duplicate{Count: n}
	if more {
		var err error
		if d.Frames, err = parseRange(frames); err != nil {
			return Duplicate{}, err
		}
	}
	return d, nil
}
