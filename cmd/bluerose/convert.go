package main

import (
	"context"
	"io"
	"os"
	"time"

	"bluerose/internal/imaging"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const convertHelp = `Run ImageMagick's convert on your own files: read, change and write pictures.

Words are read from left to right: names read pictures, settings (-fill red) change what later words mean, operators
(-negate) change pictures, and the last word says where the result goes. "-" is standard input or output, and
"png:NAME" says a format that the name does not.

Nothing is written unless everything succeeds. Exit status 2 says that the arguments were refused, 1 that they failed.`

func newConvert(sys system) *cobra.Command {
	return newFileCommand(sys, "convert IN ARGS… OUT", "Convert pictures with ImageMagick's arguments", convertHelp,
		"  bluerose convert photo.jpg -resize 512x -quality 80 small.webp\n  bluerose convert rose: -negate blue.png", (*imaging.Service).ConvertFiles)
}

func newIdentify(sys system) *cobra.Command {
	return newFileCommand(sys, "identify [ARGS] FILE", "Print what a picture is, with ImageMagick's arguments",
		"Run ImageMagick's identify on your own files: print the format, size and depth of pictures, or what -format asks for.",
		"  bluerose identify photo.jpg\n  bluerose identify -format %wx%h photo.jpg", (*imaging.Service).IdentifyFiles)
}

// newFileCommand makes a command whose arguments are ImageMagick's: cobra reads none of them but a lone --help.
func newFileCommand(sys system, use, short, long, example string,
	run func(*imaging.Service, context.Context, []string, imaging.Files) error) *cobra.Command {
	var s pictureSettings
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		DisableFlagParsing:    true,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) == 1 && (args[0] == "--help" || args[0] == "-help" || args[0] == "-h") {
				return cmd.Help()
			}
			// The limits stay settable by their variables, though the flags are ImageMagick's.
			flags := pflag.NewFlagSet("", pflag.ContinueOnError)
			s.register(flags)
			s.timeout = time.Hour // nobody else waits, and Ctrl-C is near
			if err := mirror(flags, sys.lookup); err != nil {
				return err
			}
			service, err := s.service(sys, imaging.Config{Fallback: localFallback{sys, &s}}, nil)
			if err != nil {
				return err
			}
			ctx, release := untilSignal(cmd.Context(), sys.signals())
			defer release()
			return run(service, ctx, args, userFiles{sys, s.inputMB << 20})
		},
	}
}

// userFiles are the files that the user may read and write.
type userFiles struct {
	sys   system
	limit int64 // bytes of one file
}

// Open reads one byte more than the limit at most, so that the service sees that there is too much.
func (f userFiles) Open(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(f.sys.in, f.limit+1))
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, f.limit+1))
}

func (f userFiles) Write(name string, data []byte) error {
	if name == "-" {
		return f.Print(data)
	}
	return os.WriteFile(name, data, 0o644)
}

func (f userFiles) Print(text []byte) error {
	_, err := f.sys.out.Write(text)
	return err
}
