package line

import (
	"slices"
	"time"
)

// Window is the time over which the quality of a path is measured.
const Window = 5 * time.Second

// A Quality is what one direction of a path has been like over the last
// [Window]. A silent path is not a slow one: it has no Quality.
type Quality struct {
	Known  bool          // false: nothing arrived in that time, and the rest is zero
	Loss   int           // datagrams that never came, in permille of those sent: 1000 is all
	Spread time.Duration // one-way delay: the 95th percentile less the least
}

const (
	meterStep  = Window / meterSteps // a step is counted as a whole
	meterSteps = 10

	delaySamples = 256 // a window's datagrams at 20 ms
	roundSamples = 64
	clockSamples = 16
	sentSamples  = 256 // datagrams that an echo may be late
)

// A meter measures what arrives on one path. The zero meter is ready to use. It
// keeps no clock: the caller says what time it is, always since the same start.
//
// Loss comes from the counters: of so many sent, so many came. A datagram that
// another overtook is lost until it comes.
type meter struct {
	any     bool
	highest uint64 // counter
	step    int64  // newest step of the rings
	floor   [meterSteps]uint64
	arrived [meterSteps]uint16

	delays  [delaySamples]sample
	delayed int // samples taken, ever
}

// A sample is one measurement, and when it was taken.
type sample struct {
	at    time.Duration // since the line's start
	value time.Duration
}

// arrive notes a datagram that is new, its counter, and its one-way delay, which may be
// off by any constant.
func (m *meter) arrive(now time.Duration, counter uint64, delay time.Duration) {
	if !m.any {
		m.any, m.highest, m.step = true, counter-1, int64(now/meterStep)
		for i := range m.floor {
			m.floor[i] = m.highest
		}
	}
	m.roll(now)
	m.highest = max(m.highest, counter)
	m.arrived[m.step%meterSteps]++
	m.delays[m.delayed%delaySamples] = sample{now, delay}
	m.delayed++
}

// roll opens the steps up to now.
func (m *meter) roll(now time.Duration) {
	newest := int64(now / meterStep)
	if newest <= m.step {
		return
	}
	for s := max(m.step+1, newest-meterSteps+1); s <= newest; s++ {
		m.floor[s%meterSteps], m.arrived[s%meterSteps] = m.highest, 0
	}
	m.step = newest
}

// quality is that of the window that ends now.
func (m *meter) quality(now time.Duration) Quality {
	least, late, ok := m.spread(now)
	if !ok {
		return Quality{}
	}
	m.roll(now)
	oldest := m.floor[0]
	var arrived uint64
	for i, floor := range m.floor {
		oldest = min(oldest, floor)
		arrived += uint64(m.arrived[i])
	}
	sent := max(m.highest-oldest, arrived, 1)
	return Quality{Known: true, Loss: int((sent - arrived) * 1000 / sent), Spread: late - least}
}

// spread is the least one-way delay in the window and its 95th percentile, both off
// by the same constant. It reports false if nothing arrived.
func (m *meter) spread(now time.Duration) (least, late time.Duration, ok bool) {
	var values [delaySamples]time.Duration
	sorted := window(values[:0], m.delays[:min(m.delayed, delaySamples)], now)
	if len(sorted) == 0 {
		return 0, 0, false
	}
	return sorted[0], sorted[(len(sorted)-1)*95/100], true
}

// window appends to values, sorted, those of the samples taken within a Window of now.
func window(values []time.Duration, samples []sample, now time.Duration) []time.Duration {
	for _, s := range samples {
		if now-s.at <= Window {
			values = append(values, s.value)
		}
	}
	slices.Sort(values)
	return values
}

// rounds measures the round trip of one path: what was sent when, and which of it
// the far station echoes. The zero value is ready to use.
type rounds struct {
	counter uint64 // of the newest datagram sent
	sent    [sentSamples]time.Duration
	rtts    [roundSamples]sample
	taken   int
}

// send notes that the next datagram leaves now, and returns its counter.
func (r *rounds) send(now time.Duration) uint64 {
	r.counter++
	r.sent[r.counter%sentSamples] = now
	return r.counter
}

// echo takes in that the far station echoes the low 16 bits of a counter, heard
// there so long before. What is too old to be remembered, or makes no sense, counts
// as no measurement.
func (r *rounds) echo(now time.Duration, low uint16, held time.Duration) {
	behind := uint64(uint16(r.counter) - low)
	if behind >= sentSamples || behind >= r.counter {
		return
	}
	rtt := now - r.sent[(r.counter-behind)%sentSamples] - held
	if rtt < 0 {
		return
	}
	r.rtts[r.taken%roundSamples] = sample{now, rtt}
	r.taken++
}

// median is that of the round trips in the window. It reports false if there is none.
func (r *rounds) median(now time.Duration) (time.Duration, bool) {
	var values [roundSamples]time.Duration
	return middle(window(values[:0], r.rtts[:min(r.taken, roundSamples)], now))
}

func middle(sorted []time.Duration) (time.Duration, bool) {
	if len(sorted) == 0 {
		return 0, false
	}
	return sorted[len(sorted)/2], true
}

// clocks estimates how far the other station's clock stands ahead of ours. An
// estimate is off by half the difference of the two one-way delays.
type clocks struct {
	offsets [clockSamples]time.Duration
	taken   int
}

// hear takes in the far clock as it arrives now, one way after it was read.
func (c *clocks) hear(now, far time.Time, oneWay time.Duration) {
	c.offsets[c.taken%clockSamples] = far.Add(oneWay).Round(0).Sub(now.Round(0))
	c.taken++
}

// median is the estimate. It reports false before the first.
func (c *clocks) median() (time.Duration, bool) {
	values := c.offsets
	sorted := values[:min(c.taken, clockSamples)]
	slices.Sort(sorted)
	return middle(sorted)
}
