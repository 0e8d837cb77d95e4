package event

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ProxyRequest is the event of an API Gateway REST proxy integration, for the routes that carry plain picture bytes.
// On the wire Body is text, or base64 text with isBase64Encoded; here it is always the bytes.
type ProxyRequest struct {
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"` // without the stage
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"` // the last of several values
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  ProxyContext        `json:"requestContext"`
	Body                            []byte              `json:"-"`
}

// ProxyContext is what API Gateway tells a function about the call.
type ProxyContext struct {
	AccountID string `json:"accountId"`
	// Authorizer is what is known of the caller: claims of a token, or what a function as authorizer said. Nil for nothing.
	Authorizer       map[string]any `json:"authorizer,omitempty"`
	APIID            string         `json:"apiId"`
	DomainName       string         `json:"domainName"`
	HTTPMethod       string         `json:"httpMethod"`
	Identity         ProxyIdentity  `json:"identity"`
	Path             string         `json:"path"` // with the stage
	Protocol         string         `json:"protocol"`
	RequestID        string         `json:"requestId"`
	RequestTime      string         `json:"requestTime"` // dd/Mon/yyyy:HH:mm:ss +0000
	RequestTimeEpoch int64          `json:"requestTimeEpoch"`
	ResourcePath     string         `json:"resourcePath"`
	Stage            string         `json:"stage"`
}

// ProxyIdentity says who called.
type ProxyIdentity struct {
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// ProxyResponse is what a function answers to a ProxyRequest. On the wire Body is text where its Content-Type header says
// JSON or text/…, otherwise base64 text; here it is the bytes.
type ProxyResponse struct {
	StatusCode int               `json:"statusCode"` // 0 on the wire means 200
	Headers    map[string]string `json:"headers,omitempty"`
	Body       []byte            `json:"-"`
}

// IsProxy reports whether payload is an event of API Gateway's proxy integration and not the service's own: whether its
// first telling top-level field is API Gateway's. It does not check the payload any further.
func IsProxy(payload []byte) bool {
	proxy := false
	members(payload, func(key []byte, _, _ int) bool {
		switch string(key) {
		case "httpMethod", "requestContext", "multiValueHeaders":
			proxy = true
			return false
		case "operation", "base64Image":
			return false
		}
		return true
	})
	return proxy
}

// ParseProxyRequest reads the event of a proxy integration. It takes over payload: a base64 body is decoded in its memory.
// Errors are *Error: InvalidRequest for what is no such event, PayloadTooLarge for more than 1 MiB beside the body.
func ParseProxyRequest(payload []byte) (*ProxyRequest, error) {
	var wire struct {
		ProxyRequest
		IsBase64Encoded bool `json:"isBase64Encoded"`
	}
	c, err := cutBody(payload, &wire)
	if err != nil {
		return nil, err
	}
	if wire.Body, err = bytesOf(c, wire.IsBase64Encoded); err != nil {
		return nil, err
	}
	return &wire.ProxyRequest, nil
}

// MarshalJSON gives the event as it goes over the wire, in one buffer: a body that is UTF-8 as text, any other as base64,
// none as null. Calling it directly is faster than json.Marshal, which checks every byte of the result once more.
func (r ProxyRequest) MarshalJSON() ([]byte, error) {
	type plain ProxyRequest
	return marshalProxy(plain(r), r.Body, utf8.Valid(r.Body))
}

// ParseProxyResponse reads what a function answered to a ProxyRequest. It takes over payload: a base64 body is decoded in
// its memory. The status is a number, or its digits in a string as API Gateway allows; without one it is 200.
// Errors are *Error of kind FunctionCrashed.
func ParseProxyResponse(payload []byte) (*ProxyResponse, error) {
	var wire struct {
		StatusCode      json.RawMessage   `json:"statusCode"`
		Headers         map[string]string `json:"headers"`
		IsBase64Encoded bool              `json:"isBase64Encoded"`
	}
	c, err := cutBody(payload, &wire)
	if err != nil {
		return nil, malformedAnswer(err)
	}
	status, err := parseStatus(wire.StatusCode)
	if err != nil {
		return nil, malformedAnswer(err)
	}
	data, err := bytesOf(c, wire.IsBase64Encoded)
	if err != nil {
		return nil, malformedAnswer(err)
	}
	return &ProxyResponse{StatusCode: status, Headers: wire.Headers, Body: data}, nil
}

// MarshalJSON gives the answer as it goes over the wire, in one buffer. Calling it directly is faster than json.Marshal,
// which checks every byte of the result once more.
func (r ProxyResponse) MarshalJSON() ([]byte, error) {
	type plain ProxyResponse
	if r.StatusCode == 0 {
		r.StatusCode = http.StatusOK
	}
	return marshalProxy(plain(r), r.Body, r.isText() && utf8.Valid(r.Body))
}

// isText reports whether the body is of a type that a client which does not accept binary types can still be given.
func (r ProxyResponse) isText() bool {
	for name, value := range r.Headers {
		if strings.EqualFold(name, "Content-Type") {
			media, _, err := mime.ParseMediaType(value)
			return err == nil && (media == "application/json" || strings.HasPrefix(media, "text/"))
		}
	}
	return false
}

// marshalProxy gives v with the members body and isBase64Encoded.
func marshalProxy(v any, body []byte, asText bool) ([]byte, error) {
	object, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	asText = asText || len(body) == 0
	object = appendKey(nil, object, "isBase64Encoded")
	object = append(strconv.AppendBool(object, !asText), '}')
	if asText {
		return withText(object, "body", body)
	}
	return withBase64(object, "body", body), nil
}

// cutBody decodes into v what stands beside the body of a proxy event or of an answer to one.
func cutBody(payload []byte, v any) (body member, err error) {
	rest, ok := cut(payload, func(key, value []byte) string {
		if !isKey(key, "body") {
			return ""
		}
		return body.take(value, text)
	})
	switch {
	case !ok:
		return body, notAnObject(payload)
	case rest == nil:
		return body, Errorf(PayloadTooLarge, "The event holds more than 1 MiB of JSON beside the body; send fewer or shorter headers")
	case body.shape > text:
		return body, wrongType("body", "text or null")
	}
	if err := json.Unmarshal(rest, v); err != nil {
		return body, Errorf(InvalidRequest, "The event is not one of API Gateway's proxy integration").Wrap(err)
	}
	return body, nil
}

// bytesOf gives the bytes of a body that was cut out.
func bytesOf(body member, isBase64 bool) ([]byte, error) {
	if len(body.inside()) == 0 {
		return nil, nil
	}
	if isBase64 {
		data, err := decodeBase64("body", body.inside())
		if err != nil {
			return nil, err
		}
		return data, nil
	}
	var s string
	if err := json.Unmarshal(body.raw, &s); err != nil {
		return nil, Errorf(InvalidRequest, "The event is not JSON: its body is no valid string").Wrap(err)
	}
	return []byte(s), nil
}

// parseStatus reads a status of 100 to 599: a number, or a string of its digits; 200 where there is none.
func parseStatus(raw json.RawMessage) (int, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return http.StatusOK, nil
	}
	status, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err == nil && (status < 100 || status > 599) {
		err = strconv.ErrRange
	}
	return status, err
}

func malformedAnswer(cause error) *Error {
	return Errorf(FunctionCrashed, "The function gave an answer that is no HTTP response; try again").Wrap(cause)
}
