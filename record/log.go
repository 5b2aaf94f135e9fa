package record

import (
	"fmt"
	"time"
)

// A Standing says whether a station knows where its own log stands. It numbers and
// signs only while it [Stands].
type Standing uint8

// The standings.
const (
	Unheard   Standing = iota // the far side has not said what it holds
	Behind                    // the far side holds more of our log than we: catch up
	FarBehind                 // the far side lost what it had co-signed: send it again
	Stands
	Forked // our key signed two histories: a person must decide
)

func (s Standing) String() string {
	if s == Unheard {
		return "unheard"
	}
	return nameOf("standing", []string{"", "behind", "far behind", "stands", "forked"}, uint8(s))
}

// WithheldAfter is how long a co-signature may take, or a word on where our log stands, before it is shown
// as withheld. Time counts only while the line is up.
const WithheldAfter = 10 * time.Second

// A Draft is an entry before it has a number.
type Draft struct {
	Time  time.Time // when it was written
	Call  CallID
	Seen  Tree  // of the other's log, when it was written; zero: nothing
	About []Ref // in any order
	Body  Body
}

// A LogConfig is what a [Log] is made from.
type LogConfig struct {
	Own, Far *Party
	Sign     Signer      // with the private half of Own.Log
	Hashes   HashReader  // of this log, as far as batches were committed
	State    State       // as last stored
	Salt     func() Salt // default: random
}

// A Log is a station's own log of one line: the pure core, without disk or clock.
// One loop owns it. It holds the edge of the tree and no entry.
type Log struct {
	cfg      LogConfig
	state    State
	edge     edge
	batch    *Batch // being written
	standing Standing
	target   *Checkpoint // while Behind: what the far side holds
	allowed  Allowance
	waits    []wait // committed, not co-signed, the oldest first
	unstood  wait   // since when the far side keeps this log from standing; zero: it does not

	upSince time.Time     // zero: the line is down
	upLast  time.Duration // how long it was up before that
}

// A wait is since when the far side is waited for: to co-sign a size, or to let the log stand.
type wait struct {
	size  int64
	since time.Time
	up    time.Duration // how long the line had been up then
}

// maxWaits bounds waits; of more, the newest are not timed by themselves.
const maxWaits = 64

// OpenLog verifies what was stored. The log then is [Unheard], unless a fork of it
// is known.
func OpenLog(cfg LogConfig) (*Log, error) {
	if cfg.Salt == nil {
		cfg.Salt = newSalt
	}
	e, err := cfg.State.open(cfg.Own, cfg.Far, cfg.Hashes)
	if err != nil {
		return nil, err
	}
	l := &Log{cfg: cfg, state: cfg.State, edge: e}
	l.unhear()
	return l, nil
}

// Tree is the log as far as it is durable.
func (l *Log) Tree() Tree { return l.edge.tree() }

// State is what the store must keep. It changes with a batch, with a co-signature,
// and when a fork is found.
func (l *Log) State() State { return l.state }

// Standing says whether the log may grow.
func (l *Log) Standing() Standing { return l.standing }

// Target is, while [Behind], the checkpoint to catch up with.
func (l *Log) Target() *Checkpoint { return l.target }

// Allow sets how far the far side lets this log grow.
func (l *Log) Allow(a Allowance) { l.allowed = a }

// Up says that the line is up, to a far side of which nothing is known yet: until it is
// heard, nothing is numbered. How long it was waited for before is not forgotten.
func (l *Log) Up(now time.Time) {
	l.unhear()
	if l.upSince.IsZero() {
		l.upSince = now
	}
	l.stand(now)
}

// Down says that the line is down: until it is up and the far side is heard again,
// nothing is numbered.
func (l *Log) Down(now time.Time) {
	l.unhear()
	l.upSince, l.upLast = time.Time{}, l.upFor(now)
}

func (l *Log) unhear() {
	l.standing, l.target = Unheard, nil
	if l.state.Fork != nil {
		l.standing = Forked
	}
}

// Heard takes what the far side says is the newest checkpoint that it holds of this
// log; nil if it holds none. A co-signature in it must hold, but need not be there.
// A standing other than [Stands] is no error, but a fork is.
func (l *Log) Heard(now time.Time, c *Checkpoint) (Standing, error) {
	if l.batch != nil {
		return l.standing, refuse(ErrBusy, "own log", "a batch not committed", "none")
	}
	if l.state.Fork != nil {
		return l.standing, l.state.Fork.err()
	}
	if c == nil {
		c = &Checkpoint{Origin: l.cfg.Own.Origin, Tree: EmptyTree()}
	} else if err := l.genuine(c); err != nil {
		return l.standing, err
	}
	if c.Tree.Size > l.edge.size {
		l.standing, l.target = Behind, c
		l.stand(now)
		return Behind, nil
	}
	fork, err := newFork(c, l.state.Newest, l.cfg.Hashes)
	if err != nil {
		return l.standing, err
	}
	if fork != nil {
		return l.forked(fork)
	}
	l.standing, l.target = Stands, nil
	if c.Tree.Size < sizeOf(l.state.Cosigned) {
		l.standing = FarBehind
	}
	l.stand(now)
	l.wait(now)
	return l.standing, nil
}

// genuine verifies a checkpoint of ours that the far side shows.
func (l *Log) genuine(c *Checkpoint) error {
	if err := c.Verify(l.cfg.Own); err != nil {
		return err
	}
	if c.Cosignature != nil {
		return c.VerifyCosignature(l.cfg.Far)
	}
	return nil
}

func (l *Log) forked(f *Fork) (Standing, error) {
	l.state.Fork, l.standing, l.target = f, Forked, nil
	l.waits, l.unstood = nil, wait{}
	if l.batch != nil {
		l.batch.State.Fork = f
	}
	return Forked, f.err()
}

// Append numbers drafts, in their order, and signs the log with them. Nothing of
// the batch may be sent before [Log.Committed]. If writing it fails, or may have failed,
// it is the same batch that must be written again: its numbers are given.
// Without drafts the log is signed as it is.
func (l *Log) Append(drafts ...Draft) (*Batch, error) {
	switch {
	case l.state.Fork != nil:
		return nil, l.state.Fork.err()
	case l.batch != nil:
		return nil, refuse(ErrBusy, "own log", "a batch not committed", "none")
	case l.standing != Stands:
		return nil, refuse(ErrStanding, "own log", "standing "+l.standing.String(), Stands.String())
	}
	b := newBatch(l.edge, l.state)
	for _, d := range drafts {
		if d.Body == nil {
			return nil, refuse(ErrMalformed, "draft", "no body", "one")
		}
		e := d.entry(b.edge.size, l.cfg.Salt)
		encoded, err := e.Encode()
		if err == nil {
			err = l.allowed.check(&e.Header)
		}
		if err == nil {
			err = b.add(e, encoded)
		}
		if err != nil {
			return nil, err
		}
	}
	return l.seal(b)
}

func (d *Draft) entry(number int64, salt func() Salt) *Entry {
	seen := d.Seen
	if seen == (Tree{}) {
		seen = EmptyTree()
	}
	h := Header{Number: number, Time: d.Time.UnixMilli(), Kind: d.Body.Kind(), Call: d.Call, Seen: seen, About: sortRefs(d.About)}
	return &Entry{Header: h, HeaderSalt: salt(), Body: d.Body, BodySalt: salt()}
}

// seal signs the log with a batch, and makes that the one being written.
func (l *Log) seal(b *Batch) (*Batch, error) {
	c, err := sign(l.cfg.Own, b.Tree(), l.cfg.Sign)
	if err != nil {
		return nil, err
	}
	b.State.Newest = c
	l.batch = b
	return b, nil
}

// Committed says that the batch is durable.
func (l *Log) Committed(now time.Time) {
	if l.batch == nil {
		return
	}
	l.state, l.edge, l.batch = l.batch.State, l.batch.edge, nil
	if l.standing == Behind && l.edge.tree() == l.target.Tree {
		l.caughtUp()
	}
	l.stand(now)
	l.wait(now)
}

// CatchUp takes, while [Behind], entries of our own log from the far side's copy:
// the next after those that we hold, with the proof that the target continues the log with them.
// Bodies that are erased there stay erased.
func (l *Log) CatchUp(entries [][]byte, p Proof) (*Batch, error) {
	switch {
	case l.batch != nil:
		return nil, refuse(ErrBusy, "own log", "a batch not committed", "none")
	case l.standing != Behind:
		return nil, refuse(ErrStanding, "own log", "standing "+l.standing.String(), Behind.String())
	}
	b := newBatch(l.edge, l.state)
	for _, encoded := range entries {
		e, err := ParseEntry(encoded)
		if err == nil {
			err = b.add(e, encoded)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := CheckTree(p, b.Tree(), l.target.Tree); err != nil {
		return nil, err
	}
	return l.seal(b) // a part of what we signed before
}

func (l *Log) caughtUp() {
	if l.target.Cosignature != nil && l.target.Tree.Size > sizeOf(l.state.Cosigned) {
		l.state.Cosigned = l.target
	}
	l.standing, l.target = Stands, nil
}

// Contest proves, while [Behind], that the target does not continue our log: its first
// entries, as many as we hold, have another root. Then our key signed two histories.
func (l *Log) Contest(root Hash, p Proof) error {
	if l.standing != Behind || l.state.Newest == nil {
		return refuse(ErrStanding, "own log", "standing "+l.standing.String(), Behind.String())
	}
	f := &Fork{A: l.state.Newest.bare(), B: l.target.bare(), Root: root, Proof: p}
	if err := f.Verify(l.cfg.Own); err != nil {
		return err
	}
	_, err := l.forked(f)
	return err
}

// Convict takes a proof, shown by the far side, that our key signed two histories.
func (l *Log) Convict(f *Fork) error {
	if err := f.Verify(l.cfg.Own); err != nil {
		return err
	}
	_, err := l.forked(f)
	return err
}

// CheckpointAt signs an earlier size again, for a far side that catches up in parts.
func (l *Log) CheckpointAt(size int64) (*Checkpoint, error) {
	if l.standing != Stands && l.standing != FarBehind {
		return nil, refuse(ErrStanding, "own log", "standing "+l.standing.String(), Stands.String())
	}
	return l.at(size)
}

func (l *Log) at(size int64) (*Checkpoint, error) {
	if c := l.state.Newest; c != nil && c.Tree.Size == size {
		return c.bare(), nil
	}
	t, err := l.TreeAt(size)
	if err != nil {
		return nil, err
	}
	return sign(l.cfg.Own, t, l.cfg.Sign)
}

// TreeAt is this log at a size that it has reached. It is what a [Copy] of the
// other's log checks the sizes seen against.
func (l *Log) TreeAt(size int64) (Tree, error) {
	fault := ErrStanding // we may yet learn that we had signed more
	if l.standing == Stands || l.standing == FarBehind {
		fault = ErrSeen
	}
	if size < 0 || size > l.edge.size {
		return Tree{}, refuse(fault, "own log", fmt.Sprintf("%d entries asked for", size), fmt.Sprintf("at most %d", l.edge.size))
	}
	return TreeAt(size, l.cfg.Hashes)
}
