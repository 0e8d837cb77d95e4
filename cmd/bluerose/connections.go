package main

import (
	"errors"
	"net/netip"

	"bluerose/internal/region"

	"github.com/spf13/pflag"
)

// connectionSettings are how clients reach a region.
type connectionSettings struct {
	addr     string
	tls      region.TLS
	maxConns int
	proxies  []string
}

func (s *connectionSettings) register(flags *pflag.FlagSet) {
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes a free one")
	flags.StringVar(&s.tls.CertFile, "tls-cert", "", "PEM `file` of the certificate to serve HTTPS with; read again when it changes")
	flags.StringVar(&s.tls.KeyFile, "tls-key", "", "PEM `file` of its key")
	flags.StringSliceVar(&s.tls.Hosts, "acme-host", nil,
		"`name` to get a certificate for by ACME; port 443 of it must end here (may be given again)")
	flags.StringVar(&s.tls.Email, "acme-email", "", "`address` that the certificate authority may write to")
	flags.StringVar(&s.tls.Directory, "acme-directory", "", "`URL` of the certificate authority (default Let's Encrypt)")
	flags.IntVar(&s.maxConns, "max-connections", 10_000, "connections at the same time")
	flags.StringSliceVar(&s.proxies, "trusted-proxies", nil,
		"`addresses`, such as 10.0.0.0/8, of the proxies whose X-Forwarded-For says who asks (default none)")
}

func (s *connectionSettings) apply(cfg *region.Config) error {
	cfg.Addr, cfg.TLS, cfg.MaxConns = s.addr, s.tls, s.maxConns
	for _, text := range s.proxies {
		prefix, err := netip.ParsePrefix(text)
		if addr, single := netip.ParseAddr(text); single == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return refusal{errors.New("--trusted-proxies must be addresses, or ranges such as 10.0.0.0/8")}
		}
		cfg.TrustedProxies = append(cfg.TrustedProxies, prefix)
	}
	return nil
}
