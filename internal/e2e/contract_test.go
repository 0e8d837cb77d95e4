package e2e

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"

	"bluerose/api"
	"bluerose/internal/apigateway/apitest"
	"bluerose/internal/apigateway/definition"
)

// TestAnswersAreThoseOfTheDefinition runs every example of the definition against the program, in every stage, and holds each
// answer, also a refusal, to what the definition says of its route.
func TestAnswersAreThoseOfTheDefinition(t *testing.T) {
	s := start(t)
	d, err := definition.Parse(api.OpenAPI, api.Stages)
	if err != nil {
		t.Fatal(err)
	}
	rose := s.rose("png")
	for _, stage := range d.Stages {
		for _, route := range d.Routes {
			examples, err := route.Examples()
			if err != nil {
				t.Fatal(err)
			}
			header := http.Header{"Content-Type": {"application/json"}}
			if len(examples) == 0 {
				examples, header = []definition.Example{{Name: "rose", Body: rose}, {Name: "no picture", Body: []byte("no picture")}}, nil
			}
			for _, example := range examples {
				a := s.must(s.send(t.Context(), route.Method, "/"+stage.Name+route.Path, header, bytes.NewReader(example.Body)))
				if err := route.CheckAnswer(a.status, a.header, a.body); err != nil {
					t.Errorf("%s, %s: %v: %.200s", stage.Name, example.Name, err, a.body)
				}
				public := len(stage.Access(route)) == 0
				if good := a.status < 300; public && good != (example.Name != "no picture" || route.Method != http.MethodPost) {
					t.Errorf("%s %s, %s: got %d %.200s", stage.Name, route.OperationID, example.Name, a.status, a.body)
				}
			}
		}
	}
	s.fine(t)
}

// TestGeneratedRequestsFindNoFault sends requests made of the definition, right and wrong, to the program: none is a fault
// of the service, and every answer is one that the definition knows.
func TestGeneratedRequestsFindNoFault(t *testing.T) {
	s := start(t)
	d, err := definition.Parse(api.OpenAPI, api.Stages)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(400) {
		route, r, err := apitest.Request(d, rand.New(rand.NewPCG(seed, 1)), s.url)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r.WithContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode >= 500 {
			t.Errorf("seed %d: %s %s: got %d %s", seed, r.Method, r.URL, response.StatusCode, body)
		}
		if r.Method != route.Method {
			continue
		}
		if err := route.CheckAnswer(response.StatusCode, response.Header, body); err != nil {
			t.Errorf("seed %d: %s: %v: %.200s", seed, r.URL, err, body)
		}
	}
	s.fine(t)
}
