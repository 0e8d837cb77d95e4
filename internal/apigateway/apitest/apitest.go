// Package apitest makes requests out of the API's definition, for tests: right ones, wrong ones and ones in between.
package apitest

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"bluerose/internal/apigateway/definition"
)

// values are JSON values, good and bad, that stand for any field of an event. The base64 text is a PNG of 2x2.
var values = []string{
	`null`, `"ping"`, `""`, `-1`, `1e400`, `0.5`, `100000`, `true`, `[]`, `["-negate",1]`, `["-resize","10000x10000!"]`, `{}`, `{"a":"QUJD"}`,
	`"\ud800"`, `"QUJD"`, `[[`, `"first"`, `"png"`, `"webp"`, `["-append","a","@/etc/passwd"]`,
	`"iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR42mP4z8AARAwQCgAf7gP9Y167WwAAAABJRU5ErkJggg=="`,
}

var (
	operations = []string{`"ping"`, `"getDimensions"`, `"identify"`, `"resize"`, `"thumbnail"`, `"convert"`, `"getSample"`, `"fly"`}
	names      = []string{"operation", "base64Image", "inputExtension", "outputExtension", "customArgs", "width", "height", "quality",
		"format", "progressive", "colorspace", "strip", "filter", "sharpening", "inputs", "outputs", "x"}
	queries = []string{"", "-negate", "-resize 0x0", "rose: -append", "'", "\x00", "png", "webp", "xyz", "all", "first", strings.Repeat("a", 300)}
	media   = []string{"application/json", "application/json", "image/png", "multipart/form-data", "", "a/b/c;;"}
)

// Request gives a route of the definition and a request to it, or to its path by another method. The same random numbers
// give the same request. url is the server's, such as "http://127.0.0.1:8080".
func Request(d *definition.Definition, random *rand.Rand, server string) (definition.Route, *http.Request, error) {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	route := d.Routes[random.IntN(len(d.Routes))]
	stage := d.Stages[random.IntN(len(d.Stages))]
	body := `{"operation":` + pick(operations...)
	for range random.IntN(5) {
		body += `,"` + pick(names...) + `":` + pick(values...)
	}
	body += pick("}", "}", "}", "}", "", "}}")
	query := url.Values{}
	for range random.IntN(3) {
		query.Add(pick("args", "output", "outputs", "x"), pick(queries...))
	}
	address := server + "/" + stage.Name + route.Path + pick("", "", "", "/") + "?" + query.Encode() + pick("", "", "&%zz")
	r, err := http.NewRequest(pick(route.Method, route.Method, route.Method, http.MethodPut), address, strings.NewReader(body))
	if err != nil {
		return route, nil, err
	}
	r.Header.Set("Content-Type", pick(media...))
	return route, r, nil
}
