package station

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/people"
	"ringdown/presence/softkey"
	"ringdown/record"
)

// sits attaches a console at which a person sits; with an id, at that place.
func (w *world) sits(side int, id string, who api.Person) *phone {
	w.t.Helper()
	p := &phone{w: w, side: side, heard: make(map[uint32]time.Duration)}
	seat, err := w.st[side].Attach(api.ToStation{Type: "attach", Kind: "command", Name: "Desk 2", Console: id}, who, p)
	if err != nil {
		w.t.Fatal(err)
	}
	p.seat, p.id = seat, seat.ID()
	return p
}

var (
	lind  = api.Person{ID: "p2", Name: "I. Lind", Roles: []api.Role{api.RoleOfficer, api.RolePrincipal}}
	kiosk = api.Person{Roles: []api.Role{api.RoleOfficer}}
	vera  = api.Person{ID: "p3", Name: "Vera", Roles: []api.Role{api.RoleObserver}}
)

// TestRecordNamesThePerson: who is logged in is named by their own name and role, a kiosk by the console's name.
func TestRecordNamesThePerson(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north, south := r.sits(0, "", lind), r.sits(1, "", kiosk)
		for _, p := range []*phone{north, south} {
			p.do(api.ToStation{Type: "ready", Ready: true})
		}
		r.answer(north, south)
		south.press("hangup")
		r.settle(10 * time.Second)
		for side := range 2 {
			who := make(map[string]string)
			for _, s := range r.page(side, api.RecordQuery{Kinds: []string{"call"}}).Items[0].Call.Steps {
				if s.Who != "" {
					who[name(side, s.By)+" "+s.Step] = s.Who + ", " + string(s.Role)
				}
			}
			if who["north called"] != "I. Lind, principal" || who["south answered"] != "Desk 2, officer" {
				t.Errorf("side %d: the record names %q", side, who)
			}
		}
		if c := r.st[0].Status().Consoles[0]; c.Person != "I. Lind" || c.PersonID != lind.ID || len(c.Roles) != 2 || c.Name != "Desk 2" {
			t.Errorf("the console is %+v", c)
		}
	})
}

// TestReadByThePerson: a receipt has the name of who is logged in, whatever name the console gives; a
// principal has seen it.
func TestReadByThePerson(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		r.say(0, "the pass is open")
		r.within(time.Second, "it is delivered", func() bool { return r.stage(0, "the pass is open") == api.StageDelivered })
		it, _ := r.item(1, "the pass is open")
		read := func(who api.Person, stage api.Stage) *api.Ladder {
			if err := r.of(1).Read(r.t.Context(), who, api.Marks{Keys: []string{it.Key}, Name: "Somebody else"}); err != nil {
				t.Fatal(err)
			}
			r.within(time.Second, "it is "+string(stage), func() bool { return r.stage(0, "the pass is open") == stage })
			got, _ := r.item(0, "the pass is open")
			return got.Ladder
		}
		if l := read(weber, api.StageRead); l.ReadBy != "A. Weber" {
			t.Errorf("read by %q", l.ReadBy)
		}
		if l := read(lind, api.StageSeen); l.SeenBy != "I. Lind" || l.ReadBy != "A. Weber" {
			t.Errorf("seen by %q, read by %q", l.SeenBy, l.ReadBy)
		}
		r.same()
	})
}

// TestObserversTakeNoSeat: the place of a console in a call is not for who may not speak.
func TestObserversTakeNoSeat(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		north, south := r.sits(0, "", lind), r.phone(1)
		north.do(api.ToStation{Type: "ready", Ready: true})
		r.answer(north, south)
		north.seat.Detach()
		if p := r.sits(0, north.id, vera); p.id == north.id {
			t.Error("an observer has the place of who spoke")
		}
		if p := r.sits(0, north.id, weber); p.id != north.id {
			t.Error("another officer has it not")
		}
	})
}

// TestDamagedPeople: a station whose people are not known does not start.
func TestDamagedPeople(t *testing.T) {
	p := newPair(t)
	file := filepath.Join(p.dir[0], PeopleFile)
	p.must(os.WriteFile(file, []byte(`{"people":`), 0o600))
	_, err := Start(context.Background(), DaemonOptions{Dir: p.dir[0]})
	if bad, ok := errors.AsType[*PeopleError](err); !ok || !strings.Contains(err.Error(), file) || !strings.Contains(bad.Hint(), "backup") {
		t.Fatalf("%v", err)
	}
	p.must(os.Remove(file))
	p.start(0)
}

// TestAKioskIsNobody: a console or a command that is called like a person who logs in is not taken for that person, neither
// in the record, nor among the consoles, nor on the roster.
func TestAKioskIsNobody(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.options = func(_ int, o *Options) { o.Enrolled = func(name string) bool { return name == "Desk 2" } }
		r.startAll()
		r.settle(5 * time.Second)
		north, south := r.sits(0, "", kiosk), r.sits(1, "", lind)
		for _, p := range []*phone{north, south} {
			p.do(api.ToStation{Type: "ready", Ready: true})
		}
		r.answer(north, south)
		north.press("hangup")
		r.settle(10 * time.Second)
		const want = "Desk 2 (not logged in)"
		var who string
		for _, s := range r.page(1, api.RecordQuery{Kinds: []string{"call"}}).Items[0].Call.Steps {
			if s.Step == "called" {
				who = s.Who
			}
		}
		if c := r.st[0].Status().Consoles[0]; who != want || c.Name != want {
			t.Errorf("the record names %q, the console is %q", who, c.Name)
		}
		for _, m := range []api.WatchAct{{Console: north.id}, {As: "Desk 2"}} {
			if err := r.st[0].WatchAct("take", kiosk, m); err != nil {
				t.Fatal(err)
			}
			if h := r.st[0].Status().Watch.Officer; h != want {
				t.Errorf("the watch is held by %q", h)
			}
		}
		if c := r.st[1].Status().Consoles[0]; c.Name != "Desk 2" || c.Person != "I. Lind" {
			t.Errorf("who is logged in is %+v", c)
		}
	})
}

// TestAKioskActsForNobodyElse: whoever is not logged in cannot act as the officer who sits at another console, though its id
// stands in the status for everybody to read.
func TestAKioskActsForNobodyElse(t *testing.T) {
	inWorld(t, 1, func(w *world) {
		w.lines = 0
		w.start(0)
		north := w.sits(0, "", lind)
		if err := w.st[0].WatchAct("take", lind, api.WatchAct{Console: north.id}); err != nil {
			t.Fatal(err)
		}
		for _, act := range []string{"hand", "here", "acknowledge", "leave", "take"} {
			if err := w.st[0].WatchAct(act, kiosk, api.WatchAct{Console: north.id}); err == nil {
				t.Errorf("%s: a kiosk has done it as %s", act, lind.Name)
			}
		}
		if h := w.st[0].Status().Watch.Officer; h != lind.Name {
			t.Errorf("the watch is held by %q", h)
		}
	})
}

// TestAnotherPersonAtTheSpeakersSeat: when another person comes to sit where somebody spoke, both records and the other side's
// consoles name who speaks from then on.
func TestAnotherPersonAtTheSpeakersSeat(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north, south := r.sits(0, "", lind), r.sits(1, "", kiosk)
		for _, p := range []*phone{north, south} {
			p.do(api.ToStation{Type: "ready", Ready: true})
		}
		r.answer(north, south)
		r.settle(2 * time.Second)
		north.seat.Detach() // logged out, and another logs in at the same page
		p := r.sits(0, north.id, weber)
		p.do(api.ToStation{Type: "ready", Ready: true})
		r.settle(2 * time.Second)
		if c := r.line(0, 0).Call; c == nil || c.State != "active" {
			t.Fatalf("the call is %+v", c)
		}
		for side := range 2 {
			var last api.Step
			for _, s := range r.line(side, 0).Call.Steps {
				if s.By == [2]string{"us", "them"}[side] && s.Who != "" {
					last = s
				}
			}
			if last.Who != weber.Name {
				t.Errorf("side %d: the newest word on who speaks is %s by %q, want %q", side, last.Name, last.Who, weber.Name)
			}
		}
	})
}

// TestAnotherPersonAtAGuestsSeat: who had joined has left, and not whoever sits there next.
func TestAnotherPersonAtAGuestsSeat(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		north, south, guest := r.sits(0, "", lind), r.sits(1, "", kiosk), r.sits(0, "", vera)
		for _, p := range []*phone{north, south} {
			p.do(api.ToStation{Type: "ready", Ready: true})
		}
		r.answer(north, south)
		guest.do(api.ToStation{Type: "join", Slug: "line0"})
		r.settle(2 * time.Second)
		if n := len(r.line(1, 0).Call.Joined); n != 1 {
			t.Fatalf("%d have joined", n)
		}
		r.sits(0, guest.id, weber)
		r.settle(2 * time.Second)
		if list := r.line(1, 0).Call.Joined; len(list) != 0 {
			t.Errorf("the other side still shows %+v in the call", list)
		}
	})
}

// staffOf is a book with people, of whom the first has a passkey.
func staffOf(t *testing.T, names ...string) *people.Book {
	t.Helper()
	b, err := people.Open(filepath.Join(t.TempDir(), PeopleFile), func(string, []byte) error { return nil })
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	now, site := time.Now(), people.Site{Origin: "http://localhost:7100", Host: "localhost", Station: "North"}
	for i, name := range names {
		_, token, err := b.Add(now, name, []people.Role{people.Administrator})
		must(err)
		if i > 0 {
			continue
		}
		options, ceremony, _, err := b.BeginEnrolment(now, site, token)
		must(err)
		answer, err := softkey.NewPasskey(site.Origin).Create(options)
		must(err)
		_, err = b.FinishEnrolment(now, ceremony, answer)
		must(err)
	}
	return b
}

// TestAKioskThatLooksLikeSomebody: a name that could be taken for that of a person who logs in is marked as that name itself is;
// others are not, and none is where nobody logs in.
func TestAKioskThatLooksLikeSomebody(t *testing.T) {
	p := newPair(t)
	staff, nobody := staffOf(t, "A. Weber", "René", "Іван", "Lena 1"), staffOf(t)
	named := func(b *people.Book, name string) string {
		return (&Station{opt: DaemonOptions{Dir: p.dir[0]}.station(p.home[0], defaults(), b)}).named(kiosk, name)
	}
	for _, name := range []string{"A. Weber", "a.  weber", "A.Weber", "A Weber", "AWEBER", "А. Wеbеr", "A. We\u200bber", "A. We\u034fber", "\uff21. Weber",
		"A. \U0001d416eber", "A. We\u0323ber", "René", "Rene\u0301", "Iван", "Lena l", "lena I"} {
		if got := named(staff, name); !strings.HasSuffix(got, notLoggedIn) {
			t.Errorf("%q (%+q) is in the record as %q", name, name, got)
		}
		if got := named(nobody, name); got != recordable(name) {
			t.Errorf("where nobody logs in, %q is in the record as %q", name, got)
		}
	}
	for _, name := range []string{"", "Desk 2", "☎\ufe0f Equipment #2", "Küche", "Пост A", "北部指令室", "हिन्दी", "***", "A. Weberin", "Lena", "Rene"} {
		if got := named(staff, name); got != name {
			t.Errorf("%q is in the record as %q", name, got)
		}
	}
}

// TestLongNamesAreMarkedToo: no name that can be a person's loses the mark in the record, and none gets round it by what is not
// printed.
func TestLongNamesAreMarkedToo(t *testing.T) {
	for _, name := range []string{"Anna", strings.Repeat("a", 30), strings.Repeat("a", 40), strings.Repeat("漢", 40), strings.Repeat("\U00020000", 32)} {
		s := &Station{opt: Options{Enrolled: func(n string) bool { return n == name }}}
		for _, called := range []string{name, "\u200b" + name, name + "\x00 "} {
			if got := s.named(kiosk, called); !strings.HasSuffix(got, notLoggedIn) || len(got) > record.MaxWho || got[:3] != name[:3] {
				t.Errorf("whoever is called %q is in the record as %q", called, got)
			}
		}
	}
}
