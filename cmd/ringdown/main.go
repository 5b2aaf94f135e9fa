// Command ringdown is a station of the direct line between two organisations,
// and everything that one does with it. See ringdown --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set when a release is built.
var version = "0.1.0-dev"

// commands is the whole command line; each command is a struct with a Run method.
type commands struct {
	Demo demoCommand `cmd:"" help:"Show it: two stations on this machine, two paths one can cut, and a page that draws it all."`

	Init     initCommand     `cmd:"" group:"set up" help:"Make a station: its folder, its keys, its configuration."`
	Invite   inviteCommand   `cmd:"" group:"set up" help:"Begin an accord: write the invite for the other side."`
	Accept   acceptCommand   `cmd:"" group:"set up" help:"Answer an invite: write the accept for the inviting side."`
	Conclude concludeCommand `cmd:"" group:"set up" help:"Conclude the accord with the accept that came back."`
	Confirm  confirmCommand  `cmd:"" group:"set up" help:"Confirm the twelve words, read to each other by another channel."`
	Amend    amendCommand    `cmd:"" group:"set up" help:"Change this station's own addresses in an accord."`
	Doctor   doctorCommand   `cmd:"" group:"set up" help:"Say what is wrong with a station's set-up, and how to mend it."`

	Serve   serveCommand   `cmd:"" group:"run" help:"Run a station."`
	Console consoleCommand `cmd:"" group:"run" help:"Print a link that lets one browser in, once."`

	Status statusCommand `cmd:"" group:"use" help:"Show how the station and its lines stand."`
	Call   callCommand   `cmd:"" group:"use" help:"Lift: call the other side of a line, and stay until the call ends."`
	Answer answerCommand `cmd:"" group:"use" help:"Answer the call that rings on a line, or the next one."`
	Hangup hangupCommand `cmd:"" group:"use" help:"End the call of a line."`
	Events eventsCommand `cmd:"" group:"use" help:"Print what happens, one JSON object a line, until interrupted."`

	Bench   benchCommand     `cmd:"" help:"Measure this machine: ring time, voice, lines a core."`
	Version kong.VersionFlag `help:"Print the version."`
}

// A terminal is what a command writes to; tests put their own in its place.
type terminal struct {
	context.Context
	in  io.Reader
	out io.Writer
	err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(&terminal{Context: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:]))
}

// run carries out one command line and returns its exit status: 0 done, 1 failed, 2 not understood.
func run(t *terminal, args []string) int {
	var c commands
	code := -1
	parser, err := kong.New(&c, kong.Name("ringdown"), kong.Vars{"version": version},
		kong.Description("A self-hosted direct line between two organisations that do not trust each other."),
		kong.Writers(t.out, t.err), kong.Exit(func(n int) { code = n }), kong.UsageOnError())
	if err != nil {
		panic(err) // the command table itself is wrong
	}
	parsed, err := parser.Parse(args)
	switch {
	case code >= 0: // --help, --version
		return code
	case err != nil:
		fmt.Fprintf(t.err, "ringdown: error: %v\nringdown: hint: ringdown --help lists the commands\n", err)
		return 2
	}
	if err := parsed.Run(t); err != nil && !errors.Is(err, context.Canceled) {
		report(t.err, err)
		return 1
	}
	return 0
}
