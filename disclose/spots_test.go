package disclose

import (
	"bytes"
	"encoding/base64"
	"maps"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// A spot is one line of a file that proves something, and what may be said of a change in it.
type spot struct {
	number int    // of the line, from 1
	begin  int    // where it begins in the file
	text   string // without its line feed
	form   int    // a change in so many of its first bytes can be told as code "line"
	next   bool   // then it can also be the next line, which is compared with this one
	signed string // with a signature: the code where it alone is changed
	told   map[string]*regexp.Regexp
}

// What can be said of a change beside "line", by keyword. A word of a list is no other one of it after a change of
// one byte.
var (
	headCodes = map[string]string{
		"kind": "", "by": "", "made": "sum", "to": "sum recipient", "rule": "", "call": "canonical contact-more",
		"from": "sum range-early", "until": "sum range-late", "range": "sum asked-more range-less range-more",
		"asked": "contact-more range-more", "answer": "contact-more",
		"accord": "canonical accord", "section": "canonical accord", "fingerprint": "canonical fingerprint",
		"log": "", "checkpoint": "", "full": "", "tree": "", "hash": "canonical root", "sum": "sum",
	}
	entryCodes = map[string]string{
		"entry": "canonical entry beyond order hashes root", "kind": "", "time": "root", "call": "canonical root",
		"seen": "canonical entry seen root", "about": "canonical entry root", "salt": "canonical root", "hidden": "canonical root", "body": "canonical root",
	}
	bodyCodes = map[string]string{
		"|": "entry root", "who": "root", "for": "root", "title": "root", "text": "root", "name": "entry root",
		"step": "", "ended-by": "", "rung": "", "state": "", "act": "", "drill": "", "speaks": "", "role": "", "rule": "", "reason": "root",
		"count": "canonical entry root", "length": "canonical root", "serial": "entry", "slot": "canonical entry root", "path": "canonical entry root",
		"entries": "entry root", "sha256": "canonical root", "given-up": "canonical root", "credential": "canonical root", "own": "canonical root",
		"far": "canonical root", "nonce": "canonical root", "auth-data": "canonical root", "client-data": "canonical root", "signature": "canonical root",
	}
	forkCodes = map[string]string{"checkpoint": "", "root": "canonical two-proof", "hash": "canonical two-proof", "sum": "sum"}
	// of the lines of a checkpoint, beside "note"
	noteCodes = map[string][]string{
		"checkpoint": {"origin", "full beyond hashes root signature", "root", "", "signer signature", "signer cosignature", "signer cosignature-pq"},
		"full":       {"origin", "full hashes full-root", "full-root", "", "signer signature", "signer cosignature-pq"},
		"fork":       {"origin", "signature", "signature", "", "signer signature"},
	}
)

// spots takes a file that proves something apart. All to the end of the heading is the first of them.
func spots(t *testing.T, b []byte) []spot {
	f, fail := check(b)
	if fail != nil {
		t.Fatal(fail)
	}
	start := len(introOf(f.Kind)) + len(heading) + len("1\n")
	list := []spot{{number: 1, told: told("heading version")}}
	g := &guide{f: f}
	for l := range strings.Lines(string(b[start:])) {
		s := spot{number: 1 + bytes.Count(b[:start], []byte("\n")), begin: start, text: strings.TrimSuffix(l, "\n"), form: len(l)}
		g.expect(t, &s)
		list = append(list, s)
		start += len(l)
	}
	return list
}

// told gives the sentences of these codes. What stands in them and is not given can be anything.
func told(codes string, pairs ...any) map[string]*regexp.Regexp {
	m := map[string]*regexp.Regexp{}
	for code := range strings.FieldsSeq(codes) {
		sentence := regexp.QuoteMeta(failure(code, pairs...).Sentence)
		m[code] = regexp.MustCompile("^" + blank.ReplaceAllString(sentence, ".*") + "$")
	}
	return m
}

var blank = regexp.MustCompile(`\\\{[a-z]+\\\}`)

// A guide goes over a file line by line and knows what stands there.
type guide struct {
	f     *file
	under string // the last keyword that others stand under
	side  side
	quote int // of quoted lines, how many there were
	begin int // number of the first of them
	entry *shown
	count int // of the log's entries
}

// expect notes what may be said of the next line.
func (g *guide) expect(t *testing.T, s *spot) {
	word, value, _ := strings.Cut(s.text, " ")
	if word == "|" && g.under != "body" {
		g.quoted(s)
		return
	}
	switch word {
	case "section", "range", "fingerprint", "log":
		g.side, g.count = first, 0
		if strings.HasPrefix(value, second.String()) {
			g.side = second
		}
	case "entry":
		g.entry = &g.f.Logs[g.side].Entries[g.count]
		g.count++
	}
	switch word {
	case "section", "log", "checkpoint", "full", "entry", "tree":
		g.under, g.quote = word, 0
	}
	if word == "checkpoint" && g.f.Kind == KindFork {
		g.under, g.side = "fork", g.f.Fork.Log
	}
	var pairs []any
	if g.under != "" || word == "range" { // else it is of no side
		pairs = []any{"log", g.f.name(g.side), "party", g.f.name(g.side)}
	}
	table := headCodes
	switch g.under {
	case "fork":
		table = forkCodes
	case "entry":
		table, pairs = entryCodes, append(pairs, "line", g.entry.line)
	case "body":
		table, pairs = bodyCodes, append(pairs, "line", g.entry.line, "number", g.entry.Header.Number)
	}
	codes, known := table[word]
	if !known {
		t.Fatalf("line %d, %q: no test knows what to expect", s.number, s.text)
	}
	s.told = told(codes, pairs...)
	if s.told["canonical"] != nil {
		maps.Copy(s.told, told("canonical", "line", s.number))
	}
	s.next = word == "from"
	if word == "body" {
		g.under = word
	}
}

// quoted is for the lines of a party and of a note. Where a bar is gone, the quotation ends there.
func (g *guide) quoted(s *spot) {
	g.quote++
	s.form = 0
	if g.quote == 1 {
		g.begin, s.form = s.number, len("| ")
	}
	if g.under == "section" {
		s.told = told("party accord", "line", g.begin, "party", g.side)
		return
	}
	codes := noteCodes[g.under][g.quote-1]
	if g.quote > 4 {
		s.signed = strings.TrimPrefix(codes, "signer ")
	}
	if g.quote == 7 { // without this one it is a note too
		s.form = len("| ")
	}
	s.told = told(codes, "log", g.f.name(g.side), "other", g.f.name(g.side.other()))
	maps.Copy(s.told, told("note", "line", g.begin, "log", g.side))
}

// allows reports whether that may be said of a file whose byte at was old.
func (s *spot) allows(changed []byte, at int, old byte, fail *Failure) bool {
	if !utf8.Valid(changed) {
		return fail.Code == "encoding"
	}
	now, after, _ := strings.Cut(string(changed[s.begin:min(len(changed), s.begin+len(s.text)+1000)]), "\n")
	cut := old == '\n' || changed[at] == '\n'
	if fail.Code == "line" {
		after, _, _ = strings.Cut(after, "\n")
		return (cut || at-s.begin < s.form) && isLine(fail, s.number, now) || (cut || s.next) && isLine(fail, s.number+1, after)
	}
	if s.signed != "" && !cut && fail.Code != s.ofSignature(now) {
		return false
	}
	sentence := s.told[fail.Code]
	return sentence != nil && sentence.MatchString(fail.Sentence)
}

func isLine(fail *Failure, number int, text string) bool {
	return *fail == *failure("line", "line", number, "found", excerpt(text))
}

// ofSignature is the code of a changed line "| — NAME BASE64".
func (s *spot) ofSignature(now string) string {
	name, id, is := signatureLine(now)
	wantName, wantID, _ := signatureLine(s.text)
	switch {
	case !is:
		return "note"
	case name != wantName || id != wantID:
		return "signer"
	}
	return s.signed
}

func signatureLine(l string) (name, id string, is bool) {
	w := strings.Split(l, " ")
	if len(w) != 4 || w[0] != "|" || w[1] != "—" || strings.Contains(w[3], "\r") {
		return "", "", false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(w[3])
	if err != nil {
		return "", "", false
	}
	return w[2], string(b[:4]), true
}
