package station

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// runningFile is locked by the one process that runs the station of a folder. It
// holds that process's number, for people.
const runningFile = "running"

// A TakenError says that another process runs the station of a folder.
type TakenError struct {
	Dir     string
	Process int // 0 if not known
}

func (e *TakenError) Error() string {
	who := "another process"
	if e.Process != 0 {
		who = fmt.Sprintf("process %d", e.Process)
	}
	return fmt.Sprintf("station: %s runs the station in %s already: two that use the same keys and numbers would harm each other", who, e.Dir)
}

// Hint says what a person can do.
func (e *TakenError) Hint() string {
	return fmt.Sprintf("see how it is with \"ringdown status --dir %s\", or end it before you start another", e.Dir)
}

// lockFolder makes this process the only one that runs the station in dir, until
// the file is closed. A crash lets go.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, runningFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("station: locking the folder: %w", err)
	}
	taken, err := tryLock(f)
	if taken {
		text, _ := io.ReadAll(io.LimitReader(f, 32))
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		err = &TakenError{Dir: dir, Process: n}
	} else if err == nil {
		if err = f.Truncate(0); err == nil {
			_, err = f.WriteString(strconv.Itoa(os.Getpid()) + "\n")
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
