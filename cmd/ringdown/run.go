package main

import (
	"errors"
	"fmt"
	"log/slog"
	"syscall"
	"time"

	"ringdown/api"
	"ringdown/bench"
	"ringdown/demo"
	"ringdown/station"
)

// atFolder names the station's folder of a command as its argument.
type atFolder struct {
	Dir string `arg:"" optional:"" help:"The station's folder; the variable RINGDOWN_DIR or this folder if not given." env:"RINGDOWN_DIR" default:"." type:"path"`
}

type serveCommand struct {
	atFolder `embed:""`
	JSON     bool `help:"Say in one JSON object that the station runs." name:"json"`
	Verbose  bool `help:"Log more."`
}

// A started is what serve says once the local socket and the page answer.
type started struct {
	Name  string `json:"name"`
	Page  string `json:"page"`
	Lines int    `json:"lines"`
}

func (c *serveCommand) Run(t *terminal) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: level}))
	d, err := station.Start(t, station.DaemonOptions{Dir: c.Dir, Version: version, Log: log})
	if err != nil {
		return unlessStopped(t, err)
	}
	st := d.Status()
	s := started{st.Name, d.Console.URL(), len(st.Lines)}
	if c.JSON {
		err = printJSON(t.out, s)
	} else {
		_, err = fmt.Fprintf(t.out, "Station %q runs with %s. Its page is %s; \"ringdown console %s\" prints a link that lets a browser in.\n",
			s.Name, count(s.Lines, "line"), s.Page, c.Dir)
	}
	return errors.Join(err, c.wait(t, d))
}

// wait ends with the station, and does not wait for ever once it was told to stop.
func (c *serveCommand) wait(t *terminal, d *station.Daemon) error {
	ended := make(chan error, 1)
	go func() { ended <- d.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-t.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(patience - patience/10):
		return errors.New("the station did not end in time, and was cut off")
	}
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

type consoleCommand struct {
	atFolder `embed:""`
	Ready    bool `help:"The page makes itself ready, for a kiosk."`
	Kiosk    bool `help:"Nobody logs in at that browser: whoever is at it has a watch officer's rights, and no others."`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

func (c *consoleCommand) Run(t *terminal) error {
	client, err := inFolder(c.atFolder).connect()
	if err != nil {
		return err
	}
	next := "/"
	if c.Ready {
		next = "/?ready=1"
	}
	ask := client.Link
	if c.Kiosk {
		ask = client.KioskLink
	}
	link, err := ask(t, next)
	if err != nil {
		return refusal(err)
	}
	if c.JSON {
		return printJSON(t.out, api.Link{URL: link})
	}
	fmt.Fprintln(t.out, link)
	fmt.Fprintln(t.err, "Open it in a browser within 15 minutes. It works once; that browser is let in from then on.")
	return nil
}

type doctorCommand struct {
	atFolder `embed:""`
	JSON     bool `help:"Print one JSON object a finding." name:"json"`
}

func (c *doctorCommand) Run(t *terminal) error {
	findings, err := station.Examine(t, c.Dir)
	if err != nil {
		return err
	}
	failures := 0
	for _, f := range findings {
		if f.Severity == station.Failure {
			failures++
		}
		if c.JSON {
			if err := printJSON(t.out, f); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(t.out, "%-8s %s\n", f.Severity, f.Text)
		if f.Action != "" {
			fmt.Fprintf(t.out, "%-8s %s\n", "", f.Action)
		}
	}
	if failures > 0 {
		return fmt.Errorf("%s found", count(failures, "failure"))
	}
	return nil
}

type demoCommand struct {
	JSON    bool `help:"Print one JSON object a line, each when it is really ready." name:"json"`
	Live    bool `help:"Let both consoles use the microphone; south speaks a recorded voice otherwise."`
	History bool `help:"Begin with a record of two weeks, quiet days and three busy ones: messages, calls, matters, a disclosure."`
	Port    int  `help:"Port of the stage page; any free one if 0." default:"0"`
}

func (c *demoCommand) Run(t *terminal) error {
	err := demo.Run(t, demo.Options{JSON: c.JSON, Live: c.Live, History: c.History, Port: c.Port, Version: version, Out: t.out})
	if errors.Is(err, syscall.EADDRINUSE) {
		return hinted{err, "give another port with --port, or leave it out for any free one"}
	}
	return unlessStopped(t, err)
}

// unlessStopped drops the error of a station that was told to stop while it began.
func unlessStopped(t *terminal, err error) error {
	if t.Err() != nil && is(err, "stopped") {
		return nil
	}
	return err
}

type benchCommand struct {
	Lines  int           `help:"Idle lines for the measure of lines a core." default:"200"`
	Calls  int           `help:"Calls for the measure of ring time, one a second." default:"60"`
	Spoken time.Duration `help:"How much speech for the measure of voice." default:"20s"`

	Messages int           `help:"Messages for the measure of delivery." default:"50"`
	Text     time.Duration `help:"How long messages are written without a pause." default:"5s"`
	Consoles int           `help:"Ready consoles at one station, for the ring that reaches them all." default:"200"`
	Entries  int           `help:"Entries of the record with which a station is started; the goals are for 1000000." default:"100000"`

	JSON bool `help:"Print one JSON object." name:"json"`
}

func (c *benchCommand) Run(t *terminal) error {
	r, err := bench.Run(t, bench.Options{Lines: c.Lines, Calls: c.Calls, Speech: c.Spoken, Messages: c.Messages, Text: c.Text, Entries: c.Entries, Consoles: c.Consoles})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, r)
	}
	return r.Print(t.out)
}
