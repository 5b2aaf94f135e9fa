package message

import (
	"fmt"
	"strings"
)

// A FindingKind says why a part of a text is not simply shown.
type FindingKind string

// The kinds.
const (
	Direction FindingKind = "direction" // turns the direction of the text around it
	Invisible FindingKind = "invisible" // is not seen
	Space     FindingKind = "space"     // looks like a space or an empty line, and is another character
	Private   FindingKind = "private"   // means what a font says
	Bracket   FindingKind = "mark"      // would let an author write what looks like a mark
	Control   FindingKind = "control"   // no entry can have it; other texts may
	Combining FindingKind = "combining" // more marks over or under a letter than any script has
	Lookalike FindingKind = "lookalike" // a letter of another script than its word's or its text's, and alike
	Double    FindingKind = "double"    // looks like a common letter or sign, and is another character
)

// A Finding is a part of a text that is unseen, or seems to be what it is not.
type Finding struct {
	Kind  FindingKind
	Start int // bytes of the text
	End   int
	Mark  string // what is shown instead
}

// Visible is a text with a mark in place of each finding. What has none stays as it is. Nobody
// can write a text that looks like another's marks.
func Visible(text string) string {
	findings := Suspicious(text)
	if len(findings) == 0 {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	var b strings.Builder
	eachPart(text, findings, func(part string, _ *Finding) { b.WriteString(part) })
	return b.String()
}

// eachPart calls fn for what lies between findings, and for each finding with its mark.
func eachPart(text string, findings []Finding, fn func(part string, f *Finding)) {
	at := 0
	plain := func(end int) {
		if at < end {
			fn(strings.ToValidUTF8(text[at:end], "\uFFFD"), nil)
		}
	}
	for i := range findings {
		f := &findings[i]
		plain(f.Start)
		fn(f.Mark, f)
		at = f.End
	}
	plain(len(text))
}

// Suspicious finds what is unseen in a text, or seems to be what it is not, in its order. The
// head of testdata/visible.txt has the rules.
func Suspicious(text string) []Finding {
	if isPrintable(text) {
		return nil
	}
	s := newScan(text)
	for i := range s.runes {
		s.look(i)
	}
	return s.findings
}

// isPrintable is the quick way for most texts.
func isPrintable(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= 0x7F || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// A scan goes through a text once.
type scan struct {
	runes    []rune
	at       []int          // where each begins, and the end
	foreign  map[int]script // letters that are mistaken for others
	plain    [scripts]bool  // there are letters of the script that are mistaken for none of Latin
	wide     bool           // it is written in a script in which letters are as wide as signs
	row      int            // combining marks in a row so far
	last     rune           // of the finding before
	count    int            // in it
	findings []Finding
}

func newScan(text string) *scan {
	s := &scan{foreign: map[int]script{}}
	for i, r := range text {
		s.runes, s.at = append(s.runes, r), append(s.at, i)
		if in, letter := scriptOf(r); letter && !mistaken(r, in, latin) {
			s.plain[in] = true
		}
		s.wide = s.wide || eastern.has(r)
	}
	s.at = append(s.at, len(text))
	s.findWords()
	return s
}

func (s *scan) look(i int) {
	r := s.runes[i]
	if from, is := s.foreign[i]; is {
		s.row = 0
		s.add(i, Lookalike, fmt.Sprintf("%s %c", scriptNames[from], r))
		return
	}
	if kind := s.unseen(i); kind != "" {
		s.again(i, kind, func(n int) string {
			if n == 1 {
				return fmt.Sprintf("%U", r)
			}
			return fmt.Sprintf("%U ×%d", r, n)
		})
		return
	}
	if !stacking.has(r) {
		s.row = 0
		return
	}
	if s.row++; s.row > maxStacked {
		s.again(i, Combining, func(n int) string { return fmt.Sprintf("+%d combining", n) })
	}
}

// maxStacked is how many marks a letter has in any script that is written.
const maxStacked = 4

func (s *scan) add(i int, kind FindingKind, what string) {
	s.last, s.count = s.runes[i], 1
	s.findings = append(s.findings, Finding{kind, s.at[i], s.at[i+1], "⟨" + what + "⟩"})
}

// again adds a finding, or makes the one directly before it longer if it is of the same.
func (s *scan) again(i int, kind FindingKind, what func(n int) string) {
	if n := len(s.findings); n > 0 {
		f := &s.findings[n-1]
		if f.End == s.at[i] && f.Kind == kind && (kind == Combining || s.last == s.runes[i]) {
			s.count++
			f.End, f.Mark = s.at[i+1], "⟨"+what(s.count)+"⟩"
			return
		}
	}
	s.add(i, kind, what(1))
}

// unseen is the kind of a character that is not simply shown; "" if it is.
func (s *scan) unseen(i int) FindingKind {
	kind := unseenAlone(s.runes[i])
	if kind == Invisible && s.belongs(i) || kind == Double && s.wide && fullWidth.has(s.runes[i]) {
		return ""
	}
	return kind
}

func unseenAlone(r rune) FindingKind {
	switch {
	case r >= ' ' && r < 0x7F:
		return ""
	case controls.has(r):
		return Control
	case directions.has(r):
		return Direction
	case brackets.has(r):
		return Bracket
	case spaces.has(r):
		return Space
	case privates.has(r):
		return Private
	case invisibles.has(r):
		return Invisible
	case doubles.has(r), fullWidth.has(r):
		return Double
	}
	return ""
}

const (
	nonJoiner  = 0x200C
	joiner     = 0x200D
	asText     = 0xFE0E
	asPicture  = 0xFE0F
	keycap     = 0x20E3
	noneBefore = -1
)

// belongs reports whether an invisible character is part of how a picture or a word is spelled.
func (s *scan) belongs(i int) bool {
	before, after := s.rune(i-1), s.rune(i+1)
	switch s.runes[i] {
	case asText, asPicture:
		return pictures.has(before) || after == keycap && strings.ContainsRune("0123456789#*", before)
	case nonJoiner, joiner:
		if spelled(before) && spelled(after) {
			return true
		}
		if before == asPicture {
			before = s.rune(i - 2)
		}
		return s.runes[i] == joiner && pictures.has(before) && pictures.has(after)
	}
	return false
}

func spelled(r rune) bool { return joining.has(r) && unseenAlone(r) == "" }

func (s *scan) rune(i int) rune {
	if i < 0 || i >= len(s.runes) {
		return noneBefore
	}
	return s.runes[i]
}

// findWords notes the letters that are mistaken for others of their word.
func (s *scan) findWords() {
	start := 0
	for i := 0; i <= len(s.runes); i++ {
		if i < len(s.runes) && inWord(s.runes[i]) {
			continue
		}
		s.judgeWord(start, i)
		start = i + 1
	}
}

func inWord(r rune) bool {
	if _, letter := scriptOf(r); letter || r >= '0' && r <= '9' {
		return true
	}
	return stacking.has(r) && unseenAlone(r) == ""
}

func (s *scan) judgeWord(start, end int) {
	var count [scripts]int
	for _, r := range s.runes[start:end] {
		if in, letter := scriptOf(r); letter {
			count[in]++
		}
	}
	main := latin
	for in, n := range count {
		if n > count[main] {
			main = script(in)
		}
	}
	whole := main != latin && count[main] > 1 && !s.plain[main] // every letter of it looks like a Latin one
	for i := start; i < end; i++ {
		in, letter := scriptOf(s.runes[i])
		if letter && (in != main && mistaken(s.runes[i], in, main) || in == main && whole) {
			s.foreign[i] = in
		}
	}
}
