package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bluerose/internal/lambda"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

const (
	idleConnections = 2000
	authorizerToken = "a-token-of-the-bench"
)

// measureGateway measures what the gateway costs over a bare call of the function, in each access mode, and what
// connections cost that wait.
func measureGateway(ctx context.Context, p plan) error {
	bare, stop, err := bareFunction(ctx)
	if err != nil {
		return err
	}
	defer stop()
	folder, err := os.MkdirTemp("", "bluerose-bench-authorizer-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	judge, err := authorizer(ctx, folder)
	if err != nil {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	issuer := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "1"}}}
	tokens := httptest.NewServer(issuer)
	defer tokens.Close()
	issuer.SetIssuer(tokens.URL)
	at, err := startBluerose(ctx, "--log", "none", "--instances", "1", "--authorizer", judge, "--oidc-issuer", tokens.URL, "--oidc-audience", "bench")
	if err != nil {
		return err
	}
	defer at.stop()
	apiKey, err := exec.CommandContext(ctx, "./bluerose", "keys", "create", "bench", "--data", at.folder).Output()
	if err != nil {
		return fmt.Errorf("an API key: %w", err)
	}
	bearer := oidctest.SignIDToken(key, "1", "RS256", fmt.Sprintf(`{"iss":%q,"sub":"bench","aud":"bench","exp":%d}`, tokens.URL, time.Now().Add(time.Hour).Unix()))
	modes := []struct {
		name string
		do   request
	}{
		{"public", ping("/prod/ImageProcessingService", nil)},
		{"API key", ping("/prod/key/ImageProcessingService", set("X-Api-Key", strings.TrimSpace(string(apiKey))))},
		{"AWS credentials", ping("/prod/iam/ImageProcessingService", at.signs)},
		{"OAuth", ping("/prod/oauth/ImageProcessingService", set("Authorization", "Bearer "+bearer))},
		{"authorizer", ping("/prod/authorizer/ImageProcessingService", set("Authorization", "Bearer "+authorizerToken))},
	}
	took := make([]figures, len(modes))
	var alone figures
	p.clients = 1
	for range p.rounds {
		if err := turn(ctx, p, bare, nil, &alone); err != nil {
			return err
		}
		for i, mode := range modes {
			if err := turn(ctx, p, mode.do, at, &took[i]); err != nil {
				return fmt.Errorf("%s: %w", mode.name, err)
			}
		}
	}
	fmt.Println("One client pings; a bare call is one of the function host, in its process, without HTTP before it")
	fmt.Println("\n| way in | p50 ms | p99 ms | over a bare call, p50 ms |")
	fmt.Println("| --- | ---: | ---: | ---: |")
	fmt.Printf("| bare call | %.3f | %.3f | |\n", alone.percentile(0.5), alone.percentile(0.99))
	for i, mode := range modes {
		fmt.Printf("| %s | %.3f | %.3f | %.3f |\n", mode.name, took[i].percentile(0.5), took[i].percentile(0.99), took[i].percentile(0.5)-alone.percentile(0.5))
	}
	return measureIdle(ctx, at)
}

// bareFunction gives a call of the function image in a host of this process.
func bareFunction(ctx context.Context) (request, func(), error) {
	folder, err := os.MkdirTemp("", "bluerose-bench-host-")
	if err != nil {
		return nil, nil, err
	}
	program, err := filepath.Abs("bluerose")
	if err != nil {
		return nil, nil, err
	}
	host, err := lambda.New(lambda.Config{
		Functions: []lambda.Function{{Name: "image", SharedMemory: true}}, Dir: folder, Instances: 1, Logger: slog.New(slog.DiscardHandler),
		Command: func(l lambda.Launch) (*exec.Cmd, error) { return exec.Command(program, "function", l.Handler), nil },
	})
	if err != nil {
		return nil, nil, err
	}
	call := func(ctx context.Context, _ *server) error {
		result, err := host.Invoke(ctx, lambda.Invocation{Function: "image", Payload: []byte(`{"operation":"ping"}`)})
		if err == nil && string(result.Payload) != `"pong"` {
			err = fmt.Errorf("got %.300s", result.Payload)
		}
		return err
	}
	return call, func() {
		_ = host.Close(context.WithoutCancel(ctx))
		_ = os.RemoveAll(folder)
	}, nil
}

// authorizer builds the example of an authorizer, which knows one token, in a folder of its own.
func authorizer(ctx context.Context, folder string) (string, error) {
	path := filepath.Join(folder, "authorizer")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "./examples/authorizer").CombinedOutput(); err != nil {
		return "", fmt.Errorf("the authorizer does not build: %w: %s", err, out)
	}
	return path, os.WriteFile(filepath.Join(folder, "tokens"), fmt.Appendf(nil, "%x bench\n", sha256.Sum256([]byte(authorizerToken))), 0o600)
}

func set(name, value string) func(*http.Request) error {
	return func(r *http.Request) error {
		r.Header.Set(name, value)
		return nil
	}
}

// signs signs a request without a body with the owner's key.
func (s *server) signs(r *http.Request) error {
	key, err := s.key()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(nil)
	return v4.NewSigner().SignHTTP(r.Context(), key, r, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now())
}

// ping gets a path. What prove sets on the first request serves for all: a signature is good for five minutes.
func ping(path string, prove func(*http.Request) error) request {
	var header http.Header
	return func(ctx context.Context, at *server) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.base+path, nil)
		if err != nil {
			return err
		}
		if header == nil && prove != nil {
			if err := prove(r); err != nil {
				return err
			}
			header = r.Header
		}
		r.Header = header.Clone()
		answer, err := at.client.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && (answer.StatusCode != http.StatusOK || !bytes.Equal(text, []byte(`"pong"`))) {
			err = fmt.Errorf("%s: %.300s", answer.Status, text)
		}
		return err
	}
}

// measureIdle opens connections that have asked once and wait.
func measureIdle(ctx context.Context, at *server) error {
	before := memoryOf(at.cmd.Process.Pid, "VmRSS")
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	address := strings.TrimPrefix(at.base, "http://")
	answer := make([]byte, 4096)
	for range idleConnections {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		open = append(open, conn)
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n"); err != nil {
			return err
		}
		if _, err := conn.Read(answer); err != nil {
			return err
		}
	}
	after := memoryOf(at.cmd.Process.Pid, "VmRSS")
	fmt.Printf("\nThe front process has %.0f MB, and %.0f MB with %d idle connections: %.0f KB each\n\n", before, after, idleConnections,
		(after-before)*1024/idleConnections)
	return nil
}
