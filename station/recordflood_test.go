package station

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	mrand "math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/line"
	"ringdown/record"
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
// which stays for calls; what it could not send waits there.
func TestQuota(t *testing.T) {
	inRecords(t, 1, func(r *records) {
		r.quota = 1 << 20
		r.startAll()
		r.settle(10 * time.Second)
		for range 120 {
			r.say(1, "%s", string(slices.Repeat([]byte("x"), 16000)))
		}
		time.Sleep(10 * time.Minute)
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
	})
}
