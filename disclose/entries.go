package disclose

import (
	"strings"
	"time"

	"ringdown/record"
)

// tolerance is how far clocks may differ before it is said, in milliseconds.
const tolerance = 10_000

// entries says what each entry shows.
func (p *reporter) entries() {
	for _, s := range sides {
		size, _ := p.Logs[s].fullSize()
		for i := range p.Logs[s].Entries {
			e := &p.Logs[s].Entries[i]
			h := &e.Header
			out := Entry{Log: s.String(), Number: h.Number, Kind: h.Kind.String(), Time: h.Time, Proof: record.ProofClassical.String(), Notes: []string{}}
			if h.Number < size {
				out.Proof = record.ProofFull.String()
			}
			out.Head = say("entry.head", "author", p.name(s), "number", h.Number, "at", moment(ms(h.Time)))
			out.Says, out.Text = p.says(s, e)
			for _, r := range h.About {
				out.Notes = append(out.Notes, say("entry."+r.Relation.String(), "number", r.Number, "author", p.name(target(s, r))))
			}
			out.Notes = append(out.Notes, p.paths(s, e)...)
			out.Notes = append(out.Notes, p.bounds(s, e))
			p.takenBack(s, e)
			p.r.Entries = append(p.r.Entries, out)
		}
	}
}

// target is whose log a reference points into.
func target(s side, r record.Ref) side {
	if r.Other {
		return s.other()
	}
	return s
}

// takenBack warns of entries that another one shown stands against.
func (p *reporter) takenBack(s side, e *shown) {
	for _, r := range e.Header.About {
		t := p.entry(place{s, r.Number})
		if t == nil || r.Other || !r.Fits(e.Header.Kind, t.Header.Kind) {
			continue
		}
		switch r.Relation {
		case record.Retracts:
			p.warn("warn.retracted", "number", r.Number, "author", p.name(s), "by", e.Header.Number)
		case record.Amends:
			p.warn("warn.amended", "number", r.Number, "author", p.name(s), "by", e.Header.Number)
		}
	}
}

// bounds says when an entry was written by the other side's clock: not before the newest
// entry of the other's that its author had seen, if that one is shown, and not after the first
// co-signature shown that covers it.
func (p *reporter) bounds(s side, e *shown) string {
	l, other := &p.Logs[s], s.other()
	cosignature := l.Newest.Cosignature
	if l.Full != nil && e.Header.Number < l.Full.Tree.Size && record.CosignedAt(l.Full.CosignaturePQ).Before(record.CosignedAt(cosignature)) {
		cosignature = l.Full.CosignaturePQ
	}
	var seen *record.Header
	if t := p.entry(place{other, e.Header.Seen.Size - 1}); t != nil {
		seen = &t.Header
	}
	w := record.WindowOf(seen, cosignature)
	for i := range p.Logs[other].Entries {
		if h := &p.Logs[other].Entries[i].Header; h.Seen.Size > e.Header.Number && h.When().Before(w.Before) {
			w.Before = h.When()
		}
	}
	if w.Before.Before(w.After) {
		return say("entry.turned", "other", p.name(other))
	}
	if off := w.Misdated(&e.Header).Milliseconds(); max(off, -off) > tolerance {
		side := say("after")
		if off < 0 {
			side = say("before")
		}
		p.warn("warn.misdated", "number", e.Header.Number, "author", p.name(s), "seconds", counted("second", max(off, -off)/1000), "before", side, "other", p.name(other))
	}
	if seen == nil {
		return say("entry.before", "other", p.name(other), "before", moment(w.Before))
	}
	return say("entry.bounds", "other", p.name(other), "after", moment(w.After.Truncate(time.Second)), "before", moment(w.Before))
}

// says gives what an entry says in a sentence and, of a message, its text.
func (p *reporter) says(s side, e *shown) (sentence, text string) {
	author := p.name(s)
	switch b := e.Body.(type) {
	case nil:
		if e.Header.Kind == record.KindDrill {
			return say("entry.hidden-drill"), ""
		}
		return say("entry.hidden", "kind", e.Header.Kind), ""
	case record.Message:
		if b.Text == "" {
			return say("entry.message-empty"), ""
		}
		lines := strings.Split(b.Text, "\n")
		for i, l := range lines {
			lines[i] = escape(l)
		}
		return say("entry.message"), strings.Join(lines, "\n")
	case record.Attachment:
		return say("entry.attachment", "name", escape(b.Name), "length", b.Length, "sha256", hexed(b.SHA256[:])), ""
	case record.Receipt:
		return say("entry.receipt-"+b.Rung.String(), "who", escape(b.Who), "author", author), ""
	case record.CallStep:
		return p.saysCall(s, e, b), ""
	case record.LineChange:
		key := "entry.path"
		if b.Path == 0 {
			key = "entry.line"
		}
		return say(key, "path", b.Path, "state", upDown[b.Up]), ""
	case record.Matter:
		key := "entry.matter"
		if b.Act == record.MatterOpened {
			key = "entry.matter-opened"
		}
		return say(key, "act", b.Act, "title", escape(b.Title)), ""
	case record.AccordChange:
		key := "entry.accord"
		if b.Serial > 0 {
			key = "entry.amendment"
		}
		return say(key, "rule", b.Rule, "serial", b.Serial, "sha256", hexed(b.Digest[:])), ""
	case record.Disclosure:
		key := "entry.disclosure"
		if b.To != "" {
			key = "entry.disclosure-for"
		}
		return say(key, "act", b.Act, "to", escape(b.To)), ""
	case record.Test:
		return p.saysTest(s, b), ""
	case record.Presence:
		return p.saysPresence(s, e, b), ""
	case record.Right:
		return p.saysRight(s, b), ""
	}
	return "", ""
}

func (p *reporter) saysCall(s side, e *shown, c record.CallStep) string {
	who, reason := p.person(s, c.Who, c.Role), ""
	switch {
	case c.Reason != 0 && c.By == record.ByAuthor:
		reason = say("entry.reason-by", "reason", c.Reason, "by", p.name(s))
	case c.Reason != 0 && c.By == record.ByOther:
		reason = say("entry.reason-by", "reason", c.Reason, "by", p.name(s.other()))
	case c.Reason != 0:
		reason = say("entry.reason", "reason", c.Reason)
	}
	key := "entry.call"
	if c.Drill {
		key = "entry.drill"
	}
	return say(key, "call", e.Header.Call, "step", p.step(s, c), "who", who, "reason", reason)
}
