package cache_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"bluerose/event"
	"bluerose/internal/apigateway"
)

// BenchmarkHit is a hit over HTTP, the client's part included: 30 KB up, 50 KB down.
func BenchmarkHit(b *testing.B) {
	s := start(b, setup{function: &function{answer: func(context.Context, int, apigateway.Call, *event.ProxyRequest) (*event.ProxyResponse, error) {
		return picture(string(make([]byte, 50_000))), nil
	}}})
	body := make([]byte, 30_000)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			response, err := http.Post(s.url+imagesPath+"?args=-negate", "image/jpeg", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	})
	if n := s.function.count(); n != 1 {
		b.Errorf("the function ran %d times", n)
	}
}

// BenchmarkHitHandler is the same without the network.
func BenchmarkHitHandler(b *testing.B) {
	s := start(b, setup{function: &function{answer: func(context.Context, int, apigateway.Call, *event.ProxyRequest) (*event.ProxyResponse, error) {
		return picture(string(make([]byte, 50_000))), nil
	}}})
	body := make([]byte, 30_000)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, imagesPath+"?args=-negate", bytes.NewReader(body))
		s.handler.ServeHTTP(discard{http.Header{}}, r)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }
