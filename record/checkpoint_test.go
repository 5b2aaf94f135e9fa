package record

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// signedBy makes a checkpoint with all signatures that there can be.
func signedBy(t testing.TB, north, south *side, tree Tree) *Checkpoint {
	t.Helper()
	c, err := sign(north.party, tree, signWith(north.keys.log))
	if err != nil {
		t.Fatal(err)
	}
	cfg := south.copyConfig()
	keeper := &Copy{cfg: cfg, state: State{Newest: c}}
	a, err := keeper.Cosign(noon)
	if err != nil {
		t.Fatal(err)
	}
	b, err := keeper.CosignPQ(noon)
	if err != nil {
		t.Fatal(err)
	}
	c.Cosignature, c.CosignaturePQ = a.Cosignature, b.CosignaturePQ
	return c
}

func TestNotesComeBack(t *testing.T) {
	north, south := pair(t)
	full := signedBy(t, north, south, aTree)
	classical := *full
	classical.CosignaturePQ = nil
	pq := *full
	pq.Cosignature = nil
	for _, c := range []*Checkpoint{full, &classical, &pq, full.bare(), signedBy(t, north, south, EmptyTree())} {
		text := c.Note(north.party, south.party)
		again, err := OpenNote(text, north.party, south.party)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if !bytes.Equal(again.Cosignature, c.Cosignature) || !bytes.Equal(again.CosignaturePQ, c.CosignaturePQ) || again.Tree != c.Tree {
			t.Errorf("came back as %+v", again)
		}
	}
	if at := CosignedAt(full.Cosignature); !at.Equal(noon) {
		t.Errorf("co-signed at %s, want %s", at, noon)
	}
	if at := CosignedAt(nil); !at.IsZero() {
		t.Errorf("no co-signature, at %s", at)
	}
	again, err := ParseCompact(north.party, full.Compact())
	if err != nil || again.Tree != full.Tree {
		t.Errorf("compact: %+v, %v", again, err)
	}
}

// Each changed byte, in any form of a checkpoint, makes it fail.
func TestEveryByteOfACheckpointCounts(t *testing.T) {
	north, south := pair(t)
	c := signedBy(t, north, south, aTree)
	text := c.Note(north.party, south.party)
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if _, err := OpenNote(changed, north.party, south.party); err == nil {
			t.Errorf("byte %d of the note (%q) is not noticed", i, text[i])
		}
	}
	compact := c.Compact()
	for i := range compact {
		changed := bytes.Clone(compact)
		changed[i] ^= 1
		if _, err := ParseCompact(north.party, changed); err == nil {
			t.Errorf("byte %d of the compact form is not noticed", i)
		}
	}
}

func TestNotesThatAreRefused(t *testing.T) {
	north, south := pair(t)
	c := signedBy(t, north, south, aTree)
	open := func(text string) error {
		_, err := OpenNote([]byte(text), north.party, south.party)
		return err
	}
	whole := string(c.Note(north.party, south.party))
	lines := strings.SplitAfter(whole, "\n")
	body, mark := strings.Join(lines[:3], ""), "\n"
	author, cosig, pq := lines[4], lines[5], lines[6]
	resigned := func(text string) string { // by the author's key, whatever the text
		s, _ := north.logConfig().Sign([]byte(text))
		return text + mark + string(signatureLine(nil, north.party.logKey(), s))
	}
	wants(t, "without author", open(body+mark+cosig+pq), ErrSignature)
	wants(t, "without any", open(body+mark), ErrMalformed)
	wants(t, "by another", open(body+mark+strings.Replace(author, "/first", "/third", 1)), ErrSignature)
	wants(t, "out of order", open(body+mark+cosig+author), ErrMalformed)
	wants(t, "twice", open(body+mark+author+author), ErrMalformed)
	wants(t, "with a stranger's", open(whole+"— example.com/w AAAAAAAA\n"), ErrMalformed)
	wants(t, "with an extension", open(resigned(body+"more\n")), ErrMalformed)
	wants(t, "with a sign before the size", open(resigned(strings.Replace(body, "\n42\n", "\n+42\n", 1))), ErrMalformed)
	wants(t, "with a leading zero", open(resigned(strings.Replace(body, "\n42\n", "\n042\n", 1))), ErrMalformed)
	wants(t, "with a size below 0", open(resigned(strings.Replace(body, "\n42\n", "\n-42\n", 1))), ErrMalformed)
	wants(t, "with a size too great", open(resigned(strings.Replace(body, "\n42\n", "\n281474976710656\n", 1))), ErrMalformed)
	wants(t, "with an empty tree's size", open(resigned(strings.Replace(body, "\n42\n", "\n0\n", 1))), ErrMalformed)
	wants(t, "of another log", open(resigned(strings.Replace(body, "first", "second", 1))), ErrSignature)
	if err := open(strings.Repeat("x", MaxNote+1)); err == nil || !strings.Contains(err.Error(), "at most 5120") {
		t.Errorf("too long: %v: want it to be refused for its length, unread", err)
	}
	wants(t, "nothing", open(""), ErrMalformed)
	_, err := ParseCompact(north.party, c.Compact()[1:])
	wants(t, "compact, too short", err, ErrMalformed)
	_, err = ParseCompact(south.party, c.Compact())
	wants(t, "compact, by another", err, ErrSignature)
}

// A tree that cannot be is refused, though its author signed it.
func TestTreesThatCannotBe(t *testing.T) {
	north, _ := pair(t)
	for _, tree := range []Tree{{-1, Hash{1}}, {max48 + 1, Hash{1}}, {0, Hash{1}}} {
		_, err := sign(north.party, tree, signWith(north.keys.log))
		wants(t, tree.String(), err, ErrMalformed)
	}
}

// A signer that signs with another key than the accord names is found out at once.
func TestSignersAreChecked(t *testing.T) {
	north, south := pair(t)
	_, err := sign(north.party, aTree, signWith(south.keys.log))
	wants(t, "wrong key", err, ErrSignature)
	broken := errors.New("no token")
	if _, err := sign(north.party, aTree, func([]byte) ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("an error of the signer is lost: %v", err)
	}
}

func vkey(name string, alg byte, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyID(name, alg, key), base64.StdEncoding.EncodeToString(append([]byte{alg}, key...)))
}

func skey(name string, alg byte, public, private []byte) string {
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, keyID(name, alg, public), base64.StdEncoding.EncodeToString(append([]byte{alg}, private...)))
}

// Others' code reads our notes: x/mod, and the formats of transparency-dev.
func TestOthersReadOurNotes(t *testing.T) {
	north, south := pair(t)
	c := signedBy(t, north, south, aTree)
	author, err := note.NewVerifier(vkey(north.party.Origin, algEd25519, north.party.Log))
	if err != nil {
		t.Fatal(err)
	}
	cosign, err := fnote.NewVerifierForCosignatureV1(vkey(south.party.Origin, algCosign, south.party.Cosign))
	if err != nil {
		t.Fatal(err)
	}
	pq, err := fnote.NewVerifierForCosignatureV1(vkey(south.party.Origin, algCosignPQ, south.party.CosignPQ.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	got, rest, n, err := log.ParseCheckpoint(c.Note(north.party, south.party), north.party.Origin, author, cosign, pq)
	if err != nil {
		t.Fatal(err)
	}
	if int64(got.Size) != c.Tree.Size || Hash(got.Hash) != c.Tree.Root || len(rest) > 0 || len(n.Sigs) != 3 {
		t.Errorf("read as %+v with %d signatures", got, len(n.Sigs))
	}
	at, err := fnote.CoSigV1Timestamp(n.Sigs[1])
	if err != nil || !at.Equal(noon) {
		t.Errorf("co-signed at %s, %v", at, err)
	}
}

// And we read theirs.
func TestWeReadTheNotesOfOthers(t *testing.T) {
	north, south := pair(t)
	n, s := north.party, south.party
	author, err := note.NewSigner(skey(n.Origin, algEd25519, n.Log, north.keys.log.Seed()))
	if err != nil {
		t.Fatal(err)
	}
	cosign, err := fnote.NewSignerForCosignatureV1(skey(s.Origin, algCosign, s.Cosign, south.keys.cosign.Seed()))
	if err != nil {
		t.Fatal(err)
	}
	pq, err := fnote.NewSignerForCosignatureV1(skey(s.Origin, algCosignPQ, s.CosignPQ.Bytes(), south.keys.pq.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	text := log.Checkpoint{Origin: n.Origin, Size: 42, Hash: aTree.Root[:]}.Marshal()
	signed, err := note.Sign(&note.Note{Text: string(text)}, author, cosign, pq)
	if err != nil {
		t.Fatal(err)
	}
	c, err := OpenNote(signed, n, s)
	if err != nil {
		t.Fatal(err)
	}
	if c.Tree != aTree || c.Cosignature == nil || c.CosignaturePQ == nil {
		t.Errorf("read as %+v", c)
	}
	if d := time.Since(CosignedAt(c.CosignaturePQ)); d < -time.Minute || d > time.Hour {
		t.Errorf("co-signed %s ago", d)
	}
}
