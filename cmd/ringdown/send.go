package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ringdown/api"
)

type sendCommand struct {
	Line     string        `arg:"" help:"The line, such as south."`
	Text     string        `arg:"" optional:"" help:"The message, plain text; from standard input if not given, or if it is -."`
	Matter   string        `help:"File it under this matter: its key, or its title." placeholder:"KEY|TITLE"`
	File     []string      `help:"Send this file with it, of at most 1 MiB; up to eight." placeholder:"FILE" sep:"none"`
	Answer   string        `help:"It answers this message." placeholder:"KEY" xor:"about"`
	Amend    string        `help:"It stands in the place of this message of ours." placeholder:"KEY" xor:"about"`
	Retract  string        `help:"It takes this message of ours back; a text may say why." placeholder:"KEY" xor:"about"`
	Wait     string        `help:"Wait until the message is delivered, shown or read." enum:"none,delivered,shown,read" default:"none" placeholder:"STAGE"`
	Timeout  time.Duration `help:"Wait no longer than this; 0: for as long as it takes." default:"0s"`
	inFolder `embed:""`
	JSON     bool `help:"Print the message as a JSON object, again whenever it has got further." name:"json"`
}

const (
	mostSent     = 64 << 10 // bytes of standard input; the record takes less, and says how much
	mostAttached = 1 << 20  // bytes of a file
	mostFiles    = 8
)

// Validate refuses what makes no sense together.
func (c *sendCommand) Validate() error {
	switch {
	case len(c.File) > mostFiles:
		return fmt.Errorf("--file: found %d files, want at most %d", len(c.File), mostFiles)
	case c.Timeout < 0:
		return errors.New("--timeout: want a time that is not negative")
	case c.Timeout > 0 && c.Wait == "none":
		return errors.New("--timeout is of use with --wait alone")
	}
	return nil
}

func (c *sendCommand) Run(t *terminal) error {
	text, err := c.text(t)
	if err != nil {
		return err
	}
	files, err := readAttached(c.File)
	if err != nil {
		return err
	}
	client, err := c.connect()
	if err != nil {
		return err
	}
	m := api.NewMessage{Text: text, Answers: c.Answer, Amends: c.Amend, Retracts: c.Retract}
	if m.Matter, err = findMatter(t, client, c.Line, c.Matter); err != nil {
		return err
	}
	var events *watcher
	if c.Wait != "none" {
		if events, err = c.watch(t, client, c.Line); err != nil {
			return err
		}
		defer events.Close()
	}
	for _, f := range files {
		kept, err := client.Keep(t, c.Line, f.name, f.data)
		if err != nil {
			return refusal(err)
		}
		m.Files = append(m.Files, kept.ID)
	}
	written, err := client.Write(t, c.Line, m)
	if err != nil {
		return refusal(err)
	}
	return c.follow(t, client, written.Key, events)
}

// text is the message: as given, or from standard input.
func (c *sendCommand) text(t *terminal) (string, error) {
	text := c.Text
	if text == "-" || text == "" && c.Retract == "" && len(c.File) == 0 {
		data, err := io.ReadAll(io.LimitReader(t.in, mostSent+1))
		if err != nil {
			return "", fmt.Errorf("standard input cannot be read: %w", err)
		}
		if len(data) > mostSent {
			return "", hinted{fmt.Errorf("the message has more than %d bytes", mostSent), "send it as a file, with --file"}
		}
		text = strings.TrimRight(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
		if text == "" && c.Retract == "" && len(c.File) == 0 {
			return "", hinted{errors.New("the message is empty"), "give a text after the line, or on standard input"}
		}
	}
	if !utf8.ValidString(text) {
		return "", hinted{errors.New("the message is not UTF-8"), "convert it, or send it as a file, with --file"}
	}
	return text, nil
}

// An attached file is one to be sent.
type attached struct {
	name string
	data []byte
}

// readAttached reads all files before anything is sent.
func readAttached(names []string) (list []attached, err error) {
	for _, name := range names {
		a := attached{name: filepath.Base(name)}
		var f *os.File
		if f, err = os.Open(name); err == nil {
			a.data, err = io.ReadAll(io.LimitReader(f, mostAttached+1))
			_ = f.Close() // it was only read
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", name, cause(err))
		}
		if len(a.data) > mostAttached {
			return nil, hinted{fmt.Errorf("%s has more than %d bytes, which is the most that a message can carry", name, mostAttached), "send it in parts, or by another way"}
		}
		list = append(list, a)
	}
	return list, nil
}

// findMatter gives the key of a matter that a person names by its key or its title.
func findMatter(ctx context.Context, client *api.Client, line, named string) (string, error) {
	if named == "" || isKey(named) {
		return named, nil
	}
	list, err := client.Matters(ctx, line)
	if err != nil {
		return "", refusal(err)
	}
	var found []string
	for _, m := range list {
		if m.Title == named {
			found = append(found, m.Key)
		}
	}
	switch len(found) {
	case 0:
		return "", hinted{fmt.Errorf("line %s has no matter %q", line, named), fmt.Sprintf("see them with \"ringdown matter %s list\", or open it with \"ringdown matter %s open\"", line, line)}
	case 1:
		return found[0], nil
	}
	return "", hinted{fmt.Errorf("line %s has %d matters %q", line, len(found), named), "name one by its key: " + strings.Join(found, ", ")}
}

// isKey tells a key from a title, which may hold anything: the forms that keys have.
func isKey(s string) bool {
	author, n, ok := strings.Cut(s, "/")
	switch {
	case !ok || n == "":
		return false
	case author == "us" || author == "them":
		return strings.Trim(n, "0123456789") == ""
	}
	return (author == "waiting" || author == "call") && strings.Trim(n, "0123456789abcdef") == ""
}

// stages are in their order; a message may pass over some.
var stages = []api.Stage{api.StageWaiting, api.StageOnLine, api.StageDelivered, api.StageShown, api.StageRead, api.StageSeen}

// reached reports whether a message at a stage is waited for no longer.
func (c *sendCommand) reached(stage string) bool {
	return c.Wait == "none" || slices.Index(stages, api.Stage(stage)) >= slices.Index(stages, api.Stage(c.Wait))
}

// follow prints how far a message has got, until it has got as far as it is waited for.
func (c *sendCommand) follow(t *terminal, client *api.Client, key string, events *watcher) error {
	ctx, cancel := context.Context(t), context.CancelFunc(func() {})
	if c.Timeout > 0 {
		ctx, cancel = context.WithTimeout(t, c.Timeout)
	}
	defer cancel()
	printed := ""
	for {
		item, err := client.Item(context.WithoutCancel(t), c.Line, key)
		if err != nil {
			return hinted{refusal(err), "it was written as " + key + ", and is sent"}
		}
		stage := string(api.StageWaiting)
		if item.Ladder != nil {
			stage = string(item.Ladder.Stage)
		}
		if now := item.Key + " " + stage; now != printed {
			printed, key = now, item.Key
			if err := c.print(t.out, item, now); err != nil {
				return err
			}
		}
		if c.reached(stage) {
			return nil
		}
		switch err := events.next(ctx); {
		case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return hinted{fmt.Errorf("message %s is %s and not %s after %v", key, stage, c.Wait, c.Timeout), fmt.Sprintf("it goes on by itself; see it with \"ringdown record %s\"", c.Line)}
		case err != nil:
			return err
		}
	}
}

func (c *sendCommand) print(w io.Writer, item *api.Item, now string) error {
	if c.JSON {
		return printJSON(w, item)
	}
	_, err := fmt.Fprintln(w, now)
	return err
}

// A watcher says when something of a line's record has changed.
type watcher struct {
	*api.Conn
	line string
}

// watch begins to listen; what happens from then on is not missed.
func (f inFolder) watch(ctx context.Context, client *api.Client, line string) (*watcher, error) {
	conn, err := client.Attach(ctx, api.ToStation{Observe: true, Name: "command line"})
	if err != nil {
		return nil, refusal(err)
	}
	return &watcher{conn, line}, nil
}

// next waits until the record has changed. It is woken for other changes of the line too.
func (w *watcher) next(ctx context.Context) error {
	for {
		e, err := w.Next(ctx)
		if err != nil {
			return err
		}
		if w.concerns(e) {
			return nil
		}
	}
}

func (w *watcher) concerns(e api.Event) bool {
	return e.Type == "record" && e.Slug == w.line || e.Line != nil && e.Line.Slug == w.line && e.Type == "line"
}

type readCommand struct {
	Line     string   `arg:"" help:"The line, such as south."`
	Keys     []string `arg:"" name:"key" help:"Their messages, as the record shows them: them/7."`
	Name     string   `required:"" help:"Who has read them; the other side is told."`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

// most is how many keys one request may name.
const most = 16

// A marked is what read and withdraw have done.
type marked struct {
	Line string   `json:"line"`
	Keys []string `json:"keys"`
	Name string   `json:"name,omitempty"`
}

func (c *readCommand) Run(t *terminal) error {
	return c.mark(t, c.JSON, marked{c.Line, c.Keys, c.Name}, "marked read by "+plain(c.Name), func(client *api.Client, keys []string) error {
		return client.Read(t, c.Line, api.Marks{Keys: keys, Name: c.Name})
	})
}

type withdrawCommand struct {
	Line     string   `arg:"" help:"The line, such as south."`
	Keys     []string `arg:"" name:"key" help:"What waits, as the record shows it: waiting/…"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *withdrawCommand) Run(t *terminal) error {
	return c.mark(t, c.JSON, marked{Line: c.Line, Keys: c.Keys}, "withdrawn, and never sent", func(client *api.Client, keys []string) error {
		return client.Withdraw(t, c.Line, keys)
	})
}

// mark does something with messages, as many at once as one request can name.
func (f inFolder) mark(t *terminal, json bool, m marked, done string, do func(*api.Client, []string) error) error {
	client, err := f.connect()
	if err != nil {
		return err
	}
	for i := 0; i < len(m.Keys); i += most {
		if err := do(client, m.Keys[i:min(i+most, len(m.Keys))]); err != nil {
			err = refusal(err)
			if i > 0 {
				return fmt.Errorf("%s are %s, but then: %w", count(i, "message"), done, err)
			}
			return err
		}
	}
	if json {
		return printJSON(t.out, m)
	}
	is := "are "
	if len(m.Keys) == 1 {
		is = "is "
	}
	_, err = fmt.Fprintf(t.out, "%s %s%s.\n", count(len(m.Keys), "message"), is, done)
	return err
}

type saveCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	Key      string `arg:"" help:"The file, as the record shows it: them/6."`
	Out      string `help:"Write it there; to its own name in this folder if not given." type:"path" placeholder:"FILE"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

// A saved is a file that was written here.
type saved struct {
	File  string `json:"file"`
	Bytes int    `json:"bytes"`
}

func (c *saveCommand) Run(t *terminal) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	name, data, err := client.File(t, c.Line, c.Key)
	if err != nil {
		return refusal(err)
	}
	out := c.Out
	if out == "" {
		if out = ownName(name); out == "" {
			return hinted{fmt.Errorf("the file's name %q is none that is safe here", plain(name)), "name one with --out"}
		}
	}
	return save(t.out, c.JSON, out, data)
}

// save writes a new file, and says so.
func save(w io.Writer, json bool, name string, data []byte) error {
	f, err := create(name)
	if err != nil {
		return err
	}
	if err := f.keep(data); err != nil {
		return err
	}
	return tellSaved(w, json, name, len(data))
}

// tellSaved says that a file is written.
func tellSaved(w io.Writer, json bool, name string, length int) error {
	if json {
		return printJSON(w, saved{name, length})
	}
	_, err := fmt.Fprintf(w, "%s is written, %s.\n", name, count(length, "byte"))
	return err
}

// ownName is a file's own name where it can do no harm in this folder; empty if it could.
func ownName(name string) string {
	if name != plain(name) || name != filepath.Base(name) || !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.ContainsAny(name, "\\:\n\t") {
		return ""
	}
	return name
}
