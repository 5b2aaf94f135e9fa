package report

import (
	"cmp"
	"slices"
	"time"

	"ringdown/api"
	"ringdown/record"
)

const (
	// Agreement is by how much the two sides' lengths of a whole call may differ.
	Agreement = 5 * time.Second

	// LongestWait is the longest that a call waits for its answer: no station lets it ring so long.
	LongestWait = 10 * time.Minute

	// longestPrincipal bounds what is believed of a principal's coming.
	longestPrincipal = 24 * time.Hour
)

// Calls are the calls that one log tells of, the newest MostCalls.
type calls struct {
	of    map[callKey]*told
	order []callKey // as the log first named them; the first dropped are gone from of
	gone  int       // how many of order are
}

// A callKey is a call or a drill: an id used for both is two.
type callKey struct {
	id    record.CallID
	drill bool
}

// A told is what one log tells of a call. Times are Unix milliseconds, 0: not told.
type told struct {
	called, reached, answered, present, ended int64

	reason record.Reason
	asks   bool // for the other side's principal
	brings bool // its own
	lost   bool // a console, a station or the line was lost meanwhile
	proven bool // the other side's principal was verified
	other  record.CallID
}

func (c *calls) find(k callKey) *told {
	if t := c.of[k]; t != nil {
		return t
	}
	if c.of == nil {
		c.of = make(map[callKey]*told)
	}
	if len(c.of) == MostCalls {
		delete(c.of, c.order[c.gone])
		if c.gone++; c.gone == MostCalls {
			c.order, c.gone = slices.Clone(c.order[c.gone:]), 0
		}
	}
	t := new(told)
	c.of[k] = t
	c.order = append(c.order, k)
	return t
}

// named are the calls in the order in which the log first named them.
func (c *calls) named() []callKey { return c.order[c.gone:] }

// step takes in one step of a call.
func (c *calls) step(e *record.Entry, s record.CallStep) {
	t := c.find(callKey{e.Call, s.Drill})
	first := func(at *int64) {
		if *at == 0 {
			*at = e.Time
		}
	}
	switch s.Step {
	case record.StepCalled:
		first(&t.called)
	case record.StepReached, record.StepRinging:
		first(&t.reached)
	case record.StepAnswered:
		first(&t.answered)
	case record.StepCrossed:
		t.other = s.Other
	case record.StepAsked:
		t.asks = true
	case record.StepFetching:
		t.brings = true
	case record.StepPresent:
		first(&t.present)
	case record.StepEnded:
		t.ended, t.reason = e.Time, s.Reason
		t.lost = t.lost || lossy[s.Reason]
	}
}

// presence takes in that a station verified the key of the other side's principal.
func (c *calls) presence(e *record.Entry, p record.Presence) {
	if p.Act == record.PresenceVerified {
		c.find(callKey{e.Call, p.Drill}).proven = true
	}
}

// lossy are the ends which each side tells by itself, and so at another time.
var lossy = map[record.Reason]bool{record.LineLost: true, record.ConsoleLost: true, record.Restarted: true, record.Stopping: true}

// A talk is a call as both logs tell it.
type talk struct {
	caller   int // 0 the first party, 1 the second
	drill    bool
	out, in  told // by the caller, by the called side
	crossing bool
}

// talks joins the calls of both logs, by the time at which their callers lifted. Those that yielded
// to another are left out.
func (b *Builder) talks() []talk {
	var list []talk
	yielded := b.yielded()
	for side := range b.logs {
		own, far := &b.logs[side].calls, &b.logs[1-side].calls
		for _, k := range own.named() {
			out := own.of[k]
			if out.called == 0 || yielded[side][k.id] {
				continue
			}
			t := talk{caller: side, drill: k.drill, out: *out}
			if in := far.of[k]; in != nil {
				t.in = *in
				if in.called != 0 && side == 1 {
					continue // both lifted, under one id: it stands with the first party's calls
				}
			}
			t.crossing = t.crossed()
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b talk) int { return cmp.Compare(a.out.called, b.out.called) })
	return list
}

// crossed reports whether both lifted at once: a side says so, and the call was answered there without ever having
// waited. Of one that waited, or that nobody answered, the word of who was called would take it out of the figures.
func (t *talk) crossed() bool {
	said := !t.out.other.IsZero() || !t.in.other.IsZero() || t.in.called != 0
	return said && t.in.reached == 0 && t.answered()
}

// yielded are, for each side, its own calls that by its own log yielded to a crossing one.
func (b *Builder) yielded() (list [2]map[record.CallID]bool) {
	for side := range list {
		list[side] = make(map[record.CallID]bool)
		for _, t := range b.logs[side].calls.of {
			if !t.other.IsZero() {
				list[side][t.other] = true
			}
		}
	}
	return list
}

// answered reports whether the call was: the called side says so, and the caller does not say that
// it heard nobody.
func (t *talk) answered() bool {
	return t.in.answered != 0 && !unheard[t.out.reason]
}

var unheard = map[record.Reason]bool{record.Cancelled: true, record.NoAnswer: true, record.NobodyReady: true,
	record.NotReached: true, record.Declined: true}

// end is the newest end that the caller entered, else the called side's.
func (t *talk) end() record.Reason {
	if t.out.ended != 0 {
		return t.out.reason
	}
	return t.in.reason
}

// contradicted reports whether the times of both sides cannot both be right.
func (t *talk) contradicted() bool {
	wait := t.in.answered - t.in.reached
	if wait < 0 || wait > LongestWait.Milliseconds() {
		return true
	}
	if t.out.ended == 0 || t.in.ended == 0 || t.out.lost || t.in.lost {
		return false
	}
	differ := (t.out.ended - t.out.called) - (t.in.ended - t.in.reached)
	return max(differ, -differ) > Agreement.Milliseconds()
}

// waited is how long an unanswered call had been there when it ended, as the called side tells it, else the caller.
func (t *talk) waited() int64 {
	if t.in.ended != 0 {
		return t.in.ended - t.in.reached
	}
	return t.out.ended - t.out.called
}

// Figures are of calls, while they are added up.
type figures struct {
	api.CallFigures
	answers, principals []int64 // times in milliseconds
	failed              int     // unanswered, and for each mark that is so
	waits               []int64 // of those given up and broken off, how long they waited
}

// add counts a call.
func (f *figures) add(t *talk) {
	f.Count++
	switch {
	case t.crossing:
		f.Crossed++
	case t.answered():
		f.answer(t)
	case t.in.reached == 0 && (t.out.ended != 0 || t.in.ended != 0) && notHeld(t.end()):
		f.NotReached++
	default:
		f.unanswered(t)
	}
}

// notHeld reports whether an end leaves it open that the call never reached the other side.
func notHeld(r record.Reason) bool {
	return r == record.NotReached || r == record.Cancelled || lossy[r]
}

func (f *figures) answer(t *talk) {
	f.Answered++
	if t.out.asks || t.in.brings {
		f.Asked++
	}
	if t.out.proven {
		f.Proven++
	}
	if t.in.reached == 0 {
		return
	}
	if t.contradicted() {
		f.Contradicted++
		return
	}
	f.answers = append(f.answers, t.in.answered-t.in.reached)
	if came := t.in.present - t.in.reached; t.in.present != 0 && came >= 0 && came <= longestPrincipal.Milliseconds() {
		f.principals = append(f.principals, came)
	}
}

func (f *figures) unanswered(t *talk) {
	switch t.end() {
	case record.Declined:
		f.Declined++
		f.failed++
	case record.NoAnswer:
		f.NoAnswer++
		f.failed++
	case record.NobodyReady:
		f.NobodyReady++
		f.failed++
	case record.Cancelled, record.HungUp:
		f.GivenUp++
		f.waits = append(f.waits, t.waited())
	case record.NotReached:
		f.NotReached++
	case record.Suspended:
		f.Suspended++
	case record.Interrupted:
		f.Interrupted++
	case 0:
		f.Open++
	default:
		f.BrokenOff++
		f.waits = append(f.waits, t.waited())
	}
}

// done gives the figures.
func (f *figures) done() api.CallFigures {
	f.Answer = timesOf(f.answers, f.failed, f.waits)
	f.Principal = ranks(f.principals)
	return f.CallFigures
}
