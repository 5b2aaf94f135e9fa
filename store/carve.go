package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
)

// A wreck is a store's file and -wal, read without SQLite: page by page, and row by row of
// each page that looks like the leaf of a table. Nothing in it is believed but what a seal confirms.
//
// The layout is SQLite's file format (https://www.sqlite.org/fileformat2.html), as far as our files use it: pages of
// pageSize without reserved bytes, tables of numbered rows, one table WITHOUT ROWID.
type wreck struct {
	file, wal *os.File         // wal is nil if there is none
	newest    map[uint32]int64 // pages in the -wal: offset of the newest
	doubtful  bool             // the header of the -wal is damaged, so it is not sure which frames are its newest
	pages     uint32           // of the file
	chained   int64            // pages read for what overflows: bounded, as damage may lead in circles
}

// settingRoot is where the tree of settings begins: it is the first table that is made.
const settingRoot = 2

// Kinds of pages.
const (
	pageIndexInner = 0x02
	pageIndexLeaf  = 0x0a
	pageTableLeaf  = 0x0d
)

// largestRow is the size of the largest, in bytes.
const largestRow = MaxSetting + MaxKey + 64

func openWreck(file string) (*wreck, error) {
	w := &wreck{newest: map[uint32]int64{}}
	var err error
	if w.wal, err = os.Open(file + "-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if w.file, err = os.Open(file); err != nil && (w.wal == nil || !errors.Is(err, fs.ErrNotExist)) {
		return nil, errors.Join(err, w.close())
	}
	if w.file != nil {
		info, err := w.file.Stat()
		if err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.pages = uint32(min((info.Size()+pageSize-1)/pageSize, 1<<31))
	}
	if w.wal != nil {
		w.readWAL()
	}
	return w, nil
}

func (w *wreck) close() error {
	var errs []error
	for _, f := range []*os.File{w.file, w.wal} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// readWAL finds the newest version of each page in a committed transaction. Frames of an earlier use of
// the -wal have another salt. SQLite's checksums are not asked: a damaged frame must not hide those after it.
func (w *wreck) readWAL() {
	var header walHead
	var f frame
	if _, err := w.wal.ReadAt(header[:], 0); err != nil {
		return
	}
	salt := header.salt()
	open := map[uint32]int64{} // of a transaction without its commit yet
	for at := int64(walHeader); ; at += frameSize {
		if _, err := w.wal.ReadAt(f[:frameHeader], at); err != nil {
			return
		}
		if w.doubtful = !header.whole(); w.doubtful && at == walHeader {
			salt = bytes.Clone(f.salt())
		}
		if !bytes.Equal(f.salt(), salt) {
			continue
		}
		open[f.page()] = at + frameHeader
		if f.ends() {
			for page, at := range open {
				w.newest[page] = at
			}
			clear(open)
		}
	}
}

// page reads a page, the first is 1. What is cut off is zero.
func (w *wreck) page(n uint32) []byte {
	b := make([]byte, pageSize)
	at, inWAL := w.newest[n]
	var err error
	switch {
	case n == 0:
		return nil
	case inWAL:
		_, err = w.wal.ReadAt(b, at)
	case n <= w.pages:
		_, err = w.file.ReadAt(b, int64(n-1)*pageSize)
	default:
		return nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return b
}

// all gives the number of every page that there is.
func (w *wreck) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for n := uint32(1); n <= w.pages; n++ {
			if !yield(n) {
				return
			}
		}
		for n := range w.newest {
			if n > w.pages && !yield(n) {
				return
			}
		}
	}
}

// settings gives the pages that the tree of settings is made of, as far as it leads.
func (w *wreck) settings() iter.Seq[uint32] {
	seen, next := map[uint32]bool{}, []uint32{settingRoot}
	return func(yield func(uint32) bool) {
		for len(next) > 0 {
			n := next[0]
			next = next[1:]
			if seen[n] {
				continue
			}
			seen[n] = true
			if !yield(n) {
				return
			}
			next = append(next, w.children(n)...)
		}
	}
}

// children are the pages below an inner page of the table of settings.
func (w *wreck) children(n uint32) []uint32 {
	b := w.page(n)
	if b == nil || b[0] != pageIndexInner {
		return nil
	}
	all := []uint32{binary.BigEndian.Uint32(b[8:])}
	for cell := range cells(b) {
		if len(cell) >= 4 {
			all = append(all, binary.BigEndian.Uint32(cell))
		}
	}
	return all
}

// cells gives what begins at each of a page's pointers. Page 1 has none that matter: it holds the schema.
func cells(b []byte) iter.Seq[[]byte] {
	at := 8
	if b[0] == pageIndexInner {
		at = 12
	}
	return func(yield func([]byte) bool) {
		for left := binary.BigEndian.Uint16(b[3:]); left > 0 && at+2 <= len(b); left, at = left-1, at+2 {
			if cell := int(binary.BigEndian.Uint16(b[at:])); cell < len(b) && !yield(b[cell:]) {
				return
			}
		}
	}
}

// free lists the pages that are in no table; none if the list is damaged.
func (w *wreck) free() map[uint32]bool {
	free := map[uint32]bool{}
	header := w.page(1)
	if header == nil {
		return nil
	}
	trunk, count := binary.BigEndian.Uint32(header[32:]), binary.BigEndian.Uint32(header[36:])
	for trunk != 0 && !free[trunk] {
		b := w.page(trunk)
		if b == nil {
			return nil
		}
		free[trunk] = true
		for i := range min(binary.BigEndian.Uint32(b[4:]), pageSize/4-2) {
			free[binary.BigEndian.Uint32(b[8+4*i:])] = true
		}
		trunk = binary.BigEndian.Uint32(b)
	}
	if trunk != 0 || uint32(len(free)) != count {
		return nil
	}
	return free
}

// A row is what a table's row holds; number is 0 and key is set in the table of settings.
type row struct {
	number int64
	key    string
	sealed []byte
}

// rows calls fn for each row that page n seems to have.
func (w *wreck) rows(n uint32, fn func(r row)) {
	b := w.page(n)
	if b == nil {
		return
	}
	kind := b[0]
	if kind != pageIndexInner && kind != pageIndexLeaf && kind != pageTableLeaf {
		return
	}
	for cell := range cells(b) {
		if r, ok := w.row(kind, cell); ok {
			fn(r)
		}
	}
}

// row reads the row of a cell.
func (w *wreck) row(kind byte, cell []byte) (r row, ok bool) {
	if kind == pageIndexInner {
		if len(cell) < 4 {
			return r, false
		}
		cell = cell[4:]
	}
	size, n := varint(cell)
	if n == 0 || size > largestRow {
		return r, false
	}
	cell = cell[n:]
	if kind == pageTableLeaf {
		number, n := varint(cell)
		if n == 0 {
			return r, false
		}
		r.number, cell = int64(number), cell[n:]
	}
	record := w.payload(kind, cell, int(size))
	columns := values(record)
	if len(columns) != 2 {
		return r, false
	}
	r.key, r.sealed = string(columns[0]), columns[1]
	return r, true
}

// payload puts a record together: what is in the page, and what overflows from it.
func (w *wreck) payload(kind byte, cell []byte, size int) []byte {
	local := localSize(kind, size)
	if local > len(cell) || local < size && local+4 > len(cell) {
		return nil
	}
	record := append(make([]byte, 0, size), cell[:local]...)
	if local == size {
		return record
	}
	for next := binary.BigEndian.Uint32(cell[local:]); len(record) < size; w.chained++ {
		b := w.page(next)
		if b == nil || w.chained > 1000+4*int64(w.pages) {
			return nil
		}
		next = binary.BigEndian.Uint32(b)
		record = append(record, b[4:min(pageSize, 4+size-len(record))]...)
	}
	return record
}

// localSize is how much of a record is in its page.
func localSize(kind byte, size int) int {
	most := (pageSize-12)*64/255 - 23
	if kind == pageTableLeaf {
		most = pageSize - 35
	}
	if size <= most {
		return size
	}
	least := (pageSize-12)*32/255 - 23
	if n := least + (size-least)%(pageSize-4); n <= most {
		return n
	}
	return least
}

// values takes a record apart: nothing, a text or a blob in each column, as in all our tables.
func values(record []byte) [][]byte {
	length, n := varint(record)
	if n == 0 || length > uint64(len(record)) || length < uint64(n) {
		return nil
	}
	types, body := record[n:length], record[length:]
	var all [][]byte
	for len(types) > 0 {
		kind, n := varint(types)
		if n == 0 || kind != 0 && kind < 12 {
			return nil
		}
		types = types[n:]
		size := uint64(0)
		if kind != 0 {
			size = (kind - 12) / 2
		}
		if size > uint64(len(body)) {
			return nil
		}
		all, body = append(all, body[:size]), body[size:]
	}
	return all
}

// varint reads SQLite's form of a number: seven bits a byte, the highest first, all eight of a ninth.
// n is 0 if it is cut off.
func varint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 8 {
		v = v<<7 | uint64(b[n]&0x7f)
		n++
		if b[n-1] < 0x80 {
			return v, n
		}
	}
	if n == 8 && len(b) > 8 {
		return v<<8 | uint64(b[8]), 9
	}
	return 0, 0
}
