// Package call is the state machine of one call on one line: the same for the
// side that lifts and the side that is rung.
package call
