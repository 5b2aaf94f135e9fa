package wire

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Sizes of the two headers, in bytes.
const (
	PathHeaderSize  = 20
	FrameHeaderSize = 10
)

const (
	// HoldUnit is the unit of [PathHeader.Hold].
	HoldUnit = 16 * time.Microsecond

	// NoEcho in [PathHeader.Hold] says that nothing was heard on the path within
	// the last second, so that there is nothing to measure.
	NoEcho = 0xffff
)

// A PathHeader is what one copy of a frame says of its own path.
type PathHeader struct {
	Path    uint8     // number of the path, 1 to MaxPath
	From    Direction // who sent it
	Counter uint64    // 1, 2, 3 … of this path and direction; 48 bits
	Echo    uint16    // low 16 bits of the newest counter heard on this path
	Hold    uint16    // since that was heard, in HoldUnit; or NoEcho, and then Echo is 0
	Word    Word      // one of several things, in turn
}

// HoldOf encodes the time since the echoed datagram was heard.
func HoldOf(d time.Duration) uint16 {
	if d < 0 {
		return 0
	}
	return uint16(min(d/HoldUnit, NoEcho))
}

// Held is how long the far station held the echoed datagram. It reports false
// if it echoes none.
func (h *PathHeader) Held() (time.Duration, bool) {
	return time.Duration(h.Hold) * HoldUnit, h.Hold != NoEcho
}

// Put encodes h into the first PathHeaderSize bytes of b.
func (h *PathHeader) Put(b []byte) {
	b[0] = h.Path | byte(h.From)
	putUint48(b[1:], h.Counter)
	binary.BigEndian.PutUint16(b[7:], h.Echo)
	binary.BigEndian.PutUint16(b[9:], h.Hold)
	b[11] = byte(h.Word.kind)
	binary.BigEndian.PutUint64(b[12:], h.Word.bits)
}

// ParsePathHeader decodes the first PathHeaderSize bytes of a plaintext that
// arrived on a path from a direction: a header that names another is refused.
func ParsePathHeader(b []byte, path uint8, from Direction) (PathHeader, error) {
	if len(b) < PathHeaderSize {
		return PathHeader{}, malformed("path header", 0, "size", len(b), "at least 20 bytes")
	}
	h := PathHeader{
		Path:    b[0] &^ byte(FromSecond),
		From:    Direction(b[0]) & FromSecond,
		Counter: uint48(b[1:]),
		Echo:    binary.BigEndian.Uint16(b[7:]),
		Hold:    binary.BigEndian.Uint16(b[9:]),
		Word:    Word{kind: WordKind(b[11]), bits: binary.BigEndian.Uint64(b[12:])},
	}
	return h, h.check(path, from)
}

func (h *PathHeader) check(path uint8, from Direction) error {
	switch {
	case h.Path != path || path == 0 || path > MaxPath:
		return malformed("path header", 0, "path", int(h.Path), fmt.Sprint(path))
	case h.From != from:
		return malformed("path header", 0, "direction", int(h.From), from.String())
	case h.Counter == 0:
		return malformed("path header", 1, "counter", 0, "at least 1")
	case h.Hold == NoEcho && h.Echo != 0:
		return malformed("path header", 7, "echo", int(h.Echo), "0, because nothing was heard")
	}
	return h.Word.check()
}

// A WordKind says what the last 8 bytes of a path header are.
type WordKind uint8

// The kinds of word.
const (
	WordReport    WordKind = 1 + iota // how the path arrives here
	WordClock                         // the sender's clock
	WordChallenge                     // 8 random bytes, to a new address of a roaming path
	WordResponse                      // the same bytes back
)

// A Word is one of several things that are sent in turn, because none is needed
// with every datagram. The zero Word is none and never crosses the line.
type Word struct {
	kind WordKind
	bits uint64
}

// Kind says which it is.
func (w Word) Kind() WordKind { return w.kind }

// A PathState is how a path stands for the station that says so.
type PathState uint8

// The states of a path.
const (
	PathKnocking PathState = 1 + iota // nothing heard: one datagram a second
	PathUp                            // heard within the last second
	PathSilent                        // not heard for a second or more, still at full cadence
	PathResting                       // loses too much: rests and is retried
	pathStates
)

var pathStateNames = [pathStates]string{"", "knocking", "up", "silent", "resting"}

func (s PathState) String() string {
	if s > 0 && s < pathStates {
		return pathStateNames[s]
	}
	return fmt.Sprintf("path state %d", uint8(s))
}

// SpreadUnit is the unit of [Report.Spread] on the wire.
const SpreadUnit = 100 * time.Microsecond

// A Report is how a path arrives at the station that says so.
type Report struct {
	State  PathState
	Loss   uint16        // permille of the datagrams sent: 0 to 1000
	Spread time.Duration // slowest less fastest one-way delay, 95th percentile; sent in SpreadUnit, at most 6.5535 s
}

// ReportWord is the word that carries r.
func ReportWord(r Report) Word {
	spread := uint64(min(max(r.Spread, 0)/SpreadUnit, 1<<16-1))
	return Word{WordReport, uint64(r.State)<<56 | uint64(r.Loss)<<40 | spread<<24}
}

// Report is what a word of kind WordReport carries.
func (w Word) Report() Report {
	return Report{
		State:  PathState(w.bits >> 56),
		Loss:   uint16(w.bits >> 40),
		Spread: time.Duration(uint16(w.bits>>24)) * SpreadUnit,
	}
}

// ClockWord is the word that carries the sender's clock in Unix milliseconds UTC.
func ClockWord(unixMilli int64) Word { return Word{WordClock, uint64(unixMilli) & max48} }

// Clock is what a word of kind WordClock carries.
func (w Word) Clock() int64 { return int64(w.bits) }

// A Token is the random content of a challenge and of its response.
type Token [8]byte

// ChallengeWord is the word that challenges a new address.
func ChallengeWord(t Token) Word { return Word{WordChallenge, binary.BigEndian.Uint64(t[:])} }

// ResponseWord is the word that answers a challenge.
func ResponseWord(t Token) Word { return Word{WordResponse, binary.BigEndian.Uint64(t[:])} }

// Token is what a word of kind WordChallenge or WordResponse carries.
func (w Word) Token() (t Token) {
	binary.BigEndian.PutUint64(t[:], w.bits)
	return t
}

func (w Word) check() error {
	switch w.kind {
	case WordReport:
		return w.checkReport()
	case WordClock:
		if w.bits > max48 {
			return malformed("path header", 12, "clock", int(w.bits>>48), "0 in its high 16 bits")
		}
	case WordChallenge, WordResponse:
	default:
		return malformed("path header", 11, "kind of word", int(w.kind), "1 to 4")
	}
	return nil
}

func (w Word) checkReport() error {
	switch r := w.Report(); {
	case r.State == 0 || r.State >= pathStates:
		return malformed("path header", 12, "path state", int(r.State), "1 to 4")
	case r.Loss > 1000:
		return malformed("path header", 13, "loss", int(r.Loss), "at most 1000 permille")
	case w.bits&(1<<24-1) != 0:
		return malformed("path header", 17, "rest of report", int(w.bits&(1<<24-1)), "0")
	}
	return nil
}

// A FrameHeader is what every copy of a frame says of the frame.
type FrameHeader struct {
	Number     uint64 // of the sender's tick, 48 bits: the same on every path
	SignalEcho uint32 // version of the newest signal heard from the far station; 0: none
}

// Put encodes h into the first FrameHeaderSize bytes of b.
func (h FrameHeader) Put(b []byte) {
	putUint48(b, h.Number)
	binary.BigEndian.PutUint32(b[6:], h.SignalEcho)
}

// ParseFrameHeader decodes the first FrameHeaderSize bytes of b. Every value is
// a valid one.
func ParseFrameHeader(b []byte) (FrameHeader, error) {
	if len(b) < FrameHeaderSize {
		return FrameHeader{}, malformed("frame header", 0, "size", len(b), "at least 10 bytes")
	}
	return FrameHeader{Number: uint48(b), SignalEcho: binary.BigEndian.Uint32(b[6:])}, nil
}
