package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bluerose/event"
)

// answer is what came back for a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// fields are those of a JSON event.
type fields map[string]any

// way is one of the two ways in which pictures reach the service over HTTPS.
type way struct {
	name string
	// convert runs convert with args on a picture and gives the PNG that comes out.
	convert func(s *service, args string, picture []byte) answer
}

var ways = []way{
	{"event", func(s *service, args string, picture []byte) answer {
		a := s.event(fields{"operation": "convert", "base64Image": picture, "outputExtension": "png", "customArgs": strings.Fields(args)})
		if a.status == http.StatusOK {
			a.body = unquoted(s.t, a.body)
		}
		return a
	}},
	{"bytes", func(s *service, args string, picture []byte) answer { return s.picture(args, "png", picture) }},
}

// unquoted decodes a JSON string of base64 text.
func unquoted(t *testing.T, body []byte) []byte {
	t.Helper()
	var data []byte
	if err := json.Unmarshal(body, &data); err != nil {
		t.Fatalf("the answer is no JSON string of base64 text: %v: %.100s", err, body)
	}
	return data
}

// send sends a request and reads the answer.
func (s *service) send(ctx context.Context, method, path string, header http.Header, body io.Reader) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return answer{}, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, data}, err
}

func (s *service) must(a answer, err error) answer {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *service) post(path string, body []byte) answer {
	s.t.Helper()
	return s.must(s.send(s.t.Context(), http.MethodPost, path, nil, bytes.NewReader(body)))
}

const eventPath = "/prod/ImageProcessingService"

// event sends a JSON event.
func (s *service) event(f fields) answer {
	s.t.Helper()
	body, err := json.Marshal(f)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.post(eventPath, body)
}

func picturePath(args, output string) string {
	query := url.Values{}
	if args != "" {
		query.Set("args", args)
	}
	if output != "" {
		query.Set("output", output)
	}
	return "/prod/images?" + query.Encode()
}

// picture sends picture bytes.
func (s *service) picture(args, output string, body []byte) answer {
	s.t.Helper()
	return s.post(picturePath(args, output), body)
}

// converted gives the bytes that picture answers.
func (s *service) converted(args, output string, body []byte) []byte {
	s.t.Helper()
	a := s.picture(args, output, body)
	if a.status != http.StatusOK {
		s.t.Fatalf("args %q, output %q: status %d: %.300s", args, output, a.status, a.body)
	}
	return a.body
}

// rose gives the built-in picture in a format.
func (s *service) rose(format string) []byte {
	s.t.Helper()
	return s.converted("rose:", format, nil)
}

// result gives the JSON value that an operation answers.
func result[T any](s *service, f fields) T {
	s.t.Helper()
	a := s.event(f)
	var value T
	if err := json.Unmarshal(a.body, &value); a.status != http.StatusOK || err != nil {
		s.t.Fatalf("%v: status %d, %v: %.300s", f["operation"], a.status, err, a.body)
	}
	return value
}

func decoded(t *testing.T, data []byte) image.Image {
	t.Helper()
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("the answer is no picture: %v: %.100q", err, data)
	}
	return picture
}

func encoded(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// failed fails unless a is the failure of that kind that a caller should see: its status, the two fields of a failure, a
// sentence, and nothing of the service's inside.
func failed(t *testing.T, s *service, a answer, kind event.Kind) event.Failure {
	t.Helper()
	var f event.Failure
	reader := json.NewDecoder(bytes.NewReader(a.body))
	reader.DisallowUnknownFields()
	if err := reader.Decode(&f); err != nil {
		t.Fatalf("status %d with a body that is no failure: %v: %.300q", a.status, err, a.body)
	}
	if f.ErrorType != string(kind) || a.status != kind.Status() {
		t.Errorf("status %d, %s, want %d, %s: %s", a.status, f.ErrorType, kind.Status(), kind, f.ErrorMessage)
	}
	if got := a.header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("a page may not read the failure: Access-Control-Allow-Origin is %q", got)
	}
	if a.header.Get("X-Amzn-Requestid") == "" {
		t.Error("the failure has no request id")
	}
	public(t, s, f.ErrorMessage)
	return f
}

// inner matches what only the log may hold: places in source code, addresses, stacks, names of libraries' own errors.
var inner = regexp.MustCompile(`\.go:\d|goroutine|panic|0x[0-9a-f]{6,}|libvips|vips_|VipsForeign|Error:|<nil>|%!|\n`)

// public fails when a message is not a sentence for everybody.
func public(t *testing.T, s *service, message string) {
	t.Helper()
	if len(message) < 15 || len(message) > 600 || strings.ToUpper(message[:1]) != message[:1] && !strings.HasPrefix(message, `"`) &&
		!strings.HasPrefix(message, "-") && !strings.HasPrefix(message, "mpr:") {
		t.Errorf("this is no sentence: %q", message)
	}
	if found := inner.FindString(message); found != "" {
		t.Errorf("the message says %q, which is for the log: %q", found, message)
	}
	for _, path := range []string{s.data, filepath.Dir(program), filepath.Dir(libvips(t)), "/proc/"} {
		if path != "." && strings.Contains(message, path) {
			t.Errorf("the message holds the path %s: %q", path, message)
		}
	}
}

// fine fails unless the service still works, both ways.
func (s *service) fine(t *testing.T) {
	t.Helper()
	for _, w := range ways {
		a := w.convert(s, "-crop 1x1+0+0 -negate", bluePixel(t))
		if a.status != http.StatusOK {
			t.Fatalf("the next request (%s) has status %d: %s", w.name, a.status, a.body)
		}
		if r, g, b, _ := decoded(t, a.body).At(0, 0).RGBA(); r != 0xffff || g != 0xffff || b != 0 {
			t.Errorf("the next request (%s) makes %x %x %x of blue", w.name, r, g, b)
		}
	}
}

// metric gives the value of one of the image function's metrics.
func (s *service) metric(t *testing.T, name string) int {
	t.Helper()
	a := s.must(s.send(t.Context(), http.MethodGet, "/metrics", nil, nil))
	prefix := "bluerose_function_" + name + `{function="image"} `
	for line := range strings.Lines(string(a.body)) {
		if value, ok := strings.CutPrefix(line, prefix); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
	}
	t.Fatalf("there is no metric %s", prefix)
	return 0
}

// reaches waits until a metric has a value.
func (s *service) reaches(t *testing.T, name string, want int) {
	t.Helper()
	until(t, name+" is "+strconv.Itoa(want), func() bool { return s.metric(t, name) == want })
}

func base64Text(data []byte) string { return base64.StdEncoding.EncodeToString(data) }
