package station

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/store"
)

// copyLimit is how long a record may take until it can be copied.
const copyLimit = 10 * time.Second

// A recordCopier copies a line's record to a new file. It reports false if it has not that
// line's record open.
type recordCopier func(ctx context.Context, slug, file string) (bool, error)

// Backup writes a backup of the station to a new file, while it runs.
func (d *Daemon) Backup(ctx context.Context, file string) error {
	return backup(ctx, d.dir, file, time.Now(), d.copyRecord)
}

// Backup is refused: only a [Daemon] has a folder.
func (s *Station) Backup(context.Context, string) error {
	return &api.Error{Code: "no-folder", Text: "This station has no folder to be backed up.", Action: "Use a station that ringdown serve runs."}
}

// BackupFolder writes a backup of a station that does not run.
func BackupFolder(ctx context.Context, dir, file string) error {
	if _, err := accord.Open(dir); err != nil {
		return err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	none := func(context.Context, string, string) (bool, error) { return false, nil }
	return backup(ctx, dir, file, time.Now(), none)
}

// copyRecord copies a record that is in use.
func (s *Station) copyRecord(ctx context.Context, slug, file string) (bool, error) {
	var c *clerk
	err := s.onLine(slug, func(e *lineEnd, _ time.Time) error { c = e.clerk; return nil })
	if err != nil || c == nil {
		return false, nil // a line that is not driven
	}
	var st store.Store
	ctx, cancel := context.WithTimeout(ctx, copyLimit)
	defer cancel()
	if err := c.ask(ctx, func() error { st = c.st; return nil }); err != nil {
		return true, err
	}
	return true, st.Backup(file)
}

// backup copies a folder to a new file. A crash leaves beside it a file and a folder whose
// names begin with ".new-", and hold what the backup would.
func backup(ctx context.Context, dir, file string, now time.Time, records recordCopier) (err error) {
	if err := checkBackupFile(dir, file); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(file), ".new-"+filepath.Base(file)+"-")
	if err != nil {
		return backupFailed(file, err)
	}
	defer func() {
		if e := os.RemoveAll(scratch); err == nil && e != nil {
			err = fmt.Errorf("station: the backup is whole, but its scratch folder is still there: %w", e)
		}
	}()
	out, err := os.OpenFile(filepath.Join(scratch, "backup"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return backupFailed(file, err)
	}
	c := &copier{dir: dir, scratch: scratch, records: records, out: newPacker(out)}
	err = c.folder(ctx, "")
	if err == nil {
		err = c.out.finish(now)
	}
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = publish(out.Name(), file)
	}
	if err != nil {
		return backupFailed(file, err)
	}
	return nil
}

// checkBackupFile wants a new file that the next backup will not hold.
func checkBackupFile(dir, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return existsAlready(file)
	}
	real, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return backupFailed(file, err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return backupFailed(file, err)
	}
	if rel, err := filepath.Rel(dir, real); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
		return &api.Error{Code: "inside", Text: fmt.Sprintf("A backup cannot be written to %s, which is in the station's own folder.", file),
			Action: "Choose a file elsewhere, best on another disk."}
	}
	return nil
}

func existsAlready(file string) error {
	return &api.Error{Code: "exists", Text: file + " is there already and is not overwritten.", Action: "Choose another name, or remove it."}
}

// backupFailed keeps what a person was to be told, and says the rest in one sentence.
func backupFailed(file string, err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e
	}
	e := &api.Error{Code: "backup-failed", Text: fmt.Sprintf("The backup %s was not written: %v.", file, err), Action: "Mend what is named, then try again; nothing was left there."}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, store.ErrFull) {
		e.Action = "Make room on that disk, or choose another: a backup needs twice the room of the largest record beside itself."
	}
	return e
}

// publish gives a whole file its name, unless there is one of that name by now.
func publish(temp, file string) error {
	err := os.Link(temp, file)
	switch {
	case errors.Is(err, fs.ErrExist):
		return existsAlready(file)
	case err != nil: // not every file system has links
		if _, err := os.Lstat(file); err == nil {
			return existsAlready(file)
		}
		if err := os.Rename(temp, file); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(file))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// A copier puts a folder into a backup.
type copier struct {
	dir, scratch string
	records      recordCopier
	out          *packer
}

// folder copies what is in a folder, its records before what they may refer to.
func (c *copier) folder(ctx context.Context, rel string) error {
	there, err := os.ReadDir(filepath.Join(c.dir, filepath.FromSlash(rel)))
	if err != nil {
		return err
	}
	for _, e := range there {
		if e.Name() == recordFile && !e.IsDir() {
			if err := c.record(ctx, rel); err != nil {
				return err
			}
		}
	}
	for _, e := range there {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := strings.TrimPrefix(rel+"/"+e.Name(), "/")
		switch {
		case leftOut(rel, e):
		case e.IsDir():
			err = c.folder(ctx, path)
		case !e.Type().IsRegular():
			err = &api.Error{Code: "not-a-file", Text: fmt.Sprintf("%s in the station's folder is no regular file.", path), Action: "Put the file itself there, or move it away."}
		default:
			err = c.file(path, filepath.Join(c.dir, filepath.FromSlash(path)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leftOut says what belongs to a run, is made anew, or is unfinished; records are copied by themselves.
func leftOut(rel string, e fs.DirEntry) bool {
	name := e.Name()
	if name[0] == '.' || e.Type()&fs.ModeSocket != 0 {
		return true
	}
	if rel == "" {
		return name == runningFile || name == "lock"
	}
	return strings.HasPrefix(name, viewFile) || strings.HasPrefix(name, recordFile) && (name == recordFile || strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-shm"))
}

// record copies a line's record, through whoever has it open.
func (c *copier) record(ctx context.Context, rel string) error {
	temp := filepath.Join(c.scratch, recordFile)
	defer os.Remove(temp)
	open := false
	var err error
	if slug, ok := strings.CutPrefix(rel, "lines/"); ok {
		open, err = c.records(ctx, slug, temp)
	}
	if err == nil && !open {
		err = copyClosed(filepath.Join(c.dir, filepath.FromSlash(rel), recordFile), temp)
	}
	if err != nil {
		return fmt.Errorf("the record in %s: %w", rel, err)
	}
	if err := c.file(rel+"/"+recordFile, temp); err != nil || open {
		return err
	}
	defer os.Remove(temp + "-wal")
	if err := c.file(rel+"/"+recordFile+"-wal", temp+"-wal"); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyClosed copies a record that nobody has open. One that is damaged is copied as it is, with its -wal: the
// station that it is restored to will find that, and have it again from the other side.
func copyClosed(from, to string) error {
	st, err := store.Open(from)
	if err == nil {
		err = errors.Join(st.Backup(to), st.Close())
	}
	if !errors.Is(err, store.ErrDamaged) {
		return err
	}
	_ = os.Remove(to)
	if err := copyAs(from, to); err != nil {
		return err
	}
	if err := copyAs(from+"-wal", to+"-wal"); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func copyAs(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeNew(to, in)
}

// writeNew writes a new file, durably.
func writeNew(name string, r io.Reader) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// file copies one file. A small one is read at once, since it may be replaced by a longer one.
func (c *copier) file(path, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	small, err := io.ReadAll(io.LimitReader(f, smallFile+1))
	if err != nil {
		return err
	}
	if len(small) <= smallFile {
		return c.out.add(path, int64(len(small)), bytes.NewReader(small))
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return c.out.add(path, info.Size(), io.MultiReader(bytes.NewReader(small), f))
}
