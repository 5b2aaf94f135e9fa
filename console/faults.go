package console

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ringdown/api"
)

const (
	faultKept  = 10 * time.Minute // how long a console's last fault stays a notice
	faultAgain = 10 * time.Second // how often the console itself is told
	maxFaults  = 64               // consoles
)

// faults counts the voice packets that were not sent because of their size or
// their codec. The zero value is ready to use.
type faults struct {
	mu        sync.Mutex
	byConsole map[string]*fault
}

type fault struct {
	name       string
	packets    int
	size       int // of the newest
	last, told time.Time
}

// count counts one packet and says whether the console shall be told again.
func (f *faults) count(now time.Time, console, name string, size int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	one := f.byConsole[console]
	if one == nil {
		if len(f.byConsole) == maxFaults {
			return false
		}
		if f.byConsole == nil {
			f.byConsole = make(map[string]*fault)
		}
		one = new(fault)
		f.byConsole[console] = one
	}
	one.name, one.size, one.last = name, size, now
	one.packets++
	if !one.told.IsZero() && now.Sub(one.told) < faultAgain {
		return false
	}
	one.told = now
	return true
}

func (f *faults) forget(now time.Time) {
	for id, one := range f.byConsole {
		if now.Sub(one.last) >= faultKept {
			delete(f.byConsole, id)
		}
	}
}

// notices says what a person should know of it, one for each console.
func (f *faults) notices(now time.Time) []api.Notice {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	var all []api.Notice
	for id, one := range f.byConsole {
		name := one.name
		if name == "" {
			name = shorten(id, 8)
		}
		all = append(all, api.Notice{Severity: "warning",
			Text:   fmt.Sprintf("Console %s sent %d voice packets that are not 20 ms of Opus in %d bytes (the last had %d); they were not sent on the line.", name, one.packets, opusBytes, one.size),
			Action: "Load that console's page again; if it goes on, use a current Chromium, Firefox or Safari there."})
	}
	slices.SortFunc(all, func(a, b api.Notice) int { return strings.Compare(a.Text, b.Text) })
	return all
}
