package site_test

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"bluerose/site"
)

func handler(t *testing.T, config site.Config) http.Handler {
	t.Helper()
	h, err := site.Handler(config)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, method, target string, header http.Header) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestEveryFileIsServed(t *testing.T) {
	h := handler(t, site.Config{})
	wantType := map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
		".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	}
	count := 0
	err := fs.WalkDir(site.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		count++
		content, err := fs.ReadFile(site.FS(), name)
		if err != nil {
			return err
		}
		response := get(h, http.MethodGet, "/"+name, nil)
		body, _ := io.ReadAll(response.Body)
		if response.StatusCode != http.StatusOK || string(body) != string(content) {
			t.Errorf("%s: status %d, %d bytes of %d", name, response.StatusCode, len(body), len(content))
		}
		if got := response.Header.Get("Content-Type"); got != wantType[path.Ext(name)] {
			t.Errorf("%s has Content-Type %q", name, got)
		}
		if response.Header.Get("X-Content-Type-Options") != "nosniff" || response.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s has headers %v", name, response.Header)
		}
		again := get(h, http.MethodGet, "/"+name, http.Header{"If-None-Match": {response.Header.Get("ETag")}})
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s asked for again: status %d, want 304", name, again.StatusCode)
		}
		return nil
	})
	if err != nil || count < 10 {
		t.Errorf("walked %d files: %v", count, err)
	}
}

func TestIndexAtTheRoot(t *testing.T) {
	h := handler(t, site.Config{})
	body, _ := io.ReadAll(get(h, http.MethodGet, "/", nil).Body)
	if !strings.Contains(string(body), "<title>Bluerose") {
		t.Errorf("/ gives %.80s", body)
	}
	if r := get(h, http.MethodGet, "/console", nil); r.StatusCode != http.StatusMovedPermanently || r.Header.Get("Location") != "/console/" {
		t.Errorf("/console: %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	if body, _ := io.ReadAll(get(h, http.MethodGet, "/console/", nil).Body); !strings.Contains(string(body), "<title>Console") {
		t.Errorf("/console/ gives %.80s", body)
	}
	if r := get(h, http.MethodHead, "/", nil); r.StatusCode != http.StatusOK || r.ContentLength == 0 {
		t.Errorf("HEAD /: %d, length %d", r.StatusCode, r.ContentLength)
	}
	for _, target := range []string{"/nothing", "/../site.go", "/public/index.html"} {
		if r := get(h, http.MethodGet, target, nil); r.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", target, r.StatusCode)
		}
	}
	if r := get(h, http.MethodPost, "/", nil); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /: %d, Allow %q", r.StatusCode, r.Header.Get("Allow"))
	}
}

func TestPolicyNamesTheAPIOrigins(t *testing.T) {
	for _, c := range []struct {
		origins []string
		want    string
	}{
		{nil, "connect-src 'self' https:;"},
		{[]string{"https://api.example.com", "http://127.0.0.1:8081"}, "connect-src 'self' https://api.example.com http://127.0.0.1:8081;"},
	} {
		got := get(handler(t, site.Config{APIOrigins: c.origins}), http.MethodGet, "/", nil).Header.Get("Content-Security-Policy")
		if !strings.Contains(got, c.want) || !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") {
			t.Errorf("for %v the policy is %q", c.origins, got)
		}
	}
	for _, origin := range []string{"", "api.example.com", "https://a.example/path", "https://a.example;script-src *", "ftp://a.example", "https://a b"} {
		if _, err := site.Handler(site.Config{APIOrigins: []string{origin}}); err == nil {
			t.Errorf("the origin %q was taken", origin)
		}
	}
}

// A page that takes nothing from another host names none, but for the namespace of SVG and examples in comments.
func TestNothingComesFromAnotherHost(t *testing.T) {
	address := regexp.MustCompile(`(?:src|href|url\(|import|from)[=( ]*["']?(?:https?:)?//[^"') ]+`)
	err := fs.WalkDir(site.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(site.FS(), name)
		if found := address.Find(content); found != nil {
			t.Errorf("%s takes something from elsewhere: %s", name, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
