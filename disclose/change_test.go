package disclose

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"

	"ringdown/record"
)

// Every single byte of every disclosure that proves something is changed, in some of them in
// several ways: nothing is proven any more, and what is said is what is wrong there, whose it is included.
func TestEveryByteCounts(t *testing.T) {
	gc := debug.SetGCPercent(800) // nearly all is garbage at once
	t.Cleanup(func() { debug.SetGCPercent(gc) })
	for n, v := range goodVectors(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			list, signed := spots(t, v.file), signedAs(v.file)
			changed := bytes.Clone(v.file)
			for i, at := n%byteStep, 0; i < len(v.file); i += byteStep {
				for at+1 < len(list) && list[at+1].begin <= i {
					at++
				}
				b := v.file[i]
				ways := []byte{b ^ 0x01, b ^ 0x20, b ^ 0x80, b - 1, b + 2}
				if v.name != "consented" {
					ways = ways[i%len(ways):][:1]
				}
				for _, c := range ways {
					changed[i] = c
					_, fail := checkWith(changed, signed)
					if fail == nil || !list[at].allows(changed, i, b, fail) {
						t.Fatalf("byte %d, in line %d, %q instead of %q: %v", i, list[at].number, c, b, fail)
					}
				}
				changed[i] = b
			}
		})
	}
}

// signedAs checks signatures, but not again those under a note that stands in this file, with these keys: they hold.
func signedAs(b []byte) noteCheck {
	known, _ := check(b)
	return func(f *file, s side, c *record.Checkpoint, text string) *Failure {
		same := f.Accord == known.Accord && f.Parties[first].Text == known.Parties[first].Text && f.Parties[second].Text == known.Parties[second].Text
		if same && slices.Contains(known.Logs[s].notes[:], text) {
			return nil
		}
		return f.checkNote(s, c, text)
	}
}

// What is cut off, doubled or put together is no disclosure.
func TestPartsProveNothing(t *testing.T) {
	for _, v := range goodVectors(t) {
		lines := bytes.SplitAfter(v.file, []byte("\n"))
		for i := range lines[:len(lines)-1] {
			for _, list := range [][][]byte{slices.Delete(slices.Clone(lines), i, i+1), slices.Insert(slices.Clone(lines), i, lines[i])} {
				if _, err := Verify(bytes.Join(list, nil)); err == nil {
					t.Errorf("%s: proven without, or with twice, line %d", v.name, i+1)
				}
			}
		}
		if _, err := Verify(append(bytes.Clone(v.file), '\n')); err == nil {
			t.Errorf("%s: proven with a line more", v.name)
		}
	}
}

// A file that is too large is refused before anything is read.
func TestTooLarge(t *testing.T) {
	_, err := Verify(make([]byte, MaxFile+1))
	if fail, is := errors.AsType[*Failure](err); !is || fail.Code != "size" {
		t.Errorf("%v, want size", err)
	}
}

// FuzzVerify holds that what is proven is written in one way alone.
func FuzzVerify(f *testing.F) {
	for _, name := range []string{"consented", "contact", "range-told", "drill", "presence", "suspension", "test", "fork"} { // as kept: making keys takes long when a fuzzer watches
		b, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, fail := check(b)
		if fail == nil && !bytes.Equal(file.text(), b) {
			t.Fatal("two files mean the same")
		}
		if file, fail = parse(b); fail == nil {
			again, fail := parse(file.text())
			if fail != nil || !bytes.Equal(again.text(), file.text()) {
				t.Fatalf("what was read is written otherwise: %v", fail)
			}
		}
	})
}
