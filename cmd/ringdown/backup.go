package main

import (
	"fmt"
	"os"

	"ringdown/station"
)

type backupCommand struct {
	File     string `arg:"" help:"The file to write, best on another disk. It holds the station's private keys: keep it like them." type:"path"`
	inFolder `embed:""`
	JSON     bool `help:"Print one JSON object." name:"json"`
}

// Run has the running station write the backup, or writes it if none runs.
func (c *backupCommand) Run(t *terminal) error {
	client, err := c.connect()
	switch {
	case is(err, "not-running"):
		err = station.BackupFolder(t, c.Dir, c.File)
	case err == nil:
		err = refusal(client.Backup(t, c.File))
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", c.File, cause(err))
	}
	if c.JSON {
		return printJSON(t.out, saved{c.File, int(info.Size())})
	}
	fmt.Fprintf(t.out, "%s is written, %s: the station with its records.\n", c.File, count(int(info.Size()), "byte"))
	_, err = fmt.Fprintln(t.out, "It holds the station's private keys. Whoever has it can be this station: keep it like a key.")
	return err
}

type restoreCommand struct {
	File string `arg:"" help:"The backup." type:"path"`
	Dir  string `arg:"" help:"The folder to make: a new one, or an empty one." type:"path"`
	JSON bool   `help:"Print one JSON object." name:"json"`
}

func (c *restoreCommand) Run(t *terminal) error {
	r, err := station.Restore(t, c.File, c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(t.out, r)
	}
	fmt.Fprintf(t.out, "Station %q is restored in %s, with %s, as it was on %s.\n", r.Name, c.Dir, count(len(r.Lines), "line"), r.Made.Format("2 January 2006 15:04:05 UTC"))
	_, err = fmt.Fprintf(t.out, `
Start it with:  ringdown serve %s

On each line it first hears from the other side where its own log stands, and fetches what
it wrote since the backup. Until then it numbers nothing; what is written waits.
Never run it while the station that it was copied from still runs.
`, c.Dir)
	return err
}
