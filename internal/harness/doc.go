// Package harness tests functions the way they run: by functions that call functions. Its Harness is the handler of the
// function `harness`, which takes one event:
//
//	{"operation": "unit", "function": F, "event": E, "testId": T, "iteration": I, "resultsTable": R, "expect": …}
//
// invokes F with E, and puts the result into the table R (results.Result);
//
//	{"operation": "load", "function": F, "event": E, "iterations": N, "rate": …, "arrival": …, "duration": …, …}
//
// invokes F asynchronously with E, N times, with "iteration" set in the event. The two nest: a load of units is a load test
// whose results are in a table, and a load of units of the function `https` is one of an HTTPS API.
//
// Package arrival says when the requests of a load begin, invoker reaches functions, https is the function of that name,
// summary the function that sums results up, and results the form of what they put into tables.
package harness
