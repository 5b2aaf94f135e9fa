package disclose

import (
	"bytes"

	"ringdown/record"
)

// Verify checks a disclosure by itself: it needs no network, no clock and no station. The
// error is a [*Failure], and then nothing is proven. With fingerprints of keys, which the caller
// has from a source it trusts, each must be that of a party.
func Verify(b []byte, keys ...string) (*Report, error) {
	f, fail := check(b)
	if fail == nil {
		fail = f.confirm(keys)
	}
	if fail != nil {
		return nil, fail
	}
	return f.report(keys), nil
}

// A noteCheck wants every signature that a checkpoint has to hold; text is its note.
type noteCheck func(f *file, s side, c *record.Checkpoint, text string) *Failure

// check has every check of a file, in the order in which failures are told.
func check(b []byte) (*file, *Failure) { return checkWith(b, (*file).checkNote) }

// checkWith is for tests that check one file with many small changes: they know already which of its
// signatures hold, and making sure of that takes nearly all the time.
func checkWith(b []byte, signed noteCheck) (*file, *Failure) {
	f, fail := parse(b)
	if fail != nil {
		return nil, fail
	}
	want := f.text()
	if line := differ(b, want); line > 0 {
		return nil, failure("canonical", "line", line)
	}
	steps := []func() *Failure{
		f.checkAccord,
		func() *Failure { return f.checkLog(first, signed) },
		func() *Failure { return f.checkLog(second, signed) },
		f.checkFirstEntries,
		f.checkKind,
		f.checkAsked,
	}
	if f.Kind == KindFork {
		steps = []func() *Failure{f.checkAccord, f.checkFork}
	}
	for _, step := range steps {
		if fail := step(); fail != nil {
			return nil, fail
		}
	}
	if !bytes.Equal(b, want) { // in what nothing else holds
		return nil, failure("sum")
	}
	return f, nil
}

// differ finds the first line before the sum that is not the one form of what it means.
func differ(found, want []byte) (line int) {
	for line = 1; ; line++ {
		a, restA, _ := bytes.Cut(found, []byte("\n"))
		b, restB, _ := bytes.Cut(want, []byte("\n"))
		switch {
		case len(restB) == 0:
			return 0
		case !bytes.Equal(a, b):
			return line
		}
		found, want = restA, restB
	}
}

func (f *file) name(s side) string { return escape(f.Parties[s].Name) }

func (f *file) checkAccord() *Failure {
	if f.accordDigest() != f.Accord {
		return failure("accord")
	}
	if key := unusable(&f.Parties); key != "" {
		return failure("key", "key", key)
	}
	for _, s := range sides {
		if f.Parties[s].print() != f.Prints[s] {
			return failure("fingerprint", "party", f.name(s))
		}
	}
	return nil
}

// checkLog checks that the entries shown stand in one log, and then the signatures under it.
func (f *file) checkLog(s side, signed noteCheck) *Failure {
	l, log := &f.Logs[s], f.name(s)
	origin := record.Origin(f.Accord, s == first)
	switch {
	case l.Newest.Origin != origin || l.Full != nil && l.Full.Origin != origin:
		return failure("origin", "log", log)
	case l.Full != nil && (l.Newest.CosignaturePQ != nil || l.Full.Tree.Size >= l.Newest.Tree.Size):
		return failure("full", "log", log)
	}
	if fail := f.checkEntries(s); fail != nil {
		return fail
	}
	newest, full, exact := l.check()
	switch {
	case !exact:
		return failure("hashes", "log", log)
	case newest != l.Newest.Tree.Root:
		return failure("root", "log", log)
	case l.Full != nil && full != l.Full.Tree.Root:
		return failure("full-root", "log", log)
	}
	if fail := signed(f, s, l.Newest, l.notes[0]); fail != nil || l.Full == nil {
		return fail
	}
	return signed(f, s, l.Full, l.notes[1])
}

// checkNote is the noteCheck of [Verify].
func (f *file) checkNote(s side, c *record.Checkpoint, text string) *Failure {
	author, other := f.Parties[s].keys(f.Accord, s), f.Parties[s.other()].keys(f.Accord, s.other())
	log := f.name(s)
	switch {
	case text != string(c.Note(author, other)):
		return failure("signer", "log", log)
	case c.Verify(author) != nil:
		return failure("signature", "log", log)
	case c.Cosignature != nil && c.VerifyCosignature(other) != nil:
		return failure("cosignature", "log", log, "other", f.name(s.other()))
	case c.CosignaturePQ != nil && c.VerifyCosignaturePQ(other) != nil:
		return failure("cosignature-pq", "log", log, "other", f.name(s.other()))
	}
	return nil
}

// checkEntries checks entries one by one, and their order.
func (f *file) checkEntries(s side) *Failure {
	l := &f.Logs[s]
	for i := range l.Entries {
		e := &l.Entries[i]
		bad := func(code string) *Failure {
			return failure(code, "number", e.Header.Number, "log", f.name(s), "line", e.line)
		}
		if _, err := e.entry().Encode(); err != nil {
			return bad("entry")
		}
		if e.Header.Number >= l.Newest.Tree.Size {
			return bad("beyond")
		}
		if i == 0 {
			continue
		}
		before := &l.Entries[i-1].Header
		switch {
		case before.Number >= e.Header.Number:
			return bad("order")
		case before.Seen.Size > e.Header.Seen.Size || before.Seen.Size == e.Header.Seen.Size && before.Seen != e.Header.Seen:
			return bad("seen")
		}
	}
	return nil
}

// checkFirstEntries wants entry 0 of both logs: there each side says which accord it has
// signed, and the rule.
func (f *file) checkFirstEntries() *Failure {
	for _, s := range sides {
		e := f.entry(place{s, 0})
		if e == nil {
			return failure("first-entry", "log", f.name(s))
		}
		a, ok := e.Body.(record.AccordChange)
		if !ok || a.Serial != 0 || a.Digest != f.Accord {
			return failure("first-entry", "log", f.name(s))
		}
		if a.Rule != f.Rule {
			return failure("rule", "log", f.name(s), "found", a.Rule, "stated", f.Rule)
		}
	}
	return nil
}

// entry finds an entry that is shown.
func (f *file) entry(p place) *shown {
	l := f.Logs[p.Side].Entries
	for lo, hi := 0, len(l); lo < hi; {
		mid := (lo + hi) / 2
		switch n := l[mid].Header.Number; {
		case n == p.Number:
			return &l[mid]
		case n < p.Number:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return nil
}

// chosen calls fn for every entry that the disclosure is about: not for the first of each
// log, nor for those that carry the rule out, until fn fails.
func (f *file) chosen(fn func(s side, e *shown) *Failure) *Failure {
	for _, s := range sides {
		for i := range f.Logs[s].Entries {
			e := &f.Logs[s].Entries[i]
			at := place{s, e.Header.Number}
			if at.Number == 0 || f.Asked != nil && *f.Asked == at || f.Answer != nil && *f.Answer == at {
				continue
			}
			if fail := fn(s, e); fail != nil {
				return fail
			}
		}
	}
	return nil
}

// confirm compares with fingerprints from elsewhere.
func (f *file) confirm(keys []string) *Failure {
	for _, k := range keys {
		if k != hexed(f.Prints[first][:]) && k != hexed(f.Prints[second][:]) {
			return failure("stranger", "found", k)
		}
	}
	return nil
}
