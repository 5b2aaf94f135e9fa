package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that is no roster, and may have no end, is not read beyond what the station would take.
func TestRosterFileIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "roster.json")
	if err := os.WriteFile(file, []byte(strings.Repeat(" ", mostSettings)+"{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&watchRosterCommand{Set: file}).set(nil, nil); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("%v", err)
	}
}
