package accord

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// copyOf makes a station as a backup or a crash would leave it.
func copyOf(t *testing.T, h *Home) *Home {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(h.Dir())); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Chmod(path, modeFile)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// A crash between writing the line and destroying the one-time key: the invite
// cannot be used again, and the key goes with the next change of anything.
func TestCrashAfterTheLineIsWritten(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	id := mustInvite(t, p.invite).ID.String()
	once, err := os.ReadFile(p.north.path(dirInvites, id, fileOnce))
	if err != nil {
		t.Fatal(err)
	}
	late, _, err := newHome(t, "East").Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	if err != nil {
		t.Fatal(err)
	}
	p.accepts(t)
	p.concludes(t)
	for _, accept := range [][]byte{p.accept, late} {
		crashed := copyOf(t, p.north)
		if err := os.Remove(crashed.path(dirInvites, id, fileUsed)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(crashed.path(dirInvites, id, fileOnce), once, modeFile); err != nil {
			t.Fatal(err)
		}
		_, err := crashed.Conclude(noon, accept)
		wantRefusal(t, err, ErrUsed)
		if exists(crashed.path(dirInvites, id, fileOnce)) {
			t.Error("the one-time key is still there")
		}
		if lines, err := crashed.Lines(); err != nil || len(lines) != 1 {
			t.Errorf("%d lines (%v), want 1", len(lines), err)
		}
	}
}

// The same on the accepting side, which has no one-time key.
func TestCrashAfterTheLineIsAccepted(t *testing.T) {
	p := agreedPair(t)
	if err := os.RemoveAll(p.south.path(dirInvites, p.n.Accord.ID().String())); err != nil {
		t.Fatal(err)
	}
	_, _, err := p.south.Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	wantRefusal(t, err, ErrUsed)
}

// A half-written file that somebody left open to others does not make the new one so.
func TestWrittenFilesAreForTheirOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	temp := filepath.Join(filepath.Dir(path), unfinished+"secret")
	if err := os.WriteFile(temp, []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("y")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&looseModes != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// A crash while a folder is written leaves nothing that counts, and nothing that stays.
func TestCrashWhileAFolderIsWritten(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	id := mustInvite(t, p.invite).ID.String()
	p.accepts(t)
	for _, half := range []string{
		p.north.path(dirLines, unfinished+"south"),
		p.north.path(dirInvites, unfinished+"0123"),
	} {
		if err := os.CopyFS(half, os.DirFS(p.north.path(dirInvites, id))); err != nil {
			t.Fatal(err)
		}
	}
	if lines, err := p.north.Lines(); err != nil || len(lines) != 0 {
		t.Errorf("%d lines (%v), want none", len(lines), err)
	}
	if open, err := p.north.Invites(); err != nil || len(open) != 1 {
		t.Errorf("%d invites (%v), want 1", len(open), err)
	}
	p.concludes(t)
	for _, dir := range []string{dirLines, dirInvites} {
		left, err := filepath.Glob(p.north.path(dir, unfinished+"*"))
		if err != nil || len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// A crash while a file is written leaves the old one.
func TestCrashWhileAFileIsWritten(t *testing.T) {
	p := agreedPair(t)
	if err := os.WriteFile(p.s.path(unfinished+fileFinal), []byte("ringdown fi"), modeFile); err != nil {
		t.Fatal(err)
	}
	if l, err := p.south.Line("north"); err != nil || !l.HalfSigned() {
		t.Fatalf("a half-written final signature counts: %v", err)
	}
	if err := p.s.SaveFinal(p.n.Final); err != nil {
		t.Fatal(err)
	}
	if exists(p.s.path(unfinished + fileFinal)) {
		t.Error("the half-written file is still there")
	}
}

func TestOneTimeKeyIsDestroyed(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	id := mustInvite(t, p.invite).ID.String()
	if !exists(p.north.path(dirInvites, id, fileOnce)) {
		t.Fatal("an open invite has no one-time key")
	}
	p.accepts(t)
	if !exists(p.north.path(dirInvites, id, fileOnce)) {
		t.Fatal("gone before it was used")
	}
	p.concludes(t)
	if exists(p.north.path(dirInvites, id, fileOnce)) {
		t.Error("the one-time key is still there")
	}
}

// A refused accept does not use up the invite.
func TestRefusedAcceptKeepsTheInvite(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.accepts(t)
	acc := *p.s.Accord.Accept
	acc.sealed[3] ^= 1
	a := &Accord{p.s.Accord.Invite, &acc}
	acc.proofs = p.south.keys.prove(a.statement("accept")) // a hostile station signs what it likes
	_, err := p.north.Conclude(noon, acc.File())
	wantRefusal(t, err, ErrChanged)
	if lines, _ := p.north.Lines(); len(lines) != 0 {
		t.Error("refused, but a line is there")
	}
	p.concludes(t)
}

// Folders without content are lost in some backups.
func TestEmptyFoldersMayBeMissing(t *testing.T) {
	h := newHome(t, "North")
	for _, dir := range []string{dirInvites, dirLines} {
		if err := os.Remove(h.path(dir)); err != nil {
			t.Fatal(err)
		}
	}
	if lines, err := h.Lines(); err != nil || len(lines) != 0 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if _, _, err := h.Invite(noon, InviteOptions{Paths: northPaths}); err != nil {
		t.Fatal(err)
	}
}

// A folder that cannot be written to gives an error, not half a line.
func TestWriteErrors(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.accepts(t)
	// A file where the line's folder has to go.
	if err := os.WriteFile(p.north.path(dirLines, "south"), nil, modeFile); err != nil {
		t.Fatal(err)
	}
	if _, err := p.north.Conclude(noon, p.accept); err == nil {
		t.Fatal("no error")
	}
	if open, err := p.north.Invites(); err != nil || len(open) != 1 {
		t.Errorf("failed, but the invite is gone (%v)", err)
	}
	if err := os.Remove(p.north.path(dirLines, "south")); err != nil {
		t.Fatal(err)
	}
	p.concludes(t)
	// No folder at all.
	if err := WriteFile(filepath.Join(t.TempDir(), "none", "x"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func mustInvite(t *testing.T, file []byte) *Invite {
	t.Helper()
	inv, err := ParseInvite(file)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}
