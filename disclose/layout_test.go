package disclose

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringdown/record"
)

// The tables of docs/disclosure.md, with which strangers write verifiers.

func specification(t *testing.T) string {
	b, err := os.ReadFile(filepath.Join("..", "docs", "disclosure.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// rows are the lines of a name and what is behind it, of the part under a heading.
func rows(t *testing.T, heading, value string) map[string]string {
	_, part, _ := strings.Cut(specification(t), "\n## "+heading+"\n")
	part, _, _ = strings.Cut(part, "\n## ")
	m := map[string]string{}
	for _, r := range regexp.MustCompile(`(?m)^    (\w[\w, -]*?)  +(`+value+`.*)$`).FindAllStringSubmatch(part, -1) {
		m[r[1]] = r[2]
	}
	return m
}

// What a row of words, and one of a layout, begins with.
const (
	aWord  = `\d+ [a-z]`
	aField = `[a-z0-9-]+ (?:\d|rest)`
)

// listed are a type's constants as the table has them.
func listed[C constant](first C) string {
	var list []string
	for c := first; !strings.HasSuffix(c.String(), fmt.Sprintf(" %d", c)); c++ {
		list = append(list, fmt.Sprintf("%d %s", c, c))
	}
	return strings.Join(list, ", ")
}

// wordTable is what the table of words must be.
func wordTable() map[string]string {
	return map[string]string{
		"kind": listed(record.KindMessage), "relation": listed(record.Answers), "rung": listed(record.Shown), "step": listed(record.StepCalled),
		"reason": listed(record.HungUp), "role": listed(record.RoleOfficer), "rule": listed(record.RuleFree),
		"matter act": listed(record.MatterOpened), "disclosure act": listed(record.DisclosureAsked), "test act": listed(record.TestAsked),
		"presence act": listed(record.PresenceClaimed), "right act": listed(record.RightSuspended),
		"ended-by": "0 " + bys[record.ByNobody] + ", 1 " + bys[record.ByAuthor] + ", 2 " + bys[record.ByOther],
		"state":    "0 " + upDown[false] + ", 1 " + upDown[true], "speaks, drill": "0 " + noYes[false] + ", 1 " + noYes[true],
	}
}

func TestWordsAreDocumented(t *testing.T) {
	found, want := rows(t, "Bytes of an entry", aWord), wordTable()
	for name := range maps.Keys(want) {
		if found[name] != want[name] {
			t.Errorf("docs/disclosure.md has of %s %q, want %q", name, found[name], want[name])
		}
	}
	if len(found) != len(want) {
		t.Errorf("%d rows of words, want %d", len(found), len(want))
	}
}

func TestLimitsAreDocumented(t *testing.T) {
	text := specification(t)
	for form, n := range map[string]int{
		"at most %s bytes, at most": MaxFile, "at most %s bytes a line": maxLine, "section of a party, at most %s bytes": maxSection,
		"tlog-checkpoint), at most %s bytes": maxNote, "a visible line, at most %s bytes": record.MaxTitle, "a visible line, 1 to %s bytes": maxName,
		"in lines of %s characters": blockWidth, "each reference, at most %s:": record.MaxAbout, "length N, at most %s;": record.MaxAttachment,
		"each, at\n                 most %s;": record.MaxRanges, "each,\n                 at most %s (": record.MaxPaths, "auth-data HEX (at most %s bytes)": record.MaxAuthData,
		"client-data\n                 HEX (at most %s)": record.MaxClientData, "signature HEX (at most %s)": record.MaxAssertion,
		"**message**: at most %s bytes": record.MaxText, "`who` %s bytes": record.MaxWho, "`name` %s,": record.MaxName, "`title` and `for` %s,": record.MaxTitle,
		"`text` and `reason` %s.": record.MaxWhy, "%s of ML-DSA-44": roles[roleCosignPQ].size, "ML-DSA-44 (FIPS 204, empty context), %s bytes": record.CosignaturePQSize - 8,
	} {
		if want := fmt.Sprintf(form, thousands(n)); !strings.Contains(text, want) {
			t.Errorf("docs/disclosure.md does not say %q", want)
		}
	}
	var code []string
	for _, r := range invisible {
		one := fmt.Sprintf("%02x", r[0])
		if r[1] != r[0] {
			one += fmt.Sprintf("–%02x", r[1])
		}
		code = append(code, one)
	}
	want := append(weak[:len(weak):len(weak)], strings.Join(code, ", ")+";")
	for _, r := range roles {
		want = append(want, "| key "+r.name+" SERIAL SUCCESSOR "+r.algorithm+"\n")
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("docs/disclosure.md does not have %q", w)
		}
	}
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// A scribe makes an entry's bytes from its lines, by the tables alone.
type scribe struct {
	t      *testing.T
	layout map[string]string
	words  map[string]map[string]int
	used   map[string]bool     // words and fields
	lines  map[string][]string // of the entry: values by keyword
}

func newScribe(t *testing.T) *scribe {
	s := &scribe{t: t, layout: rows(t, "Bytes of an entry", aField), words: map[string]map[string]int{}, used: map[string]bool{}}
	for names, list := range rows(t, "Bytes of an entry", aWord) {
		for name := range strings.SplitSeq(names, ", ") {
			s.words[name] = map[string]int{}
			for w := range strings.SplitSeq(list, ", ") {
				number, word, _ := strings.Cut(w, " ")
				s.words[name][word] = s.number(number)
			}
		}
	}
	return s
}

func (s *scribe) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *scribe) word(list, word string) int {
	n, is := s.words[list][word]
	if !is {
		s.t.Fatalf("no word %q of %s", word, list)
	}
	s.used[list+": "+word] = true
	return n
}

func (s *scribe) one(key string) string {
	if len(s.lines[key]) == 0 {
		return ""
	}
	return s.lines[key][0]
}

// bytes are those of a header or a body.
func (s *scribe) bytes(row string) (b []byte) {
	for field := range strings.SplitSeq(s.layout[row], ", ") {
		name, width, _ := strings.Cut(field, " ")
		width, maybe := strings.CutSuffix(width, "?")
		if maybe && s.lines[name] == nil && !(name == "root" && s.one("seen") != "0") {
			continue
		}
		s.used[row+" has "+name] = true
		if kind, each := strings.CutSuffix(width, " each"); each {
			for _, l := range s.lines[name] {
				b = s.append(b, kind, s.each(name, strings.Fields(l)))
			}
			continue
		}
		b = s.append(b, width, s.field(name, width))
	}
	return b
}

// append puts a number or bytes into their width.
func (s *scribe) append(b []byte, width string, value any) []byte {
	n, err := strconv.Atoi(strings.TrimSuffix(width, "+"))
	switch v := value.(type) {
	case int:
		return append(b, big(v, n)...)
	case []byte:
		if strings.HasSuffix(width, "+") {
			return append(append(b, big(len(v), n)...), v...)
		}
		if width != "rest" && (err != nil || len(v) != n) {
			s.t.Fatalf("%d bytes where the width is %q", len(v), width)
		}
		return append(b, v...)
	}
	return nil
}

func big(n, size int) (b []byte) {
	for i := size - 1; i >= 0; i-- {
		b = append(b, byte(n>>(8*i)))
	}
	return b
}

// field is what a field of a layout is made of: a number or bytes.
func (s *scribe) field(name, width string) any {
	kind, line := s.one("kind"), s.one(name)
	size, root, _ := strings.Cut(s.one("seen"), " ")
	switch {
	case name == "kind" && s.lines["call"] != nil:
		return s.word("kind", kind) + 128
	case name == "act":
		return s.word(kind+" act", line)
	case name == "ended-by" && s.lines["speaks"] != nil:
		return s.word("speaks", s.one("speaks"))
	case name == "count" && s.lines["role"] != nil:
		return s.word("role", s.one("role"))
	case name == "abouts" || name == "ranges" || name == "paths":
		return len(s.lines[map[string]string{"abouts": "about", "ranges": "entries", "paths": "path"}[name]])
	case name == "seen":
		return s.number(size)
	case name == "root":
		b, _ := base64.StdEncoding.DecodeString(root)
		return b
	case name == "time":
		at, err := time.Parse(time.RFC3339, line)
		if err != nil {
			s.t.Fatal(err)
		}
		return int(at.UnixMilli())
	case name == "text" && kind == "message":
		return []byte(strings.Join(s.lines["|"], "\n"))
	case width == "rest" || name == "who":
		text, _ := unescape(line)
		return []byte(text)
	case s.words[name] != nil:
		if line == "" {
			return 0
		}
		return s.word(name, line)
	}
	if n, _ := strconv.Atoi(width); n < 8 && width != "2+" {
		return s.number(line)
	}
	b, err := hex.DecodeString(line)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// each is what one of several lines of the same keyword gives.
func (s *scribe) each(name string, f []string) (b []byte) {
	switch name {
	case "about":
		n := s.word("relation", f[0])
		if f[1] == "other" {
			n += 128
		}
		return append(big(n, 1), big(s.number(f[2]), 6)...)
	case "entries":
		n := 0
		if f[0] == "other" {
			n += 2
		}
		if f[3] == "bodies" {
			n++
		}
		return append(append(big(n, 1), big(s.number(f[1]), 6)...), big(s.number(f[2]), 6)...)
	}
	b = append(big(s.number(f[0]), 1), big(s.word("state", f[1]), 1)...)
	return append(append(b, big(s.number(f[2]), 2)...), big(s.number(f[3]), 2)...)
}

// What the tables make of the lines of every entry of every vector are the bytes that are hashed, and
// the vectors have every word and every field.
func TestLayoutsAreDocumented(t *testing.T) {
	s := newScribe(t)
	for _, v := range goodVectors(t) {
		f, fail := check(v.file)
		if fail != nil {
			t.Fatal(fail)
		}
		for _, l := range f.Logs {
			for i := range l.Entries {
				s.compare(v.name, &l.Entries[i])
			}
		}
	}
	for list, words := range s.words {
		for w := range words {
			if !s.used[list+": "+w] {
				t.Errorf("%s %q is in no vector", list, w)
			}
		}
	}
	for row, fields := range s.layout {
		for field := range strings.SplitSeq(fields, ", ") {
			name, _, _ := strings.Cut(field, " ")
			if !s.used[row+" has "+name] && row+name != "drillgiven-up" {
				t.Errorf("%s of %s is in no vector", name, row)
			}
		}
	}
}

func (s *scribe) compare(vector string, e *shown) {
	w := new(writer)
	e.text(w)
	s.lines = map[string][]string{}
	for l := range strings.Lines(string(w.b)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(l, "\n"), " ")
		if key == "|" {
			value, _ = unescape(value)
		}
		s.lines[key] = append(s.lines[key], value)
	}
	want, err := e.Header.Encode()
	if found := s.bytes("header"); err != nil || !bytes.Equal(found, want) {
		s.t.Errorf("%s: the header of %s is %x by the table, want %x (%v)", vector, s.one("entry"), found, want, err)
	}
	if e.Body == nil {
		return
	}
	want, err = record.EncodeBody(&e.Header, e.Body)
	if found := s.bytes(s.one("kind")); err != nil || !bytes.Equal(found, want) {
		s.t.Errorf("%s: the body of %s %s is %x by the table, want %x (%v)", vector, s.one("kind"), s.one("entry"), found, want, err)
	}
}

// The page has both introductions, and the lines of a file that shows two histories.
func TestFormsAreDocumented(t *testing.T) {
	text := specification(t)
	for _, i := range []string{intro, forkIntro} {
		if line, _, _ := strings.Cut(i, "\n"); !strings.Contains(text, "    "+line+"\n") {
			t.Errorf("docs/disclosure.md does not have %q", line)
		}
	}
	_, form, _ := strings.Cut(text, "\n## Two histories\n")
	form, _, _ = strings.Cut(form, "\nThe checks")
	var want []string
	for _, r := range regexp.MustCompile(`(?m)^    ([a-z]+|\|)(?: |$)`).FindAllStringSubmatch(form, -1) {
		want = append(want, r[1])
	}
	file := goodForks(t)[0].file // the other has no hash
	_, rest, _ := strings.Cut(string(file), heading+"1\n")
	head, rest, _ := strings.Cut(rest, "accord ")
	_, rest, _ = strings.Cut(rest, "fingerprint second ")
	_, rest, _ = strings.Cut(rest, "\n")
	var found []string
	for l := range strings.Lines(head + rest) {
		word, _, _ := strings.Cut(strings.TrimSpace(l), " ")
		found = append(found, word)
	}
	if found = slices.Compact(found); !slices.Equal(found, want) {
		t.Errorf("the lines of two histories are %q, by the page %q", found, want)
	}
}

// The example is what the code makes of header.txt.
func TestExampleIsDocumented(t *testing.T) {
	b, err := os.ReadFile("testdata/header.txt")
	if err != nil {
		t.Fatal(err)
	}
	f, fail := check(b)
	if fail != nil {
		t.Fatal(fail)
	}
	var want strings.Builder
	for _, e := range f.Logs[first].Entries {
		header, err := e.Header.Encode()
		if err != nil {
			t.Fatal(err)
		}
		leaf := e.entry().Leaf()
		hash := leaf.Hash()
		fmt.Fprintf(&want, "    header of entry %d  %x\n    its commitment     %x\n", e.Header.Number, header, leaf.Header[:])
		last := "hidden        "
		if e.Body != nil {
			last = "its commitment"
			body, err := record.EncodeBody(&e.Header, e.Body)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&want, "    body               %x\n", body)
		}
		fmt.Fprintf(&want, "    %s     %x\n    leaf               %x\n\n", last, leaf.Body[:], hash[:])
	}
	if !strings.Contains(specification(t), want.String()) {
		t.Errorf("docs/disclosure.md does not have the example:\n%s", want.String())
	}
}
