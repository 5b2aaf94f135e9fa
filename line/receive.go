package line

import (
	"net/netip"
	"time"

	"ringdown/wire"
)

// An arrival is one datagram that opened and keeps to the format.
type arrival struct {
	at     time.Time
	now    time.Duration // the same, since the line's start
	path   *path
	index  int
	from   netip.AddrPort
	header wire.PathHeader
	frame  wire.FrameHeader
	chunks wire.Chunks
	hello  wire.Hello // the last one seen in chunks
}

// Receive takes in a datagram that came for a path. Whatever it is, nothing is sent
// before the next tick; if it is not authentic and new, nothing is sent because of
// it at all. The datagram may be overwritten.
func (l *Line) Receive(now time.Time, path uint8, from netip.AddrPort, datagram []byte) {
	i, p := l.path(path)
	if p == nil || l.closed {
		return
	}
	e, plain := l.unseal(i, datagram)
	if e == nil {
		l.counts.Unopened++
		return
	}
	in := arrival{at: now, now: now.Sub(l.start), path: p, index: i, from: plainAddr(from)}
	if !in.parse(plain, l.from.Opposite()) {
		l.counts.Malformed++
		return
	}
	if !p.allows(in.from) {
		l.counts.Address++
		return
	}
	if e == l.keys.pair {
		l.receivePair(&in)
	} else {
		l.receiveSession(e, &in)
	}
	l.settle(in.now)
}

// unseal opens a datagram under the keys that it was sealed under.
func (l *Line) unseal(i int, datagram []byte) (*epoch, []byte) {
	if len(datagram) != l.cfg.Profile.Size {
		return nil, nil
	}
	for _, e := range l.keys.all() {
		if e == nil {
			continue
		}
		if plain, err := e.openers[i].Open(l.scratch[:], datagram); err == nil {
			return e, plain
		}
	}
	return nil, nil
}

func (in *arrival) parse(plain []byte, from wire.Direction) bool {
	var err error
	if in.header, err = wire.ParsePathHeader(plain, in.path.Number, from); err != nil {
		return false
	}
	plain = plain[wire.PathHeaderSize:]
	if in.frame, err = wire.ParseFrameHeader(plain); err != nil {
		return false
	}
	in.chunks, err = wire.Parse(plain[wire.FrameHeaderSize:])
	return err == nil
}

// receivePair takes in a datagram under the pair's keys, which are the same for ever:
// it counts only if its attempt is newer than all before, or the one that is heard.
func (l *Line) receivePair(in *arrival) {
	if !in.introduces() {
		l.counts.Malformed++
		return
	}
	switch l.attempts.judge(in.now, in.hello.Own) {
	case verdictStale:
		l.counts.Stale++
	case verdictHurried:
		l.counts.Hurried++
	case verdictNew:
		l.attempts.expect(in.now, in.hello.Own)
		l.attempts.hold(in)
		l.persist()
	case verdictWaits:
		if !l.attempts.hold(in) {
			l.counts.Hurried++
		}
	case verdictKnown:
		if !l.keys.pair.windows[in.index].Accept(in.header.Counter) {
			l.counts.Replayed++
			in.path.hearAgain(in.now, in.from, in.header.Counter)
			return
		}
		l.receiveKnown(in)
	}
}

// introduces reads the hello that a datagram under the pair's keys begins with. It reports false
// if there is none, or if anything but a handshake follows.
func (in *arrival) introduces() bool {
	chunks := in.chunks
	if !chunks.Next() || chunks.Kind() != wire.KindHello {
		return false
	}
	in.hello = chunks.Hello()
	for chunks.Next() {
		if chunks.Kind() != wire.KindHandshake {
			return false
		}
	}
	return true
}

// receiveKnown takes in a datagram of the attempt that is heard.
func (l *Line) receiveKnown(in *arrival) {
	l.attempts.heardAt = in.now
	l.attempts.echo(in.hello.Far)
	l.hear(in)
	for in.chunks.Next() {
		if in.chunks.Kind() == wire.KindHandshake {
			h := in.chunks.Handshake()
			l.receiveHandshake(in, true, &h)
		}
	}
}

// accept begins to hear a new attempt, which is on disk now. What was pending with
// an older one is over.
func (l *Line) accept(now time.Time) {
	clear(l.keys.pair.windows)
	run := l.attempts.run
	if hs := l.hs; hs != nil && !(l.cfg.First && hs.pair && hs.x.farIncarnation == run) {
		l.counts.Superseded++
		l.drop()
	}
	l.recount(run)
	for i := range l.attempts.waiting {
		in := &l.attempts.waiting[i]
		in.at, in.now = now, now.Sub(l.start)
		l.keys.pair.windows[in.index].Accept(in.header.Counter)
		l.receiveKnown(in)
	}
	l.mayBegin(now.Sub(l.start))
}

// recount lets the paths count anew if the far station does.
func (l *Line) recount(incarnation uint64) {
	if l.run == incarnation {
		return
	}
	l.run = incarnation
	for _, p := range l.paths {
		p.newRun()
	}
}

// receiveSession takes in a datagram under a session's keys.
func (l *Line) receiveSession(e *epoch, in *arrival) {
	if !e.windows[in.index].Accept(in.header.Counter) {
		l.counts.Replayed++
		in.path.hearAgain(in.now, in.from, in.header.Counter)
		return
	}
	l.prove(in.now, e)
	l.sessionHeard = in.now
	l.hear(in)
	l.voice.heard(in.at, in.path.Number, in.frame.Number)
	if !l.frames.Accept(in.frame.Number) {
		l.counts.Copies++
		return
	}
	if v := in.frame.SignalEcho; v > l.echoed && v <= l.version {
		l.echoed = v
	}
	for in.chunks.Next() {
		l.receiveChunk(in)
	}
	l.voice.play(in.at, l.h)
}

// prove takes in that something opened under e: the far station has these keys.
func (l *Line) prove(now time.Duration, e *epoch) {
	if e == l.keys.next {
		l.enter(now, e)
	}
	if e == l.keys.current {
		l.keys.confirm(now)
	}
}

// receiveChunk takes in one chunk. Until the accord is signed to the end the line carries
// handshakes only; all else is neither heard nor acknowledged, so that it comes again.
func (l *Line) receiveChunk(in *arrival) {
	kind := in.chunks.Kind()
	if !l.signed && kind != wire.KindHello && kind != wire.KindHandshake {
		return
	}
	switch kind {
	case wire.KindSignal:
		if version, s := in.chunks.Signal(); version > l.farVersion {
			l.farVersion = version
			l.h.FarSignal(s)
		}
	case wire.KindHello:
		in.hello = in.chunks.Hello()
	case wire.KindHandshake:
		h := in.chunks.Handshake()
		l.receiveHandshake(in, false, &h)
	case wire.KindVoice:
		l.voice.receive(in.at, in.frame.Number, in.chunks.Voice())
	case wire.KindAck:
		if !l.streams.ack(in.at, in.chunks.Ack()) {
			l.counts.Malformed++
		}
	case wire.KindData:
		if !l.streams.data(in.at, in.chunks.Data(), l.h) {
			l.counts.Malformed++
		}
	}
}

// hear takes in what a datagram that counts says of its path.
func (l *Line) hear(in *arrival) {
	p, h := in.path, &in.header
	remote := p.remote
	l.turn(in.now, p, p.hear(in.now, in.from, h.Counter))
	if p.remote != remote {
		l.counts.Moves++
	}
	p.in.arrive(in.now, h.Counter, in.now-l.sentAt(in.frame.Number))
	if held, ok := h.Held(); ok {
		p.rounds.echo(in.now, h.Echo, held)
	}
	l.hearWord(in)
}

// countedFrames is where the count of frames wraps in measurements: 43 years of ticks or
// more, and few enough to be a duration, whatever number the far station makes up.
const countedFrames = 1 << 36

// sentAt is when the far station sent a frame, by its own count of ticks.
func (l *Line) sentAt(frame uint64) time.Duration {
	return time.Duration(frame%countedFrames) * l.cfg.Profile.Tick
}

func (l *Line) hearWord(in *arrival) {
	p := in.path
	switch w := in.header.Word; w.Kind() {
	case wire.WordReport:
		p.report, p.reported = w.Report(), in.now
	case wire.WordClock:
		if p.hasRTT {
			l.clocks.hear(in.at, time.UnixMilli(w.Clock()), p.rtt/2)
		}
	case wire.WordChallenge:
		p.token, p.responses = w.Token(), responses
	case wire.WordResponse:
		if p.respond(in.now, in.from, w.Token()) {
			l.counts.Moves++
			l.turn(in.now, p, PathUp)
		}
	}
}
