// Package wire is what crosses a line between two stations: every byte of every
// datagram, and the keys it is sealed under.
package wire
