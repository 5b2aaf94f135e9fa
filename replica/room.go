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
)

// A room is what the far side takes here, in bytes. An urgent entry is taken from the calls' part
// first, all others from the entries' alone. Since an entry takes at most what was reckoned when its number
// was granted, a grant never falls.
type room struct {
	quota                 int64
	entries, calls, files int64    // taken
	next                  [2]int64 // entries and calls with the batch under way
	full                  bool     // of files, as told
}

func (r *Replica) loadRoom() error {
	r.room.quota = r.cfg.Quota
	for key, into := range map[string][]*int64{keyRoom: {&r.room.entries, &r.room.calls}, keyFileRoom: {&r.room.files}} {
		text, err := r.cfg.Store.Get(key)
		if err != nil {
			return err
		}
		if text == nil && (key == keyFileRoom || r.copy.Tree().Size == 0) {
			continue
		}
		if len(text) != 8*len(into) {
			return fmt.Errorf("%w: %s is stored in %d bytes, want %d", store.ErrDamaged, key, len(text), 8*len(into))
		}
		for i, v := range into {
			*v = int64(binary.BigEndian.Uint64(text[8*i:]))
		}
	}
	return nil
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

// left is what entries and files may still take.
func (m *room) left() int64 { return max(0, m.entriesLeft()) + max(0, m.filesLeft()) }

// grant is how far a log of that size may grow.
func (m *room) grant(size int64) record.Allowance {
	a := record.Allowance{Entries: size + min(max(0, m.entriesLeft())/costliest, mostGrant)}
	a.Calls = a.Entries + min(max(0, m.callsLeft())/costlyCall, mostCalls)
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
