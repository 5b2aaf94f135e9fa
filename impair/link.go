package impair

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"time"
)

// A fate is what chance has ready for one datagram, as numbers from 0 to below
// 1. All are thrown for every datagram, whether the settings ask for them or not.
type fate struct {
	loss, corrupt, reorder, duplicate float64 // it happens if below the probability
	jitter, again, late               float64 // parts of Jitter (first and second copy) and of ReorderSpan
	bit                               float64 // which one is flipped
}

func fateOf(seed, n uint64) fate {
	var source rand.PCG
	source.Seed(seed, n)
	throw := func() float64 { return float64(source.Uint64()>>11) / (1 << 53) }
	return fate{throw(), throw(), throw(), throw(), throw(), throw(), throw(), throw()}
}

// A link is one direction. Its owner's lock guards it.
type link struct {
	seed     uint64
	settings Settings
	counts   Counts

	cuts     int       // how often it was cut: what was sent before the last cut is lost
	last     time.Time // when the latest in order arrives
	free     time.Time // when the rate has let through all that came so far
	inFlight int
}

func (l *link) set(s Settings) {
	if s.Cut && !l.settings.Cut {
		l.cuts++
	}
	if s.Delay != l.settings.Delay || s.Jitter != l.settings.Jitter {
		l.last = time.Time{}
	}
	l.settings = s
}

// A flight is one copy of a datagram on its way.
type flight struct {
	due      time.Time
	link     *link
	number   uint64 // of the datagram on its link
	second   bool   // it is the second copy
	cuts     int    // of the link, when it was sent
	from, to netip.AddrPort
	b        []byte
}

// before says which arrives first: by time, and at the same instant by link and
// number, so that it does not depend on which goroutine sent first.
func (f *flight) before(g *flight) bool {
	second := func(f *flight) int {
		if f.second {
			return 1
		}
		return 0
	}
	return cmp.Or(f.due.Compare(g.due), cmp.Compare(f.link.seed, g.link.seed),
		cmp.Compare(f.number, g.number), cmp.Compare(second(f), second(g))) < 0
}

// A sky holds all that is in flight on the links of one owner. The zero sky is
// ready to use. It keeps no clock and starts no goroutine; its owner's lock guards
// it.
type sky struct {
	heap  byDue
	spare []*flight
}

// send lets chance decide what becomes of a datagram and queues its copies. It
// returns when the first arrives, or false if none does.
func (s *sky) send(now time.Time, l *link, from, to netip.AddrPort, b []byte) (time.Time, bool) {
	number := l.counts.Seen
	l.counts.Seen++
	l.counts.Size = len(b)
	chance := fateOf(l.seed, number)
	starts, ok := l.admit(now, chance, len(b))
	if !ok {
		l.counts.Lost++
		return time.Time{}, false
	}
	due := l.arrival(starts, chance)
	f := s.take(flight{due: due, link: l, number: number, cuts: l.cuts, from: from, to: to}, b)
	if chance.corrupt < l.settings.Corrupt && len(b) > 0 {
		bit := int(chance.bit * float64(8*len(b)))
		f.b[bit/8] ^= 1 << (bit % 8)
	}
	if chance.duplicate < l.settings.Duplicate {
		l.counts.Doubled++
		again := l.inOrder(starts.Add(l.settings.Delay + part(l.settings.Jitter, chance.again)))
		s.take(flight{due: again, link: l, number: number, second: true, cuts: l.cuts, from: from, to: to}, f.b)
	}
	return due, true
}

// admit says when a datagram that comes now goes onto the link, or false if it is lost.
func (l *link) admit(now time.Time, chance fate, size int) (time.Time, bool) {
	s := l.settings
	if s.Cut || chance.loss < s.Loss || l.inFlight >= MaxInFlight {
		return now, false
	}
	if s.Rate == 0 {
		return now, true
	}
	starts := now
	if l.free.After(now) {
		starts = l.free
	}
	starts = starts.Add(time.Duration(size) * time.Second / time.Duration(s.Rate))
	if starts.Sub(now) > MaxQueue {
		return now, false
	}
	l.free = starts
	return starts, true
}

// arrival says when a datagram that goes onto the link at starts is at its end.
func (l *link) arrival(starts time.Time, chance fate) time.Time {
	due := starts.Add(l.settings.Delay + part(l.settings.Jitter, chance.jitter))
	if chance.reorder < l.settings.Reorder {
		return due.Add(part(ReorderSpan, chance.late))
	}
	return l.inOrder(due)
}

func (l *link) inOrder(due time.Time) time.Time {
	if due.Before(l.last) {
		return l.last
	}
	l.last = due
	return due
}

func part(d time.Duration, of float64) time.Duration { return time.Duration(of * float64(d)) }

// take puts a copy of b in flight, in memory used before if there is some.
func (s *sky) take(f flight, b []byte) *flight {
	if len(s.spare) == 0 {
		s.spare = append(s.spare, new(flight))
	}
	last := len(s.spare) - 1
	p := s.spare[last]
	s.spare = s.spare[:last]
	f.b = append(p.b[:0], b...)
	*p = f
	f.link.inFlight++
	heap.Push(&s.heap, p)
	return p
}

// land returns the next flight that is over by now, and whether it arrived: not if
// the link was cut meanwhile. It returns nil if there is none. The caller counts
// it, and gives it back by recycle.
func (s *sky) land(now time.Time) (f *flight, arrived bool) {
	if len(s.heap) == 0 || s.heap[0].due.After(now) {
		return nil, false
	}
	f = heap.Pop(&s.heap).(*flight)
	f.link.inFlight--
	return f, f.cuts == f.link.cuts
}

// recycle keeps the memory of f for the next one.
func (s *sky) recycle(f *flight) { s.spare = append(s.spare, f) }

// next says when the next flight is over.
func (s *sky) next() (time.Time, bool) {
	if len(s.heap) == 0 {
		return time.Time{}, false
	}
	return s.heap[0].due, true
}

// byDue is a heap: the first to arrive is at index 0.
type byDue []*flight

func (h byDue) Len() int           { return len(h) }
func (h byDue) Less(i, j int) bool { return h[i].before(h[j]) }
func (h byDue) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byDue) Push(f any)        { *h = append(*h, f.(*flight)) }

func (h *byDue) Pop() any {
	last := len(*h) - 1
	f := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return f
}
