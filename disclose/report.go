package disclose

import (
	"fmt"
	"time"

	"ringdown/record"
)

// A Report says in plain words what a disclosure proves and what it does not. All texts in
// it are escaped: they show what they are.
type Report struct {
	Kind     Kind     `json:"kind"`
	Title    string   `json:"title"`
	Provided string   `json:"provided,omitempty"` // what the reader must still compare
	Accord   string   `json:"accord"`             // its digest
	Rule     string   `json:"rule"`               // empty: none is shown
	Parties  [2]Party `json:"parties"`            // first and second of the accord
	Entries  []Entry  `json:"entries"`
	Proven   []string `json:"proven"`
	NotShown []string `json:"not_shown"`
	Warnings []string `json:"warnings"`
}

// A Party is one side, as its keys say.
type Party struct {
	Name        string `json:"name"`
	Fingerprint string `json:"fingerprint"` // of name and keys
	Confirmed   bool   `json:"confirmed"`   // it is one of those given to [Verify]
}

// An Entry is one entry that is shown.
type Entry struct {
	Log    string   `json:"log"` // "first" or "second"
	Number int64    `json:"number"`
	Kind   string   `json:"kind"`
	Time   int64    `json:"time"`  // Unix ms, by its author's clock
	Proof  string   `json:"proof"` // "classical", "full"
	Head   string   `json:"head"`
	Says   string   `json:"says"`
	Text   string   `json:"text,omitempty"` // of a message; lines
	Notes  []string `json:"notes"`
}

// A reporter collects the sentences.
type reporter struct {
	*file
	r Report
}

func (f *file) report(keys []string) *Report {
	if f.Kind == KindFork {
		return f.forkReport(keys)
	}
	p := &reporter{file: f, r: Report{
		Kind: f.Kind, Accord: hexed(f.Accord[:]), Rule: f.Rule.String(),
		Entries: []Entry{}, Proven: []string{}, NotShown: []string{}, Warnings: []string{},
	}}
	p.proven("proven.accord", "accord", p.r.Accord, "first", p.name(first), "second", p.name(second))
	p.parties(keys)
	p.drills()
	for _, s := range sides {
		p.log(s)
	}
	switch f.Kind {
	case KindRange:
		p.ranges()
	case KindContact:
		p.contact()
	default:
		p.r.Title = say("title.entries", "count", count(p.chosenCount()), "first", f.name(first), "second", f.name(second))
	}
	p.rule()
	p.entries()
	p.notShown()
	return &p.r
}

func (p *reporter) proven(key string, pairs ...any) {
	p.r.Proven = append(p.r.Proven, say(key, pairs...))
}
func (p *reporter) not(key string, pairs ...any) {
	p.r.NotShown = append(p.r.NotShown, say(key, pairs...))
}
func (p *reporter) warn(key string, pairs ...any) {
	p.r.Warnings = append(p.r.Warnings, say(key, pairs...))
}

func counted(what string, n int64) string {
	if n == 1 {
		return say(what + ".one")
	}
	return say(what+".many", "n", n)
}

func count(n int64) string { return counted("entry", n) }

func (p *reporter) chosenCount() (n int64) {
	_ = p.chosen(func(side, *shown) *Failure { n++; return nil })
	return n
}

func (p *reporter) parties(keys []string) {
	for _, s := range sides {
		print := hexed(p.Prints[s][:])
		p.r.Parties[s] = Party{Name: p.name(s), Fingerprint: print}
		for _, k := range keys {
			p.r.Parties[s].Confirmed = p.r.Parties[s].Confirmed || k == print
		}
		if p.r.Parties[s].Confirmed {
			p.proven("proven.key", "party", p.name(s))
		}
	}
}

// fullSize is how many entries of a log are co-signed with ML-DSA-44, and when.
func (l *log) fullSize() (size int64, at time.Time) {
	c := l.Full
	if c == nil {
		c = l.Newest
	}
	if c.CosignaturePQ == nil {
		return 0, at
	}
	return c.Tree.Size, record.CosignedAt(c.CosignaturePQ)
}

func (p *reporter) log(s side) {
	l, author, other := &p.Logs[s], p.name(s), p.name(s.other())
	p.proven("proven.log", "author", author, "count", count(l.Newest.Tree.Size), "other", other, "at", moment(record.CosignedAt(l.Newest.Cosignature)))
	size, at := l.fullSize()
	if size > 0 {
		p.proven("proven.full", "author", author, "count", count(size), "other", other, "at", moment(at))
	}
	p.proven("proven.entries", "author", author)
	classical := int64(0)
	for _, e := range l.Entries {
		if e.Header.Number >= size {
			classical++
		}
	}
	if classical > 0 {
		p.warn("warn.classical", "count", count(classical), "author", author)
	}
}

func (p *reporter) ranges() {
	p.r.Title = say("title.range", "first", p.name(first), "second", p.name(second), "from", moment(ms(p.From)), "until", moment(ms(p.Until)))
	for _, s := range sides {
		l, r := &p.Logs[s], p.Ranges[s]
		key := "proven.range"
		if r.End == l.Newest.Tree.Size {
			key += "-open"
		}
		if r.First == r.End {
			key += "-none"
		}
		p.proven(key, "author", p.name(s), "from", r.First, "last", r.End-1, "before", r.First-1, "after", r.End,
			"count", count(r.End-r.First), "other", p.name(s.other()), "at", moment(record.CosignedAt(l.Newest.Cosignature)))
	}
}

// contact says what each side states of the call. Only two times by one clock make a
// length.
func (p *reporter) contact() {
	var answered, ended, speaks [2]*int64
	_ = p.chosen(func(s side, e *shown) *Failure {
		key := "proven.answered"
		if e.Body.(record.CallStep).Step == record.StepEnded {
			key, ended[s] = "proven.ended", &e.Header.Time // the last: it may have rung anew after a restart
		} else if answered[s] == nil {
			answered[s] = &e.Header.Time
		}
		speaks[s] = &e.Header.Time
		p.proven(key, "author", p.name(s), "at", moment(ms(e.Header.Time)))
		return nil
	})
	p.lasted(answered, ended)
	for _, s := range sides {
		if speaks[s.other()] == nil {
			p.warn("warn.one-sided", "author", p.name(s), "other", p.name(s.other()))
		}
	}
	if ended[first] != nil && ended[second] != nil {
		if d := max(*ended[first]-*ended[second], *ended[second]-*ended[first]); d > tolerance {
			p.warn("warn.ends", "seconds", counted("second", d/1000))
		}
	}
}

// lasted finds the side whose clock saw the answer and the end.
func (p *reporter) lasted(answered, ended [2]*int64) {
	key, day, minutes := "title.contact-unmeasured", int64(0), int64(0)
	for _, s := range [...]side{second, first} {
		if answered[s] == nil {
			continue
		}
		day = *answered[s]
		if ended[s] == nil || *ended[s] < *answered[s] {
			continue
		}
		length := *ended[s] - *answered[s]
		minutes = length / 60000
		words := counted("second", length/1000%60)
		key = "title.contact-short"
		if minutes > 0 {
			words = say("length", "minutes", counted("minute", minutes), "seconds", words)
			key = "title.contact"
		}
		p.proven("proven.lasted", "author", p.name(s), "length", words)
		break
	}
	p.r.Title = say(key, "first", p.name(first), "second", p.name(second), "day", ms(day).Format("2 January 2006"), "minutes", counted("minute", minutes))
}

func (p *reporter) rule() {
	maker, other := p.name(p.By), p.name(p.By.other())
	var answer *record.Disclosure
	if p.Answer != nil {
		answer = p.disclosure(*p.Answer)
	}
	switch {
	case p.Rule == record.RuleFree:
		p.proven("proven.rule-free")
	case p.Rule == record.RuleTold && p.Asked != nil:
		at := record.CosignedAt(p.Logs[p.By].Newest.Cosignature)
		p.proven("proven.rule-told", "maker", maker, "number", p.Asked.Number, "other", other, "at", moment(at))
	case p.Rule == record.RuleTold:
		p.warn("warn.untold")
	case answer == nil:
		p.warn("warn.no-consent")
	case answer.Act == record.DisclosureRefused:
		p.warn("warn.refused", "other", other, "number", p.Answer.Number)
	default:
		p.proven("proven.rule-consent", "maker", maker, "asked", p.Asked.Number, "other", other, "number", p.Answer.Number)
	}
}

// provided says whose keys the reader still has to compare.
func (p *reporter) provided() string {
	a, b := p.r.Parties[first], p.r.Parties[second]
	switch {
	case a.Confirmed && b.Confirmed:
		return ""
	case a.Confirmed:
		return say("provided.one", "party", b.Name)
	case b.Confirmed:
		return say("provided.one", "party", a.Name)
	}
	return say("provided.both", "first", a.Name, "second", b.Name)
}

func (p *reporter) notShown() {
	p.r.Provided = p.provided()
	for _, s := range sides {
		if !p.r.Parties[s].Confirmed {
			p.not("not.key", "party", p.name(s))
		}
	}
	p.not("not.agreed")
	p.not("not.time")
	to := say("for.nobody")
	if p.To != "" {
		to = say("for.whom", "to", escape(p.To))
	}
	p.not("not.maker", "maker", p.name(p.By), "made", moment(ms(p.Made)), "to", to)
	switch p.Kind {
	case KindRange:
		p.not("not.complete-range")
		p.not("not.range-clock")
	case KindContact:
		p.not("not.contact")
		p.not("not.complete")
	default:
		p.not("not.complete")
	}
	hidden := int64(0)
	for _, s := range sides {
		for _, e := range p.Logs[s].Entries {
			if e.Body == nil {
				hidden++
			}
		}
	}
	if hidden > 0 {
		p.not("not.bodies", "count", count(hidden))
	}
	p.not("not.together")
}

func ms(t int64) time.Time { return time.UnixMilli(t).UTC() }

func moment(t time.Time) string { return fmt.Sprint(t.UTC().Format("2 January 2006 15:04:05"), " UTC") }
