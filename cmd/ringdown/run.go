package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ringdown/api"
	"ringdown/bench"
	"ringdown/demo"
	"ringdown/station"
)

type serveCommand struct {
	Dir     string `arg:"" help:"The station's folder." type:"path"`
	Verbose bool   `help:"Log more."`
}

func (c *serveCommand) Run(t *terminal) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: level}))
	d, err := station.Start(t, station.DaemonOptions{Dir: c.Dir, Version: version, Log: log})
	if err != nil {
		return err
	}
	st := d.Status()
	fmt.Fprintf(t.out, "Station %q runs with %d lines. Its page is %s; \"ringdown console %s\" prints a link that lets a browser in.\n",
		st.Name, len(st.Lines), d.Console.URL(), c.Dir)
	return d.Wait()
}

type consoleCommand struct {
	Dir   string `arg:"" help:"The station's folder." type:"path"`
	Ready bool   `help:"The page makes itself ready, for a kiosk."`
	JSON  bool   `help:"Print one JSON object." name:"json"`
}

func (c *consoleCommand) Run(t *terminal) error {
	client, err := connect(c.Dir)
	if err != nil {
		return err
	}
	next := "/"
	if c.Ready {
		next = "/?ready=1"
	}
	link, err := client.Link(t, next)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(t.out).Encode(api.Link{URL: link})
	}
	fmt.Fprintf(t.out, "%s\n", link)
	fmt.Fprintf(t.err, "Open it in a browser within 15 minutes. It works once; the browser is let in from then on.\n")
	return nil
}

// connect finds the running station of a folder.
func connect(dir string) (*api.Client, error) {
	socket, err := station.SocketPath(dir)
	if err != nil {
		return nil, err
	}
	c, err := api.Dial(socket)
	if gone := new(api.UnreachableError); errors.As(err, &gone) {
		return nil, &api.Error{Code: "not-running", Text: fmt.Sprintf("no station answers in %s", dir),
			Action: "start it with: ringdown serve " + dir}
	}
	return c, err
}

type doctorCommand struct {
	Dir  string `arg:"" help:"The station's folder." type:"path"`
	JSON bool   `help:"Print one JSON object a finding." name:"json"`
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
			if err := json.NewEncoder(t.out).Encode(f); err != nil {
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
		return fmt.Errorf("%d of %d checks failed", failures, len(findings))
	}
	return nil
}

type demoCommand struct {
	JSON bool `help:"Print one JSON object a line, each when it is really ready." name:"json"`
	Live bool `help:"Let both consoles use the microphone; south speaks a recorded voice otherwise."`
	Port int  `help:"Port of the stage page; any free one if 0." default:"0"`
}

func (c *demoCommand) Run(t *terminal) error {
	return demo.Run(t, demo.Options{JSON: c.JSON, Live: c.Live, Port: c.Port, Version: version, Out: t.out})
}

type benchCommand struct {
	Lines  int           `help:"Idle lines for the measure of lines a core." default:"200"`
	Calls  int           `help:"Calls for the measure of ring time, one a second." default:"60"`
	Spoken time.Duration `help:"How much speech for the measure of voice." default:"20s"`
	JSON   bool          `help:"Print one JSON object." name:"json"`
}

func (c *benchCommand) Run(t *terminal) error {
	r, err := bench.Run(t, bench.Options{Lines: c.Lines, Calls: c.Calls, Speech: c.Spoken})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(t.out).Encode(r)
	}
	return r.Print(t.out)
}
