package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/record"
)

var update = flag.Bool("update", false, "write the expected reports anew")

// A story is two logs and what is asked of them, read from a text. testdata/README.md says how it is written.
type story struct {
	ask    Ask
	logs   [2][]*record.Entry
	asked  map[string]record.Ref // tests by name: who asked, as the asker refers to it
	read   map[string]record.Ref // what was read back, as the asker refers to it
	reader map[string]bool       // the first party asked
}

func loadStory(t *testing.T, file string) *story {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{asked: make(map[string]record.Ref), read: make(map[string]record.Ref), reader: make(map[string]bool)}
	s.ask.Parties = [2]string{"North", "South"}
	for n, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.read1(words); err != nil {
			t.Fatalf("%s:%d: %v", file, n+1, err)
		}
	}
	return s
}

func (s *story) read1(w []string) error {
	switch w[0] {
	case "from", "to", "now":
		t, err := time.Parse(time.RFC3339, w[1])
		*map[string]*time.Time{"from": &s.ask.From, "to": &s.ask.To, "now": &s.ask.Now}[w[0]] = t
		return err
	case "paths":
		for _, p := range w[1:] {
			n, err := strconv.Atoi(p)
			if err != nil {
				return err
			}
			s.ask.Paths = append(s.ask.Paths, n)
		}
		return nil
	case "tests":
		for _, p := range w[1:] {
			at, err := accord.ParseTimeOfDay(p)
			if err != nil {
				return err
			}
			s.ask.Tests = append(s.ask.Tests, at)
		}
		return nil
	case "1", "2":
		return s.entry(w[0] == "1", w[1], w[2:])
	}
	return fmt.Errorf("found %q, want from, to, now, paths, tests, 1 or 2", w[0])
}

func (s *story) entry(first bool, clock string, w []string) error {
	at, err := time.Parse(time.RFC3339Nano, clock)
	if err != nil {
		return err
	}
	log := &s.logs[logOf(first)]
	e := &record.Entry{Header: record.Header{Number: int64(len(*log)), Time: at.UnixMilli(), Seen: record.EmptyTree()}}
	switch w[0] {
	case "message":
		e.Body = record.Message{Text: "x"}
	case "line":
		n, err := strconv.Atoi(w[1])
		if err != nil {
			return err
		}
		e.Body = record.LineChange{Path: uint8(n), Up: w[2] == "up"}
	case "call", "drill":
		e.Call = idOf(w[1])
		e.Body, err = stepOf(w[0] == "drill", w[2:])
	case "verified":
		e.Call = idOf(w[1])
		e.Body = record.Presence{Act: record.PresenceVerified, Who: "W"}
	case "test":
		e.Body, err = s.test(first, e, w[1], w[2:])
	default:
		err = fmt.Errorf("found %q, want message, line, call, drill, verified or test", w[0])
	}
	if err == nil {
		e.Kind = e.Body.Kind()
		*log = append(*log, e)
	}
	return err
}

func idOf(name string) (id record.CallID) {
	copy(id[:], name)
	return id
}

var steps = map[string]record.Step{"called": record.StepCalled, "crossed": record.StepCrossed, "reached": record.StepReached, "ringing": record.StepRinging,
	"answered": record.StepAnswered, "held": record.StepHeld, "resumed": record.StepResumed, "ended": record.StepEnded, "asked": record.StepAsked,
	"fetching": record.StepFetching, "present": record.StepPresent}

func stepOf(drill bool, w []string) (record.CallStep, error) {
	c := record.CallStep{Drill: drill, Step: steps[w[0]], Count: 1}
	switch c.Step {
	case 0:
		return c, fmt.Errorf("found step %q", w[0])
	case record.StepCrossed:
		c.Other = idOf(w[1])
	case record.StepEnded:
		for c.Reason = record.HungUp; c.Reason.String() != strings.Join(w[1:], " "); c.Reason++ {
			if c.Reason > 40 {
				return c, fmt.Errorf("found reason %q", w[1:])
			}
		}
	}
	return c, nil
}

// test is a step of the test of a name: asked TIME|-, back, passed, failed.
func (s *story) test(first bool, e *record.Entry, name string, w []string) (record.Test, error) {
	answer := func(r record.Ref, other bool) {
		r.Other = other
		e.About = []record.Ref{r}
	}
	switch w[0] {
	case "asked":
		t := record.Test{Act: record.TestAsked, Text: "amber seven"}
		if w[1] != "-" {
			slot, err := time.Parse(time.RFC3339, w[1])
			if err != nil {
				return t, err
			}
			t.Slot = slot.UnixMilli()
		}
		s.asked[name], s.reader[name] = record.Ref{Relation: record.Answers, Number: e.Number}, first
		return t, nil
	case "back":
		answer(s.asked[name], true)
		s.read[name] = record.Ref{Relation: record.Answers, Number: e.Number}
		return record.Test{Act: record.TestReadBack, Text: "amber seven"}, nil
	case "passed", "failed":
		act := map[string]record.TestAct{"passed": record.TestPassed, "failed": record.TestFailed}[w[0]]
		if r, ok := s.read[name]; ok {
			answer(r, true)
		} else {
			answer(s.asked[name], false)
		}
		return record.Test{Act: act, Text: "x"}, nil
	}
	return record.Test{}, fmt.Errorf("found %q", w[0])
}

// build adds both logs in a turn that seed chooses; 0: the first log whole, then the second.
func (s *story) build(t *testing.T, seed uint64) *Builder {
	t.Helper()
	b := new(Builder)
	r := rand.New(rand.NewPCG(seed, 1))
	at := [2]int{}
	for at[0]+at[1] < len(s.logs[0])+len(s.logs[1]) {
		side := 0
		if seed != 0 {
			side = r.IntN(2)
		}
		if at[side] == len(s.logs[side]) {
			side = 1 - side
		}
		if err := b.Add(side == 0, s.logs[side][at[side]]); err != nil {
			t.Fatal(err)
		}
		at[side]++
		if seed%3 == 2 && (at[0]+at[1])%40 == 0 { // a report in between changes nothing
			b.Report(s.ask)
		}
	}
	return b
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// TestVectors: what another implementation must compute, too, in whatever turn the logs are read.
func TestVectors(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.story")
	if len(files) < 5 {
		t.Fatalf("found %d stories", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s := loadStory(t, file)
			got := encode(t, s.build(t, 0).Report(s.ask))
			want := strings.TrimSuffix(file, ".story") + ".json"
			if *update {
				if err := os.WriteFile(want, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if text, err := os.ReadFile(want); err != nil || !bytes.Equal(text, got) {
				t.Errorf("found %s\nwant what stands in %s (%v)", got, want, err)
			}
			for seed := range uint64(12) {
				if other := encode(t, s.build(t, seed).Report(s.ask)); !bytes.Equal(other, got) {
					t.Fatalf("read in turn %d: found %s\nwant %s", seed, other, got)
				}
			}
		})
	}
}
