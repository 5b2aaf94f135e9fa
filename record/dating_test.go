package record

import (
	"testing"
	"time"
)

// An entry dated before what it has seen, or after it was co-signed, is found out.
func TestMisdatedEntries(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("at noon"))
	north.send()
	first, err := ParseEntry(north.own.entries[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ at, want time.Duration }{
		{-time.Hour, -time.Hour},
		{0, 0},
		{2 * time.Second, 0}, // co-signed within that second
		{time.Minute, time.Minute - 2*time.Second},
	} {
		south.append(Draft{Time: noon.Add(c.at), Body: say("dated %s", c.at), Seen: south.copy.Tree()})
		south.send()
		e, err := ParseEntry(south.own.entries[len(south.own.entries)-1])
		if err != nil {
			t.Fatal(err)
		}
		w := WindowOf(&first.Header, north.copy.State().Cosigned.Cosignature)
		if got := w.Misdated(&e.Header); got != c.want {
			t.Errorf("dated %s: misdated by %s, want %s", c.at, got, c.want)
		}
		if got := WindowOf(nil, nil).Misdated(&e.Header); got != 0 {
			t.Errorf("without bounds: misdated by %s", got)
		}
	}
}

// The slow co-signature is due after ten minutes, and only for what is new.
func TestThePostQuantumRhythm(t *testing.T) {
	north, south := pair(t)
	due := func(after time.Duration, want bool) {
		t.Helper()
		if got := south.copy.DuePQ(noon.Add(after)); got != want {
			t.Errorf("after %s: due %v", after, got)
		}
	}
	due(0, false)
	meet(north, south)
	north.write(say("one"))
	north.send()
	due(0, true)
	if _, err := south.copy.CosignPQ(noon); err != nil {
		t.Fatal(err)
	}
	due(time.Hour, false)
	north.write(say("two"))
	north.send()
	due(CosignPQEvery-time.Second, false)
	due(CosignPQEvery, true)
	south.its.state = south.copy.State()
	south.open()
	due(CosignPQEvery-time.Second, false)
	due(CosignPQEvery, true)
}
