package disclose

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ringdown/accord"
	"ringdown/record"
)

// A Log is one log as the maker of a disclosure has it: its own, or its copy of the other's.
type Log struct {
	Author, Other *record.Party
	State         record.State
	Hashes        record.HashReader
	Entry         func(n int64) ([]byte, error) // as stored; checked here
}

// Entries names entries Begin ≤ n < End of one log.
type Entries struct {
	First      bool // of the first party's log
	Begin, End int64
	Bodies     bool // with their bodies, where they are not erased
}

// Complete is a range of time in which every entry of both logs is shown. Entries are
// those Begin ≤ n < End that fall into it, 1 ≤ Begin ≤ End; Begin = End where a log has none. Make
// lowers Until to the time of the entry at End, or where a log is shown to its end to when that was co-signed.
type Complete struct {
	From, Until            time.Time // to the millisecond; From ≤ t < Until
	FirstBegin, FirstEnd   int64     // in the first party's log
	SecondBegin, SecondEnd int64
}

// A Place names one entry.
type Place struct {
	First  bool // of the first party's log
	Number int64
}

// A Request says what to disclose. Entries alone make [KindEntries]; with Complete it
// is [KindRange], whose headers need not be in Entries; with Contact it is [KindContact], and
// Entries are all entries of that call that the maker knows: Make takes those that are needed.
type Request struct {
	First, Second Log
	Accord        []accord.Section // [accord.Accord.Sections]
	By            bool             // made by the first party
	Made          time.Time        // to the second
	To            string           // whom it is for; may be empty
	Entries       []Entries
	Complete      *Complete
	Contact       record.CallID
	Asked         *Place // the maker's entry that told the other, or asked for consent
	Answer        *Place // the other's answer to it
}

// Make makes the file. It checks the file in all ways in which [Verify] does, so nothing
// is given out that would not hold.
func Make(r Request) ([]byte, error) {
	f := &file{Kind: KindEntries, By: second, Made: r.Made.Unix() * 1000, To: r.To}
	if r.By {
		f.By = first
	}
	if err := f.takeAccord(r.Accord); err != nil {
		return nil, err
	}
	if err := f.choose(&r); err != nil {
		return nil, err
	}
	b := f.text()
	if _, err := Verify(b); err != nil {
		return nil, fmt.Errorf("disclose: what was asked for would not hold: %w", err)
	}
	return b, nil
}

func (f *file) takeAccord(list []accord.Section) error {
	if len(list) != len(sections) {
		return bad("accord", len(list), len(sections))
	}
	for i, s := range list {
		if s.Name != sections[i] {
			return bad("section of the accord", s.Name, sections[i])
		}
		f.Digests[i] = s.Digest
	}
	for s, i := range map[side]int{first: sectionFirst, second: sectionSecond} {
		p, ok := parseParty(list[i].Text)
		if !ok {
			return bad("section of the accord", list[i].Name, "a name and five keys")
		}
		f.Parties[s], f.Prints[s] = p, p.print()
	}
	f.Accord = f.accordDigest()
	return nil
}

// choose takes the entries and proves them.
func (f *file) choose(r *Request) error {
	wanted := r.wanted(f)
	for _, s := range sides {
		src := r.log(s)
		if err := f.Logs[s].cosigned(src); err != nil {
			return err
		}
		if err := f.take(s, src, wanted[s]); err != nil {
			return err
		}
		f.shorten(s)
	}
	if f.Kind == KindRange && f.Until <= f.From {
		return bad("range of time", "its end at "+instant(f.Until)+", as far as is known", "one after "+instant(f.From))
	}
	if f.Kind == KindContact {
		for _, s := range sides {
			f.Logs[s].Entries = slices.DeleteFunc(f.Logs[s].Entries, func(e shown) bool { return !f.needed(s, &e) })
		}
	}
	for _, s := range sides {
		if err := f.Logs[s].prove(r.log(s).Hashes); err != nil {
			return fmt.Errorf("disclose: hashes of the %s log: %w", s, err)
		}
	}
	return nil
}

func (r *Request) log(s side) *Log {
	if s == first {
		return &r.First
	}
	return &r.Second
}

// wanted gives for each log the entries and whether their bodies are shown.
func (r *Request) wanted(f *file) (w [2]map[int64]bool) {
	for _, s := range sides {
		w[s] = map[int64]bool{0: true}
	}
	if c := r.Complete; c != nil {
		f.Kind, f.From, f.Until = KindRange, c.From.UnixMilli(), c.Until.UnixMilli()
		f.Ranges = [2]span{{c.FirstBegin, c.FirstEnd}, {c.SecondBegin, c.SecondEnd}}
		for _, s := range sides {
			end := min(f.Ranges[s].End+1, sizeOf(r.log(s).State.Cosigned))
			for n := f.Ranges[s].First - 1; n < end; n++ {
				w[s][n] = n == 0
			}
		}
	}
	if !r.Contact.IsZero() {
		f.Kind, f.Call = KindContact, r.Contact
	}
	for _, e := range r.Entries {
		for n := e.Begin; n < e.End; n++ {
			w[sideOf(e.First)][n] = e.Bodies || n == 0 || w[sideOf(e.First)][n]
		}
	}
	for p, to := range map[*Place]**place{r.Asked: &f.Asked, r.Answer: &f.Answer} {
		if p != nil {
			*to = &place{sideOf(p.First), p.Number}
			w[sideOf(p.First)][p.Number] = true
		}
	}
	return w
}

func sideOf(isFirst bool) side {
	if isFirst {
		return first
	}
	return second
}

func sizeOf(c *record.Checkpoint) int64 {
	if c == nil {
		return 0
	}
	return c.Tree.Size
}

// needed reports whether a disclosure of contact shows an entry.
func (f *file) needed(s side, e *shown) bool {
	at := place{s, e.Header.Number}
	if at.Number == 0 || f.Asked != nil && *f.Asked == at || f.Answer != nil && *f.Answer == at {
		return true
	}
	c, is := e.Body.(record.CallStep)
	return is && !c.Drill && e.Header.Call == f.Call && (c.Step == record.StepAnswered || c.Step == record.StepEnded)
}

// cosigned takes the checkpoints: the newest that is co-signed with Ed25519 and, if
// it is another, the newest that is co-signed with ML-DSA-44.
func (l *log) cosigned(src *Log) error {
	c := src.State.Cosigned
	if c == nil || c.Cosignature == nil {
		return bad("log "+src.Author.Origin, "no co-signed checkpoint", "one: without it nothing can be proven")
	}
	newest := *c
	newest.CosignaturePQ = nil
	if pq := src.State.CosignedPQ; pq != nil && pq.Tree == c.Tree {
		newest.CosignaturePQ = pq.CosignaturePQ
	} else if pq != nil && pq.Tree.Size < c.Tree.Size {
		l.Full = &record.Checkpoint{Origin: pq.Origin, Tree: pq.Tree, Signature: pq.Signature, CosignaturePQ: pq.CosignaturePQ}
		l.notes[1] = string(l.Full.Note(src.Author, src.Other))
	}
	l.Newest = &newest
	l.notes[0] = string(newest.Note(src.Author, src.Other))
	return nil
}

// shorten ends a range where one log goes on after it, or where the end of the log was co-signed: of what
// came later nothing is known yet.
func (f *file) shorten(s side) {
	l, end := &f.Logs[s], f.Ranges[s].End
	if f.Kind != KindRange {
		return
	}
	if end == l.Newest.Tree.Size {
		f.Until = min(f.Until, record.CosignedAt(l.Newest.Cosignature).UnixMilli())
	} else if e := f.entry(place{s, end}); e != nil {
		f.Until = min(f.Until, e.Header.Time)
	}
}

// take reads the wanted entries of one log.
func (f *file) take(s side, src *Log, wanted map[int64]bool) error {
	l := &f.Logs[s]
	for n, body := range wanted {
		if n < 0 || n >= l.Newest.Tree.Size {
			return bad("entry of the "+s.String()+" log", n, fmt.Sprintf("one of the %d that are co-signed", l.Newest.Tree.Size))
		}
		b, err := src.Entry(n)
		if err != nil {
			return fmt.Errorf("disclose: entry %d of the %s log: %w", n, s, err)
		}
		e, err := record.ParseEntry(b)
		if err != nil {
			return fmt.Errorf("disclose: entry %d of the %s log: %w", n, s, err)
		}
		if e.Number != n || e.Time > maxTime {
			return bad("entry", fmt.Sprintf("number %d, time %d", e.Number, e.Time), fmt.Sprintf("number %d, before the year 10000", n))
		}
		l.Entries = append(l.Entries, show(e, body))
		if a, is := e.Body.(record.AccordChange); is && n == 0 {
			f.Rule = a.Rule
		}
	}
	slices.SortFunc(l.Entries, func(a, b shown) int { return cmp.Compare(a.Header.Number, b.Header.Number) })
	return nil
}

func show(e *record.Entry, body bool) shown {
	out := shown{Header: e.Header, Salt: e.HeaderSalt}
	if body && e.Body != nil {
		out.Body, out.BodySalt = e.Body, e.BodySalt
	} else {
		out.Hidden = e.Leaf().Body
	}
	return out
}

// Covers are the ranges of a disclosure as the maker's own entry names them: what a station
// writes when it asks, and when it has made the file.
func Covers(b []byte) ([]record.Range, error) {
	f, fail := check(b)
	if fail != nil {
		return nil, fail
	}
	list := f.covers()
	if len(list) == 0 { // a range in which nothing happened
		list = append(list, record.Range{Bodies: true})
	}
	return list, nil
}

func (f *file) covers() (list []record.Range) {
	for _, s := range [...]side{f.By, f.By.other()} {
		other := s != f.By
		_ = f.chosen(func(of side, e *shown) *Failure {
			r := record.Range{Other: other, Bodies: e.Body != nil, First: e.Header.Number, Last: e.Header.Number}
			if of != s || f.neighbour(s, e) {
				return nil
			}
			if n := len(list); n > 0 && list[n-1].Other == other && list[n-1].Bodies == r.Bodies && list[n-1].Last+1 == r.First {
				list[n-1].Last = r.Last
			} else {
				list = append(list, r)
			}
			return nil
		})
	}
	return list
}
