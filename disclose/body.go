package disclose

import (
	"fmt"
	"strings"

	"ringdown/record"
)

// text writes an entry: what its header and its body say, each on a line.
func (e *shown) text(w *writer) {
	h := &e.Header
	w.line("entry", fmt.Sprint(h.Number))
	w.line("kind", h.Kind.String())
	w.line("time", instant(h.Time))
	if !h.Call.IsZero() {
		w.line("call", h.Call.String())
	}
	if h.Seen.Size == 0 {
		w.line("seen", "0")
	} else {
		w.line("seen", fmt.Sprintf("%d %s", h.Seen.Size, b64(h.Seen.Root[:])))
	}
	for _, r := range h.About {
		w.line("about", r.String())
	}
	w.line("salt", hexed(e.Salt[:]))
	if e.Body == nil {
		w.line("hidden", b64(e.Hidden[:]))
		return
	}
	w.line("body", hexed(e.BodySalt[:]))
	bodyText(w, e.Body)
}

func bodyText(w *writer, body record.Body) {
	number := func(key string, n int) { w.line(key, fmt.Sprint(n)) }
	switch b := body.(type) {
	case record.Message:
		for l := range strings.SplitSeq(b.Text, "\n") {
			w.line("|", escape(l))
		}
	case record.Attachment:
		number("length", b.Length)
		w.line("sha256", hexed(b.SHA256[:]))
		w.line("name", escape(b.Name))
	case record.Receipt:
		w.line("rung", b.Rung.String())
		w.line("who", escape(b.Who))
	case record.CallStep:
		w.line("step", b.Step.String())
		w.line("reason", named(b.Reason != 0, b.Reason))
		w.line("ended-by", bys[b.By])
		number("count", int(b.Count))
		if b.Step == record.StepCrossed {
			w.line("given-up", b.Other.String())
		}
		if b.Step == record.StepJoined {
			w.line("speaks", noYes[b.Speaks])
		}
		w.line("who", escape(b.Who))
		if b.Role != 0 {
			w.line("role", b.Role.String())
		}
	case record.LineChange:
		number("path", int(b.Path))
		w.line("state", upDown[b.Up])
	case record.Matter:
		w.line("act", b.Act.String())
		w.line("title", escape(b.Title))
	case record.AccordChange:
		number("serial", int(b.Serial))
		w.line("sha256", hexed(b.Digest[:]))
		w.line("rule", named(b.Rule != 0, b.Rule))
	case record.Disclosure:
		w.line("act", b.Act.String())
		w.line("sha256", hexed(b.Digest[:]))
		for _, r := range b.Ranges {
			w.line("entries", rangeText(r))
		}
		w.line("for", escape(b.To))
	case record.Test:
		testText(w, b)
	case record.Presence:
		presenceText(w, b)
	case record.Right:
		w.line("act", b.Act.String())
		w.line("who", escape(b.Who))
		w.line("text", escape(b.Text))
	}
}

var (
	bys    = [...]string{"nobody", "author", "other"}
	upDown = map[bool]string{false: "down", true: "up"}
	noYes  = map[bool]string{false: "no", true: "yes"}
)

// named is the name of a constant, or nothing for the one that means nothing.
func named(is bool, s fmt.Stringer) string {
	if !is {
		return ""
	}
	return s.String()
}

func rangeText(r record.Range) string {
	whose, what := "own", "headers"
	if r.Other {
		whose = "other"
	}
	if r.Bodies {
		what = "bodies"
	}
	return fmt.Sprintf("%s %d %d %s", whose, r.First, r.Last, what)
}

// entry reads what text writes. What the entry says is checked by [record] when all
// of it is there.
func (r *reader) entry() shown {
	e := shown{line: r.line + 1}
	h := &e.Header
	h.Number = r.number("entry", max48-1)
	h.Kind = one(r, "kind", record.KindMessage, record.KindRight)
	h.Time = r.time("time", instantForm)
	if r.next("call") {
		h.Call = record.CallID(r.hex("call", len(h.Call)))
	}
	h.Seen = r.seen()
	for len(h.About) < record.MaxAbout && r.next("about") {
		h.About = append(h.About, r.about())
	}
	e.Salt = record.Salt(r.hex("salt", len(e.Salt)))
	if r.next("hidden") {
		e.Hidden = record.Hash(r.base64("hidden"))
		return e
	}
	e.BodySalt = record.Salt(r.hex("body", len(e.BodySalt)))
	e.Body = r.body(h.Kind)
	return e
}

func (r *reader) seen() record.Tree {
	f := r.fields("seen", 1, 2)
	t := record.EmptyTree()
	t.Size = r.value(f[0], 0, max48)
	if (t.Size > 0) != (len(f) == 2) {
		r.fail()
	}
	if len(f) == 2 {
		t.Root = record.Hash(r.root(f[1]))
	}
	return t
}

func (r *reader) about() record.Ref {
	f := r.fields("about", 3, 3)
	ref := record.Ref{Other: f[1] == "other", Number: r.value(f[2], 0, max48)}
	if f[1] != "own" && f[1] != "other" {
		r.fail()
	}
	ref.Relation = find(r, f[0], record.Answers, record.Carries)
	return ref
}

// body reads the lines of a body of that kind. Messages have at least one line.
func (r *reader) body(k record.Kind) record.Body {
	switch k {
	case record.KindMessage:
		return record.Message{Text: r.message()}
	case record.KindAttachment:
		return record.Attachment{Length: int(r.number("length", record.MaxAttachment)), SHA256: [32]byte(r.hex("sha256", 32)), Name: r.text("name")}
	case record.KindReceipt:
		return record.Receipt{Rung: one(r, "rung", record.Shown, record.Seen), Who: r.text("who")}
	case record.KindCall, record.KindDrill:
		return r.callStep(k == record.KindDrill)
	case record.KindLine:
		return record.LineChange{Path: uint8(r.number("path", 8)), Up: r.word("state", "down", "up") == 1}
	case record.KindMatter:
		return record.Matter{Act: one(r, "act", record.MatterOpened, record.MatterFiled), Title: r.text("title")}
	case record.KindAccord:
		a := record.AccordChange{Serial: uint32(r.number("serial", 1<<31-1)), Digest: [32]byte(r.hex("sha256", 32))}
		a.Rule = oneOrNone(r, "rule", record.RuleFree, record.RuleConsent)
		return a
	case record.KindTest:
		return r.test()
	case record.KindPresence:
		return r.presence()
	case record.KindRight:
		return record.Right{Act: one(r, "act", record.RightSuspended, record.RightRestored), Who: r.text("who"), Text: r.text("text")}
	}
	d := record.Disclosure{Act: one(r, "act", record.DisclosureAsked, record.DisclosureMade), Digest: [32]byte(r.hex("sha256", 32))}
	for len(d.Ranges) < record.MaxRanges && r.next("entries") {
		d.Ranges = append(d.Ranges, r.span())
	}
	d.To = r.text("for")
	return d
}

func (r *reader) message() string {
	text := r.text("|")
	size := len(text)
	parts := []string{text}
	for size <= record.MaxText && r.next("|") {
		text = r.text("|")
		size += 1 + len(text)
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n")
}

func (r *reader) callStep(drill bool) record.Body {
	c := record.CallStep{Drill: drill, Step: one(r, "step", record.StepCalled, record.StepHanded)}
	c.Reason = oneOrNone(r, "reason", record.HungUp, record.Interrupted)
	c.By = record.By(r.word("ended-by", bys[:]...))
	c.Count = uint8(r.number("count", 255))
	if c.Step == record.StepCrossed {
		c.Other = record.CallID(r.hex("given-up", len(c.Other)))
	}
	if c.Step == record.StepJoined {
		c.Speaks = r.yes("speaks")
	}
	c.Who = r.text("who")
	if r.next("role") {
		c.Role = one(r, "role", record.RoleOfficer, record.RoleObserver)
	}
	return c
}

func (r *reader) span() record.Range {
	f := r.fields("entries", 4, 4)
	s := record.Range{Other: f[0] == "other", First: r.value(f[1], 0, max48), Last: r.value(f[2], 0, max48), Bodies: f[3] == "bodies"}
	if f[0] != "own" && f[0] != "other" || f[3] != "headers" && f[3] != "bodies" {
		r.fail()
	}
	return s
}
