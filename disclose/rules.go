package disclose

import "ringdown/record"

// checkKind holds each kind to what it says to show.
func (f *file) checkKind() *Failure {
	switch f.Kind {
	case KindContact:
		return f.checkContact()
	case KindRange:
		for _, s := range sides {
			if fail := f.checkRange(s); fail != nil {
				return fail
			}
		}
		return nil
	}
	none := true
	fail := f.chosen(func(side, *shown) *Failure { none = false; return nil })
	if none {
		return failure("nothing")
	}
	return fail
}

// checkContact wants steps of one call, answered and ended, and nothing else.
func (f *file) checkContact() *Failure {
	var steps [2]bool
	fail := f.chosen(func(s side, e *shown) *Failure {
		c, is := e.Body.(record.CallStep)
		if !is || c.Drill || e.Header.Call != f.Call || c.Step != record.StepAnswered && c.Step != record.StepEnded {
			return failure("contact-more", "number", e.Header.Number, "log", f.name(s))
		}
		steps[0] = steps[0] || c.Step == record.StepAnswered
		steps[1] = steps[1] || c.Step == record.StepEnded
		return nil
	})
	if fail == nil && (!steps[0] || !steps[1]) {
		return failure("contact-less")
	}
	return fail
}

// checkRange wants every entry of the range and, so that its ends are where they are said
// to be, the neighbours on both sides; and no other entry.
func (f *file) checkRange(s side) *Failure {
	l, r := &f.Logs[s], f.Ranges[s]
	size := l.Newest.Tree.Size
	last := min(r.End, size-1)
	for n := r.First - 1; n <= last; n++ {
		if f.entry(place{s, n}) == nil {
			return failure("range-less", "number", n, "log", f.name(s))
		}
	}
	if r.End > size {
		return failure("range-less", "number", r.End-1, "log", f.name(s))
	}
	fail := f.chosen(func(of side, e *shown) *Failure {
		if n := e.Header.Number; of == s && (n < r.First-1 || n > last) {
			return failure("range-more", "number", n, "log", f.name(s))
		}
		return nil
	})
	if fail != nil {
		return fail
	}
	return f.checkEnds(s)
}

// checkEnds compares the neighbours' times with those of the range. At the end of
// the log, where there is no neighbour, the co-signature must be late enough, and no entry of
// the other log may know of more.
func (f *file) checkEnds(s side) *Failure {
	l, r := &f.Logs[s], f.Ranges[s]
	size := l.Newest.Tree.Size
	if e := f.entry(place{s, r.First - 1}); r.First > 1 && e.Header.Time >= f.From {
		return failure("range-early", "number", r.First-1, "log", f.name(s))
	}
	if r.End < size {
		if e := f.entry(place{s, r.End}); e.Header.Time < f.Until {
			return failure("range-late", "number", r.End, "log", f.name(s))
		}
		return nil
	}
	if at := record.CosignedAt(l.Newest.Cosignature); at.UnixMilli() < f.Until {
		return failure("range-open", "log", f.name(s))
	}
	for _, e := range f.Logs[s.other()].Entries {
		if e.Header.Seen.Size > size {
			return failure("range-hides", "log", f.name(s), "number", e.Header.Number, "other", f.name(s.other()))
		}
	}
	return nil
}

// checkAsked holds the entries by which the accord's rule was carried out to what is shown.
func (f *file) checkAsked() *Failure {
	if f.Asked == nil {
		return nil
	}
	asked := f.disclosure(*f.Asked)
	if asked == nil || f.Asked.Side != f.By || asked.Act != record.DisclosureAsked {
		return failure("asked", "number", f.Asked.Number, "log", f.name(f.Asked.Side))
	}
	if asked.To != f.To {
		return failure("recipient", "found", escape(asked.To), "stated", escape(f.To))
	}
	fail := f.chosen(func(s side, e *shown) *Failure {
		if f.neighbour(s, e) || covered(asked.Ranges, s != f.By, e) {
			return nil
		}
		return failure("asked-more", "number", e.Header.Number, "log", f.name(s))
	})
	if fail != nil || f.Answer == nil {
		return fail
	}
	return f.checkAnswer()
}

func (f *file) checkAnswer() *Failure {
	d := f.disclosure(*f.Answer)
	if d != nil && f.Answer.Side != f.By && (d.Act == record.DisclosureConsented || d.Act == record.DisclosureRefused) {
		ref, _ := f.entry(*f.Answer).Header.Has(record.Answers)
		if ref.Other && ref.Number == f.Asked.Number && d.Digest == [32]byte{} {
			return nil
		}
	}
	return failure("answer", "number", f.Answer.Number, "log", f.name(f.Answer.Side))
}

// disclosure is the body of an entry about a disclosure, if it is shown.
func (f *file) disclosure(p place) *record.Disclosure {
	if e := f.entry(p); e != nil {
		if d, is := e.Body.(record.Disclosure); is {
			return &d
		}
	}
	return nil
}

// neighbour reports whether an entry is shown, without its body, only to bound a range.
func (f *file) neighbour(s side, e *shown) bool {
	n := e.Header.Number
	return f.Kind == KindRange && e.Body == nil && (n == f.Ranges[s].First-1 || n == f.Ranges[s].End)
}

// covered reports whether somebody asked to show that entry in that way. A range with bodies
// covers headers too.
func covered(ranges []record.Range, other bool, e *shown) bool {
	for _, r := range ranges {
		if r.Other == other && r.First <= e.Header.Number && e.Header.Number <= r.Last && (r.Bodies || e.Body == nil) {
			return true
		}
	}
	return false
}
