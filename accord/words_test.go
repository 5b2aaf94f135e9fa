package accord

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The list is the one that everybody has: its SHA-256 is known.
func TestWordList(t *testing.T) {
	const want = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
	if sum := sha256.Sum256([]byte(wordFile)); hex.EncodeToString(sum[:]) != want {
		t.Errorf("SHA-256 of the list is %x, want %s", sum, want)
	}
	heads := map[string]bool{}
	for _, w := range wordList {
		heads[(w + "    ")[:4]] = true
	}
	if len(wordList) != 2048 || len(heads) != 2048 || !slices.IsSorted(wordList) {
		t.Errorf("%d words with %d different beginnings, want 2048 sorted words", len(wordList), len(heads))
	}
}

// The words are the bits: read back, they give the first half of the digest.
func TestWordsAreTheDigest(t *testing.T) {
	for i := range 200 {
		d := Digest(sha256.Sum256([]byte(strconv.Itoa(i))))
		words := d.words()
		var bits strings.Builder
		for _, w := range words {
			s := strconv.FormatInt(int64(slices.Index(wordList, w)), 2)
			bits.WriteString(strings.Repeat("0", 11-len(s)) + s)
		}
		var want strings.Builder
		for _, b := range append(d[:16:16], checkBits(d[:16])<<4) {
			s := strconv.FormatInt(int64(b), 2)
			want.WriteString(strings.Repeat("0", 8-len(s)) + s)
		}
		if bits.String() != want.String()[:132] {
			t.Fatalf("words of %s say %s, want %s", d, bits.String(), want.String()[:132])
		}
		if !coherent(words) {
			t.Fatalf("words of %s are not coherent", d)
		}
	}
}

// Of the words of no accord about one in sixteen passes for words of some accord.
func TestCheckBits(t *testing.T) {
	pass := 0
	for i := range 1600 {
		words := Digest(sha256.Sum256([]byte(strconv.Itoa(i)))).words()
		words[i%12] = wordList[(i*7+1)%2048]
		if coherent(words) {
			pass++
		}
	}
	if pass < 50 || pass > 170 {
		t.Errorf("%d of 1600 pass, want about 100", pass)
	}
}

func TestCheckWordsIsPatientWithForm(t *testing.T) {
	a := agreedPair(t).n.Accord
	w := a.Words()
	var numbered, dotted []string
	for i, x := range w {
		numbered = append(numbered, strconv.Itoa(i+1)+" "+x)
		dotted = append(dotted, strconv.Itoa(i+1)+". "+strings.ToUpper(x))
	}
	for _, s := range []string{
		spoken(w), strings.ToUpper(spoken(w)), " " + strings.Join(w[:], ",") + "\n", strings.Join(w[:], ", "), strings.Join(w[:], "\r\n\t"),
		strings.Join(numbered, " "), strings.Join(dotted, "\n"), strings.Join(numbered, ") "), spoken(w) + ".",
	} {
		if err := a.CheckWords(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestCheckWordsIsStrictWithWords(t *testing.T) {
	p, other := agreedPair(t), agreedPair(t).n.Accord
	a := p.n.Accord
	w := a.Words()
	with := func(i int, word string) string {
		x := w
		x[i] = word
		return spoken(x)
	}
	another := func(i int) string { return wordList[(wordNumber[w[i]]+1)%2048] }
	swapped := w
	if swapped[0] == swapped[1] {
		swapped[1] = another(1)
	}
	swapped[0], swapped[1] = swapped[1], swapped[0]
	for input, found := range map[string]string{
		"":                              "0 words",
		spoken(w) + " abandon":          "more than twelve",
		strings.Join(w[:11], " "):       "11 words",
		with(4, another(4)):             "word 5",
		with(0, another(0)):             "word 1",
		with(11, another(11)):           "word 12",
		with(2, "northh"):               `"northh" as word 3`,
		with(2, "q"+w[2]):               "as word 3",
		with(2, "x\x1b[2J"):             "as word 3",
		"2 " + spoken(w):                "number 2 before word 1",
		spoken(other.Words()):           "word 1, 2",
		spoken(swapped):                 "word 1, 2",
		strings.Repeat("abandon ", 200): "bytes",
	} {
		err := a.CheckWords(input)
		if err == nil {
			t.Errorf("%q is accepted", input)
			continue
		}
		if r := wantRefusal(t, err, ErrWords); !strings.Contains(r.Found, found) {
			t.Errorf("%q: found %q, want it to say %q", input, r.Found, found)
		}
		_, err = p.north.Confirm(noon, "south", input)
		wantRefusal(t, err, ErrWords)
		if l, err := p.north.Line("south"); err != nil || l.Usable() == nil {
			t.Fatalf("%q was refused, but the line is confirmed (%v)", input, err)
		}
	}
	// A person is told a slip of the tongue from another accord.
	if r := wantRefusal(t, a.CheckWords(spoken(other.Words())), ErrWords); !strings.Contains(r.Hint(), "another accord") {
		t.Errorf("hint %q", r.Hint())
	}
}
