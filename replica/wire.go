package replica

import (
	"encoding/binary"
	"errors"
	"fmt"

	"ringdown/record"
)

// The kinds of message. Those below 16 are not this package's.
const (
	kindHello byte = 16 + iota
	kindEntries
	kindCosigned
	kindCosignedPQ
	kindWant
	kindBack
	kindWantFile
	kindPiece
	kindAskPQ
	kindFork
	kindRecall
)

// Flags of a hello.
const (
	flagAsk = 1 << iota
	flagAnswer
	flagHeld
	flagCosigned
)

// Chosen here: what one message holds at most, and what is under way. The rest of the
// layout is the protocol.
const (
	maxMessage  = 60 << 10
	maxEntries  = 255     // entries of one message
	entriesSize = 8 << 10 // bytes of entries in one message, unless one entry is greater
	pieceSize   = 32 << 10
)

var errMessage = errors.New("replica: message of the far station")

// malformed names what is wrong with a message.
func malformed(kind byte, format string, args ...any) error {
	return fmt.Errorf("%w: kind %d: %s", errMessage, kind, fmt.Sprintf(format, args...))
}

// A writer makes a message.
type writer []byte

func message(kind byte) writer { return writer{kind} }

func (w writer) uint(v int64, size int) writer {
	b := binary.BigEndian.AppendUint64(nil, uint64(v))
	return append(w, b[8-size:]...)
}

func (w writer) bytes(b []byte) writer { return append(w, b...) }

// entries appends entries, each with its length.
func (w writer) entries(list [][]byte) writer {
	for _, e := range list {
		w = w.uint(int64(len(e)), 2).bytes(e)
	}
	return w
}

func (w writer) allowance(a record.Allowance) writer { return w.uint(a.Entries, 6).uint(a.Calls, 6) }

// A reader takes a message apart. After the first fault it gives zeros.
type reader struct {
	kind byte
	b    []byte
	err  error
}

func (r *reader) bytes(n int) []byte {
	if r.err == nil && len(r.b) < n {
		r.err = malformed(r.kind, "%d bytes are left, want %d", len(r.b), n)
	}
	if r.err != nil {
		return make([]byte, n)
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// uint reads size bytes, at most 6.
func (r *reader) uint(size int) (v int64) {
	for _, c := range r.bytes(size) {
		v = v<<8 | int64(c)
	}
	return v
}

func (r *reader) hashes(n int) []record.Hash {
	var list []record.Hash
	for ; n > 0 && r.err == nil; n-- {
		list = append(list, record.Hash(r.bytes(record.HashSize)))
	}
	return list
}

func (r *reader) allowance() record.Allowance {
	a := record.Allowance{Entries: r.uint(6), Calls: r.uint(6)}
	if r.err == nil && a.Calls < a.Entries {
		r.err = malformed(r.kind, "an allowance of %d numbers, %d for calls: want no less for calls", a.Entries, a.Calls)
	}
	return a
}

// entries reads n entries with their lengths.
func (r *reader) entries(n int) [][]byte {
	var list [][]byte
	for ; n > 0 && r.err == nil; n-- {
		size := int(r.uint(2))
		if r.err == nil && (size == 0 || size > record.MaxEntry) {
			r.err = malformed(r.kind, "an entry of %d bytes, want 1 to %d", size, record.MaxEntry)
			return nil
		}
		list = append(list, r.bytes(size))
	}
	return list
}

// end refuses what is left.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.err = malformed(r.kind, "%d bytes after the end", len(r.b))
	}
	return r.err
}

// A hello opens a session; see the package comment.
type hello struct {
	flags            byte
	serial, answers  int64
	run, heard, last Run
	size, full       int64
	allow            record.Allowance
	held             *record.Checkpoint
}

func (h *hello) is(flag byte) bool { return h.flags&flag != 0 }

func (h *hello) encode() []byte {
	if h.held != nil {
		h.flags |= flagHeld
		if h.held.Cosignature != nil {
			h.flags |= flagCosigned
		}
	}
	w := append(message(kindHello), h.flags).uint(h.serial, 2).uint(h.answers, 2)
	w = w.bytes(h.run[:]).bytes(h.heard[:]).bytes(h.last[:]).uint(h.size, 6).uint(h.full, 6).allowance(h.allow)
	if h.held != nil {
		w = w.bytes(h.held.Compact()).bytes(h.held.Cosignature)
	}
	return w
}

// parseHello reads a hello of the far station, and verifies the author's signature in what it
// holds of ours.
func parseHello(own *record.Party, body []byte) (*hello, error) {
	r := &reader{kind: kindHello, b: body}
	h := &hello{flags: r.bytes(1)[0], serial: r.uint(2), answers: r.uint(2)}
	h.run, h.heard, h.last = Run(r.bytes(16)), Run(r.bytes(16)), Run(r.bytes(16))
	h.size, h.full, h.allow = r.uint(6), r.uint(6), r.allowance()
	var compact, cosignature []byte
	if h.is(flagHeld) {
		compact = r.bytes(record.CompactSize)
	}
	if h.is(flagCosigned) {
		cosignature = r.bytes(record.CosignatureSize)
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	switch {
	case h.flags >= flagCosigned<<1 || h.is(flagCosigned) && !h.is(flagHeld) || h.is(flagAsk) == h.is(flagAnswer):
		return nil, malformed(kindHello, "flags %#x, want ask or answer", h.flags)
	case h.run == Run{}:
		return nil, malformed(kindHello, "no run")
	}
	if compact == nil {
		return h, nil
	}
	c, err := record.ParseCompact(own, compact)
	if err != nil {
		return nil, err
	}
	h.held, c.Cosignature = c, cosignature
	return h, nil
}

// encodeEntries is a message of entries from first on, and the checkpoint after them.
func encodeEntries(first int64, list [][]byte, c *record.Checkpoint) []byte {
	w := message(kindEntries).uint(first, 6).uint(int64(len(list)), 1)
	return w.bytes(c.Tree.Root[:]).bytes(c.Signature).entries(list)
}

func parseEntries(far *record.Party, body []byte) (first int64, list [][]byte, c *record.Checkpoint, err error) {
	r := &reader{kind: kindEntries, b: body}
	first = r.uint(6)
	n := r.uint(1)
	c = &record.Checkpoint{Origin: far.Origin, Tree: record.Tree{Size: first + n, Root: record.Hash(r.bytes(record.HashSize))}}
	c.Signature = r.bytes(record.SignatureSize)
	list = r.entries(int(n))
	if n == 0 && r.err == nil {
		r.err = malformed(kindEntries, "no entries")
	}
	return first, list, c, r.end()
}

// The purposes of a want.
const (
	forCatchUp byte = 1 + iota // entries of the asker's own log
	forRepair                  // one entry of either
	forContest                 // no entry, but the root that there is instead
)

// A want asks for a part of a log again.
type want struct {
	purpose byte
	yours   bool  // of the log of the one who is asked
	first   int64 // entry
	size    int64 // of the tree that the proof is for
}

func (q *want) encode(kind byte) writer {
	log := int64(0)
	if q.yours {
		log = 1
	}
	return append(message(kind), q.purpose).uint(log, 1).uint(q.first, 6).uint(q.size, 6)
}

func (r *reader) want() (q want) {
	q = want{purpose: r.bytes(1)[0]}
	log := r.uint(1)
	q.yours, q.first, q.size = log == 1, r.uint(6), r.uint(6)
	switch {
	case r.err != nil:
	case log > 1 || q.purpose < forCatchUp || q.purpose > forContest || q.yours && q.purpose != forRepair:
		r.err = malformed(r.kind, "purpose %d for log %d", q.purpose, log)
	case q.first > q.size || q.purpose == forRepair && q.first == q.size:
		r.err = malformed(r.kind, "entry %d of %d", q.first, q.size)
	}
	return q
}

// A back is the answer to a want, with the want in it.
type back struct {
	want
	root    record.Hash // forContest
	proof   record.Proof
	entries [][]byte
}

// maxProof is more than any proof in a tree below 2^48 needs.
const maxProof = 100

func (b *back) encode() []byte {
	w := b.want.encode(kindBack)
	if b.purpose == forContest {
		w = w.bytes(b.root[:])
	}
	w = w.uint(int64(len(b.proof)), 1)
	for _, h := range b.proof {
		w = w.bytes(h[:])
	}
	return w.uint(int64(len(b.entries)), 1).entries(b.entries)
}

func parseBack(body []byte) (*back, error) {
	r := &reader{kind: kindBack, b: body}
	b := &back{want: r.want()}
	if b.purpose == forContest {
		b.root = record.Hash(r.bytes(record.HashSize))
	}
	n := int(r.uint(1))
	if r.err == nil && n > maxProof {
		r.err = malformed(kindBack, "a proof of %d hashes, want at most %d", n, maxProof)
	}
	b.proof = r.hashes(n)
	count := int(r.uint(1))
	b.entries = r.entries(count)
	if wrong := map[byte]bool{forCatchUp: count == 0, forRepair: count != 1, forContest: count != 0}[b.purpose]; wrong && r.err == nil {
		r.err = malformed(kindBack, "%d entries for purpose %d", count, b.purpose)
	}
	return b, r.end()
}
