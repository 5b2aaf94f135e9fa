package message

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var escape = regexp.MustCompile(`\\u\{([0-9a-f]+)(?:\*([0-9]+))?\}`)

// unescape reads a text of the vectors.
func unescape(t testing.TB, s string) string {
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		m := escape.FindStringSubmatch(e)
		code, err := strconv.ParseInt(m[1], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		n := 1
		if m[2] != "" {
			if n, err = strconv.Atoi(m[2]); err != nil {
				t.Fatal(err)
			}
		}
		return strings.Repeat(string(rune(code)), n)
	})
}

type visibleVector struct{ in, out, finds string }

func visibleVectors(t testing.TB) (all []visibleVector) {
	t.Helper()
	file, err := os.ReadFile("testdata/visible.txt")
	if err != nil {
		t.Fatal(err)
	}
	var v visibleVector
	for _, line := range strings.Split(string(file), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, _ := strings.Cut(line, " ")
		value = strings.TrimLeft(value, " ")
		switch name {
		case "in":
			v.in = unescape(t, value)
		case "out":
			v.out = unescape(t, value)
		case "finds":
			v.finds = value
			all = append(all, v)
			v = visibleVector{}
		default:
			t.Fatalf("line %q: want in, out or finds", line)
		}
	}
	if len(all) < 20 {
		t.Fatalf("%d vectors: want all", len(all))
	}
	return all
}

func TestVisibleVectors(t *testing.T) {
	for _, v := range visibleVectors(t) {
		if got := Visible(v.in); got != v.out {
			t.Errorf("%+q\nshown as %+q\nwant     %+q", v.in, got, v.out)
		}
		var kinds []string
		for _, f := range Suspicious(v.in) {
			kinds = append(kinds, string(f.Kind))
		}
		if got := strings.Join(kinds, " "); got != v.finds {
			t.Errorf("%+q: found %q, want %q", v.in, got, v.finds)
		}
	}
}

// What was made visible has nothing to find but the brackets of its own marks; and where a mark has cut a word in two,
// letters of what is left of it, whose script may be another.
func FuzzVisible(f *testing.F) {
	for _, v := range visibleVectors(f) {
		f.Add(v.in)
	}
	f.Add("\xff\xfe broken \xe2\x80")
	f.Fuzz(func(t *testing.T, text string) {
		shown := Visible(text)
		if !utf8.ValidString(shown) {
			t.Fatalf("%q shown as what is no text", text)
		}
		if len(shown) > 16*len(text) {
			t.Fatalf("%d bytes shown as %d", len(text), len(shown))
		}
		cut := slices.ContainsFunc(Suspicious(text), func(f Finding) bool { return f.Kind == Lookalike })
		for _, f := range Suspicious(shown) {
			if f.Kind != Bracket && !(f.Kind == Lookalike && cut) {
				t.Fatalf("%+q shown as %+q, which has %q at %d", text, shown, f.Kind, f.Start)
			}
		}
		at := 0
		for _, f := range Suspicious(text) {
			if f.Start < at || f.End <= f.Start || f.End > len(text) {
				t.Fatalf("%+q: finding %+v after %d", text, f, at)
			}
			at = f.End
		}
	})
}
