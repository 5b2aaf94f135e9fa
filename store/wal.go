package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// What a -wal is made of is SQLite's file format (https://www.sqlite.org/fileformat2.html, section 4): a header, and frames
// of one page each. A frame says which page it is; how large the file is, if it ends a transaction; the salt that the header
// has, too, and which is another each time that the -wal is used again from its start; and sums over all frames up to it.

// Sizes of a -wal, in bytes.
const (
	walHeader   = 32
	frameHeader = 24
	frameSize   = frameHeader + pageSize
	sector      = 512 // what a disk writes whole or not at all; some write more
)

// A walHead is the header of a -wal.
type walHead [walHeader]byte

func (h *walHead) salt() []byte { return h[16:24] }
func (h *walHead) sums() sums   { return sumsOf(h[24:]) }

// order is that of the machine that wrote it, in which the sums read what they sum.
func (h *walHead) order() binary.ByteOrder {
	if h[3]&1 != 0 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// whole says whether the header is as it was written.
func (h *walHead) whole() bool {
	return binary.BigEndian.Uint32(h[:])&^1 == 0x377f0682 && sums{}.add(h.order(), h[:24]) == h.sums()
}

// A frame is one frame of a -wal.
type frame [frameSize]byte

func (f *frame) page() uint32 { return binary.BigEndian.Uint32(f[:]) }
func (f *frame) ends() bool   { return binary.BigEndian.Uint32(f[4:]) != 0 }
func (f *frame) salt() []byte { return f[8:16] }
func (f *frame) sums() sums   { return sumsOf(f[16:]) }

// after is what the frame's sums should be, behind a frame with these.
func (f *frame) after(order binary.ByteOrder, s sums) sums {
	return s.add(order, f[:8]).add(order, f[frameHeader:])
}

// endsBut says whether the frame, which is wrong, is right but for one bit of these bytes, and then ends a transaction.
func (f *frame) endsBut(from, to int, order binary.ByteOrder, s sums) bool {
	g := *f
	for i := from; i < to; i++ {
		for bit := range 8 {
			g[i] ^= 1 << bit
			if g.ends() && g.after(order, s) == g.sums() {
				return true
			}
			g[i] ^= 1 << bit
		}
	}
	return false
}

// sums are SQLite's two sums.
type sums [2]uint32

func sumsOf(b []byte) sums {
	return sums{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}

// add goes on over bytes, a multiple of eight.
func (s sums) add(order binary.ByteOrder, b []byte) sums {
	for ; len(b) >= 8; b = b[8:] {
		s[0] += order.Uint32(b) + s[1]
		s[1] += order.Uint32(b[4:]) + s[0]
	}
	return s
}

// checkWAL refuses a -wal that has lost what was durable. SQLite would not: it takes the first frame that is not as it was
// written for the end, as a crash leaves one in a transaction that was being written.
//
// But it writes behind a transaction only when that was synced. So where a frame goes on from the sums of one that ends a
// transaction, all up to there was whole once. What a crash cut short, or a write that failed left behind, has no such frame.
func checkWAL(file string) error {
	f, err := os.Open(file + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		d, err := findDamage(f)
		if d == nil || err != nil {
			return err
		}
		// Another process may have been writing. Damage is still there when that is done.
		if d.stays(f) {
			return fmt.Errorf("%w: found %s of its -wal other than it was written, and whole ones behind it", ErrDamaged, d)
		}
	}
}

// A walDamage is the first place in a -wal that is not as it was written.
type walDamage struct {
	header walHead
	at     int64 // of the frame; 0: it is the header
	frame  frame
}

func (d *walDamage) String() string {
	if d.at == 0 {
		return "the header"
	}
	return fmt.Sprintf("frame %d", d.at/frameSize+1)
}

// stays says whether it is still as it was found.
func (d *walDamage) stays(f io.ReaderAt) bool {
	again := walDamage{at: d.at}
	var err error
	if d.at > 0 {
		_, err = f.ReadAt(again.frame[:], d.at)
	}
	_, e := f.ReadAt(again.header[:], 0)
	return err == nil && e == nil && again == *d
}

// findDamage gives nil if nothing that was durable is lost.
//
// Where a transaction was cut short, some sectors hold what was there before: of an earlier use of the -wal, or of a transaction
// that failed. So a frame that is wrong ends a transaction only if that it ends one and its sums were surely written together.
func findDamage(f io.ReaderAt) (*walDamage, error) {
	var d walDamage
	if _, err := f.ReadAt(d.header[:], 0); err != nil {
		return nil, unlessEnd(err)
	}
	order, last := d.header.order(), d.header.sums()
	made := last   // what last should be
	ended := false // a transaction, in the frame before, which is wrong or behind what is
	var g frame
	for at := int64(walHeader); ; at += frameSize {
		if _, err := f.ReadAt(g[:], at); err != nil {
			return nil, unlessEnd(err)
		}
		if !d.header.whole() {
			return &d, nil // it lies in one sector, and is synced before a frame is written
		}
		ours, sums := bytes.Equal(g.salt(), d.header.salt()), g.after(order, last)
		follows := ours && (sums == g.sums() || made != last && g.after(order, made) == g.sums())
		if follows && ended {
			return &d, nil
		}
		if !follows && d.at == 0 {
			d.at, d.frame = at, g
		}
		switch split := (at+8)%sector == 0 || (at+16)%sector == 0; { // between what ends a transaction and the sums
		case d.at == 0:
		case follows:
			ended = g.ends()
		case !ours:
			ended = g.ends() && sums == g.sums() // only its salt is wrong
		case split && g.ends():
			ended = g.endsBut(0, frameSize, order, last)
		default:
			ended = g.ends() || g.endsBut(4, 8, order, last)
		}
		last, made = g.sums(), sums
	}
}

// unlessEnd is nil at the end of a file.
func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
