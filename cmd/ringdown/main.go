// Command ringdown is a station of the direct line between two organisations,
// and everything that one does with it. See ringdown --help.
//
// Exit status: 0 done, 1 failed, 2 not understood. What failed goes to standard
// error, "ringdown: error: …", and what can be done about it, "ringdown: hint: …".
package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// version is set when a release is built.
var version = "0.1.0-dev"

// commands is the whole command line; each command is a struct with a Run method.
type commands struct {
	Demo demoCommand `cmd:"" group:"show" help:"Show it: two stations on this machine, two paths one can cut, and a page that draws it all."`

	Init     initCommand     `cmd:"" group:"set up" help:"Make a station: its folder, its keys, its configuration."`
	Invite   inviteCommand   `cmd:"" group:"set up" help:"Begin an accord: write the invite for the other side."`
	Accept   acceptCommand   `cmd:"" group:"set up" help:"Answer an invite: write the accept for the inviting side."`
	Conclude concludeCommand `cmd:"" group:"set up" help:"Conclude the accord with the accept that came back."`
	Words    wordsCommand    `cmd:"" group:"set up" help:"Show the twelve words of an accord, to read them to the other side."`
	Confirm  confirmCommand  `cmd:"" group:"set up" help:"Confirm the twelve words, read to each other by another channel."`
	Amend    amendCommand    `cmd:"" group:"set up" help:"Change this station's own addresses in an accord."`
	Accord   accordCommand   `cmd:"" group:"set up" help:"Show an accord and its history; propose new rules, approve or refuse what the other side proposes."`
	Retire   retireCommand   `cmd:"" group:"set up" help:"Take a line out of use, for ever. Its files are kept."`
	Doctor   doctorCommand   `cmd:"" group:"set up" help:"Say what is wrong with a station's set-up, and how to mend it."`

	Serve   serveCommand   `cmd:"" group:"run" help:"Run a station."`
	Console consoleCommand `cmd:"" group:"run" help:"Print a link that lets one browser in, once."`

	People peopleCommand `cmd:"" group:"run" help:"List the station's people; add, enrol and remove them, change their roles."`

	Backup  backupCommand  `cmd:"" group:"run" help:"Write a backup of a station, running or not: one file, to be kept like a key."`
	Restore restoreCommand `cmd:"" group:"run" help:"Make a station's folder from a backup."`

	Status statusCommand `cmd:"" group:"use" help:"Show how the station and its lines stand."`
	Call   callCommand   `cmd:"" group:"use" help:"Lift: call the other side of a line, and stay until the call ends. Interrupt to hang up."`
	Answer answerCommand `cmd:"" group:"use" help:"Answer the call that rings on a line, or the next one. Interrupt to hang up."`
	Hangup hangupCommand `cmd:"" group:"use" help:"End the call of a line, whichever console is in it."`
	Watch  watchCommand  `cmd:"" group:"use" help:"Show, take and hand over the watch; show and set the roster."`
	Events eventsCommand `cmd:"" group:"use" help:"Print what happens, one JSON object a line, until interrupted."`

	Test    testCommand    `cmd:"" group:"use" help:"Test a line by people: the other side reads two words back. Or read back theirs."`
	Suspend suspendCommand `cmd:"" group:"use" help:"Suspend the right to call on a line, either way. The other side is told, with the reason."`
	Resume  resumeCommand  `cmd:"" group:"use" help:"Restore the right to call that this side has suspended."`
	Webhook webhookCommand `cmd:"" group:"use" help:"List the webhooks of a station: lamps, horns, pagers. Try one."`

	Verify verifyCommand `cmd:"" group:"prove" help:"Check a disclosure, offline: what it proves, by whom, and what it does not show."`

	Send     sendCommand     `cmd:"" group:"record" help:"Write a message to the other side. While the line is down it waits, and is sent by itself."`
	Record   recordCommand   `cmd:"" group:"record" help:"Show the record of a line: messages, calls, matters, the oldest first."`
	Read     readCommand     `cmd:"" group:"record" help:"Mark messages of the other side read."`
	Withdraw withdrawCommand `cmd:"" group:"record" help:"Take back messages that wait and were not sent."`
	Save     saveCommand     `cmd:"" group:"record" help:"Save a file that came with a message. It is not opened."`
	Matter   matterCommand   `cmd:"" group:"record" help:"List the matters of a line; open, acknowledge or close one; file a call under one."`
	Export   exportCommand   `cmd:"" group:"record" help:"Write a day, a matter or all of a record to a file."`
	Report   reportCommand   `cmd:"" group:"record" help:"Show how a line has served, week by week: availability, time to answer, tests; the same on both sides."`
	Disclose discloseCommand `cmd:"" group:"record" help:"Make a file that proves chosen entries to somebody else; agree to one of the other side's, or refuse."`

	Bench   benchCommand     `cmd:"" group:"show" help:"Measure this machine: ring time, voice, lines a core."`
	Version kong.VersionFlag `help:"Print the version."`
}

func main() {
	ctx := interruptible()
	os.Exit(run(&terminal{ctx, os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run carries out one command line and returns its exit status.
func run(t *terminal, args []string) int {
	var c commands
	shown := false
	parser := kong.Must(&c, kong.Name("ringdown"), kong.Vars{"version": version},
		kong.Description("A self-hosted direct line between two organisations that do not trust each other."),
		kong.Writers(t.out, t.err), kong.Exit(func(int) { shown = true }))
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	switch {
	case shown: // --help, --version
		return 0
	case err != nil:
		report(t.err, hinted{err, fmt.Sprintf("see %q", misused(parsed, err))})
		return 2
	}
	return finish(t, parsed.Run(t))
}
