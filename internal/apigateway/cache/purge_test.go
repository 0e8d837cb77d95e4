package cache_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bluerose/internal/apigateway/cache"
)

func digestOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// kept are requests of each kind that have something to purge them by.
var kept = map[string]request{
	"plain": post("args=-negate", "photo"),
	"other": post("args=-negate", "other photo"),
	"form":  form("b", field{"image", "a", "photo"}, field{"logo.png", "l", "logo"}),
	"event": post("", `{"operation":"convert","base64Image":"`+encoded("photo")+`","inputs":{"a.png":"`+encoded("logo")+`"}}`, "Content-Type", "application/json").at(servicePath),
	"tag":   post("", "third", "X-Bluerose-Tag", "spring"),
	"dev":   post("args=-negate", "photo").at("/dev/images"),
}

func TestPurge(t *testing.T) {
	for name, c := range map[string]struct {
		purge cache.Purge
		gone  string
	}{
		"a source":            {cache.Purge{Source: digestOf("photo")}, "plain form event dev"},
		"in capitals":         {cache.Purge{Source: strings.ToUpper(digestOf("photo"))}, "plain form event dev"},
		"a second source":     {cache.Purge{Source: digestOf("logo")}, "form event"},
		"no source":           {cache.Purge{Source: digestOf("")}, ""},
		"a tag":               {cache.Purge{Tag: "spring"}, "tag"},
		"a stage":             {cache.Purge{Stage: "dev"}, "dev"},
		"a source of a stage": {cache.Purge{Stage: "prod", Source: digestOf("photo")}, "plain form event"},
		"tag and source":      {cache.Purge{Tag: "spring", Source: digestOf("photo")}, ""},
		"all":                 {cache.Purge{}, "plain other form event tag dev"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			open := func(memory, disk int64) *service {
				return newService(t, setup{
					stages: func(stages string) string { return strings.ReplaceAll(stages, "ttl: 0s", "ttl: 5m") },
					config: func(c *cache.Config) { c.Memory, c.Disk, c.Dir = memory, disk, dir },
				})
			}
			s := open(1<<20, 1<<20)
			for _, r := range kept {
				s.expect("miss", r)
			}
			n, err := s.cache.Purge(c.purge)
			if err != nil || n != len(strings.Fields(c.gone)) {
				t.Errorf("%d are gone: %v", n, err)
			}
			for _, s := range []*service{s, open(0, 1<<20)} { // one asks the memory first, the other only the disk
				for name, r := range kept {
					if gone := s.do(r).header.Get("X-Cache") == "miss"; gone != strings.Contains(c.gone, name) {
						t.Errorf("%s is gone: %v", name, gone)
					}
				}
				if _, err := s.cache.Purge(c.purge); err != nil {
					t.Error(err)
				}
			}
		})
	}
	s := start(t, setup{})
	for _, source := range []string{"photo", digestOf("photo")[1:], strings.Repeat("x", 64)} {
		if _, err := s.cache.Purge(cache.Purge{Source: source}); err == nil {
			t.Errorf("%q is a source", source)
		}
	}
}

func TestHandler(t *testing.T) {
	s := start(t, setup{})
	s.expect("miss", kept["plain"])
	s.expect("miss", kept["tag"])
	s.expect("hit", kept["tag"])
	ask := func(method, target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.admin.ServeHTTP(w, httptest.NewRequest(method, target, nil))
		return w
	}
	var is cache.Stats
	if w := ask(http.MethodGet, "/restapis/bluerose/cache"); w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &is) != nil || is.Memory.Entries != 2 || is.Memory.Hits != 1 || is.Misses != 2 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	const data = "/restapis/bluerose/stages/prod/cache/data"
	for _, c := range []struct {
		method, target string
		status         int
		body           string
	}{
		{http.MethodDelete, data + "?tag=autumn", 202, `{"purged":0}`},
		{http.MethodDelete, data + "?source=" + digestOf("photo"), 202, `{"purged":1}`},
		{http.MethodDelete, data + "?source=photo", 400, "SHA-256"},
		{http.MethodDelete, "/restapis/bluerose/stages/beta/cache/data", 404, "Invalid stage identifier specified"},
		{http.MethodDelete, "/restapis/other/stages/prod/cache/data", 404, "message"},
		{http.MethodGet, "/restapis", 404, "message"},
		{http.MethodDelete, data, 202, `{"purged":1}`},
	} {
		if w := ask(c.method, c.target); w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %s", c.method, c.target, w.Code, w.Body)
		}
	}
}

// Answers outlive a restart on the disk, and are in memory from then on.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	with := setup{config: func(c *cache.Config) { c.Disk, c.Dir = 1<<20, dir }}
	s := newService(t, with)
	first := s.expect("miss", kept["plain"])
	s.cache.Close()
	s = newService(t, with)
	second := s.expect("hit", kept["plain"])
	s.expect("hit", kept["plain"])
	for name := range first.header {
		if name != "X-Cache" && name != "X-Amzn-Requestid" && name != "Date" && first.header.Get(name) != second.header.Get(name) {
			t.Errorf("%s is %q, and was %q", name, second.header.Get(name), first.header.Get(name))
		}
	}
	is := s.cache.Stats()
	if second.body != first.body || s.function.count() != 0 || is.Disk.Hits != 1 || is.Memory.Hits != 1 || is.Misses != 0 {
		t.Errorf("%q, %+v", second.body, is)
	}
}
