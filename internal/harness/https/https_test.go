package https

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bluerose/event"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func call(t *testing.T, cfg Config, server *httptest.Server, options, data string) (string, error) {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.client.CloseIdleConnections()
	s.client.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	answer, err := s.Handle(t.Context(), []byte(`{"options":{"host":"`+server.Listener.Addr().String()+`"`+options+`}`+data+`}`))
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(answer)
	return strings.TrimSpace(text.String()), err
}

func TestTheBodyIsTheAnswer(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/json":
			w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
			_, _ = io.WriteString(w, `{"a":1}`)
		case "/broken":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"a":`)
		case "/bytes":
			_, _ = w.Write([]byte{0xff, 0xd8, 0xff})
		default:
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.URL.RequestURI(), r.Header.Get("X-A"), r.Header.Get("Content-Type"), string(body)}, " "))
		}
	}))
	defer server.Close()
	for _, test := range []struct{ options, data, want string }{
		{`,"path":"/json"`, ``, `{"a":1}`},
		{`,"path":"/broken"`, ``, `"{\"a\":"`},
		{`,"path":"/bytes"`, ``, `"` + base64.StdEncoding.EncodeToString([]byte{0xff, 0xd8, 0xff}) + `"`},
		{``, ``, `"GET /   "`},
		{`,"path":"/a%2Fb?c=%20d"`, `,"data":{"x":1}`, `"POST /a%2Fb?c=%20d  application/json {\"x\":1}"`},
		{`,"method":"put","headers":{"x-a":"b","content-type":"image/png"}`, `,"data":"raw"`, `"PUT / b image/png raw"`},
	} {
		if got, err := call(t, Config{Networks: loopback}, server, test.options, test.data); err != nil || got != test.want {
			t.Errorf("%s %s: got %s, %v, want %s", test.options, test.data, got, err, test.want)
		}
	}
}

func TestStatusesThatAreFailures(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/own":
			w.WriteHeader(422)
			_, _ = io.WriteString(w, `{"errorMessage":"no","errorType":"InvalidImage"}`)
		case "/many":
			w.WriteHeader(429)
			_, _ = io.WriteString(w, `{"message":"Too Many Requests"}`)
		default:
			w.WriteHeader(503)
		}
	}))
	defer server.Close()
	if got, err := call(t, Config{Networks: loopback}, server, `,"path":"/own"`, ``); err != nil || got != `{"errorMessage":"no","errorType":"InvalidImage"}` {
		t.Errorf("got %s, %v", got, err)
	}
	for path, kind := range map[string]event.Kind{"/many": event.Throttled, "/": event.Internal} {
		if _, err := call(t, Config{Networks: loopback}, server, `,"path":"`+path+`"`, ``); err == nil || event.From(err).Kind != kind {
			t.Errorf("%s: got %v, want %s", path, err, kind)
		}
	}
}

// A server of this machine is refused by its address, by a name that means it, and behind a redirect.
func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	asked := false
	inner := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inner.Close()
	if _, err := call(t, Config{}, inner, ``, ``); err == nil || event.From(err).Kind != event.AccessDenied {
		t.Errorf("got %v", err)
	}
	_, port, _ := net.SplitHostPort(inner.Listener.Addr().String())
	if _, err := call(t, Config{}, inner, `,"hostname":"localhost","port":`+port, ``); err == nil || event.From(err).Kind != event.AccessDenied {
		t.Errorf("got %v", err)
	}
	outer := httptest.NewTLSServer(http.RedirectHandler(inner.URL, http.StatusFound))
	defer outer.Close()
	own := netip.MustParseAddrPort(outer.Listener.Addr().String())
	if _, err := call(t, Config{Addresses: []netip.AddrPort{own}}, outer, ``, ``); err == nil || event.From(err).Kind != event.AccessDenied {
		t.Errorf("got %v", err)
	}
	if asked {
		t.Error("the server was reached")
	}
	if _, err := call(t, Config{Networks: loopback}, outer, ``, ``); err != nil || !asked {
		t.Errorf("an allowed address: %v", err)
	}
}

func TestWhichAddressesArePublic(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:4700::1": true, "8.8.8.8": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "0.0.0.0": false, "0.1.2.3": false,
		"100.64.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "::1": false, "::": false, "fe80::1": false,
		"fc00::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": true, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "fe80::1%eth0": false,
		"2001:0:1::": false,
	} {
		if got := (Config{}).allowed(netip.AddrPortFrom(netip.MustParseAddr(address), 443)); got != want {
			t.Errorf("%s: got %v", address, got)
		}
	}
}

func TestWhatTheOwnerAllows(t *testing.T) {
	var c Config
	if err := c.ParseAllowed([]string{"10.0.0.0/8", "127.0.0.1:8080", "[::ffff:127.0.0.1]:9000"}); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"10.1.2.3:1": true, "127.0.0.1:8080": true, "127.0.0.1:9000": true, "127.0.0.1:8081": false, "192.168.0.1:8080": false,
	} {
		if got := c.allowed(netip.MustParseAddrPort(address)); got != want {
			t.Errorf("%s: got %v", address, got)
		}
	}
	if got := c.Ports(); !slices.Equal(got, []uint16{53, 80, 443, 8080, 9000}) {
		t.Errorf("got ports %v", got)
	}
	if err := c.ParseAllowed([]string{"localhost"}); err == nil {
		t.Error("a name is allowed")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			_, _ = w.Write(make([]byte, 1000))
		}
	}))
	defer server.Close()
	if _, err := call(t, Config{Networks: loopback, MaxAnswer: 5000}, server, ``, ``); err == nil || event.From(err).Kind != event.PayloadTooLarge {
		t.Errorf("got %v", err)
	}
	loop := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }))
	defer loop.Close()
	if _, err := call(t, Config{Networks: loopback}, loop, ``, ``); err == nil || event.From(err).Kind != event.InvalidRequest {
		t.Errorf("a redirect without end: %v", err)
	}
}

func TestHostsThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		s.client.Transport.(*http.Transport).DialTLSContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			client, server := net.Pipe() // which nobody reads
			context.AfterFunc(ctx, func() { _ = server.Close() })
			return client, nil
		}
		begin := time.Now()
		_, err = s.Handle(t.Context(), []byte(`{"options":{"host":"example.com","timeout":1500}}`))
		if err == nil || event.From(err).Kind != event.Timeout || time.Since(begin) != 1500*time.Millisecond {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
	})
}

func TestEventsThatAreRefused(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{}
	for i := range 100 {
		headers[strings.Repeat("a", i+1)] = ""
	}
	many, _ := json.Marshal(headers)
	for payload, want := range map[string]string{
		`[]`: "JSON object", `{}`: "options.host", `{"options":{"host":"a","protocol":"ftp:"}}`: "protocol", `{"options":{"host":"a","port":70000}}`: "port",
		`{"options":{"host":"a","path":"b"}}`: "path", `{"options":{"host":"a","path":"/%zz"}}`: "path", `{"options":{"host":"a b"}}`: "make no request",
		`{"options":{"host":"a","method":"A B"}}`: "make no request", `{"options":{"host":"a","headers":` + string(many) + `}}`: "headers",
	} {
		if _, err := s.Handle(t.Context(), []byte(payload)); err == nil || event.From(err).Kind != event.InvalidRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("%.100s: got %v, want %q", payload, err, want)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"options":{"hostname":"[::1]","port":"80","path":"/a?b","headers":{"Host":"x"}},"data":[1]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var e Event
		if json.Unmarshal(payload, &e) != nil {
			return
		}
		if r, err := e.request(t.Context()); err == nil && r.URL.Scheme != "https" && r.URL.Scheme != "http" {
			t.Errorf("%s: %v", payload, r.URL)
		}
	})
}
