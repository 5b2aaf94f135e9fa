package replica

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// A liar is the south with a keyboard: it signs what it likes, and north is honest.
type liar struct {
	*station
	w *world
}

// lied is an honest north with a far side that is ours to play.
func lied(t testing.TB, n int) (*world, *liar) {
	w := talked(t, n)
	return w, &liar{w.south, w}
}

// says gives north a message at once.
func (l *liar) says(bulk bool, msg []byte) error {
	return l.peer.r.FarMessage(l.w.now, bulk, msg)
}

// entry encodes an entry of the liar's log.
func (l *liar) entry(number int64, change func(e *record.Entry)) []byte {
	l.t.Helper()
	e := &record.Entry{Header: record.Header{Number: number, Time: noon.UnixMilli(), Kind: record.KindMessage, Seen: record.EmptyTree()},
		HeaderSalt: record.Salt(NewID()), Body: record.Message{Text: "x"}, BodySalt: record.Salt(NewID())}
	if n := l.r.log.State().Seen; n > 0 {
		e.Seen, _ = record.TreeAt(n, l.r.hashes(store.Far))
	}
	if change != nil {
		change(e)
	}
	b, err := e.Encode()
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// grow makes the liar's honest log longer, without an allowance.
func (l *liar) grow(bodies ...record.Draft) {
	l.t.Helper()
	l.r.log.Allow(record.Allowance{Entries: 1 << 40, Calls: 1 << 40})
	for i := range bodies {
		bodies[i].Seen, _ = record.TreeAt(l.r.log.State().Seen, l.r.hashes(store.Far))
	}
	b, err := l.r.log.Append(bodies...)
	if err != nil {
		l.t.Fatal(err)
	}
	l.r.begin(l.w.now, store.Own, b, nil, func(now time.Time) { l.r.log.Committed(now) })
}

// tell sends entries of the liar's log from a number on.
func (l *liar) tell(first int64) error {
	l.t.Helper()
	list, err := l.disk.Entries(store.Own, first, maxEntries, entriesSize)
	if err != nil {
		l.t.Fatal(err)
	}
	c, err := l.r.log.CheckpointAt(first + int64(len(list)))
	if err != nil {
		l.t.Fatal(err)
	}
	return l.says(false, encodeEntries(first, list, c))
}

func sign(l *liar, t record.Tree) *record.Checkpoint {
	c := &record.Checkpoint{Origin: l.config().Own.Origin, Tree: t}
	c.Signature, _ = signWith(keysOf("south").log)(c.Text())
	return c
}

func TestForgedCosignatures(t *testing.T) {
	w, l := lied(t, 2)
	w.north.write(text("unconfirmed"))
	c, err := l.r.copy.Cosign(w.now)
	if err != nil {
		t.Fatal(err)
	}
	a := record.Allowance{Entries: 100, Calls: 100}
	for name, msg := range map[string][]byte{
		"of another size":    message(kindCosigned).uint(3, 6).bytes(c.Cosignature).allowance(a),
		"of what is to come": message(kindCosigned).uint(9, 6).bytes(c.Cosignature).allowance(a),
		"short":              message(kindCosigned).uint(3, 6).bytes(c.Cosignature[1:]).allowance(a),
		"allowance falls":    message(kindCosigned).uint(3, 6).bytes(c.Cosignature).allowance(record.Allowance{Entries: 5, Calls: 4}),
		"long":               append(message(kindCosigned).uint(2, 6).bytes(c.Cosignature).allowance(a), 0),
	} {
		if err := l.says(false, msg); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if st := w.north.r.Status(); st.Own.Classical != 2 {
		t.Errorf("%+v", st.Own)
	}
	w.south.out, w.north.out = [2][][]byte{}, [2][][]byte{}
	for range 9 {
		w.now = w.now.Add(time.Second)
		w.north.r.Advance(w.now)
	}
	if !w.north.r.Status().Withheld.IsZero() {
		t.Error("withheld after nine seconds")
	}
	w.now = w.now.Add(time.Second)
	w.north.r.Advance(w.now)
	if w.north.r.Status().Withheld.IsZero() {
		t.Error("not withheld after ten")
	}
}

func TestRewrittenHistory(t *testing.T) {
	_, l := lied(t, 3)
	north := l.peer
	before := north.r.copy.Tree()
	next := l.entry(3, nil)
	jump := l.entry(5, nil)
	big := bytes.Repeat([]byte{1}, record.MaxEntry+1)
	for name, msg := range map[string][]byte{
		"signed root of another tree": encodeEntries(3, [][]byte{next}, sign(l, record.Tree{Size: 4, Root: record.Hash{1}})),
		"not signed":                  encodeEntries(3, [][]byte{next}, &record.Checkpoint{Signature: make([]byte, 64)}),
		"a gap":                       encodeEntries(5, [][]byte{jump}, sign(l, record.Tree{Size: 6, Root: record.Hash{1}})),
		"a jump inside":               encodeEntries(3, [][]byte{jump}, sign(l, record.Tree{Size: 4, Root: record.Hash{1}})),
		"too great":                   encodeEntries(3, [][]byte{big}, sign(l, record.Tree{Size: 4, Root: record.Hash{1}})),
		"none":                        encodeEntries(3, nil, sign(l, record.Tree{Size: 3, Root: record.Hash{1}})),
		"the last number":             encodeEntries(1<<48-1, [][]byte{next}, sign(l, record.Tree{Size: 1 << 48, Root: record.Hash{1}})),
	} {
		if err := l.says(false, msg); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if north.r.copy.Tree() != before || north.r.Status().ForkFar != nil {
		t.Error("something of it was taken")
	}
	// A shorter history, signed: a fork, and its proof outlives a restart.
	x := sign(l, record.Tree{Size: 2, Root: record.Hash{7}})
	f := &record.Fork{A: x, B: north.r.copy.State().Newest}
	f.Root, f.Proof = treeRoot(t, 2, north.r), nil
	f.Proof, _ = record.ProveTree(2, 3, north.r.hashes(store.Far))
	if err := l.says(false, message(kindFork).bytes(f.Text(l.config().Own))); !errors.Is(err, record.ErrFork) {
		t.Errorf("a proof: %v", err)
	}
	if err := l.tell(0); err == nil && north.r.Status().Far.Size > 3 {
		t.Error("entries of a forked log are taken")
	}
	l.grow(record.Draft{Time: noon, Body: record.Message{Text: "on"}})
	if err := l.tell(3); !errors.Is(err, record.ErrFork) {
		t.Errorf("entries of a forked log: %v", err)
	}
	north.again(memory(north).Again())
	if north.r.Status().ForkFar == nil {
		t.Error("the proof is forgotten")
	}
	// A proof that proves nothing.
	if err := north.r.FarMessage(l.w.now, false, message(kindFork).bytes(f.Text(north.config().Own))); err == nil {
		t.Error("a proof against us that the other signed is taken")
	}
}

func treeRoot(t testing.TB, size int64, r *Replica) record.Hash {
	tree, err := record.TreeAt(size, r.hashes(store.Far))
	if err != nil {
		t.Fatal(err)
	}
	return tree.Root
}

// Floods of entries, the greatest and the least, end at the quota, by bytes and by count; steps of
// calls still find room, and the calls' part is not for others.
func TestFloodsEndAtTheQuota(t *testing.T) {
	for name, flood := range map[string]record.Draft{
		"great": {Time: noon, Body: record.Message{Text: strings.Repeat("x", record.MaxText)}},
		"tiny":  {Time: noon, Body: record.LineChange{Path: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			const quota = 2 << 20
			w := newWorld(t)
			w.north.quota = quota
			w.north.again(store.NewMemory())
			w.connect()
			w.settle()
			l := &liar{w.south, w}
			granted := w.south.r.ses.allow
			var err error
			for range 5000 {
				first := l.r.log.Tree().Size
				l.grow(flood)
				if err = l.tell(first); err != nil {
					break
				}
				a := w.north.r.room.grant(w.north.r.copy.Tree().Size)
				if a.Entries < granted.Entries || a.Calls < granted.Calls {
					t.Fatalf("the allowance falls from %v to %v", granted, a)
				}
				granted = a
			}
			if !errors.Is(err, record.ErrLimit) {
				t.Fatalf("%v: want the quota to end it", err)
			}
			size := w.north.r.copy.Tree().Size
			if name == "tiny" && (size < 500 || size > quota/overhead) || name == "great" && size < 20 {
				t.Errorf("%d entries were taken", size)
			}
			// An honest author within the same allowance still tells of calls.
			w.south.again(store.NewMemory())
			w.south.r.log.Heard(w.now, nil)
			w.south.again(memory(w.south))
			w.pass(time.Minute)
			a := w.south.r.ses.allow
			if a.Entries > size+1 || a.Calls < size+50 {
				t.Errorf("%d entries; granted %+v", size, a)
			}
			w.south.write(text("waits for room"), Draft{Time: noon, Call: record.CallID{1}, Body: record.CallStep{Step: record.StepCalled}},
				text("so does this"), Draft{Time: noon, Call: record.CallID{1}, Body: record.CallStep{Step: record.StepRinging, Count: 1}})
			w.pass(time.Minute)
			if st := w.north.r.Status(); st.Far.Size < size+2 {
				t.Errorf("calls found no room: %d entries of %d, %v", st.Far.Size, size, w.refused)
			}
			if f := w.north.r.Status().Filled; f != (Filled{Entries: Full}) || !w.south.r.Status().FarFull || w.north.r.Status().FarFull {
				t.Errorf("filled: %+v; the author is told %v", f, w.south.r.Status().FarFull)
			}
			if err := w.north.disk.(*store.Memory).Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// The far side may ask for what it likes: the answers are bounded.
func TestWantsAreBounded(t *testing.T) {
	w, l := lied(t, 3)
	w.north.out = [2][][]byte{}
	for name, msg := range map[string][]byte{
		"beyond the end":   (&want{forRepair, true, 9, 10}).encode(kindWant),
		"of nothing":       (&want{forCatchUp, false, 3, 3}).encode(kindWant),
		"our whole log":    (&want{forCatchUp, true, 0, 3}).encode(kindWant),
		"no purpose":       (&want{0, true, 0, 3}).encode(kindWant),
		"backwards":        (&want{forContest, false, 3, 2}).encode(kindWant),
		"no attachment":    message(kindWantFile).uint(0, 6).uint(0, 4),
		"no entry":         message(kindWantFile).uint(77, 6).uint(0, 4),
		"a recall of ours": message(kindRecall).bytes(make([]byte, record.CompactSize+record.CosignatureSize)),
	} {
		if err := l.says(false, msg); err == nil {
			t.Errorf("%s: answered", name)
		}
	}
	flooded := 0
	for range 10_000 {
		for _, msg := range [][]byte{(&want{forRepair, true, 1, 3}).encode(kindWant), (&want{forContest, false, 1, 3}).encode(kindWant)} {
			if errors.Is(l.says(false, msg), ErrFlood) {
				flooded++
			}
		}
	}
	if n := len(w.north.out[1]); n > 64 || flooded < 19_900 {
		t.Errorf("%d answers at one instant", n)
	}
	w.north.out = [2][][]byte{}
	h := hello{flags: flagAsk, serial: 7, run: Run{1}}
	for range 1000 {
		l.says(false, h.encode())
	}
	if n := len(w.north.out[0]); n > 40 {
		t.Errorf("%d messages in answer to a flood of hellos", n)
	}
	for range 1000 {
		l.says(false, message(kindAskPQ))
	}
	if n := w.north.kinds[kindCosignedPQ]; n > 3 {
		t.Errorf("%d post-quantum co-signatures", n)
	}
}

// Files that lie about their length or bytes are refused, tried a few times, and given up.
func TestFilesThatLie(t *testing.T) {
	w, l := lied(t, 1)
	data := []byte("the file")
	sum := sha256.Sum256(data)
	l.grow(record.Draft{Time: noon, Body: record.Attachment{Length: len(data), SHA256: sum, Name: "a"}})
	w.south.out, w.north.out = [2][][]byte{}, [2][][]byte{}
	if err := l.tell(1); err != nil {
		t.Fatal(err)
	}
	wanted := func() bool {
		return slices.ContainsFunc(w.north.out[0], func(m []byte) bool { return m[0] == kindWantFile })
	}
	if !wanted() {
		t.Fatal("it is not asked for")
	}
	piece := func(n, at int64, b []byte) error {
		return l.says(true, message(kindPiece).uint(n, 6).uint(at, 4).bytes(b))
	}
	for name, err := range map[string]error{
		"another file":      piece(0, 0, data),
		"another place":     piece(1, 1, data[1:]),
		"nothing at all":    l.says(true, message(kindPiece)),
		"on the wrong line": l.says(false, message(kindPiece).uint(1, 6).uint(0, 4).bytes(data)),
	} {
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for i := range pullTries + 1 {
		if !wanted() {
			t.Fatalf("try %d: it is not asked for", i)
		}
		w.north.out = [2][][]byte{}
		var err error
		if i%2 == 0 {
			err = piece(1, 0, []byte("the lie!"))
		} else {
			err = piece(1, 0, []byte("longer than was promised"))
		}
		if err == nil {
			t.Errorf("try %d: taken", i)
		}
		if wanted() {
			t.Error("asked again at once")
		}
		w.now = w.now.Add(pullLater)
		w.north.r.Advance(w.now)
	}
	if keys, _ := w.north.disk.Keys(pullPrefix, 9); wanted() || len(keys) > 0 || len(w.north.keep) > 0 {
		t.Errorf("not given up: %q", keys)
	}
}

// No more of the far side's files are fetched than its quota allows.
func TestFilesEndAtTheQuota(t *testing.T) {
	w := newWorld(t)
	w.north.quota = 1 << 20
	w.north.again(store.NewMemory())
	w.connect()
	w.settle()
	for i := range 12 {
		data := bytes.Repeat([]byte{byte(i)}, 50_000)
		sum := sha256.Sum256(data)
		w.south.keep[sum] = data
		w.south.write(Draft{Time: noon, Body: record.Attachment{Length: len(data), SHA256: sum, Name: "a"}})
	}
	w.pass(time.Minute)
	if n, f := len(w.north.keep), w.north.r.Status().Filled; n != 8 || f != (Filled{Files: Full}) {
		t.Errorf("%d files, %+v", n, f)
	}
	w.north.quota = 2 << 20
	w.north.again(memory(w.north).Again())
	w.pass(time.Minute)
	if n, f := len(w.north.keep), w.north.r.Status().Filled; n != 12 || f != (Filled{}) {
		t.Errorf("with more room %d files, %+v", n, f)
	}
}

// Room that runs out is told before, and its author is told when it has; more room is taken up by itself.
func TestRoomThatRunsOut(t *testing.T) {
	w := newWorld(t)
	w.north.quota = 1 << 20
	w.north.again(store.NewMemory())
	w.connect()
	w.settle()
	var told []Fill
	for range 60 {
		w.south.write(text("%s", strings.Repeat("x", 10_000)))
		w.settle()
		if f := w.north.r.Status().Filled.Entries; len(told) == 0 || told[len(told)-1] != f {
			told = append(told, f)
		}
		if full := w.north.r.Status().Filled.Entries == Full; full != w.south.r.Status().FarFull {
			t.Fatalf("full: %v, and its author is told the other", full)
		}
	}
	if !slices.Equal(told, []Fill{Ample, Little, Full}) || len(w.south.r.Status().Waiting) == 0 {
		t.Errorf("told %v; %d wait", told, len(w.south.r.Status().Waiting))
	}
	w.north.quota = 4 << 20
	w.north.again(memory(w.north).Again())
	w.pass(time.Minute)
	w.agree()
	if len(w.south.r.Status().Waiting) > 0 || w.south.r.Status().FarFull || w.north.r.Status().Filled != (Filled{}) {
		t.Errorf("with more room %d wait", len(w.south.r.Status().Waiting))
	}
}

// Numbers that a greater quota had granted are taken after it was lowered, also by the next run.
func TestAQuotaThatIsLowered(t *testing.T) {
	w := newWorld(t)
	w.north.quota = 4 << 20
	w.north.again(store.NewMemory())
	w.connect()
	w.settle()
	for range 40 { // numbered and sent, and lost
		w.south.write(text("%s", strings.Repeat("x", 10_000)))
	}
	w.cut()
	w.north.quota = 256 << 10
	w.north.again(memory(w.north).Again())
	w.north.again(memory(w.north).Again())
	w.connect()
	w.pass(time.Minute)
	w.agree()
	if n := len(w.north.texts(false)); n != 40 {
		t.Errorf("%d messages came, want those that were numbered", n)
	}
	for range 100 {
		w.south.write(text("%s", strings.Repeat("x", 10_000)))
	}
	w.pass(time.Minute)
	if f := w.north.r.Status().Filled.Entries; f != Full || !w.south.r.Status().FarFull || len(w.south.r.Status().Waiting) == 0 {
		t.Errorf("filled: %v; %d wait", f, len(w.south.r.Status().Waiting))
	}
}

// A far side that has not the file is asked again later.
func TestAFileThatIsNotThereYet(t *testing.T) {
	w := talked(t, 1)
	data := []byte("later")
	sum := sha256.Sum256(data)
	w.south.write(Draft{Time: noon, Body: record.Attachment{Length: len(data), SHA256: sum, Name: "a"}})
	w.pass(time.Minute)
	w.south.keep[sum] = data
	w.north.failed = true
	w.pass(pullLater)
	if w.north.keep[sum] != nil || len(w.north.r.files.pulls) != 1 {
		t.Error("a file that was not kept is forgotten")
	}
	w.north.failed = false
	w.pass(2 * pullAgain)
	if !bytes.Equal(w.north.keep[sum], data) {
		t.Errorf("%v", w.refused)
	}
}

// A hostile copy of our log that hides what it has or gives it back otherwise keeps us from
// numbering, and no more.
func TestAFarSideThatGivesBackLies(t *testing.T) {
	w := talked(t, 4)
	w.cut()
	old := store.NewMemory()
	w.north.again(old)
	w.up = true
	w.south.r.LineUp(w.now)
	w.north.r.LineUp(w.now)
	for range 4 {
		w.north.deliver()
	}
	for len(w.south.out[1]) == 0 {
		if !w.south.deliver() && !w.north.deliver() {
			t.Fatal("nothing is given back")
		}
	}
	var good []byte
	for _, m := range w.south.out[1] {
		if m[0] == kindBack {
			good = m
		}
	}
	if good == nil {
		t.Fatal("nothing is given back")
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if err := w.north.r.FarMessage(w.now, true, bad); err == nil {
			t.Fatalf("byte %d is not noticed", i)
		}
		if w.north.r.FarMessage(w.now, true, good[:i]) == nil {
			t.Fatalf("cut at %d is not noticed", i)
		}
	}
	if err := w.north.r.FarMessage(w.now, true, good); err != nil {
		t.Error(err)
	}
	w.pass(time.Minute)
	w.agree()
}

// Entries of ours that come back wrong once are asked for again, after it was looked whether they are of another history.
func TestALieInWhatComesBack(t *testing.T) {
	w := talked(t, 4)
	w.north.again(store.NewMemory())
	for len(w.south.out[1]) == 0 || w.south.out[1][0][0] != kindBack {
		if !w.south.deliver() && !w.north.deliver() {
			t.Fatal("nothing is given back")
		}
	}
	lie := w.south.out[1][0]
	lie[len(lie)-1] ^= 1
	w.pass(time.Minute)
	w.agree()
	if len(w.north.alarms["fork"]) > 0 {
		t.Errorf("%q", w.north.alarms)
	}
}
