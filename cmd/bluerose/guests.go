package main

import (
	"fmt"
	"os"

	"bluerose/internal/region"

	"github.com/spf13/pflag"
)

// guestSettings say who may come without credentials of their own.
type guestSettings struct{ pool, policy string }

func (s *guestSettings) register(flags *pflag.FlagSet) {
	flags.StringVar(&s.policy, "guest-policy", "", "`file` with the IAM policy of guests, or none for no guests (default: they invoke image, and call the routes below /iam)")
	flags.StringVar(&s.pool, "identity-pool", "", "`id` of the identity pool of guests, REGION:UUID (default: one of its own, kept in the data folder)")
}

func (s *guestSettings) apply(cfg *region.Config) error {
	cfg.Guests = region.Guests{Pool: s.pool, Off: s.policy == "none"}
	if s.policy == "" || cfg.Guests.Off {
		return nil
	}
	var err error
	if cfg.Guests.Policy, err = os.ReadFile(s.policy); err != nil {
		return fmt.Errorf("--guest-policy: %w", err)
	}
	return nil
}
