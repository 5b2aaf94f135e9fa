// Package call is the one state machine for both ends of a call: from lift to
// hang-up, over a line that loses, delays, repeats and skips, with consoles and
// stations that come and go. It is a pure core: the caller brings the time and
// the events, and takes a [View] for its consoles and a [wire.Signal] for the far
// side.
//
// # What the two ends tell each other
//
// Each end says all it has to say in one signal: the latest state of its own side,
// never a command. The line repeats it until it has arrived, and only the latest
// counts: what was over before the other side heard of it, the other side never
// hears of. So an end acts on what it is told as on a fact, however it came about,
// and the same fact twice changes nothing.
//
// A side speaks of one call, by its id, and goes on doing so after its end, until
// a new call takes its place. Only a station that was started again speaks of none.
//
//	caller             called side                                the caller shows
//
//	  calling ───────▶  reached ◀──▶ ringing at N                 calling │ ringing at N
//	     │                 │             │
//	     │                 └──────┬──────┘  a ready console answers
//	     │                        ▼
//	  active  ◀────────────────  active                           active
//	     ▲                        ▲
//	     │ back, up, taken        │ its console is lost, or the line
//	     ▼                        ▼
//	   held                      held                             held
//
//	  ended   ◀──────────────▶  ended    from any step: whoever ends it says why,
//	                                     the other follows
//
// A side shows Active when both are active, Held when either is held.
//
// The three times of a signal are the author's clock, in whole milliseconds that
// only rise within a call. They fill both ladders, so both show one figure:
//
//	author, step                 At[0]          At[1]         At[2]
//	caller: calling              called         0             0
//	caller: active, held         called         0             last held or resumed, else 0
//	called: reached, ringing     rang first|0   0             reached
//	called: active, held         rang first|0   answered      last held or resumed, else 0
//	called by crossing: active   called         answered      called (until first held)
//	caller: ended                called         0             ended, or 0: it follows
//	called: ended, answered      rang first|0   answered      ended, or 0: it follows
//	called: ended, unanswered    rang first|0   as At[2]      ended, or 0: it follows
//
// A rung that was over before the other side heard of it may be missing in the
// other's ladder. It never shows another figure there.
//
// # Calling
//
// A console must be ready to lift or to answer; it need not ring to answer. A call
// is placed whether or not the line is up, and rings when the line opens in time.
// To lift while the other side calls is to answer.
//
// The called side tells every ready console to ring whose turn has come, and those
// that become ready meanwhile. A console's turn is its delay after the call came
// ([Machine.Delay]); while no console that is ready has its turn, the next has it
// at once. It says "ringing" only while at least one has given the receipt that
// its bell sounds, and is still there; else it says "reached". The caller shows
// Ringing while that is the last it has heard and its line is up.
//
// One console declines for the whole station. The first to answer has the call, and
// may hand it over to another of its side: nothing changes for the other.
//
// The call ends unanswered [RingLimit] after the lift: as "no answer" if it ever
// rang, "nobody ready" if it was reached, else "not reached". The limit is the
// caller's to state. The called side waits [Grace] for that, from when it first
// heard; whether it rang, its word counts.
//
// # Both lift at once
//
// Two ids in StepCalling cross. The lower lives. The side with the higher takes its
// own call into the other: it answers at once, with the console that has lifted. The
// other does nothing but wait for that answer, so a side that had already given
// its call up is rung like any other. A call that is placed before the far side
// has heard that its own was declined would cross with that one: it gets a lower
// id, so that the far side yields and neither waits for the other.
//
// # Drills
//
// A drill exercises the people. It is a call in all that is said here, and every
// signal of it carries the mark. The first signal settles what a call is: one that
// says otherwise later changes nothing, so neither side can turn the one into the
// other under somebody's hands.
//
// A real call beats a drill. One that is placed ends the drill that is live here,
// as interrupted, and is told in its stead; one that the other side places does the
// same when it is heard of. Of a drill and a real call that cross, the real one lives,
// whatever their ids, and it rings: who lifted for a drill has not answered a call. No
// drill can be placed while a real call is live, nor before the other side has
// heard that its own is over. What sounds for a drill stops when a real call comes,
// and starts anew for that one.
//
// # Suspended
//
// A side may close the line to calls ([Machine.Refuse]): those of the other side
// then end at once, as suspended, unless they were answered before. Each side says so of
// itself alone; the machine does not know what the other has decided.
//
// # Held
//
// A call is held while a console in it is lost (silent for one second), or either
// end has its line down. It resumes by itself: when the console is back and ready,
// when another ready console takes it, when the line is up. A hold may last
// [HoldLimit]; a side that is held only by the other waits [Grace] longer. The
// gap is measured by each side's own clock.
//
// # The end
//
// Whoever ends a call stamps it. The other side takes over the reason, and names
// the author if somebody chose it (hung up, declined, cancelled, stopping,
// suspended, and interrupted by a real call). When
// both ended it before they could hear each other:
//
//	ours            theirs          both then show
//	chosen          nobody chose    ours, ended by us
//	nobody chose    chosen          theirs, ended by them
//	chosen          chosen          each its own, ended by us; both ends stand in both ladders
//	unanswered      unanswered      what the called side says
//	nobody chose    nobody chose    the heavier: line lost < console lost < station restarted
//
// A side that speaks of another call has left the one it was in. If why was
// skipped, the likeliest reason is shown.
//
// A call that a side hears of only when it is over is a missed call, and shown.
//
// # A station started again
//
// It knows of no call. To a call that it hears of past its calling it answers
// "ended, station restarted"; the other side does the same when it learns of the
// restart, so neither hangs. A call that still waits for an answer is not over: the
// caller goes on calling, and the station rings anew.
//
// # A hostile far side
//
// Steps that its role or its past forbid change nothing. Reasons that its role
// forbids become the nearest that it allows. It cannot make us show that we ended
// what we did not, or did not end what we did; cannot bring back a call that has
// ended here and is remembered (the last five); cannot make a drill of a call that is
// remembered, nor a call of a drill; cannot hold a call for longer than the limits;
// cannot begin more than four calls at once and one a second after (the newest
// waits its turn, unless a person here lifts).
// Its ladder has a bound, and no time that it gives is compared with ours.
//
// It can lie about itself: that it rang, that it answered, who declined there and
// when. Such a step stands in the ladder as its own.
package call
