package record

import (
	"testing"
	"time"
)

// A co-signature withheld for ten seconds is shown, from the first entry on that
// waits, and only while the far side is there.
func TestWithheldCosignatures(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	is := func(after time.Duration, want time.Duration) {
		t.Helper()
		since, held := north.log.Withheld(noon.Add(after))
		if held != (want >= 0) || held && !since.Equal(noon.Add(want)) {
			t.Errorf("after %s: withheld %v since %s, want %s", after, held, since, want)
		}
	}
	at := func(after time.Duration) {
		b, err := north.log.Append(Draft{Time: noon, Body: say("x")})
		if err != nil {
			t.Fatal(err)
		}
		north.own.write(t, b)
		north.log.Committed(noon.Add(after))
	}
	is(time.Hour, -1)
	at(0)
	first := north.log.State().Newest
	at(5 * time.Second)
	is(10*time.Second-1, -1)
	is(10*time.Second, 0)
	x, err := south.copy.Accept(north.own.entries[:1], first)
	if err != nil {
		t.Fatal(err)
	}
	south.its.write(t, x)
	south.copy.Committed()
	c, _ := south.copy.Cosign(noon)
	if err := north.log.Cosigned(noon.Add(11*time.Second), 1, c.Cosignature); err != nil {
		t.Fatal(err)
	}
	is(11*time.Second, -1)
	is(15*time.Second, 5*time.Second)
	north.send()
	is(2*time.Hour, -1)
}

// withheldFor checks since when north says that south withholds; negative: it does not.
func (s *side) withheldFor(what string, after, want time.Duration) {
	s.t.Helper()
	since, is := s.log.Withheld(noon.Add(after))
	if is != (want >= 0) || is && !since.Equal(noon.Add(want)) {
		s.t.Errorf("%s: after %s withheld is %v since %s, want %s", what, after, is, since, want)
	}
}

// Only time in which the line is up counts, and all of it: whoever lets the session end every nine seconds is shown, and a
// line that is down accuses nobody.
func TestWithheldOverSessions(t *testing.T) {
	north, south := pair(t)
	meet(north, south)
	north.write(say("x"))
	at := 9 * time.Second
	north.log.Down(noon.Add(at))
	north.withheldFor("while the line is down", at+time.Hour, -1)
	at += time.Hour
	north.log.Up(noon.Add(at))
	if _, err := north.log.Heard(noon.Add(at), south.copy.Newest()); err != nil {
		t.Fatal(err)
	}
	if by := north.log.WithheldAt(); !by.Equal(noon.Add(at + time.Second)) {
		t.Errorf("withheld at %s, want after one second more", by)
	}
	north.log.Up(noon.Add(at + time.Second/2)) // the far side begins anew, and the line stays up
	if _, err := north.log.Heard(noon.Add(at+time.Second/2), south.copy.Newest()); err != nil {
		t.Fatal(err)
	}
	north.withheldFor("after 9 seconds and almost one", at+time.Second-1, -1)
	north.withheldFor("after 9 seconds and one", at+time.Second, 0)
	north.log.Down(noon.Add(at + 2*time.Second))
	north.withheldFor("what is shown stays while the line is down", at+time.Hour, 0)
	north.log.Up(noon.Add(at))
	if _, err := north.log.Heard(noon.Add(at), nil); err != nil {
		t.Fatal(err)
	}
	north.send()
	north.withheldFor("co-signed", at+time.Hour, -1)
}

// A far side that does not say where our log stands, or hides what it holds of it, keeps us from numbering: that is
// timed alike.
func TestWithheldStanding(t *testing.T) {
	north, south := pair(t)
	north.log.Up(noon)
	north.log.Down(noon.Add(6 * time.Second))
	north.log.Up(noon.Add(time.Minute))
	north.withheldFor("unheard", 64*time.Second-1, -1)
	north.withheldFor("unheard", 64*time.Second, 0)
	north.withheldFor("before it", -time.Second, -1)
	meet(north, south)
	north.withheldFor("heard", time.Hour, -1)
	north.write(say("x"))
	north.send()
	snapshot := north.own.clone()
	north.write(say("y"))
	north.send()
	north.withheldFor("all is co-signed", time.Hour, -1)

	for i := range time.Duration(3) { // it claims to have lost all, and begins anew every six seconds
		now := noon.Add(i * 6 * time.Second)
		north.log.Up(now)
		if st, err := north.log.Heard(now, nil); st != FarBehind || err != nil {
			t.Fatalf("%s, %v", st, err)
		}
	}
	north.withheldFor("it claims to have lost all", 12*time.Second, 0)
	restored := &side{t: t, keys: north.keys, party: north.party, far: south, own: snapshot, its: north.its.clone(), salt: 100}
	restored.open()
	restored.log.Up(noon)
	if st, err := restored.log.Heard(noon, south.copy.Newest()); st != Behind || err != nil {
		t.Fatalf("%s, %v", st, err)
	}
	restored.withheldFor("it gives nothing back", 10*time.Second, 0)
	p, err := ProveTree(2, 2, south.its)
	if err != nil {
		t.Fatal(err)
	}
	b, err := restored.log.CatchUp(south.its.entries[1:2], p)
	if err != nil {
		t.Fatal(err)
	}
	restored.withheldFor("what came back is being written", time.Hour, -1)
	restored.own.write(t, b)
	restored.log.Committed(noon.Add(time.Hour))
	restored.withheldFor("it came back", 2*time.Hour, -1)
}
