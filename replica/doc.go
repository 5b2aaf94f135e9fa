// Package replica keeps a line's record at one station: its own log, its copy of the
// other's, what waits to be numbered, and the exchange of all that with the far station.
package replica
