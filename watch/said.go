package watch

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// A Sight is how much one side sees of the other's watch. Each includes those before it.
type Sight uint8

// The sights, as the accord's rule names them.
const (
	SeeNothing Sight = iota
	SeeStaffed
	SeeCount
	SeeNames
)

var sights = [...]string{"nothing", "staffed", "count", "names"}

func (s Sight) String() string {
	if int(s) < len(sights) {
		return sights[s]
	}
	return fmt.Sprintf("sight %d", s)
}

// ParseSight reads the accord's word. What is no word of it shows nothing.
func ParseSight(word string) Sight { return Sight(max(0, slices.Index(sights[:], word))) }

// MaxSaid is how many names one side states of its watch.
const MaxSaid = 8

// A Said is what one side states of its watch to the other. It is a claim.
type Said struct {
	Sight   Sight
	Staffed bool
	Since   int64    // Unix milliseconds, since when it is staffed or not; 0 to 2^48-1
	Ready   uint8    // consoles; 255: 255 or more
	Names   []string // who has the watch
}

// Within leaves out what a sight does not include.
func (s Said) Within(most Sight) Said {
	s.Sight = min(s.Sight, most)
	if s.Sight < SeeNames {
		s.Names = nil
	}
	if s.Sight < SeeCount {
		s.Ready = 0
	}
	if s.Sight < SeeStaffed {
		s.Staffed, s.Since = false, 0
	}
	return s
}

// Equal reports whether both state the same.
func (s Said) Equal(o Said) bool {
	return s.Sight == o.Sight && s.Staffed == o.Staffed && s.Since == o.Since && s.Ready == o.Ready && slices.Equal(s.Names, o.Names)
}

const (
	saidHead = 1 + 1 + 8 + 1 + 1
	lastTime = 1<<48 - 1
)

// Append appends its one encoding:
//
//	1  sight: 0 nothing, 1 staffed or not, 2 the count of consoles too, 3 the names too
//	1  staffed: 0 or 1
//	8  since when, Unix milliseconds, big-endian
//	1  consoles ready
//	1  n, the number of names, at most 8
//	n times
//	    1  length, 1 to 255
//	    …  a name: 1 to 64 visible characters in UTF-8, one line
//
// What the sight does not include is zero.
func (s Said) Append(b []byte) []byte {
	s = s.Within(s.Sight)
	b = append(b, byte(s.Sight), 0)
	if s.Staffed {
		b[len(b)-1] = 1
	}
	b = binary.BigEndian.AppendUint64(b, uint64(s.Since))
	b = append(b, s.Ready, byte(len(s.Names)))
	for _, n := range s.Names {
		b = append(append(b, byte(len(n))), n...)
	}
	return b
}

// ParseSaid reads what Append makes, and nothing else.
func ParseSaid(b []byte) (Said, error) {
	bad := func(what string, found any, want string) (Said, error) {
		return Said{}, fmt.Errorf("watch: state: %s: found %v, want %s", what, found, want)
	}
	if len(b) < saidHead {
		return bad("length", len(b), fmt.Sprintf("at least %d", saidHead))
	}
	s := Said{Sight: Sight(b[0]), Staffed: b[1] == 1, Ready: b[10]}
	since := binary.BigEndian.Uint64(b[2:])
	switch {
	case s.Sight > SeeNames:
		return bad("sight", b[0], "0 to 3")
	case b[1] > 1:
		return bad("staffed", b[1], "0 or 1")
	case since > lastTime:
		return bad("since", since, "at most 48 bits")
	case b[11] > MaxSaid:
		return bad("names", b[11], fmt.Sprintf("at most %d", MaxSaid))
	}
	s.Since = int64(since)
	n, b := int(b[11]), b[saidHead:]
	for range n {
		if len(b) == 0 || len(b)-1 < int(b[0]) {
			return bad("name", fmt.Sprintf("%d bytes", len(b)), "its length and its bytes")
		}
		name := string(b[1 : 1+b[0]])
		if b = b[1+len(name):]; !isName(name) {
			return bad("name", fmt.Sprintf("%q", name), "1 to 64 visible characters in one line")
		}
		s.Names = append(s.Names, name)
	}
	if len(b) > 0 {
		return bad("end", fmt.Sprintf("%d bytes more", len(b)), "none")
	}
	if !s.Equal(s.Within(s.Sight)) {
		return bad("sight", s.Sight, "no more than it includes")
	}
	return s, nil
}

// Says is what this side states, of as much as a sight includes.
func (w *Watch) Says(now time.Time, most Sight, ready int) Said {
	s := Said{Sight: most, Ready: uint8(min(ready, 255)), Staffed: ready > 0}
	if w.used() {
		s.Staffed = s.Staffed && w.Staffed(now)
	}
	if h := w.is.Held; h != nil && s.Staffed && isName(h.Officer.Name) {
		s.Names = []string{h.Officer.Name}
	}
	return s.Within(most)
}
