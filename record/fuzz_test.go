package record

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

func FuzzParseEntry(f *testing.F) {
	for _, e := range good() {
		if b := e.append(nil); len(b) < 1000 {
			f.Add(b)
			e.Erase()
			f.Add(e.append(nil))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEntry(b)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x is written %x, %v", b, again, err)
		}
		leaf := e.Leaf()
		e.Erase()
		if gone, err := ParseEntry(e.append(nil)); err != nil || gone.Leaf() != leaf {
			t.Fatalf("%x: erased, it is another: %v", b, err)
		}
	})
}

func FuzzParseHeader(f *testing.F) {
	for _, e := range good() {
		f.Add(e.Header.append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseHeader(b)
		if err != nil {
			return
		}
		if again, err := h.Encode(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x is written %x, %v", b, again, err)
		}
	})
}

func FuzzParseBody(f *testing.F) {
	for _, e := range good() {
		if b := e.Body.append(nil); len(b) < 1000 {
			f.Add(e.Header.append(nil), b)
		}
	}
	f.Fuzz(func(t *testing.T, header, b []byte) {
		h, err := ParseHeader(header)
		if err != nil {
			return
		}
		body, err := ParseBody(h, b)
		if err != nil {
			return
		}
		if again, err := EncodeBody(h, body); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x under %x is written %x, %v", b, header, again, err)
		}
	})
}

// What can be written can be read, and is the same again.
func FuzzEntryRoundTrip(f *testing.F) {
	f.Add(int64(7), int64(1), uint8(1), []byte{1, 2}, int64(5), []byte{1, 0, 0, 0}, "text")
	f.Add(int64(7), int64(9), uint8(4), []byte{1, 2}, int64(0), []byte{0x84, 0, 0, 3}, "Bo")
	f.Add(int64(7), int64(9), uint8(9), []byte{}, int64(5), []byte{0x81, 0, 0, 3}, "Bo")
	f.Add(int64(7), int64(9), uint8(11), []byte{1, 2}, int64(5), []byte{}, strings.Repeat("x", 65))
	f.Add(int64(7), int64(9), uint8(12), []byte{}, int64(0), []byte{}, "B")
	f.Fuzz(func(t *testing.T, number, at int64, kind uint8, call []byte, seen int64, about []byte, text string) {
		e := &Entry{HeaderSalt: saltH, BodySalt: saltB}
		e.Header = Header{Number: number, Time: at, Kind: Kind(kind), Seen: Tree{Size: seen}}
		copy(e.Call[:], call)
		if seen == 0 {
			e.Seen = EmptyTree()
		}
		for ; len(about) >= 4; about = about[4:] {
			e.About = append(e.About, Ref{Relation(about[0] &^ inOther), about[0]&inOther != 0, int64(binary.BigEndian.Uint16(about[2:]))})
		}
		e.Body = bodyOf(Kind(kind), text)
		b, err := e.Encode()
		if err != nil {
			return
		}
		if len(b) > MaxEntry {
			t.Fatalf("%d bytes", len(b))
		}
		again, err := ParseEntry(b)
		if err != nil || !reflect.DeepEqual(normal(e), normal(again)) {
			t.Fatalf("%+v came back as %+v, %v", e, again, err)
		}
	})
}

func bodyOf(k Kind, text string) Body {
	n := uint8(len(text))
	switch k {
	case KindAttachment:
		return Attachment{Length: len(text), SHA256: aHash, Name: text}
	case KindReceipt:
		return Receipt{Rung(n & 3), text}
	case KindCall, KindDrill:
		return CallStep{Drill: k == KindDrill, Step: Step(n & 15), Reason: Reason(n >> 4), Speaks: n&1 != 0, Role: Role(n >> 1 & 3), Who: text}
	case KindTest:
		x := Test{Act: TestAct(n & 7), Slot: int64(n >> 3), Who: text, Text: text}
		if n&1 != 0 {
			x.Paths = []TestPath{{Number: n >> 4, Up: n&2 != 0, RTTms: uint16(n)}}
		}
		return x
	case KindPresence:
		p := Presence{Act: PresenceAct(n & 3), Drill: n&4 != 0, Who: text}
		if p.Act == PresenceClaimed {
			p.Claim = Claim{Role: Role(n >> 6), AuthData: make([]byte, n), ClientData: []byte(text), Signature: []byte{n}}
		}
		return p
	case KindRight:
		return Right{RightAct(n & 3), text, text}
	case KindLine:
		return LineChange{n, n&1 != 0}
	case KindMatter:
		return Matter{MatterAct(n & 7), text}
	case KindAccord:
		return AccordChange{Serial: uint32(n & 3), Digest: aHash, Rule: Rule(n >> 2 & 3)}
	case KindDisclosure:
		return Disclosure{Act: DisclosureAct(n & 7), Ranges: []Range{{n&8 != 0, n&16 != 0, 0, int64(n)}}, To: text}
	}
	return Message{text}
}

func FuzzOpenNote(f *testing.F) {
	north, south := pair(f)
	c := signedBy(f, north, south, aTree)
	c.CosignaturePQ, south.party.CosignPQ = nil, nil // 3,000 bytes more, and slow to check
	f.Add(c.Note(north.party, south.party))
	f.Add(c.bare().Note(north.party, south.party))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := OpenNote(text, north.party, south.party)
		if err != nil {
			return
		}
		if again := c.Note(north.party, south.party); !bytes.Equal(again, text) || c.Verify(north.party) != nil {
			t.Fatalf("%q is written %q", text, again)
		}
	})
}

// A checkpoint's text has one encoding, whether or not it is signed.
func FuzzCheckpointText(f *testing.F) {
	f.Add([]byte("ringdown/x/first\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := parseText(text); err == nil && !bytes.Equal(c.Text(), text) {
			t.Fatalf("%q is written %q", text, c.Text())
		}
	})
}

func FuzzParseFork(f *testing.F) {
	l, north := honest(f, 7)
	_, trees := grown(3)
	lie, _ := sign(l.party, trees[3], signWith(l.keys.log))
	if _, err := north.copy.Compare(lie); err == nil {
		f.Fatal("no fork")
	}
	f.Add(north.copy.State().Fork.Text(l.party))
	f.Fuzz(func(t *testing.T, text []byte) {
		x, err := ParseFork(text, l.party)
		if err != nil {
			return
		}
		if x.Verify(l.party) != nil || !bytes.Equal(x.Text(l.party), text) {
			t.Fatalf("%q is written %q", text, x.Text(l.party))
		}
	})
}

// Proofs of any shape, for trees of any size, are refused without a panic.
func FuzzProofs(f *testing.F) {
	f.Add(int64(5), int64(9), []byte("0123456789abcdef0123456789abcdef"))
	f.Add(int64(0), int64(max48), []byte{})
	_, trees := grown(16)
	f.Fuzz(func(t *testing.T, a, b int64, raw []byte) {
		var p Proof
		for ; len(raw) >= HashSize && len(p) < 100; raw = raw[HashSize:] {
			p = append(p, Hash(raw[:HashSize]))
		}
		if CheckEntry(p, Tree{b, Hash{1}}, a, leafOf(1)) == nil || CheckEntry(p, trees[9], a, Leaf{}) == nil {
			t.Fatal("an entry that is not there is proved")
		}
		if a > 0 && CheckTree(p, Tree{a, Hash{1}}, trees[9]) == nil {
			t.Fatal("a tree that was not is proved")
		}
	})
}

// Whatever a far side signs and sends, the copy takes all of it or nothing.
func FuzzAccept(f *testing.F) {
	for _, e := range good() {
		if b := e.append(nil); len(b) < 1000 {
			f.Add(b, e.append(nil))
		}
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		l, north := honest(t, 1)
		before := north.copy.Tree()
		x, err := north.copy.Accept([][]byte{a, b}, l.signs(a, b))
		if north.copy.Tree() != before {
			t.Fatal("the copy grew before it was durable")
		}
		if err != nil {
			return
		}
		north.its.write(t, x)
		north.copy.Committed()
		if north.copy.Tree() != x.Tree() || x.Tree() != x.State.Newest.Tree {
			t.Fatalf("%s, signed %s", north.copy.Tree(), x.State.Newest.Tree)
		}
	})
}
