package station

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ringdown/line"
)

// journalIn makes a folder with one line, "south", and its journal.
func journalIn(t *testing.T) (*DiskJournal, string) {
	t.Helper()
	dir := t.TempDir()
	lines := filepath.Join(dir, "lines", "south")
	if err := os.MkdirAll(lines, 0o700); err != nil {
		t.Fatal(err)
	}
	return &DiskJournal{Dir: dir}, filepath.Join(lines, "line-numbers")
}

func numbers(own, ownNumber, far, farNumber uint64) line.Durable {
	return line.Durable{Own: line.Attempt{Incarnation: own, Number: uint32(ownNumber)}, Far: line.Attempt{Incarnation: far, Number: uint32(farNumber)}}
}

// reopened is what a station that starts now would read.
func reopened(t *testing.T, j *DiskJournal) line.Durable {
	t.Helper()
	d, err := (&DiskJournal{Dir: j.Dir}).Load("south")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestJournal(t *testing.T) {
	j, file := journalIn(t)
	if d, err := j.Load("south"); err != nil || d != (line.Durable{}) {
		t.Fatalf("nothing saved: %v, %v", d, err)
	}
	for _, d := range []line.Durable{numbers(1, 0, 0, 0), numbers(1, 64, 7, 3), numbers(1<<64-1, 1<<32-1, 1<<64-1, 1<<32-1)} {
		if err := j.Save("south", d); err != nil {
			t.Fatal(err)
		}
		if got := reopened(t, j); got != d {
			t.Errorf("saved %v, read %v", d, got)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestJournalOnlyRises: a save that comes late, from this run or after a start, takes nothing back.
func TestJournalOnlyRises(t *testing.T) {
	j, _ := journalIn(t)
	for _, d := range []line.Durable{numbers(5, 64, 9, 1), numbers(5, 0, 9, 2), numbers(4, 99, 10, 0)} {
		if err := j.Save("south", d); err != nil {
			t.Fatal(err)
		}
	}
	want := numbers(5, 64, 10, 0)
	if got := reopened(t, j); got != want {
		t.Errorf("read %v, want the highest of each, %v", got, want)
	}
	late := &DiskJournal{Dir: j.Dir} // which has loaded nothing yet
	if err := late.Save("south", numbers(1, 1, 1, 1)); err != nil {
		t.Fatal(err)
	}
	if got := reopened(t, j); got != want {
		t.Errorf("after a late save: %v, want %v", got, want)
	}
	if got, _ := late.Load("south"); got != want {
		t.Errorf("what is loaded then is %v, want %v", got, want)
	}
}

func TestJournalTogether(t *testing.T) {
	j, _ := journalIn(t)
	var all sync.WaitGroup
	for n := range uint64(40) {
		all.Go(func() {
			if err := j.Save("south", numbers(n, 0, 40-n, 0)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := reopened(t, j); got != numbers(39, 0, 40, 0) {
		t.Errorf("read %v", got)
	}
}

// TestJournalDamaged: a file that is not as it was written is named, and neither read nor
// written over.
func TestJournalDamaged(t *testing.T) {
	for _, text := range []string{"", "own 1 2\n", "own 1 2\nfar 3 4", "own 1 2\nfar 3 4\n\n", "own 01 2\nfar 3 4\n", "own 1 2 far 3 4\n",
		"own -1 2\nfar 3 4\n", "own 1 4294967296\nfar 3 4\n", "own 18446744073709551616 2\nfar 3 4\n", "far 1 2\nown 3 4\n", strings.Repeat("x", 1<<20)} {
		j, file := journalIn(t)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := j.Load("south")
		var damaged *NumbersError
		if !errors.As(err, &damaged) || damaged.File != file || len(damaged.Found) > 80 || !strings.Contains(err.Error(), file) {
			t.Errorf("%.40q: %v", text, err)
		}
		if err := j.Save("south", numbers(1, 1, 1, 1)); !errors.As(err, &damaged) {
			t.Errorf("%.40q: saved over it: %v", text, err)
		}
		if now, _ := os.ReadFile(file); string(now) != text {
			t.Errorf("%.40q: it was written over", text)
		}
	}
}

// TestJournalLeftovers: what a crash leaves half written is not read, and is in nobody's way.
func TestJournalLeftovers(t *testing.T) {
	j, file := journalIn(t)
	if err := j.Save("south", numbers(1, 64, 2, 3)); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(filepath.Dir(file), ".new-line-numbers")
	if err := os.WriteFile(half, []byte("own 9"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := reopened(t, j); got != numbers(1, 64, 2, 3) {
		t.Errorf("read %v", got)
	}
	if err := j.Save("south", numbers(2, 0, 2, 3)); err != nil {
		t.Fatal(err)
	}
	if got := reopened(t, j); got != numbers(2, 0, 2, 3) {
		t.Errorf("read %v", got)
	}
}

// TestJournalDiskRefuses: a disk that refuses is an error, the numbers stay, and the next save
// that the disk takes is whole.
func TestJournalDiskRefuses(t *testing.T) {
	j, file := journalIn(t)
	if err := j.Save("south", numbers(1, 64, 2, 3)); err != nil {
		t.Fatal(err)
	}
	obstacle := filepath.Join(filepath.Dir(file), ".new-line-numbers")
	if err := os.Mkdir(obstacle, 0o700); err != nil { // even root cannot write there
		t.Fatal(err)
	}
	if err := j.Save("south", numbers(2, 0, 2, 3)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("saving: %v, want an error that names %s", err, file)
	}
	if d, _ := j.Load("south"); d != numbers(1, 64, 2, 3) {
		t.Errorf("what is loaded is %v, which is not on disk", d)
	}
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	if err := j.Save("south", numbers(2, 0, 2, 3)); err != nil {
		t.Fatal(err)
	}
	if got := reopened(t, j); got != numbers(2, 0, 2, 3) {
		t.Errorf("read %v", got)
	}
}

// childDir tells the test's own program, started again, to save numbers until it is killed.
const childDir = "RINGDOWN_TEST_JOURNAL"

func TestJournalChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		return // this is the parent
	}
	j := &DiskJournal{Dir: dir}
	d, err := j.Load("south")
	for err == nil {
		d.Own.Incarnation++
		d.Far.Number++
		if err = j.Save("south", d); err == nil {
			fmt.Println(d.Own.Incarnation)
		}
	}
	t.Fatal(err)
}

// TestJournalKilled: whatever a process said was durable is there after it was killed.
func TestJournalKilled(t *testing.T) {
	j, _ := journalIn(t)
	for round := range 15 {
		child := exec.Command(os.Args[0], "-test.run=^TestJournalChild$")
		child.Env = append(os.Environ(), childDir+"="+j.Dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var said uint64
		lines := bufio.NewScanner(out)
		for n := 0; n < 3+7*round && lines.Scan(); n++ {
			if _, err := fmt.Sscan(lines.Text(), &said); err != nil {
				t.Fatalf("the child said %q", lines.Text())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		if d := reopened(t, j); d.Own.Incarnation < said || uint64(d.Far.Number) != d.Own.Incarnation {
			t.Fatalf("round %d: %d was durable, read %v", round, said, d)
		}
	}
}

// FuzzNumbers: what is read is what would be written, and nothing else is read.
func FuzzNumbers(f *testing.F) {
	f.Add([]byte("own 1 2\nfar 3 4\n"))
	f.Add([]byte("own 18446744073709551615 4294967295\nfar 0 0\n"))
	f.Add([]byte("own +1 2\nfar 3 4\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if d, ok := parseNumbers(text); ok && string(encodeNumbers(d)) != string(text) {
			t.Errorf("%q was read as %v", text, d)
		}
	})
}

// FuzzNumbersKept: every number that there can be comes back.
func FuzzNumbersKept(f *testing.F) {
	f.Add(uint64(1), uint32(2), uint64(3), uint32(4))
	f.Fuzz(func(t *testing.T, own uint64, ownNumber uint32, far uint64, farNumber uint32) {
		d := numbers(own, uint64(ownNumber), far, uint64(farNumber))
		if got, ok := parseNumbers(encodeNumbers(d)); !ok || got != d {
			t.Errorf("%v came back as %v", d, got)
		}
	})
}

// FuzzMessage: whatever the other station says of addresses is taken apart or refused.
func FuzzMessage(f *testing.F) {
	for _, m := range []string{"", "\x01proposal", "\x02amendment", "\x03\x00\x00\x00\x07", "\x03\x00", "\x04"} {
		f.Add([]byte(m))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		kind, body, err := parseMessage(msg)
		if err == nil && string(framed(kind, body)) != string(msg) {
			t.Errorf("%q was taken for kind %d, %q", msg, kind, body)
		}
		if err == nil && kind == kindSerial && len(body) != 4 {
			t.Errorf("a serial of %d bytes", len(body))
		}
	})
}
