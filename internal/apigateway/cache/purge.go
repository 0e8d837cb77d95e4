package cache

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"bluerose/event"
)

// Purge says which answers are no longer to be given: those that fit all that is not empty.
type Purge struct {
	Stage  string
	Source string // the SHA-256, in hex, of a picture of the request
	Tag    string
}

var errSource = errors.New("cache: a source is the SHA-256 of a picture, 64 digits in hex")

func parseDigest(text string) (digest, error) {
	var d digest
	if len(text) != 2*len(d) {
		return d, errSource
	}
	if _, err := hex.Decode(d[:], []byte(text)); err != nil {
		return d, errSource
	}
	return d, nil
}

// Purge forgets answers, and gives how many. Of requests that run, none is kept.
func (c *Cache) Purge(p Purge) (int, error) {
	var source digest
	if p.Source != "" {
		var err error
		if source, err = parseDigest(p.Source); err != nil {
			return 0, err
		}
	}
	which := func(is about) bool {
		return (p.Stage == "" || is.Stage == p.Stage) && (p.Tag == "" || is.Tag == p.Tag) &&
			(p.Source == "" || slices.Contains(is.Pictures, source))
	}
	c.disk.settle()
	c.purging.Lock() // waits for those that keep an answer now
	c.purges.Add(1)
	c.purging.Unlock()
	removed := map[key]bool{}
	c.memory.purge(which, removed)
	c.disk.purge(which, removed)
	return len(removed), nil
}

// Handler serves what API Gateway's own API has for the cache of a stage, DELETE /restapis/API/stages/{stage}/cache/data
// (FlushStageCache), with source and tag of a Purge in its query; it answers how many answers are gone. Beside it,
// GET /restapis/API/cache answers Stats. stages are the names of those that there are. Whoever reaches it may do this.
func (c *Cache) Handler(api string, stages []string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("DELETE /restapis/"+api+"/stages/{stage}/cache/data", func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(stages, r.PathValue("stage")) {
			c.notFound(w, "Invalid stage identifier specified")
			return
		}
		c.servePurge(w, r)
	})
	mux.HandleFunc("GET /restapis/"+api+"/cache", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, http.StatusOK, c.Stats()) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { c.notFound(w, "There is no such thing here") })
	return mux
}

func (c *Cache) notFound(w http.ResponseWriter, message string) {
	c.cfg.Gateway.Refuse(w, &event.Refusal{Status: http.StatusNotFound, Type: "NotFoundException", Message: message})
}

func (c *Cache) servePurge(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	n, err := c.Purge(Purge{Stage: r.PathValue("stage"), Source: query.Get("source"), Tag: query.Get("tag")})
	if err != nil {
		c.cfg.Gateway.Refuse(w, &event.Refusal{
			Status: http.StatusBadRequest, Type: "BadRequestException", Message: "source must be the SHA-256 of a picture, 64 digits in hex",
		})
		return
	}
	answerJSON(w, http.StatusAccepted, struct {
		Purged int `json:"purged"`
	}{n})
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
