package bench

import (
	"math"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ringdown/station"
	"ringdown/wire"
)

// departures notes when a station's datagrams leave: what is left of the content in real
// time, after the tick has taken away all that the program decides. The first line's two
// paths leave in one batch, so one instant stands for both.
type departures struct {
	station.Conn

	mu    sync.Mutex
	times []time.Time // nil: not noted
	on    bool
}

func (d *departures) WriteBatch(bufs [][]byte, addrs []netip.AddrPort) (int, error) {
	n, err := d.Conn.WriteBatch(bufs, addrs)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.on {
		d.times = append(d.times, time.Now())
	}
	return n, err
}

// note begins to note, and forgets what was noted before.
func (d *departures) note() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.times, d.on = nil, true
}

// residue ends the noting: how far each departure was from the tick's own grid.
func (d *departures) residue() Spread {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.on = false
	return spreadOf(offGrid(d.times, wire.Standard.Tick))
}

// offGrid is the distance of each instant from the grid that lies in the middle of all.
func offGrid(times []time.Time, tick time.Duration) []time.Duration {
	if len(times) == 0 {
		return nil
	}
	var phases []time.Duration
	for _, t := range times {
		d := t.Sub(times[0])
		n := math.Round(float64(d) / float64(tick))
		phases = append(phases, d-time.Duration(n)*tick)
	}
	middle := slices.Clone(phases)
	slices.Sort(middle)
	for i := range phases {
		phases[i] = (phases[i] - middle[len(middle)/2]).Abs()
	}
	return phases
}
