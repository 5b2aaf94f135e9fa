package demo

import (
	"crypto/rand"
	"crypto/sha256"
	"time"

	"ringdown/record"
	"ringdown/replica"
)

// What people do in the story. Each is entered as the station does it.

// says writes a message, under a matter unless that is nil.
func (d *desk) says(under *mark, text string, more ...func(*replica.Draft)) mark {
	draft := replica.Draft{Body: record.Message{Text: text}}
	if under != nil {
		d.refer(&draft, record.Under, *under)
	}
	for _, change := range more {
		change(&draft)
	}
	m := d.writes(draft)
	if n, ok := d.rep.Number(m.id); ok && d.far.people != nil { // a ready console there shows it at once
		d.far.receipt(record.Receipt{Rung: record.Shown}, n)
	}
	return m
}

// about says what a message is to an earlier one.
func (d *desk) about(rel record.Relation, m mark) func(*replica.Draft) {
	return func(draft *replica.Draft) { d.refer(draft, rel, m) }
}

// with attaches a file to a message.
func (d *desk) with(name, text string) func(*replica.Draft) {
	return func(draft *replica.Draft) {
		a := record.Attachment{Length: len(text), SHA256: sha256.Sum256([]byte(text)), Name: name}
		d.h.try(func() error { return d.keep(a.SHA256, []byte(text)) })
		d.refer(draft, record.Carries, d.writes(replica.Draft{Body: a}))
	}
}

// reads marks the other side's messages read.
func (d *desk) reads(who int, marks ...mark) {
	for _, m := range marks {
		d.h.try(func() error {
			n, err := m.number()
			d.receipt(record.Receipt{Rung: record.Read, Who: d.people[who]}, n)
			return err
		})
	}
}

func (d *desk) receipt(r record.Receipt, n int64) {
	d.writes(replica.Draft{Body: r, About: []record.Ref{{Relation: record.Answers, Other: true, Number: n}}})
}

// opens opens a matter, which the other side acknowledges a little later.
func (d *desk) opens(title string, acknowledged time.Duration) *mark {
	m := d.writes(replica.Draft{Body: record.Matter{Act: record.MatterOpened, Title: title}})
	d.h.after(acknowledged)
	d.far.does(record.MatterAcknowledged, m, record.CallID{})
	return &m
}

func (d *desk) does(act record.MatterAct, matter mark, call record.CallID) {
	draft := replica.Draft{Call: call, Body: record.Matter{Act: act}}
	d.refer(&draft, record.Under, matter)
	d.writes(draft)
}

func (d *desk) closes(matter *mark) { d.does(record.MatterClosed, *matter, record.CallID{}) }

func (d *desk) files(c *spoken, matter *mark) { d.does(record.MatterFiled, *matter, c.id) }

// A spoken is a call of the story, and the entries that prove it to others: the answer and the end.
type spoken struct {
	id    record.CallID
	steps []mark
}

// step enters one step of a call.
func (d *desk) step(c *spoken, s record.CallStep) {
	m := d.writes(replica.Draft{Call: c.id, Body: s})
	if s.Step == record.StepAnswered || s.Step == record.StepEnded {
		c.steps = append(c.steps, m)
	}
}

// rings calls the other side and lets it ring there so long.
func (d *desk) rings(who int, ready uint8, long time.Duration) *spoken {
	c := &spoken{}
	rand.Read(c.id[:])
	d.step(c, record.CallStep{Step: record.StepCalled, Who: d.people[who]})
	d.far.step(c, record.CallStep{Step: record.StepReached, Count: ready})
	d.far.step(c, record.CallStep{Step: record.StepRinging, Count: ready})
	d.h.after(long)
	return c
}

// calls is a call that is answered, and ended by the caller.
func (d *desk) calls(who, answers int, rang, long time.Duration) *spoken {
	c := d.rings(who, 2, rang)
	d.far.step(c, record.CallStep{Step: record.StepAnswered, Who: d.far.people[answers]})
	d.h.after(long)
	d.ends(c, record.HungUp, record.ByAuthor, d.people[who])
	d.far.ends(c, record.HungUp, record.ByOther, "")
	return c
}

// misses is a call that nobody takes, until the caller hangs up.
func (d *desk) misses(who int, rang time.Duration) {
	c := d.rings(who, 1, rang)
	d.ends(c, record.Cancelled, record.ByAuthor, d.people[who])
	d.far.ends(c, record.Cancelled, record.ByOther, "")
}

func (d *desk) ends(c *spoken, r record.Reason, by record.By, who string) {
	d.step(c, record.CallStep{Step: record.StepEnded, Reason: r, By: by, Who: who})
	d.h.try(func() error { d.rep.CallEnded(d.h.now); return nil })
}

// beginning is the entry with which every log begins: that the accord was signed.
func (d *desk) beginning() replica.Draft {
	return replica.Draft{Body: record.AccordChange{Digest: d.accord.Digest(), Rule: d.opt.Rule}}
}
