// Package lambda is the function host: AWS Lambda on one machine.
//
// A function has versions ($LATEST and published numbers) and aliases, which name versions. Every version that is used
// has a pool of instances. An instance is a child process that speaks the Lambda Runtime API 2018-06-01 with the host
// over a loopback listener of its own, so that any Lambda runtime (aws-lambda-go, unmodified) is the other side. It runs
// one request at a time, is started ahead and reused, and is replaced when it dies: a crash, a timeout or a caller that
// hangs up costs that one request and that one process, and nothing else.
//
// What must outlive the host is in Config.Dir: asynchronous events (package eventqueue), published versions, each with a
// copy of its program, and aliases. $LATEST is not there: it is what the host is started with.
//
//	caller -> Host.Invoke -> pool (queue, free instance) -> instance -> Runtime API -> the function's process
//
// Failures of functions are results (Result.FunctionError is set and the payload says why, as Lambda does); failures of
// the host are errors, always *event.Error. The host knows nothing of what functions do or how their processes are
// started: Config.Command gives the command. Handler is the Lambda API over HTTP; it checks no signatures, so whoever
// mounts it puts a verifier in front of it.
//
// Two things differ from AWS on purpose: payloads may be larger (Config.MaxPayload; AWS takes 6,291,456 bytes in and
// 6,291,556 out, 1 MB for asynchronous events), and a caller that goes away ends its request.
package lambda
