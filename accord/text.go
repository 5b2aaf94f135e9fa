package accord

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxFile is the size of the largest file that is looked at at all. The
// largest that can be written, an accept over eight paths with the longest
// DNS names, stays below half of it.
const MaxFile = 32 << 10

// A kind is one kind of file. Its string is the word in the heading.
type kind string

const (
	kindStation   kind = "station"
	kindKey       kind = "private-key"
	kindOnce      kind = "one-time-key"
	kindInvite    kind = "invite"
	kindAccept    kind = "accept"
	kindSecret    kind = "pair-secret"
	kindConfirmed kind = "confirmed"
	kindFinal     kind = "final"
	kindUsed      kind = "used"
	kindProposal  kind = "proposal"
	kindAmendment kind = "amendment"
	kindMotion    kind = "motion"
	kindVerdict   kind = "verdict"
)

var kinds = []kind{kindStation, kindKey, kindOnce, kindInvite, kindAccept, kindSecret,
	kindConfirmed, kindFinal, kindUsed, kindProposal, kindAmendment, kindMotion, kindVerdict}

// private tells which files hold a secret: nothing of them goes into an error.
func (k kind) private() bool { return k == kindKey || k == kindOnce || k == kindSecret }

// local tells which files never leave the station's folder and are signed by
// nobody: they end with a sum of their bytes, so that a disk which
// changes one is noticed.
func (k kind) local() bool {
	switch k {
	case kindInvite, kindAccept, kindProposal, kindAmendment, kindMotion:
		return false
	}
	return true
}

// version is the only version of every kind that there is.
const version = "1"

// A document is something with one text encoding.
type document interface {
	kind() kind
	// intro says in plain words what the file is and what to do with it. It is
	// made from the fields alone, so it cannot say anything else than they do.
	intro() string
	write(w *writer)
	read(r *reader)
}

// encode gives the one encoding of d.
func encode(d document) []byte {
	var w writer
	w.raw(d.intro())
	w.raw("\n")
	w.line("ringdown", string(d.kind()), version)
	d.write(&w)
	if d.kind().local() {
		sum := sha256.Sum256(w.b)
		w.line("sum", hex.EncodeToString(sum[:sumSize]))
	}
	return w.b
}

// sumSize is enough against accidents. Whoever can write the folder can
// write the sum.
const sumSize = 8

// decode fills d from file. It succeeds only if encode(d) gives the same bytes
// again, introduction included.
func decode(d document, file []byte) error {
	r, err := open(d.kind(), file)
	if err != nil {
		return err
	}
	d.read(r)
	if d.kind().local() {
		r.hex("sum", sumSize)
	}
	r.end()
	if r.err != nil {
		return r.err
	}
	return compare(d.kind(), file, encode(d))
}

// compare is the last word on every file. If the bytes differ it finds the first line
// that is not as it would be written, for the person who has to find out why.
func compare(k kind, file, again []byte) error {
	if bytes.Equal(file, again) {
		return nil
	}
	found, wanted := strings.Split(string(file), "\n"), strings.Split(string(again), "\n")
	i := 0
	for i < len(found)-1 && i < len(wanted)-1 && found[i] == wanted[i] {
		i++
	}
	r := &reader{kind: k, line: i}
	r.fail(found[i], quoted(wanted[i]))
	return r.err
}

// A writer builds the text.
type writer struct{ b []byte }

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

// line writes words with one space between.
func (w *writer) line(words ...string) {
	w.raw(strings.Join(words, " "))
	w.raw("\n")
}

// blockWidth is how many characters of base64 stand on one line: few enough
// that no mail program folds it.
const blockWidth = 64

// block writes bytes as indented lines of base64 without padding.
func (w *writer) block(b []byte) {
	s := base64.RawStdEncoding.EncodeToString(b)
	for len(s) > blockWidth {
		w.line(" ", s[:blockWidth])
		s = s[blockWidth:]
	}
	w.line(" ", s)
}

// A reader takes the text apart, line by line. The first fault stays in err,
// and from then on every method returns zero values.
type reader struct {
	kind  kind
	lines []string
	line  int // index into lines of the next one
	err   error
}

// open checks what can be checked before the fields are known, and stands
// behind the heading.
func open(k kind, file []byte) (*reader, error) {
	thing := string(k) + " file"
	if len(file) > MaxFile {
		return nil, refuse(ErrForeign, thing, fmt.Sprint(len(file), " bytes"), fmt.Sprint("at most ", MaxFile))
	}
	if !utf8.Valid(file) {
		return nil, refuse(ErrForeign, thing, "bytes that are not text", "text").
			hint("make sure that this is the %s file, and that it is not packed or encrypted", k)
	}
	r := &reader{kind: k, lines: strings.Split(string(file), "\n")}
	for i, l := range r.lines {
		if strings.HasPrefix(l, "ringdown ") {
			r.line = i + 1
			return r, r.heading(l)
		}
	}
	return nil, refuse(ErrForeign, thing, "no line that begins with \"ringdown\"", quoted("ringdown "+string(k)+" "+version)).
		hint("make sure that this is the whole %s file, as Ringdown wrote it", k)
}

// heading checks kind and version.
func (r *reader) heading(l string) error {
	thing := string(r.kind) + " file"
	words := strings.Split(strings.TrimSuffix(l, "\r"), " ")
	if len(words) != 3 {
		return refuse(ErrForeign, thing, quoted(l), quoted("ringdown "+string(r.kind)+" "+version))
	}
	for _, k := range kinds {
		if words[1] != string(k) || k == r.kind {
			continue
		}
		return refuse(ErrForeign, thing, "a file of kind "+string(k), "one of kind "+string(r.kind)).
			hint("%s", k.advice())
	}
	if words[1] != string(r.kind) {
		return refuse(ErrForeign, thing, quoted(words[1]), quoted(string(r.kind)))
	}
	if words[2] != version {
		return refuse(ErrVersion, thing, quoted(words[2]), version).
			hint("both stations need a Ringdown that knows this version: compare \"ringdown --version\"")
	}
	if strings.HasSuffix(l, "\r") {
		return refuse(ErrChanged, thing, "lines that end in CR LF", "LF").
			hint("a mail program has changed the line ends: send the file as an attachment or in an archive")
	}
	return nil
}

// advice says where a file of this kind belongs.
func (k kind) advice() string {
	switch k {
	case kindInvite:
		return `an invite is taken up with "ringdown accept FILE", by the station it was sent to`
	case kindAccept:
		return `an accept is used with "ringdown conclude FILE", by the station that made the invite`
	case kindKey, kindOnce, kindSecret:
		return "this file is private: it belongs in the station's own folder and is never sent to anyone"
	}
	return "this file belongs in the station's own folder"
}

// fail notes the fault of the line just read. What stands in a private file is
// not shown.
func (r *reader) fail(found, wanted string) {
	if r.err != nil {
		return
	}
	found = quoted(found)
	if r.kind.private() {
		found, wanted = "something else (not shown: the file is private)", "what the station wrote"
	}
	r.err = refuse(ErrChanged, fmt.Sprintf("%s file, line %d", r.kind, max(r.line, 1)), found, wanted).
		hint("get the file again, as an attachment and unopened; if it comes the same, do not use it")
}

// next takes one line. The text after the last line feed is not a line.
func (r *reader) next() (string, bool) {
	if r.err != nil {
		return "", false
	}
	if r.line >= len(r.lines)-1 {
		r.fail("the end of the file", "more lines")
		return "", false
	}
	r.line++
	return r.lines[r.line-1], true
}

// end demands that nothing is left but the last line feed.
func (r *reader) end() {
	if r.err == nil && (r.line != len(r.lines)-1 || r.lines[r.line] != "") {
		r.fail(r.lines[r.line], "the end of the file")
	}
}

// words takes a line that begins with the words of key and returns the rest of
// it, split into n words; the last one may hold spaces. It is lenient where
// the comparison at the end of [decode] is strict: two spaces, say, end up inside a word.
func (r *reader) words(key string, n int) []string {
	none := make([]string, n)
	l, ok := r.next()
	if !ok {
		return none
	}
	rest, ok := strings.CutPrefix(l, key)
	if ok && n == 0 && rest == "" {
		return none
	}
	rest, spaced := strings.CutPrefix(rest, " ")
	w := strings.SplitN(rest, " ", n)
	if !ok || !spaced || len(w) != n {
		r.fail(l, fmt.Sprintf("%q and %d words", key, n))
		return none
	}
	return w
}

func (r *reader) word(key string) string { return r.words(key, 1)[0] }

// block takes the lines of size bytes. How many lines there are, and how long each is,
// follows from size, so a reader never gathers more than it wants.
func (r *reader) block(size int) []byte {
	text := base64.RawStdEncoding.EncodedLen(size)
	var s strings.Builder
	for s.Len() < text {
		l, ok := r.next()
		if !ok {
			return make([]byte, size)
		}
		part, ok := strings.CutPrefix(l, "  ")
		if !ok || len(part) != min(blockWidth, text-s.Len()) {
			r.fail(l, fmt.Sprintf("two spaces and %d characters of base64", min(blockWidth, text-s.Len())))
			return make([]byte, size)
		}
		s.WriteString(part)
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(s.String())
	if err != nil || len(b) != size { // the decoder passes over CR and gives fewer bytes
		r.fail(s.String(), fmt.Sprintf("%d bytes in base64", size))
		return make([]byte, size)
	}
	return b
}

// hex takes a line with size bytes in lower-case hexadecimal.
func (r *reader) hex(key string, size int) []byte {
	s := r.word(key)
	b, err := hex.DecodeString(s)
	if r.err == nil && (err != nil || len(b) != size || s != strings.ToLower(s)) {
		r.fail(s, fmt.Sprintf("%d lower-case hexadecimal digits", 2*size))
	}
	if r.err != nil {
		return make([]byte, size)
	}
	return b
}

// number turns a word into a number from 1 to most.
func (r *reader) number(s string, most uint64) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if r.err == nil && (err != nil || n < 1 || n > most || strconv.FormatUint(n, 10) != s) {
		r.fail(s, fmt.Sprintf("a number from 1 to %d", most))
	}
	return n
}

// timeFormat is UTC, to the second.
const timeFormat = "2006-01-02T15:04:05Z"

// time takes a line with an instant.
func (r *reader) time(key string) time.Time {
	s := r.word(key)
	t, err := time.Parse(timeFormat, s)
	if r.err == nil && (err != nil || !storable(t)) {
		r.fail(s, "a time such as "+timeFormat)
	}
	return t
}

// storable times have years of four digits, so that they print as they parse.
func storable(t time.Time) bool { return t.Year() >= 2000 && t.Year() <= 9999 }

// date takes a line with a day.
func (r *reader) date(key string) Date {
	s := r.word(key)
	d, err := ParseDate(s)
	if r.err == nil && err != nil {
		r.fail(s, "a day such as "+time.DateOnly)
	}
	return d
}

// wrap makes a fault of the contents a fault of the file: a station never
// writes what the rules refuse.
func (r *reader) wrap(err error) {
	if r.err != nil || err == nil {
		return
	}
	r.err = &Refusal{Thing: fmt.Sprintf("%s file, line %d", r.kind, r.line), Err: ErrChanged, Cause: err}
}

// peek tells whether the next line begins with prefix.
func (r *reader) peek(prefix string) bool {
	return r.err == nil && r.line < len(r.lines)-1 && strings.HasPrefix(r.lines[r.line], prefix)
}
