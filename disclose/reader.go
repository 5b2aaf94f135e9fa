package disclose

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ringdown/record"
)

const (
	max48   = 1<<48 - 1
	maxLine = 256 << 10 // bytes: the longest message in one line, each character escaped
)

// A reader takes the text apart, line by line. After the first fault it gives zeros.
type reader struct {
	rest string
	line int    // of now, the first is 1; 0 before it
	now  string // the line read last
	err  *Failure

	buffer []byte // of quoted, used again
}

// fail refuses the line read last.
func (r *reader) fail() {
	if r.err == nil {
		r.err = failure("line", "line", r.line, "found", excerpt(r.now))
	}
}

// excerpt is the beginning of a line, for people.
func excerpt(s string) string {
	runes := []rune(s)
	if len(runes) > 60 {
		return escape(string(runes[:60])) + "…"
	}
	return escape(s)
}

// peek is the next line; there is none at the end or after a fault.
func (r *reader) peek() (string, bool) {
	l, _, found := strings.Cut(r.rest, "\n")
	return l, r.err == nil && found && len(l) <= maxLine
}

// take reads the next line, which begins with key, and gives what follows the key.
func (r *reader) take(key string) string {
	l, ok := r.peek()
	r.line++
	if !ok {
		r.now = l[:min(len(l), 240)]
		r.fail()
		return ""
	}
	r.now, r.rest = l, r.rest[len(l)+1:]
	if l == key {
		return ""
	}
	value, ok := strings.CutPrefix(l, key)
	if !ok || len(value) < 2 || value[0] != ' ' {
		r.fail()
		return ""
	}
	return value[1:]
}

// next reports whether the next line has that key.
func (r *reader) next(key string) bool {
	l, ok := r.peek()
	rest, is := strings.CutPrefix(l, key)
	return ok && is && (rest == "" || rest[0] == ' ')
}

// alone reads a line that is its key.
func (r *reader) alone(key string) {
	if r.take(key) != "" {
		r.fail()
	}
}

// fields reads a line of so many words. There are always at least least of them.
func (r *reader) fields(key string, least, most int) []string {
	f := strings.Split(r.take(key), " ")
	if len(f) < least || len(f) > most {
		r.fail()
		return make([]string, least)
	}
	return f
}

// number is -1 for what is no number from 0 to most. Zeros before it are found when the
// file is written again.
func number(s string, most int64) int64 {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || int64(n) > most {
		return -1
	}
	return int64(n)
}

func (r *reader) value(s string, least, most int64) int64 {
	n := number(s, most)
	if n < least {
		r.fail()
		return 0
	}
	return n
}

func (r *reader) number(key string, most int64) int64 { return r.value(r.take(key), 0, most) }

func (r *reader) time(key, form string) int64 {
	s := r.take(key)
	t, err := time.Parse(form, s)
	if err != nil || t.Format(form) != s || t.UnixMilli() < 1 || t.UnixMilli() > maxTime {
		r.fail()
		return 0
	}
	return t.UnixMilli()
}

func (r *reader) digits(s string, size int) []byte {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != size {
		r.fail()
		return make([]byte, size)
	}
	return b
}

func (r *reader) hex(key string, size int) []byte { return r.digits(r.take(key), size) }

func (r *reader) root(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != record.HashSize {
		r.fail()
		return make([]byte, record.HashSize)
	}
	return b
}

func (r *reader) base64(key string) []byte { return r.root(r.take(key)) }

// text reads a text that escape wrote.
func (r *reader) text(key string) string {
	s, ok := unescape(r.take(key))
	if !ok {
		r.fail()
	}
	return s
}

// word reads one of a list of words.
func (r *reader) word(key string, words ...string) int {
	i := slices.Index(words, r.take(key))
	if i < 0 {
		r.fail()
		return 0
	}
	return i
}

func (r *reader) side(s string) side {
	i := slices.Index([]string{"first", "second"}, s)
	if i < 0 {
		r.fail()
		return first
	}
	return side(i)
}

// A constant is one of a list in package record, with its name.
type constant interface {
	~uint8
	fmt.Stringer
}

// one reads the name of a constant from least to most.
func one[C constant](r *reader, key string, least, most C) C {
	return find(r, r.take(key), least, most)
}

func oneOrNone[C constant](r *reader, key string, least, most C) C {
	s := r.take(key)
	if s == "" {
		return 0
	}
	return find(r, s, least, most)
}

func find[C constant](r *reader, name string, least, most C) C {
	for c := least; c <= most; c++ {
		if c.String() == name {
			return c
		}
	}
	r.fail()
	return least
}

// quoted reads lines behind "|": at least one, and at most so many bytes.
func (r *reader) quoted(most int) string {
	b := append(append(r.buffer[:0], r.take("|")...), '\n')
	for r.next("|") && len(b) <= most {
		b = append(append(b, r.take("|")...), '\n')
	}
	if len(b) > most {
		r.fail()
	}
	r.buffer = b
	return string(b)
}

// oneLine holds what names and titles must be: visible characters, and no space at an end.
func oneLine(s string, least, most int) bool {
	if len(s) < least || len(s) > most || strings.TrimSpace(s) != s {
		return false
	}
	for _, c := range s {
		if hiddenRune(c) || c != ' ' && (unicode.IsSpace(c) || !unicode.IsGraphic(c)) {
			return false
		}
	}
	return true
}
