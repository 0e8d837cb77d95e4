package site_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bluerose/site"
)

// call is what the fake API saw of one POST /prod/images.
type call struct {
	args, output, contentType string
	body                      []byte
}

// fakeAPI answers as the HTTPS API does, for the few arguments that tests use: -negate inverts a PNG, -flip and none give
// it back as it is, anything else is refused. Requests with -blur wait until the client goes away.
type fakeAPI struct {
	calls   chan call     // every conversion asked for
	aborted chan struct{} // every -blur whose client went away
	sample  []byte
}

func newFakeAPI(t *testing.T) *fakeAPI {
	return &fakeAPI{calls: make(chan call, 100), aborted: make(chan struct{}, 100), sample: testPicture(t, 70, 46)}
}

// next gives the next conversion that the page asks for.
func (f *fakeAPI) next(t *testing.T, tab context.Context) call {
	t.Helper()
	return receive(t, tab, f.calls)
}

func receive[T any](t *testing.T, tab context.Context, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-tab.Done():
		t.Fatal("the page never made the call")
		panic("not reached")
	}
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "x-amzn-requestid")
	w.Header().Set("X-Amzn-RequestId", "request-1")
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Headers", "content-type")
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /prod/ImageProcessingService":
		f.serveEvent(w, r)
	case "POST /prod/images":
		f.serveImage(w, r)
	default:
		fail(w, http.StatusNotFound, "NotFound", "There is no such route.")
	}
}

func (f *fakeAPI) serveEvent(w http.ResponseWriter, r *http.Request) {
	var event struct{ Operation, OutputExtension string }
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil || event.Operation != "getSample" || event.OutputExtension != "png" {
		fail(w, http.StatusBadRequest, "InvalidRequest", fmt.Sprintf("Unrecognized operation %q", event.Operation))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, "%q", base64.StdEncoding.EncodeToString(f.sample))
}

func (f *fakeAPI) serveImage(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	args := r.URL.Query().Get("args")
	f.calls <- call{args, r.URL.Query().Get("output"), r.Header.Get("Content-Type"), body}
	switch {
	case strings.HasPrefix(args, "-blur"):
		<-r.Context().Done()
		f.aborted <- struct{}{}
	case args == "-negate":
		negated, err := negate(body)
		if err != nil {
			fail(w, http.StatusUnprocessableEntity, "InvalidImage", "The picture is broken; send another.")
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.Write(negated)
	case args == "" || args == "-flip":
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.Write(body)
	default:
		fail(w, http.StatusUnprocessableEntity, "UnsupportedArgument", "The argument "+args+" is not supported; take it away.")
	}
}

func fail(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"errorMessage": message, "errorType": kind})
}

// negate inverts the colours of a PNG, and leaves alpha as it is.
func negate(data []byte) ([]byte, error) {
	in, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	out := image.NewNRGBA(in.Bounds())
	for y := in.Bounds().Min.Y; y < in.Bounds().Max.Y; y++ {
		for x := in.Bounds().Min.X; x < in.Bounds().Max.X; x++ {
			c := color.NRGBAModel.Convert(in.At(x, y)).(color.NRGBA)
			out.SetNRGBA(x, y, color.NRGBA{255 - c.R, 255 - c.G, 255 - c.B, c.A})
		}
	}
	var buffer bytes.Buffer
	err = png.Encode(&buffer, out)
	return buffer.Bytes(), err
}

// testPicture draws a PNG in which every pixel of a row and of a column differs.
func testPicture(t *testing.T, width, height int) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.SetNRGBA(x, y, color.NRGBA{uint8(40 + 3*x), uint8(10 + 2*y), uint8(x + y), 255})
		}
	}
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// serve puts the website and an API behind one origin, as the service does.
func serve(t *testing.T, api http.Handler, config site.Config) string {
	t.Helper()
	pages, err := site.Handler(config)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/prod/", api)
	mux.Handle("/", pages)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
