package bench

import (
	"strings"
	"testing"
	"time"
)

// TestRun: a short run measures everything and prints it. The figures themselves are
// no test: machines are shared.
func TestRun(t *testing.T) {
	r, err := Run(t.Context(), Options{Lines: 3, Calls: 2, Speech: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if r.Ring.N != 2 || r.Ring.Median <= 0 {
		t.Errorf("ring: %+v, want 2 calls that took some time", r.Ring)
	}
	if r.Voice.N+r.VoiceLost != 50 || r.Voice.N == 0 {
		t.Errorf("voice: %+v and %d lost, want 50 packets in all", r.Voice, r.VoiceLost)
	}
	if r.LinesPerCore <= 0 || r.LimitPerCore <= 0 || r.MemoryLine <= 0 {
		t.Errorf("lines: %+v, want all measured", r)
	}
	var out strings.Builder
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "idle lines a core") {
		t.Errorf("the report says nothing of lines:\n%s", out.String())
	}
}

func TestOptions(t *testing.T) {
	if _, err := Run(t.Context(), Options{}); err == nil {
		t.Error("nothing to measure is no error")
	}
}
