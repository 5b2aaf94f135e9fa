package store

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Tests that need a process of their own run this binary again, with the name of
// what to do in childDoes and a folder or file in childAt.
const (
	childDoes = "RINGDOWN_STORE_CHILD"
	childAt   = "RINGDOWN_STORE_AT"
)

var children = map[string]func(at string) error{"append": appendForever}

func TestMain(m *testing.M) {
	do, ok := children[os.Getenv(childDoes)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := do(os.Getenv(childAt)); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

// child prepares a process that does what is named.
func child(t testing.TB, does, at string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childDoes+"="+does, childAt+"="+at)
	cmd.Stderr = os.Stderr
	return cmd
}

// appendForever appends steps until it is killed, and prints each when it is durable.
func appendForever(file string) error {
	s, err := Open(file)
	if err != nil {
		return err
	}
	n, err := s.Size(Own)
	if err != nil {
		return err
	}
	for i := int(n); ; i++ {
		if err := s.Append(step(i)); err != nil {
			return err
		}
		fmt.Println(i + 1)
	}
}

// TestKill kills a process that appends, again and again: what it said is there, and nothing is half there.
func TestKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "killed.db")
	total := 0
	for round := range 30 {
		said := killed(t, file, 1+rand.IntN(40))
		if found := stepsOf(t, file); found < said || t.Failed() { // and adds one
			t.Fatalf("round %d: found %d steps, and %d were said to be durable", round, found, said)
		}
		total = said
	}
	t.Logf("%d steps in 30 lives", total)
}

// killed lets a process append, kills it soon after it said so for the nth time, and returns the last step of which
// it said so.
func killed(t *testing.T, file string, n int) (said int) {
	t.Helper()
	cmd := child(t, "append", file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for i := 0; lines.Scan(); i++ {
		if strings.HasPrefix(lines.Text(), "failed") {
			t.Fatal(lines.Text())
		}
		if _, err := fmt.Sscan(lines.Text(), &said); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		if i == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	return said
}
