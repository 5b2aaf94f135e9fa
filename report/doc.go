// Package report computes how a line has served, from the shared record alone, so that both sides
// compute the same: availability, time to answer, time to the principal, tests passed and missed.
package report
