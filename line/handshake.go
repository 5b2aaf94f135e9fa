package line

import (
	"time"

	"ringdown/wire"
)

const (
	handshakeEvery = time.Second      // at most one new handshake
	pairPatience   = 250              // ticks, 5 s at 20 ms: then a handshake under the pair's keys is given up
	rekeyPatience  = 60 * time.Second // one inside a session, which has to make do with the room that voice leaves
	rekeyRetry     = 30 * time.Second

	// handshakeRoom is what a handshake gets of a frame now and then even if there
	// is more new voice than fits: keys that cannot be renewed die.
	handshakeRoom = 64
	handshakeTurn = 4 // ticks
)

// A handshake is one that is pending. The line's loop owns it.
type handshake struct {
	id    Attempt // the client's attempt
	pair  bool    // under the pair's keys
	began time.Duration
	x     *exchange

	out     []byte                // our flights
	acked   int                   // of out, by the far station
	cursors [wire.MaxPath + 1]int // of out, by index of the path, and of all: where it has got to

	in    assembly
	eaten int // of in, given to TLS

	finished   time.Duration // client: TLS is done, and the keys are the next ones
	isFinished bool
}

// patience is how long the far station has.
func (hs *handshake) patience(tick time.Duration) time.Duration {
	if hs.pair {
		return pairPatience * tick
	}
	return rekeyPatience
}

// take takes in a chunk of this handshake. It reports false if it breaks the rules.
func (hs *handshake) take(h *wire.Handshake) bool {
	if int(h.Received) > len(hs.out) {
		return false
	}
	hs.acked = max(hs.acked, int(h.Received))
	return len(h.Bytes) == 0 || hs.in.put(int(h.Offset), h.Bytes)
}

// allPaths is the cursor of frames that are the same on every path.
const allPaths = wire.MaxPath

// fill adds the next piece, of at most room bytes, and the hello before it.
func (hs *handshake) fill(b *wire.Builder, hello wire.Hello, cursor, room int) {
	room -= wire.HelloChunk + wire.HandshakeOverhead
	if room < 0 || !b.Hello(hello) {
		return
	}
	chunk := wire.Handshake{Received: uint16(hs.in.whole)}
	if from, to := hs.piece(cursor, room); from < to {
		chunk.Offset, chunk.Bytes = uint16(from), hs.out[from:to]
	}
	b.Handshake(chunk)
}

// piece is what a cursor comes to next of all that is not acknowledged, over and
// over. Cursors of odd paths go backwards, so that two paths bring the whole in half
// the time, and each alone still brings it.
func (hs *handshake) piece(cursor, room int) (from, to int) {
	at := &hs.cursors[cursor]
	if cursor%2 == 1 {
		if *at <= hs.acked {
			*at = len(hs.out)
		}
		from, to = max(*at-room, hs.acked), *at
		*at = from
		return from, to
	}
	if *at = max(*at, hs.acked); *at == len(hs.out) {
		*at = hs.acked
	}
	from, to = *at, min(*at+room, len(hs.out))
	*at = to
	return from, to
}

// flights are the flights that are whole and not yet given to TLS; ok is false if what
// came can never become one.
func (hs *handshake) flights() (b []byte, ok bool) {
	all := hs.in.bytes[hs.eaten:hs.in.whole]
	rest := all
	for {
		_, flight, r, err := wire.NextFlight(rest)
		if err != nil {
			return nil, false
		}
		if flight == nil {
			return all[:len(all)-len(rest)], true
		}
		rest = r
	}
}

// An assembly puts the pieces of the far flights together, in whatever order they
// come.
type assembly struct {
	bytes []byte
	have  [maxFlights / 64]uint64
	whole int // bytes without a gap from the beginning
}

// put keeps a piece. It reports false if the piece goes beyond what flights may be.
func (a *assembly) put(offset int, b []byte) bool {
	end := offset + len(b)
	if end > maxFlights {
		return false
	}
	if end > len(a.bytes) {
		a.bytes = append(a.bytes, make([]byte, end-len(a.bytes))...)
	}
	for i, v := range b {
		at := offset + i
		if a.have[at/64]>>(at%64)&1 == 0 {
			a.have[at/64] |= 1 << (at % 64)
			a.bytes[at] = v
		}
	}
	for a.whole < len(a.bytes) && a.have[a.whole/64]>>(a.whole%64)&1 == 1 {
		a.whole++
	}
	return true
}

// The line's part: when handshakes begin, and what comes of them.

// newExchange is the TLS half of a handshake. The keys are derived where TLS works:
// both take longer than a tick should wait.
func (l *Line) newExchange(farIncarnation uint64) *exchange {
	paths, schedule, own := l.cfg.Paths, l.schedule, l.from
	return &exchange{
		first:          l.cfg.First,
		farKey:         l.cfg.FarKey,
		certificate:    l.cfg.Certificate,
		own:            parameters{digest: l.cfg.AccordDigest, incarnation: l.cfg.Durable.Own.Incarnation, final: l.cfg.Final},
		farIncarnation: farIncarnation,
		checkFinal:     l.cfg.CheckFinal,
		derive: func(exported []byte) (*epoch, error) {
			traffic, err := schedule.Traffic(exported)
			if err != nil {
				return nil, err
			}
			return newEpoch(traffic, own, paths)
		},
	}
}

// mayBegin starts a handshake as the client, if it is time for one.
func (l *Line) mayBegin(now time.Duration) {
	if !l.cfg.First || l.hs != nil || now-l.lastBegan < handshakeEvery || !l.anyCadent() {
		return
	}
	if l.keys.current == nil || l.asked(now) {
		l.begin(now, true)
	} else if now >= l.rekeyAt {
		l.begin(now, false)
	}
}

// asked reports whether the far station is heard under the pair's keys: it has no
// session, or wants another.
func (l *Line) asked(now time.Duration) bool {
	return l.attempts.heard != Attempt{} && now-l.attempts.heardAt < pairAlive
}

// begin starts a handshake as the client.
func (l *Line) begin(now time.Duration, pair bool) {
	id, ok := l.attempts.name(now, l.lastID.Number)
	if !ok {
		return
	}
	far := l.farIncarnation
	if pair {
		far = l.attempts.heard.Incarnation
	}
	l.open(now, id, pair, far)
	l.work(nil)
}

// open makes a handshake the pending one. One that was pending is given up.
func (l *Line) open(now time.Duration, id Attempt, pair bool, farIncarnation uint64) {
	if l.hs != nil {
		l.counts.Superseded++
		l.drop()
	}
	l.lastID, l.lastBegan = id, now
	l.hs = &handshake{id: id, pair: pair, began: now, x: l.newExchange(farIncarnation)}
}

// drop ends the pending handshake, and the goroutine of its TLS.
func (l *Line) drop() {
	l.hs.x.abandon()
	l.hs = nil
}

// work gives flights to TLS, off the line's goroutine.
func (l *Line) work(flights []byte) {
	l.h.Offload(l.hs.x.prepare(flights))
}

// receiveHandshake takes in a chunk from the far station, with the hello before it.
func (l *Line) receiveHandshake(in *arrival, pair bool, h *wire.Handshake) {
	id := in.hello.Own
	if l.cfg.First {
		id = in.hello.Far
	} else if l.invites(in, pair) {
		l.open(in.now, id, pair, id.Incarnation)
	}
	hs := l.hs
	if hs == nil || id != hs.id || pair != hs.pair {
		return // of another handshake: late, or early
	}
	if !hs.take(h) {
		l.fail(in.now, FaultFlights)
		return
	}
	l.feed(in.now)
}

// invites reports whether the client's hello names a handshake that the server is
// to enter: a new one, and not too soon.
func (l *Line) invites(in *arrival, pair bool) bool {
	id := in.hello.Own
	if id.Compare(l.lastID) <= 0 {
		return false
	}
	if pair {
		return true // what was accepted keeps the pace already
	}
	return id.Incarnation == l.farIncarnation && in.now-l.lastBegan >= handshakeEvery && (l.hs == nil || !l.hs.pair)
}

// feed gives TLS the whole flights that wait, if it has nothing else to do.
func (l *Line) feed(now time.Duration) {
	hs := l.hs
	if hs.isFinished || !hs.x.idle() {
		return
	}
	flights, ok := hs.flights()
	if !ok {
		l.fail(now, FaultFlights)
		return
	}
	if len(flights) > 0 {
		hs.eaten += len(flights)
		l.work(flights)
	}
}

// worked takes in what TLS made of the flights.
func (l *Line) worked(now time.Duration) {
	hs := l.hs
	if hs == nil || !hs.x.collect() {
		return
	}
	hs.out = append(hs.out, hs.x.out[len(hs.out):]...)
	switch {
	case hs.x.fault != FaultNone:
		l.fail(now, hs.x.fault)
	case hs.x.done:
		l.finish(now)
	default:
		l.feed(now)
	}
}

// finish takes in the keys of a handshake that TLS has finished. The server uses
// them from now on; the client once it hears them.
func (l *Line) finish(now time.Duration) {
	hs := l.hs
	e := hs.x.epoch
	e.id, e.pair, e.since, e.farIncarnation = hs.id, hs.pair, now, hs.x.far.incarnation
	if l.cfg.First {
		hs.isFinished, hs.finished = true, now
		l.keys.next = e
		return
	}
	l.enter(now, e)
	if final := hs.x.far.final; len(final) > 0 && !l.signed {
		l.signed = true
		l.h.FinalReceived(final)
	}
}

// enter makes e the session's keys: on the server when TLS is done, on the client
// when something opens under them.
func (l *Line) enter(now time.Duration, e *epoch) {
	l.meet(e.farIncarnation)
	if l.keys.current != nil && !e.pair {
		l.rekeys++
	}
	l.keys.install(e)
	l.sessions++
	l.fault = FaultNone
	l.rekeyAt = now + rekeyEvery
	l.sessionHeard = now
	if !l.cfg.First {
		l.attempts.raise(e.id)
	}
	l.attempts.finish()
	if l.hs != nil && (l.hs.pair || l.hs.id == e.id) {
		l.drop()
	}
}

// meet takes in which run of the far station has proved itself. What was agreed with
// another is over.
func (l *Line) meet(farIncarnation uint64) {
	l.recount(farIncarnation)
	before := l.farIncarnation
	l.farIncarnation = farIncarnation
	if before == 0 || before == farIncarnation {
		return
	}
	l.frames = wire.Window{}
	l.farVersion, l.echoed = 0, 0
	l.voice.reset()
	l.streams.reset()
	l.h.FarRestarted()
}

// fail gives up the pending handshake for a reason. A working session goes on.
func (l *Line) fail(now time.Duration, f Fault) {
	l.fault = f
	l.counts.Faults[f]++
	l.rekeyAt = max(l.rekeyAt, now+rekeyRetry)
	l.drop()
}

// overdue gives up a handshake that takes too long. One that was finished here stays
// good to be confirmed: the far station may have its keys and not be heard just now.
func (l *Line) overdue(now time.Duration) {
	hs := l.hs
	if hs == nil {
		return
	}
	switch patience := hs.patience(l.cfg.Profile.Tick); {
	case hs.isFinished && now-hs.finished >= patience:
		l.fail(now, FaultUnconfirmed)
	case !hs.isFinished && now-hs.began >= patience:
		l.fail(now, hs.x.lateness())
	}
}
