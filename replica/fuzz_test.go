package replica

import (
	"bytes"
	"testing"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// seeds are messages of every kind, as two honest stations send them.
func seeds(t testing.TB) (list [][]byte) {
	w := talked(t, 2)
	w.cut()
	old := memory(w.north).Clone()
	w.connect()
	w.settle()
	data := []byte("a file")
	w.north.write(text("lost"), Draft{Time: noon, Body: record.Attachment{Length: len(data), Name: "a"}})
	w.settle()
	w.north.again(old)
	seen := map[byte]int{}
	for range 400 {
		for _, s := range []*station{w.north, w.south} {
			for i := range s.out {
				for _, m := range s.out[i] {
					if seen[m[0]]++; seen[m[0]] < 4 {
						list = append(list, bytes.Clone(m))
					}
				}
			}
		}
		if !w.north.deliver() && !w.south.deliver() {
			w.pass(time.Second)
		}
	}
	x := want{forRepair, true, 1, 2}
	y := want{forContest, false, 1, 2}
	return append(list, x.encode(kindWant), y.encode(kindWant), message(kindWantFile).uint(3, 6).uint(0, 4),
		message(kindPiece).uint(1, 6).uint(0, 4).bytes(data), message(kindAskPQ), message(kindRecall), message(kindFork))
}

// Whatever a far station says, in whatever standing: nothing panics, nothing is sent without bound, and
// what is on the disk still is a record that opens.
func FuzzFarMessage(f *testing.F) {
	for _, m := range seeds(f) {
		for standing := range byte(5) {
			f.Add(standing, m)
		}
	}
	f.Fuzz(hear)
}

func hear(t *testing.T, standing byte, msg []byte) {
	w := newWorld(t)
	for _, s := range []*station{w.north, w.south} {
		s.r.cfg.CosignPQ = nil // slow under a fuzzer
	}
	w.south.write(text("south"))
	w.north.write(text("north"))
	switch standing % 5 {
	case 0: // nothing was heard yet
		w.up = true
		w.north.r.LineUp(w.now)
	case 1:
		w.connect()
		w.settle()
	case 2: // behind
		w.connect()
		w.settle()
		w.north.again(store.NewMemory())
		w.north.deliver()
		w.south.deliver()
	case 3: // the far side is behind
		w.connect()
		w.settle()
		w.south.again(store.NewMemory())
		w.south.deliver()
		w.north.deliver()
	case 4: // a file is being fetched, an entry is damaged
		w.connect()
		w.settle()
		w.south.write(Draft{Time: noon, Body: record.Attachment{Length: 9, Name: "a"}})
		w.settle()
		w.north.r.note(store.Own, 0)
		w.north.r.askMend(w.now)
	}
	w.north.out = [2][][]byte{}
	for _, bulk := range []bool{false, true} {
		for range 2 {
			_ = w.north.r.FarMessage(w.now, bulk, bytes.Clone(msg))
			w.now = w.now.Add(11 * time.Second)
			w.north.r.Advance(w.now)
		}
	}
	n := 0
	for _, m := range append(w.north.out[0], w.north.out[1]...) {
		n += len(m)
	}
	if n > 128<<10 {
		t.Errorf("%d bytes in answer", n)
	}
	if err := w.north.r.Close(); err != nil {
		t.Fatal(err)
	}
	w.north.disk = memory(w.north).Again()
	w.north.start()
}

// What is stored of a draft is read again as it was, and nothing else is read.
func FuzzDraft(f *testing.F) {
	w := newWorld(f)
	ids := w.north.write(text("a"))
	w.north.write(Draft{Time: noon, Call: record.CallID{1}, Body: record.CallStep{Step: record.StepCalled, Who: "Ada"}},
		Draft{Time: noon, Body: record.Message{Text: "b"}, To: []DraftRef{{record.Answers, ids[0]}}},
		Draft{Time: noon, Body: record.Matter{Act: record.MatterOpened, Title: "m"}})
	keys, _ := memory(w.north).Keys("draft/", 9)
	for _, k := range keys {
		v, _ := memory(w.north).Get(k)
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		d, err := parseDraft(1, stored)
		if err != nil {
			return
		}
		if again, err := d.encode(); err != nil || !bytes.Equal(again, stored) {
			t.Errorf("%x is written as %x, %v", stored, again, err)
		}
	})
}
