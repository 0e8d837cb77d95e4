// Command bluerose is the whole service in one program: it serves a region, is the function that a region or AWS Lambda
// runs, and converts pictures from the command line. It alone reads the environment; everything else is configured by it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"bluerose/event"

	"github.com/spf13/cobra"
)

// The exit statuses of every command.
const (
	exitFailed  = 1 // it was understood, and failed
	exitRefused = 2 // the arguments were refused, and nothing was done
)

// system is what a command knows of the world outside.
type system struct {
	args       []string // without the program's name
	lookup     func(name string) (string, bool)
	environ    []string // the whole environment, for a program that takes the place of this one
	executable string   // the path of this program
	in         io.Reader
	out, err   io.Writer
	signals    func() <-chan os.Signal // from then on, what asks to stop; before, it ends the program
}

func main() {
	executable, err := os.Executable()
	if err != nil {
		executable = os.Args[0]
	}
	args := os.Args[1:]
	// Lambda starts the program as bootstrap, without arguments, and names the function in _HANDLER.
	if handler := os.Getenv("_HANDLER"); handler != "" && filepath.Base(os.Args[0]) == "bootstrap" {
		args = []string{"function", handler}
	}
	os.Exit(run(system{args, os.LookupEnv, os.Environ(), executable, os.Stdin, os.Stdout, os.Stderr, stopSignals}))
}

// stopSignals listens for what a terminal or a service manager says to stop a program; two, as the second one insists.
func stopSignals() <-chan os.Signal {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	return signals
}

// run runs the command that sys.args name and gives its exit status.
func run(sys system) int {
	root := newRoot(sys)
	root.SetArgs(sys.args)
	root.SetIn(sys.in)
	root.SetOut(sys.out)
	root.SetErr(sys.err)
	command, err := root.ExecuteContextC(context.Background())
	if err == nil {
		return 0
	}
	name := strings.ReplaceAll(command.CommandPath(), " ", ": ")
	if text := err.Error(); text != "" {
		fmt.Fprintf(sys.err, "%s: %s\n", name, text)
	}
	return exitStatus(err)
}

// untilSignal gives a context that also ends with the next signal. release must be called; it waits for what listens.
func untilSignal(parent context.Context, signals <-chan os.Signal) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(parent)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel()
		<-ended
	}
}

// errRefused marks arguments that are wrong, and errSilent a failure that the command has told of already.
var (
	errRefused = errors.New("arguments refused")
	errSilent  = errors.New("")
)

// refusal is err, marked with errRefused, in its own words.
type refusal struct{ error }

func (r refusal) Unwrap() []error { return []error{r.error, errRefused} }

func exitStatus(err error) int {
	var e *event.Error
	if errors.Is(err, errRefused) || errors.As(err, &e) && e.Kind == event.UnsupportedArgument {
		return exitRefused
	}
	return exitFailed
}

func newRoot(sys system) *cobra.Command {
	root := &cobra.Command{
		Use:   "bluerose",
		Short: "Image processing that needs no servers: ImageMagick's language at libvips' speed",
		Long: "Bluerose serves an image-processing API, and is the function behind it.\n\n" +
			"Start with `bluerose up`, open the address that it prints, and turn the rose blue. Every flag can also be set by an\n" +
			"environment variable: BLUEROSE_ and the flag's name in capitals, such as BLUEROSE_ADDR for --addr.\n\n" +
			"Exit status: 0 for success, 1 for a failure, 2 for arguments that are refused.",
		Args:          refusedArgs(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return refusal{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	root.AddCommand(newUp(sys), newInvoke(sys), newFunctions(sys), newKeys(sys), newCache(sys), newUnit(sys), newLoad(sys), newConvert(sys), newIdentify(sys),
		newFunction(sys), newVersion(sys), newSandbox(sys))
	return root
}

// refusedArgs marks what check finds wrong.
func refusedArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return refusal{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}
