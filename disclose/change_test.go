package disclose

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What may be said of a change in a line, by the line's first word. Form can break anywhere.
var (
	form    = []string{"line", "canonical", "encoding"}
	entryOf = []string{"entry", "root", "order", "beyond", "seen", "hashes", "first-entry"}
	fitting = map[string][]string{
		"kind":    {"contact-more", "root", "entry", "nothing"},
		"by":      {"sum", "asked", "asked-more"},
		"made":    {"sum"},
		"to":      {"sum", "recipient"},
		"call":    {"contact-more", "entry", "root"},
		"from":    {"sum", "range-early"},
		"until":   {"sum", "range-late", "range-open"},
		"range":   {"sum", "asked-more", "range-less", "range-more", "range-early", "range-late", "range-open"},
		"asked":   {"asked", "asked-more", "contact-more"},
		"answer":  {"answer", "asked-more", "contact-more"},
		"accord":  {"accord"},
		"section": {"accord", "party"},
		"rule":    append([]string{"rule"}, entryOf...),
		"sum":     {"sum"},
		// a bar begins a key, a checkpoint or a message
		"|":           append([]string{"accord", "party", "note", "origin", "full", "full-root", "signer", "signature", "cosignature", "cosignature-pq"}, entryOf...),
		"fingerprint": {"fingerprint"},
		"log":         {}, "checkpoint": {}, "full": {}, "tree": {},
		"hash": {"root", "full-root", "two-proof"},
		"root": {"two-proof"},
	}
)

func fits(b []byte, at int, code string) bool {
	begins := len(intro)
	if bytes.HasPrefix(b, []byte(forkIntro)) {
		begins = len(forkIntro)
	}
	if at < begins+len(heading)+2 {
		return slices.Contains([]string{"heading", "version", "encoding"}, code)
	}
	begin := bytes.LastIndexByte(b[:at], '\n') + 1
	word, _, _ := strings.Cut(string(b[begin:begin+bytes.IndexByte(b[begin:], '\n')]), " ")
	allowed, known := fitting[word]
	if !known {
		allowed = entryOf // the fields of an entry
	}
	return slices.Contains(form, code) || slices.Contains(allowed, code)
}

// Every single byte of every disclosure that proves something is changed, in some of them in
// several ways: nothing is proven any more, and what is said fits the place.
func TestEveryByteCounts(t *testing.T) {
	for _, v := range goodVectors(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			changed := bytes.Clone(v.file)
			for i := 0; i < len(v.file); i += byteStep {
				b := v.file[i]
				ways := []byte{b ^ 0x01, b ^ 0x20, b ^ 0x80, b - 1, b + 2}
				if v.name != "consented" {
					ways = ways[i%len(ways):][:1]
				}
				for _, c := range ways {
					changed[i] = c
					_, err := Verify(changed)
					fail, is := errors.AsType[*Failure](err)
					if !is || !fits(v.file, i, fail.Code) {
						t.Fatalf("byte %d, %q instead of %q: %v", i, c, b, err)
					}
				}
				changed[i] = b
			}
		})
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
