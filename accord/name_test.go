package accord

import (
	"strings"
	"testing"
	"unicode"
)

func TestNames(t *testing.T) {
	for _, s := range []string{
		"North", "n", "4", "North 2", "CERT Łódź", "O'Neill & Sons (Night)", "A/B, C.+D-E", strings.Repeat("x", 64),
		"Север", "ΑΘΗΝΑ", "北部指令室", "東京ひがしタワー", "東京 CERT", "서울 CERT 漢", "佐々木", "صنعاء", "ירושלים", "दिल्ली", "กรุงเทพ",
		strings.Repeat("北", 64),
	} {
		if n, err := ParseName(s); err != nil || string(n) != s {
			t.Errorf("%q: %v", s, err)
		}
	}
	for why, s := range map[string]string{
		"empty":                       "",
		"too long":                    strings.Repeat("x", 65),
		"too long, in letters":        strings.Repeat("北", 65),
		"space before":                " North",
		"space after":                 "North ",
		"two spaces":                  "North  East",
		"no letter":                   "-- (.)",
		"only a hyphen":               "-",
		"quotation mark":              `No"rth`,
		"backslash":                   `No\rth`,
		"angle bracket":               "<b>North",
		"line feed":                   "North\nkey",
		"tab":                         "North\tEast",
		"escape":                      "North\x1b[2J",
		"DEL":                         "North\x7f",
		"C1 control":                  "North\u0085",
		"no text":                     "North\xff",
		"right-to-left override":      "North\u202eEast",
		"isolate":                     "\u2066North\u2069",
		"left-to-right mark":          "Nor\u200eth",
		"Arabic letter mark":          "صن\u061cعاء",
		"zero-width space":            "Nor\u200bth",
		"zero-width joiner":           "Nor\u200dth",
		"soft hyphen":                 "Nor\u00adth",
		"byte order mark":             "\ufeffNorth",
		"no-break space":              "North\u00a0East",
		"ideographic space":           "北\u3000部",
		"line separator":              "North\u2028East",
		"Hangul filler":               "북\u3164부",
		"variation selector":          "北\ufe00部",
		"loose accent":                "No\u0301rth",
		"enclosing mark":              "N\u20ddorth",
		"stacked Cyrillic marks":      "С\u0483\u0488евер",
		"full-width letter":           "Ｎorth",
		"mathematical letter":         "𝐍orth",
		"small capital":               "ɴorth",
		"superscript":                 "Northᵗʰ",
		"click that looks like a bar": "North ǀ",
		"Arabic presentation form":    "ﺹﻨﻌﺍﺀ",
		"private use":                 "North \ue000",
		"unassigned":                  "North \u0378",
		"emoji":                       "North 🚨",
		"tag":                         "North\U000e0041",
		"Arabic digit":                "North ٣",
		"Cyrillic о in Latin":         "Nоrth",
		"Greek Ν in Latin":            "Νorth",
		"Latin and Hebrew":            "North ירושלים",
		"Hangul and kana":             "서울ひ",
	} {
		_, err := ParseName(s)
		if err == nil {
			t.Errorf("%s: %q is taken for a name", why, s)
			continue
		}
		wantRefusal(t, err, ErrName)
	}
}

// No code point at all makes a name that holds something invisible or unprintable.
func TestEveryCodePoint(t *testing.T) {
	letters := 0
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if !nameRune(c) {
			continue
		}
		letters++
		if !unicode.IsPrint(c) || unicode.In(c, unicode.C, unicode.Bidi_Control, unicode.Join_Control, unicode.Me) || c != ' ' && unicode.IsSpace(c) {
			t.Errorf("%U may stand in a name", c)
		}
	}
	if letters < 80_000 {
		t.Errorf("only %d code points may stand in names", letters)
	}
}

func TestLooksLike(t *testing.T) {
	for _, pair := range [][2]Name{
		{"North", "north"}, {"North", "N o r t h"}, {"North", "North."}, {"Desk 1", "Desk l"}, {"Desk 1", "Desk I"}, {"Sealine", "SeaIine"},
		{"Station 0", "Station O"}, {"Corner", "Comer"}, {"CEBEP", "СЕВЕР"}, {"ATHENA", "ΑΤΗΕΝΑ"}, {"Topo", "Торо"}, {"ОРА", "ΟΡΑ"},
	} {
		if !pair[0].LooksLike(pair[1]) || !pair[1].LooksLike(pair[0]) {
			t.Errorf("%q and %q are told apart (%q, %q)", pair[0], pair[1], pair[0].Skeleton(), pair[1].Skeleton())
		}
	}
	for _, pair := range [][2]Name{{"North", "South"}, {"Desk 1", "Desk 2"}, {"North", "North 2"}, {"北", "南"}, {"Север", "Юг"}, {"Nord", "Nörd"}} {
		if pair[0].LooksLike(pair[1]) {
			t.Errorf("%q and %q have one skeleton, %q", pair[0], pair[1], pair[0].Skeleton())
		}
	}
}

func TestSlugs(t *testing.T) {
	for name, want := range map[Name]string{
		"North": "north", "North 2": "north-2", "CERT Łódź": "cert-d", "O'Neill & Sons (Night)": "o-neill-sons-night", "(A)": "a", "北部": "", "Łódź": "",
		"東京 CERT": "cert", "A . . . . . . . . . . . B": "a-b",
		Name(strings.Repeat("x", 64)):              strings.Repeat("x", maxSlug),
		Name(strings.Repeat("x", 31) + " y"):       strings.Repeat("x", 31),
		Name(strings.Repeat("Very long name ", 4)): "very-long-name-very-long-name-ve",
	} {
		got := name.slug()
		if got != want {
			t.Errorf("slug of %q is %q, want %q", name, got, want)
		}
		if got != "" && !slugShape.MatchString(got) {
			t.Errorf("slug %q has a forbidden shape", got)
		}
	}
}

// Two peers that a person could take for each other, but with different keys.
func TestLookAlikePeerIsRefused(t *testing.T) {
	p := agreedPair(t)
	fake := &pair{north: p.north, south: newHome(t, "S0uth")}
	fake.invites(t, InviteOptions{})
	fake.accepts(t)
	_, err := p.north.Conclude(noon, fake.accept)
	if r := wantRefusal(t, err, ErrName); !strings.Contains(err.Error(), "line south") || !strings.Contains(r.Hint(), "retire") {
		t.Errorf("error %v, hint %q", err, r.Hint())
	}
	if lines, _ := p.north.Lines(); len(lines) != 1 {
		t.Error("refused, but a second line is there")
	}
	// The same on the accepting side.
	fakeNorth := &pair{north: newHome(t, "NORTH"), south: p.south}
	fakeNorth.invites(t, InviteOptions{})
	_, _, err = p.south.Accept(noon, fakeNorth.invite, AcceptOptions{Ends: southEnds})
	wantRefusal(t, err, ErrName)
	// Once the old line is retired, new keys under the old name are accepted.
	if err := p.north.Retire("south"); err != nil {
		t.Fatal(err)
	}
	fake.concludes(t)
}

// A second accord between the same two is a second line.
func TestRenewalIsASecondLine(t *testing.T) {
	p := agreedPair(t)
	p.invites(t, InviteOptions{})
	p.accepts(t)
	p.concludes(t)
	if p.n.Slug != "south-2" || p.s.Slug != "north-2" {
		t.Errorf("slugs %s and %s, want south-2 and north-2", p.n.Slug, p.s.Slug)
	}
}

func TestPartiesMustDiffer(t *testing.T) {
	p := &pair{north: newHome(t, "North"), south: newHome(t, "NORTH")}
	p.invites(t, InviteOptions{})
	_, _, err := p.south.Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	wantRefusal(t, err, ErrName)
	_, _, err = p.north.Invite(noon, InviteOptions{For: "N0RTH", Paths: northPaths})
	wantRefusal(t, err, ErrName)
}
