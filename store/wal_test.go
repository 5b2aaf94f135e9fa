package store

import (
	"bytes"
	"path/filepath"
	"testing"
)

// TestEveryByteOfTheWAL flips a bit of each byte of a -wal. It is seen wherever another transaction follows: the last one
// looks as if a crash had cut it short.
func TestEveryByteOfTheWAL(t *testing.T) {
	wal := steps(t, 3)["-wal"]
	last, ends := lastTransaction(wal)
	if ends != 3 {
		t.Fatalf("found %d transactions, want 3", ends)
	}
	if d, err := findDamage(bytes.NewReader(wal)); d != nil || err != nil {
		t.Fatalf("nothing is damaged: found %v, %v", d, err)
	}
	stride := 1
	if testing.Short() {
		stride = 13
	}
	for at := 0; at < last; at += stride {
		bit := byte(1) << (at / stride % 8)
		wal[at] ^= bit
		d, err := findDamage(bytes.NewReader(wal))
		wal[at] ^= bit
		if err != nil || d == nil || at >= walHeader && (at < int(d.at) || at >= int(d.at)+frameSize) {
			t.Fatalf("bit %08b of byte %d: found %v, %v", bit, at, d, err)
		}
	}
	for i := walHeader + 4; i < last; i += frameSize { // each bit of an end: one of them may make that it is none
		for bit := range 32 {
			wal[i+bit/8] ^= 1 << (bit % 8)
			if d, err := findDamage(bytes.NewReader(wal)); d == nil || err != nil {
				t.Fatalf("bit %d of the mark at %d: found %v, %v", bit, i, d, err)
			}
			wal[i+bit/8] ^= 1 << (bit % 8)
		}
	}
}

// lastTransaction says where the last transaction of a -wal begins, and how many there are.
func lastTransaction(wal []byte) (at, transactions int) {
	next := walHeader
	for i := walHeader; i+frameSize <= len(wal); i += frameSize {
		if f := (*frame)(wal[i:]); f.ends() {
			at, next = next, i+frameSize
			transactions++
		}
	}
	return at, transactions
}

// smallOnes makes a store with a -wal of n frames, each of which ends a transaction.
func smallOnes(t *testing.T, n int) (s *SQLite, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "record.db")
	s = benchOpen(t, file)
	for i := range n {
		small(t, s, i)
	}
	if wal := readFiles(t, file)["-wal"]; len(wal) != walHeader+n*frameSize {
		t.Fatalf("the -wal has %d bytes, want %d frames", len(wal), n)
	}
	return s, file
}

func small(t *testing.T, s *SQLite, i int) {
	t.Helper()
	if err := s.Set(map[string][]byte{"small": text("small", i, 100)}); err != nil {
		t.Fatal(err)
	}
}

// TestTornSectors leaves out each sector of a transaction that is written over an earlier use of the -wal. So it looks after a power
// cut, and nothing is damaged.
func TestTornSectors(t *testing.T) {
	const frames = 140
	s, file := smallOnes(t, frames)
	if _, err := s.writer.conn.ExecContext(background, "PRAGMA wal_checkpoint(RESTART)"); err != nil {
		t.Fatal(err)
	}
	small(t, s, frames)
	older := readFiles(t, file)["-wal"]
	if err := s.Set(map[string][]byte{"large": text("large", 1, (frames-10)*pageSize)}); err != nil {
		t.Fatal(err)
	}
	wal := readFiles(t, file)["-wal"]
	for at := sector; at+sector <= len(older); at += sector {
		whole := bytes.Clone(wal[at : at+sector])
		copy(wal[at:], older[at:at+sector])
		if d, err := findDamage(bytes.NewReader(wal)); d != nil || err != nil {
			t.Errorf("without the sector at %d: found %v, %v", at, d, err)
		}
		copy(wal[at:], whole)
	}
}

// TestTornOverAFailedOne tears a small transaction that is written over a large one, which failed but is whole on the disk.
func TestTornOverAFailedOne(t *testing.T) {
	for n := 30; n < 66; n++ { // of these the header of some frame is in two sectors, in each way
		s, file := smallOnes(t, n)
		before := readFiles(t, file)
		if err := s.Set(map[string][]byte{"large": text("large", 1, 3*pageSize)}); err != nil {
			t.Fatal(err)
		}
		failed := readFiles(t, file)["-wal"]
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		before.write(t, file)
		s = benchOpen(t, file)
		small(t, s, n)
		wal := readFiles(t, file)["-wal"]
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		from := walHeader + n*frameSize
		if len(wal) != from+frameSize || !bytes.Equal(wal[:from], failed[:from]) {
			t.Fatal("they are not of the same use of the -wal")
		}
		for at := from / sector * sector; at < len(wal); at += sector {
			torn := bytes.Clone(failed)
			copy(torn[from:], wal[from:])
			begin, end := max(at, from), min(at+sector, len(wal))
			copy(torn[begin:end], failed[begin:end])
			if d, err := findDamage(bytes.NewReader(torn)); d != nil || err != nil {
				t.Errorf("%d frames, without the sector at %d: found %v, %v", n, at, d, err)
			}
		}
	}
}

// TestFlippedBitBeforeTheLast flips bits in the last transaction but one, wherever its only frame is in its sectors.
func TestFlippedBitBeforeTheLast(t *testing.T) {
	_, file := smallOnes(t, 66)
	whole := readFiles(t, file)["-wal"]
	for n := range 65 {
		from := walHeader + n*frameSize
		wal := bytes.Clone(whole[:from+2*frameSize])
		for i := 0; i < frameSize; i += 1 + i/24*600 { // of the header each byte
			wal[from+i] ^= 1 << (i % 8)
			if d, err := findDamage(bytes.NewReader(wal)); d == nil || err != nil {
				t.Errorf("byte %d of frame %d: found %v, %v", i, n+1, d, err)
			}
			wal[from+i] ^= 1 << (i % 8)
		}
	}
}

// TestFlippedBitInWAL: after a bit of the -wal is flipped, either all is there but what was written last, or the start is refused, and
// the drafts are salvaged or it is said that they may be missing.
func TestFlippedBitInWAL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "made.db")
	s := benchOpen(t, file)
	x := newSample()
	x.writeAll(t, s)
	x.set(t, s, "draft/first", text("draft", 20, 400))
	x.set(t, s, "draft/last", text("draft", 21, 400))
	crashed := readFiles(t, file)
	last, _ := lastTransaction(crashed["-wal"])
	refused := 0
	for i, at := range append(positions(len(crashed["-wal"]), 60), 0, 5, 9, 13, 17, 21, 25, 29) {
		b := bytes.Clone(crashed["-wal"])
		b[at] ^= 1 << (i % 8)
		flipped := files{"": crashed[""], "-wal": b}
		flipped.write(t, file+".flipped")
		s, err := Open(file + ".flipped")
		if damaged(t, err) {
			refused++
			if !readFiles(t, file+".flipped").same(flipped) {
				t.Errorf("byte %d: the refused files are changed", at)
			}
			drafts, _ := x.salvaged(t, file+".flipped")
			if lost := Salvage(file+".flipped", Own, 0).Lost; drafts < 6 && len(lost) == 0 {
				t.Errorf("byte %d: %d of 6 drafts are salvaged, and nothing is said", at, drafts)
			}
			continue
		}
		if value, err := s.Get("draft/first"); err != nil || !bytes.Equal(value, x.settings["draft/first"]) || at < last {
			t.Errorf("byte %d: opened; found %.20q, %v", at, value, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if refused < 50 {
		t.Errorf("%d starts are refused", refused)
	}
}

// TestOpenBesideAWriter opens a store again and again while another handle writes, so that its -wal grows, is checkpointed
// and used again: that is not taken for damage.
func TestOpenBesideAWriter(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.db")
	s := benchOpen(t, file)
	if _, err := s.writer.conn.ExecContext(background, "PRAGMA wal_autocheckpoint=30"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		for i := range 200 {
			if err := s.Append(step(i)); err != nil {
				done <- err
				return
			}
		}
		close(done)
	}()
	looks := 0
	for {
		select {
		case err := <-done:
			if err != nil || looks < 10 {
				t.Errorf("looked %d times; %v", looks, err)
			}
			return
		default:
		}
		looks++
		if err := checkWAL(file); err != nil {
			t.Fatal(err)
		}
		if looks%10 == 0 {
			s, err := Open(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
