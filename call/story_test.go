package call

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ringdown/wire"
)

// TestStories plays testdata/stories.txt, which says at its top how to read it.
func TestStories(t *testing.T) {
	text, err := os.ReadFile("testdata/stories.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(text), "\n== ")
	told := 0
	for story := range strings.SplitSeq(body, "\n== ") {
		title, lines, _ := strings.Cut(story, "\n")
		told++
		for _, skew := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
			t.Run(fmt.Sprintf("%s, clocks %v apart", title, skew), func(t *testing.T) { play(t, lines, skew) })
		}
	}
	if told < 45 {
		t.Fatalf("found %d stories in testdata/stories.txt", told)
	}
}

// play plays one story.
func play(t *testing.T, lines string, skew time.Duration) {
	p := newPair(skew, 1)
	for _, e := range p.ends() {
		e.muted = true
		e.m.LineUp(p.at(e))
	}
	for i, line := range strings.Split(lines, "\n") {
		line, _, _ = strings.Cut(line, "//")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := p.tell(line); err != nil {
			t.Fatalf("line %d, %q: %v", i+1, line, err)
		}
		for _, e := range p.ends() {
			if e.bad != nil {
				t.Fatalf("line %d, %q: %v", i+1, line, e.bad)
			}
		}
	}
}

// tell plays one line of a story.
func (p *pair) tell(line string) error {
	words := strings.Fields(line)
	switch words[0] {
	case "meet":
		return p.meet()
	case "wait":
		d, err := time.ParseDuration(words[1])
		p.pass(d)
		return err
	case "a", "b":
		e := p.a
		if words[0] == "b" {
			e = p.b
		}
		return p.tellOf(e, words[1], strings.Join(words[2:], " "))
	}
	return errors.New("a story has no such line")
}

// tellOf plays one line about one station.
func (p *pair) tellOf(e *end, verb, rest string) error {
	now, c := p.at(e), Console(rest)
	if want, ok := strings.CutPrefix(rest, "refused: "); ok {
		return wantRefusal(e.m, now, verb, want)
	}
	switch verb {
	case ">":
		p.carry(e)
	case "ready":
		for c := range strings.FieldsSeq(rest) {
			e.m.Ready(now, Console(c), true)
		}
	case "unready":
		e.m.Ready(now, c, false)
	case "loses":
		e.m.Lost(now, c)
	case "back":
		e.m.Back(now, c)
	case "gone":
		e.m.Gone(now, c)
	case "bell":
		e.m.Ringing(now, c, true)
	case "silent":
		e.m.Ringing(now, c, false)
	case "delays":
		c, after, _ := strings.Cut(rest, " ")
		d, err := time.ParseDuration(after)
		e.m.Delay(now, Console(c), d)
		return err
	case "suspends":
		e.m.Refuse(now, wire.Suspended)
	case "restores":
		e.m.Refuse(now, wire.ReasonNone)
	case "up":
		e.m.LineUp(now)
	case "down":
		e.m.LineDown(now)
	case "restarts":
		e.boot()
		e.booted = p.now
		e.m.LineUp(now)
	case "stops":
		e.m.Stop(now)
	case "shows":
		return want(brief(e.m.View()), rest)
	case "rings":
		return want(ringsAt(e), rest)
	case "speaker":
		return want(string(e.m.Speaker()), rest)
	case "gap":
		return want(gaps(e.m.View()), rest)
	case "ladder":
		return want(rungsOf(p, e), rest)
	default:
		return ask(e.m, now, verb, c)
	}
	return nil
}

// ask does what a person asks.
func ask(m *Machine, now time.Time, verb string, c Console) error {
	switch verb {
	case "calls":
		return m.Call(now, c, false)
	case "drills":
		return m.Call(now, c, true)
	case "hands-over":
		return m.HandOver(now, c)
	case "answers":
		return m.Answer(now, c)
	case "declines":
		return m.Decline(now, c)
	case "hangs-up":
		return m.HangUp(now)
	}
	return errors.New("a story has no such verb")
}

// wantRefusal reads "calls refused: CODE c1".
func wantRefusal(m *Machine, now time.Time, verb, rest string) error {
	code, c, _ := strings.Cut(rest, " ")
	err := ask(m, now, verb, Console(c))
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		return fmt.Errorf("got %v, want a refusal %q", err, code)
	}
	if !strings.HasSuffix(r.Text, ".") || !strings.HasSuffix(r.Action, ".") {
		return fmt.Errorf("refusal %q has no sentence or no action", code)
	}
	return nil
}

func want(got, want string) error {
	if got != want {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	return nil
}

// brief is a view in a few words.
func brief(v View) string {
	if v.Drill {
		return "DRILL " + briefState(v)
	}
	return briefState(v)
}

func briefState(v View) string {
	switch v.State {
	case Idle:
		return "no call"
	case Calling:
		if !v.Reached {
			return "calling, not reached"
		}
		return fmt.Sprintf("calling, reached, %d ready there", v.FarReady)
	case Ringing, Incoming:
		return fmt.Sprintf("%s at %d", v.State, v.Ringing)
	case Active:
		return fmt.Sprintf("active at %s", v.Console)
	case Held:
		return fmt.Sprintf("held: %s", v.Held)
	}
	if v.EndedBy == Nobody {
		return fmt.Sprintf("ended: %s", v.Reason)
	}
	return fmt.Sprintf("ended: %s by %s", v.Reason, v.EndedBy)
}

func ringsAt(e *end) string {
	var at []string
	for c, on := range e.told {
		if on {
			at = append(at, string(c))
		}
	}
	slices.Sort(at)
	return strings.Join(at, " ")
}

func gaps(v View) string { return fmt.Sprintf("%v of %v", v.Gap, v.GapTotal) }

// rungsOf is the ladder, each time as passed since the start by its author's clock.
func rungsOf(p *pair, e *end) string {
	var rungs []string
	for _, s := range e.m.View().Steps {
		author := e
		if s.By == Them {
			author = p.other(e)
		}
		rungs = append(rungs, fmt.Sprintf("%s %s %v", s.By, s.Name, s.At.Sub(start.Add(author.skew))))
	}
	return strings.Join(rungs, ", ")
}
