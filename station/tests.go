package station

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/line"
	"ringdown/message"
	"ringdown/record"
	"ringdown/replica"
)

// A trialDesk is what a clerk has of tests and of the right to call. The clerk's goroutine owns it.
type trialDesk struct {
	trials
	first bool         // this is the party that starts what is due
	rules accord.Rules // as agreed now

	upSince time.Time // of the line, as the clerk has heard

	scanned time.Time // when the record was last read for what was not taken in

	fresh bool      // something was taken in since it was last looked at
	again time.Time // when something is due by itself
	told  told      // what the loop was told last
	owed  bool      // what was taken in is not yet kept
	kept  time.Time // when it was
}

// A told is what people see of tests and of the right to call.
type told struct {
	test      *api.LineTest
	suspended []api.Suspension
}

const (
	trialsKey = "trials" // the setting that keeps them

	// keepEvery is how often they are kept at most, and keepEntries after how many entries at the latest:
	// a start reads what came since.
	keepEvery   = 10 * time.Second
	keepEntries = 4096

	// secondAfter is how long the accord's second party waits for the first to start what is due.
	secondAfter = 5 * time.Minute

	// lookAgain is how soon the desk looks again while it cannot do what is due.
	lookAgain = time.Second

	// lookLatest is when it looks in any case; what lies further ahead is of a clock that was set back.
	lookLatest = time.Hour
)

// loadTrials takes in what the record tells of tests and of the right to call.
func (c *clerk) loadTrials(now time.Time) error {
	d := &c.desk
	d.trials, d.fresh = trials{Times: d.rules.Tests}, true
	text, err := c.st.Get(trialsKey)
	if err != nil {
		return err
	}
	var kept trials
	st := c.rep.Status()
	if text != nil && json.Unmarshal(text, &kept) == nil && kept.Sizes[0] <= st.Own.Size && kept.Sizes[1] <= st.Far.Size && kept.sound() {
		d.trials = kept
	}
	d.agree(d.rules.Tests, now)
	c.scanTrials(now)
	for _, w := range c.rep.Status().Waiting {
		c.waitTrial(w.Draft)
	}
	return nil
}

// lineUp notes that people can be asked again.
func (d *trialDesk) lineUp(now time.Time) { d.upSince, d.fresh = now, true }

// sound reports whether what was kept can be used: a file may hold anything.
func (t *trials) sound() bool {
	if min(t.Sizes[0], t.Sizes[1]) < 0 {
		return false
	}
	for i, list := range t.Tests {
		if len(list) > mostTrials {
			return false
		}
		for _, x := range list {
			if x == nil || x.Own != (i == 0) {
				return false
			}
		}
	}
	return true
}

// scanTrials takes in what is in the record and was not taken in yet, each entry after what it had seen. It stops at
// a damaged entry, and goes on when that is mended.
func (c *clerk) scanTrials(now time.Time) {
	const step = 256
	d := &c.desk
	for d.scanned = now; c.behind() && !c.ending(); d.fresh, d.owed = true, true {
		mine, err := c.rep.Entries(true, d.Sizes[0], step)
		theirs, err2 := c.rep.Entries(false, d.Sizes[1], step)
		if err != nil || err2 != nil || !d.merge(mine, theirs, now) {
			return
		}
	}
}

// behind reports whether the record holds what was not taken in yet.
func (c *clerk) behind() bool {
	st := c.rep.Status()
	return c.desk.Sizes[0] < st.Own.Size || c.desk.Sizes[1] < st.Far.Size
}

// merge takes in parts of both logs, as far as they go together. It reports whether it took any.
func (t *trials) merge(mine, theirs []*record.Entry, now time.Time) bool {
	parts := [2][]*record.Entry{mine, theirs}
	for some := false; ; some = true {
		i := 0
		if !t.ripe(parts, 0) {
			i = 1
		}
		if !t.ripe(parts, i) {
			return some
		}
		t.take(i == 0, parts[i][0], now)
		parts[i] = parts[i][1:]
	}
}

// ripe reports whether the first of a part had seen no more than was taken in.
func (t *trials) ripe(parts [2][]*record.Entry, i int) bool {
	return len(parts[i]) > 0 && (parts[i][0] == nil || parts[i][0].Seen.Size <= t.Sizes[1-i])
}

// takeTrials takes in what was added to a log.
func (c *clerk) takeTrials(own bool, entries []*record.Entry) {
	d, now := &c.desk, c.s.opt.Now()
	for _, e := range entries {
		i := logIndex(own)
		if e.Number != d.Sizes[i] || e.Seen.Size > d.Sizes[1-i] {
			d.fresh = true // scanTrials takes it when what is before it is here
		} else if d.take(own, e, now) {
			d.fresh, d.owed = true, true
		}
	}
}

// keepTrials writes them down, now and then: a crash costs reading some entries again.
func (c *clerk) keepTrials(now time.Time) {
	d := &c.desk
	st := c.rep.Status()
	if !d.owed && st.Own.Size+st.Far.Size < d.Sizes[0]+d.Sizes[1]+keepEntries || now.Sub(d.kept) < keepEvery && now.After(d.kept) {
		return
	}
	d.kept, d.owed = now, false
	text, err := json.Marshal(d.trials)
	if err == nil {
		err = c.st.Set(map[string][]byte{trialsKey: text})
	}
	if err != nil {
		c.s.log.Warn("what the record tells of tests is not kept; it is read again at the next start", "line", c.slug, "error", err)
	}
}

// advanceTrials does what is due, and tells what is new.
func (c *clerk) advanceTrials(now time.Time) {
	d := &c.desk
	if !d.fresh && now.Before(d.again) && d.again.Sub(now) <= lookLatest {
		return
	}
	if c.behind() && !now.Before(d.scanned.Add(retryDisk)) {
		c.scanTrials(now)
	}
	for range 4 { // a result, and the next test; while not all is known, nothing is entered by itself
		if c.behind() || !c.conclude(now) && !c.startDue(now) {
			break
		}
	}
	d.fresh, d.again = false, c.nextTrial(now)
	c.keepTrials(now)
	if t := c.seenOfTrials(now); !reflect.DeepEqual(t, d.told) {
		d.told = t
		c.s.post(func() { c.e.setTrials(t) })
	}
}

// nextTrial is when something changes by itself.
func (c *clerk) nextTrial(now time.Time) time.Time {
	d := &c.desk
	next := now.Add(lookLatest)
	sooner := func(t time.Time) {
		if t.Before(next) && t.After(now) {
			next = t
		}
	}
	if d.owed {
		sooner(d.kept.Add(keepEvery))
	}
	if c.behind() {
		sooner(d.scanned.Add(retryDisk))
	}
	if x := d.open(true, now); x != nil {
		sooner(time.UnixMilli(x.At).Add(record.TestAnswer))
	}
	if x := d.open(false, now); x != nil {
		sooner(time.UnixMilli(x.At).Add(record.TestLate + time.Millisecond))
	}
	times := timesOf(d.rules)
	sooner(nextSlot(times, now))
	if slot := d.current(times, now); !slot.IsZero() {
		sooner(slot.Add(record.TestLate))
		if !d.asked(slot.UnixMilli()) {
			if sooner(c.mayStart(slot)); !c.stands() {
				sooner(now.Add(lookAgain))
			}
		}
	}
	return next
}

// timesOf are the agreed times of tests, from midnight in UTC.
func timesOf(r accord.Rules) (list []time.Duration) {
	for _, t := range r.Tests {
		list = append(list, time.Duration(t)*time.Minute)
	}
	return list
}

// conclude enters the result of our own test: it was read back, or nobody did. It reports whether it did.
func (c *clerk) conclude(now time.Time) bool {
	x := c.desk.open(true, now)
	if x == nil {
		return false
	}
	d := replica.Draft{Time: now}
	switch late := now.Sub(time.UnixMilli(x.At)).Abs() >= record.TestAnswer; { // also if our clock was ahead when it was asked
	case x.Read >= 0:
		d.About = []record.Ref{{Relation: record.Answers, Other: true, Number: x.Read}}
		d.Body = record.Test{Act: record.TestPassed, Paths: c.testPaths()}
		if !record.SameWords(x.Words, x.ReadText) {
			d.Body = record.Test{Act: record.TestFailed, Paths: c.testPaths(), Text: "what was read back is not what was asked"}
		}
	case late && x.Number >= 0:
		d.About = []record.Ref{{Relation: record.Answers, Number: x.Number}}
		d.Body = record.Test{Act: record.TestFailed, Paths: c.testPaths(), Text: nobodyReadIt}
	case late:
		d.To = []replica.DraftRef{{Relation: record.Answers, ID: x.ID}}
		d.Body = record.Test{Act: record.TestFailed, Paths: c.testPaths(), Text: nobodyReadIt}
	default:
		return false
	}
	if _, err := c.write(d); err != nil {
		return false // write has said so
	}
	if x.Result == 0 { // it waits for its number
		x.conclude(d.Body.(record.Test), now.UnixMilli())
	}
	return true
}

const nobodyReadIt = "nobody read the words back within ten minutes"

// startDue starts the test that is due, if the other side has not. It reports whether it did.
func (c *clerk) startDue(now time.Time) bool {
	d := &c.desk
	slot := d.current(timesOf(d.rules), now)
	if slot.IsZero() || d.open(true, now) != nil || d.asked(slot.UnixMilli()) || !c.stands() || d.Begun[0] == 0 || d.Begun[1] == 0 {
		return false
	}
	if now.Before(c.mayStart(slot)) {
		return false
	}
	_, err := c.askTest(now, slot.UnixMilli(), "")
	return err == nil
}

// mayStart is when this side starts what is due: the first party at its time, the second later, and if the line was
// down, so long after it came back.
func (c *clerk) mayStart(slot time.Time) time.Time {
	switch d := &c.desk; {
	case d.first:
		return slot
	case d.upSince.After(slot):
		return d.upSince.Add(secondAfter)
	}
	return slot.Add(secondAfter)
}

// stands reports whether what is entered now reaches the other side at once.
func (c *clerk) stands() bool { return c.up && c.rep.Status().Standing == record.Stands }

// askTest asks the other side to read words back.
func (c *clerk) askTest(now time.Time, slot int64, who string) (replica.ID, error) {
	d := replica.Draft{ID: replica.NewID(), Time: now, Body: record.Test{Act: record.TestAsked, Slot: slot, Who: who, Text: wordsToRead(), Paths: c.testPaths()}}
	if _, err := c.write(d); err != nil {
		return d.ID, err
	}
	if _, numbered := c.rep.Number(d.ID); !numbered {
		c.waitTrial(d)
	}
	c.desk.fresh = true
	return d.ID, nil
}

// waitTrial takes in what of a test waits for its number.
func (c *clerk) waitTrial(d replica.Draft) {
	body, ok := d.Body.(record.Test)
	if !ok {
		return
	}
	t := &c.desk.trials
	switch {
	case body.Act == record.TestAsked:
		t.add(&trial{Own: true, Number: -1, ID: d.ID, At: d.Time.UnixMilli(), Slot: body.Slot, Who: body.Who, Words: body.Text, Paths: body.Paths, Read: nobodyRead})
	case len(d.About) == 0:
	case body.Act == record.TestReadBack:
		if x := find(t.Tests[1], func(x *trial) bool { return x.Number == d.About[0].Number }); x != nil && x.Read < 0 {
			x.Read, x.ReadAt, x.ReadWho, x.ReadText = waitsToRead, d.Time.UnixMilli(), body.Who, body.Text
		}
	default:
		ref := d.About[0]
		x := find(t.Tests[0], func(x *trial) bool { return ref.Other && x.Read == ref.Number || !ref.Other && x.Number == ref.Number })
		if x != nil && x.Result == 0 {
			x.conclude(body, d.Time.UnixMilli())
		}
	}
}

// slotFor is the agreed time that a test begun now counts for; 0 if for none.
func (c *clerk) slotFor(now time.Time) int64 {
	times := timesOf(c.desk.rules)
	if slot := c.desk.current(times, now); !slot.IsZero() && !c.desk.passed(slot.UnixMilli()) {
		return slot.UnixMilli()
	}
	if slot := nextSlot(times, now); !slot.IsZero() && slot.Sub(now) <= record.TestEarly {
		return slot.UnixMilli()
	}
	return 0
}

// testPaths is how the loop sees the paths now, the spare ones too.
func (c *clerk) testPaths() (list []record.TestPath) {
	_ = c.s.do(func() {
		if c.e.closed {
			return
		}
		for _, p := range c.e.line.Status(c.s.opt.Now()).Paths {
			list = append(list, testPath(p))
		}
	})
	return list
}

func testPath(p line.PathStatus) record.TestPath {
	t := record.TestPath{Number: p.Number, Up: p.State == line.PathUp}
	if p.In.Known {
		t.LossPermille = uint16(min(max(p.In.Loss, 0), 1000))
	}
	if p.HasRTT {
		t.RTTms = uint16(min(max(p.RTT.Milliseconds(), 1), 65535))
	}
	return t
}

// Words of a test: two that are told apart by voice, on a bad line, by people of any language.
var (
	testColours = [...]string{"amber", "black", "blue", "brown", "copper", "golden", "green", "grey", "orange", "pink", "purple", "red", "silver", "violet", "white", "yellow"}
	testThings  = [...]string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "anchor", "apple", "bridge", "candle", "castle", "cloud",
		"desert", "eagle", "forest", "garden", "hammer", "harbour", "island", "kettle", "ladder", "lemon", "market", "mirror", "mountain", "needle", "ocean", "paper",
		"pencil", "pilot", "pocket", "rabbit", "ribbon", "river", "rocket", "saddle", "sailor", "shadow", "spider", "summer", "table", "temple", "thunder", "tiger",
		"tower", "tractor", "tunnel", "turtle", "umbrella", "valley", "velvet", "village", "violin", "water", "whistle", "window", "winter", "wizard", "yellow", "zebra"}
)

func wordsToRead() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	n := binary.BigEndian.Uint32(b[:])
	return testColours[n%uint32(len(testColours))] + " " + testThings[n/uint32(len(testColours))%uint32(len(testThings))]
}

// seenOfTrials is what people see now.
func (c *clerk) seenOfTrials(now time.Time) told {
	d := &c.desk
	times := timesOf(d.rules)
	t := &api.LineTest{Times: []string{}, Open: []api.OpenTest{}, Missed: []time.Time{}}
	for _, at := range d.rules.Tests {
		t.Times = append(t.Times, at.String())
	}
	t.Next = instant(nextSlot(times, now))
	if slot := d.current(times, now); !slot.IsZero() && !d.passed(slot.UnixMilli()) {
		t.Due = instant(slot)
	}
	for _, own := range []bool{false, true} {
		if x := d.open(own, now); x != nil {
			t.Open = append(t.Open, openTest(x))
		}
	}
	if x := d.last(); x != nil {
		t.Last = testResult(x)
	}
	for _, slot := range d.missed(times, now) {
		t.Missed = append(t.Missed, stamp(slot))
	}
	return told{t, c.suspensions(now)}
}

func slotTime(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	return instant(time.UnixMilli(ms))
}

func openTest(x *trial) api.OpenTest {
	return api.OpenTest{Key: x.key(), By: sideName(x.Own), At: stamp(time.UnixMilli(x.At)), Slot: slotTime(x.Slot), Who: x.Who, Words: x.Words, Read: x.Read != nobodyRead}
}

func testResult(x *trial) *api.TestResult {
	r := &api.TestResult{Key: x.key(), By: sideName(x.Own), At: stamp(time.UnixMilli(x.ResultAt)), Slot: slotTime(x.Slot), Result: x.Result.String(),
		Who: x.Who, ReadBy: x.ReadWho, Why: x.Why, Paths: []api.RecordedPath{}}
	for _, p := range x.Paths {
		r.Paths = append(r.Paths, api.RecordedPath{Number: int(p.Number), Up: p.Up, LossPermille: int(p.LossPermille), RTTms: int(p.RTTms)})
	}
	return r
}

func (x *trial) key() string {
	if x.Number < 0 {
		return waitingKey(x.ID)
	}
	return message.Key(x.Own, x.Number)
}

func sideName(own bool) string {
	if own {
		return "us"
	}
	return "them"
}
