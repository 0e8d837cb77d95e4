package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bluerose/internal/harness/suite"

	"github.com/spf13/cobra"
)

// The functions that tests use.
const (
	harnessName = "harness"
	imageName   = "image"
)

func newUnit(sys system) *cobra.Command {
	var u struct {
		target
		form, testID, url string
	}
	cmd := &cobra.Command{
		Use:   "unit [SUITE]",
		Short: "Run a suite of unit tests in the function harness of a running Bluerose",
		Long: "Run the unit tests of SUITE, a YAML file, in the function harness of a running Bluerose, which keeps their results in the\n" +
			"table results. Without SUITE it is the one that comes with the program: cases for all seven operations.\n\n" +
			"With --url the events are sent to an HTTPS API instead, such as http://127.0.0.1:8080/prod/ImageProcessingService, and no\n" +
			"results are kept. The exit status is 1 when a case does not pass.",
		Example: "  bluerose unit\n  bluerose unit suite.yaml --report junit > report.xml\n  bluerose unit --url https://pictures.example.com/prod/ImageProcessingService",
		Args:    refusedArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := u.base(); err != nil {
				return err
			}
			reporter, err := suite.NewReporter(u.form, sys.out)
			if err != nil {
				return refusal{fmt.Errorf("--report: %w", err)}
			}
			cases, err := readSuite(args)
			if err != nil {
				return refusal{err}
			}
			run, err := u.runner(sys, u.url)
			if err != nil {
				return err
			}
			if u.testID == "" {
				u.testID = newTestID("unit")
			}
			ctx, release := untilSignal(cmd.Context(), sys.signals())
			defer release()
			return runSuite(ctx, cases, u.testID, run, reporter)
		},
	}
	flags := cmd.Flags()
	u.register(flags)
	flags.StringVar(&u.form, "report", "text", "form of the report: text, tap or junit")
	flags.StringVar(&u.testID, "id", "", "name of the test in the table of results (default: unit- and the time)")
	flags.StringVar(&u.url, "url", "", "`URL` of an HTTPS API to send the events to, instead of functions")
	return mirrored(cmd, sys)
}

func readSuite(args []string) (*suite.Suite, error) {
	if len(args) == 0 {
		return suite.Operations()
	}
	folder, name := filepath.Split(args[0])
	return suite.Read(os.DirFS(filepath.Clean(folder+".")), name)
}

// runner gives what runs the cases: the function harness, or this process, which sends their events to url.
func (t *target) runner(sys system, url string) (suite.Runner, error) {
	if url != "" {
		endpoint, err := newEndpoint(url, nil, 1)
		if err != nil {
			return nil, refusal{err}
		}
		return suite.Here(endpoint, imageName), nil
	}
	functions, err := t.functions(sys, 1)
	if err != nil {
		return nil, err
	}
	return suite.InHarness(functions, harnessName), nil
}

func runSuite(ctx context.Context, s *suite.Suite, testID string, run suite.Runner, reporter suite.Reporter) error {
	reporter.Begin(s)
	all := s.Run(ctx, testID, run, reporter.Case)
	if err := reporter.End(s, all); err != nil {
		return err
	}
	failed := len(s.Cases) - len(all)
	for _, o := range all {
		if !o.Passed() {
			failed++
		}
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("stopped before all cases were run")
	case failed > 0:
		return errSilent
	}
	return nil
}
