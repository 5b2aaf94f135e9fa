package station

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	mrand "math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/line"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

// rings calls from north n times, and gives how long it took until south rang.
func (r *records) rings(north, south *phone, n int) (took []time.Duration) {
	r.t.Helper()
	for range n {
		time.Sleep(1500 * time.Millisecond)
		before, pressed := south.ringCount(), time.Now()
		north.press("call")
		r.within(5*time.Second, "it rings", func() bool { return south.ringCount() > before })
		took = append(took, south.lastRing().Sub(pressed))
		north.press("hangup")
		r.within(5*time.Second, "south's call ends", r.callIs(1, api.CallEnded))
	}
	slices.Sort(took)
	return took
}

// ringBound is the fast path's delay, one tick to leave in, and one that may be late.
const ringBound = 60 * time.Millisecond

// TestRingBehindACatchUp: while thousands of entries and a file are on their way both ways, every ring comes
// as fast as on an idle line.
func TestRingBehindACatchUp(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.start(0)
		r.start(1)
		r.cut(true)
		for side := range 2 {
			r.sayMany(side, 1000, "what was written while the line was down, and has to go over it now, beside the calls")
			r.sendFile(side, record.MaxAttachment, "and a file")
		}
		r.cut(false)
		r.open(5 * time.Second)
		north, south := r.phone(0), r.phone(1)
		took := r.rings(north, south, 20)
		if r.still() {
			t.Error("all was delivered before the rings ended: they show nothing")
		}
		t.Logf("ring: median %v, most %v", took[len(took)/2], took[len(took)-1])
		if took[len(took)-1] > ringBound {
			t.Errorf("a ring took %v, want at most %v", took[len(took)-1], ringBound)
		}
		r.settle(10 * time.Minute)
		r.same()
	})
}

// floods are what a hostile far station may send on the streams of the record.
var floods = map[string]func(r *mrand.Rand) (line.Stream, []byte){
	"garbage": func(r *mrand.Rand) (line.Stream, []byte) {
		msg := make([]byte, 1+r.IntN(2000))
		_, _ = rand.Read(msg)
		msg[0] = byte(firstRecordKind + r.IntN(20))
		return line.Stream(int(line.StreamEntries) + r.IntN(2)), msg
	},
	"tiny": func(r *mrand.Rand) (line.Stream, []byte) {
		return line.StreamEntries, []byte{byte(firstRecordKind + r.IntN(16))}
	},
	"wants": func(r *mrand.Rand) (line.Stream, []byte) { // of entries, again and again
		msg := append([]byte{20, byte(r.IntN(2))}, make([]byte, 8)...)
		binary.BigEndian.PutUint16(msg[8:], 255)
		return line.StreamEntries, msg
	},
	"files": func(r *mrand.Rand) (line.Stream, []byte) {
		msg := make([]byte, 37)
		_, _ = rand.Read(msg)
		msg[0] = 22
		return line.StreamEntries, msg
	},
	"greatest": func(*mrand.Rand) (line.Stream, []byte) {
		msg := make([]byte, line.MaxMessage)
		msg[0] = 17
		return line.StreamEntries, msg
	},
}

// TestFloods: whatever the other side sends on the streams, rings are as fast as ever, memory stays, the log does not
// fill, and the record goes on behind it.
func TestFloods(t *testing.T) {
	for name, next := range floods {
		t.Run(name, func(t *testing.T) {
			inRecords(t, 1, func(r *records) {
				r.startAll()
				r.say(0, "before")
				r.settle(10 * time.Second)
				north, south := r.phone(0), r.phone(1)
				done, stopped := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(stopped)
					r.floodWith(next, done)
				}()
				heap := inUse()
				time.Sleep(20 * time.Second)
				took := r.rings(north, south, 10)
				r.say(0, "in the flood")
				time.Sleep(20 * time.Second)
				if more := int64(inUse()) - int64(heap); more > 16<<20 {
					t.Errorf("the flood made the heap grow by %d bytes", more)
				}
				close(done)
				<-stopped
				if took[len(took)-1] > ringBound {
					t.Errorf("a ring took %v, want at most %v", took[len(took)-1], ringBound)
				}
				r.settle(2 * time.Minute)
				r.delivered(0, []string{"before", "in the flood"})
				r.same()
			})
		})
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC() // what was pooled is gone after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// floodWith has south's line send what next gives, as fast as the line takes it.
func (r *records) floodWith(next func(*mrand.Rand) (line.Stream, []byte), done chan struct{}) {
	source := mrand.New(mrand.NewPCG(1, 2))
	for {
		_ = r.st[1].do(func() {
			l := r.st[1].lines["line0"].line
			for sent := 0; sent < 4<<10; {
				stream, msg := next(source)
				if l.SendMessage(stream, msg) != nil {
					return
				}
				sent += len(msg)
			}
		})
		select {
		case <-time.After(200 * time.Millisecond):
		case <-done:
			return
		}
	}
}

// TestQuota: a far side that writes without end is stopped by the room that it was given here, a part of
// which stays for calls; what it could not send waits there. Both sides are told, here before it comes to that, and
// more room lets it through.
func TestQuota(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.quota = 1 << 20
		r.startAll()
		r.settle(10 * time.Second)
		r.wantRoom("", "")
		for range 29 {
			r.say(1, "%s", strings.Repeat("x", 16000))
		}
		r.settle(time.Minute)
		r.wantRoom("warning: Of the room on this disk for what South writes, less than a tenth is left", "")
		for range 91 {
			r.say(1, "%s", strings.Repeat("x", 16000))
		}
		time.Sleep(10 * time.Minute)
		r.wantRoom("failure: The room on this disk for what South writes is full: no more of it is taken but its calls.",
			"warning: The station of North has no room for more of what is written here: it waits on this disk, but for calls.")
		if !r.state(1).FarFull || r.state(0).FarFull {
			t.Error("the wrong side is said to have no room")
		}
		used, err := r.disk[0].Again().Used()
		if err != nil {
			t.Fatal(err)
		}
		if used > 1<<20 {
			t.Errorf("the other side's entries take %d bytes here, want at most the quota of %d", used, 1<<20)
		}
		if s := r.state(1); s.Waiting == 0 {
			t.Errorf("nothing waits there: %+v", s)
		}
		north, south := r.phone(0), r.phone(1)
		r.answer(south, north)
		south.press("hangup")
		time.Sleep(5 * time.Second)
		steps := 0
		for _, e := range r.entries(0, store.Far) {
			if e.Kind == record.KindCall {
				steps++
			}
		}
		if steps < 2 {
			t.Errorf("%d steps of the other side's call are here, want that it called and that it ended", steps)
		}
		if t.Failed() {
			t.Log(fmt.Sprint(r.notices(0), r.notices(1)))
		}
		r.quota = 0
		r.kill(0)
		r.start(0)
		r.settle(10 * time.Minute)
		r.wantRoom("", "")
		r.same()
	})
}

// wantRoom checks what each side says about room in its notices; empty: nothing.
func (r *records) wantRoom(want ...string) {
	r.t.Helper()
	for side, want := range want {
		said := ""
		for _, n := range r.line(side, 0).Notices {
			if strings.Contains(strings.ToLower(n.Text), "room") {
				said += n.Severity + ": " + n.Text + " " + n.Action
			}
		}
		if (said == "") != (want == "") || !strings.HasPrefix(said, want) {
			r.t.Errorf("side %d says of room %q, want %q", side, said, want)
		}
	}
}

// TestRoomNotices: for all that can be full.
func TestRoomNotices(t *testing.T) {
	for _, c := range []struct {
		filled replica.Filled
		want   string
	}{
		{replica.Filled{}, ""},
		{replica.Filled{Calls: replica.Full}, ""}, // they find room in that of entries
		{replica.Filled{Entries: replica.Little, Calls: replica.Full}, "warning: … less than a tenth is left; when it is full, no more of it is taken but its calls."},
		{replica.Filled{Entries: replica.Full, Calls: replica.Little}, "failure: … no more of it is taken but its calls."},
		{replica.Filled{Entries: replica.Full, Calls: replica.Full}, "failure: … nothing more of it is taken, and of its calls nothing is written down."},
		{replica.Filled{Files: replica.Little}, "warning: … less than a tenth is left; when it is full, no more of them are fetched."},
		{replica.Filled{Files: replica.Full}, "failure: … no more of them are fetched."},
	} {
		k := &clerk{slug: "south", peer: "South", status: replica.Status{Filled: c.filled}}
		list := k.roomNotices()
		if c.want == "" && len(list) == 0 {
			continue
		}
		severity, text, _ := strings.Cut(c.want, " … ")
		if len(list) != 1 || list[0].Severity+":" != severity || !strings.HasSuffix(list[0].Text, text) ||
			!strings.HasPrefix(list[0].Action, "Give line south more than 1024 MiB under [line.quota] in station.toml") {
			t.Errorf("%+v: %+v, want %q", c.filled, list, c.want)
		}
	}
}

// TestQuotaOfFiles: files that no longer fit are told, before and when it comes to that.
func TestQuotaOfFiles(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.quota = 1 << 20
		r.startAll()
		r.settle(10 * time.Second)
		for i, want := range []string{"", "warning: Of the room on this disk for the files of South, less than a tenth is left",
			"failure: The room on this disk for the files of South is full: no more of them are fetched. Give line line0 more than 1 MiB under [line.quota] in station.toml"} {
			r.sendFile(1, 200_000, fmt.Sprint("file ", i))
			r.settle(time.Minute)
			time.Sleep(time.Minute)
			r.wantRoom(want, "")
		}
	})
}

// TestQuotaIsSet: the configuration says how much the other side of a line may fill.
func TestQuotaIsSet(t *testing.T) {
	p := newPair(t).agree(1).confirm()
	p.configure(0, "[console]\nlisten = \"localhost:0\"\n[line.quota]\nsouth = 4096\n")
	for side, want := range []int64{4096 << 20, replica.DefaultQuota} {
		d := p.start(side)
		var got int64
		p.must(d.onLine(slugs[side], func(e *lineEnd, _ time.Time) error { got = e.clerk.opt.Quota; return nil }))
		if got != want {
			t.Errorf("side %d: %d bytes, want %d", side, got, want)
		}
	}
}
