package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

// Two histories stand in the status of the line, with the way to the proof, and the proof in the list of disclosures.
func TestTwoHistoriesAreTold(t *testing.T) {
	var out bytes.Buffer
	notice := api.Notice{Severity: "failure", Text: "The other station signed two histories of its log.", Action: "The proof is among the disclosures."}
	printLine(&out, &api.Line{Slug: "south", Peer: "South", State: api.LineOpen, Notices: []api.Notice{notice},
		Record: &api.RecordState{Standing: "stands", Fork: "them"}})
	if err := printDisclosure(&out, &api.Disclosure{ID: "fork-them", By: "us", State: "made", At: time.Date(2027, 6, 12, 12, 0, 0, 0, time.UTC), Rule: "told",
		Shows: []string{"that South signed two histories of its log"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"; two histories are signed by them\n", "failure: " + notice.Text + " " + notice.Action + "\n",
		"fork-them  ours, made since 12 June 2027 12:00:00 UTC", "that South signed two histories of its log\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s\nwant %q", out.String(), want)
		}
	}
}
