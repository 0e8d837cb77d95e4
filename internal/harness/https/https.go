// Package https is the function https: it calls an HTTPS endpoint and answers its body, so that a test of an API is a test of
// a function. Its event is that of Node's https.request, with what to send:
//
//	{"options": {"host": "example.com", "path": "/prod/images", "method": "POST", "headers": {…}}, "data": …}
//
// Whoever may invoke it could reach what only this machine reaches. So it calls public addresses alone, and those that its
// owner allows: every address is looked at when it is about to be connected to, after resolution and on every redirect.
package https

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"bluerose/event"
)

// Config says whom the function may call. The zero value of a field means its default.
type Config struct {
	// Networks and Addresses are those that may be called besides the public ones. Default none.
	Networks  []netip.Prefix
	Addresses []netip.AddrPort
	MaxAnswer int64         // bytes of an answer's body; default 4 MiB, which fits into a Lambda answer as base64
	Timeout   time.Duration // of one call; default 30 s
}

// The bounds of a call besides those of Config.
const (
	maxRedirects = 5
	maxHeaders   = 64
	maxShown     = 1000 // bytes of a body in an error
)

// Service is the handler of the function https.
type Service struct {
	cfg    Config
	client *http.Client
}

// New gives a Service.
func New(cfg Config) (*Service, error) {
	if cfg.MaxAnswer < 0 || cfg.Timeout < 0 {
		return nil, errors.New("https: bounds must not be negative")
	}
	if cfg.MaxAnswer == 0 {
		cfg.MaxAnswer = 4 << 20
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	s := &Service{cfg: cfg}
	dialer := &net.Dialer{Timeout: cfg.Timeout, Resolver: overTCP, ControlContext: s.control}
	s.client = &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: cfg.Timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return event.Errorf(event.InvalidRequest, "The host redirected more than %d times; call where it leads", maxRedirects)
			}
			return nil
		},
	}
	return s, nil
}

// overTCP finds addresses by TCP alone: the sandbox of a function has no UDP.
var overTCP = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}}

// Event is what the function takes. What Node's https.request has besides is not looked at.
type Event struct {
	Options struct {
		Protocol string            `json:"protocol"` // "https:" or "http:"; default https:
		Host     string            `json:"host"`     // name or address, with or without a port
		Hostname string            `json:"hostname"` // the same; goes before Host
		Port     json.Number       `json:"port"`     // default that of the protocol
		Path     string            `json:"path"`     // with its query; default "/"
		Method   string            `json:"method"`   // default GET, or POST with data
		Headers  map[string]string `json:"headers"`
		Timeout  int64             `json:"timeout"` // milliseconds; default Config.Timeout, which is the most
	} `json:"options"`
	Data json.RawMessage `json:"data"` // a text is sent as it stands, all else as JSON
}

// Handle calls the endpoint and answers its body: as it is where that is JSON, as text, or as base64 text where it is
// neither. An answer of status 400 and above is a failure: its own where the body has an errorMessage. Errors are *event.Error.
func (s *Service) Handle(ctx context.Context, payload []byte) (any, error) {
	var e Event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, event.Errorf(event.InvalidRequest, `The event must be a JSON object such as {"options": {"host": "example.com", "path": "/"}, "data": …}`).Wrap(err)
	}
	timeout := s.cfg.Timeout
	if e.Options.Timeout > 0 {
		timeout = min(timeout, time.Duration(e.Options.Timeout)*time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := e.request(ctx)
	if err != nil {
		return nil, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, explain(ctx, request.URL.Host, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, s.cfg.MaxAnswer+1))
	switch {
	case err != nil:
		return nil, explain(ctx, request.URL.Host, err)
	case int64(len(body)) > s.cfg.MaxAnswer:
		return nil, event.Errorf(event.PayloadTooLarge, "%s answered more than %d bytes; ask for less", request.URL.Host, s.cfg.MaxAnswer)
	case response.StatusCode >= 400 && !isFailure(body):
		shown := strings.ToValidUTF8(string(body[:min(len(body), maxShown)]), "")
		return nil, event.Errorf(kindOf(response.StatusCode), "%s answered %d: %s", request.URL.Host, response.StatusCode, shown)
	}
	return answer(response.Header.Get("Content-Type"), body), nil
}

func (e *Event) request(ctx context.Context) (*http.Request, error) {
	o := e.Options
	target := url.URL{Scheme: "https", Host: o.Host}
	if o.Hostname != "" {
		target.Host = o.Hostname
	}
	switch o.Protocol {
	case "", "https:":
	case "http:":
		target.Scheme = "http"
	default:
		return nil, invalid(`options.protocol must be "https:" or "http:"`)
	}
	if target.Host == "" {
		return nil, invalid("options.host is missing")
	}
	if o.Port != "" {
		port, err := strconv.ParseUint(string(o.Port), 10, 16)
		if err != nil || port == 0 {
			return nil, invalid("options.port must be a number from 1 to 65535")
		}
		host, _, err := net.SplitHostPort(target.Host)
		if err != nil {
			host = strings.Trim(target.Host, "[]")
		}
		target.Host = net.JoinHostPort(host, strconv.FormatUint(port, 10))
	}
	path, query, hasQuery := strings.Cut(o.Path, "?")
	if path == "" {
		path = "/"
	}
	unescaped, err := url.PathUnescape(path)
	if err != nil || path[0] != '/' {
		return nil, invalid("options.path must begin with / and be percent-encoded")
	}
	target.Path, target.RawPath, target.RawQuery, target.ForceQuery = unescaped, path, query, hasQuery && query == ""
	if len(o.Headers) > maxHeaders {
		return nil, invalid("options.headers has more than 64 headers")
	}
	method, body := o.Method, e.body()
	switch {
	case method == "" && body == nil:
		method = http.MethodGet
	case method == "":
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, strings.ToUpper(method), target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, invalid("options.host, path and method make no request").Wrap(err)
	}
	for name, value := range o.Headers {
		r.Header.Set(name, value)
		if http.CanonicalHeaderKey(name) == "Host" {
			r.Host = value
		}
	}
	if body != nil && e.Data[0] != '"' && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

func (e *Event) body() []byte {
	var text string
	switch {
	case len(e.Data) == 0 || string(e.Data) == "null":
		return nil
	case json.Unmarshal(e.Data, &text) == nil:
		return []byte(text)
	}
	return e.Data
}

func invalid(format string, args ...any) *event.Error {
	return event.Errorf(event.InvalidRequest, "Invalid https request: "+format, args...)
}

// answer gives a body as what stands for it in JSON.
func answer(contentType string, body []byte) any {
	media, _, _ := mime.ParseMediaType(contentType)
	if (media == "application/json" || strings.HasSuffix(media, "+json")) && json.Valid(body) {
		return json.RawMessage(body)
	}
	if !utf8.Valid(body) {
		return base64.StdEncoding.EncodeToString(body)
	}
	return string(body)
}

// isFailure reports whether a body tells itself that it is a failure, as those of this service do.
func isFailure(body []byte) bool {
	var failure struct {
		Message *string `json:"errorMessage"`
	}
	return json.Unmarshal(body, &failure) == nil && failure.Message != nil
}

// kindOf gives the kind of an answer's status.
func kindOf(status int) event.Kind {
	for _, kind := range []event.Kind{event.InvalidRequest, event.AccessDenied, event.NotFound, event.PayloadTooLarge,
		event.UnsupportedMedia, event.Throttled, event.FunctionCrashed, event.Timeout} {
		if kind.Status() == status {
			return kind
		}
	}
	if status >= 500 {
		return event.Internal
	}
	return event.InvalidRequest
}

// explain puts why a call failed into public words.
func explain(ctx context.Context, host string, err error) error {
	var known *event.Error
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return event.Errorf(event.Timeout, "%s did not answer in time", host).Wrap(err)
	case errors.As(err, &dns):
		return event.Errorf(event.NotFound, "There is no host %s; check its name", host).Wrap(err)
	}
	return event.Errorf(event.Internal, "%s could not be reached; check its address, its port and its certificate", host).Wrap(err)
}
