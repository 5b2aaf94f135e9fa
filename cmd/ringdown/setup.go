package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"ringdown/accord"
	"ringdown/disclose"
	"ringdown/station"
)

type initCommand struct {
	Dir  string `arg:"" help:"The folder to make; it must not hold a station yet." type:"path"`
	Name string `required:"" help:"What this organisation calls itself, as the other side will see it."`
}

func (c *initCommand) Run(t *terminal) error {
	if err := station.CheckFolder(c.Dir); err != nil {
		return err
	}
	home, err := accord.Init(time.Now(), c.Dir, c.Name)
	if err != nil {
		return err
	}
	if err := accord.WriteFile(filepath.Join(c.Dir, station.ConfigFile), []byte(station.DefaultConfig)); err != nil {
		return err
	}
	flag := inFolder{c.Dir}.flag()
	fmt.Fprintf(t.out, `Station %q is made in %s.

  %-14s how it runs; every setting is explained there
  %-14s its private keys: nobody else may read this folder

Next, to begin an accord:        ringdown invite%s --to THEM --path NAME=ADDRESS
or, if you were sent an invite:  ringdown accept FILE%s --path NAME=ADDRESS
`, home.Name(), c.Dir, station.ConfigFile, "keys", flag, flag)
	return nil
}

type inviteCommand struct {
	inFolder   `embed:""`
	To         string   `help:"The exact name of the station that may accept; anybody who holds the file if not given." placeholder:"NAME"`
	Path       []string `required:"" sep:"none" help:"A path and our end of it: NAME=HOST:PORT, NAME=HOST:PORT,roams or NAME=roams. Once for each path, at most 8." placeholder:"NAME=ADDRESS"`
	Profile    string   `help:"Shape of the datagrams: standard (20 ms, 320 bytes), wide (20 ms, 640) or thin (60 ms, 320)." enum:"standard,wide,thin" default:"standard"`
	HoldBack   string   `help:"Voice over paths of different delay: hitless (a cut is not heard) or first-copy (least delay)." enum:"hitless,first-copy" default:"hitless"`
	Disclosure string   `help:"When a side may show entries of the record to others: free, told or consent." enum:"free,told,consent" default:"told"`
	rulesFlags `embed:""`
	Days       int    `help:"For how many days the invite can be used, 1 to 365." default:"14"`
	Out        string `help:"The file to write." default:"ringdown.invite" type:"path" placeholder:"FILE"`
}

// Validate refuses what an accord would take for its default.
func (c *inviteCommand) Validate() error {
	if c.Days < 1 || c.Days > 365 {
		return fmt.Errorf("--days is %d, want 1 to 365", c.Days)
	}
	_, err := c.rules(accord.DefaultRules())
	return err
}

func (c *inviteCommand) Run(t *terminal) error {
	home, err := c.open()
	if err != nil {
		return err
	}
	rules, err := c.rules(accord.DefaultRules())
	if err != nil {
		return err
	}
	opt := accord.InviteOptions{For: c.To, Days: c.Days,
		Terms: accord.Terms{Profile: c.Profile, HoldBack: accord.HoldBack(c.HoldBack), Disclosure: accord.Disclosure(c.Disclosure), Rules: rules}}
	if opt.Paths, err = accord.ParsePaths(c.Path); err != nil {
		return err
	}
	out, err := create(c.Out)
	if err != nil {
		return err
	}
	file, inv, err := home.Invite(time.Now(), opt)
	if err := out.finish(file, err); err != nil {
		return err
	}
	fmt.Fprintf(t.out, `The invite is written to %s. It holds no secret, and can be used until %s.
Bring it to the other side by any means. They run "ringdown accept", and send a file back for "ringdown conclude".
`, c.Out, inv.Until.Format("2 January 2006 15:04 UTC"))
	return nil
}

type acceptCommand struct {
	File     string `arg:"" help:"The invite." type:"path"`
	inFolder `embed:""`
	Path     []string `sep:"none" help:"Our end of a path of the invite: NAME=HOST:PORT, NAME=HOST:PORT,roams or NAME=roams. Once for each path." placeholder:"NAME=ADDRESS"`
	Out      string   `help:"The file to write." default:"ringdown.accept" type:"path" placeholder:"FILE"`
}

func (c *acceptCommand) Run(t *terminal) error {
	home, err := c.open()
	if err != nil {
		return err
	}
	file, err := readFile(c.File)
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
	if err := allEnds(inv, ends); err != nil {
		return err
	}
	out, err := create(c.Out)
	if err != nil {
		return err
	}
	answer, l, err := home.Accept(time.Now(), file, accord.AcceptOptions{Ends: ends})
	if kept := out.finish(answer, err); err != nil {
		return err
	} else if kept != nil {
		return hinted{fmt.Errorf("the accord is made, but its accept could not be written: %w", kept),
			"the same file is " + filepath.Join(l.Dir(), "accept") + ": copy it from there"}
	}
	fmt.Fprintf(t.out, "The accept is written to %s. Bring it back to %s, where it is concluded, once.\nThe line is named %q.\n\n", c.Out, l.Peer, l.Slug)
	showWords(t.out, l, c.flag())
	return c.reload(t, "the accord is made")
}

// allEnds asks for the ends that a person did not give.
func allEnds(inv *accord.Invite, ends map[uint8]accord.Endpoint) error {
	var missing []string
	for _, p := range inv.Paths() {
		if _, given := ends[p.Number]; !given {
			missing = append(missing, fmt.Sprintf("--path %s=HOST:PORT", p.Name))
		}
	}
	if missing == nil {
		return nil
	}
	return hinted{fmt.Errorf("the invite has %s, and %d of our ends were given", count(len(inv.Paths()), "path"), len(ends)),
		"give this station's end of the others as well: " + strings.Join(missing, " ") + "; or =roams for one without a fixed address"}
}

type concludeCommand struct {
	File     string `arg:"" help:"The accept that came back." type:"path"`
	inFolder `embed:""`
}

func (c *concludeCommand) Run(t *terminal) error {
	home, err := c.open()
	if err != nil {
		return err
	}
	file, err := readFile(c.File)
	if err != nil {
		return err
	}
	l, err := home.Conclude(time.Now(), file)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "The accord with %s is concluded. The line is named %q.\n\n", l.Peer, l.Slug)
	showWords(t.out, l, c.flag())
	return c.reload(t, "the accord is concluded")
}

type wordsCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
}

func (c *wordsCommand) Run(t *terminal) error {
	_, l, err := c.line(c.Line)
	if err != nil {
		return err
	}
	showWords(t.out, l, c.flag())
	first, second, err := disclose.Fingerprints(l.Accord.Sections())
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\nWhoever checks a disclosure of this record compares the fingerprints:\n\n  %s\n    %s\n  %s\n    %s\n",
		l.Accord.First().Name, grouped(first), l.Accord.Second().Name, grouped(second))
	return nil
}

// showWords says what to read to the other side. That there is one first party
// and one second is part of what the words show: see package accord.
func showWords(w io.Writer, l *accord.Line, flag string) {
	fmt.Fprintf(w, "The twelve words of this accord:\n\n")
	for i, word := range l.Accord.Words() {
		fmt.Fprintf(w, "  %2d %-10s", i+1, word)
		if i%4 == 3 {
			fmt.Fprintln(w)
		}
	}
	own, peer := "first", "second"
	if !l.First {
		own, peer = peer, own
	}
	fmt.Fprintf(w, `
Call %[1]s by another channel. Read these words to them and say: "%[2]s is the %[3]s party."
Let them read theirs to you; they must say that %[1]s is the %[4]s party. Type what you hear into

  ringdown confirm %[5]s%[6]s

If a word or a party differs, somebody changed a file on its way: do not confirm, begin again.
`, l.Peer, l.Own().Name, own, peer, l.Slug, flag)
}

type confirmCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
	Words    string `help:"The twelve words as the other side read them. Asked for if not given." placeholder:"WORDS"`
}

func (c *confirmCommand) Run(t *terminal) error {
	home, l, err := c.line(c.Line)
	if err != nil {
		return err
	}
	if c.Words == "" {
		fmt.Fprintf(t.out, "Type the twelve words as %s reads them to you:\n", l.Peer)
		if c.Words, err = readWords(t); err != nil {
			return err
		}
	}
	if _, err = home.Confirm(time.Now(), c.Line, c.Words); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "The words are the same. The line to %s opens as soon as both sides have confirmed and run.\n", l.Peer)
	return c.reload(t, "the words are confirmed")
}

// readWords reads lines until twelve words have come, or an interrupt.
func readWords(t *terminal) (string, error) {
	type answer struct {
		words []string
		err   error
	}
	read := make(chan answer, 1)
	go func() {
		var a answer
		in := bufio.NewScanner(io.LimitReader(t.in, 4096))
		for len(a.words) < 12 && in.Scan() {
			for word := range strings.FieldsSeq(in.Text()) {
				if strings.Trim(word, "0123456789.,") != "" { // the words may be numbered
					a.words = append(a.words, word)
				}
			}
		}
		a.err = in.Err()
		read <- a
	}()
	select {
	case a := <-read:
		if len(a.words) == 0 && a.err == nil {
			a.err = hinted{errors.New("no words were given, twelve are wanted"), "type them, or give them with --words"}
		}
		return strings.Join(a.words, " "), a.err
	case <-t.Done():
		return "", t.Err()
	}
}

type amendCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
	Path     []string `required:"" sep:"none" help:"Our new end of a path: NAME=HOST:PORT, NAME=HOST:PORT,roams or NAME=roams. Once for each path that changes." placeholder:"NAME=ADDRESS"`
}

func (c *amendCommand) Run(t *terminal) error {
	_, l, err := c.line(c.Line)
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
	fmt.Fprintf(t.out, `The change is signed here. It is in force when %s's station has signed it too, which it does by itself over the line.
"ringdown status%s" shows the addresses.
`, l.Peer, c.flag())
	return c.reload(t, "the change is signed")
}

type retireCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
}

func (c *retireCommand) Run(t *terminal) error {
	home, l, err := c.line(c.Line)
	if err != nil {
		return err
	}
	if err := home.Retire(c.Line); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "The line to %s is out of use; its files are in %s. A new line needs a new accord.\n", l.Peer, filepath.Join(c.Dir, "retired"))
	return c.reload(t, "the line is out of use")
}
