package beside

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"testing"

	"bluerose/event"
)

// plain is a function's handler that gives back what it takes.
type plain struct{}

func (plain) Invoke(_ context.Context, payload []byte) ([]byte, error) { return payload, nil }

// inProcess invokes a handler without a process between.
func inProcess(proxy Proxy) Invoke {
	return func(ctx context.Context, head, rest []byte) ([]byte, string, error) {
		answer, err := Handler(plain{}, proxy).Invoke(ctx, append(head, rest...))
		return answer, "", err
	}
}

func TestThereAndBack(t *testing.T) {
	for _, body := range [][]byte{nil, {0}, []byte(`{"a":1}`), bytes.Repeat([]byte{0, 1, 255}, 1<<20)} {
		sent := &event.ProxyRequest{
			Path: "/images", HTTPMethod: "POST", Headers: map[string]string{"Content-Type": "image/png"},
			QueryStringParameters: map[string]string{"args": "-negate é"},
			RequestContext:        event.ProxyContext{RequestID: "r", RequestTimeEpoch: 1 << 50},
			Body:                  body,
		}
		want := &event.ProxyResponse{StatusCode: 201, Headers: map[string]string{"X": "y"}, Body: body}
		got, err := Call(t.Context(), sent, inProcess(func(_ context.Context, r *event.ProxyRequest) (*event.ProxyResponse, error) {
			if !reflect.DeepEqual(r, sent) {
				t.Errorf("%+v", r)
			}
			return want, nil
		}))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("body of %d bytes: %v", len(body), err)
		}
	}
}

func TestOtherEventsPass(t *testing.T) {
	h := Handler(plain{}, nil)
	for _, payload := range []string{`{"operation":"ping"}`, ``, `BRF`, "\x00", magic + "\x00\x00\x01\x00{}"} {
		if got, err := h.Invoke(t.Context(), []byte(payload)); err != nil || string(got) != payload {
			t.Errorf("%q: %q %v", payload, got, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	refused := event.Errorf(event.Throttled, "wait")
	for name, test := range map[string]struct {
		answer        string
		functionError string
		err           error
		check         func(*event.ProxyResponse, error) bool
	}{
		"body inside": {answer: `{"statusCode":200,"body":"AAE=","isBase64Encoded":true}`, check: func(r *event.ProxyResponse, err error) bool {
			return err == nil && r.StatusCode == 200 && string(r.Body) == "\x00\x01"
		}},
		"function error": {answer: `{"errorType":"Timeout"}`, functionError: "Unhandled", check: func(_ *event.ProxyResponse, err error) bool {
			var e *FunctionError
			return errors.As(err, &e) && e.Type == "Unhandled" && string(e.Payload) == `{"errorType":"Timeout"}`
		}},
		"refused":    {err: refused, check: func(_ *event.ProxyResponse, err error) bool { return errors.Is(err, refused) }},
		"no status":  {answer: magic + "\x00\x00\x00\x02{}x", check: func(r *event.ProxyResponse, err error) bool { return err == nil && r.StatusCode == 200 }},
		"odd status": {answer: magic + "\x00\x00\x00\x10{\"statusCode\":42}", check: crashed},
		"cut off":    {answer: magic + "\x00\x00\x01\x00{}", check: crashed},
		"no frame":   {answer: "\x00", check: crashed},
		"no JSON":    {answer: "nothing", check: crashed},
	} {
		got, err := Call(t.Context(), &event.ProxyRequest{}, func(context.Context, []byte, []byte) ([]byte, string, error) {
			return []byte(test.answer), test.functionError, test.err
		})
		if !test.check(got, err) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func crashed(_ *event.ProxyResponse, err error) bool {
	return err != nil && event.From(err).Kind == event.FunctionCrashed
}

func TestProxyFails(t *testing.T) {
	want := event.Errorf(event.InvalidImage, "broken")
	_, err := Call(t.Context(), &event.ProxyRequest{}, inProcess(func(context.Context, *event.ProxyRequest) (*event.ProxyResponse, error) {
		return nil, want
	}))
	if !errors.Is(err, want) {
		t.Errorf("%v", err)
	}
}

func FuzzUnframe(f *testing.F) {
	head, err := header(map[string]any{"statusCode": 200, "path": "/x"}, 0)
	if err != nil {
		f.Fatal(err)
	}
	whole := append(head, "body"...)
	for i := range whole {
		f.Add(whole[:i])
	}
	f.Add(whole)
	f.Add([]byte(magic + "\xff\xff\xff\xff{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !framed(data) {
			return
		}
		req, err := parseRequest(bytes.Clone(data))
		if err != nil {
			if event.From(err).Kind != event.InvalidRequest {
				t.Errorf("%v", err)
			}
		} else if !bytes.HasSuffix(data, req.Body) {
			t.Errorf("body %q of %q", req.Body, data)
		}
		if resp, err := parseResponse(data); (err == nil) != (resp != nil) || err != nil && !crashed(nil, err) {
			t.Errorf("%+v %v", resp, err)
		}
	})
}
