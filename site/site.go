// Package site is the static website of the service: plain HTML, CSS and ES modules, embedded, with nothing from any
// other host and nothing to build. The page calls the HTTPS API as any origin would, so that the same files can lie in a
// bucket (FS) or be served beside the API (Handler). The console, below console/, calls the AWS APIs of the origin that serves
// it. Tests drive both in a real Chromium, and the modules without a page run under `node --test`.
package site

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

//go:embed public
var public embed.FS

// FS gives the files of the website, index.html at the root.
func FS() fs.FS {
	files, err := fs.Sub(public, "public")
	if err != nil {
		panic(err) // the name is a constant that go:embed has checked
	}
	return files
}

// Config says where the pages may send pictures.
type Config struct {
	// APIOrigins are the origins besides the page's own that pages may call, each such as "https://api.example.com".
	// The default, none, lets a page call any https origin: whoever sets ?api= chooses, and the page says where it sends.
	APIOrigins []string
}

// Validate reports the first setting that cannot work.
func (c Config) Validate() error {
	for _, origin := range c.APIOrigins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || origin != u.Scheme+"://"+u.Host ||
			strings.ContainsAny(origin, "; ,'\"") {
			return fmt.Errorf("site: %q is no origin; write it as https://host or https://host:port", origin)
		}
	}
	return nil
}

// policy gives the Content-Security-Policy: the site's own files, pictures that the page made itself, and calls to the API.
func (c Config) policy() string {
	connect := "https:"
	if len(c.APIOrigins) > 0 {
		connect = strings.Join(c.APIOrigins, " ")
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "connect-src 'self' " + connect,
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
	}, "; ")
}

// The media types of the site's files, so that they do not depend on what the machine has registered.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

type file struct {
	content   []byte
	mediaType string
	etag      string
}

// Handler serves the website at the root of its mount, and the API's definition, readable, as docs. It answers GET and HEAD; a browser keeps each file and asks
// every time whether it changed (ETag), so that a page never mixes files of two versions for long.
func Handler(config Config) (http.Handler, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	files, err := load(FS())
	if err != nil {
		return nil, err
	}
	policy := config.policy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "The website answers GET and HEAD only.", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(r.URL.Path, "/")
		switch name {
		case "":
			name = "index.html"
		case "docs":
			name = "docs.html"
		case "console":
			http.Redirect(w, r, "console/", http.StatusMovedPermanently)
			return
		case "console/":
			name = "console/index.html"
		}
		f, ok := files[name]
		if !ok {
			http.Error(w, "There is no such page; the website is at /.", http.StatusNotFound)
			return
		}
		header.Set("Cache-Control", "no-cache")
		header.Set("Content-Type", f.mediaType)
		header.Set("ETag", f.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
	}), nil
}

func load(files fs.FS) (map[string]file, error) {
	loaded := make(map[string]file)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		mediaType, ok := mediaTypes[path.Ext(name)]
		if !ok {
			return fmt.Errorf("site: no media type is known for %s", name)
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		loaded[name] = file{content, mediaType, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	return loaded, err
}
