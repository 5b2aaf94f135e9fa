package replica

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"ringdown/record"
	"ringdown/store"
)

// Chosen here: how attached files are fetched.
const (
	pullAgain   = time.Minute      // when nothing comes
	pullLater   = 10 * time.Minute // when what came was not what was promised, or is not there
	pullTries   = 9
	pullsInMind = 64
	partEvery   = 128 << 10 // how much of a file a restart loses
)

const (
	pullPrefix = "pull/"
	keyPart    = "part" // number and the first bytes of the file that is being fetched
)

// A pull is a file that was promised by an accepted entry and is not here yet.
type pull struct {
	tries  int
	number int64 // of the entry, in the far side's log
	length int
	sum    [32]byte
}

func (p *pull) key() string { return fmt.Sprintf("%s%d/%016d", pullPrefix, p.tries, p.number) }

func (p *pull) encode() []byte { return writer(nil).uint(int64(p.length), 4).bytes(p.sum[:]) }

func parsePull(key string, value []byte) (p pull, err error) {
	m := &reader{b: value}
	p.length, p.sum = int(m.uint(4)), [32]byte(m.bytes(32))
	if _, err := fmt.Sscanf(strings.TrimPrefix(key, pullPrefix), "%d/%016d", &p.tries, &p.number); err != nil {
		return p, fmt.Errorf("replica: file to fetch %q: %w", key, err)
	}
	if p.length < 1 || p.length > record.MaxAttachment {
		return p, fmt.Errorf("replica: file to fetch %q: %d bytes", key, p.length)
	}
	return p, m.end()
}

// files are what is fetched from the far side, one at a time, and the file that it is fetching
// from us.
type files struct {
	pulls []pull // the next ones; more may be in the store
	more  bool
	data  []byte // of pulls[0], as far as it came
	kept  int    // of data, stored
	asked time.Time
	later time.Time // before then nothing is tried again

	served     int64 // entry
	servedData []byte
}

// lose ends what is under way; what came so far is gone on with.
func (f *files) lose() {
	f.asked = time.Time{}
	f.servedData = nil
}

func (r *Replica) loadFiles() error {
	r.files.more = true
	return r.morePulls()
}

// morePulls reads the next files to be fetched from the store.
func (r *Replica) morePulls() error {
	f := &r.files
	if len(f.pulls) > 0 || !f.more {
		return nil
	}
	keys, err := r.cfg.Store.Keys(pullPrefix, pullsInMind)
	if err != nil {
		return err
	}
	f.more = len(keys) == pullsInMind
	for _, key := range keys {
		value, err := r.cfg.Store.Get(key)
		if err != nil {
			return err
		}
		if p, err := parsePull(key, value); err == nil {
			f.pulls = append(f.pulls, p)
		}
	}
	return r.loadPart()
}

// loadPart goes on with the file that was being fetched when the last run ended.
func (r *Replica) loadPart() error {
	f := &r.files
	part, err := r.cfg.Store.Get(keyPart)
	if err != nil || len(f.pulls) == 0 || len(part) < 8 {
		return err
	}
	if p := f.pulls[0]; binary.BigEndian.Uint64(part) == uint64(p.number) && len(part)-8 < p.length {
		f.data, f.kept = part[8:], len(part)-8
	}
	return nil
}

// promised are the files that a batch of far entries promises.
func (f *files) promised(b *record.Batch) (list []pull) {
	for _, encoded := range b.Entries {
		e, err := record.ParseEntry(encoded)
		if err != nil {
			continue // it was parsed before
		}
		if a, ok := e.Body.(record.Attachment); ok {
			list = append(list, pull{number: e.Number, length: a.Length, sum: a.SHA256})
		}
	}
	return list
}

func (f *files) add(list []pull) {
	for _, p := range list {
		if len(f.pulls) >= pullsInMind {
			f.more = true
			return
		}
		f.pulls = append(f.pulls, p)
	}
}

// pull asks for the next piece, if none is asked for.
func (r *Replica) pull(now time.Time) {
	f := &r.files
	if !r.ses.met || !f.asked.IsZero() || r.disk.err != nil {
		return
	}
	for range pullsInMind {
		if err := r.morePulls(); err != nil {
			r.storeFailed(now, err)
			return
		}
		if len(f.pulls) == 0 {
			return
		}
		p := &f.pulls[0]
		if p.tries > 0 && now.Before(f.later) {
			return
		}
		if len(f.data) == p.length {
			_ = r.complete(now, *p) // which is tried again
			return
		}
		if _, err := r.cfg.Hooks.OpenFile(p.sum); err != nil {
			r.askPiece(now, p)
			return
		}
		if !r.pulled(now, nil) {
			return
		}
	}
	f.asked = now // there is more: after a pause
}

func (r *Replica) askPiece(now time.Time, p *pull) {
	if full := int64(p.length) > r.room.filesLeft(); full != r.room.full {
		r.room.full = full
		r.cfg.Hooks.Changed()
	}
	if r.room.full {
		r.files.later = now.Add(pullLater)
		return
	}
	r.files.asked = now
	r.send(false, message(kindWantFile).uint(p.number, 6).uint(int64(len(r.files.data)), 4))
}

// pulled takes the first file off the list: it is here. It reports whether that is durable.
func (r *Replica) pulled(now time.Time, values map[string][]byte) bool {
	f := &r.files
	if values == nil {
		values = make(map[string][]byte)
	}
	values[f.pulls[0].key()] = nil
	if f.kept > 0 {
		values[keyPart] = nil
	}
	f.pulls, f.data, f.kept, f.asked = f.pulls[1:], nil, 0, time.Time{}
	if err := r.disk.set(now, values); err != nil {
		r.storeFailed(now, err)
		return false
	}
	return true
}

// postpone tries the first file again later, at most so often.
func (r *Replica) postpone(now time.Time) {
	f := &r.files
	p := f.pulls[0]
	f.later = now.Add(pullLater)
	values := make(map[string][]byte)
	if again := p; p.tries < pullTries {
		again.tries++
		values[again.key()] = again.encode()
		f.more = true
	}
	r.pulled(now, values)
}

// hearPiece takes a piece of the file that is being fetched.
func (r *Replica) hearPiece(now time.Time, body []byte) error {
	m := &reader{kind: kindPiece, b: body}
	number, offset := m.uint(6), m.uint(4)
	if m.err != nil {
		return m.err
	}
	f := &r.files
	if f.asked.IsZero() || len(f.pulls) == 0 || number != f.pulls[0].number || offset != int64(len(f.data)) {
		return malformed(kindPiece, "a piece of entry %d at %d that was not asked for", number, offset)
	}
	p := f.pulls[0]
	switch {
	case len(m.b) == 0:
		r.postpone(now)
		r.pull(now)
		return nil
	case len(m.b) > pieceSize || len(f.data)+len(m.b) > p.length:
		r.postpone(now)
		r.pull(now)
		return malformed(kindPiece, "%d bytes at %d of a file of %d", len(m.b), offset, p.length)
	}
	f.data = append(f.data, m.b...)
	f.asked = time.Time{}
	if len(f.data) == p.length {
		return r.complete(now, p)
	}
	if len(f.data)-f.kept >= partEvery {
		f.kept = len(f.data)
		if err := r.disk.set(now, map[string][]byte{keyPart: writer(nil).uint(0, 2).uint(p.number, 6).bytes(f.data)}); err != nil {
			r.storeFailed(now, err)
			return err
		}
	}
	r.pull(now)
	return nil
}

// complete checks a file against what was promised, and keeps it.
func (r *Replica) complete(now time.Time, p pull) error {
	if sha256.Sum256(r.files.data) != p.sum {
		r.postpone(now)
		r.pull(now)
		return fmt.Errorf("replica: file of entry %d: another SHA-256 than was promised", p.number)
	}
	if err := r.cfg.Hooks.File(p.sum, r.files.data); err != nil {
		r.files.asked = now // it is kept after a pause
		return fmt.Errorf("replica: file of entry %d: %w", p.number, err)
	}
	r.room.files += int64(p.length)
	r.pulled(now, map[string][]byte{keyFileRoom: roomText(r.room.files)})
	r.cfg.Hooks.Changed()
	r.pull(now)
	return nil
}

func (r *Replica) advanceFiles(now time.Time) {
	f := &r.files
	switch {
	case !f.asked.IsZero() && !now.Before(f.asked.Add(pullAgain)):
		f.asked = time.Time{}
		r.pull(now)
	case f.asked.IsZero() && len(f.pulls) > 0 && !now.Before(f.later):
		r.pull(now)
	}
}

func (r *Replica) filesDeadline() time.Time {
	f := &r.files
	switch {
	case !r.ses.met:
	case !f.asked.IsZero():
		return f.asked.Add(pullAgain)
	case len(f.pulls) > 0 && f.pulls[0].tries > 0:
		return f.later
	}
	return time.Time{}
}

// hearWantFile sends a piece of a file that an own entry promised.
func (r *Replica) hearWantFile(now time.Time, body []byte) error {
	m := &reader{kind: kindWantFile, b: body}
	number, offset := m.uint(6), m.uint(4)
	if err := m.end(); err != nil {
		return err
	}
	if !r.asks.wants.take(now, wantsPerSecond, wantsBurst) {
		return fmt.Errorf("%w: file of entry %d", ErrFlood, number)
	}
	data, err := r.serve(number)
	if err != nil {
		return err
	}
	if offset > 0 && offset >= int64(len(data)) {
		return malformed(kindWantFile, "byte %d of a file of %d", offset, len(data))
	}
	piece := data[offset:]
	r.send(true, message(kindPiece).uint(number, 6).uint(offset, 4).bytes(piece[:min(len(piece), pieceSize)]))
	return nil
}

// serve reads the file of an own entry, and remembers it for the next piece. Empty: it is not here.
func (r *Replica) serve(number int64) ([]byte, error) {
	f := &r.files
	if f.servedData != nil && f.served == number {
		return f.servedData, nil
	}
	if number >= r.log.Tree().Size {
		return nil, malformed(kindWantFile, "entry %d of %d", number, r.log.Tree().Size)
	}
	list, err := r.readSound(store.Own, number, 1, record.MaxEntry)
	if err != nil {
		return nil, err
	}
	e, err := record.ParseEntry(list[0])
	if err != nil {
		return nil, err
	}
	a, ok := e.Body.(record.Attachment)
	if !ok {
		return nil, malformed(kindWantFile, "entry %d is a %s", number, e.Kind)
	}
	data, err := r.cfg.Hooks.OpenFile(a.SHA256)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f.served, f.servedData = number, bytes.Clone(data)
	return data, nil
}
