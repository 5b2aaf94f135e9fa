package api

// What people do in a call beside lifting and hanging up, and how it is shown.
//
// A call may hold more than one person of a side. One console speaks for the side; others join it to listen
// or, where the line's profile has room for another talker, to speak. The call may be handed over to another
// console. Either side may ask for the other's principal, say that its own is being fetched, and that its own
// is there. Each of these is an entry of the record by the side that does it, and with that a rung of
// both ladders:
//
//	asked      by the side that asks for the other's principal
//	fetching   by the side whose principal is fetched: Who, in how many Minutes
//	present    by the side whose principal is at the console: a statement, not a proof. Who, if one is logged in there
//	           or has proven it by a key
//	joined     a further person: Who, whether that person Speaks
//	left       and is gone again
//	handed     the call is now with Who, on its author's side
//
// A console asks for them on its WebSocket:
//
//	"call" with Drill       the people are exercised; the other side is shown so in every way
//	"join", "leave"         this console listens in, and speaks too if On; is out again
//	"hand"                  the call is To's from now on, another console of this station
//	"ask-principal"         the other side is asked to fetch its principal
//	"fetching"              ours is fetched, and expected in Minutes (0: not known; at most 240)
//	"present"               ours is at this console, which is in the call

// A Joined is one further person in a call. Who speaks for a side stands in [Call.Console], or in the
// newest of the steps answered, called and handed.
type Joined struct {
	Side    string `json:"side"`              // "us" or "them"
	Console string `json:"console,omitempty"` // ours: its id
	Person  string `json:"person,omitempty"`  // as the side's station states
	Role    Role   `json:"role,omitempty"`
	Speaks  bool   `json:"speaks"`
	Talker  int    `json:"talker,omitempty"` // with Speaks: the number of their voice; 0 is who speaks for the side
}
