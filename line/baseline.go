package line

import "time"

const (
	baselineSpan  = 4 * time.Second // over which the least delay is taken
	baselineSteps = 8
	baselineStep  = baselineSpan / baselineSteps

	// reliedShare is the least part of the datagrams, in permille, that must come by a
	// path for voice to be held for it.
	reliedShare = 100

	// relyFor is how long a path that falls silent is still reckoned with: while
	// voice is held for it, it may come back without a sound.
	relyFor = 10 * time.Second
)

// A baseline is how late the fastest datagrams of one path come. Delays are against
// the far station's count of ticks, so they compare between paths and are off by
// one unknown constant. Times count from the voice's epoch. The zero baseline
// knows nothing.
type baseline struct {
	known bool
	good  time.Duration // when enough datagrams last came
	least time.Duration // delay of the fastest datagram of the baselineSpan before good

	step  int64 // newest of the steps
	low   [baselineSteps]time.Duration
	count [baselineSteps]int
}

// arrive notes the delay of a datagram that came at now. One is sent every tick.
func (b *baseline) arrive(now, tick, delay time.Duration) {
	b.roll(int64(now / baselineStep))
	i := b.step % baselineSteps
	if b.count[i] == 0 || delay < b.low[i] {
		b.low[i] = delay
	}
	b.count[i]++
	b.settle(now, tick)
}

// roll forgets the steps that have left the span.
func (b *baseline) roll(step int64) {
	for n := max(b.step+1, step-baselineSteps+1); n <= step; n++ {
		b.count[n%baselineSteps] = 0
	}
	b.step = max(b.step, step)
}

// settle takes the least delay of the span, if enough came in it.
func (b *baseline) settle(now, tick time.Duration) {
	total, least := 0, time.Duration(0)
	for i, n := range b.count {
		if n > 0 && (total == 0 || b.low[i] < least) {
			least = b.low[i]
		}
		total += n
	}
	if total*1000 >= int(baselineSpan/tick)*reliedShare {
		b.known, b.good, b.least = true, now, least
	}
}

// relied reports whether voice may be held for the path.
func (b *baseline) relied(now time.Duration) bool { return b.known && now-b.good < relyFor }
