package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/station"
)

// inFolder is what every command that works on a station's folder has.
type inFolder struct {
	Dir string `help:"The station's folder." env:"RINGDOWN_DIR" default:"." type:"path" placeholder:"DIR"`
}

const whichFolder = "name a station's folder with --dir, or in the variable RINGDOWN_DIR"

// open opens the station of a folder.
func (f inFolder) open() (*accord.Home, error) {
	home, err := accord.Open(f.Dir)
	if errors.Is(err, accord.ErrMissing) {
		return nil, hinted{err, whichFolder}
	}
	return home, err
}

// line opens one line of the station of a folder.
func (f inFolder) line(slug string) (*accord.Home, *accord.Line, error) {
	home, err := f.open()
	if err != nil {
		return nil, nil, err
	}
	l, err := home.Line(slug)
	return home, l, err
}

// connect finds the running station of a folder.
func (f inFolder) connect() (*api.Client, error) {
	c, err := station.Dial(f.Dir)
	if errors.Is(err, accord.ErrMissing) {
		return nil, hinted{err, whichFolder}
	}
	return c, err
}

// flag is how a person names the folder in the next command; empty if they need not.
func (f inFolder) flag() string {
	here, err := filepath.Abs(".")
	if env := os.Getenv("RINGDOWN_DIR"); env != "" {
		here, err = filepath.Abs(env)
	}
	if err == nil && here == f.Dir {
		return ""
	}
	return " --dir " + f.Dir
}

// reload tells a running station that its folder has changed, as done says; none needs to run.
func (f inFolder) reload(t *terminal, done string) error {
	c, err := station.Dial(f.Dir)
	if is(err, "not-running") {
		return nil // it reads the folder when it starts
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(t, 10*time.Second)
		defer cancel()
		err = refusal(c.Reload(ctx))
	}
	if err != nil {
		return fmt.Errorf("%s, but the running station could not take it over: %w", done, err)
	}
	return nil
}

// A newFile is a file on its way; nobody's file is overwritten.
type newFile struct{ *os.File }

func create(name string) (newFile, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return newFile{}, &api.Error{Code: "exists", Text: fmt.Sprintf("%s is there already and is not overwritten", name),
			Action: "name another file with --out, or remove it"}
	}
	if err != nil {
		return newFile{}, fmt.Errorf("%s cannot be written: %w", name, cause(err))
	}
	return newFile{f}, nil
}

// finish writes the file, or removes it if err says that there is nothing to write.
func (f newFile) finish(data []byte, err error) error {
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// keep writes the file, or removes it and says why it cannot be written.
func (f newFile) keep(data []byte) error {
	if err := f.finish(data, nil); err != nil {
		return fmt.Errorf("%s cannot be written: %w", f.Name(), cause(err))
	}
	return nil
}

// readFile reads a file that came from somebody else, up to the most that can be one of ours.
func readFile(name string) (data []byte, err error) {
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		data, err = io.ReadAll(io.LimitReader(f, accord.MaxFile+1))
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, cause(err))
	}
	return data, nil
}

// cause is what the system said of a file, without what was done to it.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
