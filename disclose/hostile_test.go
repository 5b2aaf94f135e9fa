package disclose

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/record"
)

// A forger holds the keys of both sides: what it signs, both together have signed. So each
// vector is wrong in one thing alone.
type forger struct {
	*file
	w *world
}

func (w *world) forger(r Request) *forger {
	w.t.Helper()
	f, fail := parse(w.make(r))
	if fail != nil {
		w.t.Fatal(fail)
	}
	return &forger{f, w}
}

func (f *forger) desk(s side) *desk { return [...]*desk{f.w.north, f.w.south}[s] }

// sign signs the newest checkpoint of a log anew, after the entries and hashes that are shown.
func (f *forger) sign(s side) {
	l := &f.Logs[s]
	l.Newest.Tree.Root, _, _ = l.check()
	f.signAs(s, f.desk(s).keys[roleLog], f.desk(s.other()).keys[roleCosign])
}

func (f *forger) signAs(s side, author, other ed25519.PrivateKey) {
	c := f.Logs[s].Newest
	c.Signature = ed25519.Sign(author, c.Text())
	at := binary.BigEndian.Uint64(c.Cosignature)
	signed := append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", at), c.Text()...)
	c.Cosignature = append(slices.Clone(c.Cosignature[:8]), ed25519.Sign(other, signed)...)
	f.note(s)
}

// note writes the checkpoints as they are now.
func (f *forger) note(s side) {
	l := &f.Logs[s]
	l.notes[0] = string(l.Newest.Note(f.desk(s).party, f.desk(s.other()).party))
	if l.Full != nil {
		l.notes[1] = string(l.Full.Note(f.desk(s).party, f.desk(s.other()).party))
	}
}

// at is an entry that is shown.
func (f *forger) at(s side, n int64) *shown { return f.entry(place{s, n}) }

func (f *forger) remove(s side, n int64) {
	l := &f.Logs[s]
	l.Entries = slices.DeleteFunc(l.Entries, func(e shown) bool { return e.Header.Number == n })
}

// drop stops showing an entry, and proves the others.
func (f *forger) drop(s side, n int64) {
	f.remove(s, n)
	f.prove(s)
}

func (f *forger) prove(s side) {
	f.Logs[s].Hashes = nil
	if err := f.Logs[s].prove(f.desk(s).own); err != nil {
		f.w.t.Fatal(err)
	}
}

// show shows one more entry.
func (f *forger) show(s side, n int64) {
	e, err := record.ParseEntry(f.desk(s).own.entries[n])
	f.w.north.must(err)
	l := &f.Logs[s]
	i := slices.IndexFunc(l.Entries, func(e shown) bool { return e.Header.Number > n })
	if i < 0 {
		i = len(l.Entries)
	}
	l.Entries = slices.Insert(l.Entries, i, show(e, true))
	f.prove(s)
}

func badVectors(t *testing.T) (list []vector) {
	add := func(code, how string, file []byte) {
		name := "x-" + code
		if how != "" {
			name += "." + how
		}
		list = append(list, vector{name, file})
	}
	w := talk(t, record.RuleFree)
	w.full()
	w.write(w.north, record.Message{Text: "One thing more."})
	w.write(w.south, record.Message{Text: "Go on."})
	r := w.request()
	r.Entries, r.To = entries([]int64{4, 7}, []int64{9}), "the court"
	with := func(code, how string, change func(f *forger)) {
		f := w.forger(r)
		change(f)
		add(code, how, f.text())
	}
	text := func(code, how, old, new string) {
		b := w.make(r)
		if !bytes.Contains(b, []byte(old)) {
			t.Fatalf("%s: no %q", code, old)
		}
		add(code, how, bytes.Replace(b, []byte(old), []byte(new), 1))
	}
	add("empty", "", nil)
	formVectors(text)
	accordVectors(with)
	treeVectors(with)
	signatureVectors(w, with)
	add("nothing", "", w.forgedNothing(r))
	list = append(list, rangeForgeries(t)...)
	list = append(append(list, contactForgeries(t)...), peopleForgeries(t)...)
	return slices.Concat(list, ruleForgeries(t), badForks(t))
}

// formVectors change the text alone.
func formVectors(text func(code, how, old, new string)) {
	text("encoding", "", "ringdown", "ring\xffdown")
	text("heading", "", "Ringdown disclosure", "Ringdown Disclosure")
	text("heading", "crlf", "record of a direct line, with proof.\n", "record of a direct line, with proof.\r\n")
	text("version", "", "ringdown disclosure 1\n", "ringdown disclosure 2\n")
	text("line", "kind", "kind entries", "kind entry")
	text("line", "missing", "made ", "Made ")
	text("line", "more", "\ntree\n", "\nforest\ntree\n")
	text("line", "escape", "Please move off.", `Please move \off.`)
	text("line", "control", "Please move off.", "Please move \u202eoff.")
	text("line", "number", "entry 4\n", "entry four\n")
	text("line", "date", "made 2027-06-29", "made 2027-06-31")
	text("line", "recipient", "to the court\n", "to the court \n")
	text("line", "bar", "section first\n| name", "section first\n: name")
	text("canonical", "number", "entry 4\n", "entry 04\n")
	text("canonical", "hex", "accord d", "accord D")
	text("party", "", "| key line 1", "| key lines 1")
	text("note", "", "checkpoint\n| ", "checkpoint\n| x\n| ")
	text("note", "size", "\n| 9\n", "\n| 09\n")
	text("sum", "made", "made 2027-06-29T", "made 2026-06-29T")
	text("sum", "by", "by first\n", "by second\n")
	text("sum", "to", "to the court\n", "to the fair\n")
}

// accordVectors are of other keys than the accord's, or of keys that prove nothing.
func accordVectors(with func(code, how string, change func(f *forger))) {
	rename := func(f *forger, name string) {
		f.Parties[first].Text = strings.Replace(f.Parties[first].Text, "name North", "name "+name, 1)
		f.Parties[first].Name = name
		f.Prints[first] = f.Parties[first].print()
	}
	with("accord", "name", func(f *forger) { rename(f, "West") })
	with("accord", "section", func(f *forger) { f.Digests[0][0]++ })
	with("fingerprint", "", func(f *forger) { f.Prints[second][31]++ })
	key := func(f *forger, s side, i int, key []byte) {
		old := strings.TrimSpace(strings.SplitAfter(keyText(roles[i], f.Parties[s].Keys[i]), "\n")[1])
		f.Parties[s].Text = strings.Replace(f.Parties[s].Text, old, strings.TrimSpace(strings.SplitAfter(keyText(roles[i], key), "\n")[1]), 1)
		f.Parties[s].Keys[i] = key
		f.Prints[s] = f.Parties[s].print()
		f.Accord = f.accordDigest()
	}
	with("key", "weak", func(f *forger) { key(f, first, roleLog, make([]byte, 32)) })
	with("key", "twice", func(f *forger) { key(f, first, roleCosign, f.Parties[first].Keys[roleLog]) })
	with("key", "both", func(f *forger) { key(f, second, roleLog, f.Parties[first].Keys[roleLog]) })
	with("origin", "accord", func(f *forger) {
		rename(f, "West")
		f.Accord = f.accordDigest()
	})
	with("origin", "log", func(f *forger) {
		f.Logs[first].Newest, f.Logs[first].notes = f.Logs[second].Newest, f.Logs[second].notes
	})
	with("first-entry", "accord", func(f *forger) {
		a := f.at(first, 0)
		a.Body = record.AccordChange{Digest: [32]byte{1}, Rule: record.RuleFree}
		f.Logs[first].Full = nil
		f.sign(first)
	})
	with("first-entry", "amendment", func(f *forger) {
		f.at(second, 0).Body = record.AccordChange{Serial: 1, Digest: f.Accord}
		f.Logs[second].Full = nil
		f.sign(second)
	})
	with("first-entry", "missing", func(f *forger) { f.drop(second, 0) })
	with("first-entry", "hidden", func(f *forger) {
		e := f.at(second, 0)
		entry := e.entry()
		e.Hidden, e.Body = entry.Leaf().Body, nil
	})
	with("rule", "stated", func(f *forger) { f.Rule = record.RuleTold })
	with("rule", "one-side", func(f *forger) {
		f.at(second, 0).Body = record.AccordChange{Digest: f.Accord, Rule: record.RuleConsent}
		f.Logs[second].Full = nil
		f.sign(second)
	})
}

// treeVectors show entries that do not stand so in the log.
func treeVectors(with func(code, how string, change func(f *forger))) {
	with("entry", "receipt", func(f *forger) {
		f.at(first, 4).Header.About = append(f.at(first, 4).Header.About[1:], f.at(first, 4).Header.About[0])
	})
	with("entry", "future", func(f *forger) { f.at(second, 9).Header.About[0].Number = 4000 })
	with("beyond", "", func(f *forger) { f.at(second, 9).Header.Number = 4000 })
	with("order", "twice", func(f *forger) { l := &f.Logs[first]; l.Entries = slices.Insert(l.Entries, 1, l.Entries[1]) })
	with("order", "swapped", func(f *forger) { l := &f.Logs[first]; l.Entries[1], l.Entries[2] = l.Entries[2], l.Entries[1] })
	with("seen", "falls", func(f *forger) { f.at(first, 4).Header.Seen.Size = 100 })
	with("seen", "root", func(f *forger) {
		f.at(first, 4).Header.Seen = f.at(first, 7).Header.Seen
		f.at(first, 4).Header.Seen.Root[0]++
	})
	with("hashes", "fewer", func(f *forger) { l := &f.Logs[first]; l.Hashes = l.Hashes[1:] })
	with("hashes", "more", func(f *forger) { l := &f.Logs[second]; l.Hashes = append(l.Hashes, record.Hash{}) })
	with("root", "text", func(f *forger) { f.at(first, 7).Body = record.Message{Text: "No, thank you."} })
	with("root", "time", func(f *forger) { f.at(first, 7).Header.Time += 1000 })
	with("root", "salt", func(f *forger) { f.at(second, 9).BodySalt[0]++ })
	with("root", "moved", func(f *forger) { f.at(first, 7).Header.Number-- })
	with("root", "invented", func(f *forger) {
		f.Logs[first].Entries = append(f.Logs[first].Entries, shown{
			Header: record.Header{Number: 8, Time: 1, Kind: record.KindMessage, Seen: f.at(first, 7).Header.Seen}, Body: record.Message{Text: "We agree to all of it."}})
		f.prove(first)
	})
	with("root", "other-log", func(f *forger) {
		e := *f.at(second, 9)
		e.Header.Number = 7
		*f.at(first, 7) = e
	})
	with("root", "hash", func(f *forger) { f.Logs[second].Hashes[0][0]++ })
}

// signatureVectors are signed by others, or not at all.
func signatureVectors(w *world, with func(code, how string, change func(f *forger))) {
	mallory := ed25519.NewKeyFromSeed(seed("Mallory"))
	with("signature", "", func(f *forger) { f.signAs(first, mallory, w.south.keys[roleCosign]) })
	with("signature", "by-the-other", func(f *forger) { f.signAs(second, w.north.keys[roleLog], w.north.keys[roleCosign]) })
	with("cosignature", "", func(f *forger) { f.signAs(first, w.north.keys[roleLog], mallory) })
	with("cosignature", "by-the-author", func(f *forger) { f.signAs(first, w.north.keys[roleLog], w.north.keys[roleCosign]) })
	with("cosignature", "time", func(f *forger) { f.Logs[second].Newest.Cosignature[7]++; f.note(second) })
	with("cosignature", "year-million", func(f *forger) {
		binary.BigEndian.PutUint64(f.Logs[second].Newest.Cosignature, 1<<47)
		f.sign(second)
	})
	with("cosignature-pq", "", func(f *forger) { f.Logs[first].Full.CosignaturePQ[1000]++; f.note(first) })
	with("cosignature-pq", "hint", func(f *forger) { s := f.Logs[second].Full.CosignaturePQ; s[len(s)-1]++; f.note(second) })
	with("cosignature-pq", "swapped", func(f *forger) {
		f.Logs[first].Full.CosignaturePQ = f.Logs[second].Full.CosignaturePQ
		f.note(first)
	})
	with("signer", "key", func(f *forger) {
		l := &f.Logs[first]
		p := *w.north.party
		p.Log = w.south.party.Log
		l.notes[0] = string(l.Newest.Note(&p, w.south.party))
	})
	with("signer", "name", func(f *forger) {
		l := &f.Logs[first]
		l.notes[0] = strings.Replace(l.notes[0], "/second ", "/third ", 1)
	})
	with("full", "larger", func(f *forger) {
		l := &f.Logs[first]
		l.Full.Tree.Size = l.Newest.Tree.Size
		l.notes[1] = strings.Replace(l.notes[1], "\n8\n", "\n9\n", 1)
	})
	with("full", "both", func(f *forger) { l := &f.Logs[first]; l.Newest.CosignaturePQ = l.Full.CosignaturePQ; f.note(first) })
	with("full-root", "", func(f *forger) {
		l := &f.Logs[first]
		l.Full.Tree.Root[5]++
		f.note(first)
	})
}

// forgedNothing shows nothing but the first entries.
func (w *world) forgedNothing(r Request) []byte {
	r.Entries = headers(entries([]int64{1}, nil))
	f := w.forger(r)
	f.drop(first, 1)
	return f.text()
}

func rangeForgeries(t *testing.T) (list []vector) {
	w := talk(t, record.RuleFree)
	r := w.request()
	at := w.now // of north 7; south 9 is a second before
	r.Complete = &Complete{at.Add(-90 * time.Second), at.Add(-1500 * time.Millisecond), 6, 7, 8, 9}
	with := func(code, how string, change func(f *forger)) {
		f := w.forger(r)
		change(f)
		list = append(list, vector{"x-" + code + "." + how, f.text()})
	}
	with("range-less", "left-out", func(f *forger) { f.drop(first, 6) })
	with("range-less", "neighbour", func(f *forger) { f.drop(second, 7) })
	with("range-less", "beyond", func(f *forger) { f.Ranges[first].End = 100 })
	with("range-more", "after", func(f *forger) { f.Ranges[first].End-- })
	with("range-more", "before", func(f *forger) { f.show(second, 3) })
	with("range-early", "first", func(f *forger) { f.From = w.now.Add(-time.Hour).UnixMilli() })
	with("range-late", "second", func(f *forger) { f.Until = w.now.UnixMilli() })
	open := w.request()
	open.Complete = &Complete{at.Add(-90 * time.Second), at.Add(-time.Second), 6, 8, 8, 10}
	open.Complete.Until = at.Add(-time.Second)
	r = open
	r.Complete.FirstEnd = 7 // north 7 is the neighbour; south's log is shown to its end
	with("range-open", "second", func(f *forger) { f.Until = w.now.UnixMilli() })
	older := w.source(w.south)
	w.write(w.south, record.Message{Text: "I take back what I said."})
	w.write(w.north, record.Message{Text: "You cannot."})
	r = w.request()
	r.Second = older
	r.Complete = &Complete{at.Add(-90 * time.Second), at.Add(-time.Second), 6, 7, 8, 10}
	with("range-hides", "retraction", func(f *forger) { f.Ranges[first].End = 9; f.show(first, 8); f.Until = at.UnixMilli() - 1500; f.At(w) })
	return list
}

// At closes the range of the first log where it ends.
func (f *forger) At(w *world) {
	f.Logs[first].Newest = w.north.log.State().Cosigned
	f.note(first)
	f.prove(first)
}

func contactForgeries(t *testing.T) (list []vector) {
	w := talk(t, record.RuleFree)
	r := w.request()
	r.Contact, r.Entries = callID(7), []Entries{every(true, w.north), every(false, w.south)}
	with := func(code, how string, change func(f *forger)) {
		f := w.forger(r)
		change(f)
		list = append(list, vector{"x-" + code + "." + how, f.text()})
	}
	with("contact-more", "called", func(f *forger) { f.show(first, 5) })
	with("contact-more", "message", func(f *forger) { f.show(second, 9) })
	with("contact-more", "other-call", func(f *forger) { f.Call = callID(8) })
	drilled, asked := w.drill(7), w.request() // under the id of the call, which a hostile side may do
	asked.Contact, asked.Entries = r.Contact, []Entries{every(true, w.north), every(false, w.south)}
	f := w.forger(asked)
	f.show(second, drilled)
	list = append(list, vector{"x-contact-more.drill", f.text()})
	with("contact-less", "no-answer", func(f *forger) { f.drop(second, 7) })
	with("contact-less", "no-end", func(f *forger) { f.drop(second, 8); f.drop(first, 6) })
	return list
}

func ruleForgeries(t *testing.T) (list []vector) {
	w := newWorld(t, record.RuleConsent)
	w.call(1, 40*time.Second)
	w.write(w.north, record.Message{Text: "Secret."})
	r := w.request()
	r.To, r.Entries = "the insurer", []Entries{{true, 1, 3, false}, {false, 3, 5, true}}
	unasked := r
	r = w.asked(r, record.DisclosureConsented)
	other := w.asked(unasked, 0)
	n := w.write(w.south, record.Disclosure{Act: record.DisclosureConsented, Digest: [32]byte{1}}, answersOther(r.Asked.Number))
	r.First, r.Second = w.source(w.north), w.source(w.south)
	with := func(code, how string, change func(f *forger)) {
		f := w.forger(r)
		change(f)
		list = append(list, vector{"x-" + code + "." + how, f.text()})
	}
	with("asked", "not-shown", func(f *forger) { f.drop(first, f.Asked.Number) })
	with("asked", "no-request", func(f *forger) { f.Asked.Number = 1 })
	with("asked", "by-the-other", func(f *forger) { f.By = second })
	with("asked", "answer", func(f *forger) { f.Asked = f.Answer; f.By = second })
	with("recipient", "other", func(f *forger) { f.To = "the press" })
	with("asked-more", "entry", func(f *forger) { f.show(first, 3) })
	with("asked-more", "body", func(f *forger) { f.remove(first, 1); f.show(first, 1) })
	with("asked-more", "other-log", func(f *forger) { f.show(second, 1) })
	with("answer", "not-shown", func(f *forger) { f.drop(second, f.Answer.Number) })
	with("answer", "to-another", func(f *forger) {
		*f.Asked = place{first, other.Asked.Number}
		f.drop(first, r.Asked.Number)
		f.show(first, other.Asked.Number)
	})
	with("answer", "own", func(f *forger) {
		f.drop(second, f.Answer.Number)
		f.show(first, other.Asked.Number)
		f.Answer = &place{first, other.Asked.Number}
	})
	with("answer", "another-file", func(f *forger) { f.drop(second, f.Answer.Number); f.show(second, n); f.Answer.Number = n })
	return list
}
