// Package crash has only tests: two real `ringdown serve` processes, joined over
// loopback, are killed again and again under traffic, and what they promised before is
// held against what their disks say afterwards.
//
// A ledger notes from outside what was promised. What a station answered as written
// must come to stand in both records, once, in its author's order. What it was
// asked to write and never answered may stand once, or not at all. What any page ever
// showed as delivered must be on the far disk from then on; shown and read must
// stay so.
//
//	RINGDOWN_CRASH       rounds, of one kill each; 50 unless it is set (make crash: 1,000)
//	RINGDOWN_CRASH_SEED  when and whom; drawn and printed unless it is set
package crash
