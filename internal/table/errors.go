package table

import "bluerose/event"

// The errors of stores. Kinds besides these: InvalidRequest for items and tables that break the rules, Throttled where
// DynamoDB wants fewer requests, AccessDenied where it refuses the caller, Internal for the rest.

// NoTable is NotFound: the table is missing.
func NoTable(name string) *event.Error {
	return event.Errorf(event.NotFound, "There is no table %q; create it, or name one that there is", name)
}

// OtherSchema is for a table that is to be made, and is there with other keys.
func OtherSchema(name string) *event.Error {
	return event.Errorf(event.InvalidRequest, "There is a table %q already, with other keys; choose another name", name)
}

// TooManyTables is for a table that would pass MaxTables.
func TooManyTables() *event.Error {
	return event.Errorf(event.LimitExceeded, "There are %d tables already; use one of them", MaxTables)
}

// NotStored is for items that a store could not take, and keeps cause for the log.
func NotStored(cause error) *event.Error {
	return event.Errorf(event.Internal, "The table could not store this; try again, and tell its owner if it fails again").Wrap(cause)
}

// DiskFull is NotStored where the reason is known.
func DiskFull(cause error) *event.Error {
	return event.Errorf(event.Internal, "The disk of the tables is full, and nothing was stored; make room and try again").Wrap(cause)
}

// NotRead is for what a store could not read, and keeps cause for the log.
func NotRead(cause error) *event.Error {
	return event.Errorf(event.Internal, "The table could not be read; try again, and tell its owner if it fails again").Wrap(cause)
}

func invalid(format string, args ...any) *event.Error {
	return event.Errorf(event.InvalidRequest, format, args...)
}
