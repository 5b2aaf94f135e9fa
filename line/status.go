package line

import (
	"fmt"
	"net/netip"
	"time"
)

// A State says how the line stands.
type State uint8

const (
	StateDown       State = iota // no path is up, or no session's keys are agreed
	StateHalfSigned              // open, but the first party's final signature has not come
	StateOpen                    // open, over all paths or some: see [Status.Paths]
)

func (s State) String() string {
	switch s {
	case StateDown:
		return "down"
	case StateHalfSigned:
		return "half-signed"
	case StateOpen:
		return "open"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// A PathState says how a path stands.
type PathState uint8

const (
	PathKnocking   PathState = iota // nothing authentic for 30 s: one datagram a second
	PathUp                          // heard within the last second
	PathSilent                      // not heard for a second or more, still at full cadence
	PathResting                     // loses too much: rests for a minute, then is tried again
	PathUnresolved                  // no address to send to
)

func (s PathState) String() string {
	switch s {
	case PathKnocking:
		return "knocking"
	case PathUp:
		return "up"
	case PathSilent:
		return "silent"
	case PathResting:
		return "resting"
	case PathUnresolved:
		return "unresolved"
	}
	return fmt.Sprintf("path state %d", uint8(s))
}

// A PathStatus is one path at one moment.
type PathStatus struct {
	Number   uint8
	Name     string
	Remote   netip.AddrPort // where we send; invalid if not known
	FarRoams bool
	State    PathState
	Since    time.Time // of State
	Heard    time.Time // last authentic datagram in this run; zero: none
	HasRTT   bool
	RTT      time.Duration // median, less the time the far station held the datagram
	In       Quality       // measured here
	Out      Quality       // measured there, as the far station last reported it
	Sent     uint64        // datagrams in this run
	Arrived  uint64        // authentic and fresh datagrams in this run
}

// A Status is all that the line shows of itself at one moment.
type Status struct {
	State State
	Since time.Time // of State
	Paths []PathStatus

	HasRTT bool
	RTT    time.Duration // of the fastest path that is up

	HasClock bool
	Clock    time.Duration // the far station's clock less ours

	Hold time.Duration // how long voice waits here for the slowest path relied on

	OwnIncarnation uint64
	FarIncarnation uint64 // zero: not heard in this run

	Sessions     int       // handshakes completed in this run, rekeys included
	Rekeys       int       // of these, inside a living session
	SessionSince time.Time // of the keys in use; zero: none
	Fault        Fault     // of the last handshake that failed; FaultNone if none did since one completed

	Counts Counts
}

// Counts says what was dropped, and why. Nothing that is counted here was
// answered or remembered.
type Counts struct {
	Unopened    uint64 // opened under no key, or of another size
	Malformed   uint64 // opened, but breaks the rules: the far station is at fault
	Replayed    uint64 // seen before, or too old to tell
	Stale       uint64 // hello of an attempt that is not newer
	Hurried     uint64 // hello of a new attempt too soon after others
	Address     uint64 // authentic, but from an address that the path does not allow
	Copies      uint64 // frames that another path brought first
	LateTicks   uint64 // ticks that were missed because Advance came late
	Faults      [faultCount]uint64
	Superseded  uint64 // handshakes that a newer one replaced
	Moves       uint64 // times a roaming path moved
	Rests       uint64 // times a path was sent to rest
	PersistAsks uint64 // times [Handler.Persist] was called
}

// Status is how the line stands.
func (l *Line) Status(now time.Time) Status {
	at := now.Sub(l.start)
	s := Status{
		State: l.state, Since: l.start.Add(l.since),
		HasRTT: l.hasRTT, RTT: l.rtt,
		Hold:           l.voice.holding(),
		OwnIncarnation: l.cfg.Durable.Own.Incarnation,
		FarIncarnation: l.farIncarnation,
		Sessions:       l.sessions, Rekeys: l.rekeys,
		Fault: l.fault, Counts: l.counts,
	}
	s.Clock, s.HasClock = l.clocks.median()
	if l.keys.current != nil {
		s.SessionSince = l.start.Add(l.keys.current.since)
	}
	for _, p := range l.paths {
		s.Paths = append(s.Paths, l.pathStatus(p, at))
	}
	return s
}

func (l *Line) pathStatus(p *path, now time.Duration) PathStatus {
	s := PathStatus{
		Number: p.Number, Name: p.Name, Remote: p.remote, FarRoams: p.FarRoams,
		State: p.state, Since: l.start.Add(p.since),
		HasRTT: p.hasRTT, RTT: p.rtt,
		In: p.quality, Out: p.out(now),
		Sent: p.sent, Arrived: p.arrived,
	}
	if p.heard != never {
		s.Heard = l.start.Add(p.heard)
	}
	return s
}
