package replica

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// overSQLite is a world whose stations keep their record in files.
func overSQLite(t testing.TB) *world {
	w := &world{t: t, now: noon}
	w.north, w.south = w.station("north", true), w.station("south", false)
	w.north.peer, w.south.peer = w.south, w.north
	for _, s := range []*station{w.north, w.south} {
		st, err := store.Open(filepath.Join(t.TempDir(), "record.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		s.disk = st
		s.start()
	}
	return w
}

// The same over files.
func TestOverSQLite(t *testing.T) {
	w := overSQLite(t)
	w.connect()
	w.settle()
	for i := range 20 {
		w.north.write(text("north %d", i))
		w.south.write(text("south %d", i))
		w.settle()
	}
	w.pass(2 * time.Second)
	w.agree()
	w.north.again(w.north.disk)
	w.settle()
	w.north.write(text("on"))
	w.settle()
	w.agree()
}

// A short text is one message that fits a datagram of the standard profile, and one co-signature comes back;
// each side writes once.
func TestAShortTextFitsADatagram(t *testing.T) {
	w := talked(t, 3)
	clear(w.north.kinds)
	clear(w.south.kinds)
	w.north.write(text("%s", strings.Repeat("x", 50)))
	if len(w.north.out[0]) != 1 || len(w.north.out[0][0]) > 245 {
		t.Fatalf("%d messages, the first of %d bytes", len(w.north.out[0]), len(w.north.out[0][0]))
	}
	w.settle()
	if n, s := w.north.kinds, w.south.kinds; n[kindEntries] != 1 || s[kindCosigned] != 1 || len(n)+len(s) != 2 {
		t.Errorf("sent: %v, %v", n, s)
	}
}

func benchMessage(b *testing.B, w *world) {
	w.connect()
	w.settle()
	b.ReportAllocs()
	for b.Loop() {
		w.now = w.now.Add(100 * time.Millisecond)
		w.north.write(text("a message from one person to another"))
		w.settle()
		w.north.added, w.south.added = [2][]*record.Entry{}, [2][]*record.Entry{}
	}
	w.agree()
}

// One message: numbered, signed, durable on both sides, co-signed, acknowledged.
func BenchmarkMessage(b *testing.B)       { benchMessage(b, newWorld(b)) }
func BenchmarkMessageSQLite(b *testing.B) { benchMessage(b, overSQLite(b)) }

// long is a world whose north has n entries that nobody has yet.
func long(t testing.TB, w *world, n int) {
	w.connect()
	w.settle()
	for i := 0; i < n; {
		var group []Draft
		for ; len(group) < 250 && i < n; i++ {
			group = append(group, text("entry %d of many", i))
		}
		w.north.write(group...)
		w.settle()
	}
	w.agree()
	w.north.added, w.south.added = [2][]*record.Entry{}, [2][]*record.Entry{}
}

// A far side that lost everything gets 10,000 entries.
func BenchmarkCatchUp(b *testing.B) {
	w := newWorld(b)
	long(b, w, 10_000)
	for b.Loop() {
		w.now = w.now.Add(time.Minute)
		w.south.again(store.NewMemory())
		w.settle()
		if w.south.r.size(false) != 10_000 {
			b.Fatal("not caught up")
		}
	}
}

// A station that lost everything gets its own 10,000 entries back.
func BenchmarkCatchUpOwn(b *testing.B) {
	w := newWorld(b)
	long(b, w, 10_000)
	for b.Loop() {
		w.now = w.now.Add(time.Minute)
		w.north.again(store.NewMemory())
		w.pass(5 * time.Second) // it keeps a pace when it asks
		if w.north.r.size(true) != 10_000 {
			b.Fatal("not caught up")
		}
	}
}

func benchOpen(b *testing.B, n int) {
	w := overSQLite(b)
	long(b, w, n)
	w.cut()
	w.north.start()
	for b.Loop() {
		w.north.start()
	}
}

// A start does not grow with history.
func BenchmarkOpen1000(b *testing.B)   { benchOpen(b, 1000) }
func BenchmarkOpen100000(b *testing.B) { benchOpen(b, 100_000) }

// reads counts what is read from a store.
type reads struct {
	*store.Memory
	entries int
}

func (r *reads) Entries(l store.Log, first int64, most, bytes int) ([][]byte, error) {
	list, err := r.Memory.Entries(l, first, most, bytes)
	r.entries += len(list)
	return list, err
}

// A start reads what came since the last verified tree, and nothing else; while a station
// runs, that tree follows.
func TestAStartDoesNotGrowWithHistory(t *testing.T) {
	w := newWorld(t)
	long(t, w, 2500)
	w.pass(20 * time.Second)
	for range 2 {
		disk := &reads{Memory: memory(w.north).Again()}
		w.north.disk = disk
		w.north.start()
		if disk.entries > scrubTail {
			t.Errorf("%d entries were read", disk.entries)
		}
		w.north.disk = disk.Memory
	}
	disk := &reads{Memory: memory(w.north).Again()}
	w.north.disk = disk
	w.north.start()
	if disk.entries != 0 {
		t.Errorf("%d entries were read, and none is new", disk.entries)
	}
}

// What a replica holds in memory does not grow with what went through it, whether it wrote it or was sent it: not by four
// bytes an entry. It may remember the newest maxNumbers entries.
func TestMemoryDoesNotGrow(t *testing.T) {
	held := func(n int) (north, south int64) {
		w := newWorld(t)
		long(t, w, n)
		w.cut()
		all := memoryInUse()
		w.south.r = nil
		one := memoryInUse()
		w.north.r = nil
		none := memoryInUse()
		runtime.KeepAlive(w)
		return one - none, all - one
	}
	const more = 5000
	north, south := held(maxNumbers + 500)
	moreNorth, moreSouth := held(maxNumbers + 500 + more)
	t.Logf("who wrote holds %d bytes, then %d; who was sent it %d, then %d", north, moreNorth, south, moreSouth)
	if grown := max(moreNorth-north, moreSouth-south); grown > 4*more {
		t.Errorf("after %d entries more, %d bytes more are held", more, grown)
	}
}

// memoryInUse is what is reachable on the heap.
func memoryInUse() int64 {
	runtime.GC()
	runtime.GC() // what was pooled is gone after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
