// Package watch is who is on duty and is rung, in which order: rosters, shifts in the station's time
// zone, hand-over, the act that shows an officer to be there, and the ringing plan. It is a pure core:
// the caller brings the time, and it starts no goroutine and touches no file.
//
// # The roster
//
// A [Roster] says who shall have the watch. A [Weekly] shift comes back every week, or every
// second, third … week; a [Single] shift is of one day. Shifts may overlap and may leave gaps:
// [Roster.Cover] cuts any time into stretches with the officers of each, and a stretch with nobody is
// a gap, one with two an overlap. A single shift with Instead takes the place of the weekly
// shifts while it lasts.
//
// # Local time
//
// Shifts begin and end when the clock on the wall, in the roster's zone, first shows their time or has
// gone past it. So what the change to summer time leaves out (02:30, where the clock goes from 02:00 to
// 03:00) is the instant of the change; and of a time that the wall shows twice the first counts. The rule keeps
// the order of local times, so shifts that meet on paper meet in fact, and a night
// shift over the change really lasts an hour less or more. A shift
// that falls whole into what is left out does not exist.
//
// # The watch
//
// The roster is a plan; a [Watch] is what is. An officer takes it, by an act, and has it until another
// takes it or it is left. To hand it over is to offer it with a note: the one who hands
// it over keeps it until the other has taken it, so that no hand-over leaves it with nobody. The note is
// shown until it is acknowledged.
//
// An officer proves to be there by a small act: taking the watch, saying "still here", or
// using the line. [Periods].Here after the last one the console asks; [Periods].Grace later the officer counts as
// absent: that alarms, and the next wave of the ringing plan rings at once.
//
// A station whose roster is empty and whose watch nobody has ever taken keeps no watch: nothing alarms.
//
// # Alarms
//
// [Watch.View] gives them, the gravest first: an absent officer; nobody on watch though the roster has
// somebody, or has nobody, or there is none and the watch was left; an officer on watch who has no ready console; one who was to be relieved and was not;
// a gap in the roster, [Periods].Ahead before it begins.
//
// # The ringing plan
//
// A [Plan] is a list of waves: who rings how long after the call is here. Without one, everybody rings at
// once. Whatever a plan says, everybody rings after [MostDelay] at the latest, and no wave waits for
// one in which nobody can be. A plan is about our own consoles; the caller knows only that it rings.
//
// # What the other side may see
//
// The accord's rule decides: nothing, whether the watch is staffed, how many consoles are ready, or the
// names too. The state travels as [Said] in a message of the entries' stream, of kind 4; see [Said.Append]. It is
// what that side says of itself, and may be a lie: it is bounded, checked, and shown as "South states".
package watch
