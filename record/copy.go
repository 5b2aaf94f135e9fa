package record

import (
	"encoding/binary"
	"fmt"
	"time"
)

// A CopyConfig is what a [Copy] is made from.
type CopyConfig struct {
	Own, Far *Party
	Cosign   Signer     // with the private half of Own.Cosign
	CosignPQ Signer     // with that of Own.CosignPQ
	Hashes   HashReader // of this copy, as far as batches were committed
	State    State      // as last stored

	// OwnTree gives our own log at a size; [Log.TreeAt]. What the other side says to have
	// seen is checked against it.
	OwnTree func(size int64) (Tree, error)
}

// A Copy is a station's copy of the other's log: the pure core, without disk or
// clock. The other side is taken to be hostile. One loop owns it. It holds the edge of the tree
// and no entry.
type Copy struct {
	cfg      CopyConfig
	state    State
	edge     edge
	batch    *Batch      // being written
	offered  *Checkpoint // signed by the other, not yet shown to fit
	recalled int64       // we had co-signed this many entries
	allowed  Allowance
	seen     Tree // last checked with OwnTree
}

// OpenCopy verifies what was stored.
func OpenCopy(cfg CopyConfig) (*Copy, error) {
	e, err := cfg.State.open(cfg.Far, cfg.Own, cfg.Hashes)
	if err != nil {
		return nil, err
	}
	return &Copy{cfg: cfg, state: cfg.State, edge: e, seen: EmptyTree()}, nil
}

// Tree is the copy as far as it is durable: what an own entry written now has [Header.Seen].
func (c *Copy) Tree() Tree { return c.edge.tree() }

// State is what the store must keep. It changes with a batch, with our co-signatures,
// and when a fork is found.
func (c *Copy) State() State { return c.state }

// Newest is the newest checkpoint of the other's log that we hold, with our
// co-signature where it has one: what the other must hear before it numbers. Nil: none.
func (c *Copy) Newest() *Checkpoint {
	if n := c.state.Cosigned; n != nil && n.Tree == c.state.Newest.Tree {
		return n
	}
	return c.state.Newest
}

// Allow sets how far the copy may grow. It must have been told to the other side,
// and never falls while the line is up.
func (c *Copy) Allow(a Allowance) { c.allowed = a }

// Compare holds a checkpoint that the other shows against the copy: how many
// entries are missing here (negative: that many are missing there). A checkpoint that contradicts
// the copy is a fork: the proof is in the state from then on.
func (c *Copy) Compare(x *Checkpoint) (missing int64, err error) {
	if err := x.Verify(c.cfg.Far); err != nil {
		return 0, err
	}
	if c.state.Fork != nil {
		return 0, c.state.Fork.err()
	}
	if x.Tree.Size > c.edge.size {
		c.offered = x
		return x.Tree.Size - c.edge.size, nil
	}
	f, err := newFork(x, c.state.Newest, c.cfg.Hashes)
	if err != nil {
		return 0, err
	}
	if f != nil {
		return 0, c.forked(f)
	}
	return x.Tree.Size - c.edge.size, nil
}

func (c *Copy) forked(f *Fork) error {
	c.state.Fork = f
	if c.batch != nil {
		c.batch.State.Fork = f
	}
	return f.err()
}

// Recall takes a checkpoint that we co-signed and have lost, from the other side: up to
// it entries may come without bodies, because the other side may have erased them meanwhile. When
// the copy has reached it again, it is to be compared ([Copy.Compare]).
func (c *Copy) Recall(x *Checkpoint) error {
	if err := x.Verify(c.cfg.Far); err != nil {
		return err
	}
	if err := x.VerifyCosignature(c.cfg.Own); err != nil {
		return err
	}
	c.recalled = max(c.recalled, x.Tree.Size)
	return nil
}

// Accept takes the other's next entries, and the checkpoint that it signed at the
// size with them: all or none. Without entries it takes a newer signature of the same
// tree. [ErrStanding] means that an entry has seen more of our own log than we hold while that
// is catching up: it is for later. Nothing is co-signed before [Copy.Committed].
func (c *Copy) Accept(entries [][]byte, x *Checkpoint) (*Batch, error) {
	if c.batch != nil {
		return nil, refuse(ErrBusy, "copy", "a batch not committed", "none")
	}
	if want := c.edge.size + int64(len(entries)); x.Tree.Size > want || len(entries) > 0 && x.Tree.Size < want {
		return nil, refuse(ErrNumber, "checkpoint", x.Tree.String(), fmt.Sprintf("the %d entries that are with it", want))
	}
	if _, err := c.Compare(x); err != nil {
		return nil, err
	}
	if x.Tree.Size < c.edge.size {
		return nil, refuse(ErrNumber, "checkpoint", x.Tree.String(), fmt.Sprintf("%d entries", c.edge.size))
	}
	b := newBatch(c.edge, c.state)
	for _, encoded := range entries {
		if err := c.take(b, encoded); err != nil {
			return nil, err
		}
	}
	if b.Tree() != x.Tree {
		return nil, refuse(ErrInconsistent, "checkpoint", x.Tree.String(), b.Tree().String())
	}
	b.State.Newest = x.bare()
	c.batch = b
	return b, nil
}

// take checks one entry in all ways in which the other side could lie by it.
func (c *Copy) take(b *Batch, encoded []byte) error {
	e, err := ParseEntry(encoded)
	if err != nil {
		return err
	}
	if e.Body == nil && e.Number >= c.recalled {
		return refuse(ErrMalformed, fmt.Sprintf("entry %d", e.Number), "an erased body", "a new entry to be whole")
	}
	if err := b.add(e, encoded); err != nil {
		return err
	}
	if err := c.allowed.check(&e.Header); err != nil {
		return err
	}
	return c.checkSeen(&e.Header)
}

func (c *Copy) checkSeen(h *Header) error {
	if h.Seen.Size != c.seen.Size {
		t, err := c.cfg.OwnTree(h.Seen.Size)
		if err != nil {
			return fmt.Errorf("record: entry %d: %w", h.Number, err)
		}
		c.seen = t
	}
	if h.Seen != c.seen {
		return refuse(ErrSeen, fmt.Sprintf("entry %d", h.Number), h.Seen.String(), c.seen.String())
	}
	return nil
}

// Committed says that the batch is durable.
func (c *Copy) Committed() {
	if c.batch != nil {
		c.state, c.edge, c.batch = c.batch.State, c.batch.edge, nil
	}
}

// Contest proves that the newest checkpoint that the other showed does not continue
// the log that we hold: its first entries, as many as we hold, have another root. Until there
// is such a proof, an offered checkpoint that does not fit its entries is only refused.
func (c *Copy) Contest(root Hash, p Proof) error {
	if c.offered == nil || c.state.Newest == nil || c.state.Fork != nil {
		return refuse(ErrProof, "fork", "nothing to compare", "two signed checkpoints")
	}
	f := &Fork{A: c.state.Newest.bare(), B: c.offered.bare(), Root: root, Proof: p}
	if err := f.Verify(c.cfg.Far); err != nil {
		return err
	}
	return c.forked(f)
}

// Convict takes a proof from elsewhere that the other signed two histories.
func (c *Copy) Convict(f *Fork) error {
	if err := f.Verify(c.cfg.Far); err != nil {
		return err
	}
	return c.forked(f)
}

// Cosign says to the other: all entries to this size are durable here. The time
// is that of our clock, and never less than in the co-signature before.
func (c *Copy) Cosign(now time.Time) (*Checkpoint, error) {
	x, err := c.cosignable()
	if err != nil {
		return nil, err
	}
	at := notBefore(now, c.state.Cosigned, func(c *Checkpoint) []byte { return c.Cosignature })
	sig, err := c.cfg.Cosign(cosigned(x.Text(), at))
	if err != nil {
		return nil, fmt.Errorf("record: co-signing %s: %w", x.Tree, err)
	}
	x.Cosignature = append(binary.BigEndian.AppendUint64(nil, at), sig...)
	if err := x.VerifyCosignature(c.cfg.Own); err != nil {
		return nil, err
	}
	c.state.Cosigned = x
	c.keepBatch()
	return x, nil
}

// CosignPQ says the same with the post-quantum key.
func (c *Copy) CosignPQ(now time.Time) (*Checkpoint, error) {
	x, err := c.cosignable()
	if err != nil {
		return nil, err
	}
	at := notBefore(now, c.state.CosignedPQ, func(c *Checkpoint) []byte { return c.CosignaturePQ })
	sig, err := c.cfg.CosignPQ(cosignedPQ(c.cfg.Own.Origin, x.Origin, x.Tree, at))
	if err != nil {
		return nil, fmt.Errorf("record: co-signing %s: %w", x.Tree, err)
	}
	x.CosignaturePQ = append(binary.BigEndian.AppendUint64(nil, at), sig...)
	if err := x.VerifyCosignaturePQ(c.cfg.Own); err != nil {
		return nil, err
	}
	c.state.CosignedPQ = x
	c.keepBatch()
	return x, nil
}

// CosignPQEvery is the rhythm of post-quantum co-signatures. Besides, one is made
// at the end of a call and before a disclosure.
const CosignPQEvery = 10 * time.Minute

// DuePQ reports whether there is something new to co-sign with the post-quantum key,
// and the last time is long enough ago.
func (c *Copy) DuePQ(now time.Time) bool {
	last := c.state.CosignedPQ
	if c.state.Newest == nil || c.state.Newest.Tree.Size == sizeOf(last) {
		return false
	}
	return last == nil || now.Sub(CosignedAt(last.CosignaturePQ)) >= CosignPQEvery
}

// keepBatch lets a batch that is being written not undo what was signed meanwhile.
func (c *Copy) keepBatch() {
	if c.batch != nil {
		c.batch.State.Cosigned, c.batch.State.CosignedPQ = c.state.Cosigned, c.state.CosignedPQ
	}
}

// cosignable is the newest durable checkpoint. Of a log with two histories none
// is co-signed.
func (c *Copy) cosignable() (*Checkpoint, error) {
	if c.state.Fork != nil {
		return nil, c.state.Fork.err()
	}
	if c.state.Newest == nil {
		return nil, refuse(ErrStanding, "copy", "no checkpoint", "one signed by "+c.cfg.Far.Origin)
	}
	return c.state.Newest.bare(), nil
}

func notBefore(now time.Time, before *Checkpoint, sig func(*Checkpoint) []byte) uint64 {
	at := max(now.Unix(), 0)
	if before != nil {
		at = max(at, CosignedAt(sig(before)).Unix())
	}
	return uint64(at)
}
