package apigateway_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"bluerose/internal/apigateway"
)

func TestSource(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		remote    string
		forwarded []string
		trusted   []netip.Prefix
		want      string
	}{
		{"203.0.113.5:1234", nil, proxies, "203.0.113.5"},
		{"203.0.113.5:1234", []string{"198.51.100.1"}, proxies, "203.0.113.5"}, // nobody's proxy
		{"10.0.0.1:1234", []string{"198.51.100.1"}, nil, "10.0.0.1"},
		{"10.0.0.1:1234", []string{"198.51.100.1"}, proxies, "198.51.100.1"},
		{"10.0.0.1:1234", nil, proxies, "10.0.0.1"},
		{"10.0.0.1:1234", []string{"1.2.3.4, 198.51.100.1"}, proxies, "198.51.100.1"}, // the first was written by the caller
		{"10.0.0.1:1234", []string{"1.2.3.4", "198.51.100.1,10.2.0.1"}, proxies, "198.51.100.1"},
		{"10.0.0.1:1234", []string{"198.51.100.1, unknown, 10.2.0.1"}, proxies, "10.2.0.1"},
		{"10.0.0.1:1234", []string{"10.3.0.1, 10.2.0.1"}, proxies, "10.3.0.1"},
		{"[fd00::1]:1234", []string{"2001:db8::7"}, proxies, "2001:db8::7"},
		{"[::ffff:10.0.0.1]:1234", []string{"::ffff:198.51.100.1"}, proxies, "198.51.100.1"},
		{"@", []string{"198.51.100.1"}, proxies, "invalid IP"},
	} {
		g, err := apigateway.New(apigateway.Config{Definition: shipped(t), Function: echo(), TrustedProxies: c.trusted})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := g.Source(r); got.String() != c.want {
			t.Errorf("%s forwarded for %q: got %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}
