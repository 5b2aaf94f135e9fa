package line

import (
	"time"

	"ringdown/wire"
)

const (
	measureEvery = time.Second
	houseEvery   = 500 * time.Millisecond // at least so often Advance is called
)

// tickOf is the newest tick whose instant is not after now; 0 if there is none.
func (l *Line) tickOf(now time.Duration) uint64 {
	if now < l.first {
		return 0
	}
	return uint64((now-l.first)/l.cfg.Profile.Tick) + 1
}

// instant is when tick n is.
func (l *Line) instant(n uint64) time.Duration {
	return l.first + time.Duration(n-1)*l.cfg.Profile.Tick
}

// Deadline is when Advance must be called next. Any other call may bring it
// forward.
func (l *Line) Deadline() time.Time {
	if l.attempts.wanted.Own.Number == 0 {
		return l.start // the first numbers are to be reserved
	}
	next := l.start.Add(l.instant(l.nextTick()))
	if due, ok := l.voice.due(); ok && due.Before(next) {
		return due
	}
	return next
}

// nextTick is the next tick at which there is something to do.
func (l *Line) nextTick() uint64 {
	next := l.tick + uint64(houseEvery/l.cfg.Profile.Tick)
	for _, p := range l.paths {
		switch {
		case p.cadent() || p.asked.budget > 0:
			return l.tick + 1
		case p.state == PathKnocking:
			next = min(next, max(p.knock, l.tick+1))
		}
	}
	return next
}

// Advance does all that is due by now: lets voice go, and sends the datagrams of the
// newest tick. Ticks that were missed are counted and left out, never sent in a bunch.
func (l *Line) Advance(now time.Time, out Outbox) {
	if l.closed {
		return
	}
	l.voice.play(now, l.h)
	at := now.Sub(l.start)
	l.attempts.reserve()
	l.persist()
	n := l.tickOf(at)
	if n <= l.tick {
		return
	}
	if l.anyCadent() {
		l.counts.LateTicks += n - l.tick - 1
	}
	l.tick = n
	l.upkeep(at)
	l.send(now, n, out)
	l.settle(at)
}

// upkeep does what time alone brings.
func (l *Line) upkeep(now time.Duration) {
	for _, p := range l.paths {
		l.turn(now, p, p.turned(now))
	}
	if now-l.measured >= measureEvery {
		l.measured = now
		l.measure(now)
	}
	l.rest(now)
	l.keys.age(now)
	l.overdue(now)
	l.mayBegin(now)
}

// measure brings the figures of all paths up to now.
func (l *Line) measure(now time.Duration) {
	l.hasRTT = false
	for _, p := range l.paths {
		p.measure(now)
		if p.state == PathUp && p.hasRTT && (!l.hasRTT || p.rtt < l.rtt) {
			l.rtt, l.hasRTT = p.rtt, true
		}
	}
}

// rest sends a hopeless path to rest, but never the last one that is of use; and wakes
// those that rest when they are needed. It knows of no call, because a rest can be seen.
func (l *Line) rest(now time.Duration) {
	for _, p := range l.paths {
		spare := l.otherUsable(now, p)
		switch {
		case p.state == PathResting && !spare:
			l.turn(now, p, PathKnocking)
		case p.cadent() && spare && p.hopeless(now):
			l.turn(now, p, PathResting)
		}
	}
}

func (l *Line) otherUsable(now time.Duration, p *path) bool {
	for _, q := range l.paths {
		if q != p && q.usable(now) {
			return true
		}
	}
	return false
}

// send sends the datagrams of tick n: the same frame on each path that is due,
// sealed for each. Under the pair's keys frames are not matched, so each path carries
// the next piece of the handshake.
func (l *Line) send(now time.Time, n uint64, out Outbox) {
	at := now.Sub(l.start)
	var e *epoch
	for i, p := range l.paths {
		to, ask, ok := p.target(n)
		if !ok {
			continue
		}
		if e == nil || e == l.keys.pair {
			if e, ok = l.build(now, n, i); !ok {
				return // nothing may be said before it is on disk
			}
		}
		if e.sealers[i].Left() == 0 {
			continue
		}
		h := p.header(at, l.from, p.word(now, ask))
		h.Put(l.plain[:])
		dst := out.Next(p.Number, to)
		if e.sealers[i].Seal(dst, l.plain[:l.cfg.Profile.Plain()]) != nil {
			clear(dst)
			continue
		}
		p.sent++
		if !p.cadent() {
			p.knocked(n, l.cfg.Profile.Tick)
		}
	}
}

// build makes the frame of tick n behind the place of the path header, and says
// under which keys it is to be sealed. Only under the pair's keys it is for one path.
func (l *Line) build(now time.Time, n uint64, path int) (*epoch, bool) {
	at := now.Sub(l.start)
	f := wire.FrameHeader{Number: n, SignalEcho: l.farVersion}
	f.Put(l.plain[wire.PathHeaderSize:])
	b := &l.builder
	b.Reset(l.plain[wire.PathHeaderSize+wire.FrameHeaderSize : l.cfg.Profile.Plain()])
	defer b.Finish()
	if l.underPair(at, n) {
		l.voice.plan(n) // it ages, though it does not travel
		return l.keys.pair, l.buildPair(at, path, b)
	}
	l.buildSession(now, n, b)
	return l.keys.current, true
}

// underPair reports whether the frame of tick n goes under the pair's keys: if there
// are no others; while a handshake under them is under way; and then only every second, as
// long as the session is heard.
func (l *Line) underPair(now time.Duration, n uint64) bool {
	if l.keys.current == nil {
		return true
	}
	pending := l.hs != nil && l.hs.pair
	if !l.cfg.First {
		pending = l.asked(now)
	}
	return pending && (n&1 == 1 || now-l.sessionHeard >= silentAfter)
}

// buildPair fills a frame under the pair's keys. It reports false if there is no
// attempt to send it under.
func (l *Line) buildPair(now time.Duration, path int, b *wire.Builder) bool {
	pending := l.hs != nil && l.hs.pair
	hello := wire.Hello{Far: l.attempts.heard}
	if l.cfg.First && pending {
		hello.Own = l.hs.id
	} else {
		own, ok := l.attempts.knock(now, l.anyCadent())
		if !ok {
			return false
		}
		hello.Own = own
	}
	if pending {
		l.hs.fill(b, hello, path, b.Room())
		return true
	}
	return b.Hello(hello)
}

// buildSession fills a frame under the session's keys with the freights, in the
// order of room.
func (l *Line) buildSession(now time.Time, n uint64, b *wire.Builder) {
	if l.version > l.echoed {
		b.Signal(l.version, &l.signal)
	}
	fresh, repeat := l.voice.plan(n)
	left := 0
	if l.hs != nil && !l.hs.pair {
		l.hs.fill(b, l.rekeyHello(), allPaths, l.handshakeRoom(n, b.Room(), fresh, repeat))
	} else {
		left = l.streams.share(now)
	}
	l.voice.fill(n, b, b.Room()-left)
	l.streams.fill(now, l.rtt, b)
}

// rekeyHello names the handshake inside the session.
func (l *Line) rekeyHello() wire.Hello {
	if l.cfg.First {
		return wire.Hello{Own: l.hs.id}
	}
	return wire.Hello{Own: l.attempts.own, Far: l.hs.id}
}

// handshakeRoom is what a handshake gets of so much room: what new voice and one
// repeat leave; else what new voice leaves; and sometimes a little in any case.
func (l *Line) handshakeRoom(n uint64, room, fresh, repeat int) int {
	give := room - repeat
	if give < handshakeRoom {
		give = room - fresh
	}
	if n%handshakeTurn == 0 {
		give = max(give, handshakeRoom)
	}
	return min(give, room)
}
