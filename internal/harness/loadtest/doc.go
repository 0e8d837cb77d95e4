// Package loadtest sends a load and measures it, from the command line. It is an open model: a request begins when its time
// has come, whatever became of the ones before, and its latency counts from that moment, so that a service that falls
// behind cannot hide it. What this machine could not send in time is counted, and told beside what was asked for.
package loadtest
