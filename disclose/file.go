package disclose

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"ringdown/record"
)

// MaxFile is the greatest length of a disclosure in bytes.
const MaxFile = 64 << 20

// A Kind is one kind of disclosure.
type Kind string

// The kinds.
const (
	KindEntries Kind = "entries" // chosen entries
	KindRange   Kind = "range"   // and every header of both logs in a range
	KindContact Kind = "contact" // that a call was answered, and when it ended
	KindFork    Kind = "fork"    // that one party signed two histories of its log; no entry
)

// intro stands before the heading; forkIntro, where two histories are shown.
const (
	intro     = "Ringdown disclosure: entries of the record of a direct line, with proof.\n" + introEnd
	forkIntro = "Ringdown disclosure: proof that one side of a direct line signed two histories of its log.\n" + introEnd
	introEnd  = `Check it with "ringdown verify FILE", or offline with Ringdown's verification page.
Unchecked it shows nothing: whoever likes can write such a file.

`
)

const heading = "ringdown disclosure "

// A side is one party of the accord, and its log.
type side int

const (
	first side = iota
	second
)

func (s side) String() string { return [...]string{"first", "second"}[s] }
func (s side) other() side    { return 1 - s }

var sides = [...]side{first, second}

// sections are those of an accord's statement. The parties' are shown, of the others
// the digests.
var sections = [...]string{"terms", "first", "first-ends", "once", "answer", "second", "second-ends", "sealed"}

const (
	sectionFirst  = 1
	sectionSecond = 5
)

// A file is a disclosure taken apart: all that stands in it.
type file struct {
	Kind    Kind
	By      side
	Made    int64 // Unix ms, whole seconds
	To      string
	Rule    record.Rule
	Call    record.CallID // contact
	From    int64         // range: Unix ms
	Until   int64
	Ranges  [2]span // range
	Asked   *place
	Answer  *place // only with Asked
	Accord  [32]byte
	Digests [len(sections)][32]byte // of the sections not shown
	Parties [2]party
	Prints  [2][32]byte
	Logs    [2]log
	Fork    fork // KindFork, which has nothing of the above but Accord, Digests, Parties and Prints
}

// A span is the entries First ≤ n < End.
type span struct{ First, End int64 }

// A place is one entry.
type place struct {
	Side   side
	Number int64
}

// A log is what is shown of one log.
type log struct {
	Newest  *record.Checkpoint // co-signed with Ed25519, and with ML-DSA-44 where Full is nil
	Full    *record.Checkpoint // smaller, co-signed with ML-DSA-44; may be nil
	notes   [2]string          // Newest and Full as text
	Entries []shown            // in rising order
	Hashes  []record.Hash      // of the parts of the tree without a shown entry
}

// A shown is one entry: its header, and its body or the commitment to it.
type shown struct {
	Header   record.Header
	Salt     record.Salt
	Body     record.Body // nil: not shown
	BodySalt record.Salt
	Hidden   record.Hash // the commitment, if the body is not shown
	line     int         // where it begins in the file
}

func (e *shown) entry() *record.Entry {
	return &record.Entry{Header: e.Header, HeaderSalt: e.Salt, Body: e.Body, BodySalt: e.BodySalt, Erased: e.Hidden}
}

// text is the whole file.
func (f *file) text() []byte {
	w := &writer{b: make([]byte, 0, 16<<10)} // enough for most
	w.b = append(w.b, introOf(f.Kind)+heading+"1\n"...)
	w.line("kind", string(f.Kind))
	if f.Kind == KindFork {
		w.line("log", f.Fork.Log.String())
		f.accord(w)
		f.Fork.text(w)
	} else {
		f.head(w)
		f.accord(w)
		for _, s := range sides {
			w.line("log", s.String())
			f.Logs[s].text(w)
		}
	}
	sum := sha256.Sum256(w.b)
	w.line("sum", hexed(sum[:]))
	return w.b
}

func introOf(k Kind) string {
	if k == KindFork {
		return forkIntro
	}
	return intro
}

func (f *file) head(w *writer) {
	w.line("by", f.By.String())
	w.line("made", second0(f.Made))
	w.line("to", f.To)
	w.line("rule", f.Rule.String())
	switch f.Kind {
	case KindContact:
		w.line("call", f.Call.String())
	case KindRange:
		w.line("from", instant(f.From))
		w.line("until", instant(f.Until))
		for _, s := range sides {
			w.line("range", fmt.Sprintf("%s %d %d", s, f.Ranges[s].First, f.Ranges[s].End))
		}
	}
	if f.Asked != nil {
		w.line("asked", f.Asked.String())
	}
	if f.Answer != nil {
		w.line("answer", f.Answer.String())
	}
}

func (f *file) accord(w *writer) {
	w.line("accord", hexed(f.Accord[:]))
	for i, name := range sections {
		switch i {
		case sectionFirst:
			w.line("section", name)
			f.Parties[first].text(w)
		case sectionSecond:
			w.line("section", name)
			f.Parties[second].text(w)
		default:
			w.line("section", name+" "+hexed(f.Digests[i][:]))
		}
	}
	for _, s := range sides {
		w.line("fingerprint", s.String()+" "+hexed(f.Prints[s][:]))
	}
}

func (p *place) String() string { return fmt.Sprintf("%s %d", p.Side, p.Number) }

func (l *log) text(w *writer) {
	w.line("checkpoint", "")
	w.quoted(l.notes[0])
	if l.Full != nil {
		w.line("full", "")
		w.quoted(l.notes[1])
	}
	for i := range l.Entries {
		l.Entries[i].text(w)
	}
	w.line("tree", "")
	for _, h := range l.Hashes {
		w.line("hash", b64(h[:]))
	}
}

// A writer builds the text.
type writer struct{ b []byte }

// line writes a keyword and, unless it is empty, a value.
func (w *writer) line(key, value string) {
	w.b = append(w.b, key...)
	if value != "" {
		w.b = append(append(w.b, ' '), value...)
	}
	w.b = append(w.b, '\n')
}

// quoted writes lines that stand in the file as they are elsewhere, each behind "|".
// The text ends with a line feed.
func (w *writer) quoted(text string) {
	for l := range strings.Lines(text) {
		w.line("|", strings.TrimSuffix(l, "\n"))
	}
}

func b64(b []byte) string   { return base64.StdEncoding.EncodeToString(b) }
func hexed(b []byte) string { return hex.EncodeToString(b) }

const (
	secondForm  = "2006-01-02T15:04:05Z"
	instantForm = "2006-01-02T15:04:05.000Z"
	maxTime     = 253402300799999 // the last millisecond of the year 9999
)

func second0(ms int64) string { return time.UnixMilli(ms).UTC().Format(secondForm) }
func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format(instantForm) }
