package station

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/disclose"
	"ringdown/record"
	"ringdown/store"
)

// Twins are two live copies of South's station, with the same keys. North reaches the first over path 1, the second
// over path 2.
type twins struct {
	*records          // North and the first
	second   *records // North and the second
}

// inTwins runs f with North and the first under a real accord.
func inTwins(t *testing.T, f func(*twins)) {
	t.Helper()
	inRecords(t, 1, func(r *records) {
		a := &accordWorld{world: r.world, dir: [2]string{t.TempDir() + "/north", t.TempDir() + "/south"}}
		a.agree(2)
		second := &records{world: &world{t: r.t, net: r.net, profile: r.profile, lines: 1}}
		r.change, second.change = r.underAccord(a, 1), second.underAccord(a, 2)
		defer func() { second.kill(1) }()
		r.cut(false)
		r.startBoth()
		r.settle(10 * time.Second)
		f(&twins{r, second})
	})
}

// underAccord has a line's record kept under an accord. South has one path alone.
func (r *records) underAccord(a *accordWorld, path int) func(side int, o *LineOptions) {
	return func(side int, o *LineOptions) {
		l := a.read(side)
		home, err := accord.Open(a.dir[side])
		a.must(err)
		o.Line.AccordDigest = l.Accord.Digest()
		o.Record, err = recordOptions(a.dir[side], l, home.Keys())
		a.must(err)
		o.Record.Dir = r.dir[side]
		o.Record.Open = func(string) (store.Store, error) { return r.disk[side].Again(), nil }
		if side == 1 {
			o.Paths = o.Paths[path-1 : path]
		}
	}
}

// copySouth starts the second from a copy of the first's folder as it is now, and waits until North turns to it. The first knows
// nothing of that yet.
func (two *twins) copySouth() {
	two.t.Helper()
	s := two.second
	s.disk[1], s.dir[1] = two.disk[1].Clone(), two.t.TempDir()
	s.world.kept[1] = &memoryJournal{saved: maps.Clone(two.world.kept[1].saved)}
	s.start(1)
	s.st[0] = two.st[0]
	two.within(5*time.Second, "north turns to the second", func() bool { return two.state(0).Standing == record.Unheard.String() })
}

// delivers waits until what a copy of South says is on North's disk.
func (two *twins) delivers(r *records, text string) {
	two.t.Helper()
	if !r.trySay(1, text) {
		two.t.Fatalf("%q is not written", text)
	}
	two.within(30*time.Second, text+" is delivered", func() bool { return r.stage(1, text) == api.StageDelivered })
}

// stands is what North holds of South's messages.
func (two *twins) stands(want ...string) {
	two.t.Helper()
	if got := two.texts(0, store.Far); !slices.Equal(got, want) {
		two.t.Errorf("north holds %q, want %q", got, want)
	}
}

// TestTwoAtOnce: of two live copies the one that began last has the line, and the other is shut out: it signs nothing, what is
// written at it waits, and it delivers that when it begins anew, by turns and any number of times. No number is signed twice.
func TestTwoAtOnce(t *testing.T) {
	inTwins(t, func(two *twins) {
		first, second := two.records, two.second
		two.delivers(first, "before")
		two.copySouth()
		two.within(5*time.Second, "the first is shut out", func() bool { return two.line(1, 0).State == api.LineDown })
		want := []string{"before"}
		for turn := range 4 {
			in, out := second, first
			if turn%2 == 1 {
				in, out = first, second
			}
			size := out.state(1).Own.Size
			waits, goes := fmt.Sprint("waits in turn ", turn), fmt.Sprint("goes in turn ", turn)
			if !out.trySay(1, waits) {
				t.Fatal("nothing can be written at the one that is shut out")
			}
			two.delivers(in, goes)
			time.Sleep(30 * time.Second)
			if s := out.state(1); out.line(1, 0).State != api.LineDown || s.Own.Size != size || s.Waiting != 1 || out.stage(1, waits) != api.StageWaiting {
				t.Fatalf("turn %d: the one that is shut out: %s %+v", turn, out.describe(1), s)
			}
			out.again(1)
			two.within(30*time.Second, "its record is open", func() bool { return out.state(1).Standing == record.Stands.String() })
			two.within(30*time.Second, waits+" is delivered", func() bool { return out.stage(1, waits) == api.StageDelivered })
			if !out.noticed(1, "a copy of it ran") {
				t.Errorf("turn %d: nobody is told: %q", turn, out.notices(1))
			}
			want = append(want, goes, waits)
			two.within(5*time.Second, "the other is shut out", func() bool { return in.line(1, 0).State == api.LineDown })
		}
		two.stands(want...)
		for _, r := range []*records{first, second} {
			for side := range 2 {
				if s := r.state(side); s.Fork != "" {
					t.Errorf("side %d: a fork of %s", side, s.Fork)
				}
			}
		}
	})
}

// forked checks what a side shows of two histories, and that a stranger can check the proof it gives out.
func (r *records) forked(side int, who, id string) {
	r.t.Helper()
	r.within(time.Minute, who+" signed two histories", func() bool { return r.state(side).Fork == who })
	list := r.line(side, 0).Notices
	i := slices.IndexFunc(list, func(n api.Notice) bool { return strings.Contains(n.Text, "signed two histories") })
	if i < 0 || list[i].Severity != "failure" || !strings.Contains(list[i].Action, `"ringdown disclose line0 --save `+id+` --out FILE"`) {
		r.t.Errorf("side %d shows %+v", side, list)
	}
	file, err := r.of(side).DisclosureFile(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	report, err := disclose.Verify(file)
	if err != nil {
		r.t.Fatalf("%v\n%s", err, file)
	}
	if report.Kind != disclose.KindFork || report.Title != "South signed two histories of its log of the line with North." {
		r.t.Errorf("it proves %q", report.Title)
	}
	all, err := r.of(side).Disclosures(r.t.Context())
	sum := sha256.Sum256(file)
	if err != nil || len(all) != 1 || all[0].ID != id || all[0].SHA256 != hex.EncodeToString(sum[:]) || all[0].At.IsZero() || all[0].At.After(time.Now()) {
		r.t.Errorf("side %d lists %+v, %v", side, all, err)
	}
}

// TestTwoSignAtOnce: if both copies sign a number before either is heard again, that is found as soon as the one of which North has
// nothing is back. It is told at North and at both, each gives out a proof, and nothing that was shown as delivered is lost.
func TestTwoSignAtOnce(t *testing.T) {
	inTwins(t, func(two *twins) {
		first, second := two.records, two.second
		two.delivers(first, "before")
		two.copySouth()
		size := first.state(1).Own.Size
		if !first.trySay(1, "by the first") {
			t.Fatal("the first does not write")
		}
		two.within(time.Second, "the first has signed", func() bool { return first.state(1).Own.Size > size })
		two.delivers(second, "by the second")
		time.Sleep(time.Minute)
		if s := first.stage(1, "by the first"); s != api.StageOnLine {
			t.Fatalf("the first shows %q", s)
		}
		first.again(1)
		first.forked(1, "us", forkUs)
		two.forked(0, "them", forkThem)
		if s := first.stage(1, "by the first"); s != api.StageOnLine {
			t.Errorf("the first shows what North never had as %q", s)
		}
		found := two.found(0, forkThem)
		time.Sleep(2 * time.Minute)
		second.again(1)
		second.forked(1, "us", forkUs)
		if s := second.stage(1, "by the second"); s != api.StageDelivered {
			t.Errorf("the second shows what North has as %q", s)
		}
		two.stands("before", "by the second")

		// All of it outlives restarts, and North's log goes on with the one whose history it holds.
		first.kill(1)
		two.again(0)
		second.again(1)
		second.st[0] = two.st[0]
		second.forked(1, "us", forkUs)
		two.forked(0, "them", forkThem)
		if at := two.found(0, forkThem); !at.Equal(found) {
			t.Errorf("found at %v, and after a restart at %v", found, at)
		}
		two.say(0, "we hold the proof")
		two.within(30*time.Second, "it is delivered", func() bool { return two.stage(0, "we hold the proof") == api.StageDelivered })
		if !second.trySay(1, "after it") {
			t.Error("nothing can be written")
		}
		time.Sleep(time.Minute)
		if s := second.stage(1, "after it"); s != api.StageWaiting {
			t.Errorf("after the fork a message is %q", s)
		}
		two.stands("before", "by the second")
	})
}

// found is since when a side has a proof.
func (r *records) found(side int, id string) (at time.Time) {
	r.t.Helper()
	list, err := r.of(side).Disclosures(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, d := range list {
		if d.ID == id {
			at = d.At
		}
	}
	return at
}
