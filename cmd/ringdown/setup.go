package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/station"
)

// inFolder is what every command that works on a station's folder has.
type inFolder struct {
	Dir string `help:"The station's folder." env:"RINGDOWN_DIR" default:"." type:"path" placeholder:"DIR"`
}

type initCommand struct {
	Dir  string `arg:"" help:"The folder to make; it must not hold a station yet." type:"path"`
	Name string `required:"" help:"What this organisation calls itself, as the other side will see it."`
}

func (c *initCommand) Run(t *terminal) error {
	home, err := accord.Init(time.Now(), c.Dir, c.Name)
	if err != nil {
		return err
	}
	config := filepath.Join(c.Dir, station.ConfigFile)
	if err := accord.WriteFile(config, []byte(station.DefaultConfig)); err != nil {
		return err
	}
	fmt.Fprintf(t.out, `Station %q is made in %s.

  %-14s how it runs; every setting is explained there
  %-14s its private keys: nobody else may read this folder

Next: "ringdown invite --dir %s …" to begin an accord, or "ringdown accept FILE --dir %s …" if you were sent an invite.
`, home.Name(), c.Dir, station.ConfigFile, "keys", c.Dir, c.Dir)
	return nil
}

type inviteCommand struct {
	inFolder   `embed:""`
	To         string   `help:"The exact name of the station that may accept; anybody who holds the file if not given."`
	Path       []string `required:"" sep:"none" help:"A path and our end of it, as NAME=HOST:PORT, NAME=HOST:PORT,roams or NAME=roams. Once for each path, at most 8." placeholder:"NAME=ADDRESS"`
	Profile    string   `help:"Shape of the datagrams: standard (20 ms, 320 bytes), wide (20 ms, 640) or thin (60 ms, 320)." default:"standard"`
	HoldBack   string   `help:"Voice over paths of different delay: hitless (a cut is not heard) or first-copy (least delay)." default:"hitless"`
	Disclosure string   `help:"When a side may show entries of the record to others: free, told or consent." default:"told"`
	Days       int      `help:"For how many days the invite can be used, 1 to 365." default:"14"`
	Out        string   `help:"The file to write." default:"ringdown.invite" type:"path"`
}

func (c *inviteCommand) Run(t *terminal) error {
	home, err := accord.Open(c.Dir)
	if err != nil {
		return err
	}
	opt := accord.InviteOptions{For: c.To, Days: c.Days,
		Terms: accord.Terms{Profile: c.Profile, HoldBack: accord.HoldBack(c.HoldBack), Disclosure: accord.Disclosure(c.Disclosure)}}
	if opt.Paths, err = accord.ParsePaths(c.Path); err != nil {
		return err
	}
	if err := absent(c.Out); err != nil {
		return err
	}
	file, inv, err := home.Invite(time.Now(), opt)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, file, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "The invite is written to %s. It holds no secret and can be used until %s.\nBring it to the other side by any means; they run \"ringdown accept\" and send a file back for \"ringdown conclude\".\n",
		c.Out, inv.Until.Format("2 January 2006 15:04 UTC"))
	return nil
}

// absent refuses to write over a file.
func absent(name string) error {
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		return &api.Error{Code: "exists", Text: fmt.Sprintf("%s is there already and is not overwritten", name),
			Action: "name another file with --out, or remove it"}
	}
	return nil
}

type acceptCommand struct {
	File     string `arg:"" help:"The invite." type:"path"`
	inFolder `embed:""`
	Path     []string `required:"" sep:"none" help:"Our end of each path of the invite, as NAME=HOST:PORT, NAME=HOST:PORT,roams or NAME=roams." placeholder:"NAME=ADDRESS"`
	Out      string   `help:"The file to write." default:"ringdown.accept" type:"path"`
}

func (c *acceptCommand) Run(t *terminal) error {
	home, err := accord.Open(c.Dir)
	if err != nil {
		return err
	}
	file, err := readSmall(c.File)
	if err != nil {
		return err
	}
	inv, err := accord.ParseInvite(file)
	if err != nil {
		return err
	}
	ends, err := inv.ParseEnds(c.Path)
	if err != nil {
		return err
	}
	if err := absent(c.Out); err != nil {
		return err
	}
	out, l, err := home.Accept(time.Now(), file, accord.AcceptOptions{Ends: ends})
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, out, 0o644); err != nil {
		return fmt.Errorf("the accord is made, but %s could not be written: %w", c.Out, err)
	}
	fmt.Fprintf(t.out, "The accept is written to %s. Bring it back to %s; there it is concluded once.\n\n", c.Out, l.Peer)
	showWords(t.out, l)
	return t.reload(c.Dir)
}

type concludeCommand struct {
	File     string `arg:"" help:"The accept that came back." type:"path"`
	inFolder `embed:""`
}

func (c *concludeCommand) Run(t *terminal) error {
	home, err := accord.Open(c.Dir)
	if err != nil {
		return err
	}
	file, err := readSmall(c.File)
	if err != nil {
		return err
	}
	l, err := home.Conclude(time.Now(), file)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "The accord with %s is concluded. The line is named %q.\n\n", l.Peer, l.Slug)
	showWords(t.out, l)
	return t.reload(c.Dir)
}

func showWords(w io.Writer, l *accord.Line) {
	fmt.Fprintf(w, "The twelve words of this accord:\n\n")
	for i, word := range l.Accord.Words() {
		fmt.Fprintf(w, "  %2d %-10s", i+1, word)
		if i%4 == 3 {
			fmt.Fprintln(w)
		}
	}
	fmt.Fprintf(w, "\nCall %s by another channel and let them read their words to you. Type what you hear into\n\n  ringdown confirm %s\n\nIf a word differs, somebody changed a file on its way: do not confirm; begin again.\n", l.Peer, l.Slug)
}

type confirmCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
	Words    string `help:"The twelve words as the other side read them. Asked for if not given." placeholder:"WORDS"`
}

func (c *confirmCommand) Run(t *terminal) error {
	home, err := accord.Open(c.Dir)
	if err != nil {
		return err
	}
	l, err := home.Line(c.Line)
	if err != nil {
		return err
	}
	if c.Words == "" {
		fmt.Fprintf(t.out, "Type the twelve words as %s reads them to you:\n", l.Peer)
		if c.Words, err = readWords(t.in); err != nil {
			return err
		}
	}
	if _, err = home.Confirm(time.Now(), c.Line, c.Words); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "The words are the same. The line to %s opens as soon as both sides have confirmed and run.\n", l.Peer)
	return t.reload(c.Dir)
}

// readWords reads lines until twelve words have come.
func readWords(r io.Reader) (string, error) {
	var words []string
	in := bufio.NewScanner(io.LimitReader(r, 4096))
	for len(words) < 12 && in.Scan() {
		words = append(words, strings.Fields(in.Text())...)
	}
	if len(words) == 0 {
		return "", errors.New("no words were given: twelve are wanted, with --words or on standard input")
	}
	return strings.Join(words, " "), in.Err()
}

type amendCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
	Path     []string `required:"" sep:"none" help:"Our new end of a path, as NAME=HOST:PORT, NAME=HOST:PORT,roams or NAME=roams." placeholder:"NAME=ADDRESS"`
}

func (c *amendCommand) Run(t *terminal) error {
	home, err := accord.Open(c.Dir)
	if err != nil {
		return err
	}
	l, err := home.Line(c.Line)
	if err != nil {
		return err
	}
	change, err := l.ParseEnds(c.Path)
	if err != nil {
		return err
	}
	if _, err := l.ProposeAmendment(time.Now(), change); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "The change is signed. It is in force when %s's station has signed it too, over the line; ringdown status shows the addresses.\n", l.Peer)
	return t.reload(c.Dir)
}

// reload tells a running station that its folder has changed; none needs to run.
func (t *terminal) reload(dir string) error {
	socket, err := station.SocketPath(dir)
	if err != nil {
		return nil //nolint:nilerr // nobody runs: it will read the folder when it starts
	}
	c, err := api.Dial(socket)
	if unreachable := new(api.UnreachableError); errors.As(err, &unreachable) {
		return nil
	} else if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t, 10*time.Second)
	defer cancel()
	return c.Reload(ctx)
}

// readSmall reads a file that came from somebody else, up to the most that can be one of ours.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, accord.MaxFile+1))
}
