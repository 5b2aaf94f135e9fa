package station

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ringdown/accord"
	"ringdown/api"
)

// Restored says what a restored station is.
type Restored struct {
	Name  string    `json:"name"`
	Made  time.Time `json:"made"` // when the backup was
	Files int       `json:"files"`
	Bytes int64     `json:"bytes"`
	Lines []string  `json:"lines"` // in use
}

// Restore makes a station's folder from a backup. The folder is new, or empty; it is there whole
// or not at all. A crash leaves beside it a folder whose name begins with ".new-".
func Restore(ctx context.Context, file, dir string) (r Restored, err error) {
	if err := checkRestoreFolder(dir); err != nil {
		return r, restoreFailed(file, dir, err)
	}
	in, err := openTwice(file)
	if err != nil {
		return r, restoreFailed(file, dir, err)
	}
	defer in.close()
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".new-"+filepath.Base(dir)+"-")
	if err != nil {
		return r, restoreFailed(file, dir, err)
	}
	defer os.RemoveAll(temp) // nothing is there any more once it has its name
	parts, made, err := unpack(in[0], in[1], func(path string, r io.Reader) error { return putPart(ctx, temp, path, r) })
	if err == nil {
		r, err = describeRestored(temp, parts, made)
	}
	if err == nil {
		err = settle(temp, dir)
	}
	if err != nil {
		return Restored{}, restoreFailed(file, dir, err)
	}
	return r, nil
}

// checkRestoreFolder wants a folder that can be a station's and holds nothing.
func checkRestoreFolder(dir string) error {
	if err := CheckFolder(dir); err != nil {
		return err
	}
	there, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(there) > 0:
		return &api.Error{Code: "exists", Text: fmt.Sprintf("%s is not empty, and nothing in it is overwritten.", dir), Action: "Name a new folder."}
	}
	return nil
}

func restoreFailed(file, dir string, err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e
	}
	if bad, ok := errors.AsType[backupError](err); ok {
		return &api.Error{Code: "bad-backup", Text: fmt.Sprintf("%s is no whole backup of a station: %s.", file, string(bad)),
			Action: "Name a file that \"ringdown backup\" wrote; if it is this one, take another copy of it, or an older one."}
	}
	e := &api.Error{Code: "restore-failed", Text: fmt.Sprintf("The station was not restored to %s: %v.", dir, err), Action: "Mend what is named, then try again; nothing was left there."}
	if errors.Is(err, syscall.ENOSPC) {
		e.Action = "Make room on that disk, or choose another folder; nothing was left there."
	}
	return e
}

// A twice is one file, open for two readers.
type twice [2]*os.File

func openTwice(name string) (t twice, err error) {
	for i := range t {
		if t[i], err = os.Open(name); err != nil {
			t.close()
			return t, err
		}
	}
	if info, err := t[0].Stat(); err != nil || !info.Mode().IsRegular() {
		t.close()
		return t, errors.Join(err, badBackup("it is no regular file"))
	}
	return t, nil
}

func (t twice) close() {
	for _, f := range t {
		_ = f.Close() // it was only read; nil is no file and says so
	}
}

// putPart writes one file of a backup below dir. The path was checked.
func putPart(ctx context.Context, dir, path string, r io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name := filepath.Join(dir, filepath.FromSlash(path))
	err := os.MkdirAll(filepath.Dir(name), 0o700)
	if err == nil {
		err = writeNew(name, r)
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) {
		return badBackup("%s is there twice", path)
	}
	return err
}

// describeRestored opens what was restored, so that a backup of something else is refused.
func describeRestored(dir string, parts []part, made time.Time) (Restored, error) {
	r := Restored{Made: made, Files: len(parts), Lines: []string{}}
	home, err := accord.Open(dir)
	if errors.Is(err, accord.ErrMissing) {
		return r, badBackup("it holds no station")
	}
	if err != nil {
		return r, badBackup("the station in it cannot be opened: %v", err)
	}
	r.Name = home.Name().String()
	for _, p := range parts {
		r.Bytes += p.size
		if names := strings.Split(p.path, "/"); names[0] == "lines" && len(names) > 2 && !slices.Contains(r.Lines, names[1]) {
			r.Lines = append(r.Lines, names[1])
		}
	}
	slices.Sort(r.Lines)
	return r, nil
}

// settle makes a whole folder durable and gives it its name.
func settle(temp, dir string) error {
	err := filepath.WalkDir(temp, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return syncFolder(name)
	})
	if err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // it was seen to be empty
		return err
	}
	if err := os.Rename(temp, dir); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dir))
}
