package station

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/impair"
	"ringdown/record"
	"ringdown/store"
	"ringdown/wire"
)

// links are the two paths of most tests of the record.
var links = [2]impair.Settings{{Delay: 20 * time.Millisecond}, {Delay: 60 * time.Millisecond}}

func (r *records) startAll() {
	r.t.Helper()
	r.cut(false)
	r.startBoth()
	r.open(5 * time.Second)
}

// TestDelivered: a message goes up its ladder, and every rung shows on both sides.
func TestDelivered(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.settle(5 * time.Second)
		r.say(0, "the pass is open")
		took := r.within(time.Second, "it is delivered", func() bool { return r.stage(0, "the pass is open") == api.StageDelivered })
		if took > 150*time.Millisecond {
			t.Errorf("it took %v, want two ways of 20 ms, two ticks and a report", took)
		}
		south := r.phone(1)
		it, _ := r.item(1, "the pass is open")
		south.do(api.ToStation{Type: "shown", Slug: "line0", Keys: []string{it.Key}})
		r.within(time.Second, "it is shown", func() bool { return r.stage(0, "the pass is open") == api.StageShown })
		if s := r.state(1); s.Unread != 1 {
			t.Errorf("south has %d unread, want 1", s.Unread)
		}
		if err := r.of(1).Read(r.t.Context(), api.Anyone(), api.Marks{Keys: []string{it.Key}, Name: "Lt. Ode"}); err != nil {
			t.Fatal(err)
		}
		r.within(time.Second, "it is read", func() bool { return r.stage(0, "the pass is open") == api.StageRead })
		if it, _ := r.item(0, "the pass is open"); it.Ladder.ReadBy != "Lt. Ode" || it.Proof == "none" {
			t.Errorf("%+v, proof %s", it.Ladder, it.Proof)
		}
		r.settle(time.Second)
		r.same()
		r.delivered(0, []string{"the pass is open"})
	})
}

// TestHalfIsLost: with half of all datagrams lost on both paths, everything comes once and in order.
func TestHalfIsLost(t *testing.T) {
	for seed := range uint64(3) {
		inRecords(t, seed, func(r *records) {
			for p := range uint8(2) {
				r.link(p+1, impair.Settings{Delay: 40 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.5, Reorder: 0.05, Duplicate: 0.05})
			}
			r.startBoth()
			r.open(30 * time.Second)
			var texts [2][]string
			var files [2][]byte
			for round := range 5 {
				for side := range 2 {
					texts[side] = append(texts[side], r.sayMany(side, 20, fmt.Sprint("round ", round))...)
				}
				time.Sleep(500 * time.Millisecond)
			}
			for side := range 2 {
				files[side] = r.sendFile(side, 20_000, "see the file")
				texts[side] = append(texts[side], "see the file")
			}
			r.settle(2 * time.Minute)
			for side := range 2 {
				r.delivered(side, texts[side])
				r.hasFile(1-side, "see the file", files[side])
			}
			r.same()
		})
	}
}

// hasFile waits until a side has the bytes of the other's attachment.
func (r *records) hasFile(side int, text string, want []byte) {
	r.t.Helper()
	var it api.Item
	r.within(2*time.Minute, "the file comes", func() bool {
		time.Sleep(100 * time.Millisecond)
		p := r.page(side, api.RecordQuery{Limit: 200, Kinds: []string{"message"}})
		for _, it = range p.Items {
			if it.Text == text && it.By == "them" {
				return len(it.Files) == 1 && it.Files[0].Here
			}
		}
		return false
	})
	f, data, err := r.of(side).File(r.t.Context(), it.Files[0].Key)
	if err != nil || !bytes.Equal(data, want) || f.Length != len(want) {
		r.t.Errorf("side %d: the file of %q: %d bytes, %v, want %d", side, text, len(data), err, len(want))
	}
}

// TestOutage: what is written while the line is down for hours waits, and shows that it does; then
// it goes by itself, in order, once, with the time when it was written.
func TestOutage(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.say(0, "before")
		r.settle(5 * time.Second)
		r.cut(true)
		r.within(3*time.Second, "the line is down", func() bool { return r.line(0, 0).State == api.LineDown && r.line(1, 0).State == api.LineDown })
		texts := [2][]string{{"before"}, nil}
		written := time.Now()
		for hour := range 3 {
			for side := range 2 {
				texts[side] = append(texts[side], r.sayMany(side, 50, fmt.Sprint("hour ", hour))...)
			}
			time.Sleep(time.Hour)
			for side := range 2 {
				if s := r.state(side); s.Waiting != 50*(hour+1) {
					t.Errorf("side %d shows %d waiting, want %d", side, s.Waiting, 50*(hour+1))
				}
			}
		}
		if s := r.stage(0, "hour 2 49"); s != api.StageWaiting {
			t.Errorf("it is said to be %q, want waiting", s)
		}
		r.cut(false)
		r.open(5 * time.Second)
		r.settle(30 * time.Second)
		for side := range 2 {
			r.delivered(side, texts[side])
		}
		for _, e := range r.entries(1, store.Far) {
			if m, ok := e.Body.(record.Message); ok && m.Text == "hour 0 0" && e.When().Sub(written).Abs() > time.Second {
				t.Errorf("it is dated %v, and was written at %v", e.When(), written)
			}
		}
		r.same()
	})
}

// TestRestartsInCatchUp: either station is killed again and again while the other's messages
// are on their way.
func TestRestartsInCatchUp(t *testing.T) {
	for killed, name := range []string{"author", "reader"} {
		t.Run(name, func(t *testing.T) {
			inRecords(t, uint64(killed), func(r *records) {
				r.start(0)
				r.cut(false)
				texts := r.sayMany(0, 300, "waiting since the night; nobody was there to take it")
				file := r.sendFile(0, 50_000, "and a file")
				texts = append(texts, "and a file")
				r.start(1)
				r.open(5 * time.Second)
				for i := range 12 {
					time.Sleep(time.Duration(100+137*i) * time.Millisecond)
					r.kill(killed)
					r.start(killed)
					r.open(10 * time.Second)
				}
				r.settle(2 * time.Minute)
				r.delivered(0, texts)
				r.hasFile(1, "and a file", file)
				r.same()
			})
		})
	}
}

// TestWithdrawn: what waits can be taken back, and never stands.
func TestWithdrawn(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.start(0)
		r.say(0, "stays")
		key := r.say(0, "goes")
		if err := r.of(0).Withdraw(r.t.Context(), []string{key}); err != nil {
			t.Fatal(err)
		}
		r.kill(0)
		r.startAll()
		r.settle(5 * time.Second)
		r.delivered(0, []string{"stays"})
	})
}

// TestWhatDoesNotFit: what cannot be referred to is named, with what was wanted.
func TestWhatDoesNotFit(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.startAll()
		r.say(0, "ours")
		r.say(1, "theirs")
		r.settle(10 * time.Second)
		ours, _ := r.item(0, "ours")
		theirs, _ := r.item(0, "theirs")
		for _, c := range []struct {
			m          api.NewMessage
			text, hint string
		}{
			{api.NewMessage{Text: "x", Matter: "us/0"}, "us/0 is no matter.", "Name a matter"},
			{api.NewMessage{Text: "x", Matter: ours.Key}, ours.Key + " is no matter.", "Name a matter"},
			{api.NewMessage{Text: "x", Amends: "us/0"}, "us/0 is no message of this side.", "Only one's own messages"},
			{api.NewMessage{Text: "x", Retracts: theirs.Key}, theirs.Key + " is no message of this side.", "Only one's own messages"},
		} {
			_, err := r.of(0).Send(r.t.Context(), c.m)
			var refused *api.Error
			if !errors.As(err, &refused) || refused.Code != "does-not-fit" || refused.Text != c.text || !strings.HasPrefix(refused.Action, c.hint) {
				t.Errorf("%+v: %v, want %q", c.m, err, c.text)
			}
		}
		_, err := r.of(0).Matter(r.t.Context(), api.MatterAct{Act: "acknowledge", Matter: "us/0"})
		if err == nil || !strings.Contains(err.Error(), "us/0 is no matter") {
			t.Errorf("acknowledged: %v", err)
		}
	})
}

// TestDayOfTraffic: five hundred messages of a day, a thin line on one path that comes and goes, restarts and
// calls between: everything once, in order, delivered in the end.
func TestDayOfTraffic(t *testing.T) {
	inRecords(t, 7, func(r *records) {
		r.profile = wire.Thin
		r.link(2, impair.Settings{Cut: true})
		r.startBoth()
		var texts [2][]string
		for hour := range fewer(24, 5) {
			for side := range 2 {
				texts[side] = append(texts[side], r.sayMany(side, 10, fmt.Sprint("hour ", hour))...)
			}
			r.link(1, impair.Settings{Delay: 80 * time.Millisecond, Loss: 0.1})
			time.Sleep(2 * time.Minute)
			if hour%5 == 3 {
				r.kill(hour % 2)
				r.start(hour % 2)
				time.Sleep(30 * time.Second)
			}
			r.link(1, impair.Settings{Cut: true})
			time.Sleep(58 * time.Minute)
		}
		r.link(1, impair.Settings{Delay: 80 * time.Millisecond})
		r.settle(time.Minute)
		for side := range 2 {
			r.delivered(side, texts[side])
		}
		r.same()
	})
}

// TestMessagesWithClocksApart: with clocks ten minutes apart messages are delivered as ever, stand in the order in which
// they were seen, and each has its author's time, with the difference shown.
func TestMessagesWithClocksApart(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.skew[1] = 10 * time.Minute
		r.startAll()
		r.settle(10 * time.Second)
		for i := range 5 {
			r.say(0, "north %d", i)
			time.Sleep(2 * time.Second)
			r.say(1, "south %d", i)
			time.Sleep(2 * time.Second)
		}
		r.settle(10 * time.Second)
		for side := range 2 {
			var order []string
			for _, it := range r.page(side, api.RecordQuery{Kinds: []string{"message"}}).Items {
				order = append([]string{it.Text}, order...)
				if it.By == "them" && it.MisdatedMS == 0 {
					t.Errorf("side %d shows no difference at %q", side, it.Text)
				}
			}
			want := []string{"north 0", "south 0", "north 1", "south 1", "north 2", "south 2", "north 3", "south 3", "north 4", "south 4"}
			if fmt.Sprint(order) != fmt.Sprint(want) {
				t.Errorf("side %d shows %v, want %v", side, order, want)
			}
		}
		if it, _ := r.item(0, "south 4"); time.Until(it.At) < 9*time.Minute {
			t.Errorf("south's message is dated %v, want its own clock's time, about %v", it.At, time.Now().Add(10*time.Minute))
		}
		r.same()
	})
}
