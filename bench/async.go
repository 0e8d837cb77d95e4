package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	asyncClients = 64 // that send events at the same time: as many as share a flush of the disk
	asyncDrain   = 2 * time.Minute
)

// measureAsync sends events for ping to the Lambda API, each signed and answered when it is on the disk, and then waits
// until all have run.
func measureAsync(ctx context.Context, p plan) error {
	fmt.Printf("%d clients send asynchronous events for ping; each is on the disk before it is accepted\n\n", asyncClients)
	fmt.Println("| round | accepted/s | p50 ms | p99 ms | run/s, of those | queue at the end | front process MB |")
	fmt.Println("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for round := range p.rounds {
		if err := asyncRound(ctx, p, round+1); err != nil {
			return err
		}
	}
	fmt.Println()
	return nil
}

func asyncRound(ctx context.Context, p plan, round int) error {
	at, err := startBluerose(ctx)
	if err != nil {
		return err
	}
	defer at.stop()
	invoke, err := invoker(at)
	if err != nil {
		return err
	}
	send := func(ctx context.Context, _ *server) error {
		return invoke(ctx, "image", "Event", []byte(`{"operation":"ping"}`))
	}
	var got figures
	begin := time.Now()
	p.clients = asyncClients
	if err := turn(ctx, p, send, at, &got); err != nil {
		return err
	}
	sent := len(got.took) + 1 // turn asks once more, to begin with
	waiting, err := at.waiting(ctx)
	if err != nil {
		return err
	}
	for left, deadline := waiting, time.Now().Add(asyncDrain); left > 0; {
		if left, err = at.waiting(ctx); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d events have not run", left, sent)
		}
	}
	fmt.Printf("| %d | %.0f | %.2f | %.2f | %.0f | %d | %.0f |\n", round, got.rate(), got.percentile(0.5), got.percentile(0.99),
		float64(sent)/time.Since(begin).Seconds(), waiting, at.peak())
	return nil
}

var credential = regexp.MustCompile(`(?m)^aws_(access_key_id|secret_access_key)\s*=\s*(\S+)`)

// key gives the owner's access key.
func (s *server) key() (key aws.Credentials, err error) {
	text, err := os.ReadFile(filepath.Join(s.folder, "credentials"))
	if err != nil {
		return key, err
	}
	found := credential.FindAllStringSubmatch(string(text), -1)
	if len(found) != 2 {
		return key, fmt.Errorf("the credentials file has %d keys", len(found))
	}
	return aws.Credentials{AccessKeyID: found[0][2], SecretAccessKey: found[1][2]}, nil
}

// invoker gives what invokes a function, signed with the owner's key.
func invoker(at *server) (func(ctx context.Context, function, kind string, payload []byte) error, error) {
	key, err := at.key()
	if err != nil {
		return nil, err
	}
	signer := v4.NewSigner()
	return func(ctx context.Context, function, kind string, payload []byte) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.base+"/2015-03-31/functions/"+function+"/invocations", bytes.NewReader(payload))
		if err != nil {
			return err
		}
		if kind != "" {
			r.Header.Set("X-Amz-Invocation-Type", kind)
		}
		sum := sha256.Sum256(payload)
		if err := signer.SignHTTP(ctx, key, r, hex.EncodeToString(sum[:]), "lambda", "us-east-1", time.Now()); err != nil {
			return err
		}
		answer, err := at.client.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && (answer.StatusCode >= 300 || answer.Header.Get("X-Amz-Function-Error") != "") {
			err = fmt.Errorf("%s: %.300s", answer.Status, text)
		}
		return err
	}, nil
}

var waitingMetric = regexp.MustCompile(`(?m)^bluerose_function_events_waiting\{[^}]*function="image"[^}]*\} (\S+)$`)

// waiting gives how many events of the image function are accepted and not done.
func (s *server) waiting(ctx context.Context) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	found := waitingMetric.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("the metrics do not have the events that wait")
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	return int(n), err
}
