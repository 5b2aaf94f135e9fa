package station

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/watch"
)

// Names within a station's folder.
const (
	watchFile = "watch.json"
	notesFile = "watch-notes.jsonl"
)

// How much is kept and read.
const (
	watchMax  = 1 << 20       // bytes of watch.json
	notesMax  = 8 << 20       // bytes of watch-notes.jsonl: as many acts as it holds, each with the longest note, all of it escaped
	notesKept = 500           // acts of the watch; twice as many are in the file at most
	notesSeen = 100           // that consoles are shown
	rewriteAt = 2 * notesKept // acts in the file
)

// A keptWatch is what watch.json holds.
type keptWatch struct {
	Version  int            `json:"version"` // 1
	Revision int            `json:"revision"`
	Settings watch.Settings `json:"settings"`
	Standing watch.Standing `json:"standing"`
}

func (k *keptWatch) check() error {
	if k.Version != 1 || k.Revision < 0 {
		return fmt.Errorf("station: version %d, revision %d, want 1 and a count", k.Version, k.Revision)
	}
	if err := k.Settings.Check(); err != nil {
		return err
	}
	return k.Standing.Check()
}

// A watchFolder keeps the watch in the station's folder. Safe for concurrent use.
//
// A crash while watch.json is written leaves the one before. A crash while an act is added to watch-notes.jsonl leaves
// a part of its last line, which the next start takes away: an act that was half written was never confirmed.
type watchFolder struct {
	dir string

	mu    sync.Mutex
	saved uint64 // the newest state written; an older one comes too late
	lines int    // in watch-notes.jsonl
}

// load reads what is kept. A damaged file is set aside, and named in faults; the rest serves.
func (f *watchFolder) load(now time.Time) (k keptWatch, log []api.WatchEvent, faults []error) {
	fresh := keptWatch{Version: 1, Settings: watch.Settings{Periods: watch.DefaultPeriods}}
	text, err := readBounded(filepath.Join(f.dir, watchFile), watchMax)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k = fresh
	case err != nil:
		k, faults = fresh, append(faults, err)
	default:
		if err = api.Decode(bytes.NewReader(text), &k); err == nil {
			err = k.check()
		}
		if err != nil {
			k, faults = fresh, append(faults, f.setAside(watchFile, now, err))
		}
	}
	log, err = f.loadLog(now)
	if err != nil {
		faults = append(faults, err)
	}
	return k, log, faults
}

// setAside moves a damaged file out of the way, and says so.
func (f *watchFolder) setAside(name string, now time.Time, why error) error {
	aside := name + ".damaged-" + now.UTC().Format("20060102T150405Z")
	if err := os.Rename(filepath.Join(f.dir, name), filepath.Join(f.dir, aside)); err != nil {
		return fmt.Errorf("%s is damaged (%w) and cannot be set aside: %w", name, why, err)
	}
	return fmt.Errorf("%s was damaged (%w) and is set aside as %s", name, why, aside)
}

// loadLog reads the acts that are kept. Bad lines have the file set aside, and the good ones written anew.
func (f *watchFolder) loadLog(now time.Time) (log []api.WatchEvent, fault error) {
	name := filepath.Join(f.dir, notesFile)
	text, err := readBounded(name, notesMax)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1] // what follows is of a crash
	bad := error(nil)
	for line := range bytes.Lines(whole) {
		var e api.WatchEvent
		if err := api.Decode(bytes.NewReader(line), &e); err != nil {
			bad = err
		} else {
			log = append(log, e)
		}
	}
	f.lines = len(log)
	if bad != nil {
		fault = f.setAside(notesFile, now, bad)
	}
	if bad != nil || len(whole) < len(text) {
		if err := f.rewrite(log); err != nil {
			fault = errors.Join(fault, err)
		}
	}
	return log[max(0, len(log)-notesKept):], fault
}

func (f *watchFolder) rewrite(log []api.WatchEvent) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for i := range log {
		if err := enc.Encode(&log[i]); err != nil {
			return err
		}
	}
	f.lines = rewriteAt // until it is written
	if err := accord.WriteFile(filepath.Join(f.dir, notesFile), b.Bytes()); err != nil {
		return err
	}
	f.lines = len(log)
	return nil
}

// save writes the state with a number, unless a newer one is written already.
func (f *watchFolder) save(number uint64, k keptWatch) error {
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return fmt.Errorf("station: %s: %w", watchFile, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if number <= f.saved {
		return nil
	}
	if err := accord.WriteFile(filepath.Join(f.dir, watchFile), append(text, '\n')); err != nil {
		return err
	}
	f.saved = number
	return nil
}

// note adds one act. log is what is kept in all, to write anew when the file has grown.
func (f *watchFolder) note(e api.WatchEvent, log []api.WatchEvent) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lines >= rewriteAt {
		return f.rewrite(log)
	}
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("station: %s: %w", notesFile, err)
	}
	file, err := os.OpenFile(filepath.Join(f.dir, notesFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("station: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err == nil {
		err = file.Sync()
	}
	if f.lines++; err != nil {
		f.lines = rewriteAt // a part of the line may be there, and the next shall not stand behind it
	}
	return errors.Join(err, file.Close())
}

func readBounded(name string, most int) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("station: %s has more than %d bytes", name, most)
	}
	return text, err
}
