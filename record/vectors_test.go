package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"filippo.io/mldsa"
)

var writeVectors = flag.Bool("write-vectors", false, "make new files in testdata/vectors")

// A file of vectors has blocks of lines between empty ones. A line is a keyword, a
// space and a value; "|" and a space stand before lines of a text. A block begins with
// "# " and its name.
type vector struct {
	name   string
	values map[string][]string
	text   string // the lines with "|"
}

func readVectors(t *testing.T, file string) (all []vector) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors", file))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(strings.TrimSpace(string(b)), "\n\n") {
		v := vector{values: map[string][]string{}}
		for _, line := range strings.Split(block, "\n") {
			key, rest, _ := strings.Cut(line, " ")
			switch key {
			case "#":
				v.name = rest
			case "|":
				v.text += rest + "\n"
			default:
				v.values[key] = append(v.values[key], rest)
			}
		}
		if len(v.values) > 0 || v.text != "" {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s: no vectors", file)
	}
	return all
}

func (v *vector) one(t *testing.T, key string) string {
	t.Helper()
	if len(v.values[key]) != 1 {
		t.Fatalf("%s: %d times %q", v.name, len(v.values[key]), key)
	}
	return v.values[key][0]
}

func (v *vector) hex(t *testing.T, key string) []byte { t.Helper(); return hexed(t, v.one(t, key)) }

func (v *vector) tree(t *testing.T, size, root string) Tree {
	t.Helper()
	n, err := strconv.ParseInt(v.one(t, size), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return Tree{n, Hash(unbase64(t, v.one(t, root)))}
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v *vector) proof(t *testing.T) (p Proof) {
	for _, s := range v.values["proof"] {
		p = append(p, Hash(unbase64(t, s)))
	}
	return p
}

func write(t *testing.T, file, intro string, blocks []string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join("testdata", "vectors"), 0o755); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, line := range strings.Split(intro, "\n") {
		b.WriteString("# " + line + "\n")
	}
	b.WriteString("\n" + strings.Join(blocks, "\n"))
	if err := os.WriteFile(filepath.Join("testdata", "vectors", file), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// quote puts the mark before each line of a text.
func quote(text []byte) string {
	lines := strings.TrimSuffix(string(text), "\n")
	return strings.ReplaceAll("| "+strings.ReplaceAll(lines, "\n", "\n| ")+"\n", "| \n", "|\n")
}

// fields are the lines of a vector that say what an entry means and what it is
// written as.
func fields(e *Entry) string {
	var b strings.Builder
	say := func(key string, value any) { fmt.Fprintf(&b, "%s %v\n", key, value) }
	l := e.Leaf()
	say("number", e.Number)
	say("time", e.Time)
	say("kind", e.Kind)
	say("call", e.Call)
	say("seen", e.Seen.Size)
	say("seen-root", e.Seen.Root)
	for _, r := range e.About {
		say("about", r)
	}
	say("header", hex.EncodeToString(e.Header.append(nil)))
	say("header-salt", hex.EncodeToString(e.HeaderSalt[:]))
	say("header-commitment", l.Header)
	if e.Body != nil {
		say("body", hex.EncodeToString(e.Body.append(nil)))
		say("body-salt", hex.EncodeToString(e.BodySalt[:]))
	}
	say("body-commitment", l.Body)
	say("leaf-hash", l.Hash())
	say("entry", hex.EncodeToString(e.append(nil)))
	return b.String()
}

func makeEntryVectors(t *testing.T) {
	var blocks []string
	for _, e := range good() {
		if m, is := e.Body.(Message); is && len(m.Text) > 1000 {
			continue
		}
		blocks = append(blocks, fmt.Sprintf("# %T %+v\n%s", e.Body, e.Body, strings.ReplaceAll(fields(e), "\n\n", "\n")))
	}
	gone := good()[1]
	gone.Erase()
	blocks = append(blocks, "# the second, its body erased\n"+fields(gone))
	for i, b := range blocks { // names on one line
		head, rest, _ := strings.Cut(b, "\nnumber ")
		blocks[i] = strings.NewReplacer("\n", " ", "\t", " ").Replace(head) + "\nnumber " + rest
	}
	write(t, "entries.txt", "Entries: what they mean, how header and body are written, their commitments, the hash of\ntheir leaf, and the entry as stations send and keep it. Bytes in hexadecimal, hashes in base64.", blocks)
}

func TestEntryVectors(t *testing.T) {
	if *writeVectors {
		makeEntryVectors(t)
	}
	for _, v := range readVectors(t, "entries.txt") {
		e, err := ParseEntry(v.hex(t, "entry"))
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		for _, line := range strings.Split(strings.TrimSpace(fields(e)), "\n") {
			key, value, _ := strings.Cut(line, " ")
			found := false
			for _, x := range v.values[key] {
				found = found || x == value
			}
			if !found {
				t.Errorf("%s: %s is %s, want %s", v.name, key, value, v.values[key])
			}
		}
		salt := Salt(v.hex(t, "header-salt"))
		if CommitHeader(salt, v.hex(t, "header")).String() != v.one(t, "header-commitment") {
			t.Errorf("%s: another header commitment", v.name)
		}
	}
}

var faults = map[string]error{"malformed": ErrMalformed, "about": ErrAbout}

// Refused entries are kept as they once were made, so that no version takes them.
func TestRefusedVectors(t *testing.T) {
	if *writeVectors {
		makeRefusedVectors(t)
	}
	for _, v := range readVectors(t, "refused.txt") {
		fault, known := faults[v.one(t, "fault")]
		if _, err := ParseEntry(v.hex(t, "entry")); !known || !errors.Is(err, fault) {
			t.Errorf("%s: %v, want %s", v.name, err, v.one(t, "fault"))
		}
	}
}

func makeRefusedVectors(t *testing.T) {
	var blocks []string
	add := func(name string, e *Entry) {
		b := e.append(nil)
		fault := ""
		_, err := ParseEntry(b)
		for word, f := range faults {
			if errors.Is(err, f) {
				fault = word
			}
		}
		blocks = append(blocks, fmt.Sprintf("# %s\nfault %s\nentry %x\n", name, fault, b))
	}
	entry := func(h Header, b Body) *Entry { return &Entry{Header: h, HeaderSalt: saltH, Body: b, BodySalt: saltB} }
	broken := func(e *Entry, at int, b byte) *Entry { // of the body
		text := e.Body.append(nil)
		text[at] = b
		return &Entry{Header: e.Header, HeaderSalt: saltH, Body: raw{e.Kind, text}, BodySalt: saltB}
	}
	add("a drill of no call", entry(head(KindDrill), say("x")))
	add("a test in a call", entry(inCall(head(KindTest)), Test{Act: TestAsked, Text: "x"}))
	add("a test that passed by itself", entry(head(KindTest, own(Answers, 1)), Test{Act: TestPassed}))
	add("a test that passed, with a text", entry(head(KindTest, other(Answers, 1)), Test{Act: TestPassed, Text: "x"}))
	add("paths out of order", entry(head(KindTest), Test{Act: TestAsked, Text: "x", Paths: []TestPath{{Number: 2}, {Number: 1}}}))
	add("a path that is neither up nor down", broken(entry(head(KindTest), Test{Act: TestAsked, Text: "x", Paths: []TestPath{{Number: 1}}}), 9, 2))
	add("a name longer than the body", broken(entry(head(KindRight), Right{Act: RightRestored}), 1, 1))
	add("a name of 129 bytes", entry(head(KindRight), Right{Act: RightRestored, Who: strings.Repeat("x", MaxWho+1)}))
	add("a right suspended for nothing", entry(head(KindRight), Right{Act: RightSuspended}))
	add("a presence in no call", entry(head(KindPresence), Presence{Act: PresenceClaimed, Who: "x", Claim: aClaim}))
	add("a presence of nobody", entry(inCall(head(KindPresence)), Presence{Act: PresenceClaimed, Claim: aClaim}))
	add("a presence verified by its claimant", entry(inCall(head(KindPresence, own(Answers, 1))), Presence{Act: PresenceVerified, Who: "x"}))
	add("a presence refused for nothing", entry(inCall(head(KindPresence, other(Answers, 1))), Presence{Act: PresenceRefused, Who: "x"}))
	add("a real call that gave way", entry(inCall(head(KindCall)), CallStep{Step: StepEnded, Reason: Interrupted}))
	add("a role that is none", entry(inCall(head(KindCall)), CallStep{Step: StepCalled, Role: roles}))
	add("a person who neither speaks nor listens", broken(entry(inCall(head(KindCall)), CallStep{Step: StepJoined}), 2, 2))
	add("seen by nobody", entry(head(KindReceipt, other(Answers, 1)), Receipt{Rung: Seen}))
	add("no time", entry(Header{Kind: KindMessage, Seen: EmptyTree()}, say("x")))
	add("answers what is to come", entry(head(KindMessage, own(Answers, 7)), say("x")))
	add("answers what it has not seen", entry(head(KindMessage, other(Answers, 42)), say("x")))
	add("retracts what is the other's", entry(head(KindMessage, other(Retracts, 1)), Message{}))
	add("twice the same reference", entry(head(KindMessage, own(Answers, 1), own(Answers, 1)), say("x")))
	add("references out of order", entry(head(KindMessage, own(Answers, 2), own(Answers, 1)), say("x")))
	add("a receipt for nothing", entry(head(KindReceipt), Receipt{Rung: Shown}))
	add("a step of no call", entry(head(KindCall), CallStep{Step: StepCalled}))
	add("a message that is not UTF-8", entry(head(KindMessage), Message{"\xc0\x80"}))
	add("a message with a carriage return", entry(head(KindMessage), Message{"a\r\nb"}))
	add("a file with a path", entry(head(KindAttachment), Attachment{1, aHash, "a/b"}))
	add("a file name that turns the direction", entry(head(KindAttachment), Attachment{1, aHash, "a\u202eb"}))
	add("a line state of 2", entry(head(KindMessage), Message{"\x01\x02"}))
	last := blocks[len(blocks)-1]
	blocks[len(blocks)-1] = strings.Replace(last, hex.EncodeToString(head(KindMessage).encode()), hex.EncodeToString(head(KindLine).encode()), 1)
	write(t, "refused.txt", "Entries that are refused, each for the one thing that its name says.", blocks)
}

// A raw body is bytes that no body has.
type raw struct {
	kind Kind
	b    []byte
}

func (r raw) Kind() Kind             { return r.kind }
func (r raw) append(b []byte) []byte { return append(b, r.b...) }
func (r raw) check(*Header) error    { return nil }

func (h Header) encode() []byte { return h.append(nil) }

func TestTreeVectors(t *testing.T) {
	if *writeVectors {
		makeTreeVectors(t)
	}
	for _, v := range readVectors(t, "trees.txt") {
		tree := v.tree(t, "size", "root")
		switch {
		case v.values["entry"] != nil:
			n, _ := strconv.ParseInt(v.one(t, "entry"), 10, 64)
			if err := CheckEntry(v.proof(t), tree, n, leafOf(n)); err != nil {
				t.Errorf("%s: %v", v.name, err)
			}
			wants(t, v.name+", another leaf", CheckEntry(v.proof(t), tree, n, leafOf(n+1)), ErrProof)
		case v.values["old-size"] != nil:
			old := v.tree(t, "old-size", "old-root")
			if err := CheckTree(v.proof(t), old, tree); err != nil {
				t.Errorf("%s: %v", v.name, err)
			}
		default:
			if _, trees := grown(tree.Size); trees[tree.Size] != tree {
				t.Errorf("%s: %s", v.name, trees[tree.Size])
			}
		}
	}
}

func makeTreeVectors(t *testing.T) {
	d, trees := grown(21)
	var blocks []string
	lines := func(p Proof, err error) (s string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range p {
			s += "proof " + h.String() + "\n"
		}
		return s
	}
	for _, tree := range trees {
		blocks = append(blocks, fmt.Sprintf("# tree of %d\nsize %d\nroot %s\n", tree.Size, tree.Size, tree.Root))
	}
	for _, c := range [][2]int64{{1, 0}, {2, 1}, {7, 0}, {7, 6}, {8, 3}, {21, 0}, {21, 15}, {21, 20}} {
		tree := trees[c[0]]
		blocks = append(blocks, fmt.Sprintf("# entry %d in the tree of %d\nentry %d\nsize %d\nroot %s\n%s", c[1], c[0], c[1], tree.Size, tree.Root, lines(ProveEntry(c[0], c[1], d))))
	}
	for _, c := range [][2]int64{{0, 7}, {1, 2}, {3, 7}, {4, 8}, {8, 8}, {6, 21}, {16, 21}, {20, 21}} {
		old, tree := trees[c[0]], trees[c[1]]
		blocks = append(blocks, fmt.Sprintf("# the tree of %d continues that of %d\nold-size %d\nold-root %s\nsize %d\nroot %s\n%s",
			c[1], c[0], old.Size, old.Root, tree.Size, tree.Root, lines(ProveTree(c[0], c[1], d))))
	}
	write(t, "trees.txt", "Trees, proofs of entries and proofs of consistency. The header's commitment in leaf i is i in 8 bytes,\nthe highest first, and 24 bytes of zeros; the body's is 32 bytes of zeros.", blocks)
}

// party is the party that a vector names.
func (v *vector) party(t *testing.T, who string) *Party {
	pq, err := mldsa.NewPublicKey(mldsa.MLDSA44(), v.hex(t, who+"-cosign-pq"))
	if err != nil {
		t.Fatal(err)
	}
	return &Party{Origin: v.one(t, who+"-origin"), Log: v.hex(t, who+"-log"), Cosign: v.hex(t, who+"-cosign"), CosignPQ: pq}
}

func keyLines(who string, p *Party) string {
	return fmt.Sprintf("%s-origin %s\n%s-log %x\n%s-cosign %x\n%s-cosign-pq %x\n", who, p.Origin, who, p.Log, who, p.Cosign, who, p.CosignPQ.Bytes())
}

func TestCheckpointVectors(t *testing.T) {
	if *writeVectors {
		makeCheckpointVectors(t)
	}
	all := readVectors(t, "checkpoints.txt")
	north, south := all[0].party(t, "north"), all[0].party(t, "south")
	if want := Origin(sha256.Sum256([]byte("accord")), true); north.Origin != want {
		t.Errorf("origin %s, want %s", north.Origin, want)
	}
	for _, v := range all[1:] {
		switch v.one(t, "verdict") {
		case "holds":
			c, err := OpenNote([]byte(v.text), north, south)
			if err != nil {
				t.Errorf("%s: %v", v.name, err)
				continue
			}
			at := CosignedAt(c.Cosignature).Unix()
			if c.Cosignature == nil {
				at = 0
			}
			if c.Tree != v.tree(t, "size", "root") || strconv.FormatInt(at, 10) != v.one(t, "cosigned") {
				t.Errorf("%s: %+v", v.name, c)
			}
		case "fails":
			if _, err := OpenNote([]byte(v.text), north, south); err == nil {
				t.Errorf("%s: opened", v.name)
			}
		case "forked":
			if f, err := ParseFork([]byte(v.text), north); err != nil || !bytes.Equal(f.Text(north), []byte(v.text)) {
				t.Errorf("%s: %v", v.name, err)
			}
		default:
			t.Errorf("%s: unknown verdict", v.name)
		}
	}
}

func makeCheckpointVectors(t *testing.T) {
	north, south := pair(t)
	_, trees := grown(5)
	full := signedBy(t, north, south, trees[5])
	classical := *full
	classical.CosignaturePQ = nil
	empty := signedBy(t, north, south, trees[0])
	empty.CosignaturePQ = nil
	blocks := []string{"# keys\n" + keyLines("north", north.party) + keyLines("south", south.party)}
	add := func(name, verdict string, c *Checkpoint, text []byte) {
		at := int64(0)
		if c.Cosignature != nil {
			at = CosignedAt(c.Cosignature).Unix()
		}
		b := fmt.Sprintf("# %s\nverdict %s\nsize %d\nroot %s\ncosigned %d\n", name, verdict, c.Tree.Size, c.Tree.Root, at)
		blocks = append(blocks, b+quote(text))
	}
	note := func(c *Checkpoint) []byte { return c.Note(north.party, south.party) }
	add("signed by its author alone", "holds", full.bare(), note(full.bare()))
	add("co-signed", "holds", &classical, note(&classical))
	add("co-signed, post-quantum too", "holds", full, note(full))
	add("an empty log", "holds", empty, note(empty))
	add("another size", "fails", full, bytes.Replace(note(&classical), []byte("\n5\n"), []byte("\n6\n"), 1))
	swapped := classical
	swapped.Cosignature = append([]byte{0}, classical.Cosignature[1:]...)
	swapped.Cosignature[7]++
	add("co-signed at another time", "fails", &swapped, note(&swapped))
	add("signed by the other", "fails", full, full.bare().Note(south.party, north.party))
	lie, _ := sign(north.party, Tree{3, Hash{1}}, signWith(north.keys.log))
	d, _ := grown(5)
	f, err := newFork(lie, full, d)
	if err != nil {
		t.Fatal(err)
	}
	blocks = append(blocks, "# two histories\nverdict forked\n"+quote(f.Text(north.party)))
	write(t, "checkpoints.txt", "Checkpoints of north's log as signed notes, co-signed by south, with the trees of trees.txt; and a proof\nthat north signed two histories. The first block names the keys. Texts stand behind \"|\".", blocks)
}
