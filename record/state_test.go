package record

import (
	"bytes"
	"reflect"
	"testing"
)

// states are a state of every form, of north's log.
func states(t testing.TB) (l *liar, other *side, all []State) {
	l, other = honest(t, 7)
	x, err := other.copy.Cosign(noon)
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, State{}, State{Newest: x.bare()}, other.copy.State())
	if _, err := other.copy.CosignPQ(noon); err != nil {
		t.Fatal(err)
	}
	all = append(all, other.copy.State())
	_, trees := grown(3)
	lie, _ := sign(l.party, trees[3], signWith(l.keys.log))
	if _, err := other.copy.Compare(lie); err == nil {
		t.Fatal("no fork")
	}
	forked := other.copy.State()
	forked.Seen = 2
	return l, other, append(all, forked)
}

func TestStatesComeBack(t *testing.T) {
	l, other, all := states(t)
	for i, s := range all {
		text := s.Text(l.party, other.party)
		again, err := ParseState(text, l.party, other.party)
		if err != nil {
			t.Errorf("state %d: %v\n%s", i, err, text)
			continue
		}
		if !reflect.DeepEqual(s, again) {
			t.Errorf("state %d: %+v came back as %+v", i, s, again)
		}
	}
}

func TestEveryByteOfAStateCounts(t *testing.T) {
	l, other, all := states(t)
	s := all[len(all)-1]
	s.CosignedPQ = nil // thousands of bytes more, tested with checkpoints
	text := s.Text(l.party, other.party)
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if again, err := ParseState(changed, l.party, other.party); err == nil && again.Seen == s.Seen {
			t.Errorf("byte %d (%q) is not noticed", i, text[i])
		}
		if _, err := ParseState(text[:i], l.party, other.party); err == nil {
			t.Errorf("cut at %d is not noticed", i)
		}
	}
	_, err := ParseState(append(text, 'x'), l.party, other.party)
	wants(t, "more", err, ErrMalformed)
	_, err = ParseState(text, other.party, l.party)
	wants(t, "of the other log", err, ErrSignature)
	s.Newest = nil
	_, err = ParseState(s.Text(l.party, other.party), l.party, other.party)
	wants(t, "co-signed, not signed", err, ErrStore)
	s = all[2]
	s.Cosigned = s.Newest
	_, err = ParseState(s.Text(l.party, other.party), l.party, other.party)
	wants(t, "a place without its co-signature", err, ErrSignature)
}

func FuzzParseState(f *testing.F) {
	l, other, all := states(f)
	for _, s := range all {
		s.CosignedPQ = nil
		f.Add(s.Text(l.party, other.party))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseState(text, l.party, other.party)
		if err == nil && !bytes.Equal(s.Text(l.party, other.party), text) {
			t.Fatalf("%q is written %q", text, s.Text(l.party, other.party))
		}
	})
}
