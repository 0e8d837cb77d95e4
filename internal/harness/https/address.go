package https

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"bluerose/event"
)

// closed are networks that netip.Addr's own questions do not tell apart from public ones (IANA's special-purpose address
// registries): this network, shared address space, protocol assignments, documentation, benchmarks, reserved; and those
// that carry an IPv4 address inside: NAT64, 6to4, Teredo.
var closed = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// public reports whether an address is one of the open internet.
func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" {
		return false
	}
	for _, network := range closed {
		if network.Contains(a) {
			return false
		}
	}
	return true
}

// allowed reports whether an address may be connected to.
func (c Config) allowed(to netip.AddrPort) bool {
	a := to.Addr().Unmap()
	return public(a) || slices.Contains(c.Addresses, netip.AddrPortFrom(a, to.Port())) ||
		slices.ContainsFunc(c.Networks, func(network netip.Prefix) bool { return network.Contains(a) })
}

// ParseAllowed reads addresses that the owner allows, each a network ("10.0.0.0/8") or an address and a port
// ("127.0.0.1:8080", "[::1]:8080"), into c.
func (c *Config) ParseAllowed(texts []string) error {
	for _, text := range texts {
		if network, err := netip.ParsePrefix(text); err == nil {
			c.Networks = append(c.Networks, network)
			continue
		}
		address, err := netip.ParseAddrPort(text)
		if err != nil {
			return fmt.Errorf("%q is neither a network such as 10.0.0.0/8 nor an address such as 127.0.0.1:8080", text)
		}
		c.Addresses = append(c.Addresses, netip.AddrPortFrom(address.Addr().Unmap(), address.Port()))
	}
	return nil
}

// Ports gives the TCP ports that the function connects to: those of HTTP, of names (DNS over TCP), and of c.Addresses.
func (c Config) Ports() []uint16 {
	ports := []uint16{53, 80, 443}
	for _, address := range c.Addresses {
		ports = append(ports, address.Port())
	}
	return ports
}

// Readable gives the files of the system that the function reads: how names are resolved, and whom TLS trusts.
func Readable() []string {
	return []string{"/etc/resolv.conf", "/run/systemd/resolve", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates"}
}

// control is asked with the address itself right before each connection: what a name means cannot change after it.
func (s *Service) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !s.cfg.allowed(to) {
		return event.Errorf(event.AccessDenied, "The host has an address that is not public; only the owner can allow it, with --https-allow").Wrap(err)
	}
	return nil
}
