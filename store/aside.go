package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// SetAside renames a damaged store out of the way and says to what: "NAME.damaged-20060102T150405Z", with
// "-2" and so on if that is taken. It deletes nothing. The store must be closed.
//
// The files beside it follow it. A crash before they do leaves a -wal alone, which [Open]
// refuses as damaged, so that it is set aside too and never read into a new store.
func SetAside(file string, now time.Time) (aside string, err error) {
	stem := file + ".damaged-" + now.UTC().Format("20060102T150405Z")
	aside = stem
	for n := 2; taken(aside); n++ {
		aside = stem + "-" + strconv.Itoa(n)
	}
	moved := false
	for _, suffix := range suffixes {
		err := os.Rename(file+suffix, aside+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("store: setting aside %s: %w", file, err)
		}
		moved = true
	}
	if !moved {
		return "", fmt.Errorf("store: setting aside %s: %w", file, fs.ErrNotExist)
	}
	if err := syncFolder(filepath.Dir(file)); err != nil {
		return "", fmt.Errorf("store: setting aside %s: %w", file, err)
	}
	return aside, nil
}

// taken says whether there is anything under a store's names.
func taken(file string) bool {
	for _, suffix := range suffixes {
		if _, err := os.Lstat(file + suffix); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}
