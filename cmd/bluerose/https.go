package main

import (
	"fmt"
	"net/netip"
	"strings"

	"bluerose/internal/harness/https"

	"github.com/spf13/pflag"
)

// httpsSettings are what the function https needs to know.
type httpsSettings struct{ allow []string }

func (s *httpsSettings) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.allow, "https-allow", nil, "`networks` (10.0.0.0/8) and addresses (127.0.0.1:9000) that the function https may call besides public ones")
}

// config gives whom the function may call.
func (s *httpsSettings) config() (https.Config, error) {
	var cfg https.Config
	if err := cfg.ParseAllowed(s.allow); err != nil {
		return cfg, refusal{fmt.Errorf("--https-allow: %w", err)}
	}
	return cfg, nil
}

// with gives the settings of a function of the service that listens on addr: its own API may be called, too.
func (s *httpsSettings) with(addr string) (httpsSettings, error) {
	own, err := netip.ParseAddrPort(addr)
	if err != nil {
		return *s, fmt.Errorf("the address of the service: %w", err)
	}
	host := own.Addr().Unmap().WithZone("")
	if host.IsUnspecified() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return httpsSettings{append([]string{netip.AddrPortFrom(host, own.Port()).String()}, s.allow...)}, nil
}

func (s *httpsSettings) environment() []string {
	return []string{variable("https-allow") + "=" + strings.Join(s.allow, ",")}
}
