package apigateway

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Source gives the address that a request comes from: that of the connection, unless it is a proxy's of Config.TrustedProxies.
// Then it is the last address in X-Forwarded-For that is none of theirs; what stands before it anybody may have written. The
// zero value is for an address that cannot be read.
func (g *Gateway) Source(r *http.Request) netip.Addr {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	source := peer.Addr().Unmap()
	if !g.trusts(source) {
		return source
	}
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(forwarded) {
		addr, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break // nothing before it can be trusted
		}
		if source = addr.Unmap(); !g.trusts(source) {
			break
		}
	}
	return source
}

func (g *Gateway) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(g.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
