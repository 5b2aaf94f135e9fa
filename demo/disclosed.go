package demo

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"ringdown/disclose"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/station"
)

// shows asks the other side, which agrees, and then shows to others that a call took place, and nothing
// of what was said.
func (d *desk) shows(c *spoken, to string) {
	h := d.h
	ranges := d.ranges(c.steps)
	asked := d.writes(replica.Draft{Body: record.Disclosure{Act: record.DisclosureAsked, Ranges: ranges, To: to}})
	h.after(17 * time.Minute)
	agree := replica.Draft{Body: record.Disclosure{Act: record.DisclosureConsented}}
	d.far.refer(&agree, record.Answers, asked)
	agreed := d.far.writes(agree)
	h.after(2 * time.Minute)
	h.try(func() error { d.rep.AskPQ(h.now); return nil })
	h.after(time.Second)
	h.try(func() error { return d.made(c, to, ranges, asked, agreed) })
}

// ranges are entries as a disclosure names them: our own first, rising, joined where they touch.
func (d *desk) ranges(marks []mark) (list []record.Range) {
	for _, m := range marks {
		d.h.try(func() error {
			n, err := m.number()
			list = append(list, record.Range{Other: m.by != d, Bodies: true, First: n, Last: n})
			return err
		})
	}
	slices.SortFunc(list, func(a, b record.Range) int {
		if a.Other != b.Other {
			return map[bool]int{true: 1, false: -1}[a.Other]
		}
		return cmp.Compare(a.First, b.First)
	})
	joined := list[:0]
	for _, r := range list {
		if n := len(joined); n > 0 && joined[n-1].Other == r.Other && joined[n-1].Last+1 == r.First {
			joined[n-1].Last = r.Last
		} else {
			joined = append(joined, r)
		}
	}
	return joined
}

// made makes the file, enters that it was made, and keeps it as the station would.
func (d *desk) made(c *spoken, to string, ranges []record.Range, asked, agreed mark) error {
	ask, err := asked.number()
	if err != nil {
		return err
	}
	answer, err := agreed.number()
	if err != nil {
		return err
	}
	req := disclose.Request{Accord: d.accord.Sections(), By: d.first, Made: d.h.now, To: to, Contact: c.id,
		Asked: &disclose.Place{First: d.first, Number: ask}, Answer: &disclose.Place{First: !d.first, Number: answer}}
	for _, r := range ranges {
		req.Entries = append(req.Entries, disclose.Entries{First: r.Other != d.first, Begin: r.First, End: r.Last + 1, Bodies: true})
	}
	req.First, req.Second = d.log(true), d.log(false)
	if !d.first {
		req.First, req.Second = req.Second, req.First
	}
	file, err := disclose.Make(req)
	if err != nil {
		return err
	}
	if ranges, err = disclose.Covers(file); err != nil {
		return err
	}
	id := replica.NewID()
	at := d.h.now
	d.writes(replica.Draft{ID: id, Body: record.Disclosure{Act: record.DisclosureMade, Digest: sha256.Sum256(file), Ranges: ranges, To: to},
		About: []record.Ref{{Relation: record.Answers, Other: true, Number: answer}}})
	return station.KeepDisclosure(d.dir, d.store, station.GivenDisclosure{At: at, To: to, Call: c.id, Shown: req.Entries, Ranges: ranges, Asked: ask, Answer: answer, Made: id, File: file})
}

// log is one of the two logs as disclose reads it.
func (d *desk) log(own bool) disclose.Log {
	s := d.rep.Source(own)
	return disclose.Log{Author: s.Party, Other: s.Other, State: s.State, Hashes: s.Hashes, Entry: s.Entry}
}
