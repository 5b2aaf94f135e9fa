package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Memory is a [Store] that is lost with the process. What it holds is as a disk
// would hold it: closing it loses nothing, and [Memory.Again] opens it again.
type Memory struct {
	disk *contents

	// Held by disk.mu.
	term   int64
	closed bool
}

// contents is what several handles share. Entries and values are never changed
// in place.
type contents struct {
	mu       sync.RWMutex
	logs     map[Log]*memoryLog
	settings map[string][]byte
	lease    lease
}

type memoryLog struct {
	entries [][]byte // nil: lost
	hashes  []*Hash  // nil: lost
}

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{disk: &contents{
		logs:     map[Log]*memoryLog{Own: {}, Far: {}},
		settings: map[string][]byte{},
	}}
}

// Again opens the same store once more, as another process would, or the same
// one after a crash.
func (m *Memory) Again() *Memory { return &Memory{disk: m.disk} }

// Clone makes a store of its own with what this one now holds, its lease too: a snapshot of
// the whole machine.
func (m *Memory) Clone() *Memory {
	m.disk.mu.RLock()
	defer m.disk.mu.RUnlock()
	c := NewMemory()
	for l, log := range m.disk.logs {
		c.disk.logs[l] = &memoryLog{slices.Clone(log.entries), slices.Clone(log.hashes)}
	}
	c.disk.settings = maps.Clone(m.disk.settings)
	c.disk.lease = m.disk.lease
	return c
}

// Lose makes an entry unreadable, as damage does.
func (m *Memory) Lose(l Log, number int64) {
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	m.disk.logs[l].entries[number] = nil
}

// LoseHash makes a hash unreadable.
func (m *Memory) LoseHash(l Log, index int64) {
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	m.disk.logs[l].hashes[index] = nil
}

// reading locks for a read, and returns what unlocks.
func (m *Memory) reading() (func(), error) {
	m.disk.mu.RLock()
	if m.closed {
		m.disk.mu.RUnlock()
		return nil, fmt.Errorf("store: memory: %w", fs.ErrClosed)
	}
	return m.disk.mu.RUnlock, nil
}

// writing is reading for one who may write.
func (m *Memory) writing() (func(), error) {
	m.disk.mu.Lock()
	err := m.disk.lease.admits(m.term)
	if m.closed {
		err = fmt.Errorf("store: memory: %w", fs.ErrClosed)
	}
	if err != nil {
		m.disk.mu.Unlock()
		return nil, err
	}
	return m.disk.mu.Unlock, nil
}

func (log *memoryLog) held() held { return held{int64(len(log.entries)), int64(len(log.hashes))} }

func (m *Memory) Append(b *Batch) error {
	if err := b.check(); err != nil {
		return err
	}
	done, err := m.writing()
	if err != nil {
		return err
	}
	defer done()
	log := m.disk.logs[b.Log]
	again, err := log.held().fits(b)
	if err != nil {
		return err
	}
	if again {
		return log.ends(b)
	}
	for _, e := range b.Entries {
		log.entries = append(log.entries, bytes.Clone(e))
	}
	for _, h := range b.Hashes {
		log.hashes = append(log.hashes, &h)
	}
	m.set(b.Set)
	return nil
}

// ends says whether the log's last entries and hashes are those of the batch.
func (log *memoryLog) ends(b *Batch) error {
	var hashes []Hash
	for i := range b.Hashes {
		if h := log.hashes[b.HashAt+int64(i)]; h != nil {
			hashes = append(hashes, *h)
		}
	}
	return same(b, log.entries[b.First:], hashes)
}

func (m *Memory) set(values map[string][]byte) {
	for key, value := range values {
		if value == nil {
			delete(m.disk.settings, key)
		} else {
			m.disk.settings[key] = append([]byte{}, value...)
		}
	}
}

func (m *Memory) Set(values map[string][]byte) error {
	if err := checkSettings(values); err != nil {
		return err
	}
	done, err := m.writing()
	if err != nil {
		return err
	}
	defer done()
	m.set(values)
	return nil
}

func (m *Memory) Get(key string) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	done, err := m.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	return bytes.Clone(m.disk.settings[key]), nil
}

func (m *Memory) Keys(prefix string, max int) ([]string, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	done, err := m.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	var keys []string
	for key := range m.disk.settings {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys[:min(len(keys), max0(max))], nil
}

func (m *Memory) Size(l Log) (int64, error) {
	if err := checkLog(l); err != nil {
		return 0, err
	}
	done, err := m.reading()
	if err != nil {
		return 0, err
	}
	defer done()
	return m.disk.logs[l].held().entries, nil
}

func (m *Memory) Entries(l Log, first int64, max, maxBytes int) ([][]byte, error) {
	if err := checkRange(l, first); err != nil {
		return nil, err
	}
	done, err := m.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	var entries [][]byte
	for all := m.disk.logs[l].entries; first < int64(len(all)); first++ {
		e := all[first]
		if len(entries) > 0 && (len(entries) >= max || len(e) > max0(maxBytes)) {
			break
		}
		maxBytes -= len(e)
		entries = append(entries, bytes.Clone(e))
	}
	return entries, nil
}

func (m *Memory) Hashes(l Log, indexes []int64) ([]Hash, error) {
	if err := checkLog(l); err != nil {
		return nil, err
	}
	done, err := m.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	all := m.disk.logs[l].hashes
	hashes := make([]Hash, 0, len(indexes))
	for _, i := range indexes {
		if err := checkIndex(i); err != nil {
			return nil, err
		}
		if i >= int64(len(all)) || all[i] == nil {
			return nil, &MissingError{Log: l, Hash: true, Number: i}
		}
		hashes = append(hashes, *all[i])
	}
	return hashes, nil
}

func (m *Memory) Repair(l Log, entries map[int64][]byte, hashes map[int64]Hash) error {
	if err := checkRepair(l, entries, hashes); err != nil {
		return err
	}
	done, err := m.writing()
	if err != nil {
		return err
	}
	defer done()
	log := m.disk.logs[l]
	if err := log.held().covers(l, entries, hashes); err != nil {
		return err
	}
	for n, e := range entries {
		log.entries[n] = bytes.Clone(e)
	}
	for i, h := range hashes {
		log.hashes[i] = &h
	}
	return nil
}

func (m *Memory) Lease(holder string, now, until time.Time) error {
	if err := checkKey(holder); err != nil {
		return err
	}
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	if m.closed {
		return fmt.Errorf("store: memory: %w", fs.ErrClosed)
	}
	l, err := m.disk.lease.take(m.term, holder, now, until)
	if err != nil {
		return err
	}
	m.disk.lease, m.term = l, l.term
	return nil
}

// Used counts the bytes of entries, hashes and settings.
func (m *Memory) Used() (int64, error) {
	done, err := m.reading()
	if err != nil {
		return 0, err
	}
	defer done()
	var n int64
	for _, log := range m.disk.logs {
		n += int64(len(log.hashes)) * HashSize
		for _, e := range log.entries {
			n += int64(len(e))
		}
	}
	for key, value := range m.disk.settings {
		n += int64(len(key) + len(value))
	}
	return n, nil
}

// Free is as much as anyone may ask for.
func (m *Memory) Free() (int64, error) {
	done, err := m.reading()
	if err != nil {
		return 0, err
	}
	done()
	return math.MaxInt64, nil
}

func (m *Memory) Close() error {
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	m.closed = true
	return nil
}

// Backup writes a file that [Open] reads.
func (m *Memory) Backup(file string) error {
	done, err := m.reading()
	if err != nil {
		return err
	}
	defer done()
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("store: backing up to %s: %w", file, fs.ErrExist)
	}
	s, err := Open(file)
	if err != nil {
		return err
	}
	return errors.Join(m.disk.copyTo(s), s.Close())
}

// copyTo writes all but the lease into an empty store.
func (c *contents) copyTo(s *SQLite) error {
	return s.do("backing up", func(w *writer, h *head) error {
		for l, log := range c.logs {
			*h.log(l) = log.held()
			if err := w.copyLog(l, log); err != nil {
				return err
			}
		}
		return w.setAll(h, c.settings)
	})
}

func (w *writer) copyLog(l Log, log *memoryLog) error {
	for n, e := range log.entries {
		if e == nil {
			continue
		}
		if err := w.putEntry(l, int64(n), e); err != nil {
			return err
		}
	}
	for i, h := range log.hashes {
		if h == nil {
			continue
		}
		if err := w.putHash(l, int64(i), *h); err != nil {
			return err
		}
	}
	return nil
}
