package accord

import (
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed words.txt
var wordFile string

// wordList are the 2,048 English words of BIP-39: known, short, and different in
// their first four letters. word n of the file stands for the number n-1.
var wordList = strings.Fields(wordFile)

var wordNumber = func() map[string]int {
	m := make(map[string]int, len(wordList))
	for i, w := range wordList {
		m[w] = i
	}
	return m
}()

// Words are what two people read to each other: 128 bits of the accord's
// digest, and 4 bits by which a misheard word is told from another accord.
func (a *Accord) Words() [12]string { return a.Digest().words() }

// words takes the first 128 bits of d and 4 bits of check, 11 bits to a word,
// the highest first.
func (d Digest) words() [12]string {
	var w [12]string
	bits := append(d[:16:16], checkBits(d[:16])<<4)
	for i := range w {
		n := 0
		for b := 11 * i; b < 11*(i+1); b++ {
			n = n<<1 | int(bits[b/8]>>(7-b%8)&1)
		}
		w[i] = wordList[n]
	}
	return w
}

// checkBits are 4 bits that depend on all others.
func checkBits(b []byte) byte {
	h := sha256.Sum256(append([]byte("ringdown words check "+version+"\n"), b...))
	return h[0] >> 4
}

// CheckWords tells whether input are the words of the accord. Case does not
// matter, nor what stands between the words: spaces, line ends, commas. Each
// word may have its number before it, which must be the right one.
func (a *Accord) CheckWords(input string) error {
	heard, err := splitWords(input)
	if err != nil {
		return err
	}
	own := a.Words()
	if subtle.ConstantTimeCompare([]byte(strings.Join(own[:], " ")), []byte(strings.Join(heard[:], " "))) == 1 {
		return nil
	}
	var wrong []string
	for i := range own {
		if own[i] != heard[i] {
			wrong = append(wrong, strconv.Itoa(i+1))
		}
	}
	r := refuse(ErrWords, "the twelve words", "a difference in word "+strings.Join(wrong, ", "), "the words that the other station shows")
	if coherent(heard) {
		return r.hint("these are the words of another accord: someone may stand between the two stations, or one of them shows another line; do not use this line, and make a new accord")
	}
	return r.hint("a word was misheard or mistyped: read the words to each other again; if the same word differs again, do not use this line, and make a new accord")
}

// splitWords finds twelve words of the list in what a person typed. A number before a
// word must be its place: someone who reads "seven" while the other is at
// six has lost a word on the way.
func splitWords(input string) (heard [12]string, err error) {
	if len(input) > 1000 {
		return heard, refuse(ErrWords, "the words given", fmt.Sprint(len(input), " bytes"), "twelve words")
	}
	n := 0
	for _, f := range strings.FieldsFunc(strings.ToLower(input), func(c rune) bool { return strings.ContainsRune(" \t\r\n,;.:()", c) }) {
		if i, err := strconv.Atoi(f); err == nil {
			if i != n+1 {
				return heard, refuse(ErrWords, "the words given", fmt.Sprintf("number %d before word %d", i, n+1), "numbers in their order, or none")
			}
			continue
		}
		if _, ok := wordNumber[f]; !ok {
			return heard, refuse(ErrWords, "the words given", fmt.Sprintf("%s as word %d", quoted(f), n+1), "a word of the list"+near(f)).
				hint("check the spelling of word %d", n+1)
		}
		if n == len(heard) {
			return heard, refuse(ErrWords, "the words given", "more than twelve", "twelve words")
		}
		heard[n] = f
		n++
	}
	if n < len(heard) {
		return heard, refuse(ErrWords, "the words given", fmt.Sprint(n, " words"), "twelve words").
			hint("give all twelve words as the other station shows them")
	}
	return heard, nil
}

// near names the word of the list with the same first four letters, if any.
func near(f string) string {
	for _, w := range wordList {
		if len(f) >= 4 && len(w) >= 4 && w[:4] == f[:4] {
			return ", such as " + quoted(w)
		}
	}
	return ""
}

// coherent tells whether heard are the words of some accord: always for those of another
// one, and once in sixteen times for a slip of the tongue.
func coherent(heard [12]string) bool {
	var bits [17]byte
	for i, w := range heard {
		for b := range 11 {
			bits[(11*i+b)/8] |= byte(wordNumber[w]>>(10-b)&1) << (7 - (11*i+b)%8)
		}
	}
	return bits[16]>>4 == checkBits(bits[:16])
}
