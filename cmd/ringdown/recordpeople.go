package main

import (
	"fmt"
	"strings"

	"ringdown/api"
)

// isDrill reports whether an item is of a drill.
func isDrill(i *api.Item) bool {
	return i.Call != nil && i.Call.Drill || i.Presence != nil && i.Presence.Drill
}

// tested is a test in words; what was asked, read and judged are quoted as they were written.
func tested(t *api.RecordedTest) string {
	if t == nil {
		return "a test"
	}
	text := fmt.Sprintf("test, %q to be read back", oneLine(t.Text))
	if t.Slot != nil {
		text += t.Slot.UTC().Format(", for 15:04")
	}
	for _, s := range t.Steps {
		text += ", " + s.Act
		if s.Text != "" {
			text += fmt.Sprintf(" %q", oneLine(s.Text))
		}
		if s.Who != "" {
			text += " by " + oneLine(s.Who)
		}
	}
	return text
}

// proved is a proof of presence in words: that a key was touched, and who says so.
func proved(p *api.RecordedPresence) string {
	if p == nil {
		return "a proof of presence"
	}
	text := "the key of " + oneLine(p.Who) + " was touched, as this side vouches: "
	switch p.Act {
	case "claimed":
		return text + "not checked by the other side yet"
	case "refused":
		return text + fmt.Sprintf("refused by the other side, %q", oneLine(p.Reason))
	}
	return text + strings.TrimSpace(p.Act+" by the other side")
}

// granted is what became of the right to call.
func granted(i *api.Item) string {
	text := i.Act + " the right to call"
	if r := i.Right; r != nil && r.Text != "" {
		text += fmt.Sprintf(": %q", oneLine(r.Text))
	}
	if r := i.Right; r != nil && r.Who != "" {
		text += ", by " + oneLine(r.Who)
	}
	return text
}
