package station

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ringdown/api"
)

// A disk that takes a part of an act spoils neither the acts before nor those after. As in TestBackupOnAFullDisk, in a
// process of its own.
func TestWatchNotesOnAFullDisk(t *testing.T) {
	const inside = "RINGDOWN_TEST_FULL_DISK"
	if os.Getenv(inside) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWatchNotesOnAFullDisk$")
		cmd.Env = append(os.Environ(), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f := &watchFolder{dir: t.TempDir()}
	var log []api.WatchEvent
	note := func(who string) error {
		log = append(log, api.WatchEvent{At: at, Act: "taken", Who: who})
		return f.note(log[len(log)-1], log)
	}
	if err := note("A"); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(filepath.Join(f.dir, notesFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"B", "C"} {
		limitFiles(t, uint64(st.Size())+20)
		err = note(who)
		limitFiles(t, 1<<62)
		if err == nil {
			t.Fatalf("%s is kept where there is no room", who)
		}
	}
	if err := note("D"); err != nil {
		t.Fatal(err)
	}
	_, kept, faults := (&watchFolder{dir: f.dir}).load(at)
	if fmt.Sprint(kept) != fmt.Sprint(log) || len(faults) > 0 {
		t.Errorf("kept %v, faults %v, want %v", kept, faults, log)
	}
}
