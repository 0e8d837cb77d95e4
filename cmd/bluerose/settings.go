package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bluerose/internal/imaging"
	"bluerose/internal/imaging/render"
	"bluerose/internal/imaging/vips"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const variablePrefix = "BLUEROSE_"

// variable gives the environment variable that mirrors a flag.
func variable(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// mirror sets the flags that the command line leaves alone from their environment variables.
func mirror(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var wrong error
	flags.VisitAll(func(f *pflag.Flag) {
		value, ok := lookup(variable(f.Name))
		if !ok || value == "" || f.Changed || wrong != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			wrong = refusal{fmt.Errorf("the environment variable %s is wrong: %w", variable(f.Name), err)}
		}
	})
	return wrong
}

// mirrored makes cmd read its flags' environment variables before it runs.
func mirrored(cmd *cobra.Command, sys system) *cobra.Command {
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error { return mirror(cmd.Flags(), sys.lookup) }
	return cmd
}

// pictureSettings are what the image function needs to know, in a region, in Lambda and on the command line.
type pictureSettings struct {
	libvips    string
	megapixels int64
	side       int
	frames     int
	inputMB    int64
	timeout    time.Duration
	magickSettings
}

func (s *pictureSettings) register(flags *pflag.FlagSet) {
	flags.StringVar(&s.libvips, "libvips", "", "libvips `file` to load (default: beside the program, then the system's)")
	flags.Int64Var(&s.megapixels, "megapixels", 100, "millions of pixels of one picture, all frames together")
	flags.IntVar(&s.side, "side", 16384, "pixels of one side of a picture")
	flags.IntVar(&s.frames, "frames", 256, "frames of one picture")
	flags.Int64Var(&s.inputMB, "input-mb", 32, "MiB of one picture as it is sent")
	s.magickSettings.register(flags)
	flags.DurationVar(&s.timeout, "timeout", imaging.DefaultTimeout, "time for one request")
}

func (s *pictureSettings) validate() error {
	for _, limit := range []struct {
		flag       string
		value, max int64
	}{
		{"megapixels", s.megapixels, 100_000}, {"side", int64(s.side), 10_000_000}, {"frames", int64(s.frames), 1_000_000},
		{"input-mb", s.inputMB, 1024},
	} {
		if limit.value < 1 || limit.value > limit.max {
			return refusal{fmt.Errorf("--%s must be between 1 and %d", limit.flag, limit.max)}
		}
	}
	if s.timeout <= 0 {
		return refusal{fmt.Errorf("--timeout must be more than 0, such as 10s")}
	}
	return s.magickSettings.validate()
}

// environment gives the settings as the variables that mirror them.
func (s *pictureSettings) environment() []string {
	all := []string{
		variable("megapixels") + "=" + strconv.FormatInt(s.megapixels, 10),
		variable("side") + "=" + strconv.Itoa(s.side),
		variable("frames") + "=" + strconv.Itoa(s.frames),
		variable("input-mb") + "=" + strconv.FormatInt(s.inputMB, 10),
		variable("timeout") + "=" + s.timeout.String(),
	}
	all = append(all, variable("engine")+"="+s.engine)
	if s.magick != "" {
		all = append(all, variable("magick")+"="+s.magick)
	}
	if s.libvips != "" {
		all = append(all, variable("libvips")+"="+s.libvips)
	}
	return all
}

// library opens libvips.
func (s *pictureSettings) library(sys system, warn func(string)) (*vips.Library, error) {
	path := s.libvips
	if strings.ContainsRune(path, filepath.Separator) { // a bare name is looked for where the system keeps libraries
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		path = absolute
	}
	lib, err := vips.Open(vips.Config{Paths: vips.SearchPaths(path, sys.executable), Warn: warn})
	if err != nil {
		return nil, fmt.Errorf("%w\nRun `npm ci` in the folder of the program, or install libvips 8.14 or later (Debian: libvips42), "+
			"or name the library in %s", err, variable("libvips"))
	}
	return lib, nil
}

func (s *pictureSettings) limits() render.Limits {
	return render.Limits{Pixels: s.megapixels * 1_000_000, Side: s.side, Frames: s.frames, Input: s.inputMB << 20}
}

// service makes the image service.
func (s *pictureSettings) service(sys system, cfg imaging.Config, warn func(string)) (*imaging.Service, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	lib, err := s.library(sys, warn)
	if err != nil {
		return nil, err
	}
	// Lambda, and the host here as well, tells a function its memory. Five eighths of it may be pixels.
	size, _ := sys.lookup("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
	memoryMB, _ := strconv.ParseInt(size, 10, 64)
	limits := s.limits()
	limits.Memory = memoryMB << 20 * 5 / 8
	cfg.Engine, err = render.New(render.Config{Library: lib, Limits: limits})
	if err != nil {
		return nil, err
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, s.timeout)
	return imaging.New(cfg)
}
