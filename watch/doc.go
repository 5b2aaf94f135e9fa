// Package watch is who is on duty and is rung, in which order: rosters, shifts in the station's time
// zone, hand-over, the act that shows an officer to be there, and the ringing plan. It is a pure core:
// the caller brings the time.
package watch
