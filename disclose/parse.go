package disclose

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"ringdown/record"
)

// maxSection and maxNote bound the quoted parts, in bytes.
const (
	maxSection = 16 << 10
	maxNote    = record.MaxNote
)

// parse takes a file apart. It checks form alone: what the parts mean to each other
// is for verify.
func parse(b []byte) (*file, *Failure) {
	if len(b) > MaxFile {
		return nil, failure("size", "found", len(b))
	}
	if len(b) == 0 {
		return nil, failure("empty")
	}
	if !utf8.Valid(b) {
		return nil, failure("encoding")
	}
	f := new(file)
	if bytes.HasPrefix(b, []byte(forkIntro)) {
		f.Kind = KindFork
	}
	rest, ok := bytes.CutPrefix(b, []byte(introOf(f.Kind)+heading))
	if !ok {
		return nil, failure("heading")
	}
	if rest, ok = bytes.CutPrefix(rest, []byte("1\n")); !ok {
		version, _, _ := strings.Cut(string(rest[:min(len(rest), 80)]), "\n")
		return nil, failure("version", "found", excerpt(version))
	}
	r := &reader{rest: string(rest), line: strings.Count(introOf(f.Kind), "\n") + 1}
	if f.Kind == KindFork {
		f.readFork(r)
	} else {
		f.readHead(r)
		f.readAccord(r)
		for _, s := range sides {
			f.readLog(r, s)
		}
	}
	r.hex("sum", 32) // what it must be, the comparison shows
	if r.err == nil && len(r.rest) > 0 {
		r.now, _, _ = strings.Cut(r.rest[:min(len(r.rest), 240)], "\n")
		r.line++
		r.fail()
	}
	return f, r.err
}

func (f *file) readHead(r *reader) {
	kinds := []string{string(KindEntries), string(KindRange), string(KindContact)}
	f.Kind = Kind(kinds[r.word("kind", kinds...)])
	f.By = r.side(r.take("by"))
	f.Made = r.time("made", secondForm)
	if f.To = r.take("to"); f.To != "" && !oneLine(f.To, 1, record.MaxTitle) {
		r.fail()
	}
	f.Rule = one(r, "rule", record.RuleFree, record.RuleConsent)
	switch f.Kind {
	case KindContact:
		f.Call = record.CallID(r.hex("call", len(f.Call)))
	case KindRange:
		f.readRange(r)
	}
	if r.next("asked") {
		f.Asked = r.place("asked")
		if r.next("answer") {
			f.Answer = r.place("answer")
		}
	}
}

func (f *file) readRange(r *reader) {
	f.From = r.time("from", instantForm)
	if f.Until = r.time("until", instantForm); f.Until <= f.From {
		r.fail()
	}
	for _, s := range sides {
		w := r.fields("range", 3, 3)
		f.Ranges[s] = span{r.value(w[1], 1, max48), r.value(w[2], 1, max48)}
		if r.side(w[0]) != s || f.Ranges[s].End < f.Ranges[s].First {
			r.fail()
		}
	}
}

func (r *reader) place(key string) *place {
	w := r.fields(key, 2, 2)
	return &place{r.side(w[0]), r.value(w[1], 0, max48)}
}

func (f *file) readAccord(r *reader) {
	f.Accord = [32]byte(r.hex("accord", 32))
	for i, name := range sections {
		switch i {
		case sectionFirst:
			f.Parties[first] = r.party(first)
		case sectionSecond:
			f.Parties[second] = r.party(second)
		default:
			w := r.fields("section", 2, 2)
			if w[0] != name {
				r.fail()
			}
			f.Digests[i] = [32]byte(r.digits(w[len(w)-1], 32))
		}
	}
	for _, s := range sides {
		w := r.fields("fingerprint", 2, 2)
		if w[0] != s.String() {
			r.fail()
		}
		f.Prints[s] = [32]byte(r.digits(w[1], 32))
	}
}

// party reads a section that is shown. Its lines are quoted.
func (r *reader) party(s side) party {
	if r.take("section") != s.String() {
		r.fail()
	}
	begin := r.line + 1
	text := r.quoted(maxSection)
	p, ok := parseParty(text)
	if !ok && r.err == nil {
		r.err = failure("party", "line", begin, "party", s)
	}
	return p
}

func (f *file) readLog(r *reader, s side) {
	if r.take("log") != s.String() {
		r.fail()
	}
	l := &f.Logs[s]
	r.alone("checkpoint")
	l.Newest, l.notes[0] = r.note(s, 2, 3)
	if r.next("full") {
		r.alone("full")
		l.Full, l.notes[1] = r.note(s, 2, 2)
		if l.Full != nil {
			l.Full.CosignaturePQ, l.Full.Cosignature = l.Full.Cosignature, nil
		}
	}
	for r.next("entry") {
		e := r.entry()
		if r.err != nil {
			return
		}
		l.Entries = append(l.Entries, e)
	}
	r.alone("tree")
	for r.next("hash") {
		l.Hashes = append(l.Hashes, record.Hash(r.base64("hash")))
	}
}

// note reads a checkpoint with so many signature lines. The second signature is put into
// Cosignature, the third into CosignaturePQ. Whose they say to be, the comparison with
// [record.Checkpoint.Note] shows later.
func (r *reader) note(s side, least, most int) (*record.Checkpoint, string) {
	begin := r.line + 1
	text := r.quoted(maxNote)
	if r.err != nil {
		return nil, text
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var c *record.Checkpoint
	if len(lines) >= 4+least && len(lines) <= 4+most {
		c = parseNote(lines)
	}
	if c == nil {
		r.err = failure("note", "line", begin, "log", s)
	}
	return c, text
}

// parseNote gives nil for lines that are no note.
func parseNote(lines []string) *record.Checkpoint {
	c := &record.Checkpoint{Origin: lines[0]}
	c.Tree.Size = number(lines[1], max48)
	root, ok := unbase64(base64.StdEncoding, lines[2])
	if c.Tree.Size < 1 || strconv.FormatInt(c.Tree.Size, 10) != lines[1] || !ok || len(root) != record.HashSize || lines[3] != "" {
		return nil
	}
	c.Tree.Root = record.Hash(root)
	places := []*[]byte{&c.Signature, &c.Cosignature, &c.CosignaturePQ}
	for i, l := range lines[4:] {
		w := strings.Split(l, " ")
		sig, ok := unbase64(base64.StdEncoding, w[len(w)-1])
		if !ok || len(w) != 3 || w[0] != "—" || len(sig) < 4 {
			return nil
		}
		*places[i] = sig[4:]
	}
	return c
}

// accordDigest is that of the statement over the eight sections.
func (f *file) accordDigest() [32]byte {
	var b strings.Builder
	b.WriteString("ringdown accord statement 1\n")
	digests := f.Digests
	digests[sectionFirst] = f.Parties[first].digest(first)
	digests[sectionSecond] = f.Parties[second].digest(second)
	for i, name := range sections {
		fmt.Fprintf(&b, "%s %x\n", name, digests[i])
	}
	return sha256.Sum256([]byte(b.String()))
}
