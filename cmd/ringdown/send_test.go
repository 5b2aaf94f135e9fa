package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"ringdown/api"
)

// A message that has got further than it is waited for is waited for no longer, whichever stages it passed over: what
// a principal marks read is seen, and never was read.
func TestWaitEnds(t *testing.T) {
	stages := []api.Stage{api.StageWaiting, api.StageOnLine, api.StageDelivered, api.StageShown, api.StageRead, api.StageSeen}
	for i, stage := range stages {
		socket := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		station := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(api.Item{Key: "us/7", Kind: "message", Ladder: &api.Ladder{Stage: stage}})
		})}
		go func() { _ = station.Serve(l) }()
		t.Cleanup(func() { _ = station.Close() })
		client, err := api.Dial(socket)
		if err != nil {
			t.Fatal(err)
		}
		for j, wait := range stages {
			var out bytes.Buffer
			c := &sendCommand{Line: "south", Wait: string(wait)}
			done := c.reached(string(stage))
			if done != (i >= j) {
				t.Errorf("%s when %s is waited for: it ends %v", stage, wait, done)
			}
			if !done {
				continue
			}
			if err := c.follow(&terminal{Context: t.Context(), out: &out}, client, "us/7", nil); err != nil || out.String() != "us/7 "+string(stage)+"\n" {
				t.Errorf("%s when %s is waited for: %q, %v", stage, wait, out.String(), err)
			}
		}
	}
}
