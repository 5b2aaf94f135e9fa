package accord

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Name is what a party calls itself: "North", "CERT Łódź", "北部指令室". A
// person must be able to read it, to say it, and not to take it for another:
//
//   - 1 to 64 characters: letters, digits, single spaces inside, and the marks
//   - . , ' & ( ) / + ; at least one letter or digit
//   - letters of one script only; the scripts that are written together
//     (Japanese; Chinese with Bopomofo; Korean; each also with Latin) count as one
//   - nothing invisible, nothing that turns the direction of text, no
//     loose accents (é is one character, not two), no styled or full-width letters
//
// Names that differ in letters that look the same have one skeleton: a station
// refuses a line to a second party whose name looks like that of a first.
type Name string

// MaxName is the length of the longest Name, in characters.
const MaxName = 64

// ParseName checks s.
func ParseName(s string) (Name, error) {
	if err := checkName("name", s, MaxName); err != nil {
		return "", err
	}
	return Name(s), nil
}

// String returns the name as it is: it is safe to print.
func (n Name) String() string { return string(n) }

// marks are the characters allowed beside letters, digits and spaces. The
// quotation mark is not among them, so a name can always be quoted.
const marks = "-.,'&()/+"

// checkName holds the rules for names of parties and of paths.
func checkName(thing, s string, most int) error {
	bad := func(wanted string) error {
		return refuse(ErrName, thing, quoted(s), wanted)
	}
	if !utf8.ValidString(s) {
		return bad("text in UTF-8")
	}
	if n := utf8.RuneCountInString(s); n < 1 || n > most {
		return bad(fmt.Sprintf("1 to %d characters", most))
	}
	if strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
		return bad("single spaces, and only between words")
	}
	for _, c := range s {
		if !nameRune(c) {
			return bad(fmt.Sprintf("letters, digits, spaces and %s: no %U", marks, c))
		}
	}
	if strings.IndexFunc(s, letterOrDigit) < 0 {
		return bad("at least one letter or digit")
	}
	if a, b, mixed := mixedScripts(s); mixed {
		return bad(fmt.Sprintf("letters of one script, not of %s and %s", a, b))
	}
	return nil
}

func letterOrDigit(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// nameRune tells whether c may stand in a name. Everything else is refused:
// controls, invisible and bidirectional characters, odd spaces, unassigned
// code points, and letters that only dress up another one.
func nameRune(c rune) bool {
	switch {
	case c == ' ' || c >= '0' && c <= '9' || strings.ContainsRune(marks, c):
		return true
	case c < 0x80:
		return unicode.IsLetter(c)
	case unicode.In(c, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false // Hangul fillers are letters that cannot be seen
	case !unicode.In(c, unicode.Lo, unicode.Ll, unicode.Lu, unicode.Mn, unicode.Mc) && !letterModifier(c):
		return false
	}
	return plainBlock(c) && scriptOf(c) != ""
}

// letterModifier are the two modifier letters that whole languages cannot be
// written without: the Japanese long vowel and the repetition mark.
func letterModifier(c rune) bool { return c == 'ー' || c == '々' }

// plainBlock refuses what unicode calls letters of a script but which are
// copies of others for the sake of looks or of old encodings: Latin clicks,
// phonetic letters, full-width and other compatibility forms; and Greek, Coptic
// or Cyrillic outside what present languages use.
func plainBlock(c rune) bool {
	switch scriptOf(c) {
	case "Latin":
		return c >= 0xC0 && c <= 0x24F && (c < 0x1C0 || c > 0x1C3) || c >= 0x1E00 && c <= 0x1EFF
	case "Greek":
		return c >= 0x386 && c <= 0x3CE
	case "Cyrillic":
		return c >= 0x400 && c <= 0x52F && (c < 0x483 || c > 0x489)
	}
	return c < 0xF900 || c > 0xFFFF
}

// together are the scripts that are written mixed, as in the "highly
// restrictive" level of Unicode's security mechanisms (UTS 39, section 5.2).
var together = []map[string]bool{
	{"Latin": true, "Han": true, "Hiragana": true, "Katakana": true},
	{"Latin": true, "Han": true, "Bopomofo": true},
	{"Latin": true, "Han": true, "Hangul": true},
}

// mixedScripts returns two scripts of s that do not belong together.
func mixedScripts(s string) (a, b string, mixed bool) {
	var seen []string
	for _, c := range s {
		script := scriptOf(c)
		if script == "" || len(seen) > 0 && seen[len(seen)-1] == script {
			continue
		}
		seen = append(seen, script)
	}
	for _, x := range seen {
		if x != seen[0] && !fit(seen) {
			return seen[0], x, true
		}
	}
	return "", "", false
}

// fit tells whether one group of scripts holds all of seen.
func fit(seen []string) bool {
	for _, group := range together {
		all := true
		for _, s := range seen {
			all = all && group[s]
		}
		if all {
			return true
		}
	}
	return false
}

// scriptOf names the script of a letter; it is empty for what belongs to none
// or to all, and for combining marks that go with any letter.
func scriptOf(c rune) string {
	if c == 'ー' {
		return "Katakana"
	}
	if c < 0x80 {
		if unicode.IsLetter(c) {
			return "Latin"
		}
		return ""
	}
	for name, table := range unicode.Scripts {
		if name != "Common" && name != "Inherited" && unicode.Is(table, c) {
			return name
		}
	}
	return ""
}

// lookalikes pairs letters of Greek and Cyrillic (and a few of Latin, and digits) with
// the Latin small letter they cannot be told from in one typeface or another.
var lookalikes = strings.NewReplacer(pairs(
	"АаΑɑ", "a", "ВвΒ", "b", "СсϹ", "c", "ԁ", "d", "ЕеЁёΕ", "e", "ҺһНнΗ", "h",
	"ІіЇїΙιıi1|l", "l", "Јјϳ", "j", "КкΚκ", "k", "МмΜ", "m", "ΝΠпη", "n",
	"ОоΟοσ0ӨөΘθ", "o", "РрΡρ", "p", "ԚԛQ", "q", "ГгΓ", "r", "Ѕѕ", "s", "ТтΤτ", "t",
	"υՍ", "u", "Ѵѵν", "v", "ԜԝωѠѡ", "w", "ХхΧχ", "x", "УуΥүҮγ", "y", "Ζ", "z")...)

// pairs spells out a table of groups for [strings.NewReplacer].
func pairs(groups ...string) []string {
	var out []string
	for i := 0; i < len(groups); i += 2 {
		for _, c := range groups[i] {
			out = append(out, string(c), groups[i+1])
		}
	}
	return out
}

// Skeleton is the same for names that could be taken for each other: case,
// spaces and marks do not count, nor which script a letter is from.
func (n Name) Skeleton() string {
	s := lookalikes.Replace(string(n))
	s = lookalikes.Replace(strings.ToLower(s))
	s = strings.ReplaceAll(s, "rn", "m")
	return strings.Map(func(c rune) rune {
		if letterOrDigit(c) || unicode.IsMark(c) {
			return c
		}
		return -1
	}, s)
}

// LooksLike tells whether a hurried reader could take n for other.
func (n Name) LooksLike(other Name) bool { return n.Skeleton() == other.Skeleton() }

// maxSlug keeps a slug short enough to type.
const maxSlug = 32

// slug makes what names a line in commands and addresses: lower-case letters a to z,
// digits and single hyphens. It is empty for a name with few such letters.
func (n Name) slug() string {
	var b []byte
	kept, lost := 0, 0
	for _, c := range strings.ToLower(string(n)) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b = append(b, byte(c))
			kept++
			continue
		case letterOrDigit(c):
			lost++
		}
		if len(b) > 0 && b[len(b)-1] != '-' {
			b = append(b, '-')
		}
	}
	if kept <= lost {
		return ""
	}
	return strings.Trim(string(b[:min(len(b), maxSlug)]), "-")
}
