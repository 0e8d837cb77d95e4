package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bluerose/event"

	"github.com/theory/jsonpath"
)

// Expect is what an answer must be for its unit test to pass, besides not being a failure. Paths are JSONPath (RFC 9535),
// such as "$.width"; "$" is the whole answer. A path that finds several values is met when each of them is right, and
// never by none.
type Expect struct {
	Equals  map[string]json.RawMessage `json:"equals"`  // JSON values by path
	Matches map[string]string          `json:"matches"` // regular expressions (RE2) by path; of what is no text its JSON is matched
	Picture *Picture                   `json:"picture"` // of an answer that is base64 text
	// Failure has the function fail: then its errorMessage is what passes.
	Failure *Failure `json:"failure"`
}

// Failure is how a function must fail.
type Failure struct {
	Type    string `json:"type"`    // the errorType; empty for any
	Message string `json:"message"` // a regular expression that the errorMessage matches; empty for any
}

// Picture is what a picture must be. What is left out may be anything.
type Picture struct {
	Format string `json:"format"` // as identify names it, such as "JPEG"
	Width  int    `json:"width"`  // pixels
	Height int    `json:"height"`
	// Reference is a picture of the same size in base64, from which it differs by Distance at most: the root mean square
	// of the differences of all channels, 0 for none to 1 for black and white.
	Reference string  `json:"reference"`
	Distance  float64 `json:"distance"`
}

// The bounds of an Expect.
const (
	maxExpectations = 64
	maxPattern      = 1000
	maxShown        = 200 // bytes of a value in a reason
)

func (x *Expect) check() error {
	if len(x.Equals)+len(x.Matches) > maxExpectations {
		return event.Errorf(event.InvalidRequest, "expect has more than %d paths; take some away", maxExpectations)
	}
	for _, paths := range [][]string{slices.Collect(maps.Keys(x.Equals)), slices.Collect(maps.Keys(x.Matches))} {
		for _, path := range paths {
			if _, err := jsonpath.Parse(path); err != nil {
				return event.Errorf(event.InvalidRequest, "expect has %q, which is no JSONPath such as $.width", clip(path, maxShown)).Wrap(err)
			}
		}
	}
	patterns := slices.Collect(maps.Values(x.Matches))
	if x.Failure != nil {
		patterns = append(patterns, x.Failure.Message)
	}
	for _, pattern := range patterns {
		if _, err := regexp.Compile(pattern); err != nil || len(pattern) > maxPattern {
			return event.Errorf(event.InvalidRequest, "expect has %q, which is no regular expression of at most %d bytes", clip(pattern, maxShown), maxPattern).Wrap(err)
		}
	}
	if p := x.Picture; p != nil && (p.Width < 0 || p.Height < 0 || !(p.Distance >= 0 && p.Distance <= 1)) {
		return event.Errorf(event.InvalidRequest, "expect's picture takes a width and a height of at least 0, and a distance of 0 to 1")
	}
	return nil
}

// judge gives the kind of an answer's fault, and what is wrong with it in a sentence; nothing when it passes. Without an
// Expect it is what failed says.
func (x *Expect) judge(ctx context.Context, m meter, answer []byte) (kind, reason string) {
	kind, reason = failed(answer)
	switch {
	case x == nil:
		return kind, reason
	case x.Failure != nil:
		reason = x.Failure.judge(kind, reason)
	case kind != "":
		return kind, reason
	default:
		reason = x.compare(ctx, m, answer)
	}
	if reason != "" {
		return expectation, reason
	}
	return "", ""
}

// expectation is the kind of an answer that is no failure, and not what was expected.
const expectation = "Expectation"

func (f *Failure) judge(kind, message string) string {
	switch {
	case kind == "":
		return "The function did not fail, and was to"
	case f.Type != "" && f.Type != kind:
		return fmt.Sprintf("The function failed with %s, want %s: %s", kind, f.Type, message)
	case !regexp.MustCompile(f.Message).MatchString(message): // checked before
		return fmt.Sprintf("The function failed with %q, want a match of %s", message, f.Message)
	}
	return ""
}

// compare gives why an answer is not what was expected, in a sentence; empty when it is.
func (x *Expect) compare(ctx context.Context, m meter, answer []byte) string {
	value, err := decode(answer)
	if err != nil {
		return "The answer is not JSON"
	}
	for _, path := range slices.Sorted(maps.Keys(x.Equals)) {
		want, err := decode(x.Equals[path])
		if err != nil {
			return fmt.Sprintf("%s: what is expected is not JSON", path)
		}
		if reason := each(value, path, func(got any) bool { return equal(got, want) }, "want "+show(want)); reason != "" {
			return reason
		}
	}
	for _, path := range slices.Sorted(maps.Keys(x.Matches)) {
		pattern := regexp.MustCompile(x.Matches[path]) // checked before
		if reason := each(value, path, func(got any) bool { return pattern.MatchString(text(got)) }, "want a match of "+x.Matches[path]); reason != "" {
			return reason
		}
	}
	if x.Picture != nil {
		return x.Picture.judge(ctx, m, value)
	}
	return ""
}

func decode(data []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// each holds every value at a path to ok.
func each(value any, path string, ok func(any) bool, want string) string {
	parsed, err := jsonpath.Parse(path)
	if err != nil {
		return fmt.Sprintf("%s is no JSONPath", path)
	}
	found := parsed.Select(value)
	if len(found) == 0 {
		return fmt.Sprintf("%s: there is nothing, %s", path, clip(want, maxShown))
	}
	for _, got := range found {
		if !ok(got) {
			return fmt.Sprintf("%s: got %s, %s", path, show(got), clip(want, maxShown))
		}
	}
	return ""
}

// equal compares JSON values; numbers are equal when their values are.
func equal(a, b any) bool {
	x, xIs := a.(json.Number)
	y, yIs := b.(json.Number)
	if xIs && yIs {
		p, perr := x.Float64()
		q, qerr := y.Float64()
		return x == y || perr == nil && qerr == nil && p == q
	}
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, equal)
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && maps.EqualFunc(x, y, equal)
	}
	return reflect.DeepEqual(a, b)
}

func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	return show(value)
}

func show(value any) string {
	out, _ := json.Marshal(value) // decoded JSON: cannot fail
	return clip(string(out), maxShown)
}

// judge has the image function measure the picture: pictures are decoded nowhere else.
func (p *Picture) judge(ctx context.Context, m meter, answer any) string {
	picture, ok := answer.(string)
	if !ok {
		return "The answer is no base64 text of a picture"
	}
	var seen struct {
		Format        string
		Width, Height int
	}
	if reason := m.measure(ctx, &seen, map[string]any{"operation": "identify", "base64Image": picture}); reason != "" {
		return reason
	}
	switch {
	case p.Format != "" && !strings.EqualFold(p.Format, seen.Format):
		return fmt.Sprintf("The picture is a %s, want %s", seen.Format, p.Format)
	case p.Width != 0 && p.Width != seen.Width, p.Height != 0 && p.Height != seen.Height:
		return fmt.Sprintf("The picture is %dx%d, want %s", seen.Width, seen.Height, size(p.Width, p.Height))
	case p.Reference == "":
		return ""
	}
	var sizes [2]string
	for i, one := range []string{picture, p.Reference} {
		if reason := m.measure(ctx, &sizes[i], map[string]any{"operation": "getDimensions", "base64Image": one}); reason != "" {
			return reason
		}
	}
	if sizes[0] != sizes[1] {
		return fmt.Sprintf("The picture is %s, its reference %s", sizes[0], sizes[1])
	}
	var distance string
	if reason := m.measure(ctx, &distance, map[string]any{
		"operation": "convert", "base64Image": picture, "inputs": map[string]string{"reference": p.Reference},
		"customArgs": []string{"reference", "-compose", "difference", "-composite", "-depth", "16", "-evaluate", "pow", "2", "-format", "%[fx:sqrt(mean)]", "info:"},
	}); reason != "" {
		return reason
	}
	got, err := strconv.ParseFloat(strings.TrimSpace(distance), 64)
	switch {
	case err != nil:
		return "The picture could not be compared with its reference"
	case !(got <= p.Distance):
		return fmt.Sprintf("The picture differs from its reference by %.4g, want at most %.4g", got, p.Distance)
	}
	return ""
}

// size gives a size of which a part may be free.
func size(width, height int) string {
	side := func(n int) string {
		if n == 0 {
			return "any"
		}
		return strconv.Itoa(n)
	}
	return side(width) + "x" + side(height)
}

// meter measures pictures by the image function.
type meter struct {
	functions Invoker
	image     string // its name
}

// measure asks the image function, and gives why it could not say.
func (m meter) measure(ctx context.Context, into any, request map[string]any) string {
	payload, err := json.Marshal(request)
	if err != nil {
		return "The picture could not be measured"
	}
	outcome, err := m.functions.Invoke(ctx, m.image, payload)
	if err != nil {
		return "The picture could not be measured: " + event.From(err).Message
	}
	if kind, reason := failed(outcome.Payload); kind != "" {
		return "The answer could not be measured: " + reason
	}
	if err := json.Unmarshal(outcome.Payload, into); err != nil {
		return "The picture could not be measured"
	}
	return ""
}
