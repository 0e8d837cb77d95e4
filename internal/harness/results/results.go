// Package results is the form in which the harness puts the results of tests into a table, and in which the function summary
// puts what it makes of them into another. The console and the command line read both.
package results

import (
	"encoding/json"
	"time"

	"bluerose/internal/table"
)

// The tables that a region has from the start.
const (
	Table     = "results"   // Result, unless an event names another table
	Summaries = "summaries" // Summary, of the results in Table
)

// Schema gives the schema of a table of results.
func Schema(name string) table.Schema {
	return table.Schema{Name: name, Hash: "testId", Range: "iteration", Stream: true}
}

// SummariesSchema gives the schema of the table of summaries.
func SummariesSchema() table.Schema { return table.Schema{Name: Summaries, Hash: "testId"} }

// Result is the outcome of one iteration of a test. Its fields' names are the attributes of the item.
type Result struct {
	TestID    string          `json:"testId"`
	Iteration int64           `json:"iteration"`
	Result    json.RawMessage `json:"result"` // what the function answered
	Passed    bool            `json:"passed"`

	Function   string    `json:"function,omitempty"`
	Version    string    `json:"version,omitempty"` // that ran
	Region     string    `json:"region,omitempty"`
	Started    time.Time `json:"started"`            // when the invocation began, or should have
	DurationMS float64   `json:"durationMs"`         // from Started until the answer was there
	BilledMS   float64   `json:"billedMs,omitempty"` // as the function's report says
	MemoryMB   int       `json:"memoryMb,omitempty"` // that is billed
	ColdStart  bool      `json:"coldStart"`          // the invocation was an instance's first
	ErrorKind  string    `json:"errorKind,omitempty"`
	Reason     string    `json:"reason,omitempty"` // why it did not pass, in a sentence
}

// Summary is what all results of one test come to. A test of which every result was deleted has Results 0.
type Summary struct {
	TestID     string           `json:"testId"`
	Sequence   string           `json:"sequence"` // of the last change that is in it
	Results    int64            `json:"results"`
	Passed     int64            `json:"passed"`
	Failed     int64            `json:"failed"`
	ColdStarts int64            `json:"coldStarts"`
	Errors     map[string]int64 `json:"errors"` // failed results by Result.ErrorKind; at most MaxErrors kinds

	// First and Last are when the first iteration began and when the last one ended. Deleting results moves neither.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	// Throughput is Results over the seconds between First and Last; 0 where there is no time between them.
	Throughput float64 `json:"throughput"`

	// Durations in milliseconds, each at most 0.1 % too long; 0 without results.
	P50 float64 `json:"p50Ms"`
	P90 float64 `json:"p90Ms"`
	P99 float64 `json:"p99Ms"`
	Max float64 `json:"maxMs"`
	// Histogram holds the durations in microseconds: HdrHistogram's V2 compressed encoding, in base64.
	Histogram string `json:"histogram,omitempty"`
}

// MaxErrors is how many kinds of errors a summary tells apart; what comes later counts as OtherErrors.
const (
	MaxErrors   = 50
	OtherErrors = "Other"
)
