package region

import (
	"cmp"
	"runtime"
	"time"

	"bluerose/internal/lambda"
)

// The functions that test functions.
const (
	harnessFunctionName = "harness"
	httpsFunctionName   = "https"
	summaryFunctionName = "summary"

	longest = 15 * time.Minute // that a function may run, as in AWS
	waiters = 4                // processes a core of functions that wait for others
)

// testFunctions gives the functions that test others and keep what comes of it. They start when they are asked for.
func (r *Region) testFunctions() []lambda.Function {
	small := lambda.Function{MemoryMB: 256, Program: r.cfg.Program, Lazy: true}
	harness, https, summary := small, small, small
	harness.Name, harness.Description = harnessFunctionName, "Unit and load tests of functions: invokes them, and keeps the results in a table"
	harness.Services, harness.Timeout = true, longest
	https.Name, https.Description = httpsFunctionName, "Calls an HTTPS endpoint and answers its body"
	https.Timeout = time.Minute
	cores := cmp.Or(r.cfg.Instances, runtime.NumCPU())
	harness.Instances, https.Instances = waiters*cores, waiters*cores
	summary.Name, summary.Description = summaryFunctionName, "What the results of a test come to: handles the stream of the table results"
	summary.Services, summary.Timeout = true, time.Minute
	summary.Instances = 1 // a stream has a batch at a time
	return []lambda.Function{harness, https, summary}
}
