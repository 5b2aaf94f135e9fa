package main

import (
	"testing"
	"time"

	"ringdown/api"
)

// Every line of a drill says so; texts of the other side are quoted and plain.
func TestItemsOfPeople(t *testing.T) {
	at := time.Date(2027, 6, 12, 12, 0, 0, 0, time.UTC)
	p := &timeline{names: map[string]string{"us": "North", "them": "South"}}
	for want, i := range map[string]api.Item{
		"12:00:00  drill/d1  North: DRILL, no real call: called, not answered, interrupted\n": {
			Key: "drill/d1", Kind: "call", By: "us", At: at, Call: &api.RecordedCall{Drill: true, Ended: &at, Reason: api.EndInterrupted}},
		"12:00:00  us/1  North: test, \"amber seven\" to be read back, for 12:00, read back \"amber 7\" by Bo, failed \"other words\"\n": {
			Key: "us/1", Kind: "test", By: "us", At: at, Test: &api.RecordedTest{Text: "amber seven", Slot: &at, Steps: []api.RecordedTestStep{
				{Act: "read back", Who: "Bo", Text: "amber 7"}, {Act: "failed", Text: "other words"}}}},
		"12:00:00  them/2  South: the key of Holm was touched, as this side vouches: verified by the other side\n": {
			Key: "them/2", Kind: "presence", By: "them", At: at, Presence: &api.RecordedPresence{Act: "verified", Who: "Holm"}},
		"12:00:00  them/3  South: DRILL, no real call: the key of Holm was touched, as this side vouches: refused by the other side, \"used before\"\n": {
			Key: "them/3", Kind: "presence", By: "them", At: at, Presence: &api.RecordedPresence{Act: "refused", Drill: true, Who: "Holm", Reason: "used before"}},
		"12:00:00  them/4  South: suspended the right to call: \"under review\", by Holm\n": {
			Key: "them/4", Kind: "right", By: "them", At: at, Act: "suspended", Right: &api.RecordedRight{Who: "Holm", Text: "under review"}},
		"12:00:00  us/5  North: hello\n          (seen by the principal Holm, 12:00:00)\n": {
			Key: "us/5", Kind: "message", By: "us", At: at, Text: "hello", Ladder: &api.Ladder{Stage: api.StageSeen, SeenAt: &at, SeenBy: "Holm"}},
	} {
		if got := p.item(&i); got != want {
			t.Errorf("%s:\n%q, want\n%q", i.Key, got, want)
		}
	}
}
