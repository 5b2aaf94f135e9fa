package crash

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"ringdown/api"
)

// A ledger is what was promised, noted from outside both stations.
type ledger struct {
	t  *testing.T
	mu sync.Mutex

	said  map[string]*saying // by its text
	stood map[string]stood   // what pages showed, by side and key
	shown map[string]int     // pages that were looked at, by side
}

// A saying is a message that a side was asked to write, or a matter that it was asked to open.
type saying struct {
	by       string
	serial   int // of its author
	answered bool
	file     string // SHA-256 of its attachment in hexadecimal; empty: it has none
}

// A stood is an entry as pages of one side showed it.
type stood struct {
	by   string // whose entry
	text string
	rank int
}

// Ranks of a message on its ladder.
var ranks = map[api.Stage]int{api.StageWaiting: 0, api.StageOnLine: 1, api.StageDelivered: 2, api.StageShown: 3, api.StageRead: 4, api.StageSeen: 5}

const rankDelivered = 2

func newLedger(t *testing.T) *ledger {
	return &ledger{t: t, said: make(map[string]*saying), stood: make(map[string]stood), shown: make(map[string]int)}
}

// ask notes a saying before the station hears of it.
func (l *ledger) ask(by, text string, serial int, file string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said[text] = &saying{by: by, serial: serial, file: file}
}

// answered notes that the station said that it is written; unheard that it never heard of it.
func (l *ledger) answered(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said[text].answered = true
}

func (l *ledger) unheard(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.said, text)
}

// see takes a page of one side: no entry may become another, and none may fall on its ladder.
func (l *ledger) see(at string, page api.RecordPage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown[at]++
	for _, it := range page.Items {
		if it.Kind != "message" || it.Ladder == nil {
			continue
		}
		by := at
		if it.By == "them" {
			by = other(at)
		}
		now := stood{by, it.Text, ranks[it.Ladder.Stage]}
		was, known := l.stood[at+" "+it.Key]
		switch {
		case known && was.text != now.text:
			l.t.Errorf("%s showed %s as %.40q, and now as %.40q", at, it.Key, was.text, now.text)
		case known && was.rank > now.rank:
			l.t.Errorf("%s showed %s at rung %d, and now at %d (%s)", at, it.Key, was.rank, now.rank, it.Ladder.Stage)
		case l.said[now.text] == nil:
			l.t.Errorf("%s shows %s, which nobody wrote: %.40q", at, it.Key, now.text)
		}
		l.stood[at+" "+it.Key] = now
	}
}

func other(name string) string {
	if name == "north" {
		return "south"
	}
	return "north"
}

// promised are the own messages of a side that its pages showed as delivered: number to text.
func (l *ledger) promised(by string) map[int64]stood {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make(map[int64]stood)
	for where, s := range l.stood {
		var n int64
		if _, err := fmt.Sscanf(where, by+" us/%d", &n); err == nil && s.rank >= rankDelivered {
			list[n] = s
		}
	}
	return list
}

// answeredBy counts what a side was asked to write, and what of it was answered.
func (l *ledger) count() (asked, answered int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.said {
		asked++
		if s.answered {
			answered++
		}
	}
	return asked, answered
}

// checkKill holds the disk of a side that was just killed against what was promised.
func (l *ledger) checkKill(d *disk) {
	l.t.Helper()
	own := l.promised(d.side.name)
	for n, s := range own {
		l.checkPromise(d, "own", d.own, n, s)
	}
	for n, s := range l.promised(other(d.side.name)) {
		l.checkPromise(d, "far", d.far, n, s)
	}
}

func (l *ledger) checkPromise(d *disk, which string, log *diskLog, n int64, s stood) {
	l.t.Helper()
	if n >= int64(len(log.entries)) {
		l.t.Errorf("%s's message %d was shown as delivered, and %s's %s log has %d entries", s.by, n, d.side.name, which, len(log.entries))
	} else if text := textOf(log.entries[n]); text != s.text {
		l.t.Errorf("%s's message %d was shown as delivered; it was %.40q, and in %s's %s log it is %.40q", s.by, n, s.text, d.side.name, which, text)
	}
}

// checkWritten holds an author's log, when all is at rest, against what it was asked to write: what was
// answered is there, nothing is there twice, and all in its order.
func (l *ledger) checkWritten(d *disk) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	found := make(map[string]bool)
	last := -1
	for n, e := range d.own.entries {
		text := textOf(e)
		if text == "" {
			continue
		}
		s := l.said[text]
		if s == nil || s.by != d.side.name {
			l.t.Errorf("%s's entry %d says what it was not asked to say: %.40q", d.side.name, n, text)
			continue
		}
		if found[text] {
			l.t.Errorf("%s's log has %.40q twice, again as %d", d.side.name, text, n)
		}
		if s.serial < last {
			l.t.Errorf("%s's entry %d stands out of order: serial %d after %d", d.side.name, n, s.serial, last)
		}
		found[text], last = true, max(last, s.serial)
	}
	lost := 0
	for text, s := range l.said {
		if s.by == d.side.name && s.answered && !found[text] {
			if lost++; lost <= 5 {
				l.t.Errorf("%s was told that %.40q is written, and its log does not have it", d.side.name, text)
			}
		}
	}
	if lost > 0 {
		l.t.Errorf("%s lost %d messages", d.side.name, lost)
	}
}

// wantedFiles are the attachments that both sides must have in the end.
func (l *ledger) wantedFiles() (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.said {
		if s.answered && s.file != "" {
			list = append(list, s.file)
		}
	}
	return list
}

// padding makes a text longer without making it another's.
func padding(n int) string { return strings.Repeat(".", n) }
