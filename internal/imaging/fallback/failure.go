package fallback

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"

	"bluerose/event"
)

// failures says what ImageMagick's words mean, the first that fits. They are written as plain makes them, because it
// prints its tags (CacheResourcesExhausted) where it does not find its messages (cache resources exhausted).
var failures = []struct {
	words   string
	kind    event.Kind
	message string
}{
	{"exceedslimit resourcelimiterror resourcesexhausted memoryallocationfailed limitexceeded",
		event.LimitExceeded, "The job needs more memory, pixels or time than one request may have; send a smaller picture, or ask for a smaller one"},
	{"notauthorized notallowedbythesecuritypolicy operationnotpermitted",
		event.UnsupportedArgument, "The arguments ask ImageMagick for something that is not allowed here; leave it out"},
	{"nodecodedelegate noencodedelegate",
		event.UnsupportedMedia, "The ImageMagick here does not know a format that the arguments name; choose another"},
	{"corrupt improperimageheader insufficientimagedata unexpectedendoffile",
		event.InvalidImage, "The picture is broken or cut off; send it again, whole"},
}

var plainer = strings.NewReplacer(" ", "", "-", "")

// plain gives text in small letters, without what stands between words.
func plain(text string) string { return plainer.Replace(strings.ToLower(text)) }

// Without a word of its own, ImageMagick says that no picture is there: those of an input that broke off, or none is left.
const noPictures = "noimagesdefined"

// failure gives the error of a process that failed: how it ended, whether it printed too much, and what it said. The
// words themselves name files and places, and stay in the log.
func (c *command) failure(ended error, tooMuch bool, said string) error {
	cause := errors.Join(ended, errors.New("imagemagick: "+said))
	if tooMuch {
		return event.Errorf(event.PayloadTooLarge, "The arguments print more text than this service gives; print less").Wrap(cause)
	}
	if exit, ok := errors.AsType[*exec.ExitError](ended); ok {
		status, _ := exit.Sys().(syscall.WaitStatus)
		// ImageMagick catches the signals of limits and exits with their numbers, and aborts where a list grows too long.
		switch signal := max(status.Signal(), syscall.Signal(status.ExitStatus())); {
		case signal == syscall.SIGXCPU || signal == syscall.SIGXFSZ || signal == syscall.SIGABRT:
			return event.Errorf(event.LimitExceeded, "%s", failures[0].message).Wrap(cause)
		case status.Signaled():
			return event.Errorf(event.FunctionCrashed, "ImageMagick ended in the middle of the job; try another picture or fewer arguments").Wrap(cause)
		}
	}
	said = plain(said)
	for _, f := range failures {
		for word := range strings.FieldsSeq(f.words) {
			if strings.Contains(said, word) {
				return event.Errorf(f.kind, "%s", f.message).Wrap(cause)
			}
		}
	}
	if strings.Contains(said, noPictures) && !c.deletes {
		return event.Errorf(event.InvalidImage, "The picture is broken or cut off; send it again, whole").Wrap(cause)
	}
	return event.Errorf(event.UnsupportedArgument, "ImageMagick cannot carry out these arguments; check the picture, and their order and values").Wrap(cause)
}

func tooMany(count, limit int) error {
	return event.Errorf(event.LimitExceeded, "The arguments make %d pictures, and at most %d are allowed; make fewer", count, limit)
}

func errOutput() error {
	return event.Errorf(event.PayloadTooLarge, "The result is larger than this service gives; ask for a smaller picture or a lower quality")
}
