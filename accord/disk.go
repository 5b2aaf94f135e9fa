package accord

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Modes of what a station writes: its folder is nobody else's business.
const (
	modeFolder = 0o700
	modeFile   = 0o600
)

// unfinished begins the names of what is being written.
const unfinished = ".new-"

// WriteFile makes path hold data, durably and with mode 0600: what a
// station must never lose half of.
//
// A crash leaves either what was there before or all of data, and perhaps a file
// ".new-NAME" beside it, which nobody reads and the next write replaces.
func WriteFile(path string, data []byte) error {
	dir, name := filepath.Split(path)
	temp := filepath.Join(dir, unfinished+name)
	if err := writeSynced(temp, data); err != nil {
		return fmt.Errorf("accord: writing %s: %w", path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("accord: writing %s: %w", path, err)
	}
	if err := syncFolder(filepath.Clean(dir)); err != nil {
		return fmt.Errorf("accord: writing %s: %w", path, err)
	}
	return nil
}

// writeSynced writes a file and waits for the disk. The mode is set before
// there is anything to read.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, modeFile)
	if err != nil {
		return err
	}
	if err = f.Chmod(modeFile); err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// writeFolder makes the folder path with the files in it, all or nothing.
//
// A crash before the rename leaves a folder ".new-NAME" that nobody reads and
// the next one replaces; after it, the whole folder is there.
func writeFolder(path string, files map[string][]byte) error {
	dir, name := filepath.Split(path)
	temp := filepath.Join(dir, unfinished+name)
	fail := func(err error) error { return fmt.Errorf("accord: writing %s: %w", path, err) }
	if err := os.RemoveAll(temp); err != nil {
		return fail(err)
	}
	if err := os.Mkdir(temp, modeFolder); err != nil {
		return fail(err)
	}
	for name, data := range files {
		if err := writeSynced(filepath.Join(temp, name), data); err != nil {
			return fail(err)
		}
	}
	if err := syncFolder(temp); err != nil {
		return fail(err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fail(err)
	}
	if err := syncFolder(filepath.Clean(dir)); err != nil {
		return fail(err)
	}
	return nil
}

// readFile reads at most one byte more than any file of ours has, and refuses
// a private file that others may read. Missing is [ErrMissing].
func readFile(path string, private bool) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuse(ErrMissing, path, "", "")
	}
	if err != nil {
		return nil, fmt.Errorf("accord: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("accord: %w", err)
	}
	if mode := info.Mode().Perm(); private && mode&looseModes != 0 {
		return nil, refuse(ErrPermissions, path, fmt.Sprintf("mode %04o", mode), fmt.Sprintf("%04o", modeFile)).
			hint("find out who could have read it; then run \"chmod 600 %s\", or make new keys if somebody may have", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("accord: reading %s: %w", path, err)
	}
	return data, nil
}

// readDocument reads a file of the station's own folder.
func readDocument(path string, d document) error {
	data, err := readFile(path, d.kind().private())
	if err != nil {
		return err
	}
	return at(path, decode(d, data))
}

// at names the file in the refusal of its contents.
func at(path string, err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		r.Thing = path + ": " + r.Thing
	}
	if r != nil && r.Err != ErrVersion {
		r.Advice = "the file is damaged or was edited: put back the one from a backup of this station's folder"
	}
	return err
}

// makeFolder makes one folder, durably, unless it is there.
func makeFolder(path string) error {
	err := os.Mkdir(path, modeFolder)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("accord: making folder %s: %w", path, err)
	}
	return nil
}

// sweep removes from dir what a crash left half written.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("accord: clearing %s: %w", dir, err)
	}
	return nil
}

// list gives the names of the folders in dir; none if dir is not there.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("accord: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// exists tells whether there is anything at path. What cannot be looked at counts
// as missing; reading it then says why.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
