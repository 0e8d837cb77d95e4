package invoker

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Report is Lambda's REPORT line of an invocation. Zero stands for what it does not say.
type Report struct {
	Duration    time.Duration // of the function alone
	Billed      time.Duration
	MemoryMB    int           // that is billed
	MaxMemoryMB int           // that was used
	Init        time.Duration // of a cold start
}

// Cold reports whether the invocation was its instance's first.
func (r Report) Cold() bool { return r.Init > 0 }

// parseTail finds the report in the log tail of an invocation, base64 text as the API gives it.
func parseTail(tail string) Report {
	text, err := base64.StdEncoding.DecodeString(tail)
	if err != nil {
		return Report{}
	}
	// It is the last one: what a function prints may look like a report, and stands before it.
	at := strings.LastIndex(string(text), "REPORT RequestId: ")
	if at < 0 {
		return Report{}
	}
	line, _, _ := strings.Cut(string(text[at:]), "\n")
	return parseReport(line)
}

func parseReport(line string) (r Report) {
	for field := range strings.SplitSeq(line, "\t") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), ": ")
		switch name {
		case "Duration":
			r.Duration = milliseconds(value)
		case "Billed Duration":
			r.Billed = milliseconds(value)
		case "Init Duration":
			r.Init = milliseconds(value)
		case "Memory Size":
			r.MemoryMB = megabytes(value)
		case "Max Memory Used":
			r.MaxMemoryMB = megabytes(value)
		}
	}
	return r
}

func milliseconds(text string) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, " ms"), 64)
	if err != nil || !(n >= 0 && n <= 1e9) {
		return 0
	}
	return time.Duration(n * float64(time.Millisecond))
}

func megabytes(text string) int {
	n, err := strconv.ParseUint(strings.TrimSuffix(text, " MB"), 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
