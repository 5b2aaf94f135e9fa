package station

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

var backedUp = time.Date(2026, 11, 22, 20, 45, 0, 0, time.UTC)

// packed is a backup of some files, in the order of their names given.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	p := newPacker(&b)
	for _, f := range files {
		if err := p.add(f, int64(len(f)), strings.NewReader(f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.finish(backedUp); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read unpacks to memory.
func read(data []byte) (files map[string]string, made time.Time, err error) {
	files = make(map[string]string)
	_, made, err = unpack(bytes.NewReader(data), bytes.NewReader(data), func(path string, r io.Reader) error {
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if _, twice := files[path]; twice {
			return badBackup("%s is there twice", path)
		}
		files[path] = string(text)
		return nil
	})
	return files, made, err
}

func TestArchive(t *testing.T) {
	data := packed(t, "station", "keys/log", "lines/south/line-files/"+strings.Repeat("0", 64))
	files, made, err := read(data)
	if err != nil || len(files) != 3 || files["keys/log"] != "keys/log" || !made.Equal(backedUp) {
		t.Errorf("%v, made %v, %v", files, made, err)
	}
	if _, made, err := read(packed(t)); err != nil || !made.Equal(backedUp) {
		t.Errorf("an empty one: %v, %v", made, err)
	}
}

// isBadBackup says whether an error is about the backup.
func isBadBackup(err error) bool {
	_, ok := errors.AsType[backupError](err)
	return ok
}

// Every byte of a backup is checked, its padding included, and every shorter or longer one is refused.
func TestChangedArchives(t *testing.T) {
	data := packed(t, "station", "keys/log")
	for i := range data {
		for _, bit := range []byte{1, 0x80} {
			bad := bytes.Clone(data)
			bad[i] ^= bit
			if _, _, err := read(bad); !isBadBackup(err) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
	}
	for n := range data {
		if _, _, err := read(data[:n]); !isBadBackup(err) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	for _, more := range []string{"\x00", "x", string(make([]byte, 512)), string(data)} {
		if _, _, err := read(append(bytes.Clone(data), more...)); !isBadBackup(err) {
			t.Errorf("with %d bytes more: %v", len(more), err)
		}
	}
}

// forged is an archive with these headers, and a manifest that fits whatever is in it.
func forged(t *testing.T, headers ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	var parts []part
	for _, h := range headers {
		body := bytes.Repeat([]byte("x"), int(h.Size))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write(body); err != nil {
				t.Fatal(err)
			}
		}
		parts = append(parts, part{h.Name, h.Size, sha256.Sum256(body)})
	}
	text := manifest(parts, backedUp)
	if err := w.WriteHeader(header(manifestName, int64(len(text)))); err != nil {
		t.Fatal(err)
	}
	_, err := w.Write(text)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileArchives(t *testing.T) {
	if files, _, err := read(forged(t, header("a", 3))); err != nil || files["a"] != "xxx" {
		t.Fatalf("one that is forged well: %v, %v", files, err)
	}
	with := func(change func(*tar.Header)) *tar.Header {
		h := header("a", 0)
		change(h)
		return h
	}
	for what, h := range map[string]*tar.Header{
		"a way up":            header("../a", 1),
		"a way up inside":     header("a/../../b", 1),
		"an absolute path":    header("/etc/passwd", 1),
		"an empty name":       header("a//b", 1),
		"a hidden file":       header(".ssh", 1),
		"a backslash":         header(`a\b`, 1),
		"a drive":             header("C:a", 1),
		"a control character": header("a\nb", 1),
		"a long name":         header(strings.Repeat("a", longestName+1), 1),
		"a deep path":         header(strings.Repeat("a/", mostDepth)+"a", 1),
		"another mode":        with(func(h *tar.Header) { h.Mode = 0o777 }),
		"a setuid mode":       with(func(h *tar.Header) { h.Mode = 0o4600 }),
		"an owner":            with(func(h *tar.Header) { h.Uid = 1 }),
		"a time":              with(func(h *tar.Header) { h.ModTime = backedUp }),
		"a symbolic link":     with(func(h *tar.Header) { h.Typeflag, h.Linkname = tar.TypeSymlink, "/etc/passwd" }),
		"a hard link":         with(func(h *tar.Header) { h.Typeflag, h.Linkname = tar.TypeLink, "station" }),
		"a folder":            with(func(h *tar.Header) { h.Typeflag, h.Name = tar.TypeDir, "a/" }),
		"a device":            with(func(h *tar.Header) { h.Typeflag, h.Devmajor = tar.TypeChar, 1 }),
		"a pipe":              with(func(h *tar.Header) { h.Typeflag = tar.TypeFifo }),
		"extended fields":     with(func(h *tar.Header) { h.PAXRecords = map[string]string{"A.b": "c"} }),
	} {
		files, _, err := read(forged(t, header("station", 1), h))
		if !isBadBackup(err) {
			t.Errorf("%s: %v", what, err)
		}
		if len(files) > 1 && h.Size == 1 {
			t.Errorf("%s: %v was unpacked", what, files)
		}
	}
	if _, _, err := read(forged(t, header("a", 1), header("a", 1))); !isBadBackup(err) {
		t.Errorf("one file twice: %v", err)
	}
	if _, _, err := read([]byte("not an archive")); !isBadBackup(err) {
		t.Errorf("no archive: %v", err)
	}
	if _, _, err := read(nil); !isBadBackup(err) {
		t.Errorf("nothing: %v", err)
	}
}

// A manifest that does not fit its files is refused by the line that does not.
func TestManifest(t *testing.T) {
	whole := manifest([]part{{"station", 7, sha256.Sum256([]byte("station"))}}, backedUp)
	for _, c := range [][3]string{
		{"backup 1", "backup 2", "its manifest begins with"},
		{"made 2026", "made yesterday", "want when it was made"},
		{"20:45:00Z", "21:45:00+01:00", "does not fit 1 files"},
		{" 7 station", " 8 station", "station is there with 7 bytes"},
		{" 7 station", " 7 other", "station is there with 7 bytes"},
		{"sum ", "sun ", "does not fit 1 files"},
		{"part ", "", "station is there"},
	} {
		text := strings.Replace(string(whole), c[0], c[1], 1)
		var b bytes.Buffer
		p := newPacker(&b)
		err := p.add("station", 7, strings.NewReader("station"))
		if err == nil {
			err = p.tar.WriteHeader(header(manifestName, int64(len(text))))
		}
		if err == nil {
			_, err = io.WriteString(p.tar, text)
		}
		if err = errors.Join(err, p.tar.Close()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := read(b.Bytes()); !isBadBackup(err) || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%q in place of %q: %v, want %q", c[1], c[0], err, c[2])
		}
	}
}

// A disk that is full at any byte is said so, and is no backup.
func TestPackingWithoutRoom(t *testing.T) {
	whole := len(packed(t, "station", "keys/log"))
	for room := range whole {
		p := newPacker(&narrow{room})
		err := errors.Join(p.add("station", 7, strings.NewReader("station")), p.add("keys/log", 8, strings.NewReader("keys/log")), p.finish(backedUp))
		if !errors.Is(err, errNarrow) {
			t.Fatalf("with room for %d bytes of %d: %v", room, whole, err)
		}
	}
}

var errNarrow = errors.New("no room")

// A narrow writer has room for so many bytes.
type narrow struct{ room int }

func (n *narrow) Write(b []byte) (int, error) {
	if len(b) > n.room {
		fit := n.room
		n.room = 0
		return fit, errNarrow
	}
	n.room -= len(b)
	return len(b), nil
}

func TestPackingRefuses(t *testing.T) {
	p := newPacker(io.Discard)
	for _, path := range []string{"", "../a", "a/.b", manifestName} {
		if err := p.add(path, 0, strings.NewReader("")); err == nil {
			t.Errorf("%q is packed", path)
		}
	}
	if err := p.add("a", 5, strings.NewReader("1234")); err == nil || !strings.Contains(err.Error(), "4 bytes, want 5") {
		t.Errorf("a file that became shorter: %v", err)
	}
}

// Whatever is unpacked without an error is what would be packed, byte for byte.
func FuzzUnpack(f *testing.F) {
	f.Add(packed(f, "station", "keys/log"))
	f.Add(packed(f))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var again bytes.Buffer
		p := newPacker(&again)
		total := 0
		_, made, err := unpack(bytes.NewReader(data), bytes.NewReader(data), func(path string, r io.Reader) error {
			text, err := io.ReadAll(r)
			if total += len(text); total > len(data) {
				t.Fatalf("%d bytes give more", len(data))
			}
			if err != nil {
				return err
			}
			return p.add(path, int64(len(text)), bytes.NewReader(text))
		})
		if err != nil {
			if err.Error() == "" || len(err.Error()) > 1000 {
				t.Fatal(fmt.Errorf("refused with: %w", err))
			}
			return
		}
		if err := p.finish(made); err != nil || !bytes.Equal(again.Bytes(), data) {
			t.Fatalf("it was read, and is not what is written: %v", err)
		}
	})
}
