package line

import (
	"crypto/rand"
	"math"
	mathrand "math/rand/v2"
	"net/netip"
	"time"

	"ringdown/wire"
)

// What the design fixes of paths.
const (
	knockEvery  = time.Second      // on the average, while nothing is heard
	silentAfter = time.Second      // without anything authentic
	consent     = 30 * time.Second // RFC 7675, 5.1: without anything authentic, the cadence ends

	restLoss  = 900              // permille that does not arrive there
	restAfter = 30 * time.Second // of such loss
	restFor   = 60 * time.Second

	moveAfter    = time.Second // of silence from the old address
	challengeMax = 3           // datagrams to an unproven address for each from it: RFC 9000, 8.1
	responses    = 3           // a response is sent so often, in case one is lost
)

// What we merely chose.
const (
	reportAge  = Window // how long a far report counts
	recent     = 64     // counters behind the highest that still say that an address lives
	usableLoss = 500    // permille: a path that loses more does not let another rest
)

// never is a moment before all others.
const never = time.Duration(math.MinInt64 / 2)

// A path is one route of the line, seen from here. The line's loop owns it.
// Moments are durations since the line's start.
type path struct {
	PathConfig
	label wire.Label // of what arrives
	state PathState
	since time.Duration // of state

	home     netip.AddrPort // as the accord names it
	remote   netip.AddrPort // where we send: home, or where a roaming far end moved
	previous netip.AddrPort // where it was before: it goes back when heard there
	asked    candidate

	heard time.Duration // anything authentic and fresh
	spoke time.Duration // the same, from remote

	newest   uint64        // highest counter heard
	newestAt time.Duration // when

	knock  uint64 // tick of the next knock
	jitter mathrand.PCG

	token     wire.Token // of the last challenge heard
	responses int        // that are still to be sent
	clockNext bool       // the next word is the clock, not the report

	report   wire.Report // how our datagrams arrive there
	reported time.Duration
	badSince time.Duration // since when the reports say that hardly any does; or never

	in      meter
	rounds  rounds
	quality Quality // of in, as last measured
	rtt     time.Duration
	hasRTT  bool

	sent, arrived uint64
}

// A candidate is an address that a roaming path may move to once it has echoed the
// token.
type candidate struct {
	addr   netip.AddrPort
	token  wire.Token
	budget int // datagrams that may still be sent there unproven
}

func newPath(cfg PathConfig, label wire.Label, seed uint64) *path {
	p := &path{PathConfig: cfg, label: label,
		heard: never, spoke: never, reported: never, badSince: never, newestAt: never}
	p.jitter.Seed(seed, uint64(cfg.Number))
	p.home = plainAddr(cfg.Remote)
	p.remote = p.home
	p.state = p.startState()
	return p
}

// plainAddr writes an IPv4 address in one way only.
func plainAddr(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func (p *path) startState() PathState {
	if p.remote.IsValid() {
		return PathKnocking
	}
	return PathUnresolved
}

// cadent reports whether a datagram leaves on p at every tick.
func (p *path) cadent() bool { return p.state == PathUp || p.state == PathSilent }

// allows reports whether a datagram from an address may be looked at. A fixed
// path hears the accord's address only.
func (p *path) allows(from netip.AddrPort) bool { return p.FarRoams || from == p.remote }

// turned is the state that time alone has brought p to.
func (p *path) turned(now time.Duration) PathState {
	switch {
	case p.cadent() && now-p.spoke >= consent:
		return PathKnocking
	case p.state == PathUp && now-p.heard >= silentAfter:
		return PathSilent
	case p.state == PathResting && now-p.since >= restFor:
		return PathKnocking
	}
	return p.state
}

// hear takes in that an authentic, fresh datagram of a counter came from an address that p
// allows, and returns the state that brings p to.
func (p *path) hear(now time.Duration, from netip.AddrPort, counter uint64) PathState {
	p.heard = now
	p.arrived++
	if counter > p.newest {
		p.newest, p.newestAt = counter, now
		if from == p.previous && from != p.remote {
			p.move(now, from)
		}
	}
	if from != p.remote {
		p.consider(now, from)
		return p.state
	}
	p.spoke, p.asked = now, candidate{}
	if p.state == PathResting {
		return p.state
	}
	return PathUp
}

// hearAgain takes in that a datagram heard before came again, from the address that we
// send to: somebody may have forwarded the first copy faster from elsewhere, to
// make the address look silent (RFC 9000, 9.3.3). The first copy must have come just
// now: otherwise one recorded datagram, played again and again, would keep the
// cadence going to an address that is long dead.
func (p *path) hearAgain(now time.Duration, from netip.AddrPort, counter uint64) {
	if from == p.remote && counter+recent > p.newest && now-p.newestAt < moveAfter {
		p.spoke, p.asked = now, candidate{}
	}
}

// consider lets an address be asked to prove itself, if the one in use is silent.
func (p *path) consider(now time.Duration, from netip.AddrPort) {
	if p.remote.IsValid() && now-p.spoke < moveAfter {
		return
	}
	if p.asked.addr != from {
		p.asked = candidate{addr: from}
		rand.Read(p.asked.token[:])
	}
	p.asked.budget = min(p.asked.budget+challengeMax, 2*recent)
}

// respond takes in that an address echoes a token. It reports whether p moves there.
func (p *path) respond(now time.Duration, from netip.AddrPort, token wire.Token) bool {
	if !p.asked.addr.IsValid() || from != p.asked.addr || token != p.asked.token {
		return false
	}
	p.move(now, from)
	return true
}

func (p *path) move(now time.Duration, to netip.AddrPort) {
	p.previous, p.remote, p.spoke = p.remote, to, now
	p.asked = candidate{}
}

// target is where the datagram of tick n goes, if one leaves on p at all; ask says
// that it carries a challenge. While an address is asked, it gets every second
// datagram, or all if there is no other.
func (p *path) target(n uint64) (to netip.AddrPort, ask, ok bool) {
	if p.asked.budget > 0 && p.state != PathResting && (n&1 == 1 || !p.cadent()) {
		p.asked.budget--
		return p.asked.addr, true, true
	}
	switch {
	case p.cadent():
		return p.remote, false, true
	case p.state == PathKnocking && n >= p.knock:
		return p.remote, false, true
	}
	return netip.AddrPort{}, false, false
}

// knocked sets the tick of the knock after the one of tick n: one second later, a
// tenth more or less.
func (p *path) knocked(n uint64, tick time.Duration) {
	second := uint64((knockEvery + tick - 1) / tick)
	p.knock = n + second - second/10 + p.jitter.Uint64()%(second/5+1)
}

// word is what the next datagram says in turn.
func (p *path) word(now time.Time, ask bool) wire.Word {
	if ask {
		return wire.ChallengeWord(p.asked.token)
	}
	if p.responses > 0 {
		p.responses--
		return wire.ResponseWord(p.token)
	}
	p.clockNext = !p.clockNext
	if !p.clockNext {
		return wire.ClockWord(now.UnixMilli())
	}
	return wire.ReportWord(p.ownReport())
}

// header is that of the next datagram.
func (p *path) header(now time.Duration, from wire.Direction, w wire.Word) wire.PathHeader {
	h := wire.PathHeader{Path: p.Number, From: from, Counter: p.rounds.send(now), Hold: wire.NoEcho, Word: w}
	if hold := wire.HoldOf(now - p.newestAt); hold != wire.NoEcho {
		h.Echo, h.Hold = uint16(p.newest), hold
	}
	return h
}

// ownReport says how the far station's datagrams arrive here. Of an unheard path it
// says that all are lost.
func (p *path) ownReport() wire.Report {
	r := wire.Report{State: wireStates[p.state], Loss: 1000}
	if p.quality.Known {
		r.Loss, r.Spread = uint16(p.quality.Loss), p.quality.Spread
	}
	return r
}

var wireStates = [...]wire.PathState{
	PathKnocking:   wire.PathKnocking,
	PathUp:         wire.PathUp,
	PathSilent:     wire.PathSilent,
	PathResting:    wire.PathResting,
	PathUnresolved: wire.PathKnocking,
}

// measure brings the figures of p up to now.
func (p *path) measure(now time.Duration) {
	p.quality = p.in.quality(now)
	p.rtt, p.hasRTT = p.rounds.median(now)
	switch bad := now-p.reported <= reportAge && p.report.Loss >= restLoss; {
	case !bad || !p.cadent():
		p.badSince = never
	case p.badSince == never:
		p.badSince = now
	}
}

// hopeless reports whether p has lost too much for too long.
func (p *path) hopeless(now time.Duration) bool {
	return p.badSince != never && now-p.badSince >= restAfter
}

// usable reports whether the line can rely on p.
func (p *path) usable(now time.Duration) bool {
	return p.state == PathUp && now-p.reported <= reportAge && p.report.Loss <= usableLoss
}

// out is the quality of what we send, as the far station last reported it.
func (p *path) out(now time.Duration) Quality {
	if now-p.reported > reportAge {
		return Quality{}
	}
	return Quality{Known: true, Loss: int(p.report.Loss), Spread: p.report.Spread}
}

// setHome gives p the address that the accord names now. A roaming path that is
// heard elsewhere stays there.
func (p *path) setHome(now time.Duration, home netip.AddrPort) PathState {
	home = plainAddr(home)
	if home == p.home {
		return p.state
	}
	p.home = home
	if p.FarRoams && (p.state == PathUp || !home.IsValid()) {
		return p.state
	}
	p.remote, p.previous, p.asked, p.spoke = home, netip.AddrPort{}, candidate{}, never
	return p.startState()
}

// fallBack is what p does when it begins to knock: it knocks at the accord's
// address, if there is one.
func (p *path) fallBack() {
	if p.home.IsValid() {
		p.remote = p.home
	}
	p.previous, p.asked = netip.AddrPort{}, candidate{}
	p.knock = 0
}

// newRun forgets what was counted of the far station: it runs anew, and counts anew.
func (p *path) newRun() {
	p.newest, p.newestAt = 0, never
	p.in = meter{}
	p.quality = Quality{}
	p.reported, p.badSince = never, never
}
