package accord

import (
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// noon is when everything in these tests happens, unless said otherwise.
var noon = time.Date(2026, 6, 29, 12, 0, 0, 0, time.UTC)

var (
	northPaths = []OwnPath{{1, "fibre", Endpoint{Address: "192.0.2.1:7000"}}, {2, "satellite", Endpoint{Address: "[2001:db8::1]:7000"}}}
	southEnds  = map[uint8]Endpoint{1: {Address: "south.example.org:7000"}, 2: {Roams: true}}
)

func newHome(t testing.TB, name string) *Home {
	t.Helper()
	h, err := Init(noon, filepath.Join(t.TempDir(), "station"), name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A pair is two stations with an accord between them, unless made by newPair.
type pair struct {
	north, south   *Home
	invite, accept []byte
	n, s           *Line
}

func newPair(t testing.TB) *pair {
	return &pair{north: newHome(t, "North"), south: newHome(t, "South")}
}

func (p *pair) invites(t testing.TB, o InviteOptions) {
	t.Helper()
	if o.Paths == nil {
		o.Paths = northPaths
	}
	var err error
	if p.invite, _, err = p.north.Invite(noon, o); err != nil {
		t.Fatal(err)
	}
}

func (p *pair) accepts(t testing.TB) {
	t.Helper()
	var err error
	if p.accept, p.s, err = p.south.Accept(noon, p.invite, AcceptOptions{Ends: maps.Clone(southEnds)}); err != nil {
		t.Fatal(err)
	}
}

func (p *pair) concludes(t testing.TB) {
	t.Helper()
	var err error
	if p.n, err = p.north.Conclude(noon, p.accept); err != nil {
		t.Fatal(err)
	}
}

// agreedPair has concluded.
func agreedPair(t testing.TB) *pair {
	t.Helper()
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.accepts(t)
	p.concludes(t)
	return p
}

func spoken(words [12]string) string { return strings.Join(words[:], " ") }

// wantRefusal checks that err is of one kind, reads as an operator expects, and
// shows nothing that a terminal would act upon.
func wantRefusal(t testing.TB, err, kind error) *Refusal {
	t.Helper()
	var r *Refusal
	if !errors.Is(err, kind) || !errors.As(err, &r) {
		t.Fatalf("error %v, want %v", err, kind)
	}
	text := err.Error()
	if !strings.HasPrefix(text, "accord: ") {
		t.Errorf("error %q does not begin with its package", text)
	}
	for _, c := range text + r.Hint() {
		if c < ' ' || c == 0x7f || c >= 0x80 && !nameRune(c) && c != '…' {
			t.Errorf("error %q holds %U", text, c)
		}
	}
	return r
}
