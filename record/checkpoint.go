package record

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A Checkpoint is a log at a size, as its author signed it and, where there are
// co-signatures, as the other party confirmed it. A nil signature is not there.
type Checkpoint struct {
	Origin        string
	Tree          Tree
	Signature     []byte // by the author's log key; [SignatureSize]
	Cosignature   []byte // by the other's co-signing key; [CosignatureSize]
	CosignaturePQ []byte // by the other's ML-DSA-44 key; [CosignaturePQSize]
}

// Text is what is signed: three lines (C2SP tlog-checkpoint, no extension lines).
func (c *Checkpoint) Text() []byte {
	b := append([]byte(c.Origin), '\n')
	b = append(strconv.AppendInt(b, c.Tree.Size, 10), '\n')
	b = base64.StdEncoding.AppendEncode(b, c.Tree.Root[:])
	return append(b, '\n')
}

// parseText reads what Text writes, and nothing else.
func parseText(text []byte) (*Checkpoint, error) {
	bad := func(found string) (*Checkpoint, error) {
		return nil, refuse(ErrMalformed, "checkpoint", found, "origin, size and root, each on its line")
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 {
		return bad(fmt.Sprintf("%d lines", len(lines)-1))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > max48 {
		return bad(fmt.Sprintf("size %q", lines[1]))
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != HashSize {
		return bad(fmt.Sprintf("root %q", lines[2]))
	}
	c := &Checkpoint{Origin: lines[0], Tree: Tree{size, Hash(root)}}
	return c, same("checkpoint", text, c.Text())
}

// sign makes a checkpoint of author's log, and checks that what the signer gave
// is a signature by the key that the accord names.
func sign(author *Party, t Tree, s Signer) (*Checkpoint, error) {
	c := &Checkpoint{Origin: author.Origin, Tree: t}
	sig, err := s(c.Text())
	if err != nil {
		return nil, fmt.Errorf("record: signing a checkpoint of %s: %w", t, err)
	}
	c.Signature = sig
	return c, c.Verify(author)
}

// bare is the checkpoint without co-signatures.
func (c *Checkpoint) bare() *Checkpoint {
	return &Checkpoint{Origin: c.Origin, Tree: c.Tree, Signature: c.Signature}
}

// Verify checks the author's signature.
func (c *Checkpoint) Verify(author *Party) error {
	if c.Origin != author.Origin {
		return refuse(ErrSignature, "checkpoint", "of "+c.Origin, "of "+author.Origin)
	}
	if c.Tree.Size < 0 || c.Tree.Size > max48 || c.Tree.Size == 0 && c.Tree != EmptyTree() {
		return refuse(ErrMalformed, "checkpoint", c.Tree.String(), "a tree that can be")
	}
	return c.hold(author.logKey(), c.Signature)
}

// VerifyCosignature and VerifyCosignaturePQ check what the other party signed. Whoever
// co-signs has verified the author's signature; so must whoever relies on it.
func (c *Checkpoint) VerifyCosignature(other *Party) error {
	return c.hold(other.cosignKey(), c.Cosignature)
}

// VerifyCosignaturePQ is the same for the post-quantum key.
func (c *Checkpoint) VerifyCosignaturePQ(other *Party) error {
	if other.CosignPQ == nil {
		return refuse(ErrSignature, "checkpoint at "+c.Tree.String(), "no post-quantum key of "+other.Origin, "one")
	}
	return c.hold(other.cosignPQKey(), c.CosignaturePQ)
}

func (c *Checkpoint) hold(v *verifier, sig []byte) error {
	if !v.Verify(c.Text(), sig) {
		return refuse(ErrSignature, "checkpoint at "+c.Tree.String(), fmt.Sprintf("%d bytes", len(sig)), "a signature by "+v.name)
	}
	return nil
}

// CosignedAt is the time in a co-signature: the co-signer's clock, to the second.
func CosignedAt(sig []byte) time.Time {
	if len(sig) < 8 {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(sig)), 0).UTC()
}

// CompactSize is the length of a checkpoint in its compact form.
const CompactSize = 6 + HashSize + SignatureSize

// Compact is the short form, for stations, which know the origin: size, root,
// author's signature.
func (c *Checkpoint) Compact() []byte {
	b := put(make([]byte, 0, CompactSize), uint64(c.Tree.Size), 6)
	return append(append(b, c.Tree.Root[:]...), c.Signature...)
}

// ParseCompact reads what Compact gives, and verifies it.
func ParseCompact(author *Party, b []byte) (*Checkpoint, error) {
	if len(b) != CompactSize {
		return nil, refuse(ErrMalformed, "checkpoint", fmt.Sprintf("%d bytes", len(b)), fmt.Sprintf("%d", CompactSize))
	}
	r := &reader{what: "checkpoint", b: b}
	c := &Checkpoint{Origin: author.Origin, Tree: Tree{int64(r.uint(6, "size")), r.hash("root")}, Signature: r.rest()}
	return c, c.Verify(author)
}

// MaxNote is the greatest length of a checkpoint as a note.
const MaxNote = 5 << 10

// Note is the checkpoint as a C2SP signed note: its text, an empty line, and the
// signatures that it has, in the order author, co-signature, post-quantum co-signature.
func (c *Checkpoint) Note(author, other *Party) []byte {
	b := append(c.Text(), '\n')
	b = signatureLine(b, author.logKey(), c.Signature)
	if c.Cosignature != nil {
		b = signatureLine(b, other.cosignKey(), c.Cosignature)
	}
	if c.CosignaturePQ != nil {
		b = signatureLine(b, other.cosignPQKey(), c.CosignaturePQ)
	}
	return b
}

func signatureLine(b []byte, v *verifier, sig []byte) []byte {
	b = append(append(append(b, "— "...), v.name...), ' ')
	b = base64.StdEncoding.AppendEncode(b, append(binary.BigEndian.AppendUint32(nil, v.id), sig...))
	return append(b, '\n')
}

// OpenNote reads what Note writes, and nothing else: the author's signature must
// be there, and every signature must hold. Which co-signatures there are, the result says.
func OpenNote(text []byte, author, other *Party) (*Checkpoint, error) {
	if len(text) > MaxNote {
		return nil, refuse(ErrMalformed, "checkpoint", fmt.Sprintf("%d bytes", len(text)), fmt.Sprintf("at most %d", MaxNote))
	}
	keys := []note.Verifier{author.logKey(), other.cosignKey()}
	if other.CosignPQ != nil {
		keys = append(keys, other.cosignPQKey())
	}
	n, err := note.Open(text, note.VerifierList(keys...))
	if err != nil {
		return nil, noteFault(err, author)
	}
	c, err := parseText([]byte(n.Text))
	if err != nil {
		return nil, err
	}
	if err := c.take(n, keys); err != nil {
		return nil, err
	}
	if err := c.Verify(author); err != nil {
		return nil, err
	}
	return c, same("checkpoint", text, c.Note(author, other))
}

// take puts the verified signatures of n, made by keys, into their places.
func (c *Checkpoint) take(n *note.Note, keys []note.Verifier) error {
	places := []*[]byte{&c.Signature, &c.Cosignature, &c.CosignaturePQ}
	for _, s := range n.Sigs {
		raw, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil {
			return err // it was decoded before
		}
		for i, k := range keys {
			if k.Name() == s.Name && k.KeyHash() == s.Hash {
				*places[i] = raw[4:]
			}
		}
	}
	return nil
}

// noteFault says in our words what was wrong with a note.
func noteFault(err error, author *Party) error {
	invalid, unverified := new(note.InvalidSignatureError), new(note.UnverifiedNoteError)
	switch {
	case errors.As(err, &invalid):
		return refuse(ErrSignature, "checkpoint", fmt.Sprintf("a signature in the name of %s, key %08x", invalid.Name, invalid.Hash), "one that holds")
	case errors.As(err, &unverified):
		return refuse(ErrSignature, "checkpoint", "no signature by a known key", "one by "+author.Origin)
	}
	return refuse(ErrMalformed, "checkpoint", err.Error(), "a signed note")
}
