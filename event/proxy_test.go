package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestIsProxy(t *testing.T) {
	for payload, want := range map[string]bool{
		`{"resource":"/images","path":"/images","httpMethod":"POST","body":null}`: true,
		`{"body":"x","requestContext":{}}`:                                        true,
		`{"operation":"ping"}`:                                                    false,
		`{"operation":"ping","httpMethod":"POST"}`:                                false,
		`{"base64Image":"QQ==","httpMethod":"x"}`:                                 false,
		`{"inputs":{"httpMethod":"POST"}}`:                                        false,
		`{"x":"\"httpMethod\":"}`:                                                 false,
		`{}`:                                                                      false,
		`"httpMethod"`:                                                            false,
		`{"httpMethod"`:                                                           false,
		``:                                                                        false,
	} {
		if got := IsProxy([]byte(payload)); got != want {
			t.Errorf("IsProxy(%s) = %v", payload, got)
		}
	}
}

func TestParseProxyRequest(t *testing.T) {
	for name, c := range map[string]struct{ payload, body string }{
		"null":         {`{"httpMethod":"POST","path":"/images","body":null,"isBase64Encoded":false}`, ""},
		"absent":       {`{"httpMethod":"POST","path":"/images"}`, ""},
		"text":         {`{"httpMethod":"POST","path":"/images","body":"a\"\u00e9\n","isBase64Encoded":false}`, "a\"é\n"},
		"base64":       {`{"body":"QUJD","httpMethod":"POST","path":"/images","isBase64Encoded":true}`, "ABC"},
		"empty base64": {`{"body":"","httpMethod":"POST","path":"/images","isBase64Encoded":true}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseProxyRequest([]byte(c.payload))
			if err != nil {
				t.Fatal(err)
			}
			if r.HTTPMethod != "POST" || r.Path != "/images" || string(r.Body) != c.body {
				t.Errorf("got %+v", r)
			}
		})
	}
	for name, c := range map[string]struct {
		payload string
		kind    Kind
	}{
		"broken base64":  {`{"httpMethod":"POST","body":"Q?","isBase64Encoded":true}`, InvalidRequest},
		"body is object": {`{"httpMethod":"POST","body":{}}`, InvalidRequest},
		"wrong header":   {`{"httpMethod":"POST","headers":[1]}`, InvalidRequest},
		"broken text":    {`{"httpMethod":"POST","body":"\x"}`, InvalidRequest},
		"no JSON":        {`POST`, InvalidRequest},
		"much beside":    {`{"path":"` + strings.Repeat("a", maxRest) + `"}`, PayloadTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseProxyRequest([]byte(c.payload))
			var e *Error
			if !errors.As(err, &e) || e.Kind != c.kind {
				t.Errorf("got %v, want %s", err, c.kind)
			}
		})
	}
}

func TestProxyRequestRoundTrip(t *testing.T) {
	for _, body := range [][]byte{nil, []byte(`{"operation":"ping"}`), {0xff, 0xd8, 0}, []byte("<&\"\\>\x00")} {
		r := &ProxyRequest{
			Path: "/images", HTTPMethod: "POST", Headers: map[string]string{"Accept": "*/*"}, Body: body,
			MultiValueQueryStringParameters: map[string][]string{"args": {"-negate", "b"}},
			RequestContext:                  ProxyContext{RequestID: "1", Identity: ProxyIdentity{SourceIP: "::1"}},
		}
		payload, err := r.MarshalJSON()
		if err != nil || !json.Valid(payload) || !IsProxy(payload) {
			t.Fatalf("%s, %v", payload, err)
		}
		if body == nil && !bytes.Contains(payload, []byte(`"body":null`)) {
			t.Errorf("an empty body is not null: %s", payload)
		}
		got, err := ParseProxyRequest(payload)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

// A value that is not addressed marshals like its pointer: its body is not left out.
func TestValuesMarshalLikePointers(t *testing.T) {
	for name, v := range map[string]any{
		"request":        Request{Base64Image: []byte("ABC")},
		"proxy request":  ProxyRequest{Body: []byte("ABC\xff")},
		"proxy response": ProxyResponse{Body: []byte("ABC")},
	} {
		if payload, err := json.Marshal(v); err != nil || !bytes.Contains(payload, []byte("QUJD")) {
			t.Errorf("%s: got %s, %v", name, payload, err)
		}
	}
}

func TestProxyResponseOnTheWire(t *testing.T) {
	for name, c := range map[string]struct {
		response ProxyResponse
		want     string
	}{
		"picture": {
			ProxyResponse{StatusCode: 200, Headers: map[string]string{"Content-Type": "image/png"}, Body: []byte("ABC")},
			`{"statusCode":200,"headers":{"Content-Type":"image/png"},"isBase64Encoded":true,"body":"QUJD"}`,
		},
		"JSON": {
			ProxyResponse{StatusCode: 400, Headers: map[string]string{"content-type": "application/json; charset=utf-8"}, Body: []byte(`"x"`)},
			`{"statusCode":400,"headers":{"content-type":"application/json; charset=utf-8"},"isBase64Encoded":false,"body":"\"x\""}`,
		},
		"nothing": {ProxyResponse{}, `{"statusCode":200,"isBase64Encoded":false,"body":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			payload, err := c.response.MarshalJSON()
			if err != nil || string(payload) != c.want {
				t.Fatalf("got %s, %v\nwant %s", payload, err, c.want)
			}
			got, err := ParseProxyResponse(payload)
			if err != nil {
				t.Fatal(err)
			}
			c.response.StatusCode = max(c.response.StatusCode, 200)
			if !reflect.DeepEqual(*got, c.response) {
				t.Errorf("got %+v, want %+v", *got, c.response)
			}
		})
	}
}

func TestParseProxyResponse(t *testing.T) {
	for payload, status := range map[string]int{`{}`: 200, `{"statusCode":"404"}`: 404, `{"statusCode":201,"multiValueHeaders":{}}`: 201} {
		if got, err := ParseProxyResponse([]byte(payload)); err != nil || got.StatusCode != status {
			t.Errorf("%s: got %+v, %v", payload, got, err)
		}
	}
	for _, payload := range []string{`"pong"`, `null`, `{"statusCode":[]}`, `{"statusCode":9}`, `{"headers":{"a":1}}`, `{"body":7}`, `{"body":"?","isBase64Encoded":true}`} {
		_, err := ParseProxyResponse([]byte(payload))
		var e *Error
		if !errors.As(err, &e) || e.Kind != FunctionCrashed {
			t.Errorf("%s: got %v", payload, err)
		}
	}
}

func FuzzParseProxyRequest(f *testing.F) {
	for _, seed := range []string{
		`{"resource":"/images","httpMethod":"POST","body":"QUJD","isBase64Encoded":true}`, `{"body":"\ud800\u00e9","path":"/"}`,
		`{"body":null,"headers":{"a":"b"}}`, `{"body":"x","body":5}`, "{\"body\":\"a\nb\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var fields map[string]any
		valid := json.Unmarshal(payload, &fields) == nil && fields != nil
		r, err := ParseProxyRequest(bytes.Clone(payload))
		if err != nil {
			return
		}
		if !valid {
			t.Fatalf("took what encoding/json refuses: %q", payload)
		}
		want, _ := fields["body"].(string)
		encoded := false
		for name, value := range fields { // encoding/json matches names whatever their case
			if flag, ok := value.(bool); ok && strings.EqualFold(name, "isBase64Encoded") {
				encoded = encoded || flag
			}
		}
		if !encoded && string(r.Body) != want {
			t.Fatalf("%q: got %q, want %q", payload, r.Body, want)
		}
	})
}
