package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"bluerose/event"
)

// entry is an answer. It does not change once others can see it.
type entry struct {
	status int
	header http.Header
	body   []byte

	// Of an answer that is kept:
	key    key
	etag   string
	stored time.Time
	about
}

// about is what answers are purged by.
type about struct {
	Stage    string
	Tag      string   // empty for none
	Pictures []digest // of the request
}

// recorder takes an answer down.
type recorder struct {
	http.ResponseWriter // of the request that runs
	header              http.Header
	status              int
	body                bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if r.body.Cap() == 0 {
		r.body.Grow(len(p)) // answers are written in one piece
	}
	return r.body.Write(p)
}

// Flush keeps what flushes this answer from reaching the real one.
func (*recorder) Flush() {}

// Unwrap lets the access log have what went wrong.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// entry gives the answer, without the headers that stood there before: those, such as the request's id, are of one request.
func (r *recorder) entry() *entry {
	maps.DeleteFunc(r.header, func(name string, values []string) bool { return slices.Equal(values, r.ResponseWriter.Header()[name]) })
	return &entry{status: r.status, header: r.header, body: r.body.Bytes()}
}

// keepable makes e an entry that can be kept.
func (e *entry) keepable(q *question, now time.Time) {
	sum := sha256.Sum256(e.body)
	e.etag = `"` + hex.EncodeToString(sum[:16]) + `"`
	e.header["Etag"] = []string{e.etag}
	e.header["Content-Length"] = []string{strconv.Itoa(len(e.body))}
	e.key, e.stored = q.key, now.Round(0)
	e.about = about{Stage: q.Stage, Tag: q.tag, Pictures: q.content.pictures}
}

// fresh reports whether e is younger than ttl. One from the future is not: the clock was put back.
func (e *entry) fresh(now time.Time, ttl time.Duration) bool {
	age := now.Sub(e.stored)
	return age >= 0 && age < ttl
}

// size is about the memory that e takes.
func (e *entry) size() int64 {
	size := len(e.body) + 512
	for name, values := range e.header {
		size += len(name) + 64
		for _, value := range values {
			size += len(value) + 16
		}
	}
	return int64(size + len(e.Pictures)*len(digest{}))
}

// mayKeep reports whether an answer may be given again.
func (q *question) mayKeep(e *entry) bool {
	if e.status != http.StatusOK || forOneAlone(e) {
		return false
	}
	for _, value := range e.header["Vary"] {
		for name := range strings.SplitSeq(value, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if name != "" && name != "Content-Type" && !slices.Contains(q.headers, name) {
				return false
			}
		}
	}
	return true
}

// forOneAlone reports whether an answer is for the request that it was made for, and for no other.
func forOneAlone(e *entry) bool {
	if len(e.header["Set-Cookie"]) > 0 {
		return true
	}
	return slices.ContainsFunc(directives(e.header["Cache-Control"]), func(directive string) bool {
		return directive == "no-store" || directive == "no-cache" || directive == "private"
	})
}

// directives gives the directives of a Cache-Control in lower case.
func directives(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	all := strings.Split(strings.ToLower(strings.Join(values, ",")), ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// answer writes e, or that the caller has it already.
func (c *Cache) answer(w http.ResponseWriter, r *http.Request, q *question, e *entry, how string) {
	h := w.Header()
	h["X-Cache"] = []string{how}
	has := e.etag != "" && names(r.Header["If-None-Match"], e.etag)
	if has && r.Method != http.MethodGet && r.Method != http.MethodHead {
		h["Etag"] = []string{e.etag}
		c.cfg.Gateway.Refuse(w, &event.Refusal{
			Status: http.StatusPreconditionFailed, Type: "PreconditionFailedException", Message: "The answer is the one that If-None-Match names",
		})
		return
	}
	maps.Copy(h, e.header)
	if e.etag != "" {
		if _, own := e.header["Cache-Control"]; !own {
			h["Cache-Control"] = q.control
		}
		if age := int(c.cfg.Now().Sub(e.stored).Seconds()); age > 0 {
			h["Age"] = []string{strconv.Itoa(age)}
		}
	}
	if has {
		delete(h, "Content-Length")
		delete(h, "Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(e.status)
	_, _ = w.Write(e.body) // a caller who has gone needs nothing
}

// names reports whether an If-None-Match names an entity tag.
func names(ifNoneMatch []string, etag string) bool {
	for _, value := range ifNoneMatch {
		for tag := range strings.SplitSeq(value, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
				return true
			}
		}
	}
	return false
}
