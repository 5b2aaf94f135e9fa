package line

import (
	"time"

	"ringdown/wire"
)

const (
	rekeyEvery = 180 * time.Second // a client begins new keys so often
	keysDie    = 4 * rekeyEvery    // after three that were missed
	keysLinger = 5 * time.Second   // the old keys open so long after the new ones were heard
)

// An epoch is the keys of one time of the line, for each path and direction, and
// what was heard under them.
type epoch struct {
	sealers []*wire.Sealer // by index of the path
	openers []*wire.Opener
	windows []wire.Window // by index of the path: numbers heard under these keys

	id             Attempt       // of the handshake: the client's
	pair           bool          // the handshake went under the pair's keys
	since          time.Duration // the handshake's end
	farIncarnation uint64
	heard          bool // something opened: the far station has the keys
}

// A keySource makes the sealers and openers of an epoch: [*wire.Schedule] those of the pair,
// [*wire.Traffic] those of a session.
type keySource interface {
	Sealer(from wire.Direction, path uint8) (*wire.Sealer, error)
	Opener(from wire.Direction, path uint8) (*wire.Opener, error)
}

func newEpoch(keys keySource, own wire.Direction, paths []PathConfig) (*epoch, error) {
	e := &epoch{windows: make([]wire.Window, len(paths))}
	for _, p := range paths {
		sealer, err := keys.Sealer(own, p.Number)
		if err != nil {
			return nil, err
		}
		opener, err := keys.Opener(own.Opposite(), p.Number)
		if err != nil {
			return nil, err
		}
		e.sealers = append(e.sealers, sealer)
		e.openers = append(e.openers, opener)
	}
	return e, nil
}

// epochs are the keys of a line. All may open what arrives; labels do not change
// with them, so each is tried.
//
// The server seals under new keys as soon as the client's Finished has proved that
// the client has them; the client does from the first datagram that opens under
// them. So neither sends what the other cannot open.
type epochs struct {
	pair     *epoch // from the pair's secret: knocks, and the handshakes that follow
	current  *epoch // seals; nil: no session
	next     *epoch // client: finished here, and not yet heard
	previous *epoch // opens a little longer
	expires  time.Duration
}

// all are the epochs, the likeliest first. Some may be nil.
func (k *epochs) all() [4]*epoch { return [4]*epoch{k.current, k.next, k.previous, k.pair} }

// install makes e the keys to seal under. The old ones open until the far station
// is heard under e, and then a little longer. Keys that the far station never used
// are not worth keeping.
func (k *epochs) install(e *epoch) {
	if k.current != nil && k.current.heard {
		k.previous = k.current
	}
	if k.previous != nil && k.previous.farIncarnation != e.farIncarnation {
		k.previous = nil
	}
	k.current, k.next = e, nil
	k.expires = e.since + keysDie
}

// confirm notes that something opened under the current keys.
func (k *epochs) confirm(now time.Duration) {
	if !k.current.heard {
		k.current.heard = true
		k.expires = now + keysLinger
	}
}

// age drops what is too old. It reports whether the session died.
func (k *epochs) age(now time.Duration) bool {
	if k.previous != nil && (now >= k.expires || now-k.previous.since >= keysDie) {
		k.previous = nil
	}
	if k.current == nil || now-k.current.since < keysDie {
		return false
	}
	k.current, k.next, k.previous = nil, nil, nil
	return true
}
