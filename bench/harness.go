package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// measureHarness measures what tests cost: a unit test over its bare invocation, and how well and how fast loads are sent.
func measureHarness(ctx context.Context, p plan) error {
	if err := measureUnit(ctx, p); err != nil {
		return err
	}
	return measureLoad(ctx, p)
}

// measureUnit invokes ping alone and as a unit test, in turns, one at a time.
func measureUnit(ctx context.Context, p plan) error {
	at, err := startBluerose(ctx)
	if err != nil {
		return err
	}
	defer at.stop()
	invoke, err := invoker(at)
	if err != nil {
		return err
	}
	ping := json.RawMessage(`{"operation":"ping"}`)
	iteration := 0
	unit := func(ctx context.Context, at *server) error {
		iteration++
		event, err := json.Marshal(map[string]any{"operation": "unit", "function": "image", "event": ping, "testId": "bench", "iteration": iteration})
		if err != nil {
			return err
		}
		return invoke(ctx, "harness", "", event)
	}
	bare := func(ctx context.Context, _ *server) error { return invoke(ctx, "image", "", ping) }
	p.clients = 1
	var alone, tested figures
	for range p.rounds {
		if err := turn(ctx, p, bare, at, &alone); err != nil {
			return err
		}
		if err := turn(ctx, p, unit, at, &tested); err != nil {
			return err
		}
	}
	fmt.Printf("A ping is invoked in %.2f ms (p50; p99 %.2f), and as a unit test, whose result is on the disk, in %.2f ms (p99 %.2f)\n\n",
		alone.percentile(0.5), alone.percentile(0.99), tested.percentile(0.5), tested.percentile(0.99))
	return nil
}

var (
	achieved = regexp.MustCompile(`(?m)^Rate +[0-9.]+ a second offered, ([0-9.]+) achieved; sent late by p99 (.+), max (.+)$`)
	wrkRate  = regexp.MustCompile(`(?m)^Requests/sec: +([0-9.]+)$`)
)

// measureLoad sends loads to a server that answers at once, beside wrk, which knows no rate.
func measureLoad(ctx context.Context, p plan) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	target := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `"pong"`)
	})}
	served := make(chan error, 1)
	go func() { served <- target.Serve(listener) }()
	defer func() {
		_ = target.Close()
		<-served
	}()
	url := "http://" + listener.Addr().String() + "/"
	fmt.Println("| load | achieved/s | late p99 | late max |")
	fmt.Println("| --- | ---: | ---: | ---: |")
	for _, rate := range []int{1000, 100_000} {
		out, err := exec.CommandContext(ctx, "./bluerose", "load", "--url", url, "--event", "", "--keep=false", "--in-flight", "64",
			"--rate", strconv.Itoa(rate), "--for", p.turn.String()).CombinedOutput()
		if err != nil {
			return fmt.Errorf("bluerose load: %w: %s", err, out)
		}
		found := achieved.FindSubmatch(out)
		if found == nil {
			return fmt.Errorf("bluerose load said no rate: %s", out)
		}
		fmt.Printf("| bluerose load --rate %d | %s | %s | %s |\n", rate, found[1], found[2], found[3])
	}
	out, err := exec.CommandContext(ctx, "wrk", "-t1", "-c64", "-d"+strconv.Itoa(max(1, int(p.turn.Seconds())))+"s", url).CombinedOutput()
	found := wrkRate.FindSubmatch(out)
	if err != nil || found == nil {
		return fmt.Errorf("wrk is needed (apt-get install wrk): %w: %s", err, bytes.TrimSpace(out))
	}
	fmt.Printf("| wrk, 64 connections | %s | | |\n\n", found[1])
	return nil
}
