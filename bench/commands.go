package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// line is a command line: what stands between the photograph and the output of convert, without quotes, and the format.
type line struct{ args, output string }

// commandLines are made of the options that public convert command lines use most, in the ways in which they use them.
func commandLines() []line {
	return []line{
		{"-resize 50%", "jpg"},
		{"-resize 800x600", "png"},
		{"-resize 1920x1080> -quality 85 -strip", "jpg"},
		{"-resize 300x300^ -gravity center -extent 300x300", "jpg"},
		{"-resize 640x640 -background white -gravity center -extent 640x640", "png"},
		{"-thumbnail 200x200", "jpg"},
		{"-filter Triangle -resize 25% -unsharp 0x1", "jpg"},
		{"-scale 33%", "jpg"},
		{"-auto-orient -strip -interlace Plane -quality 80", "jpg"},
		{"-quality 75", "webp"},
		{"-crop 2000x1500+400+300 +repage", "jpg"},
		{"-gravity center -crop 1:1 -resize 400x400", "webp"},
		{"-fuzz 10% -trim +repage", "png"},
		{"-bordercolor white -border 20", "jpg"},
		{"-rotate 90", "jpg"},
		{"-background black -rotate 10 -resize 1000x", "jpg"},
		{"-colorspace Gray", "jpg"},
		{"-colorspace Gray -threshold 50%", "png"},
		{"-negate -resize 1024x", "png"},
		{"-modulate 110,90 -sharpen 0x1", "jpg"},
		{"-blur 0x8", "jpg"},
		{"-auto-level -resize 1200x", "jpg"},
		{"-resize 1600x ( +clone -blur 0x4 ) -compose screen -composite", "jpg"},
		{"-resize 600x ( +clone -flop ) +append", "jpg"},
		{"-resize 1200x -gravity southeast -fill white -pointsize 36 -annotate +20+20 Bluerose", "jpg"},
	}
}

// cost is what one run of a command line took.
type cost struct {
	took time.Duration
	peak float64 // MB of resident memory
}

// measureCommands runs each line alone, in turns through the API and as a convert process, and prints the medians.
func measureCommands(ctx context.Context, a asked) error {
	in, err := prepare(ctx, a.photo)
	if err != nil {
		return err
	}
	photo := in.jpeg
	bluerose, err := startBluerose(ctx, noCache...)
	if err != nil {
		return err
	}
	defer bluerose.stop()
	if err := ask("/prod/images?args=-resize+512x", photo)(ctx, bluerose); err != nil {
		return err
	}
	fmt.Println("| command line | output | Bluerose ms | convert ms | Bluerose is | Bluerose MB | convert MB |")
	fmt.Println("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
	var ratios []float64
	slowest, ours, theirs := line{}, 0.0, 0.0
	for _, l := range commandLines() {
		if !strings.Contains(l.args, a.only) {
			continue
		}
		mine, reference, err := l.measure(ctx, bluerose, photo, a.rounds)
		if err != nil {
			fmt.Printf("| `%s` | %s | | | %v | | |\n", l.args, l.output, err)
			continue
		}
		ratio := reference.took.Seconds() / mine.took.Seconds()
		fmt.Printf("| `%s` | %s | %d | %d | %.1f times as fast | %.0f | %.0f |\n", l.args, l.output,
			mine.took.Milliseconds(), reference.took.Milliseconds(), ratio, mine.peak, reference.peak)
		if len(ratios) == 0 || ratio < slices.Min(ratios) {
			slowest = l
		}
		ratios = append(ratios, ratio)
		ours, theirs = max(ours, mine.peak), max(theirs, reference.peak)
	}
	if len(ratios) == 0 {
		return fmt.Errorf("no command line was measured")
	}
	logs := 0.0
	for _, ratio := range ratios {
		logs += math.Log(ratio)
	}
	fmt.Printf("\n%d command lines: Bluerose is %.1f times as fast as convert in the geometric mean, and %.1f times where it is slowest (`%s`).\n",
		len(ratios), math.Exp(logs/float64(len(ratios))), slices.Min(ratios), slowest.args)
	fmt.Printf("Peak resident memory of any one line: %.0f MB in Bluerose's instance, %.0f MB in convert.\n", ours, theirs)
	return nil
}

// measure gives the median times and the largest memory of both.
func (l line) measure(ctx context.Context, at *server, photo []byte, rounds int) (mine, reference cost, err error) {
	query := url.Values{"args": {l.args}, "output": {l.output}}
	do := ask("/prod/images?"+query.Encode(), photo)
	var mineTook, referenceTook []time.Duration
	for range max(rounds, 1) {
		at.forgetPeaks()
		begin := time.Now()
		if err := do(ctx, at); err != nil {
			return mine, reference, err
		}
		mineTook = append(mineTook, time.Since(begin))
		mine.peak = max(mine.peak, slices.Max(append(at.instancePeaks(), 0)))

		run, err := l.convert(ctx, photo)
		if err != nil {
			return mine, reference, err
		}
		referenceTook = append(referenceTook, run.took)
		reference.peak = max(reference.peak, run.peak)
	}
	mine.took, reference.took = median(mineTook), median(referenceTook)
	return mine, reference, nil
}

// convert runs the line as a process of its own.
func (l line) convert(ctx context.Context, photo []byte) (cost, error) {
	args := append(append([]string{"-"}, strings.Fields(l.args)...), l.output+":-")
	cmd := exec.CommandContext(ctx, convertPath, args...)
	cmd.Stdin = bytes.NewReader(photo)
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("convert: %w: %s", err, failed.String())
	}
	c := cost{took: time.Since(begin)}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.peak = float64(usage.Maxrss) / 1024
	}
	return c, nil
}

func median(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2]
}

// forgetPeaks makes the peaks of the instances count from now on (proc(5), clear_refs). Where the system does not let us,
// they count from the start, which is never in our favour.
func (s *server) forgetPeaks() {
	for _, pid := range s.instances() {
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
	}
}
