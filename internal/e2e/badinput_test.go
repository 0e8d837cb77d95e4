package e2e

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"bluerose/event"
)

func TestEventsThatAreRefused(t *testing.T) {
	s := start(t)
	picture := base64Text(s.rose("png"))
	for _, c := range []struct {
		name, body string
		kind       event.Kind
		message    string // the whole of it, or a part when it is of the contract's own words
	}{
		{"nothing", ``, event.InvalidRequest, ``},
		{"no JSON", `operation=ping`, event.InvalidRequest, `JSON`},
		{"JSON cut off", `{"operation":"ping"`, event.InvalidRequest, `JSON`},
		{"a list", `["ping"]`, event.InvalidRequest, `JSON object`},
		{"two values", `{"operation":"ping"}{"operation":"ping"}`, event.InvalidRequest, ``},
		{"no operation", `{}`, event.InvalidRequest, `Unrecognized operation ""`},
		{"an unknown operation", `{"operation":"explode"}`, event.InvalidRequest, `Unrecognized operation "explode"`},
		{"an operation that is no text", `{"operation":7}`, event.InvalidRequest, `"operation"`},
		{"no picture to measure", `{"operation":"getDimensions"}`, event.InvalidRequest, `Invalid getDimensions request: no "base64Image" field supplied`},
		{"no picture to identify", `{"operation":"identify"}`, event.InvalidRequest, `Invalid identify request: no "base64Image" field supplied`},
		{"no picture to resize", `{"operation":"resize"}`, event.InvalidRequest, `Invalid resize request: no "base64Image" field supplied`},
		{"no picture for a thumbnail", `{"operation":"thumbnail","width":9}`, event.InvalidRequest, `Invalid thumbnail request: no "base64Image" field supplied`},
		{"no picture to convert", `{"operation":"convert","outputExtension":"png"}`, event.InvalidRequest, `Invalid convert request: no "base64Image" field supplied`},
		{"a null picture", `{"operation":"resize","base64Image":null}`, event.InvalidRequest, `no "base64Image" field supplied`},
		{"an empty picture", `{"operation":"resize","base64Image":""}`, event.InvalidRequest, `empty`},
		{"a picture that is no text", `{"operation":"resize","base64Image":[1,2]}`, event.InvalidRequest, `"base64Image"`},
		{"broken base64", `{"operation":"resize","base64Image":"%%%` + picture + `"}`, event.InvalidRequest, `base64`},
		{"broken base64 at its end", `{"operation":"resize","base64Image":"` + picture[:400] + `(("}`, event.InvalidRequest, `byte 400`},
		{"base64 cut off", `{"operation":"resize","base64Image":"` + picture[:401] + `"}`, event.InvalidRequest, `cut off`},
		{"arguments that are no list", `{"operation":"convert","base64Image":"` + picture + `","customArgs":"-negate"}`, event.InvalidRequest, `"customArgs"`},
		{"a negative width", `{"operation":"resize","base64Image":"` + picture + `","width":-1}`, event.InvalidRequest, `"width"`},
		{"a quality above 1", `{"operation":"resize","base64Image":"` + picture + `","quality":80}`, event.InvalidRequest, `"quality"`},
		{"a huge width", `{"operation":"resize","base64Image":"` + picture + `","width":100000,"height":100000}`, event.LimitExceeded, `pixels`},
		{"a format that is none", `{"operation":"getSample","outputExtension":"xyz"}`, event.UnsupportedArgument, `xyz`},
		{"a filter that is none", `{"operation":"resize","base64Image":"` + picture + `","filter":"Nope"}`, event.UnsupportedArgument, `Nope`},
		{"a colourspace that is none", `{"operation":"resize","base64Image":"` + picture + `","colorspace":"Nope"}`, event.UnsupportedArgument, `Nope`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := failed(t, s, s.post(eventPath, []byte(c.body)), c.kind)
			if !strings.Contains(f.ErrorMessage, c.message) {
				t.Errorf("the message is %q, want %q in it", f.ErrorMessage, c.message)
			}
		})
	}
	s.fine(t)
}

func TestQueriesThatAreRefused(t *testing.T) {
	s := start(t)
	rose := s.rose("png")
	for _, c := range []struct {
		name, query string
		header      http.Header
		body        []byte
		kind        event.Kind
		message     string
	}{
		{"no body", "", nil, nil, event.InvalidRequest, "body"},
		{"a malformed query", "args=%zz", nil, rose, event.InvalidRequest, "query"},
		{"an open quote", "args=-negate+'", nil, rose, event.UnsupportedArgument, "quote"},
		{"an open parenthesis", "args=(+-negate", nil, rose, event.UnsupportedArgument, "parenthes"},
		{"an output that is none", "output=xyz", nil, rose, event.UnsupportedMedia, "xyz"},
		{"an output that is only read", "output=svg", nil, rose, event.UnsupportedMedia, "svg"},
		{"an output that is a path", "output=/etc/x.png", nil, rose, event.UnsupportedMedia, ""},
		{"an Accept that nothing fits", "", http.Header{"Accept": {"video/mp4"}}, rose, event.UnsupportedMedia, "Accept"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.must(s.send(t.Context(), http.MethodPost, "/prod/images?"+c.query, c.header, bytes.NewReader(c.body)))
			if f := failed(t, s, a, c.kind); !strings.Contains(f.ErrorMessage, c.message) {
				t.Errorf("the message is %q, want %q in it", f.ErrorMessage, c.message)
			}
		})
	}
	s.fine(t)
}

// TestPicturesThatAreRefused sends bytes that are no picture, or only a part of one, both ways.
func TestPicturesThatAreRefused(t *testing.T) {
	s := start(t)
	type bad struct {
		name string
		data []byte
		kind event.Kind
	}
	all := []bad{
		{"random bytes", noise(5000), event.UnsupportedMedia},
		{"one byte", []byte{0x89}, event.UnsupportedMedia},
		{"a text", []byte("This is no picture, whatever its name says."), event.UnsupportedMedia},
		{"a page", []byte("<!doctype html><html><body>Not found</body></html>"), event.UnsupportedMedia},
		{"a script", []byte("#!/bin/sh\necho hello\n"), event.UnsupportedMedia},
		{"the start of a PNG alone", []byte("\x89PNG\r\n\x1a\n"), event.InvalidImage},
		{"random bytes in a PNG", append([]byte("\x89PNG\r\n\x1a\n"), noise(5000)...), event.InvalidImage},
		{"random bytes in a JPEG", append([]byte("\xff\xd8\xff\xe0"), noise(5000)...), event.InvalidImage},
		{"random bytes in a GIF", append([]byte("GIF89a\x10\x00\x10\x00\xf7\x00\x00"), noise(5000)...), event.InvalidImage},
		{"random bytes in a TIFF", append([]byte("II*\x00\x08\x00\x00\x00"), noise(5000)...), event.InvalidImage},
		{"random bytes in a WebP", append([]byte("RIFF\x00\x10\x00\x00WEBPVP8 "), noise(5000)...), event.InvalidImage},
		{"an SVG that is no XML", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect`), event.InvalidImage},
	}
	for _, format := range []string{"png", "jpg", "webp", "avif", "gif", "tiff", "bmp", "ico", "ppm", "pgm", "pbm"} {
		whole := s.converted("rose: -resize 300%", format, nil)
		all = append(all, bad{format + " cut off half way", whole[:len(whole)/2], event.InvalidImage},
			bad{format + " without its end", whole[:len(whole)*9/10], event.InvalidImage})
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			for _, w := range ways {
				failed(t, s, w.convert(s, "-resize 10x", c.data), c.kind)
			}
			failed(t, s, s.event(fields{"operation": "resize", "base64Image": c.data, "inputExtension": "png"}), c.kind)
			failed(t, s, s.event(fields{"operation": "thumbnail", "base64Image": c.data, "outputExtension": "jpg"}), c.kind)
			if c.kind == event.UnsupportedMedia {
				failed(t, s, s.event(fields{"operation": "getDimensions", "base64Image": c.data}), c.kind)
				failed(t, s, s.event(fields{"operation": "identify", "base64Image": c.data}), c.kind)
			}
		})
	}
	s.fine(t)
}

// TestFormatIsFoundFromBytes sends pictures under other formats' names.
func TestFormatIsFoundFromBytes(t *testing.T) {
	s := start(t)
	for _, format := range []string{"jpg", "gif", "webp"} {
		got := result[string](s, fields{"operation": "getDimensions", "base64Image": s.rose(format), "inputExtension": "png"})
		if got != "70x46" {
			t.Errorf("a %s named .png is %s", format, got)
		}
	}
}

// numbered matches the words that name an argument by its position.
var numbered = regexp.MustCompile(`Argument \d+|position \d+`)

// TestArgumentsThatAreRefused sends what could read a file, reach a network or run a program, both ways.
func TestArgumentsThatAreRefused(t *testing.T) {
	s := start(t)
	rose := s.rose("png")
	for _, args := range []string{
		"@/etc/passwd", "/etc/passwd", "../../etc/passwd", "file:///etc/passwd", "file:/etc/passwd", "png:/etc/passwd",
		"msl:/etc/passwd", "text:/etc/passwd", "txt:/etc/passwd", "mvg:/etc/passwd", "svg:/etc/passwd", "ephemeral:/etc/passwd",
		"https://127.0.0.1/x.png", "http://127.0.0.1/x.png", "ftp://127.0.0.1/x.png", "https:127.0.0.1", "url:http://127.0.0.1/",
		"-write /tmp/x.png", "-write png:/tmp/x", "+write /tmp/x.png", "-write |id", "|id", "-write mpr:x /etc/passwd",
		"label:@/etc/passwd", "caption:@/etc/passwd", "pango:@/etc/passwd", "-set comment @/etc/passwd", "-annotate 0 @/etc/passwd",
		"-comment @/etc/passwd", "-format @/etc/passwd", "-draw @/etc/passwd", "-tile /etc/passwd", "-mask /etc/passwd",
		"-profile /etc/passwd", "-remap /etc/passwd", "-clut /etc/passwd", "-script /etc/passwd", "-read /etc/passwd",
		"-font @/etc/passwd", "-texture /etc/passwd", "-cdl /etc/passwd", "-write-mask /etc/passwd", "-clip-mask /etc/passwd",
		"inline:data:image/png;base64,QUJD", "clipboard:", "fd:0", "x:", "win:", "screenshot:", "vid:/etc", "gif:/etc/passwd[0]",
		"-process convert=x", "-list Policy", "-concurrent", "-define registry:temporary-path=/etc", "-authenticate x",
		"-no-such-option", "-resize", "-resize abc", "-negate )", "/etc/passwd -composite",
		"-format %w info:", "-negate json:-",
	} {
		t.Run(args, func(t *testing.T) {
			for _, w := range ways {
				f := failed(t, s, w.convert(s, args, rose), event.UnsupportedArgument)
				if !numbered.MatchString(f.ErrorMessage) {
					t.Errorf("%s: the message does not say which argument: %q", w.name, f.ErrorMessage)
				}
			}
		})
	}
	s.fine(t)
}

// TestArgumentsOfOtherOperations gives resize and identify arguments of which they could make files or more.
func TestArgumentsOfOtherOperations(t *testing.T) {
	s := start(t)
	rose := s.rose("png")
	for _, args := range [][]string{{"/etc/passwd"}, {"-write", "/tmp/x.png"}, {"-set", "comment", "@/etc/passwd"}, {"msl:/etc/passwd"}, {"-no-such-option"}} {
		for _, operation := range []string{"resize", "thumbnail", "identify"} {
			f := failed(t, s, s.event(fields{"operation": operation, "base64Image": rose, "customArgs": args}), event.UnsupportedArgument)
			if !numbered.MatchString(f.ErrorMessage) {
				t.Errorf("%s %v: the message does not say which argument: %q", operation, args, f.ErrorMessage)
			}
		}
	}
	s.fine(t)
}

// TestOutputsThatAreRefused ends the arguments with outputs that would be files of the server.
func TestOutputsThatAreRefused(t *testing.T) {
	s := start(t)
	for _, output := range []string{"/tmp/x.png", "png:/tmp/x", "x.png", "@x", "|id", "https://127.0.0.1/x.png"} {
		failed(t, s, s.event(fields{"operation": "convert", "base64Image": bluePixel(t), "customArgs": []string{"-negate", output}}),
			event.UnsupportedArgument)
	}
	for extension, kind := range map[string]event.Kind{
		"png:/tmp/x": event.InvalidRequest, "../x": event.InvalidRequest, "/tmp/x.png": event.InvalidRequest, "msl": event.UnsupportedArgument,
	} {
		failed(t, s, s.event(fields{"operation": "convert", "base64Image": bluePixel(t), "outputExtension": extension}), kind)
	}
	s.fine(t)
}
