package station

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/disclose"
	"ringdown/message"
	"ringdown/record"
	"ringdown/replica"
)

// # How a disclosure comes about
//
// By the accord's rule a disclosure is free, told or needs consent. Unless it is free it begins
// with an entry that asks. It is told when the other side has co-signed that entry, and agreed when
// it has entered its consent. Then the file is made and kept in line-disclosures, and
// an entry with its digest says so. What was wanted is kept in a setting of the store, so a station that
// restarts goes on with it.

const (
	disclosuresDir = "line-disclosures"
	intentPrefix   = "station/disclosure/"

	// mostIntents bounds the disclosures of a line that are kept.
	mostIntents = 1000

	// patiencePQ is how long a disclosure waits for the other side's post-quantum co-signature.
	patiencePQ = 15 * time.Second
)

// An intent is a disclosure that this side wants or has made. It is kept as JSON.
type intent struct {
	ID     string             `json:"id"`
	At     time.Time          `json:"at"`
	To     string             `json:"to"`
	Shown  []disclose.Entries `json:"shown"`
	Call   record.CallID      `json:"call"`            // of which contact is shown; zero: of none
	Whole  *disclose.Complete `json:"whole"`           // the range of time that is complete; nil: none
	Ranges []record.Range     `json:"ranges"`          // as our entries name what is shown
	Ask    replica.ID         `json:"ask"`             // of the entry that asks; zero: none does
	Asked  *int64             `json:"asked,omitempty"` // its number
	Answer *int64             `json:"answer,omitempty"`
	Agreed bool               `json:"agreed"`
	State  string             `json:"state"`
	SHA256 string             `json:"sha256,omitempty"`
	Made   replica.ID         `json:"made"`

	sought time.Time // since when a post-quantum co-signature is waited for
}

// disclosures are those of one line, the oldest first. The clerk owns them.
type disclosures struct {
	list  []*intent
	asked map[int64]bool // numbers of theirs that ask, and to which we have not answered
}

// loadIntents reads what is kept.
func (c *clerk) loadIntents() error {
	c.shows = disclosures{asked: make(map[int64]bool)}
	keys, err := c.st.Keys(intentPrefix, mostIntents)
	if err != nil {
		return err
	}
	for _, key := range keys {
		text, err := c.st.Get(key)
		if err != nil {
			return err
		}
		in := new(intent)
		if err := json.Unmarshal(text, in); err != nil {
			c.s.log.Error("a disclosure that was kept is damaged and left out", "line", c.slug, "key", key, "error", err)
			continue
		}
		c.shows.list = append(c.shows.list, in)
	}
	slices.SortFunc(c.shows.list, func(a, b *intent) int { return a.At.Compare(b.At) })
	return nil
}

func (c *clerk) saveIntent(in *intent) error {
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.st.Set(map[string][]byte{intentPrefix + in.ID: text})
}

// heard notes what an entry means for the disclosures.
func (d *disclosures) heard(own bool, e *record.Entry) {
	body, ok := e.Body.(record.Disclosure)
	if !ok {
		return
	}
	ref, answers := e.Has(record.Answers)
	switch {
	case !own && body.Act == record.DisclosureAsked && len(d.asked) < mostIntents:
		d.asked[e.Number] = true
	case own && answers && ref.Other:
		delete(d.asked, ref.Number)
	}
	for _, in := range d.list {
		if own && in.Ask == replica.ID(e.HeaderSalt) {
			in.Asked = &e.Number
		}
		if !own && answers && ref.Other && in.Asked != nil && *in.Asked == ref.Number && in.Answer == nil {
			in.Answer, in.Agreed = &e.Number, body.Act == record.DisclosureConsented
		}
	}
}

// advanceDisclosures carries on what waits for the other side.
func (c *clerk) advanceDisclosures(now time.Time) {
	for _, in := range c.shows.list {
		before := *in
		if err := c.advanceDisclosure(in, now); err != nil {
			c.alarm("disclosure", "A disclosure of the record with "+c.peer+" could not be made: "+err.Error()+".", "Look at this station's disk; it is tried again.")
			*in = before
			continue
		}
		if in.State != before.State || in.Answer != before.Answer || in.Asked != before.Asked {
			if err := c.saveIntent(in); err != nil {
				c.s.log.Error("a disclosure's state is not kept", "line", c.slug, "error", err)
			}
		}
	}
}

func (c *clerk) advanceDisclosure(in *intent, now time.Time) error {
	switch in.State {
	case "waiting":
		if in.Asked == nil || *in.Asked >= c.status.Own.Classical {
			return nil
		}
		in.State = "asked"
		fallthrough
	case "asked":
		switch {
		case c.opt.Rule != record.RuleConsent:
		case in.Answer == nil:
			return nil
		case !in.Agreed:
			in.State = "refused"
			return nil
		}
		in.State = "consented"
		fallthrough
	case "consented":
		if c.soughtPQ(in, now) {
			return c.makeDisclosure(in, now)
		}
	}
	return nil
}

// soughtPQ reports whether what a disclosure shows is co-signed with the post-quantum key, or that was waited for long
// enough.
func (c *clerk) soughtPQ(in *intent, now time.Time) bool {
	full := true
	for _, r := range in.Ranges {
		l := c.status.Own
		if r.Other {
			l = c.status.Far
		}
		full = full && r.Last < l.Full
	}
	if in.sought.IsZero() {
		in.sought = now
		if !full {
			c.rep.AskPQ(now)
		}
	}
	waited := now.Sub(in.sought) >= patiencePQ || c.status.Standing != record.Stands
	if !full && !waited && (c.due.IsZero() || c.due.After(in.sought.Add(patiencePQ))) {
		c.due = in.sought.Add(patiencePQ)
	}
	return full || waited
}

// makeDisclosure makes the file, keeps it, and enters that it was made.
func (c *clerk) makeDisclosure(in *intent, now time.Time) error {
	file, err := disclose.Make(c.requestOf(in, now))
	if err != nil {
		return err
	}
	dir := filepath.Join(c.opt.Dir, disclosuresDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := accord.WriteFile(filepath.Join(dir, in.ID+".txt"), file); err != nil {
		return err
	}
	sum := sha256.Sum256(file)
	in.SHA256, in.State, in.Made = hex.EncodeToString(sum[:]), "made", newDraftID()
	body := record.Disclosure{Act: record.DisclosureMade, Digest: sum, Ranges: in.Ranges, To: in.To}
	d := replica.Draft{ID: in.Made, Time: now, Body: body}
	if in.Answer != nil && in.Agreed {
		d.About = []record.Ref{{Relation: record.Answers, Other: true, Number: *in.Answer}}
	}
	_, err = c.write(d)
	return err
}

// requestOf is the disclosure as package disclose makes it.
func (c *clerk) requestOf(in *intent, now time.Time) disclose.Request {
	r := disclose.Request{Accord: c.opt.Accord, By: c.e.opt.Line.First, To: in.To,
		Entries: in.Shown, Contact: in.Call, Complete: in.Whole, Made: now}
	own, far := c.source(true), c.source(false)
	if r.By {
		r.First, r.Second = own, far
	} else {
		r.First, r.Second = far, own
	}
	if in.Asked != nil {
		r.Asked = &disclose.Place{First: r.By, Number: *in.Asked}
	}
	if in.Answer != nil && in.Agreed {
		r.Answer = &disclose.Place{First: !r.By, Number: *in.Answer}
	}
	return r
}

func (c *clerk) source(own bool) disclose.Log {
	s := c.rep.Source(own)
	return disclose.Log{Author: s.Party, Other: s.Other, State: s.State, Hashes: s.Hashes, Entry: s.Entry}
}

// Disclose begins to show entries to somebody.
func (k keeper) Disclose(ctx context.Context, n api.NewDisclosure) (d api.Disclosure, err error) {
	err = k.ask(ctx, func() error {
		if len(k.shows.list) >= mostIntents {
			return &api.Error{Code: "too-many", Text: fmt.Sprintf("%d disclosures of this line are kept, which is the most.", mostIntents), Action: "Move old ones out of line-disclosures and restart the station."}
		}
		now := k.s.opt.Now()
		in := &intent{ID: randomID(), At: now, To: n.To, State: "consented"}
		if err := k.choose(in, n); err != nil {
			return err
		}
		if err := k.cover(in, now); err != nil {
			return err
		}
		if k.opt.Rule != record.RuleFree && !n.Anyway {
			in.State, in.Ask = "waiting", newDraftID()
		}
		if err := k.saveIntent(in); err != nil {
			return err
		}
		k.shows.list = append(k.shows.list, in)
		if in.State == "waiting" {
			if _, err := k.write(replica.Draft{ID: in.Ask, Time: now, Body: record.Disclosure{Act: record.DisclosureAsked, Ranges: in.Ranges, To: in.To}}); err != nil {
				k.shows.list = slices.DeleteFunc(k.shows.list, func(x *intent) bool { return x == in })
				return errors.Join(unwritable(err), k.st.Set(map[string][]byte{intentPrefix + in.ID: nil}))
			}
		}
		k.dirty = true
		if err := k.advanceDisclosure(in, now); err != nil {
			return unwritable(err)
		}
		d = k.disclosure(in)
		return nil
	})
	return d, err
}

// cover learns from a first file, which nobody sees, what will be shown in the end.
func (k keeper) cover(in *intent, now time.Time) error {
	file, err := disclose.Make(k.requestOf(in, now))
	if err == nil {
		in.Ranges, err = disclose.Covers(file)
	}
	switch {
	case err != nil:
		return &api.Error{Code: "not-provable", Text: "This cannot be proven yet: " + err.Error() + ".", Action: "What is chosen must be co-signed by both sides: wait until it is delivered."}
	case len(in.Ranges) > record.MaxRanges:
		return &api.Error{Code: "too-many", Text: fmt.Sprintf("The entries lie in %d pieces; %d are the most.", len(in.Ranges), record.MaxRanges), Action: "Disclose them in parts, or as one range of time."}
	}
	return nil
}

// choose finds the entries that are to be shown.
func (k keeper) choose(in *intent, n api.NewDisclosure) error {
	var refs []message.Ref
	switch {
	case n.Contact != "":
		call, ok := parseCall(n.Contact)
		if !ok {
			return noSuchEntry(n.Contact)
		}
		in.Call = call
		entries, err := k.view.CallEntries(n.Contact)
		if err != nil || len(entries) == 0 {
			return noSuchEntry(n.Contact)
		}
		in.Shown = k.shownOf(entries, true)
		return nil
	case n.From != nil && n.Until != nil:
		return k.chooseWhole(in, *n.From, *n.Until, n.Bodies)
	}
	for _, key := range n.Entries {
		if isCall := len(key) > len(callPrefix) && key[:len(callPrefix)] == callPrefix; isCall {
			entries, err := k.view.CallEntries(key)
			if err != nil || len(entries) == 0 {
				return noSuchEntry(key)
			}
			refs = append(refs, entries...)
			continue
		}
		own, number, ok := message.ParseKey(key)
		if !ok {
			return noSuchEntry(key)
		}
		if _, err := k.rep.Entry(own, number); err != nil {
			return noSuchEntry(key)
		}
		refs = append(refs, message.Ref{Own: own, Number: number})
	}
	if len(refs) == 0 {
		return &api.Error{Code: "nothing", Text: "Nothing is chosen to be disclosed.", Action: "Choose entries, a call, or a range of time."}
	}
	in.Shown = k.shownOf(refs, n.Bodies)
	return nil
}

// chooseWhole takes all that both logs have of a time.
func (k keeper) chooseWhole(in *intent, from, until time.Time, bodies bool) error {
	own, far, err := k.view.Between(from, until)
	if err != nil {
		return err
	}
	if own.Empty() && far.Empty() {
		return &api.Error{Code: "nothing", Text: "Neither log has an entry of that time.", Action: "Choose another range of time."}
	}
	ours, theirs := k.endsOf(true, own), k.endsOf(false, far)
	in.Whole = &disclose.Complete{From: from, Until: until, FirstBegin: ours.Begin, FirstEnd: ours.End, SecondBegin: theirs.Begin, SecondEnd: theirs.End}
	if !k.e.opt.Line.First {
		in.Whole.FirstBegin, in.Whole.FirstEnd, in.Whole.SecondBegin, in.Whole.SecondEnd = theirs.Begin, theirs.End, ours.Begin, ours.End
	}
	for _, e := range []disclose.Entries{ours, theirs} {
		if e.Bodies = bodies; e.End > e.Begin {
			in.Shown = append(in.Shown, e)
		}
	}
	return nil
}

// endsOf is a span as a disclosure has it: the first entry of every log is shown anyway.
func (k keeper) endsOf(own bool, s message.Span) disclose.Entries {
	e := disclose.Entries{First: own == k.e.opt.Line.First, Begin: max(1, s.First), End: s.Last + 1}
	e.End = max(e.Begin, e.End)
	return e
}

// shownOf joins entries to ranges: own log first, rising.
func (k keeper) shownOf(refs []message.Ref, bodies bool) []disclose.Entries {
	slices.SortFunc(refs, func(a, b message.Ref) int {
		if a.Own != b.Own {
			return map[bool]int{true: -1, false: 1}[a.Own]
		}
		return cmp.Compare(a.Number, b.Number)
	})
	var list []disclose.Entries
	for _, ref := range slices.Compact(refs) {
		first := ref.Own == k.e.opt.Line.First
		if n := len(list); n > 0 && list[n-1].First == first && list[n-1].End == ref.Number {
			list[n-1].End++
			continue
		}
		list = append(list, disclose.Entries{First: first, Begin: ref.Number, End: ref.Number + 1, Bodies: bodies})
	}
	return list
}

// disclosure is an intent as people see it.
func (c *clerk) disclosure(in *intent) api.Disclosure {
	d := api.Disclosure{ID: in.ID, By: "us", State: in.State, To: in.To, At: stamp(in.At), Rule: c.opt.Rule.String(), SHA256: in.SHA256}
	for _, r := range in.Ranges {
		d.Shows = append(d.Shows, shows(!r.Other, r.First, r.Last, r.Bodies))
	}
	if in.Asked != nil {
		d.Key = message.Key(true, *in.Asked)
	}
	return d
}

// shows says a range in words.
func shows(own bool, from, to int64, bodies bool) string {
	what := "headers of "
	if bodies {
		what = ""
	}
	if from == to {
		return what + message.Key(own, from)
	}
	return what + message.Key(own, from) + " to " + message.Key(own, to)
}

// Disclosures lists ours and what the other side asks.
func (k keeper) Disclosures(ctx context.Context) (list []api.Disclosure, err error) {
	err = k.ask(ctx, func() error {
		list = []api.Disclosure{}
		for _, in := range k.shows.list {
			list = append(list, k.disclosure(in))
		}
		theirs, err := k.theirs()
		list = append(list, theirs...)
		return err
	})
	return list, err
}

// theirs are the disclosures of the other side, as the record tells them.
func (k keeper) theirs() (list []api.Disclosure, err error) {
	r, err := k.current()
	if err != nil {
		return nil, err
	}
	state := make(map[string]string) // by the key of what was asked
	made := make(map[string]string)
	q := api.RecordQuery{Kinds: []string{"disclosure"}, Limit: 200}
	for more := true; more; more = q.Before != 0 && len(list) < mostIntents {
		p, err := r.view.Page(q, r.proofs(), k.s.opt.Now())
		if err != nil {
			return nil, err
		}
		for _, it := range p.Items { // the newest first: what answers before what is answered
			switch {
			case it.By == "us" && (it.Act == "consented" || it.Act == "refused"):
				asked := k.answered(it.Key)
				state[asked], made[it.Key] = it.Act, asked
			case it.By == "them" && it.Act == "made":
				if asked := k.answered(it.Key); asked != "" {
					state[asked] = "made"
				} else {
					list = append(list, k.their(it, "made"))
				}
			case it.By == "them" && it.Act == "asked":
				s := cmp.Or(state[it.Key], "asked")
				for consent, asked := range made {
					if asked == it.Key && state[consent] == "made" {
						s = "made"
					}
				}
				list = append(list, k.their(it, s))
			}
		}
		q.Before = p.Next
	}
	return list, nil
}

// answered is the key of the entry that an entry answers; empty if it answers none.
func (k keeper) answered(key string) string {
	own, n, ok := message.ParseKey(key)
	if !ok {
		return ""
	}
	e, err := k.rep.Entry(own, n)
	if err != nil {
		return ""
	}
	ref, answers := e.Has(record.Answers)
	if !answers {
		return ""
	}
	return message.Key(own != ref.Other, ref.Number)
}

func (k keeper) their(it api.Item, state string) api.Disclosure {
	d := api.Disclosure{ID: it.Key, Key: it.Key, By: "them", State: state, To: it.To, At: it.At, Rule: k.opt.Rule.String()}
	if _, n, ok := message.ParseKey(it.Key); ok {
		if e, err := k.rep.Entry(false, n); err == nil {
			if body, ok := e.Body.(record.Disclosure); ok {
				for _, r := range body.Ranges {
					d.Shows = append(d.Shows, shows(r.Other, r.First, r.Last, r.Bodies))
				}
			}
		}
	}
	return d
}

// AnswerDisclosure agrees to what the other side asks, or refuses it.
func (k keeper) AnswerDisclosure(ctx context.Context, a api.DisclosureAnswer) (w api.Written, err error) {
	err = k.ask(ctx, func() error {
		own, n, ok := message.ParseKey(a.Key)
		if !ok || own {
			return noSuchEntry(a.Key)
		}
		e, err := k.rep.Entry(false, n)
		if err != nil {
			return noSuchEntry(a.Key)
		}
		if body, ok := e.Body.(record.Disclosure); !ok || body.Act != record.DisclosureAsked {
			return &api.Error{Code: "not-asked", Text: a.Key + " does not ask for a disclosure.", Action: "Take the key of an entry that asks."}
		}
		theirs, err := k.theirs()
		if err != nil {
			return err
		}
		for _, d := range theirs {
			if d.Key == a.Key && d.State != "asked" {
				return &api.Error{Code: "answered", Text: "This disclosure is " + d.State + " already.", Action: "Nothing is to be done."}
			}
		}
		act := record.DisclosureRefused
		if a.Consent {
			act = record.DisclosureConsented
		}
		w, err = k.put(replica.Draft{Time: k.s.opt.Now(), Body: record.Disclosure{Act: act},
			About: []record.Ref{{Relation: record.Answers, Other: true, Number: n}}})
		return err
	})
	return w, err
}

// DisclosureFile gives the file of a disclosure of ours that is made.
func (k keeper) DisclosureFile(ctx context.Context, id string) (file []byte, err error) {
	err = k.ask(ctx, func() error {
		i := slices.IndexFunc(k.shows.list, func(in *intent) bool { return in.ID == id })
		if i < 0 {
			return &api.Error{Code: "no-such-disclosure", Text: fmt.Sprintf("There is no disclosure %q of this line.", id), Action: "Take the id from the list of disclosures."}
		}
		if in := k.shows.list[i]; in.State != "made" {
			return &api.Error{Code: "not-made", Text: "The disclosure is " + in.State + ".", Action: "Wait until it is made; the list says how it stands."}
		}
		file, err = os.ReadFile(filepath.Join(k.opt.Dir, disclosuresDir, id+".txt"))
		if errors.Is(err, fs.ErrNotExist) {
			return &api.Error{Code: "moved", Text: "The file of this disclosure is not in line-disclosures any more.", Action: "Make the disclosure again."}
		}
		return err
	})
	return file, err
}
