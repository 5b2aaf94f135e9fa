package station

import (
	"errors"
	"fmt"
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

	mu    sync.Mutex
	saved map[string]line.Durable // guards against an older Save that comes late
}

const numbersFormat = "own %d %d\nfar %d %d\n"

func (j *DiskJournal) name(slug string) string {
	return filepath.Join(j.Dir, "lines", slug, "line-numbers")
}

// Load reads the numbers of a line; none yet is the zero Durable.
func (j *DiskJournal) Load(slug string) (line.Durable, error) {
	text, err := os.ReadFile(j.name(slug))
	if errors.Is(err, os.ErrNotExist) {
		return line.Durable{}, nil
	} else if err != nil {
		return line.Durable{}, fmt.Errorf("station: reading the line's numbers: %w", err)
	}
	var d line.Durable
	_, err = fmt.Sscanf(string(text), numbersFormat, &d.Own.Incarnation, &d.Own.Number, &d.Far.Incarnation, &d.Far.Number)
	if err != nil || encodeNumbers(d) != string(text) {
		return line.Durable{}, fmt.Errorf("station: %s: found %q, want two lines, own and far, each with an incarnation and a number", j.name(slug), firstLine(text))
	}
	return d, nil
}

func encodeNumbers(d line.Durable) string {
	return fmt.Sprintf(numbersFormat, d.Own.Incarnation, d.Own.Number, d.Far.Incarnation, d.Far.Number)
}

func firstLine(text []byte) string {
	first, _, _ := strings.Cut(string(text[:min(len(text), 80)]), "\n")
	return first
}

// Save makes the numbers durable. Numbers only rise: of two Saves at once the
// higher of each stays.
func (j *DiskJournal) Save(slug string, d line.Durable) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.saved == nil {
		j.saved = make(map[string]line.Durable)
	}
	have := j.saved[slug]
	if have.Own.Compare(d.Own) > 0 {
		d.Own = have.Own
	}
	if have.Far.Compare(d.Far) > 0 {
		d.Far = have.Far
	}
	if err := accord.WriteFile(j.name(slug), []byte(encodeNumbers(d))); err != nil {
		return err
	}
	j.saved[slug] = d
	return nil
}
