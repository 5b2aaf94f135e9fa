package replica

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// Hooks are what a [Replica] asks of its owner. They are called synchronously, and must
// not call back into the Replica.
type Hooks interface {
	// Send gives a message of at most 60 KiB to the far station, on the stream of entries or of
	// bulk. Streams are reliable and ordered as long as a session lasts.
	Send(bulk bool, msg []byte)

	// Added says that entries are durable now: own ones, numbered or caught up, or the far
	// side's, accepted. In order, each once in a run.
	Added(own bool, first int64, entries []*record.Entry)

	// Changed says that [Replica.Status] is new.
	Changed()

	// File keeps an attachment, whose bytes are complete and right, durably.
	File(sha256 [32]byte, data []byte) error

	// OpenFile reads one; fs.ErrNotExist if it is not here.
	OpenFile(sha256 [32]byte) ([]byte, error)

	// Alarm shows a person something until it is taken back with an empty text. about is one of
	// "clone", "far clone", "fork", "far fork", "damage", "draft", "store", "key".
	Alarm(about, text, action string)
}

// DefaultQuota is how many bytes the far side's log may take if nothing else is said.
const DefaultQuota = 1 << 30

// A Config is what a [Replica] is made from.
type Config struct {
	Own, Far *record.Party

	Sign     record.Signer // with the private half of Own.Log
	Cosign   record.Signer // with that of Own.Cosign
	CosignPQ record.Signer // with that of Own.CosignPQ; nil: it is not done

	Store store.Store // not closed by the Replica
	Hooks Hooks

	// Quota is how many bytes the far side may take here: half of it for entries, 40 % for
	// attached files, 10 % for entries of calls alone. 0: DefaultQuota. It may be another at each
	// start; what is here, and numbers that were granted, stay.
	Quota int64
}

// What is wrong, besides the faults of record and store.
var (
	// ErrTooMany is returned when too much waits to be numbered.
	ErrTooMany = errors.New("replica: too much waits to be numbered")

	// ErrNumbered is returned for what has a number, and can be taken back only by a later entry.
	ErrNumbered = errors.New("replica: it is numbered")

	// ErrUnknown is returned for what does not wait here.
	ErrUnknown = errors.New("replica: nothing of that id waits")

	// ErrNotDurable says that what was written is not on the disk yet. It is held in
	// memory and written again until the disk takes it: it must not be written a second time. Only
	// a crash before that loses it.
	ErrNotDurable = errors.New("replica: not durable yet")

	// ErrFlood is returned for what a far station asks too often.
	ErrFlood = errors.New("replica: the far station asks too much")

	// ErrDamagedEntry is returned for an entry that the disk gives back as another.
	ErrDamagedEntry = errors.New("replica: the entry is damaged on this disk")
)

// A Replica is a line's record at one station: its own log, its copy of the other's, what waits
// to be numbered, and the exchange with the far station. One goroutine owns it, which
// may have to wait for the disk. It starts no goroutine and reads no clock.
type Replica struct {
	cfg  Config
	log  *record.Log
	copy *record.Copy
	salt []record.Salt // for the entries being numbered, two each

	disk  disk
	queue queue
	given numbers
	ses   session
	runs  runs
	out   sender
	back  catchUp
	room  room
	mend  mend
	scrub scrub
	files files
	pq    pqRhythm
	asks  budgets

	now      time.Time // as last told by a caller
	withheld time.Time // since when, as last told to Hooks
}

// Open opens what is stored, verifies it from the last verified checkpoint on, and begins to
// mend what is damaged. An error that wraps [store.ErrDamaged] means that the store must be set
// aside and a new one opened; what can be salvaged goes to [Replica.Adopt].
func Open(cfg Config, now time.Time) (*Replica, error) {
	if cfg.Quota <= 0 {
		cfg.Quota = DefaultQuota
	}
	r := &Replica{cfg: cfg, now: now}
	r.disk.st = cfg.Store
	r.scrub.begin(now)
	own, far, err := r.loadStates()
	if err != nil {
		return nil, err
	}
	for _, l := range []logAt{{store.Own, own}, {store.Far, far}} {
		if err := r.verify(l); err != nil {
			return nil, err
		}
	}
	if err := r.openLogs(own, far); err != nil {
		return nil, damaged(err)
	}
	for _, load := range []func() error{r.loadRuns, r.loadRoom, r.loadDrafts, r.loadFiles} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	values := r.runs.values()
	maps.Copy(values, r.scrub.values())
	maps.Copy(values, r.room.values())
	if err := r.disk.set(now, values); err != nil {
		return nil, err
	}
	r.disk.proved = provedIn(own)
	r.copy.Allow(r.room.grant(r.copy.Tree().Size))
	r.tellForks()
	return r, nil
}

// loadStates reads both logs' states and verifies every signature in them.
func (r *Replica) loadStates() (own, far record.State, err error) {
	load := func(key string, l store.Log, author, other *record.Party) (s record.State, err error) {
		text, err := r.cfg.Store.Get(key)
		if err != nil {
			return s, err
		}
		if text != nil {
			if s, err = record.ParseState(text, author, other); err != nil {
				return s, damaged(err)
			}
		}
		n, err := r.cfg.Store.Size(l)
		if err == nil && n != sizeOf(s.Newest) {
			err = fmt.Errorf("%w: log %s has %d entries, its state says %d", store.ErrDamaged, l, n, sizeOf(s.Newest))
		}
		return s, err
	}
	if own, err = load(ownState, store.Own, r.cfg.Own, r.cfg.Far); err == nil {
		far, err = load(farState, store.Far, r.cfg.Far, r.cfg.Own)
	}
	return own, far, err
}

// damaged marks an error of what is stored, so that the store is set aside.
func damaged(err error) error {
	if err == nil || errors.Is(err, store.ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrDamaged, err)
}

func (r *Replica) openLogs(own, far record.State) (err error) {
	r.log, err = record.OpenLog(record.LogConfig{Own: r.cfg.Own, Far: r.cfg.Far, Sign: r.cfg.Sign,
		Hashes: r.hashes(store.Own), State: own, Salt: r.nextSalt})
	if err != nil {
		return err
	}
	r.copy, err = record.OpenCopy(record.CopyConfig{Own: r.cfg.Own, Far: r.cfg.Far, Cosign: r.cfg.Cosign, CosignPQ: r.cfg.CosignPQ,
		Hashes: r.hashes(store.Far), State: far, OwnTree: r.log.TreeAt})
	return err
}

// nextSalt gives the log the salts of the entries that are being numbered.
func (r *Replica) nextSalt() record.Salt {
	if len(r.salt) == 0 {
		return record.Salt(NewID())
	}
	s := r.salt[0]
	r.salt = r.salt[1:]
	return s
}

// hashReader reads a log's hashes from the store.
type hashReader struct {
	st store.Store
	l  store.Log
}

func (h hashReader) ReadHashes(indexes []int64) ([]record.Hash, error) {
	found, err := h.st.Hashes(h.l, indexes)
	if err != nil {
		return nil, err
	}
	list := make([]record.Hash, len(found))
	for i, f := range found {
		list[i] = record.Hash(f)
	}
	return list, nil
}

func (r *Replica) hashes(l store.Log) hashReader { return hashReader{r.cfg.Store, l} }

// Close writes what is not written yet. The store stays open.
func (r *Replica) Close() error {
	r.disk.retryAt = time.Time{}
	r.disk.due = time.Time{}
	if !r.flush(r.now) {
		return r.disk.err
	}
	return nil
}

func sizeOf(c *record.Checkpoint) int64 {
	if c == nil {
		return 0
	}
	return c.Tree.Size
}

func which(own bool) store.Log {
	if own {
		return store.Own
	}
	return store.Far
}
