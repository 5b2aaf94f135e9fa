package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ringdown/api"
)

// Delivered means on both disks: the one station is killed the moment that the other's page says so, then
// the other is; each finds it again, and both pages come back by themselves.
func TestKilledAfterDelivered(t *testing.T) {
	n, s := startStations(t)
	n.stands()
	s.stands()
	c := startChromium(t, options{Tone: northTone})
	north, south := n.enter(c), s.enter(startChromium(t, options{Tone: southTone}))
	const text = "The valve at pier four is shut"
	north.sends(text)
	north.reaches(text, "delivered")
	s.kill()
	n.kill()
	s.start()
	south.message(text)
	n.start()
	north.reaches(text, "delivered")

	const answer = "And at pier five"
	south.sends(answer)
	south.reaches(answer, "delivered")
	north.message(answer)
	for name, page := range map[string]*tab{"North": north, "South": south} {
		for _, want := range []string{text, answer} {
			got := 0
			for _, r := range page.rows() {
				if strings.Contains(r.Text, want) {
					got++
				}
			}
			if got != 1 {
				t.Errorf("%s shows %q %d times, want once", name, want, got)
			}
		}
	}
}

const many = 2000 // messages

// However long the record, only what is near the eye is in the document.
func TestLongRecord(t *testing.T) {
	n, s := startStations(t)
	n.stands()
	s.stands()
	fill(t, n, s)
	p := n.enter(startChromium(t, options{Tone: northTone}))
	p.row("is a message", func(r seen) bool { return r.Kind == "message" })
	keys, most := make(map[string]bool), 0
	p.until(3*patience, func() bool {
		for _, r := range p.rows() {
			if r.Kind == "message" {
				keys[r.Key] = true
			}
		}
		most = max(most, eval[int](p, `document.querySelectorAll('*').length`))
		eval[*string](p, `void scrollBy({ top: innerHeight, behavior: 'instant' })`)
		return len(keys) == many && strings.Contains(p.text("#timeline-end"), "where the record begins")
	}, func() string {
		return fmt.Sprintf("%d of %d messages were seen; the end says %q", len(keys), many, p.text("#timeline-end"))
	})
	t.Logf("at most %d elements were in the document", most)
	if most > 12_000 {
		t.Errorf("%d elements were in the document at once, want at most 12000", most)
	}
}

// fill has both sides write half of the messages each, over the line.
func fill(t *testing.T, n, s *serving) {
	t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	var failed error
	ctx := within(t, time.Minute)
	for _, side := range []struct {
		*serving
		line string
	}{{n, "south"}, {s, "north"}} {
		c, err := side.client()
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			err := writeAll(ctx, c, side.line)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	group.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	for _, side := range []*serving{n, s} {
		var r api.RecordState
		until(t, time.Minute, func() bool {
			lines, err := side.lines()
			if err == nil && len(lines) == 1 && lines[0].Record != nil {
				r = *lines[0].Record
			}
			return r.Own.Classical >= many/2 && r.Far.Size >= many/2
		}, func() string { return "the messages are not on both sides: " + quote(r) })
	}
}

func writeAll(ctx context.Context, c *api.Client, line string) error {
	for i := range many / 2 {
		if _, err := c.Write(ctx, line, api.NewMessage{Text: fmt.Sprintf("Reading %d: %d units", i, i*i%977)}); err != nil {
			return err
		}
	}
	return nil
}
