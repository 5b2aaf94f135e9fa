package record

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// A Fork proves that one key signed two histories: whoever has the author's public
// log key can check it, and needs to trust nobody.
//
// Two checkpoints of one log are given, A not larger than B. The proof shows which
// root the first entries of B have, as many as A has; A says another.
type Fork struct {
	A, B  *Checkpoint
	Root  Hash  // of the first A.Tree.Size entries of B
	Proof Proof // that it is so
}

// Verify checks the proof against the author's key.
func (f *Fork) Verify(author *Party) error {
	if err := f.A.Verify(author); err != nil {
		return err
	}
	if err := f.B.Verify(author); err != nil {
		return err
	}
	if f.Root == f.A.Tree.Root {
		return refuse(ErrProof, "fork", "two checkpoints that agree", "two that do not")
	}
	if f.A.Tree.Size == 0 {
		return refuse(ErrProof, "fork", "an empty log", "entries that differ")
	}
	return CheckTree(f.Proof, Tree{f.A.Tree.Size, f.Root}, f.B.Tree)
}

// newFork compares two signed checkpoints of one author's log with the hashes of
// the log that the larger one is of. It gives nil if they agree.
func newFork(small, large *Checkpoint, r HashReader) (*Fork, error) {
	t, err := TreeAt(small.Tree.Size, r)
	if err != nil || t == small.Tree {
		return nil, err
	}
	p, err := ProveTree(small.Tree.Size, large.Tree.Size, r)
	if err != nil {
		return nil, err
	}
	return &Fork{A: small.bare(), B: large.bare(), Root: t.Root, Proof: p}, nil
}

func (f *Fork) err() error {
	return refuse(ErrFork, "log "+f.A.Origin, f.A.Tree.String(), fmt.Sprintf("root %s, as in the log of %d entries", f.Root, f.B.Tree.Size))
}

const forkTitle = "ringdown fork 1\n"

// Text is the proof as text, to be kept and shown.
func (f *Fork) Text(author *Party) []byte {
	b := append([]byte(forkTitle), '\n')
	b = append(append(b, f.A.Note(author, nil)...), '\n')
	b = append(append(b, f.B.Note(author, nil)...), '\n')
	b = hashLine(b, "root ", f.Root)
	for _, h := range f.Proof {
		b = hashLine(b, "proof ", h)
	}
	return b
}

func hashLine(b []byte, word string, h Hash) []byte {
	b = base64.StdEncoding.AppendEncode(append(b, word...), h[:])
	return append(b, '\n')
}

// maxFork is more than the longest proof text: 2^48 entries need 49 hashes.
const maxFork = 8 << 10

// ParseFork reads what Text writes, and nothing else, and verifies it.
func ParseFork(text []byte, author *Party) (*Fork, error) {
	bad := func(found string) (*Fork, error) {
		return nil, refuse(ErrMalformed, "fork", found, "a title, two signed checkpoints, a root and its proof")
	}
	if len(text) > maxFork {
		return bad(fmt.Sprintf("%d bytes", len(text)))
	}
	blocks := strings.Split(string(text), "\n\n")
	if len(blocks) != 6 || blocks[0]+"\n" != forkTitle {
		return bad(fmt.Sprintf("%d parts, the first %.40q", len(blocks), blocks[0]))
	}
	f := new(Fork)
	var err error
	if f.A, err = OpenNote([]byte(blocks[1]+"\n\n"+blocks[2]+"\n"), author, author); err != nil {
		return nil, err
	}
	if f.B, err = OpenNote([]byte(blocks[3]+"\n\n"+blocks[4]+"\n"), author, author); err != nil {
		return nil, err
	}
	for i, l := range strings.Split(strings.TrimSuffix(blocks[5], "\n"), "\n") {
		word, rest, _ := strings.Cut(l, " ")
		h, err := base64.StdEncoding.DecodeString(rest)
		if err != nil || len(h) != HashSize || word != "root" && word != "proof" || (word == "root") != (i == 0) {
			return bad(fmt.Sprintf("the line %.80q", l))
		}
		if i == 0 {
			f.Root = Hash(h)
		} else {
			f.Proof = append(f.Proof, Hash(h))
		}
	}
	if err := f.Verify(author); err != nil {
		return nil, err
	}
	if f.A.Cosignature != nil || f.B.Cosignature != nil || f.A.CosignaturePQ != nil || f.B.CosignaturePQ != nil {
		return bad("co-signatures")
	}
	return f, same("fork", text, f.Text(author))
}
