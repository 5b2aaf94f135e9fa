package station

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// # A backup
//
// A backup is one tar file of a station's folder. Each part is a regular file under its path in
// the folder, with mode 0600 and no time, owner or link; the last is the manifest, which is text:
//
//	ringdown backup 1
//	made 2026-11-22T20:45:00Z
//	part SHA256 LENGTH PATH        one for each, in their order
//	sum SHA256                     of the lines above
//
// A reader takes each part, writes the archive again from what it understood, and compares
// all bytes: there is nothing in a backup that is not checked. The sums find what a disk
// or a transport did. They are no signature: whoever can write a backup can make one that is whole.
//
// It holds the private keys of the station, so it is to be kept like them.

const (
	manifestName = "ringdown-manifest"
	manifestHead = "ringdown backup 1"
	mostParts    = 1 << 18
	mostManifest = 64 << 20 // bytes
	mostDepth    = 6        // names in a path
	longestName  = 120      // bytes of each
	smallFile    = 64 << 10 // bytes: what is so small may change while it is copied, and is read at once
)

// A part is one file in a backup.
type part struct {
	path string // with slashes
	size int64
	sum  [sha256.Size]byte
}

// A packer writes a backup.
type packer struct {
	tar   *tar.Writer
	parts []part
}

func newPacker(w io.Writer) *packer { return &packer{tar: tar.NewWriter(w)} }

// header is the one that a part of this path and size has.
func header(path string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: path, Size: size, Mode: 0o600}
}

// add writes a part of exactly size bytes.
func (p *packer) add(path string, size int64, r io.Reader) error {
	if err := checkPath(path); err != nil {
		return err
	}
	if len(p.parts) == mostParts {
		return fmt.Errorf("station: backup: more than %d files", mostParts)
	}
	if err := p.tar.WriteHeader(header(path, size)); err != nil {
		return fmt.Errorf("station: backup: %s: %w", path, err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(p.tar, sum), io.LimitReader(r, size))
	if err == nil && n < size {
		err = fmt.Errorf("became shorter while it was copied: %d bytes, want %d", n, size)
	}
	if err != nil {
		return fmt.Errorf("station: backup: %s: %w", path, err)
	}
	p.parts = append(p.parts, part{path, size, [sha256.Size]byte(sum.Sum(nil))})
	return nil
}

// finish writes the manifest, and the end.
func (p *packer) finish(made time.Time) error {
	text := manifest(p.parts, made)
	if err := p.tar.WriteHeader(header(manifestName, int64(len(text)))); err != nil {
		return fmt.Errorf("station: backup: %w", err)
	}
	if _, err := p.tar.Write(text); err != nil {
		return fmt.Errorf("station: backup: %w", err)
	}
	if err := p.tar.Close(); err != nil {
		return fmt.Errorf("station: backup: %w", err)
	}
	return nil
}

func manifest(parts []part, made time.Time) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nmade %s\n", manifestHead, made.UTC().Format(time.RFC3339))
	for _, p := range parts {
		fmt.Fprintf(&b, "part %x %d %s\n", p.sum, p.size, p.path)
	}
	fmt.Fprintf(&b, "sum %x\n", sha256.Sum256(b.Bytes()))
	return b.Bytes()
}

// parseMade reads when a backup was made from the head of its manifest; all else in it follows from
// the parts.
func parseMade(text []byte) (time.Time, error) {
	lines := strings.SplitN(string(text[:min(len(text), 200)]), "\n", 3)
	if lines[0] != manifestHead || len(lines) < 3 {
		return time.Time{}, badBackup("its manifest begins with %q, want %q", clip(lines[0]), manifestHead)
	}
	made, err := time.Parse("made "+time.RFC3339, lines[1])
	if err != nil {
		return time.Time{}, badBackup("its manifest has %q, want when it was made", clip(lines[1]))
	}
	return made, nil
}

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 60)], "?") }

// checkPath wants a path of plain names below the folder. What begins with a dot is no part
// of a station: so are unfinished files named, and "..".
func checkPath(path string) error {
	names := strings.Split(path, "/")
	if len(names) > mostDepth {
		return badBackup("%q has %d names, want at most %d", clip(path), len(names), mostDepth)
	}
	for _, n := range names {
		if n == "" || n[0] == '.' || len(n) > longestName || !utf8.ValidString(n) || strings.ContainsAny(n, `\:`) || strings.ContainsFunc(n, notPrinted) {
			return badBackup("%q is no plain path below a station's folder", clip(path))
		}
	}
	if path == manifestName {
		return badBackup("a second manifest")
	}
	return nil
}

func notPrinted(r rune) bool { return !unicode.IsPrint(r) }

// A backupError says what is wrong with a backup.
type backupError string

func (e backupError) Error() string { return "station: backup: " + string(e) }

func badBackup(format string, args ...any) error { return backupError(fmt.Sprintf(format, args...)) }

// unpack reads a backup and gives each of its parts to put. Both readers read the same
// bytes from the beginning. What was given is to be thrown away unless the error is nil.
func unpack(in, again io.Reader, put func(path string, r io.Reader) error) (parts []part, made time.Time, err error) {
	u := &unpacker{tar: tar.NewReader(in), echo: tar.NewWriter(sameAs{again}), put: put}
	for err == nil && u.made.IsZero() {
		err = u.next()
	}
	if err == nil {
		err = u.end(again)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = badBackup("it ends too early")
	}
	if errors.Is(err, tar.ErrHeader) {
		err = badBackup("it is no archive from part %d on", len(u.parts)+1)
	}
	return u.parts, u.made, err
}

type unpacker struct {
	tar   *tar.Reader
	echo  *tar.Writer // of what was understood; compared with what there is
	put   func(path string, r io.Reader) error
	parts []part
	made  time.Time // once the manifest was read
}

// next takes the next part, or the manifest.
func (u *unpacker) next() error {
	h, err := u.tar.Next()
	if err != nil {
		return err
	}
	if h.Typeflag != tar.TypeReg || h.Size < 0 {
		return badBackup("%q is no regular file", clip(h.Name))
	}
	if err := u.echo.WriteHeader(header(h.Name, h.Size)); err != nil {
		return asBadBackup(err, h.Name)
	}
	if h.Name == manifestName {
		return u.manifest(h.Size)
	}
	if err := checkPath(h.Name); err != nil {
		return err
	}
	if len(u.parts) == mostParts {
		return badBackup("more than %d files", mostParts)
	}
	sum := sha256.New()
	count := &counter{}
	if err := u.put(h.Name, io.TeeReader(u.tar, io.MultiWriter(sum, u.echo, count))); err != nil {
		return asBadBackup(err, h.Name)
	}
	if count.n != h.Size {
		return io.ErrUnexpectedEOF
	}
	u.parts = append(u.parts, part{h.Name, h.Size, [sha256.Size]byte(sum.Sum(nil))})
	return nil
}

// manifest compares what was written down with what came.
func (u *unpacker) manifest(size int64) error {
	if size > mostManifest {
		return badBackup("its manifest has %d bytes, want at most %d", size, mostManifest)
	}
	text, err := io.ReadAll(io.TeeReader(u.tar, u.echo))
	if err != nil {
		return asBadBackup(err, manifestName)
	}
	made, err := parseMade(text)
	if err != nil {
		return err
	}
	want := strings.SplitAfter(string(manifest(u.parts, made)), "\n")
	for i, line := range strings.SplitAfter(string(text), "\n") {
		if i >= len(want) || line != want[i] {
			return u.differs(i, line, len(want))
		}
	}
	if len(text) != len(manifest(u.parts, made)) {
		return badBackup("its manifest ends too early")
	}
	u.made = made
	return nil
}

// differs says what line i of the manifest disagrees with.
func (u *unpacker) differs(i int, line string, lines int) error {
	if n := i - 2; n >= 0 && n < len(u.parts) {
		p := u.parts[n]
		return badBackup("%s is there with %d bytes and SHA-256 %s…, and its manifest says %q", p.path, p.size, hex.EncodeToString(p.sum[:4]), clip(line))
	}
	return badBackup("line %d of its manifest is %q, and does not fit %d files", i+1, clip(line), lines-4)
}

// end wants the end of the archive, and nothing after it.
func (u *unpacker) end(again io.Reader) error {
	if _, err := u.tar.Next(); err != io.EOF {
		return badBackup("more follows its manifest")
	}
	if err := u.echo.Close(); err != nil {
		return asBadBackup(err, "its end")
	}
	if n, err := again.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return badBackup("more follows its end")
	}
	return nil
}

// asBadBackup tells what is wrong with a backup from what is wrong with the disk.
func asBadBackup(err error, name string) error {
	if errors.Is(err, errOther) || errors.Is(err, tar.ErrFieldTooLong) || errors.Is(err, tar.ErrHeader) {
		return badBackup("%q is not as a backup has it", clip(name))
	}
	return err
}

// A counter counts bytes.
type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

// A sameAs wants what is written to it to be what it reads.
type sameAs struct{ r io.Reader }

var errOther = errors.New("station: backup: other bytes than expected")

func (s sameAs) Write(b []byte) (int, error) {
	have := make([]byte, len(b))
	if _, err := io.ReadFull(s.r, have); err != nil {
		return 0, err
	}
	if !bytes.Equal(have, b) {
		return 0, errOther
	}
	return len(b), nil
}
