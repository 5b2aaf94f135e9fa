package replica

import (
	"errors"
	"fmt"
	"time"

	"ringdown/record"
)

// Chosen here: when what was asked is asked again, and how often at most.
const (
	askAgain    = 10 * time.Second
	resyncEvery = time.Second
)

// A session is what is known since the line came up, or the far station restarted.
type session struct {
	up      bool
	met     bool // our last question was answered
	serial  int64
	asked   time.Time // when serial was sent; zero: nothing is asked
	resync  time.Time // when a new question is due; zero: none is
	farSize int64     // of the far side's own log, as it says
	allow   record.Allowance
	full    bool   // what it holds is all that it allows, but for calls
	pending *hello // an answer that came while a batch of ours was being written
	refused bool   // entries came that have seen more of our log than we hold yet
	proofs  bool   // of forks were sent

	unanswered bool  // a question waits for a batch to be durable
	question   int64 // its serial

}

// LineUp says that the line is up, to a far station of which nothing is known yet.
func (r *Replica) LineUp(now time.Time) {
	r.now = now
	r.log.Up(now)
	r.lose()
	r.ses = session{up: true}
	r.runs.apartAt = now
	r.ask(now)
	r.cfg.Hooks.Changed()
}

// LineDown says that the line is down.
func (r *Replica) LineDown(now time.Time) {
	r.now = now
	r.log.Down(now)
	r.lose()
	r.ses = session{}
	r.cfg.Hooks.Changed()
}

// FarRestarted says that the far station is another run: what was sent may never have come.
func (r *Replica) FarRestarted(now time.Time) { r.LineUp(now) }

// Overrun says that messages of the far station were dropped here.
func (r *Replica) Overrun(now time.Time) {
	r.now = now
	r.again(now)
}

// lose forgets what was true of the session.
func (r *Replica) lose() {
	r.out.lose()
	r.back = catchUp{}
	r.mend.lose()
	r.files.lose()
}

// again asks the far side where it stands, soon: something was lost on the way.
func (r *Replica) again(now time.Time) {
	if !r.ses.up || !r.ses.resync.IsZero() {
		return
	}
	r.ses.resync = now
	if next := r.ses.asked.Add(resyncEvery); next.After(now) {
		r.ses.resync = next
	}
	r.advanceSession(now)
}

// ask sends a hello that wants an answer. What it says of us is true now; only its answer
// tells where we stand, because everything that was sent before has arrived or is lost by then.
func (r *Replica) ask(now time.Time) {
	r.ses.serial++
	r.ses.asked, r.ses.resync = now, time.Time{}
	r.hello(now, flagAsk, 0)
}

func (r *Replica) hello(now time.Time, flag byte, answers int64) {
	held := r.copy.Newest()
	if held != nil && held.Cosignature == nil && r.copy.State().Fork == nil && r.disk.far == nil {
		if c, err := r.cosign(now); err == nil { // a crash forgot it
			held = c
		}
	}
	h := hello{flags: flag, serial: r.ses.serial & 0xffff, answers: answers, run: r.runs.own[0], heard: r.runs.heard, last: r.runs.last,
		size: r.log.Tree().Size, full: sizeOf(r.log.State().CosignedPQ), allow: r.room.grant(r.copy.Tree().Size), held: held}
	r.copy.Allow(h.allow)
	r.send(false, h.encode())
}

func (r *Replica) send(bulk bool, msg []byte) {
	if r.ses.up {
		r.cfg.Hooks.Send(bulk, msg)
	}
}

// advanceSession asks what is due to be asked.
func (r *Replica) advanceSession(now time.Time) {
	s := &r.ses
	switch {
	case !s.up:
	case r.runs.alone(now) && s.met:
		r.runs.apart = false
		r.cfg.Hooks.Changed()
		r.number(now)
	case !s.resync.IsZero() && !now.Before(s.resync), !s.met && !now.Before(s.asked.Add(askAgain)):
		r.ask(now)
	}
}

func (r *Replica) sessionDeadline() time.Time {
	s := &r.ses
	switch {
	case !s.up:
		return time.Time{}
	case !s.resync.IsZero():
		return s.resync
	case !s.met:
		return s.asked.Add(askAgain)
	case r.runs.apart:
		return r.runs.apartAt.Add(apartFor)
	}
	return time.Time{}
}

// hearHello takes a hello.
func (r *Replica) hearHello(now time.Time, body []byte) error {
	if !r.asks.hellos.take(now, 1, 16) {
		return fmt.Errorf("%w: hello", ErrFlood)
	}
	h, err := parseHello(r.cfg.Own, body)
	if err != nil {
		return err
	}
	if h.run == r.runs.last && h.run != r.runs.heard {
		r.cfg.Hooks.Alarm("far clone", "The other station seems to run twice: an earlier run of it came back.", "Tell the other side by another channel.")
	}
	if r.runs.meet(h.run) {
		if err := r.disk.set(now, r.runs.values()); err != nil {
			r.storeFailed(now, err)
		}
	}
	r.cloned(now, h)
	r.ses.farSize = h.size
	r.allow(h.allow, heldSize(h))
	if h.is(flagAsk) {
		r.answerHello(now, h.serial)
		r.askAnew(now)
		r.askedInVain(now, h.serial)
	}
	r.resendPQ(h)
	r.out.restart(now, heldSize(h), r.log.Tree().Size)
	if h.is(flagAnswer) && h.answers == r.ses.serial&0xffff && h.heard == r.runs.own[0] {
		return r.heard(now, h)
	}
	r.number(now)
	return nil
}

// answerHello answers a question. While a batch of the far side's entries is being written it is not known
// whether we hold them: a far side that was restored, and heard that we do not, would give their
// numbers a second time. And which run we heard must be durable before we say it. So the answer waits.
func (r *Replica) answerHello(now time.Time, serial int64) {
	if _, pending := r.disk.values[keyFarRuns]; pending || r.disk.far != nil {
		r.ses.unanswered, r.ses.question = true, serial
		return
	}
	r.ses.unanswered = false
	r.hello(now, flagAnswer, serial)
}

// askAnew asks again when the far side asks and has not answered: it may have begun anew after it
// heard our question. Once in a session at once, then in the rhythm of resyncs.
func (r *Replica) askAnew(now time.Time) {
	switch {
	case !r.ses.up || r.ses.met:
	case r.ses.serial == 1:
		r.ask(now)
	default:
		r.again(now)
	}
}

// askedInVain asks again for what the other side has forgotten that we asked for: it was without a line for a moment, and we
// were not, so it asks the first question of its session in the middle of ours.
func (r *Replica) askedInVain(now time.Time, serial int64) {
	if r.ses.met && serial == 1 {
		r.wantOwn(now)
		r.files.asked = time.Time{}
		r.pull(now)
	}
}

func heldSize(h *hello) int64 { return sizeOf(h.held) }

// heard takes the answer to our newest question: where our own log stands.
func (r *Replica) heard(now time.Time, h *hello) error {
	if r.disk.own != nil {
		r.ses.pending = h // it is heard when the batch is durable
		return nil
	}
	r.ses.met, r.ses.pending = true, nil
	before := r.log.Standing()
	standing, err := r.log.Heard(now, h.held)
	if errors.Is(err, record.ErrFork) {
		r.keepFork(now, true)
		return err
	}
	if err != nil {
		return err
	}
	if h.held != nil && h.held.Cosignature != nil && standing != record.Behind {
		r.cosigned(now, h.held.Tree.Size, h.held.Cosignature)
	}
	r.restored(now, standing)
	r.stand(now, before)
	r.store(now)
	r.askMend(now)
	r.pull(now)
	return nil
}

// stand goes on from where the log stands.
func (r *Replica) stand(now time.Time, before record.Standing) {
	standing := r.log.Standing()
	if standing != before {
		r.cfg.Hooks.Changed()
	}
	r.sendForks()
	switch standing {
	case record.Behind:
		r.wantOwn(now)
	case record.FarBehind:
		r.recall()
		r.pump(now)
	case record.Stands:
		if r.ses.refused {
			r.ses.refused = false
			r.again(now)
		}
		r.number(now)
	}
}

// recall shows the far side what it had co-signed and lost, so that it takes again what was
// erased meanwhile.
func (r *Replica) recall() {
	if c := r.log.State().Cosigned; c != nil {
		r.send(false, message(kindRecall).bytes(c.Compact()).bytes(c.Cosignature))
	}
}

func (r *Replica) hearRecall(now time.Time, body []byte) error {
	if !r.asks.hellos.take(now, 1, 16) {
		return fmt.Errorf("%w: recall", ErrFlood)
	}
	m := &reader{kind: kindRecall, b: body}
	compact, cosignature := m.bytes(record.CompactSize), m.bytes(record.CosignatureSize)
	if err := m.end(); err != nil {
		return err
	}
	c, err := record.ParseCompact(r.cfg.Far, compact)
	if err != nil {
		return err
	}
	c.Cosignature = cosignature
	return r.copy.Recall(c)
}

// Forks.

// keepFork keeps the proof that a log has two histories, tells a person, and shows
// it to the other side.
func (r *Replica) keepFork(now time.Time, own bool) {
	r.keepState(now, own, 0)
	r.flush(now)
	r.tellForks()
	r.ses.proofs = false
	r.sendForks()
}

func (r *Replica) tellForks() {
	if r.log.State().Fork != nil {
		r.cfg.Hooks.Alarm("fork", "This station's key signed two histories of its own log. Nothing more of it is numbered.",
			"Find out where a copy of this station, of its folder or of its key ran, end it, and agree on a new accord.")
	}
	if r.copy.State().Fork != nil {
		r.cfg.Hooks.Alarm("far fork", "The other station signed two histories of its log. Nothing more of it is taken; the proof is kept.",
			"Speak with the other side by another channel: a copy of its station may run, or its key may be stolen.")
	}
}

// sendForks shows the proofs that are held, once a session.
func (r *Replica) sendForks() {
	if r.ses.proofs || !r.ses.met {
		return
	}
	r.ses.proofs = true
	if f := r.log.State().Fork; f != nil {
		r.send(false, message(kindFork).bytes(f.Text(r.cfg.Own)))
	}
	if f := r.copy.State().Fork; f != nil {
		r.send(false, message(kindFork).bytes(f.Text(r.cfg.Far)))
	}
}

// hearFork takes a proof against either of us. Only signatures of the accused count.
func (r *Replica) hearFork(now time.Time, body []byte) error {
	if !r.asks.hellos.take(now, 1, 16) {
		return fmt.Errorf("%w: fork", ErrFlood)
	}
	own := true
	f, err := record.ParseFork(body, r.cfg.Own)
	if err != nil {
		own = false
		if f, err = record.ParseFork(body, r.cfg.Far); err != nil {
			return err
		}
	}
	if own {
		if r.log.State().Fork != nil {
			return nil
		}
		err = r.log.Convict(f)
	} else {
		if r.copy.State().Fork != nil {
			return nil
		}
		err = r.copy.Convict(f)
	}
	if errors.Is(err, record.ErrFork) {
		r.keepFork(now, own)
	}
	return err
}

// allow takes how far the far side, which holds so many entries, lets our log grow.
func (r *Replica) allow(a record.Allowance, held int64) {
	if full := a.Entries <= held; full != r.ses.full {
		r.ses.full = full
		r.cfg.Hooks.Changed()
	}
	r.ses.allow = a
	r.log.Allow(a)
}
