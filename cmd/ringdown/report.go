package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"ringdown/api"
	"ringdown/station"
)

// A terminal is what a command writes to; tests put their own in its place.
type terminal struct {
	context.Context
	in  io.Reader
	out io.Writer
	err io.Writer
}

// patience is how long an interrupted command may take to end. A second
// interrupt after that ends it at once.
const patience = 5 * time.Second

// interruptible is a context that ends with Ctrl-C, with what a service manager
// sends, and with the terminal, unless the program was started to outlive it.
func interruptible() context.Context {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() { time.AfterFunc(patience, stop) })
	return ctx
}

// finish reports how a command ended, and gives its exit status.
func finish(t *terminal, err error) int {
	switch {
	case err == nil:
		return 0
	case t.Err() != nil && errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
	}
	report(t.err, err)
	return 1
}

// report prints each error for a person: what was wrong, then what can be done
// about it.
func report(w io.Writer, err error) {
	for _, e := range station.Each(err) {
		fmt.Fprintf(w, "ringdown: error: %s\n", phrase(e.Error()))
		for _, h := range hints(e) {
			fmt.Fprintf(w, "ringdown: hint: %s\n", phrase(h))
		}
	}
}

// hints collects what an error says can be done.
func hints(err error) (list []string) {
	if h := station.Hint(err); h != "" {
		list = append(list, h)
	}
	for {
		h, ok := errors.AsType[hinted](err)
		if !ok {
			return list
		}
		list = append(list, h.hint)
		err = h.error
	}
}

// A hinted error carries a hint that only the command line can give.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// phrase makes what may be a sentence a part of one: "No station runs." is "no station runs".
func phrase(s string) string {
	s = strings.TrimSpace(s)
	if !strings.HasSuffix(s, "..") {
		s = strings.TrimSuffix(s, ".")
	}
	first, n := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsLower(second) || second == ' ' {
		s = string(unicode.ToLower(first)) + s[n:]
	}
	return s
}

// refusal drops from an error what only says how the station was asked.
func refusal(err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e
	}
	return err
}

// misused names the help that fits a command line that was not understood.
func misused(parsed *kong.Context, err error) string {
	if p, ok := errors.AsType[*kong.ParseError](err); ok {
		parsed = p.Context
	}
	if parsed == nil || parsed.Selected() == nil {
		return "ringdown --help"
	}
	return parsed.Selected().FullPath() + " --help"
}
