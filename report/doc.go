// Package report computes how a line has served, from the shared record alone: availability,
// time to answer, time to the principal, tests. It has no disk and no clock. Both sides compute the same
// bytes, because nothing counts but what both logs hold, and what a log says does not depend on
// when it was read.
//
// # What counts
//
// An entry counts when the other side has co-signed it: then both hold it. A report says how many entries of
// each log it is made from; two reports over the same time and the same entries are the
// same, byte for byte. Entries come in the order of their own log; how the two logs
// interleave makes no difference ([Builder.Add]), since each log is taken in by itself
// and the two meet only in [Builder.Report].
//
// All times are UTC. Weeks are those of ISO 8601, from Monday on; a week or month that reaches beyond the time
// asked for is cut there. No report begins before the day of the first entry. It ends where the record does ([api.Report.Until]): at the later of both logs'
// newest entries. When that was co-signed both stations were there; what came after it nobody has
// said yet, and silence is not taken for health.
//
// # Whose clock
//
// Times are their authors' claims, and clocks differ. So no duration is ever taken between
// two clocks: each is the difference of two times in one log. Which log, each
// definition says.
//
// Where an author's times of a path's changes contradict the order in which it wrote them (a clock
// that was set, or a lie), as many of them as agree with the order stand as they are, which is found as a longest
// run of times that never fall. Of the others "down" counts at the time of the change before it, and
// "up" not at all, until the next one says so: a wrong time does its author no good. A time far in the past
// or the future so moves that one entry, and nothing after it.
//
// What each side can do by lying is bounded by what its word is good for: it can
// make the line look worse, never better than the other side's own entries say; and it can
// make its own answers look quicker or slower, which the person who waited knows, and which
// is found out as soon as its figures do not add up to the other's (see below).
//
// # Availability, of each path and of the line
//
// A path, or the line, is up from the instant at which both sides have entered that it is up, to the
// first at which either has entered that it is down. The least favourable word counts, because a
// path serves only if both hear, and each knows only of its own ear. A path that dies is noticed within a second;
// that second counts as up.
//
//	first says   second says   counts as
//	up           up            up
//	down         anything      down
//	anything     down          down
//	up           (stopped)     up: the other would have heard the path die
//	(stopped)    (stopped)     not known
//	(nothing yet)  anything    not known, and so the other way about
//
// A station that is stopped or killed says nothing, and cannot say that it does not. It is found out
// when it enters "up" where its newest word was "up": a station enters what changes, and begins
// with everything down. From its newest entry before that start until this one its word is not known.
// Time that is not known is neither up nor down: it stands apart, and
// the share of availability is up / (up + down).
//
// # Calls, and drills
//
// Drills are counted as calls are, and apart from them: they are entries of another kind. A call
// belongs to the week in which its caller lifted, by the caller's clock. The caller is the side that entered
// "called", the called side is the other.
//
//	answered      the called side entered "answered", and the caller did not enter an end
//	              that says it heard nobody: of that, the caller's word counts
//	declined, no answer, nobody ready, interrupted, suspended: as the end says
//	given up      the caller hung up before, and the call had reached the other station
//	not reached   the other station entered neither "reached" nor "ringing"
//	broken off    a console, the line or a station was lost before it was answered
//	crossed       both lifted at once and were connected, as a side says; there was nothing to answer,
//	              so the called side entered "answered" and neither "reached" nor "ringing"
//	open          no end is entered yet
//
// A call that yielded to a crossing one is none of its own, if its caller's own log says that it yielded.
// The end is the newest one that the caller entered, else the newest of the called side.
//
// # Time to answer
//
// From the called side's "reached" (or "ringing") to its "answered", by its own clock: the call was
// there, and a person took it. Median, 90th and 95th percentile are nearest ranks, exact over the answered
// calls. The shares are those of the trade:
//
//	within 10 s   NFPA 1225 (2022): 90 % of requests for emergency assistance
//	within 15 s   NENA-STA-020.1-2020: 90 % of all 9-1-1 calls
//	within 20 s   NENA-STA-020.1-2020: 95 % of all 9-1-1 calls
//
// Of all calls that reached the other station, those count for a mark of which one can tell: the answered ones;
// those that ended as declined, no answer or nobody ready, which have not met it; and those
// given up or broken off after at least so long, which have not met it either. One that its caller gave up
// before that says nothing about the mark.
//
// The division between waiting and talking is the called side's word. Its sum is
// not: the whole call, from lift to end by the caller's clock, and from "reached" to end by the called side's, must agree within
// [Agreement]. If not (and no station, line or console was lost, so that both ended it by the same
// act), the call is contradicted: neither clock is believed, the call stands among the answered and in a count of its
// own, and its time enters no figure. Taking either side's word would let
// one write the other's report. The same holds for a wait below nothing or above [LongestWait].
//
// # Time to the principal
//
// From the called side's "reached" to its first "present", by its own clock, of the answered
// calls. "asked" counts the answered calls in which the caller asked for the principal or the called
// side fetched theirs; "proven" those in which the caller's station verified the key of the called side's principal.
//
// # Tests
//
// A test is due at each agreed time of each day, as the accord now has them. It is passed if
// one side asked, the other read back, and the first entered that it passed, each of
// the last two by its own author's clock from fifteen minutes before to thirty minutes after the time, and what was read is what was asked; failed
// if the asker entered that it failed and no other passed; else missed. A time counts once its thirty
// minutes are over by the record, and not before both logs have begun. Tests out of turn are counted apart.
//
// # Bounds
//
// A side's newest [MostCalls] calls, [MostTests] steps of tests, [MostChanges] changes of each path, and as many silences count; what is
// older drops out, by the order of that log alone. So memory is bounded whatever a side writes, and a flood
// displaces nobody's words but its author's. Entries whose text was erased count as entries, and say nothing.
package report
