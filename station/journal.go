package station

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"ringdown/accord"
	"ringdown/line"
)

// A DiskJournal keeps each line's numbers in one small file, DIR/lines/SLUG/line-numbers,
// of two lines of text:
//
//	own INCARNATION NUMBER
//	far INCARNATION NUMBER
//
// A crash leaves the old numbers or the new, never half ([accord.WriteFile]). Numbers are
// saved before they are used, so a crash can only waste some.
type DiskJournal struct {
	Dir string // the station's folder

	mu   sync.Mutex
	kept map[string]line.Durable // as on disk
}

const numbersFormat = "own %d %d\nfar %d %d\n"

// A NumbersError says that the file of a line's numbers cannot be understood.
type NumbersError struct {
	File  string
	Found string // the first line of it
}

func (e *NumbersError) Error() string {
	return fmt.Sprintf("station: %s: found %q, want two lines, own and far, each with an incarnation and a number", e.File, e.Found)
}

// Hint says what a person can do.
func (e *NumbersError) Hint() string {
	return "the file is damaged: remove it, if this machine's clock is right; the station then takes higher numbers from the clock"
}

func (j *DiskJournal) name(slug string) string {
	return filepath.Join(j.Dir, "lines", slug, "line-numbers")
}

// Load reads the numbers of a line; none yet is the zero Durable.
func (j *DiskJournal) Load(slug string) (line.Durable, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.load(slug)
}

// load needs mu.
func (j *DiskJournal) load(slug string) (line.Durable, error) {
	if d, ok := j.kept[slug]; ok {
		return d, nil
	}
	text, err := os.ReadFile(j.name(slug))
	if errors.Is(err, fs.ErrNotExist) {
		return line.Durable{}, nil
	} else if err != nil {
		return line.Durable{}, fmt.Errorf("station: reading the line's numbers: %w", err)
	}
	d, ok := parseNumbers(text)
	if !ok {
		return d, &NumbersError{File: j.name(slug), Found: firstLine(text)}
	}
	j.keep(slug, d)
	return d, nil
}

func (j *DiskJournal) keep(slug string, d line.Durable) {
	if j.kept == nil {
		j.kept = make(map[string]line.Durable)
	}
	j.kept[slug] = d
}

// parseNumbers reads what encodeNumbers writes, and nothing else.
func parseNumbers(text []byte) (d line.Durable, ok bool) {
	if len(text) > 128 { // the largest numbers need less
		return d, false
	}
	_, err := fmt.Sscanf(string(text), numbersFormat, &d.Own.Incarnation, &d.Own.Number, &d.Far.Incarnation, &d.Far.Number)
	return d, err == nil && bytes.Equal(encodeNumbers(d), text)
}

func encodeNumbers(d line.Durable) []byte {
	return fmt.Appendf(nil, numbersFormat, d.Own.Incarnation, d.Own.Number, d.Far.Incarnation, d.Far.Number)
}

func firstLine(text []byte) string {
	first, _, _ := strings.Cut(string(text[:min(len(text), 80)]), "\n")
	return first
}

// Save makes the numbers durable. Numbers only rise: of what is kept and what is saved the
// higher of each stays, in whatever order two Saves come.
func (j *DiskJournal) Save(slug string, d line.Durable) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	have, err := j.load(slug)
	if err != nil {
		return err
	}
	if have.Own.Compare(d.Own) > 0 {
		d.Own = have.Own
	}
	if have.Far.Compare(d.Far) > 0 {
		d.Far = have.Far
	}
	if d == have {
		return nil // it is durable already
	}
	if err := accord.WriteFile(j.name(slug), encodeNumbers(d)); err != nil {
		return err
	}
	j.keep(slug, d)
	return nil
}
