package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"bluerose/internal/harness"
	"bluerose/internal/harness/arrival"
	"bluerose/internal/harness/loadtest"
	"bluerose/internal/harness/results"
	"bluerose/internal/table"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// loadSettings are what `bluerose load` is asked for.
type loadSettings struct {
	target
	function, event, url string
	headers              []string
	plan                 arrival.Plan
	arrival              string
	inFlight             int
	testID, against      string
	keep                 bool
	budget               loadtest.Budget
	errors               string
}

func newLoad(sys system) *cobra.Command {
	var l loadSettings
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Send a load to a function or an HTTPS API, and measure it",
		Long: "Send a load to a function of a running Bluerose, or with --url to an HTTPS API, and measure it.\n\n" +
			"Requests begin when their time has come, whatever became of those before (an open model), and latency counts from that\n" +
			"time. Ctrl-C stops the load, and what was measured is still reported. The results are kept in the table results, and\n" +
			"a later run compares itself with them (--against). The exit status is 1 when a budget is broken.",
		Example: "  bluerose load --function image --event '{\"operation\":\"ping\"}' --rate 50 --for 30s\n" +
			"  bluerose load --event @resize.json --rate 200 --arrival poisson --for 1m --id tuesday --p99 200ms --errors 0.1%\n" +
			"  bluerose load --event @resize.json --rate 200 --for 1m --against tuesday\n" +
			"  bluerose load --url 'http://127.0.0.1:8080/prod/images?args=-negate' --event @photo.jpg --header 'Content-Type: image/jpeg' --rate 20 --for 10s",
		Args: refusedArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.validate(); err != nil {
				return err
			}
			return l.run(cmd.Context(), sys)
		},
	}
	l.flags(cmd.Flags())
	return mirrored(cmd, sys)
}

func (l *loadSettings) flags(flags *pflag.FlagSet) {
	l.register(flags)
	flags.StringVar(&l.function, "function", imageName, "function to invoke: `NAME` or NAME:QUALIFIER")
	flags.StringVar(&l.event, "event", `{"operation":"ping"}`, "its event: `JSON`, @FILE, or - for standard input; with --url the request's body, empty for a GET")
	flags.StringVar(&l.url, "url", "", "`URL` of an HTTPS API to call instead of a function")
	flags.StringArrayVar(&l.headers, "header", nil, "header of the requests to --url, `NAME: VALUE`; may be given several times")
	flags.Float64Var(&l.plan.Rate, "rate", 10, "requests a second; of a ramp, at its end")
	flags.DurationVar(&l.plan.Duration, "for", 0, "how long requests are sent (default: 10s, or as long as --iterations take)")
	flags.Int64Var(&l.plan.Count, "iterations", 0, "requests that are sent (default: as many as come in --for)")
	flags.StringVar(&l.arrival, "arrival", "constant", "how they are spread: constant, ramp or poisson")
	flags.IntVar(&l.inFlight, "in-flight", 1000, "requests that may wait for their answers; further ones are not sent, and count as failed")
	flags.StringVar(&l.testID, "id", "", "name of the test in the table of results (default: load- and the time)")
	flags.StringVar(&l.against, "against", "", "name of an earlier test to compare with")
	flags.BoolVar(&l.keep, "keep", true, "keep the results in the tables of the Bluerose at --endpoint")
	flags.DurationVar(&l.budget.P50, "p50", 0, "budget of the median latency")
	flags.DurationVar(&l.budget.P90, "p90", 0, "budget of the 90th percentile")
	flags.DurationVar(&l.budget.P99, "p99", 0, "budget of the 99th percentile")
	flags.DurationVar(&l.budget.Max, "max", 0, "budget of the longest latency")
	flags.StringVar(&l.errors, "errors", "", "budget of the requests that fail, such as `0.1%`")
}

func (l *loadSettings) validate() error {
	if _, err := l.base(); err != nil {
		return err
	}
	if l.plan.Duration == 0 && l.plan.Count == 0 {
		l.plan.Duration = 10 * time.Second
	}
	l.plan.Kind = arrival.Kind(l.arrival)
	if err := l.plan.Validate(); err != nil {
		return refusal{err}
	}
	if l.inFlight < 1 || l.inFlight > 100_000 {
		return refusal{errors.New("--in-flight must be between 1 and 100000")}
	}
	if l.errors != "" {
		text, percent := strings.CutSuffix(l.errors, "%")
		rate, err := strconv.ParseFloat(text, 64)
		if percent {
			rate /= 100
		}
		if err != nil || !(rate >= 0 && rate <= 1) {
			return refusal{errors.New("--errors must be a part such as 0.1% or 0.001")}
		}
		l.budget.ErrorRate = &rate
	}
	return nil
}

func (l *loadSettings) run(ctx context.Context, sys system) error {
	payload, err := readArgument(sys, l.event)
	if err != nil {
		return err
	}
	functions, err := l.under(sys)
	if err != nil {
		return err
	}
	if l.testID == "" {
		l.testID = newTestID("load")
	}
	earlier, keeper, err := l.lasting(ctx, sys)
	if err != nil {
		return err
	}
	sending, release := untilSignal(ctx, sys.signals())
	defer release()
	bar := newLiveBar(sys.err, l.plan.Expected())
	report, err := loadtest.Run(sending, loadtest.Config{
		Plan: l.plan, InFlight: l.inFlight, Progress: bar.show,
		Call: func(ctx context.Context, i int64, due time.Time) string {
			r := harness.Run(ctx, functions, imageName, &harness.Event{Function: l.function, Event: payload, TestID: l.testID, Iteration: i})
			// From when it was due, not from when it was sent.
			r.DurationMS = float64(time.Since(due).Microseconds()) / 1000
			r.Started = due.UTC()
			keeper.keep(ctx, r)
			return r.ErrorKind
		},
	})
	bar.end()
	if err != nil {
		return errors.Join(err, keeper.close())
	}
	kept := keeper.close()
	report.Print(sys.out)
	if earlier != nil {
		fmt.Fprintln(sys.out)
		for _, line := range report.Compare(*earlier) {
			fmt.Fprintln(sys.out, line)
		}
	}
	if kept == nil && l.keep {
		fmt.Fprintf(sys.out, "\nKept as %s\n", l.testID)
	}
	if broken := l.budget.Broken(report); len(broken) > 0 {
		return errors.Join(kept, errors.New(strings.Join(broken, "; ")))
	}
	return kept
}

// under gives what is put under load.
func (l *loadSettings) under(sys system) (harness.Invoker, error) {
	if l.url == "" {
		return l.functions(sys, l.inFlight)
	}
	l.function = l.url
	to, err := newEndpoint(l.url, l.headers, l.inFlight)
	if err != nil {
		return nil, refusal{err}
	}
	return to, nil
}

// lasting gives the run to compare with, if there is to be one, and what keeps the results.
func (l *loadSettings) lasting(ctx context.Context, sys system) (*loadtest.Earlier, *keeper, error) {
	if !l.keep && l.against == "" {
		return nil, nil, nil
	}
	tables, err := l.tables(sys)
	if err != nil {
		return nil, nil, err
	}
	var earlier *loadtest.Earlier
	if l.against != "" {
		if earlier, err = readEarlier(ctx, tables, l.against); err != nil {
			return nil, nil, err
		}
	}
	if !l.keep {
		return earlier, nil, nil
	}
	if _, err := tables.Schema(ctx, results.Table); err != nil {
		return nil, nil, fmt.Errorf("the results cannot be kept at %s; start Bluerose there, or give --keep=false: %w", l.endpoint, err)
	}
	return earlier, newKeeper(tables), nil
}

func readEarlier(ctx context.Context, tables table.Store, name string) (*loadtest.Earlier, error) {
	item, err := tables.Get(ctx, results.Summaries, table.Key{Hash: name})
	if err != nil {
		return nil, err
	}
	var s results.Summary
	if item == nil {
		return nil, refusal{fmt.Errorf("there is no test %q to compare with; the console lists them", name)}
	}
	if err := item.Into(&s); err != nil {
		return nil, err
	}
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	e := &loadtest.Earlier{Name: name, P50: ms(s.P50), P90: ms(s.P90), P99: ms(s.P99)}
	if s.Results > 0 {
		e.ErrorRate = float64(s.Failed) / float64(s.Results)
	}
	return e, nil
}

// liveBar shows how far a load is, on a terminal.
type liveBar struct{ bar *progressbar.ProgressBar }

func newLiveBar(w io.Writer, expected int64) liveBar {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return liveBar{}
	}
	return liveBar{progressbar.NewOptions64(expected, progressbar.OptionSetWriter(file), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(20), progressbar.OptionSetPredictTime(false), progressbar.OptionShowDescriptionAtLineEnd())}
}

func (l liveBar) show(s loadtest.Snapshot) {
	if l.bar != nil {
		l.bar.Describe(s.Live())
		_ = l.bar.Set64(min(s.Due, l.bar.GetMax64())) // a terminal that is gone needs no bar
	}
}

func (l liveBar) end() {
	if l.bar != nil {
		_ = l.bar.Clear()
	}
}

// readArgument reads an argument that is a text, @FILE, or - for standard input.
func readArgument(sys system, argument string) ([]byte, error) {
	name, isFile := strings.CutPrefix(argument, "@")
	switch {
	case argument == "-":
		return io.ReadAll(io.LimitReader(sys.in, maxPayload))
	case isFile:
		return os.ReadFile(name)
	}
	return []byte(argument), nil
}
