package record

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Limits of a batch.
const (
	MaxBatch      = 256     // entries
	MaxBatchBytes = 1 << 20 // of encoded entries
)

// A State is what a store keeps of a log beside its entries and hashes. The zero
// State is an empty log. It is the same for one's own log and for the copy of the other's.
type State struct {
	Newest     *Checkpoint // the newest that its author signed: the log's size
	Cosigned   *Checkpoint // the newest that the other co-signed, Ed25519
	CosignedPQ *Checkpoint // the same, ML-DSA-44
	Seen       int64       // how much of the other log its last entry had seen
	Fork       *Fork       // proof that its author signed two histories
}

func (s *State) size() int64 { return sizeOf(s.Newest) }

func sizeOf(c *Checkpoint) int64 {
	if c == nil {
		return 0
	}
	return c.Tree.Size
}

// A ProofState is what can be shown for an entry.
type ProofState uint8

// The proof states.
const (
	ProofNone      ProofState = iota // not co-signed: its author's claim alone
	ProofClassical                   // co-signed with Ed25519
	ProofFull                        // and with ML-DSA-44
)

func (p ProofState) String() string {
	if p == ProofNone {
		return "none"
	}
	return nameOf("proof state", []string{"", "classical", "full"}, uint8(p))
}

// Proof says what can be shown for the entry of that number.
func (s *State) Proof(number int64) ProofState {
	switch {
	case number < sizeOf(s.CosignedPQ):
		return ProofFull
	case number < sizeOf(s.Cosigned):
		return ProofClassical
	}
	return ProofNone
}

// open verifies a state read from a store against the keys and the stored hashes,
// and gives the edge of the tree.
func (s *State) open(author, other *Party, r HashReader) (edge, error) {
	for _, p := range []*Party{author, other} {
		if err := p.check(); err != nil {
			return edge{}, err
		}
	}
	if err := s.verify(author, other); err != nil {
		return edge{}, err
	}
	e, err := loadEdge(s.size(), r)
	if err != nil {
		return edge{}, err
	}
	if s.Newest != nil && e.tree() != s.Newest.Tree {
		return edge{}, refuse(ErrStore, "log "+author.Origin, "hashes that make "+e.tree().String(), s.Newest.Tree.String())
	}
	return e, nil
}

func (s *State) verify(author, other *Party) error {
	for _, c := range []*Checkpoint{s.Newest, s.Cosigned, s.CosignedPQ} {
		if c == nil {
			continue
		}
		if err := c.Verify(author); err != nil {
			return err
		}
		if c.Tree.Size > s.size() {
			return refuse(ErrStore, "log "+author.Origin, "a co-signed checkpoint at "+c.Tree.String(), fmt.Sprintf("at most %d entries", s.size()))
		}
	}
	if s.Cosigned != nil {
		if err := s.Cosigned.VerifyCosignature(other); err != nil {
			return err
		}
	}
	if s.CosignedPQ != nil {
		if err := s.CosignedPQ.VerifyCosignaturePQ(other); err != nil {
			return err
		}
	}
	if s.Fork != nil {
		return s.Fork.Verify(author)
	}
	return nil
}

// A Batch is what must become durable together or not at all, before anything of
// it is sent. Written twice, it is the same twice.
type Batch struct {
	First   int64    // number of the first entry: what the log must hold before
	Entries [][]byte // encoded
	Hashes  []Hash   // of the tree, to store from HashIndex on
	State   State    // of the log, with the batch

	edge  edge
	bytes int // of Entries
}

// HashIndex is the index of the first of Hashes, in the order of [HashReader].
func (b *Batch) HashIndex() int64 { return tlog.StoredHashIndex(0, b.First) }

// Tree is the log with the batch.
func (b *Batch) Tree() Tree { return b.edge.tree() }

func newBatch(e edge, s State) *Batch { return &Batch{First: e.size, State: s, edge: e} }

// add puts an entry of that encoding at the end.
func (b *Batch) add(e *Entry, encoded []byte) error {
	size := b.bytes + len(encoded)
	if len(b.Entries) >= MaxBatch || size > MaxBatchBytes {
		return refuse(ErrLimit, fmt.Sprintf("batch from %d on", b.First), fmt.Sprintf("%d entries, %d bytes", len(b.Entries)+1, size),
			fmt.Sprintf("at most %d and %d", MaxBatch, MaxBatchBytes))
	}
	if e.Number != b.edge.size {
		return refuse(ErrNumber, "entry", fmt.Sprintf("number %d", e.Number), fmt.Sprintf("%d", b.edge.size))
	}
	if e.Seen.Size < b.State.Seen {
		return refuse(ErrSeen, fmt.Sprintf("entry %d", e.Number), fmt.Sprintf("%d entries seen", e.Seen.Size), fmt.Sprintf("at least %d, as before it", b.State.Seen))
	}
	b.State.Seen = e.Seen.Size
	b.bytes = size
	b.Entries = append(b.Entries, encoded)
	b.Hashes = append(b.Hashes, b.edge.add(e.Leaf().Hash())...)
	return nil
}

// An Allowance is how far a log may grow. The side that keeps the copy grants it
// from the room it has (an entry takes at most [MaxEntry] bytes), raises it as time goes on,
// and keeps a part for calls. The zero Allowance allows nothing.
type Allowance struct {
	Entries int64 // numbers below this may be given to any entry
	Calls   int64 // numbers below this to entries that are [Kind.Urgent]; not less than Entries
}

func (a Allowance) check(h *Header) error {
	limit := a.Entries
	if h.Kind.Urgent() {
		limit = a.Calls
	}
	if h.Number >= limit {
		return refuse(ErrLimit, fmt.Sprintf("%s, entry %d", h.Kind, h.Number), "no room granted", fmt.Sprintf("a number below %d", limit))
	}
	return nil
}
