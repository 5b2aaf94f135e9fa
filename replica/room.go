package replica

import (
	"encoding/binary"
	"fmt"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// Chosen here: what an entry takes here beside its own bytes (hashes, rows, its place in the view),
// and how far ahead numbers are granted.
const (
	overhead   = 512
	mostGrant  = 4096
	mostCalls  = 1024
	costliest  = record.MaxEntry + overhead
	callEntry  = 512 // more than any urgent entry takes
	costlyCall = callEntry + overhead
)

const (
	keyRoom     = "room/entries" // and calls
	keyFileRoom = "room/files"
	keyQuota    = "room/quota" // of the last run, and what a greater one had granted
)

// A room is what the far side takes here, in bytes. An urgent entry is taken from the calls' part
// first, all others from the entries' alone. Since an entry takes at most what was reckoned when its number
// was granted, a grant never falls.
type room struct {
	quota                 int64
	entries, calls, files int64            // taken
	granted               record.Allowance // by a greater quota, before it was lowered
	next                  [2]int64         // entries and calls with the batch under way
	full                  bool             // of files: one that was promised does not fit
}

func (r *Replica) loadRoom() error {
	m, size := &r.room, r.copy.Tree().Size
	for key, into := range map[string][]*int64{keyRoom: {&m.entries, &m.calls}, keyFileRoom: {&m.files}, keyQuota: {&m.quota, &m.granted.Entries, &m.granted.Calls}} {
		text, err := r.cfg.Store.Get(key)
		if err != nil {
			return err
		}
		if text == nil && (key != keyRoom || size == 0) {
			continue
		}
		if len(text) != 8*len(into) {
			return fmt.Errorf("%w: %s is stored in %d bytes, want %d", store.ErrDamaged, key, len(text), 8*len(into))
		}
		for i, v := range into {
			*v = int64(binary.BigEndian.Uint64(text[8*i:]))
		}
	}
	if m.quota > r.cfg.Quota {
		m.granted = m.grant(size) // numbers that the far side may have given
	}
	m.quota = r.cfg.Quota
	return nil
}

func (m *room) values() map[string][]byte {
	return map[string][]byte{keyQuota: roomText(m.quota, m.granted.Entries, m.granted.Calls)}
}

func roomText(v ...int64) (b []byte) {
	for _, x := range v {
		b = binary.BigEndian.AppendUint64(b, uint64(x))
	}
	return b
}

func (m *room) entriesLeft() int64 { return m.quota/2 - m.entries }
func (m *room) callsLeft() int64   { return m.quota/10 - m.calls }
func (m *room) filesLeft() int64   { return m.quota*2/5 - m.files }

// A Filled says how full each part of the quota is. Calls find room in that of entries, too.
type Filled struct{ Entries, Calls, Files Fill }

// A Fill is how full one part is.
type Fill uint8

// The fills.
const (
	Ample  Fill = iota
	Little      // less than a tenth is left
	Full        // the next may not fit
)

func (m *room) filled() Filled {
	f := Filled{fill(m.entriesLeft(), m.quota/2, costliest), fill(m.callsLeft(), m.quota/10, costlyCall), fill(m.filesLeft(), m.quota*2/5, 1)}
	if m.full {
		f.Files = Full
	}
	return f
}

// fill is that of a part of which so much is left, for what takes at most next.
func fill(left, of, next int64) Fill {
	switch {
	case left < next:
		return Full
	case left < of/10:
		return Little
	}
	return Ample
}

// grant is how far a log of that size may grow.
func (m *room) grant(size int64) record.Allowance {
	a := record.Allowance{Entries: max(m.granted.Entries, size+min(max(0, m.entriesLeft())/costliest, mostGrant))}
	a.Calls = max(m.granted.Calls, a.Entries+min(max(0, m.callsLeft())/costlyCall, mostCalls))
	return a
}

// charge reckons what a batch takes, and gives what is to be stored with it.
func (m *room) charge(b *record.Batch) map[string][]byte {
	entries, calls := m.entries, m.calls
	for _, encoded := range b.Entries {
		cost := int64(len(encoded)) + overhead
		if e, err := record.ParseEntry(encoded); err == nil && e.Kind.Urgent() && m.quota/10-calls >= cost {
			calls += cost
		} else {
			entries += cost
		}
	}
	m.next = [2]int64{entries, calls}
	return map[string][]byte{keyRoom: roomText(entries, calls)}
}

// charged follows when the batch is durable.
func (m *room) charged() { m.entries, m.calls = m.next[0], m.next[1] }

// A budget bounds how often something is done for the far side. The zero budget is full.
type budget struct {
	spent float64
	last  time.Time
}

// take takes one, if one is left in a budget that holds burst and regains so many a second.
func (b *budget) take(now time.Time, perSecond, burst float64) bool {
	b.spent = max(0, b.spent-perSecond*max(0, now.Sub(b.last).Seconds()))
	b.last = now
	if b.spent+1 > burst {
		return false
	}
	b.spent++
	return true
}

// How often entries and pieces of files are answered that are asked for again. Who asks keeps to half of it, so that
// no honest ask is refused.
const (
	wantsPerSecond = 32
	wantsBurst     = 64
)

// budgets are what the far side may ask for.
type budgets struct{ hellos, wants, repeats budget }
