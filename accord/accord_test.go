package accord

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTwoStationsAgree(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{For: "South"})
	p.accepts(t)
	if !p.s.HalfSigned() || p.s.First || p.s.Slug != "north" || p.s.Peer != "North" {
		t.Errorf("the second party's line is %s of %s, first %t, half-signed %t", p.s.Slug, p.s.Peer, p.s.First, p.s.HalfSigned())
	}
	p.concludes(t)
	if p.n.HalfSigned() || !p.n.First || p.n.Slug != "south" || p.n.Peer != "South" {
		t.Errorf("the first party's line is %s of %s, first %t, half-signed %t", p.n.Slug, p.n.Peer, p.n.First, p.n.HalfSigned())
	}
	if p.n.Accord.Digest() != p.s.Accord.Digest() {
		t.Error("the two hold accords with different digests")
	}
	if !p.n.Secret.Equal(p.s.Secret) {
		t.Error("the two hold different secrets")
	}
	if p.n.Accord.Words() != p.s.Accord.Words() {
		t.Error("the two show different words")
	}
	if !reflect.DeepEqual(p.n.Paths(), p.s.Paths()) {
		t.Error("the two have different paths")
	}
	want := Path{2, "satellite", Endpoint{"[2001:db8::1]:7000", false}, Endpoint{"", true}}
	if got := p.s.Paths()[1]; got != want {
		t.Errorf("path 2 is %+v, want %+v", got, want)
	}
	terms := Terms{"standard", Hitless, DisclosureTold, DateOf(noon.AddDate(2, 0, 0)), DefaultRules()}
	if !reflect.DeepEqual(p.s.Accord.Terms(), terms) {
		t.Errorf("terms are %+v, want the defaults %+v", p.s.Accord.Terms(), terms)
	}
	if !p.south.Keys().LineKey().Public().(ed25519.PublicKey).Equal(p.n.PeerParty().Keys.Line()) {
		t.Error("the first party holds another line key than the second has")
	}
}

func TestConfirmAndFinal(t *testing.T) {
	p := agreedPair(t)
	for _, l := range []*Line{p.n, p.s} {
		if r := wantRefusal(t, l.Usable(), ErrUnconfirmed); r.Hint() == "" {
			t.Error("no hint how to confirm")
		}
	}
	if _, err := p.south.Confirm(noon, "north", spoken(p.n.Accord.Words())); err != nil {
		t.Fatal(err)
	}
	if err := p.s.SaveFinal(p.n.Final); err != nil {
		t.Fatal(err)
	}
	again, err := Open(p.south.Dir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := again.Line("north")
	if err != nil {
		t.Fatal(err)
	}
	if l.Usable() != nil || l.HalfSigned() || !l.Confirmed.Equal(noon) || !bytes.Equal(l.Final, p.n.Final) {
		t.Errorf("after opening again: usable %v, half-signed %t, confirmed %v", l.Usable(), l.HalfSigned(), l.Confirmed)
	}
	if !p.s.Confirmed.Equal(noon) {
		t.Error("SaveFinal did not bring the line up to date")
	}
	if err := p.s.SaveFinal(p.n.Final); err != nil {
		t.Errorf("the same final signature again: %v", err)
	}
}

// Each side checks the final signature as the second party does: any other is refused, and leaves nothing.
func TestForeignFinalIsRefused(t *testing.T) {
	p, other := agreedPair(t), agreedPair(t)
	bad := bytes.Clone(p.n.Final)
	bad[7] ^= 1
	own := p.south.keys.of(RoleIdentity).sign(p.s.Accord.statement("final"))
	use := p.north.keys.of(RoleIdentity).sign(p.s.Accord.statement("accept"))
	for _, sig := range [][]byte{nil, {}, bad, p.n.Final[:63], append(bytes.Clone(p.n.Final), 0), other.n.Final, own, use} {
		wantRefusal(t, p.s.SaveFinal(sig), ErrChanged)
		if l, err := p.south.Line("north"); err != nil || !l.HalfSigned() {
			t.Fatalf("refused, but kept: %v", err)
		}
	}
}

func TestInitRefusesToOverwrite(t *testing.T) {
	h := newHome(t, "North")
	before := h.Keys().Public()
	_, err := Init(noon, h.Dir(), "South")
	if r := wantRefusal(t, err, ErrExists); !strings.Contains(r.Found, `"North"`) {
		t.Errorf("error %v does not name the station that is there", err)
	}
	again, err := Open(h.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if again.Name() != "North" || !reflect.DeepEqual(again.Keys().Public(), before) {
		t.Error("refused, but the station changed")
	}
	// Keys without a station are what a crash of Init leaves.
	if err := os.Remove(filepath.Join(h.Dir(), fileStation)); err != nil {
		t.Fatal(err)
	}
	_, err = Init(noon, h.Dir(), "South")
	wantRefusal(t, err, ErrExists)
	_, err = Open(h.Dir())
	wantRefusal(t, err, ErrMissing)
}

func TestInitInAFolderThatIsThere(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(noon, dir, "North"); err != nil {
		t.Fatal(err)
	}
}

func TestOpenMissing(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "nothing"))
	if r := wantRefusal(t, err, ErrMissing); !strings.Contains(r.Hint(), "ringdown init") {
		t.Errorf("hint %q does not say how to make a station", r.Hint())
	}
}

func TestUsedTwice(t *testing.T) {
	p := agreedPair(t)
	_, err := p.north.Conclude(noon, p.accept)
	if r := wantRefusal(t, err, ErrUsed); !strings.Contains(err.Error(), `"south"`) || r.Hint() == "" {
		t.Errorf("error %v does not name the line", err)
	}
	_, _, err = p.south.Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	wantRefusal(t, err, ErrUsed)
	// One's own invite is named as what it is, even when it is used.
	_, _, err = p.north.Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	wantRefusal(t, err, ErrWrongParty)
	// A third station answers the same invite after the second did.
	_, _, err = newHome(t, "East").Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	if err != nil {
		t.Fatal("the third station cannot know that the invite is used:", err)
	}
	for _, h := range []*Home{p.north, p.south} {
		lines, err := h.Lines()
		if err != nil || len(lines) != 1 {
			t.Errorf("refused, but %s has %d lines (%v), want 1", h.Name(), len(lines), err)
		}
	}
}

func TestSecondAnswerIsRefused(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	late, _, err := newHome(t, "East").Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	if err != nil {
		t.Fatal(err)
	}
	p.accepts(t)
	p.concludes(t)
	_, err = p.north.Conclude(noon, late)
	wantRefusal(t, err, ErrUsed)
}

// An invite stays used when its line is taken out of use.
func TestRetiredInviteStaysUsed(t *testing.T) {
	p := agreedPair(t)
	for _, x := range []struct {
		h    *Home
		slug string
	}{{p.north, "south"}, {p.south, "north"}} {
		// As after a crash just after the line was made.
		if err := os.Remove(x.h.path(dirInvites, p.n.Accord.ID().String(), fileUsed)); err != nil {
			t.Fatal(err)
		}
		if err := x.h.Retire(x.slug); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, x.h.Retire(x.slug), ErrMissing)
	}
	_, err := p.north.Conclude(noon, p.accept)
	wantRefusal(t, err, ErrUsed)
	_, _, err = p.south.Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	wantRefusal(t, err, ErrUsed)
	// A new accord may have the old one's slug, and may be retired too.
	p.invites(t, InviteOptions{})
	p.accepts(t)
	p.concludes(t)
	if err := p.north.Retire("south"); err != nil {
		t.Fatal(err)
	}
}

func TestOneOfManyConcludes(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.accepts(t)
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			h, err := Open(p.north.Dir())
			if err == nil {
				_, err = h.Conclude(noon, p.accept)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantRefusal(t, err, ErrUsed)
		}
	}
	if lines, err := p.north.Lines(); won != 1 || len(lines) != 1 || err != nil {
		t.Errorf("%d concluded and %d lines are there (%v), want 1 and 1", won, len(lines), err)
	}
}

func TestWrongParty(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{For: "South"})
	_, _, err := p.north.Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	wantRefusal(t, err, ErrWrongParty)
	_, _, err = newHome(t, "East").Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	if r := wantRefusal(t, err, ErrWrongParty); !strings.Contains(r.Hint(), "North") {
		t.Errorf("hint %q does not say whom to ask", r.Hint())
	}
	p.accepts(t)
	for _, h := range []*Home{p.south, newHome(t, "West")} {
		_, err = h.Conclude(noon, p.accept)
		if r := wantRefusal(t, err, ErrWrongParty); !strings.Contains(r.Hint(), "North") {
			t.Errorf("hint %q does not say where the accept belongs", r.Hint())
		}
	}
	// An accept of another invite of the same station, dressed up as one of this.
	first := p.accept
	p.invites(t, InviteOptions{})
	inv, err := ParseInvite(p.invite)
	if err != nil {
		t.Fatal(err)
	}
	acc, err := ParseAccept(first)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Join(inv, acc)
	wantRefusal(t, err, ErrWrongParty)
	acc.Invite = inv.ID
	_, err = Join(inv, acc)
	wantRefusal(t, err, ErrChanged)
	acc.Digest = inv.Digest()
	_, err = Join(inv, acc)
	wantRefusal(t, err, ErrChanged) // all fits now, but it is not what South signed
}

func TestExpired(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{Days: 3})
	last := noon.AddDate(0, 0, 3)
	_, _, err := p.south.Accept(last.Add(time.Second), p.invite, AcceptOptions{Ends: southEnds})
	if r := wantRefusal(t, err, ErrExpired); r.Hint() == "" {
		t.Error("no hint")
	}
	if p.accept, _, err = p.south.Accept(last, p.invite, AcceptOptions{Ends: southEnds}); err != nil {
		t.Fatal("in the last second:", err)
	}
	_, err = p.north.Conclude(last.Add(time.Second), p.accept)
	wantRefusal(t, err, ErrExpired)
	if _, err = p.north.Conclude(last, p.accept); err != nil {
		t.Fatal("in the last second:", err)
	}
}

// The accord's own expiry is only something to warn of.
func TestAccordExpiryOnlyWarns(t *testing.T) {
	p := agreedPair(t)
	late := noon.AddDate(10, 0, 0)
	if !p.n.Accord.Expired(late) || p.n.Accord.Expired(noon) {
		t.Error("Expired does not tell the day")
	}
	if _, err := p.south.Confirm(late, "north", spoken(p.n.Accord.Words())); err != nil {
		t.Error(err)
	}
}

func TestDamagedLineLeavesOthersAlone(t *testing.T) {
	p := agreedPair(t)
	east := &pair{north: p.north, south: newHome(t, "East")}
	east.invites(t, InviteOptions{})
	east.accepts(t)
	if err := os.WriteFile(p.n.path(fileAccept), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	east.concludes(t)
	lines, err := p.north.Lines()
	if len(lines) != 1 || lines[0].Slug != "east" {
		t.Errorf("%d lines, want east alone", len(lines))
	}
	wantRefusal(t, err, ErrForeign)
	if !strings.Contains(err.Error(), filepath.Join("lines", "south", "accept")) {
		t.Errorf("error %v does not name the file", err)
	}
}

func TestNoSuchLine(t *testing.T) {
	p := agreedPair(t)
	for _, slug := range []string{"", "west", "..", "../lines/south", "South", "south/", ".new-south", "south\x1b[2J"} {
		_, err := p.north.Line(slug)
		if r := wantRefusal(t, err, ErrMissing); !strings.Contains(r.Wanted, "south") {
			t.Errorf("error %v does not name the lines there are", err)
		}
		_, err = p.north.Confirm(noon, slug, "")
		wantRefusal(t, err, ErrMissing)
	}
}

// A line's folder in another station's folder is noticed.
func TestLineOfAnotherStation(t *testing.T) {
	p := agreedPair(t)
	west := newHome(t, "West")
	if err := os.CopyFS(west.path(dirLines, "south"), os.DirFS(p.n.Dir())); err != nil {
		t.Fatal(err)
	}
	_, err := west.Line("south")
	wantRefusal(t, err, ErrWrongParty)
	// And its files in another line's folder.
	east := &pair{north: p.north, south: newHome(t, "East")}
	east.invites(t, InviteOptions{})
	east.accepts(t)
	east.concludes(t)
	for _, name := range []string{fileSecret, fileFinal} {
		b, err := os.ReadFile(p.n.path(name))
		if err != nil {
			t.Fatal(err)
		}
		was, _ := os.ReadFile(east.n.path(name))
		os.WriteFile(east.n.path(name), b, 0o600)
		_, err = p.north.Line("east")
		wantRefusal(t, err, ErrChanged)
		os.WriteFile(east.n.path(name), was, 0o600)
	}
	if _, err := p.north.Line("east"); err != nil {
		t.Error(err)
	}
	// And a file of the right line, whole, with a signature that is not the first party's.
	forged := finalFile{east.n.Accord.Digest(), p.n.Final}
	if err := WriteFile(east.s.path(fileFinal), encode(&forged)); err != nil {
		t.Fatal(err)
	}
	_, err = east.south.Line("north")
	wantRefusal(t, err, ErrChanged)
}

func TestReplacedKeysAreNoticed(t *testing.T) {
	p := agreedPair(t)
	k := &privateKey{role: RoleLog, serial: 2, successor: SuccessorIdentity, seed: newSecret()}
	if err := WriteFile(p.north.path(dirKeys, string(RoleLog)), encode(k)); err != nil {
		t.Fatal(err)
	}
	h, err := Open(p.north.Dir())
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Line("south")
	wantRefusal(t, err, ErrWrongParty)
}

func TestInvites(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.invites(t, InviteOptions{For: "South"})
	open, err := p.north.Invites()
	if err != nil || len(open) != 2 {
		t.Fatalf("%d open invites (%v), want 2", len(open), err)
	}
	p.accepts(t)
	p.concludes(t)
	open, err = p.north.Invites()
	if err != nil || len(open) != 1 || open[0].For != "" {
		t.Fatalf("%d open invites (%v), want the first one", len(open), err)
	}
	if err := os.WriteFile(p.north.path(dirInvites, open[0].ID.String(), fileInvite), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if open, err = p.north.Invites(); err == nil || len(open) != 0 {
		t.Errorf("a damaged invite: %d open, error %v", len(open), err)
	}
	if !errors.Is(err, ErrForeign) {
		t.Error(err)
	}
}
