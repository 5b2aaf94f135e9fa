package demo

import (
	"crypto/rand"
	"slices"
	"time"

	"ringdown/record"
	"ringdown/replica"
)

// The quiet days are what a line is most of the time: tests at their hours, a call now and then, a drill, a
// path that rests. They are what the line's report is made of.

// A quietCall is a call between the two watches: on a day, at a time, by whom, answered after so long.
type quietCall struct {
	day   int
	clock string
	north bool // North calls
	rang  time.Duration
	long  time.Duration
	end   record.Reason
}

var quietCalls = []quietCall{
	{1, "10:12", true, 7 * time.Second, 3 * time.Minute, record.HungUp},
	{1, "16:40", false, 5 * time.Second, 95 * time.Second, record.HungUp},
	{2, "22:31", true, 18 * time.Second, 4 * time.Minute, record.HungUp},
	{3, "09:05", false, 4 * time.Second, 2 * time.Minute, record.HungUp},
	{4, "13:20", true, 9 * time.Second, 6 * time.Minute, record.HungUp},
	{5, "02:47", false, 26 * time.Second, 5 * time.Minute, record.HungUp},
	{5, "11:30", true, 6 * time.Second, 80 * time.Second, record.HungUp},
	{6, "23:10", true, 41 * time.Second, 0, record.Cancelled},
	{6, "23:12", true, 13 * time.Second, 7 * time.Minute, record.HungUp},
	{8, "09:44", false, 6 * time.Second, 2 * time.Minute, record.HungUp},
	{9, "10:01", false, 11 * time.Second, 90 * time.Second, record.HungUp},
	{10, "15:48", true, 8 * time.Second, 5 * time.Minute, record.HungUp},
}

// quiet lets the quiet days pass.
func (h *history) quiet() {
	n, s := h.north, h.south
	for day := 1; day < quietDays; day++ {
		on := func(clock string) { h.at(day-quietDays, clock) }
		if day%5 == 2 { // the satellite path rests
			on("02:10")
			h.path(2, false)
			on("02:24")
			h.path(2, true)
		}
		if day == 8 { // over the morning's test
			on("07:41")
			h.lineDown()
			on("08:52")
			h.lineUp()
		}
		for _, c := range quietCalls {
			if c.day != day {
				continue
			}
			caller := map[bool]*desk{true: n, false: s}[c.north]
			on(c.clock)
			caller.wholeCall(false, c.rang, 0, c.long, c.end)
		}
		switch day {
		case 7:
			on("11:00")
			n.drills(6*time.Second, 3*time.Minute)
			on("18:20")
			s.fetches(5*time.Second, 4*time.Minute+12*time.Second, 9*time.Minute)
		case 9:
			on("14:00")
			s.drills(9*time.Second, 5*time.Minute)
		}
	}
}

// drills is a drill: it is answered, and the far side's principal comes after so long.
func (d *desk) drills(rang, came time.Duration) {
	d.wholeCall(true, rang, came, time.Minute, record.HungUp)
}

// fetches is a call for the other side's principal, who comes after so long.
func (d *desk) fetches(rang, came, long time.Duration) {
	d.wholeCall(false, rang, came, long, record.HungUp)
}

// wholeCall is a call, entered by each side in one piece when it is over: the quiet days are many, and a disk is
// slow. came is when the far principal is there, 0 for nobody asks; with a reason other than that somebody hung
// up it is not answered.
func (d *desk) wholeCall(drill bool, rang, came, long time.Duration, end record.Reason) {
	var id record.CallID
	rand.Read(id[:])
	begin := d.h.now
	ours, theirs := d.people[watch], d.far.people[watch]
	at := func(after time.Duration, s record.CallStep) replica.Draft {
		s.Drill = drill
		return replica.Draft{ID: replica.NewID(), Time: begin.Add(after), Call: id, Body: s}
	}
	own := []replica.Draft{at(0, record.CallStep{Step: record.StepCalled, Who: ours, Role: record.RoleOfficer})}
	far := []replica.Draft{at(hop, record.CallStep{Step: record.StepReached, Count: 2}), at(5*hop, record.CallStep{Step: record.StepRinging, Count: 2})}
	over := rang
	if end == record.HungUp {
		far = append(far, at(rang, record.CallStep{Step: record.StepAnswered, Who: theirs, Role: record.RoleOfficer}))
		over += long
	}
	if came > 0 {
		own = append(own, at(rang+20*time.Second, record.CallStep{Step: record.StepAsked, Who: ours, Role: record.RoleOfficer}))
		far = append(far, at(rang+30*time.Second, record.CallStep{Step: record.StepFetching, Who: d.far.people[chief], Count: 5}),
			at(rang+came, record.CallStep{Step: record.StepPresent, Who: d.far.people[chief], Role: record.RolePrincipal}))
		over += came
	}
	own = append(own, at(over, record.CallStep{Step: record.StepEnded, Reason: end, By: record.ByAuthor, Who: ours}))
	far = append(far, at(over+hop, record.CallStep{Step: record.StepEnded, Reason: end, By: record.ByOther}))
	d.h.until(begin.Add(over + time.Second))
	d.h.try(func() error {
		_, err := d.rep.Write(d.h.now, own...)
		return err
	})
	d.h.try(func() error {
		_, err := d.far.rep.Write(d.h.now, far...)
		return err
	})
	d.h.exchange()
}

// pass lets the time pass, with the tests that are due meanwhile.
func (h *history) pass(t time.Time) {
	for h.opened && h.err == nil {
		slot := h.now.Truncate(12 * time.Hour).Add(8 * time.Hour) // 08:00, 20:00
		if !slot.After(h.now) {
			slot = slot.Add(12 * time.Hour)
		}
		if !slot.Add(2 * time.Minute).Before(t) {
			break
		}
		h.until(slot)
		h.tested(slot)
	}
	h.until(t)
}

// spokenWords are what is read back in tests.
var spokenWords = []string{"amber seven", "harbour two", "copper nine", "willow four", "granite one", "lantern six", "meadow three"}

// tested is the test that is due at a time: North's station asks, somebody in the South reads it back.
func (h *history) tested(slot time.Time) {
	if h.cut {
		return
	}
	n, s := h.north, h.south
	day := int(slot.Sub(h.start).Hours()/24) + quietDays
	text := spokenWords[day%len(spokenWords)]
	paths := []record.TestPath{{Number: 1, Up: true, RTTms: 41}, {Number: 2, Up: true, LossPermille: 4, RTTms: 272}}
	asked := n.writes(replica.Draft{Body: record.Test{Act: record.TestAsked, Slot: slot.UnixMilli(), Paths: paths, Text: text}})
	h.after(time.Duration(18+day%5*7) * time.Second)
	heard := text
	if day == 3 && slot.Hour() == 20 {
		heard = "amber eleven"
	}
	answers := func(d *desk, t record.Test, m mark) mark {
		draft := replica.Draft{Body: t}
		d.refer(&draft, record.Answers, m)
		return d.writes(draft)
	}
	back := answers(s, record.Test{Act: record.TestReadBack, Paths: slices.Clone(paths), Who: s.people[watch], Text: heard}, asked)
	h.after(time.Second)
	if heard == text {
		answers(n, record.Test{Act: record.TestPassed, Who: n.people[watch]}, back)
	} else {
		answers(n, record.Test{Act: record.TestFailed, Who: n.people[watch], Text: "other words were read back"}, back)
	}
}
