package region_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"bluerose/internal/region"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const images = "/prod/images?args=-negate"

// xcache sends a picture, and tells where its answer is from.
func xcache(t *testing.T, r *region.Region) string {
	t.Helper()
	status, header, body := post(t, r, images, "picture")
	if status != 200 || body != "picture" {
		t.Fatalf("got %d %s", status, body)
	}
	return header.Get("X-Cache")
}

// Answers outlive a region on the disk, where the program is the same, and an owner can purge them.
func TestCache(t *testing.T) {
	dir := t.TempDir()
	same := func(cfg *region.Config) { cfg.DataDir, cfg.Program, cfg.Platform = dir, os.Args[0], "libvips 1" }
	r := startUnclosed(t, same)
	if first, second := xcache(t, r), xcache(t, r); first != "miss" || second != "hit" {
		t.Errorf("%s, then %s", first, second)
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	r = start(t, same)
	if after := xcache(t, r); after != "hit" {
		t.Errorf("after a restart: %s", after)
	}

	for _, c := range []struct {
		name, secret, service, query string
		status                       int
		after                        string
	}{
		{"no signature", "", "", "", 403, "hit"},
		{"another key", "guessed", "apigateway", "", 403, "hit"},
		{"another service", r.Key().Secret, "lambda", "", 403, "hit"},
		{"another picture", r.Key().Secret, "apigateway", "?source=" + strings.Repeat("0", 64), 202, "hit"},
		{"all", r.Key().Secret, "apigateway", "", 202, "miss"},
	} {
		request, err := http.NewRequest(http.MethodDelete, r.URL()+"/restapis/bluerose/stages/prod/cache/data"+c.query, nil)
		if err == nil && c.secret != "" {
			sum := sha256.Sum256(nil)
			err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: r.Key().ID, SecretAccessKey: c.secret},
				request, hex.EncodeToString(sum[:]), c.service, "us-east-1", time.Now())
		}
		if status, _, body := do(t, request, err); status != c.status {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
		if after := xcache(t, r); after != c.after {
			t.Errorf("%s: %s", c.name, after)
		}
	}
	request, err := http.NewRequest(http.MethodGet, r.URL()+"/metrics", nil)
	if _, _, body := do(t, request, err); !strings.Contains(body, `bluerose_cache_hits_total{tier="disk"} 1`) {
		t.Error("the metrics lack the cache's")
	}
}

// Another program, another platform, and a cache that is off have no answers.
func TestCacheOfAnother(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name   string
		change func(*region.Config)
		want   string
	}{
		{"the first", nil, "miss"},
		{"the same", nil, "hit"},
		{"another platform", func(cfg *region.Config) { cfg.Platform = "libvips 2" }, "miss"},
		{"another configuration", func(cfg *region.Config) { cfg.MemoryMB = 512 }, "miss"},
		{"a program that nobody knows", func(cfg *region.Config) { cfg.Program = "" }, "miss"},
		{"no disk", func(cfg *region.Config) { cfg.CacheDisk = -1 }, "miss"},
		{"off", func(cfg *region.Config) { cfg.CacheDisk, cfg.CacheMemory = -1, -1 }, ""},
	} {
		r := startUnclosed(t, func(cfg *region.Config) {
			cfg.DataDir, cfg.Program = dir, os.Args[0]
			if c.change != nil {
				c.change(cfg)
			}
		})
		got := xcache(t, r)
		if err := r.Close(context.Background()); err != nil || got != c.want {
			t.Errorf("%s: %q, want %q: %v", c.name, got, c.want, err)
		}
	}
}
