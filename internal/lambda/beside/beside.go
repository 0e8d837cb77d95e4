// Package beside lets a large body travel beside a proxy event instead of inside it, where it would be base64 text in
// JSON. It is a decorator on both sides of the process boundary, and nothing between or around them knows of it: Call
// stands between whoever has an event.ProxyRequest and the invocation, Handler between the function's runtime and its
// handler. A function without Handler still gets what it is used to from everyone but Call.
//
// A frame is a NUL byte (no JSON begins with one), the letters "BRF", the length of the JSON as four bytes in big-endian
// order, the JSON (the event or the answer without its body), and then the body as it is, to the end.
package beside

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"

	"bluerose/event"
)

const (
	magic      = "\x00BRF"
	headerSize = len(magic) + 4
	maxJSON    = 1 << 20 // bytes: far above what API Gateway lets through in headers and parameters
)

var errNoFrame = errors.New("beside: the frame is broken")

// Invoke runs a function on head and what follows it: functionError is empty, or the word that Lambda puts into its function-error header, and then
// answer says why. err says why the function was not run.
type Invoke func(ctx context.Context, head, rest []byte) (answer []byte, functionError string, err error)

// FunctionError is the error of a function that failed.
type FunctionError struct {
	Type    string // Lambda's word for it: "Unhandled"
	Payload []byte // {"errorMessage", "errorType", …}
}

// Error gives Lambda's word; the payload is for those who look into it.
func (e *FunctionError) Error() string { return "lambda: function error " + e.Type }

// Call invokes a function with req, body beside, and gives its answer, whether the body of that travels beside or
// inside. The answer's body shares the memory of what invoke gave. Errors are those of invoke, *FunctionError, and
// *event.Error of kind FunctionCrashed for an answer that is none.
func Call(ctx context.Context, req *event.ProxyRequest, invoke Invoke) (*event.ProxyResponse, error) {
	type bare event.ProxyRequest
	head, err := header((*bare)(req), 0)
	if err != nil {
		return nil, err
	}
	answer, functionError, err := invoke(ctx, head, req.Body)
	switch {
	case err != nil:
		return nil, err
	case functionError != "":
		return nil, &FunctionError{Type: functionError, Payload: answer}
	case !framed(answer):
		return event.ParseProxyResponse(answer)
	}
	return parseResponse(answer)
}

// Proxy answers a proxy event. The request's body shares the runtime's memory: it may be changed, and must not be kept.
type Proxy func(context.Context, *event.ProxyRequest) (*event.ProxyResponse, error)

// Handler gives events whose body travels beside to proxy, and all others, broken frames too, to next.
func Handler(next lambda.Handler, proxy Proxy) lambda.Handler { return handler{next, proxy} }

type handler struct {
	next  lambda.Handler
	proxy Proxy
}

// Invoke answers a frame with a frame. Its errors are proxy's and next's.
func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if !framed(payload) {
		return h.next.Invoke(ctx, payload)
	}
	req, err := parseRequest(payload)
	if err != nil {
		return h.next.Invoke(ctx, payload) // which says that it is no JSON
	}
	resp, err := h.proxy(ctx, req)
	if err != nil {
		return nil, err
	}
	type bare event.ProxyResponse
	head, err := header((*bare)(resp), len(resp.Body))
	if err != nil {
		return nil, err
	}
	return append(head, resp.Body...), nil
}

// framed tells a frame from JSON.
func framed(payload []byte) bool { return len(payload) > 0 && payload[0] == magic[0] }

// header gives a frame without its body, with room for a body of that many bytes.
func header(v any, room int) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, event.From(err)
	}
	if len(text) > maxJSON {
		return nil, event.Errorf(event.PayloadTooLarge, "Headers and parameters together are larger than 1 MiB; send fewer")
	}
	b := make([]byte, 0, headerSize+len(text)+room)
	b = append(b, magic...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	return append(b, text...), nil
}

// unframe decodes the JSON of a frame into v, and gives the body in the frame's memory, nil when it is empty.
func unframe(b []byte, v any) (body []byte, err error) {
	if len(b) < headerSize || string(b[:len(magic)]) != magic {
		return nil, errNoFrame
	}
	n := binary.BigEndian.Uint32(b[len(magic):])
	b = b[headerSize:]
	if n > maxJSON || int(n) > len(b) {
		return nil, errNoFrame
	}
	if err := json.Unmarshal(b[:n], v); err != nil {
		return nil, errors.Join(errNoFrame, err)
	}
	if body = b[n:]; len(body) == 0 {
		return nil, nil
	}
	return body, nil
}

func parseRequest(payload []byte) (*event.ProxyRequest, error) {
	type bare event.ProxyRequest
	var req bare
	body, err := unframe(payload, &req)
	if err != nil {
		return nil, event.Errorf(event.InvalidRequest, "The event is neither JSON nor a whole frame").Wrap(err)
	}
	req.Body = body
	return (*event.ProxyRequest)(&req), nil
}

func parseResponse(payload []byte) (*event.ProxyResponse, error) {
	type bare event.ProxyResponse
	var resp bare
	body, err := unframe(payload, &resp)
	if err == nil && resp.StatusCode == 0 {
		resp.StatusCode = http.StatusOK
	}
	if err != nil || resp.StatusCode < 100 || resp.StatusCode > 599 {
		return nil, event.Errorf(event.FunctionCrashed, "The function gave an answer that is no HTTP response; try again").Wrap(err)
	}
	resp.Body = body
	return (*event.ProxyResponse)(&resp), nil
}
