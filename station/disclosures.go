package station

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

	sought  time.Time // since when a post-quantum co-signature is waited for
	changed bool      // is more than what is kept
}

// disclosures are those of one line, the oldest first. The clerk owns them.
type disclosures struct {
	list  []*intent
	asked map[int64]bool // numbers of theirs that ask, and to which we have not answered
	retry time.Time      // before then, after a fault, none is gone on with
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
	in.changed = true
	if err := c.st.Set(map[string][]byte{intentPrefix + in.ID: text}); err != nil {
		return err
	}
	in.changed = false
	return nil
}

// hearAgain notes what a stop kept from being noted: an entry is durable before what it means for a disclosure is. The
// view is whole. Of the other side's entries those alone are read that answer what waits.
func (c *clerk) hearAgain() error {
	open := func(in *intent) bool { return in.State != "made" && in.State != "refused" }
	if !slices.ContainsFunc(c.shows.list, open) {
		return nil
	}
	ours, err := c.view.OwnDisclosures(mostIntents)
	if err != nil {
		return err
	}
	for _, n := range slices.Backward(ours) {
		c.hearOne(true, n)
	}
	for _, in := range c.shows.list {
		if !open(in) || in.Asked == nil || in.Answer != nil {
			continue
		}
		n, found, err := c.view.AnswerTo(*in.Asked)
		if err != nil {
			return err
		}
		if found {
			c.hearOne(false, n)
		}
	}
	return nil
}

// hearOne takes one entry in again. One that is damaged is heard when it is mended, at the next start.
func (c *clerk) hearOne(own bool, n int64) {
	if e, err := c.rep.Entry(own, n); err == nil {
		c.shows.heard(own, e)
	}
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
		if own && in.Ask == replica.ID(e.HeaderSalt) && in.Asked == nil {
			in.Asked, in.changed = &e.Number, true
		}
		if own && in.Made == replica.ID(e.HeaderSalt) && in.State == "making" {
			in.State, in.changed = "made", true
		}
		if !own && answers && ref.Other && in.Asked != nil && *in.Asked == ref.Number && in.Answer == nil {
			in.Answer, in.Agreed, in.changed = &e.Number, body.Act == record.DisclosureConsented, true
		}
	}
}

// advanceDisclosures carries on what waits for the other side.
func (c *clerk) advanceDisclosures(now time.Time) {
	if now.Before(c.shows.retry) {
		c.dueBy(c.shows.retry)
		return
	}
	var failed error
	for _, in := range c.shows.list {
		failed = cmp.Or(failed, c.carryOn(in, now))
	}
	if failed == nil {
		c.alarm("disclosure", "", "")
		return
	}
	c.shows.retry = now.Add(retryDisk)
	c.dueBy(c.shows.retry)
	c.alarm("disclosure", "A disclosure of the record with "+c.peer+" could not be made: "+failed.Error()+".", "Look at this station's disk; it is tried again.")
}

// dueBy has the next report made by then.
func (c *clerk) dueBy(t time.Time) {
	if c.due.IsZero() || c.due.After(t) {
		c.due = t
	}
}

// carryOn goes on with a disclosure, and keeps how far it has got.
func (c *clerk) carryOn(in *intent, now time.Time) error {
	before := *in
	if err := c.advanceDisclosure(in, now); err != nil {
		*in = before
		return err
	}
	if in.changed || in.State != before.State {
		return c.saveIntent(in)
	}
	return nil
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
	case "making": // as a stop left it: its entry is not in the log
		return c.enterMade(in, now)
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
	if !full && !waited {
		c.dueBy(in.sought.Add(patiencePQ))
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
	in.SHA256, in.State, in.Made = hex.EncodeToString(sum[:]), "making", replica.NewID()
	if err := c.saveIntent(in); err != nil { // a stop after this enters what was made, and makes no second one
		return err
	}
	return c.enterMade(in, now)
}

// enterMade enters that a file was made. An entry that is only held has the id that is kept, so
// it can be entered again.
func (c *clerk) enterMade(in *intent, now time.Time) error {
	sum, err := hex.DecodeString(in.SHA256)
	if err != nil || len(sum) != sha256.Size {
		return fmt.Errorf("station: the SHA-256 of disclosure %s is kept as %q", in.ID, in.SHA256)
	}
	body := record.Disclosure{Act: record.DisclosureMade, Digest: [sha256.Size]byte(sum), Ranges: in.Ranges, To: in.To}
	d := replica.Draft{ID: in.Made, Time: now, Body: body}
	if in.Answer != nil && in.Agreed {
		d.About = []record.Ref{{Relation: record.Answers, Other: true, Number: *in.Answer}}
	}
	if _, err = c.write(d); err != nil && !errors.Is(err, replica.ErrNotDurable) {
		return err
	}
	in.State = "made"
	return nil
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
			in.State, in.Ask = "waiting", replica.NewID()
		}
		if err := k.saveIntent(in); err != nil {
			return err
		}
		k.shows.list = append(k.shows.list, in)
		if in.State == "waiting" {
			if _, err := k.write(replica.Draft{ID: in.Ask, Time: now, Body: record.Disclosure{Act: record.DisclosureAsked, Ranges: in.Ranges, To: in.To}}); err != nil && !errors.Is(err, replica.ErrNotDurable) {
				k.shows.list = slices.DeleteFunc(k.shows.list, func(x *intent) bool { return x == in })
				return errors.Join(unwritable(err), k.st.Set(map[string][]byte{intentPrefix + in.ID: nil}))
			}
		}
		k.dirty = true
		if err := k.carryOn(in, now); err != nil {
			return unwritable(err)
		}
		d = k.disclosure(in)
		return nil
	})
	return d, err
}

// cover learns from a first file, which nobody sees, what will be shown in the end.
func (k keeper) cover(in *intent, now time.Time) error {
	for _, e := range in.Shown {
		own := e.First == k.e.opt.Line.First
		if c := k.rep.Source(own).State.Cosigned; c == nil || e.End > c.Tree.Size {
			return &api.Error{Code: "not-provable", Text: "This cannot be proven yet: " + message.Key(own, e.End-1) + " is not signed by both sides.", Action: "Wait until it is delivered."}
		}
	}
	file, err := disclose.Make(k.requestOf(in, now))
	if err == nil {
		in.Ranges, err = disclose.Covers(file)
	}
	fail, fails := errors.AsType[*disclose.Failure](err)
	switch {
	case fails:
		return &api.Error{Code: "not-provable", Text: "This cannot be proven: " + fail.Sentence, Action: "Choose something else."}
	case err != nil:
		return &api.Error{Code: "not-provable", Text: "This cannot be proven now: " + strings.TrimPrefix(err.Error(), "disclose: ") + ".", Action: "Look at the notices of the line, and try again."}
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
		return k.chooseContact(in, n.Contact)
	case n.From != nil && n.Until != nil:
		return k.chooseWhole(in, *n.From, *n.Until, n.Bodies)
	}
	for _, key := range n.Entries {
		if strings.HasPrefix(key, callPrefix) || strings.HasPrefix(key, drillPrefix) {
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

// chooseContact takes a call that was answered and has ended.
func (k keeper) chooseContact(in *intent, key string) error {
	items, err := k.view.Items([]string{key}, proofsOf(k.status), in.At)
	if err != nil || len(items) == 0 || items[0].Call == nil {
		return noSuchEntry(key)
	}
	switch call := items[0].Call; {
	case call.Ended == nil:
		return &api.Error{Code: "not-provable", Text: "This call has not ended yet.", Action: "Wait until it has."}
	case call.Answered == nil:
		return &api.Error{Code: "not-provable", Text: "This call was not answered, so there was no contact.", Action: "Disclose the call itself, with its text: that shows who called, whether it rang, and how it ended."}
	}
	in.Call, _ = parseCall(items[0].Key)
	entries, err := k.view.CallEntries(key)
	in.Shown = k.shownOf(entries, true)
	return err
}

// chooseWhole takes all that both logs have of a time.
func (k keeper) chooseWhole(in *intent, from, until time.Time, bodies bool) error {
	own, far, err := k.view.Between(from, until)
	if err != nil {
		return err
	}
	ours, theirs := k.endsOf(true, own), k.endsOf(false, far)
	if err := cmp.Or(k.reaches(true, ours.End, from), k.reaches(false, theirs.End, from)); err != nil {
		return err
	}
	in.Whole = &disclose.Complete{From: from, Until: until, FirstBegin: ours.Begin, FirstEnd: ours.End, SecondBegin: theirs.Begin, SecondEnd: theirs.End}
	if !k.e.opt.Line.First {
		in.Whole.FirstBegin, in.Whole.FirstEnd, in.Whole.SecondBegin, in.Whole.SecondEnd = theirs.Begin, theirs.End, ours.Begin, ours.End
	}
	for _, e := range []disclose.Entries{ours, theirs} {
		e.Bodies = bodies
		in.Shown = append(in.Shown, e)
	}
	return nil
}

// reaches refuses a time of which nothing is known yet, because one log ends before it.
func (k keeper) reaches(own bool, end int64, from time.Time) error {
	c := k.rep.Source(own).State.Cosigned
	if c == nil || c.Tree.Size != end || record.CosignedAt(c.Cosignature).After(from) {
		return nil
	}
	who := k.peer
	if own {
		who = "this station"
	}
	return &api.Error{Code: "not-provable", Text: fmt.Sprintf("This cannot be proven yet: %s has written nothing since %s, so nothing shows that its log is whole after that.",
		who, record.CosignedAt(c.Cosignature).UTC().Format("2 January 2006 15:04:05 UTC")), Action: "Choose an earlier time, or wait until more is written and delivered; one message is enough."}
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
	if in.State == "making" {
		d.State = "consented"
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
