package line

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"ringdown/wire"
)

// A Line is one end of the standing link between two stations. It is not safe for
// concurrent use: one loop owns it, brings it the time and what arrives, and carries
// away what it sends.
//
// Moments inside a Line are durations since its start.
type Line struct {
	cfg   Config
	h     Handler
	from  wire.Direction // of what we send
	start time.Time
	first time.Duration // the instant of tick 1

	state  State
	since  time.Duration
	closed bool

	tick     uint64 // newest done, or that needed nothing
	measured time.Duration

	schedule *wire.Schedule
	paths    []*path
	index    [wire.MaxPath + 1]int8 // of a path's number in paths; -1: none

	keys         epochs
	attempts     attempts
	hs           *handshake // pending; nil: none
	lastID       Attempt    // of the newest handshake that was begun, or entered
	lastBegan    time.Duration
	rekeyAt      time.Duration // when the client begins new keys
	sessionHeard time.Duration // last datagram under the session's keys
	signed       bool          // the final signature is here
	fault        Fault
	sessions     int
	rekeys       int

	farIncarnation uint64      // proved by a handshake; zero: none yet
	run            uint64      // incarnation whose counters the paths hold
	frames         wire.Window // frame numbers heard, over all paths
	clocks         clocks
	rtt            time.Duration // of the fastest path that is up
	hasRTT         bool

	signal     wire.Signal // ours
	version    uint32      // of signal; 0: none was set
	echoed     uint32      // newest version that the far station says it has
	farVersion uint32      // of the far station's signal

	voice   voiceFreight
	streams streamFreight

	counts  Counts
	builder wire.Builder
	scratch [wire.MaxSize]byte // what is opened
	plain   [wire.MaxSize]byte // what is sealed
}

// New makes a line that has not sent anything. Its first tick is at the first of
// its instants from now on.
func New(cfg Config, h Handler, now time.Time) (*Line, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	l := &Line{
		cfg: cfg, h: h, start: now, from: wire.FromSecond,
		attempts:  newAttempts(cfg.Durable),
		lastBegan: never, rekeyAt: never, sessionHeard: never, measured: never,
		signed:  cfg.First && len(cfg.Final) > 0,
		voice:   newVoice(cfg.Profile, cfg.Hitless),
		streams: newStreams(cfg.Profile.Tick),
	}
	if cfg.First {
		l.from = wire.FromFirst
	}
	tick := cfg.Profile.Tick
	l.first = (tick + cfg.Slot - time.Duration(now.UnixNano()%int64(tick))) % tick
	var err error
	if l.schedule, err = wire.NewSchedule(&cfg.PairSecret, &cfg.AccordDigest); err != nil {
		return nil, fmt.Errorf("line: %w", err)
	}
	if l.keys.pair, err = newEpoch(l.schedule, l.from, cfg.Paths); err != nil {
		return nil, fmt.Errorf("line: %w", err)
	}
	return l, l.makePaths()
}

func (l *Line) makePaths() error {
	for i := range l.index {
		l.index[i] = -1
	}
	for i, cfg := range l.cfg.Paths {
		in, err := l.schedule.Label(l.from.Opposite(), cfg.Number)
		if err != nil {
			return fmt.Errorf("line: %w", err)
		}
		seed := binary.BigEndian.Uint64(in[:]) ^ l.attempts.own.Incarnation
		l.paths = append(l.paths, newPath(cfg, in, seed))
		l.index[cfg.Number] = int8(i)
	}
	return nil
}

// Labels are those of the datagrams that arrive for this line. They never change.
func (l *Line) Labels() []PathLabel {
	labels := make([]PathLabel, len(l.paths))
	for i, p := range l.paths {
		labels[i] = PathLabel{Label: p.label, Path: p.Number}
	}
	return labels
}

// path is the path of a number, with its index.
func (l *Line) path(number uint8) (int, *path) {
	if int(number) >= len(l.index) || l.index[number] < 0 {
		return -1, nil
	}
	i := int(l.index[number])
	return i, l.paths[i]
}

// SetSignal says what the far station shall know of us from now on. It is sent with
// every frame until it is echoed.
func (l *Line) SetSignal(s wire.Signal) {
	if l.version == 0 || s != l.signal {
		l.signal = s
		l.version++
	}
}

// SendVoice sends one packet of a talker with the next frame, and again while there
// is room. A line without a session carries no voice and keeps none.
func (l *Line) SendVoice(talker uint8, c wire.Codec, packet []byte) error {
	if l.keys.current == nil {
		return nil
	}
	return l.voice.send(talker, c, packet)
}

// SendMessage queues a message on a stream. It is delivered once and in order, or
// lost with all behind it when either station starts anew.
func (l *Line) SendMessage(s Stream, msg []byte) error { return l.streams.send(s, msg) }

// SetRemote gives a path the address that the accord names now: a name was resolved
// again, or the accord amended. An invalid address is one not known.
func (l *Line) SetRemote(now time.Time, path uint8, remote netip.AddrPort) {
	if _, p := l.path(path); p != nil && !l.closed {
		at := now.Sub(l.start)
		l.turn(at, p, p.setHome(at, remote))
		l.settle(at)
	}
}

// Persisted says that what [Handler.Persist] was given last is on disk.
func (l *Line) Persisted(now time.Time) {
	if l.closed {
		return
	}
	at := now.Sub(l.start)
	if l.attempts.written() {
		l.accept(now)
	}
	l.persist()
	l.settle(at)
}

// persist asks for what must be on disk, if anything must.
func (l *Line) persist() {
	if d, ok := l.attempts.write(); ok {
		l.counts.PersistAsks++
		l.h.Persist(d)
	}
}

// Offloaded says that work which [Handler.Offload] was given is done.
func (l *Line) Offloaded(now time.Time) {
	if !l.closed {
		at := now.Sub(l.start)
		l.worked(at)
		l.settle(at)
	}
}

// Close ends the line, and the goroutine of a handshake that is pending. Nothing is
// sent or heard after it.
func (l *Line) Close() {
	if l.hs != nil {
		l.drop()
	}
	l.closed = true
	l.keys = epochs{}
}

// turn brings a path to a state.
func (l *Line) turn(now time.Duration, p *path, s PathState) {
	if p.state == s {
		return
	}
	was := p.state
	p.state, p.since = s, now
	switch {
	case s == PathKnocking:
		p.fallBack()
	case s == PathResting:
		l.counts.Rests++
	case s == PathUp && was != PathSilent && !l.otherCadent(p):
		l.tick = max(l.tick, l.tickOf(now)) // no tick before now was missed
	}
	l.h.PathChanged(p.Number, s)
}

// otherCadent reports whether a path besides p sends at every tick.
func (l *Line) otherCadent(p *path) bool {
	for _, q := range l.paths {
		if q != p && q.cadent() {
			return true
		}
	}
	return false
}

func (l *Line) anyCadent() bool { return l.otherCadent(nil) }

// settle brings the state of the line up to what its parts say.
func (l *Line) settle(now time.Duration) {
	if s := l.stands(); s != l.state {
		l.state, l.since = s, now
		l.h.LineChanged(s)
	}
}

func (l *Line) stands() State {
	up := false
	for _, p := range l.paths {
		up = up || p.state == PathUp
	}
	switch {
	case !up || l.keys.current == nil:
		return StateDown
	case !l.signed:
		return StateHalfSigned
	}
	return StateOpen
}
