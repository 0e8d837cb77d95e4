package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"bluerose/event"
	"bluerose/internal/harness/invoker"
)

// endpoint is an HTTP API as a function: what is sent to it is its event, and the body of its answer its result.
type endpoint struct {
	url    string
	header http.Header
	client *http.Client
}

func newEndpoint(address string, headers []string, connections int) (*endpoint, error) {
	if base, err := url.Parse(address); err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, errors.New("--url must be a URL such as http://127.0.0.1:8080/prod/ImageProcessingService")
	}
	e := &endpoint{url: address, header: http.Header{"Content-Type": {"application/json"}}, client: manyConnections(connections)}
	for _, line := range headers {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("--header must be NAME: VALUE, not %q", line)
		}
		e.header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return e, nil
}

// maxKept is how many bytes of an answer are looked at; the rest is read and counted.
const maxKept = 8 << 20

// Invoke posts an event, or gets where there is none. An answer of status 400 and above is a failure.
func (e *endpoint) Invoke(ctx context.Context, _ string, payload []byte) (*invoker.Outcome, error) {
	method := http.MethodPost
	if len(payload) == 0 {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(ctx, method, e.url, bytes.NewReader(payload))
	if err != nil {
		return nil, event.Errorf(event.InvalidRequest, "The URL makes no request").Wrap(err)
	}
	request.Header = e.header.Clone()
	response, err := e.client.Do(request)
	if err == nil {
		defer func() { _ = response.Body.Close() }()
		var body []byte
		if body, err = io.ReadAll(io.LimitReader(response.Body, maxKept)); err == nil {
			_, err = io.Copy(io.Discard, response.Body)
		}
		if err == nil {
			return outcomeOf(response, body), nil
		}
	}
	if ctx.Err() != nil {
		return nil, event.Errorf(event.Timeout, "The answer did not come in time").Wrap(err)
	}
	return nil, event.Errorf(event.Internal, "There was no answer: %v", errors.Unwrap(err)).Wrap(err)
}

func outcomeOf(response *http.Response, body []byte) *invoker.Outcome {
	o := &invoker.Outcome{Payload: body}
	var failure event.Failure
	isJSON := json.Valid(body)
	known := isJSON && json.Unmarshal(body, &failure) == nil && failure.ErrorMessage != ""
	switch {
	case response.StatusCode >= 400 && !known:
		failure = event.Failure{ErrorType: "HTTP " + response.Status[:3], ErrorMessage: fmt.Sprintf("%s: %.200q", response.Status, body)}
		o.Payload, _ = json.Marshal(failure) // two strings: cannot fail
	case !isJSON:
		o.Payload, _ = json.Marshal(map[string]any{"status": response.StatusCode, "bytes": len(body), "contentType": response.Header.Get("Content-Type")})
	}
	return o
}
