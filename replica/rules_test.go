package replica

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ringdown/record"
	"ringdown/store"
	"ringdown/store/storetest"
)

// While a batch of far entries may or may not be on the disk, nobody is told that it is not: a
// restored author would number it again.
func TestNoAnswerWhileWriting(t *testing.T) {
	w := talked(t, 2)
	backup := memory(w.north).Clone()
	disk := &storetest.Faulty{Store: memory(w.south), Choose: storetest.FailAt("Append", 1, storetest.After)}
	w.south.disk, w.south.r.disk.st = disk, disk
	w.north.write(text("perhaps held"))
	w.settle()
	w.north.again(backup)
	w.north.write(text("another"))
	w.settle()
	if n := w.north.r.size(true); n != 2 {
		t.Fatalf("numbered to %d beside what may be held", n)
	}
	disk.Heal()
	w.pass(time.Minute)
	w.agree()
	if got := w.south.texts(false); !slices.Equal(got, []string{"north 0", "north 1", "perhaps held", "another"}) {
		t.Errorf("%q", got)
	}
}

// Only the answer to the newest question, naming this run, says where the log stands.
func TestOnlyAnswersTellWhereWeStand(t *testing.T) {
	w := talked(t, 1)
	w.cut()
	w.up = true
	w.north.r.LineUp(w.now)
	w.north.write(text("x"))
	serial := w.north.r.ses.serial
	run := w.north.r.runs.own[0]
	held := w.south.r.copy.Newest()
	for name, h := range map[string]*hello{
		"a question":          {flags: flagAsk, run: Run{1}, heard: run, held: held},
		"an older answer":     {flags: flagAnswer, answers: serial - 1, run: Run{1}, heard: run, held: held},
		"to another run":      {flags: flagAnswer, answers: serial, run: Run{3}, heard: Run{2}, held: held},
		"by nobody":           {flags: flagAnswer, answers: serial, heard: run, held: held},
		"question and answer": {flags: flagAsk | flagAnswer, answers: serial, run: Run{1}, heard: run, held: held},
	} {
		if h.answers == serial {
			h.answers = w.north.r.ses.serial
		}
		h.allow = record.Allowance{Entries: 100, Calls: 100}
		_ = w.north.r.FarMessage(w.now, false, h.encode())
		if st := w.north.r.Status(); st.Standing != record.Unheard || st.Own.Size != 1 {
			t.Errorf("%s: %+v", name, st)
		}
	}
	h := hello{flags: flagAnswer, answers: w.north.r.ses.serial, run: Run{1}, heard: run, held: held, allow: record.Allowance{Entries: 100, Calls: 100}}
	if err := w.north.r.FarMessage(w.now, false, h.encode()); err != nil || w.north.r.size(true) != 2 {
		t.Errorf("%v", err)
	}
}

// Which run was heard is durable before it is said.
func TestRunsAreDurableBeforeTheyAreSaid(t *testing.T) {
	w := talked(t, 1)
	disk := &storetest.Faulty{Store: memory(w.south), Choose: storetest.FailFrom(0, storetest.Before)}
	w.south.disk, w.south.r.disk.st = disk, disk
	w.north.again(memory(w.north).Again())
	for range 5 {
		w.settle()
		w.north.r.Overrun(w.now)
		w.now = w.now.Add(2 * time.Second)
		w.north.r.Advance(w.now)
	}
	if w.north.r.Status().Met {
		t.Error("answered")
	}
	disk.Heal()
	w.pass(time.Minute)
	if !w.north.r.Status().Met {
		t.Error("not answered later")
	}
}

// What the author erased meanwhile is taken again by a far side that had co-signed it and lost it.
func TestErasedEntriesAreSentAgain(t *testing.T) {
	w := talked(t, 3)
	e, err := w.north.r.Entry(true, 1)
	if err != nil {
		t.Fatal(err)
	}
	e.Erase()
	erased, _ := e.Encode()
	if err := memory(w.north).Repair(store.Own, map[int64][]byte{1: erased}, nil); err != nil {
		t.Fatal(err)
	}
	w.north.r.out.fresh = record.Batch{}
	w.south.again(store.NewMemory())
	w.pass(time.Minute)
	w.agree()
}

func TestWithdraw(t *testing.T) {
	w := newWorld(t)
	a := w.north.write(text("a"), text("b"))
	w.north.write(Draft{Time: noon, Body: record.Message{Text: "c"}, To: []DraftRef{{record.Answers, a[0]}}})
	if err := w.north.r.Withdraw(w.now, a[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.north.r.Withdraw(w.now, a[0]); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v", err)
	}
	w.north.again(memory(w.north).Again())
	w.connect()
	w.settle()
	if got := w.south.texts(false); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("%q", got)
	}
	if err := w.north.r.Withdraw(w.now, a[1]); !errors.Is(err, ErrNumbered) {
		t.Errorf("%v", err)
	}
}

func TestDraftsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, d := range map[string]Draft{
		"no body":       {Time: noon},
		"no time":       {Body: record.Message{Text: "x"}},
		"empty":         {Time: noon, Body: record.Message{}},
		"to nothing":    {Time: noon, Body: record.Message{Text: "x"}, To: []DraftRef{{record.Answers, ID{1}}}},
		"about nothing": {Time: noon, Body: record.Message{Text: "x"}, About: []record.Ref{{Relation: record.Answers, Number: 5}}},
		"unseen":        {Time: noon, Body: record.Message{Text: "x"}, About: []record.Ref{{Relation: record.Answers, Other: true, Number: 5}}},
		"too long":      {Time: noon, Body: record.Message{Text: string(make([]byte, record.MaxText+1))}},
	} {
		if _, err := w.north.r.Write(w.now, text("good"), d); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if n := len(w.north.r.Status().Waiting); n != 0 {
		t.Errorf("%d wait", n)
	}
	many := make([]Draft, maxWaiting)
	for i := range many {
		many[i] = text("x")
	}
	w.north.write(many...)
	if _, err := w.north.r.Write(w.now, text("one more")); !errors.Is(err, ErrTooMany) {
		t.Errorf("%v", err)
	}
	w.connect()
	w.pass(time.Minute)
	w.agree()
}

// Post-quantum co-signatures: at once for the first, then every ten minutes, after a call,
// when asked (once a minute), and again if the author never got it.
func TestPostQuantumRhythm(t *testing.T) {
	w := talked(t, 1)
	full := func() int64 { return w.north.r.Status().Own.Full }
	w.pass(time.Second)
	if full() != 1 {
		t.Fatalf("%d", full())
	}
	say := func() { w.north.write(text("x")); w.settle() }
	say()
	w.pass(9 * time.Minute)
	if full() != 1 {
		t.Error("too early")
	}
	w.pass(2 * time.Minute)
	if full() != 2 {
		t.Error("not after ten minutes")
	}
	say()
	w.pass(2 * time.Minute)
	w.south.r.CallEnded(w.now)
	w.pass(5 * time.Second)
	if full() != 3 {
		t.Error("not after a call")
	}
	say()
	w.north.r.AskPQ(w.now)
	w.pass(4 * time.Second)
	if full() != 3 {
		t.Error("twice in ten seconds")
	}
	w.pass(10 * time.Second)
	if full() != 4 {
		t.Error("not when asked")
	}
	say()
	w.pass(time.Minute)
	w.south.r.CallEnded(w.now)
	w.south.r.Advance(w.now.Add(3 * time.Second)) // and it is lost on the way
	w.cut()
	w.connect()
	w.pass(time.Second)
	if full() != 5 {
		t.Error("not sent again")
	}
}

// What was shown as delivered is delivered after a crash, too, whenever that comes.
func TestNoCrashForgetsWhatIsDelivered(t *testing.T) {
	w := talked(t, 1)
	w.pass(5 * time.Second)
	w.north.write(text("x"))
	w.settle()
	if w.north.r.Status().Own.Classical != 2 {
		t.Fatal("not delivered")
	}
	w.north.again(memory(w.north).Again())
	if w.north.r.Status().Own.Classical != 2 {
		t.Error("forgotten")
	}
}

// Nothing is shown as delivered before this disk has the co-signature.
func TestDeliveredIsWhatIsStored(t *testing.T) {
	w := talked(t, 1)
	w.pass(5 * time.Second)
	w.north.write(text("x"))
	disk := &storetest.Faulty{Store: memory(w.north), Choose: storetest.FailFrom(0, storetest.Before)}
	w.north.disk, w.north.r.disk.st = disk, disk
	w.settle()
	if n := w.north.r.Status().Own.Classical; n != 1 {
		t.Errorf("%d entries are shown as delivered, want 1 while the disk refuses", n)
	}
	disk.Heal()
	w.pass(5 * time.Second)
	if n := w.north.r.Status().Own.Classical; n != 2 {
		t.Errorf("%d entries are shown as delivered, want 2", n)
	}
}

// A forgotten co-signature of ours is made again.
func TestCosignaturesThatACrashForgets(t *testing.T) {
	w := talked(t, 1)
	w.pass(5 * time.Second)
	w.north.write(text("x"))
	w.settle()
	stored := func() int64 {
		_, far, err := w.south.r.loadStates()
		if err != nil {
			t.Fatal(err)
		}
		return sizeOf(far.Cosigned)
	}
	if stored() == 2 {
		t.Error("nothing would be forgotten")
	}
	w.south.again(memory(w.south).Again())
	w.settle()
	w.agree()
	w.pass(2 * time.Second)
	if stored() != 2 {
		t.Error("not stored after two seconds")
	}
}

// What a draft is about keeps its place over a crash: the reference becomes a number in the same write.
func TestReferencesOutliveACrash(t *testing.T) {
	w := talked(t, 1)
	w.cut()
	a := w.north.write(text("a"))
	w.north.write(Draft{Time: noon, Body: record.Message{Text: "b"}, To: []DraftRef{{record.Answers, a[0]}}})
	if _, err := w.north.r.log.Heard(w.now, w.south.r.copy.Newest()); err != nil {
		t.Fatal(err)
	}
	w.north.r.allow(record.Allowance{Entries: 2, Calls: 2}, 1)
	w.north.r.number(w.now) // one of the two
	w.north.again(memory(w.north).Again())
	w.connect()
	w.settle()
	e, err := w.south.r.Entry(false, 2)
	if err != nil || !slices.Equal(e.About, []record.Ref{{Relation: record.Answers, Number: 1}}) {
		t.Errorf("%+v, %v", e, err)
	}
}

// Steps of calls are reckoned to their own part first.
func TestCallsHaveTheirPart(t *testing.T) {
	w := talked(t, 1)
	before := w.south.r.room
	w.north.write(Draft{Time: noon, Call: record.CallID{1}, Body: record.CallStep{Step: record.StepCalled}})
	w.settle()
	if now := w.south.r.room; now.calls == before.calls || now.entries != before.entries {
		t.Errorf("%d and %d bytes are taken, before %d and %d", now.entries, now.calls, before.entries, before.calls)
	}
}

// What is given back for a damaged entry is put in place only if it was asked for and stands in the
// signed tree.
func TestMendingWithLies(t *testing.T) {
	w := talked(t, 5)
	w.north.r.note(store.Far, 2)
	w.north.r.askMend(w.now)
	answer := func(n int64) *back {
		b, err := w.south.r.answer(store.Own, want{forRepair, true, n, 5})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	forged := answer(2)
	e, _ := record.ParseEntry(forged.entries[0])
	e.Body = record.Message{Text: "never said"}
	forged.entries[0], _ = e.Encode()
	larger := answer(2)
	larger.size = 6
	for name, b := range map[string]*back{"another text": forged, "another entry": answer(3), "another tree": larger} {
		if err := w.north.r.FarMessage(w.now, true, b.encode()); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if got := w.north.r.Status().Damaged; len(got) != 1 {
		t.Errorf("%v", got)
	}
	if err := w.north.r.FarMessage(w.now, true, answer(2).encode()); err != nil || len(w.north.r.Status().Damaged) > 0 {
		t.Errorf("%v", err)
	}
}

// Entries that vanish without a trace are sent again after a while.
func TestWhatVanishesIsSentAgain(t *testing.T) {
	w := talked(t, 1)
	w.north.write(text("vanishes"))
	w.north.out = [2][][]byte{}
	w.pass(resendAfter + 2*time.Second)
	w.agree()
}

func TestAnAllowanceForCallsIsNotLess(t *testing.T) {
	m := &reader{b: writer(nil).allowance(record.Allowance{Entries: 5, Calls: 4})}
	if m.allowance(); m.err == nil {
		t.Error("taken")
	}
}

// A state that waits behind a failed write gives way to the newer one of a batch: written after it, it would
// say that the log is shorter than it is.
func TestOlderStateGivesWay(t *testing.T) {
	w := talked(t, 1)
	disk := &storetest.Faulty{Store: memory(w.north), Choose: storetest.FailFrom(0, storetest.Before)}
	r := w.north.r
	w.north.disk, r.disk.st = disk, disk
	r.keepState(w.now, true, 0)
	if r.store(w.now); r.disk.values[ownState] == nil {
		t.Fatal("no state waits: this shows nothing")
	}
	b, err := r.log.Append(record.Draft{Time: w.now, Body: record.Message{Text: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.begin(w.now, store.Own, b, nil, r.log.Committed) {
		t.Fatal("the disk took it: this shows nothing")
	}
	disk.Heal()
	r.flush(w.now) // and a crash right after
	if own, _, err := r.loadStates(); err != nil || sizeOf(own.Newest) != 2 {
		t.Errorf("stored: %d entries, %v; want 2", sizeOf(own.Newest), err)
	}
}
