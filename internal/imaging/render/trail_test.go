package render

import (
	"bytes"
	"strings"
	"testing"

	"bluerose/internal/imaging/magick"
)

// TestOnePass holds pictures that are decoded, changed and encoded in one pass to be the same as those that are not: two
// flips change nothing, and no pass from top to bottom can make them.
func TestOnePass(t *testing.T) {
	inputs := map[string][]byte{"in.jpg": jpegOf(t, gradientPicture(300, 200), 90)}
	for _, args := range []string{
		"-negate", "-level 10%,90% -gamma 1.5", "-border 7x5 -negate", "-background red -gravity center -extent 400x100 -flop",
		"-shave 3x4 -crop 100x90+20+10 +repage", "-crop 50x50", "( +clone -negate ) +append", "-set colorspace RGB -negate",
		"-fill blue -tint 40 ( +clone -level 20%,80% ) -append",
	} {
		run := func(before string) []byte {
			program, err := magick.Parse(strings.Fields("in.jpg " + before + " " + args + " png:-"))
			if err != nil {
				t.Fatal(err)
			}
			result, err := runJob(t, Job{Program: program}, inputs)
			if err != nil {
				t.Fatal(err)
			}
			var all []byte
			for _, file := range result.Files {
				all = append(all, file.Data...)
			}
			return all
		}
		if !bytes.Equal(run(""), run("-flip -flip")) {
			t.Errorf("%s: the picture is another when it is made in one pass", args)
		}
	}
}
