package record

import (
	"bytes"
	"fmt"
	"strconv"
)

// stateTitle begins a state as text. It is kept by a station for itself, and never sent.
const stateTitle = "ringdown record state 1\n"

// Text is the state as a store may keep it: a title, "seen" and a number, and four
// parts, "newest", "cosigned", "cosigned-pq" and "fork", each with its length (0: there is none)
// and then the checkpoint as a note, or the proof.
func (s *State) Text(author, other *Party) []byte {
	b := fmt.Appendf([]byte(stateTitle), "seen %d\n", s.Seen)
	part := func(name string, text []byte) {
		b = fmt.Appendf(b, "%s %d\n", name, len(text))
		b = append(b, text...)
	}
	note := func(c *Checkpoint) []byte {
		if c == nil {
			return nil
		}
		return c.Note(author, other)
	}
	part("newest", note(s.Newest))
	part("cosigned", note(s.Cosigned))
	part("cosigned-pq", note(s.CosignedPQ))
	if s.Fork == nil {
		part("fork", nil)
	} else {
		part("fork", s.Fork.Text(author))
	}
	return b
}

// ParseState reads what Text writes, and nothing else, and verifies every
// signature in it.
func ParseState(text []byte, author, other *Party) (State, error) {
	r := &lines{what: "state", b: text}
	r.exactly(stateTitle)
	s := State{Seen: r.number("seen", max48)}
	checkpoint := func(name string) (c *Checkpoint) {
		if part := r.part(name, MaxNote); r.err == nil && len(part) > 0 {
			c, r.err = OpenNote(part, author, other)
		}
		return c
	}
	s.Newest = checkpoint("newest")
	s.Cosigned = checkpoint("cosigned")
	s.CosignedPQ = checkpoint("cosigned-pq")
	if part := r.part("fork", maxFork); r.err == nil && len(part) > 0 {
		s.Fork, r.err = ParseFork(part, author)
	}
	if r.err == nil {
		r.err = s.verify(author, other)
	}
	if r.err == nil {
		r.err = same("state", text, s.Text(author, other))
	}
	if r.err != nil {
		return State{}, r.err
	}
	return s, nil
}

// lines takes a text apart. After the first fault it gives nothing.
type lines struct {
	what string
	b    []byte
	err  error
}

func (r *lines) exactly(want string) {
	rest, found := bytes.CutPrefix(r.b, []byte(want))
	if r.err == nil && !found {
		r.err = refuse(ErrMalformed, r.what, fmt.Sprintf("%.40q", r.b), fmt.Sprintf("%q", want))
	}
	r.b = rest
}

// number reads a line of a word and a number up to most.
func (r *lines) number(word string, most int64) int64 {
	r.exactly(word + " ")
	digits, rest, _ := bytes.Cut(r.b, []byte("\n"))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if r.err == nil && (err != nil || n < 0 || n > most) {
		r.err = refuse(ErrMalformed, r.what, fmt.Sprintf("%s %.20q", word, digits), fmt.Sprintf("0 to %d", most))
	}
	r.b = rest
	return n
}

// part reads a line of a word and a length, and so many bytes.
func (r *lines) part(word string, most int64) []byte {
	n := r.number(word, most)
	if r.err == nil && int64(len(r.b)) < n {
		r.err = refuse(ErrMalformed, r.what, fmt.Sprintf("%d bytes of %s", len(r.b), word), fmt.Sprintf("%d", n))
	}
	if r.err != nil {
		return nil
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}
