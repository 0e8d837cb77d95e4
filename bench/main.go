// Command bench measures Bluerose side by side with sharp behind node:http and with ImageMagick's convert, in one run,
// and prints the figures as Markdown. See docs/performance.md.
//
//	make bench                                  # everything
//	make bench BENCH='-set requests -seconds 3 -only JPEG'
//	make bench BENCH='-set commands'
//
// It has sets. "requests" are a few requests under load, beside sharp and convert, none of them from the cache; "commands" are
// 25 common command lines, each alone, beside convert; "async" are events that are accepted first and run later; "table" are
// results of tests that are stored and summarized; "harness" is what a unit test costs, and how loads are sent; "cache" are
// answers from the cache.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	seconds := flag.Float64("seconds", 8, "how long each contender runs each job, per round")
	rounds := flag.Int("rounds", 3, "how often the contenders take turns")
	clients := flag.Int("clients", 4, "requests in flight")
	set := flag.String("set", all, "what to measure: "+setNames())
	only := flag.String("only", "", "run the jobs and command lines whose name holds this")
	photo := flag.String("photo", "/usr/share/backgrounds/mate/abstract/Elephants_5640x3172.jpg",
		"a photograph to make the 12-megapixel input from (Debian's mate-backgrounds)")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *set, asked{plan{time.Duration(*seconds * float64(time.Second)), *rounds, *clients}, *photo, *only}); err != nil {
		log.Fatal("bench: ", err)
	}
}

// plan says how long and how hard a job is run.
type plan struct {
	turn    time.Duration
	rounds  int
	clients int
}

// inputs are the pictures that the jobs send.
type inputs struct{ jpeg, png, rose, event []byte }

func prepare(ctx context.Context, photo string) (inputs, error) {
	var in inputs
	if _, err := os.Stat(photo); err != nil {
		return in, fmt.Errorf("there is no photograph %s; apt-get install mate-backgrounds, or name one with -photo", filepath.Base(photo))
	}
	for _, make := range []struct {
		to   *[]byte
		args []string
	}{
		{&in.jpeg, []string{photo, "-resize", "4619x", "-quality", "90", "jpg:-"}},
		{&in.png, []string{photo, "-resize", "4619x", "-define", "png:compression-level=1", "png:-"}},
		{&in.rose, []string{"rose:", "png:-"}},
	} {
		out, err := exec.CommandContext(ctx, convertPath, make.args...).Output()
		if err != nil {
			return in, fmt.Errorf("the real convert is needed (apt-get install imagemagick): %w", err)
		}
		*make.to = out
	}
	var err error
	in.event, err = json.Marshal(map[string]any{
		"operation": "convert", "inputExtension": "jpg", "outputExtension": "jpg",
		"customArgs": []string{"-resize", "512x", "-quality", "80"}, "base64Image": base64.StdEncoding.EncodeToString(in.jpeg),
	})
	return in, err
}

// jobs gives each job with what every contender is asked; a nil request means that the contender does not do it.
func jobs(in inputs) []job {
	photo := func(output string) []string { return []string{"-", "-resize", "512x", "-quality", "80", output + ":-"} }
	return []job{
		{"JPEG to 512 px JPEG", ask("/prod/images?args=-resize+512x+-quality+80", in.jpeg), ask("/resize?output=jpeg", in.jpeg), command(photo("jpg"), in.jpeg)},
		{"JPEG to 512 px WebP", ask("/prod/images?args=-resize+512x+-quality+80&output=webp", in.jpeg), ask("/resize?output=webp", in.jpeg), command(photo("webp"), in.jpeg)},
		{"PNG to 512 px PNG", ask("/prod/images?args=-resize+512x", in.png), ask("/resize?output=png", in.png), command([]string{"-", "-resize", "512x", "png:-"}, in.png)},
		{"JPEG to 512 px JPEG as JSON", ask("/prod/ImageProcessingService", in.event), ask("/json", in.event), nil},
		{"rose: negated", ask("/prod/images?args=-negate", in.rose), ask("/negate", in.rose), command([]string{"-", "-negate", "png:-"}, in.rose)},
		{"ping", ask("/prod/ImageProcessingService", []byte(`{"operation":"ping"}`)), ask("/ping", []byte("{}")), nil},
	}
}

// asked is what the command line asks for.
type asked struct {
	plan
	photo, only string
}

// sets are what can be measured, in the order in which everything is.
var sets = []struct {
	name    string
	measure func(ctx context.Context, a asked) error
}{
	{"requests", measureRequests},
	{"commands", measureCommands},
	{"gateway", func(ctx context.Context, a asked) error { return measureGateway(ctx, a.plan) }},
	{"async", func(ctx context.Context, a asked) error { return measureAsync(ctx, a.plan) }},
	{"table", func(ctx context.Context, a asked) error { return measureTables(ctx, a.plan) }},
	{"harness", func(ctx context.Context, a asked) error { return measureHarness(ctx, a.plan) }},
	{"cache", func(ctx context.Context, a asked) error { return measureCache(ctx, a.plan) }},
}

// all has every set measured.
const all = "all"

func setNames() string {
	names := make([]string, 0, len(sets))
	for _, set := range sets {
		names = append(names, set.name)
	}
	return strings.Join(names, ", ") + " or " + all
}

func run(ctx context.Context, set string, a asked) error {
	known := false
	for _, s := range sets {
		if set != all && set != s.name {
			continue
		}
		known = true
		if err := s.measure(ctx, a); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if !known {
		return fmt.Errorf("there is no set %q; choose %s", set, setNames())
	}
	return nil
}

// noCache has every request answered by the function.
var noCache = []string{"--cache-memory-mb", "0", "--cache-disk-mb", "0"}

// measureRequests lets the contenders answer requests under load.
func measureRequests(ctx context.Context, a asked) error {
	in, err := prepare(ctx, a.photo)
	if err != nil {
		return err
	}
	p := a.plan
	fmt.Printf("12-megapixel photograph: %d bytes as JPEG, %d as PNG\n\n", len(in.jpeg), len(in.png))
	fmt.Printf("%d clients, %d rounds of %v each\n\n", p.clients, p.rounds, p.turn)
	if err := startTimes(ctx, in); err != nil {
		return err
	}
	bluerose, err := startBluerose(ctx, noCache...)
	if err != nil {
		return err
	}
	defer bluerose.stop()
	sharp, err := startSharp(ctx)
	if err != nil {
		return err
	}
	defer sharp.stop()
	fmt.Println("| job | contender | requests/s | p50 ms | p99 ms | Bluerose is |")
	fmt.Println("| --- | --- | ---: | ---: | ---: | ---: |")
	for _, j := range jobs(in) {
		if !strings.Contains(j.name, a.only) {
			continue
		}
		if err := j.measure(ctx, p, bluerose, sharp); err != nil {
			return fmt.Errorf("%s: %w", j.name, err)
		}
	}
	fmt.Printf("\nPeak resident memory: ")
	for i, peak := range bluerose.instancePeaks() {
		fmt.Printf("instance %d %.0f MB, ", i+1, peak)
	}
	fmt.Printf("Bluerose's front process %.0f MB, sharp %.0f MB, one convert %.0f MB.\n\n", bluerose.peak(), sharp.peak(), convertPeak)
	return nil
}

// startTimes prints how long a start takes until the first picture is answered.
func startTimes(ctx context.Context, in inputs) error {
	var best, worst time.Duration
	for i := range 5 {
		begin := time.Now()
		server, err := startBluerose(ctx, noCache...)
		if err != nil {
			return err
		}
		err = ask("/prod/images?args=-negate", in.rose)(ctx, server)
		took := time.Since(begin)
		server.stop()
		if err != nil {
			return err
		}
		if i == 0 || took < best {
			best = took
		}
		worst = max(worst, took)
	}
	fmt.Printf("Start to first picture answered: %d to %d ms in 5 starts\n\n", best.Milliseconds(), worst.Milliseconds())
	return nil
}

// command makes a request of a convert process with the picture on its standard input.
func command(args []string, input []byte) request {
	return func(ctx context.Context, _ *server) error {
		cmd := exec.CommandContext(ctx, convertPath, args...)
		cmd.Stdin = bytes.NewReader(input)
		var out, failed bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &failed
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("convert: %w: %s", err, failed.String())
		}
		notePeak(cmd.ProcessState)
		return nil
	}
}
