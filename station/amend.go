package station

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/line"
)

// # Changes of the accord on the wire
//
// An amendment of the accord travels as messages of the entries' stream, each a kind byte and
// what follows:
//
//	1  proposal    a side's signed change: of its own addresses, or what the other's people have approved
//	2  amendment   signed by both: the answer to 1, or one that the other side has missed
//	3  serial      4 bytes, big-endian: the newest amendment that the sender holds
//
// Whenever the line opens, or the far station has restarted, each side sends 3, then its proposal
// that is still pending. Whoever hears an older 3 than its own sends the next [mostMissed]
// amendments, then its own 3; whoever hears a newer one sends its own, unless it has said just that
// before. After an amendment what is still proposed is sent anew. All of it may come
// twice: what is held already changes nothing. Where two proposals cross, the first party's goes first; the second
// party counter-signs it and proposes its own anew, to follow.
//
// # Addresses while they change
//
// The side that counter-signs goes on with the old addresses for [moveDelay], so that its
// answer still arrives; the side that proposed hears both from then on, and sends from
// the new ones after [moveDelay]. If every path moves at once and the answer is
// lost, one side holds the amendment and the other does not. So a side with a pending
// proposal and a line that is down tries the proposed addresses and the old in turn,
// each for [tryPeriod].
const (
	kindProposal  = 1
	kindAmendment = 2
	kindSerial    = 3
)

const (
	tryPeriod = 10 * time.Second

	// mostMissed is how many missed amendments one answer brings.
	mostMissed = 16

	// The messages of a hostile station cost CPU and disk, its amendments for ever. So it
	// may send choreBurst of them at once and chorePerSecond from then on, and change its addresses
	// changeBurst times at once and changePerSecond from then on.
	choreBurst      = 64
	chorePerSecond  = 1
	changeBurst     = 16
	changePerSecond = 1. / 3600

	// complainEvery is how often the log hears of a line's refused messages.
	complainEvery = time.Minute
)

// Amendments keeps a line's changes of address. Its methods touch the disk: they are called
// off the loop, one at a time for each line.
type Amendments interface {
	// Newest is the serial of the newest amendment in force; 0 for none.
	Newest() uint32
	// After gives the amendments in force after a serial; Digest that of one of them.
	After(serial uint32) [][]byte
	Digest(serial uint32) (digest [32]byte, ok bool)
	// Pending is our own proposal that waits for the other's signature; nil for none.
	Pending() []byte
	// Countersign checks and signs the other's proposal and puts it in force.
	Countersign(proposal []byte) (amendment []byte, err error)
	// Apply puts in force what both have signed.
	Apply(amendment []byte) error
	// Agreed is what the accord says now, View all of it as people see it.
	Agreed() Agreed
	View() (api.Accord, error)
	// Motions are what we ask the other's people for, unless they have refused it, and what we are asked for.
	Motions() (own, far *accord.Asked)
	Propose(now time.Time, c accord.Change) error
	Withdraw() error
	Decide(now time.Time, id accord.Digest, v accord.Verdict) error
	// HearMotion and HearVerdict take what the other says, and tell whether it is new.
	HearMotion(text []byte) (changed bool, err error)
	HearVerdict(id accord.Digest, v accord.Verdict, at time.Time) (changed bool, err error)
	// Paths is how the paths stand now; with proposed, how they would stand with our
	// pending proposal.
	Paths(ctx context.Context, proposed bool) ([]PathOptions, error)
}

// A chore is work on a line's amendments, off the loop. It gives the messages to send.
type chore struct {
	do     func(Amendments) (say [][]byte, err error)
	change bool         // of the other side's, if it is done
	motion bool         // of what the other side asks for, if it is done
	ended  chan<- error // who waits for it; nil: nobody, and what is refused is the other side's
}

// amending is the part of a line that sees to its amendments. The loop owns it.
type amending struct {
	chores     []chore // the first is under way
	heard      budget  // of messages
	changes    budget  // of proposals
	motions    budget  // of what the other side asks for
	complained time.Time
	refused    int  // messages since complained
	watching   bool // a tryAddresses is on its way
	proposed   bool // the paths stand as proposed

	said uint32 // the serial last sent; the chore under way owns it
}

var errFlood = errors.New("station: too many messages about the accord")

// offerAmendments says what we hold and what we propose.
func (e *lineEnd) offerAmendments() {
	if e.opt.Amendments != nil {
		e.doChore(chore{do: func(a Amendments) ([][]byte, error) {
			return slices.Concat([][]byte{e.serial(a)}, pending(a), motion(a), answered(a)), nil
		}})
	}
}

// serial is a message of what we hold. The chore under way makes it.
func (w *amending) serial(a Amendments) []byte {
	w.said = a.Newest()
	return binary.BigEndian.AppendUint32([]byte{kindSerial}, w.said)
}

// pending is a message of our proposal, if there is one.
func pending(a Amendments) [][]byte {
	if p := a.Pending(); p != nil {
		return [][]byte{framed(kindProposal, p)}
	}
	return nil
}

func framed(kind byte, body []byte) []byte { return append([]byte{kind}, body...) }

// farMessage takes one message of a stream. Nothing it says is believed here: it
// is checked off the loop.
func (e *lineEnd) farMessage(st line.Stream, msg []byte) error {
	if e.opt.Amendments == nil || st != line.StreamEntries {
		return fmt.Errorf("station: message of %d bytes on stream %s, want none", len(msg), st)
	}
	kind, body, err := parseMessage(msg)
	if err != nil {
		return err
	}
	now := e.s.opt.Now()
	w := &e.amending
	if w.theirs() >= choreBurst || !w.heard.spend(now, chorePerSecond, choreBurst) {
		return errFlood
	}
	switch kind {
	case kindProposal:
		if !w.changes.left(now, changePerSecond, changeBurst) {
			return errFlood
		}
		e.doChore(chore{do: func(a Amendments) ([][]byte, error) { return countersign(a, body) }, change: true})
	case kindAmendment:
		e.doChore(chore{do: func(a Amendments) ([][]byte, error) { return nil, a.Apply(body) }})
	case kindSerial:
		far := binary.BigEndian.Uint32(body)
		e.doChore(chore{do: func(a Amendments) ([][]byte, error) { return w.compare(a, far), nil }})
	case kindMotion, kindVerdict:
		return e.farMotion(now, kind, body)
	}
	return nil
}

// theirs is how much work waits that the other side has caused: what people here ask for shuts its messages out no more
// than these do.
func (w *amending) theirs() (n int) {
	for i := range w.chores {
		if w.chores[i].ended == nil {
			n++
		}
	}
	return n
}

// parseMessage takes a message apart. body is a copy.
func parseMessage(msg []byte) (kind byte, body []byte, err error) {
	if len(msg) == 0 {
		return 0, nil, errors.New("station: empty message, want a kind")
	}
	kind, body = msg[0], append([]byte(nil), msg[1:]...)
	switch {
	case (kind < kindProposal || kind > kindSerial) && kind != kindMotion && kind != kindVerdict:
		err = fmt.Errorf("station: message of kind %d, want 1, 2, 3, 7 or 8", kind)
	case kind == kindSerial && len(body) != 4:
		err = fmt.Errorf("station: message serial has %d bytes, want 4", len(body))
	case kind == kindVerdict && len(body) != verdictSize:
		err = fmt.Errorf("station: message verdict has %d bytes, want %d", len(body), verdictSize)
	case kind != kindSerial && len(body) > accord.MaxFile:
		err = fmt.Errorf("station: message of kind %d has %d bytes, want at most %d", kind, len(body), accord.MaxFile)
	}
	return kind, body, err
}

func countersign(a Amendments, proposal []byte) ([][]byte, error) {
	answer, err := a.Countersign(proposal)
	if err != nil {
		return nil, err
	}
	return [][]byte{framed(kindAmendment, answer)}, nil
}

// compare answers the other side's serial.
func (w *amending) compare(a Amendments, far uint32) (say [][]byte) {
	switch own := a.Newest(); {
	case far < own:
		after := a.After(far)
		for _, m := range after[:min(len(after), mostMissed)] {
			say = append(say, framed(kindAmendment, m))
		}
		say = append(say, w.serial(a))
	case far > own && own != w.said:
		say = append(say, w.serial(a))
	}
	return say
}

// doChore does one piece of work off the loop after those that wait, sends what comes of it,
// and moves the paths to where the accord has them then.
func (e *lineEnd) doChore(c chore) {
	e.amending.chores = append(e.amending.chores, c)
	if len(e.amending.chores) == 1 {
		e.nextChore()
	}
}

// A result is what came of a chore, and how the accord stands after it.
type result struct {
	say    [][]byte
	before uint32 // the newest amendment
	after  uint32
	paths  []PathOptions
	agreed Agreed
	err    error
}

func (e *lineEnd) nextChore() {
	a, c := e.opt.Amendments, e.amending.chores[0]
	var r result
	e.s.background(func() error {
		r = c.run(a)
		return r.err
	}, func(error) {
		if e.closed {
			e.abandonChores()
		} else {
			e.choreDone(r)
		}
	})
}

// run does the chore. It touches the disk, so it runs off the loop.
func (c *chore) run(a Amendments) (r result) {
	r.before = a.Newest()
	r.after = r.before
	if r.say, r.err = c.do(a); r.err != nil {
		return r
	}
	r.after, r.agreed = a.Newest(), a.Agreed()
	if r.after != r.before {
		r.paths, r.err = a.Paths(context.Background(), false)
	}
	return r
}

// abandonChores tells those who wait that the line is gone.
func (e *lineEnd) abandonChores() {
	for _, c := range e.amending.chores {
		if c.ended != nil {
			c.ended <- &api.Error{Code: "no-such-line", Text: "The line with " + e.opt.Peer + " was taken out of use.", Action: "See the lines with ringdown status."}
		}
	}
	e.amending.chores = nil
}

func (e *lineEnd) choreDone(r result) {
	w := &e.amending
	done := w.chores[0]
	w.chores = w.chores[1:]
	for _, msg := range r.say {
		e.sendMessage(msg)
	}
	if r.err != nil && done.ended == nil {
		e.complain(r.err)
	}
	changed := r.before != r.after
	if r.agreed.Proposed != nil && (changed || !reflect.DeepEqual(r.agreed.Proposed, e.agreed.Proposed)) {
		e.accordChanged(done, r)
	}
	if changed {
		e.amended(done, r.paths)
	}
	if done.ended != nil {
		done.ended <- r.err
	}
	if changed { // what we still propose follows now another amendment
		w.chores = append(w.chores, chore{do: func(a Amendments) ([][]byte, error) { return pending(a), nil }})
	}
	if len(w.chores) > 0 {
		e.nextChore()
	}
}

// accordChanged takes over what is agreed and proposed now: here whoever lives by it hears of it.
func (e *lineEnd) accordChanged(done chore, r result) {
	if done.motion {
		e.amending.motions.spend(e.s.opt.Now(), motionPerSecond, motionBurst)
	}
	e.agree(r.agreed)
	e.touch()
}

// amended goes on after an amendment has come into force.
func (e *lineEnd) amended(done chore, paths []PathOptions) {
	e.s.log.Info("the accord is amended", "line", e.slug)
	if done.change {
		e.amending.changes.spend(e.s.opt.Now(), changePerSecond, changeBurst)
	}
	e.amending.proposed = false
	e.enterAccord()
	if paths != nil {
		e.move(paths, moveDelay)
	}
}

func (e *lineEnd) sendMessage(msg []byte) {
	if err := e.line.SendMessage(line.StreamEntries, msg); err != nil {
		e.s.log.Warn("message to the other station not sent", "line", e.slug, "error", err)
	}
}

// complain logs what was refused of the other station, and shows a person what
// matters: that it contradicts itself.
func (e *lineEnd) complain(err error) {
	if errors.Is(err, accord.ErrFork) {
		e.s.notice("fork "+e.slug, "failure", fmt.Sprintf("%s has signed two different changes of the accord with one number: %v.", e.opt.Peer, err),
			"Keep this station's folder and its log as proof, and ask "+e.opt.Peer+" by another channel; only one of the two is in force.")
	}
	if errors.Is(err, accord.ErrCrossed) {
		return // the other side makes its proposal anew
	}
	w := &e.amending
	w.refused++
	if now := e.s.opt.Now(); now.Sub(w.complained) >= complainEvery {
		e.s.log.Warn("message from the other station refused", "line", e.slug, "error", err, "refused", w.refused)
		w.complained, w.refused = now, 0
	}
}

// watchAddresses begins to look at a line that is down; see the comment above.
func (e *lineEnd) watchAddresses() {
	if e.opt.Amendments == nil || e.amending.watching {
		return
	}
	e.amending.watching = true
	time.AfterFunc(tryPeriod, func() { e.s.post(e.tryAddresses) })
}

// tryAddresses moves the paths of a line that is still down to the addresses of our
// pending proposal, or back. Those of a line that is up belong where the accord has them.
func (e *lineEnd) tryAddresses() {
	e.amending.watching = false
	if e.closed || e.up && !e.amending.proposed {
		return
	}
	e.watchAddresses()
	a, proposed := e.opt.Amendments, !e.amending.proposed
	var paths []PathOptions
	e.s.background(func() (err error) {
		if !proposed || a.Pending() != nil {
			paths, err = a.Paths(context.Background(), proposed)
		}
		return err
	}, func(err error) {
		if !e.closed && err == nil && len(e.amending.chores) == 0 && paths != nil && !(e.up && proposed) {
			e.amending.proposed = proposed
			e.move(paths, 0)
		}
	})
}

// A budget bounds how often something may be done. The zero budget is full.
type budget struct {
	spent float64
	last  time.Time
}

// left reports whether one is left in a budget that holds at most burst and regains so
// many a second.
func (b *budget) left(now time.Time, perSecond, burst float64) bool {
	b.spent = max(0, b.spent-perSecond*max(0, now.Sub(b.last).Seconds()))
	b.last = now
	return b.spent+1 <= burst
}

// spend takes one, if one is left.
func (b *budget) spend(now time.Time, perSecond, burst float64) bool {
	if !b.left(now, perSecond, burst) {
		return false
	}
	b.spent++
	return true
}
