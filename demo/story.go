package demo

import (
	"time"

	"ringdown/record"
)

// The people of the story, all invented, as their stations name them.
const (
	watch = iota // the watch officer
	cert         // the desk for incidents
	chief        // of the watch
)

// tell tells the story: two desks that keep their forces and their networks out of
// each other's way: weeks of quiet duty, then three days and a morning. It ends before now, as both stations are
// about to be restarted, with a message that North has not read.
func (h *history) tell(now time.Time) {
	h.north.people = []string{"I. Varn, watch", "T. Reik, CSIRT", "M. Orlan, chief of watch"}
	h.south.people = []string{"D. Quill, watch", "O. Sable, CSIRT", "R. Emsing, duty officer"}
	h.at(-quietDays, "07:52")
	for _, d := range h.desks() {
		d.writes(d.beginning())
	}
	h.firstWords()
	h.quiet()
	airspace := h.announced()
	wave := h.wave()
	call := h.crossing(airspace)
	h.outage(wave)
	h.settled(airspace, wave)
	h.at(2, "16:20")
	h.south.shows(call, "the joint incident commission")
	h.today(now, wave)
}

// firstWords are the line's first hour.
func (h *history) firstWords() {
	n, s := h.north, h.south
	h.lineUp()
	h.at(-quietDays, "08:05")
	a := s.says(nil, "Line open here, both paths. The South desk is manned from 06:00 to 22:00 UTC; by night this line rings the duty officer's phone.")
	h.at(-quietDays, "08:06:20")
	n.reads(watch, a)
	b := n.says(nil, "Good morning. Same hours here, and two phones by night. Test call at 08:15 if it suits you.", n.about(record.Answers, a))
	h.after(41 * time.Second)
	s.reads(watch, b)
	h.at(-quietDays, "08:15:02")
	n.calls(watch, watch, 6*time.Second, 72*time.Second)
	h.at(-quietDays, "08:18")
	c := s.says(nil, "Clear and without gaps on our side. We enter the line as taken over.")
	h.after(25 * time.Second)
	n.reads(watch, c)
}

const boxText = `Exercise area, next three days
box      K4 to K7
from     06:00 UTC
to       16:00 UTC
heights  ground to flight level 280
forces   6 aircraft, 2 tankers, 1 search and rescue helicopter
margin   12 nautical miles north of the median line, at all times
contact  this line; then the exercise director through the North desk
`

// announced is the exercise, and what South asks about it.
func (h *history) announced() (airspace *mark) {
	n, s := h.north, h.south
	h.at(0, "09:10")
	airspace = n.opens("Airspace exercise north of the strait", 3*time.Minute)
	a := n.says(airspace, "From tomorrow 06:00 to 16:00 UTC, six aircraft and two tankers exercise in boxes K4 to K7, ground to flight level 280. All stay 12 miles north of the median line. The list is attached.",
		n.with("boxes-k4-k7.txt", boxText))
	h.at(0, "09:31:10")
	s.reads(watch, a)
	b := s.says(airspace, "Received. Our patrol flies its afternoon leg south of K4 and will keep 15 miles. Will the tankers leave the boxes?", s.about(record.Answers, a))
	h.after(2 * time.Minute)
	n.reads(watch, b)
	h.after(4 * time.Minute)
	c := n.says(airspace, "No. If one has to, you hear it here before it does, not after.", n.about(record.Answers, b))
	h.after(50 * time.Second)
	s.reads(watch, c)
	return airspace
}

const indicators = `# Ticket 4711, indicators so far. Names end in .example on purpose.
type,value,first seen (UTC)
sender,pilotage-fees@harbour-office.example,2 days ago 21:40
domain,berth-invoice.example,2 days ago 21:12
domain,berth-invoices.example,today 04:03
sha256 of attachment,6f1c0d9b7f0f6a57c3d1b9a7f4f7a2a0c4c1e2f0b5a6d7c8e9f00112233445566,today 04:10
`

// wave is the other trade of the line: an incident that both networks see.
func (h *history) wave() (wave *mark) {
	n, s := h.north, h.south
	h.at(0, "13:40")
	wave = s.opens("Ticket 4711: phishing wave against port operators", 2*time.Minute)
	a := s.says(wave, "Since last night, mails to port operators on our coast with an invoice for pilotage. The attachment fetches a second stage. Eleven organisations, two with opened attachments. Do you see it on your side? Indicators attached.",
		s.with("indicators-4711.csv", indicators))
	h.at(0, "13:52:30")
	n.reads(cert, a)
	h.at(0, "14:21")
	b := n.says(wave, "Yes: four operators, same sender, nobody opened it. We block both domains from 14:30 and tell our operators. Hash confirmed.", n.about(record.Answers, a))
	h.after(70 * time.Second)
	s.reads(cert, b)

	h.at(0, "15:02:11")
	h.path(2, false)
	h.at(0, "15:03")
	c := n.says(nil, "Our satellite path is down: rain at the ground station. Voice and text run on the fibre.")
	h.after(32 * time.Second)
	s.reads(watch, c)
	h.at(0, "15:47:40")
	h.path(2, true)
	return wave
}

// crossing is the second day: what the line is for.
func (h *history) crossing(airspace *mark) *spoken {
	n, s := h.north, h.south
	h.at(1, "06:02")
	a := n.says(airspace, "Exercise has begun, first pair airborne.")
	h.after(44 * time.Second)
	s.reads(watch, a)
	h.at(1, "07:41:05")
	s.misses(watch, 30*time.Second)
	h.at(1, "07:42:10")
	b := s.says(airspace, "We called at 07:41 and nobody answered. One of your aircraft crossed the southern edge of K4 at 07:38 and is 9 miles from the median line. Call back please.")
	h.at(1, "07:43:55")
	n.reads(chief, b)
	call := n.calls(chief, watch, 4*time.Second, 11*time.Minute+4*time.Second)
	h.after(40 * time.Second)
	n.files(call, airspace)
	h.at(1, "08:06")
	c := n.says(airspace, "For the record: the aircraft went round a thunderstorm at 07:36, at most 3 miles south of K4, and was back at 07:43. The pair is briefed again. Whoever should have answered at 07:41 was at the other desk; both phones ring there now.")
	h.after(95 * time.Second)
	s.reads(watch, c)
	h.at(1, "08:14:20")
	d := n.says(airspace, "For the record: the aircraft went round a thunderstorm at 07:36, at most 4 miles south of K4, and was back at 07:43. The pair is briefed again. Whoever should have answered at 07:41 was at the other desk; both phones ring there now.", n.about(record.Amends, c))
	h.after(30 * time.Second)
	s.reads(watch, d)
	h.at(1, "08:20")
	e := s.says(airspace, "Agrees with our radar. Nothing further from us.", s.about(record.Answers, d))
	h.after(26 * time.Second)
	n.reads(watch, e)
	return call
}

// outage is half an hour without any path, and what was written meanwhile.
func (h *history) outage(wave *mark) {
	n, s := h.north, h.south
	h.at(1, "10:32")
	a := s.says(wave, "Crew list for the relief of 18:00: Sable, Emsing, and")
	h.after(20 * time.Second)
	b := s.says(wave, "Meant for another desk.", s.about(record.Retracts, a))
	h.after(50 * time.Second)
	n.reads(cert, a, b)
	h.at(1, "11:20:07")
	h.lineDown()
	h.at(1, "11:31")
	c := n.says(wave, "Two more domains, registered this morning: berth-payment.example and harbour-fees.example. Written while the line is down; please confirm when you have it.")
	h.at(1, "11:58:49")
	h.lineUp()
	h.after(31 * time.Second)
	s.reads(cert, c)
	d := s.says(wave, "Both are blocked here too. The outage was ours: a power supply of the border router, replaced.", s.about(record.Answers, c))
	h.after(88 * time.Second)
	n.reads(cert, d)
	h.at(1, "17:30")
	relay := s.opens("Maintenance of the satellite ground station", 5*time.Minute)
	e := s.says(relay, "Tonight 23:00 to 23:40 UTC our ground station's amplifier is changed. The satellite path will be down; the fibre is not touched.")
	h.after(6 * time.Minute)
	n.reads(watch, e)
	h.at(1, "23:00:30")
	h.path(2, false)
	h.at(1, "23:34:12")
	h.path(2, true)
	h.at(1, "23:36")
	f := s.says(relay, "Done. Please look at the path from your side in the morning.")
	h.at(2, "06:03")
	n.reads(watch, f)
	h.after(3 * time.Minute)
	n.closes(relay)
}

const report = `Ticket 4711, state of the third day, 15:00 UTC

organisations that received the mail   South 17, North 6
attachments opened                     South 2, North 0
machines rebuilt                       2 of 2
domains blocked on both sides          4
open: who registered the domains
`

// settled is the third day: the exercise ends, and one fact of it is shown to others.
func (h *history) settled(airspace, wave *mark) {
	n, s := h.north, h.south
	h.at(2, "09:02")
	a := s.says(wave, "Both machines are rebuilt. Is there anything from your registrar?")
	h.after(3 * time.Minute)
	n.reads(cert, a)
	h.at(2, "09:40:15")
	s.calls(cert, cert, 9*time.Second, 3*time.Minute+51*time.Second)
	h.at(2, "14:55")
	b := s.says(wave, "Our state at 15:00, for your report.", s.with("ticket-4711-day-3.txt", report))
	h.after(4 * time.Minute)
	n.reads(cert, b)
	h.at(2, "16:04")
	c := n.says(airspace, "Exercise ended at 16:00, all aircraft down. Thank you for the patience.")
	h.after(90 * time.Second)
	s.reads(chief, c)
	s.closes(airspace)
}

// today are the last hours before the demo, whatever time it is.
func (h *history) today(now time.Time, wave *mark) {
	n, s := h.north, h.south
	h.pass(now.Add(-3*time.Hour - 12*time.Minute))
	a := n.says(wave, "The registrar has taken down all four domains. We keep the block for thirty days.")
	h.after(2 * time.Minute)
	s.reads(cert, a)
	h.pass(now.Add(-74 * time.Minute))
	dip := s.opens("Frequency dip in the southern grid", 90*time.Second)
	b := s.says(dip, "49.82 Hz for four seconds; a converter station tripped. No load was shed. No sign of anything but the converter.")
	h.after(80 * time.Second)
	n.reads(watch, b)
	h.pass(now.Add(-70 * time.Minute))
	n.calls(watch, chief, 5*time.Second, 2*time.Minute+37*time.Second)
	h.pass(now.Add(-9 * time.Minute))
	c := n.says(nil, "Both stations are restarted in five minutes, as agreed. The record is on both sides.")
	h.after(35 * time.Second)
	s.reads(watch, c)
	h.pass(now.Add(-6 * time.Minute))
	s.says(dip, "The converter is back. We send its protocol when the stations are up again; please look whether your side saw the second swing at 49.86 Hz.")
}
