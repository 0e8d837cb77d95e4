package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(sys system) *cobra.Command {
	var s pictureSettings
	var libvipsOnly bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of Bluerose, libvips and ImageMagick, and where they were found",
		Args:  refusedArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !libvipsOnly {
				fmt.Fprintf(sys.out, "bluerose %s %s/%s %s\nlibvips ", version(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			}
			lib, err := s.library(sys, nil)
			if err != nil {
				if !libvipsOnly {
					fmt.Fprintln(sys.out, "not found")
				}
				return err
			}
			fmt.Fprintf(sys.out, "%s %s\n", lib.Version(), lib.Path())
			if libvipsOnly {
				return nil
			}
			found, why, err := s.find(cmd.Context(), sys)
			if err != nil {
				return err
			}
			fmt.Fprintln(sys.out, "imagemagick", describe(found, why))
			return nil
		},
	}
	cmd.Flags().StringVar(&s.libvips, "libvips", "", "libvips `file` to load (default: beside the program, then the system's)")
	s.magickSettings.register(cmd.Flags())
	cmd.Flags().BoolVar(&libvipsOnly, "libvips-only", false, "print libvips' version and place alone")
	return mirrored(cmd, sys)
}

// version gives the version that the program was built from, as Go's build information knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "(development)"
	}
	return info.Main.Version
}
