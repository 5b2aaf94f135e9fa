package replica

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringdown/record"
	"ringdown/store"
	"ringdown/store/storetest"
)

// A mess is a world in which everything goes wrong that can, by a seed.
type mess struct {
	*world
	r        *rand.Rand
	wrote    map[*station][]written
	faults   map[*station]float64 // how often a write fails
	backups  map[*station]*store.Memory
	held     map[*station]int // what was written when the backup was made
	crash    map[*station]bool
	counter  int
	restored bool // and not come right since
}

type written struct {
	text string
	must bool // it was said to be durable, and no restore took it back
}

func newMess(t testing.TB, seed uint64) *mess {
	m := &mess{r: randomOf(seed), wrote: map[*station][]written{}, faults: map[*station]float64{},
		backups: map[*station]*store.Memory{}, held: map[*station]int{}, crash: map[*station]bool{}}
	m.world = newWorld(t)
	for _, s := range []*station{m.north, m.south} {
		m.plug(s, s.disk.(*store.Memory))
		s.start()
	}
	return m
}

// plug gives a station a disk that fails as the mess wants it.
func (m *mess) plug(s *station, disk *store.Memory) {
	s.disk = &storetest.Faulty{Store: disk, Choose: func(c storetest.Call) storetest.When {
		if c.Method != "Append" && c.Method != "Set" && c.Method != "Repair" || m.r.Float64() >= m.faults[s] {
			return storetest.Never
		}
		m.crash[s] = m.crash[s] || m.r.IntN(3) == 0
		if m.r.IntN(2) == 0 {
			return storetest.Before
		}
		return storetest.After
	}}
}

func (m *mess) memory(s *station) *store.Memory {
	return s.disk.(*storetest.Faulty).Store.(*store.Memory)
}

func (m *mess) any() *station {
	if m.r.IntN(2) == 0 {
		return m.north
	}
	return m.south
}

// write writes a message, sometimes a group with a file, sometimes an answer to what still waits.
func (m *mess) write(s *station) {
	m.counter++
	d := text("%s %d", s.name, m.counter)
	d.ID = NewID()
	group := []Draft{d}
	if m.r.IntN(8) == 0 {
		data := make([]byte, 1+m.r.IntN(100_000))
		data[0] = byte(m.counter)
		sum := sha256.Sum256(data)
		s.keep[sum] = data
		a := Draft{ID: NewID(), Time: noon, Body: record.Attachment{Length: len(data), SHA256: sum, Name: "x"}}
		group[0].To = append(group[0].To, DraftRef{record.Carries, a.ID})
		group = []Draft{a, group[0]}
	}
	if ws := s.r.Status().Waiting; len(ws) > 0 && m.r.IntN(3) == 0 {
		last := len(group) - 1
		group[last].To = append(group[last].To, DraftRef{record.Answers, ws[m.r.IntN(len(ws))].ID})
	}
	_, err := s.r.Write(m.now, group...)
	if err != nil && !errors.Is(err, ErrNotDurable) {
		m.t.Fatalf("%s: %v", s.name, err)
	}
	m.wrote[s] = append(m.wrote[s], written{fmt.Sprintf("%s %d", s.name, m.counter), err == nil})
}

// restart ends a station in the middle of everything, and starts it from its disk.
func (m *mess) restart(s *station) {
	m.crash[s] = false
	s.out, s.peer.out = [2][][]byte{}, [2][][]byte{}
	s.added = [2][]*record.Entry{}
	for try := 0; ; try++ {
		if try == 10 {
			m.faults[s] = 0
		}
		if err := s.open(); err == nil {
			break
		} else if try > 20 {
			m.t.Fatalf("%s: %v", s.name, err)
		}
	}
	m.crash[s] = false
	if m.up {
		s.r.LineUp(m.now)
		s.peer.r.FarRestarted(m.now)
	}
}

// restore puts yesterday's disk in the place of today's.
func (m *mess) restore(s *station) {
	if m.backups[s] == nil {
		return
	}
	delivered := map[string]bool{}
	for _, x := range s.peer.texts(false) {
		delivered[x] = true
	}
	for i := range m.wrote[s] {
		if x := &m.wrote[s][i]; i >= m.held[s] && !delivered[x.text] {
			x.must = false
		}
	}
	m.plug(s, m.backups[s].Clone())
	m.restart(s)
	clear(m.backups)
	m.restored = true // what both lost would be nowhere
}

func (m *mess) backup(s *station) {
	if len(m.backups) == 0 && s.r.Status().Failing.IsZero() {
		m.backups[s], m.held[s] = m.memory(s).Clone(), len(m.wrote[s])
	}
}

func (m *mess) step() {
	s := m.any()
	switch m.r.IntN(20) {
	case 0, 1, 2, 3, 4:
		m.write(s)
	case 5, 6, 7, 8:
		for range m.r.IntN(12) {
			m.any().deliver()
		}
	case 9:
		m.settle()
	case 10, 11:
		m.faults[s] = []float64{0, 0, 0.1, 0.5}[m.r.IntN(4)]
	case 12:
		if m.up {
			m.cut()
		} else {
			m.connect()
		}
	case 13:
		m.restart(s)
	case 14: // one message is dropped by the one who should have read it
		for i := range s.out {
			if len(s.out[i]) > 0 {
				s.out[i] = s.out[i][1:]
				s.peer.r.Overrun(m.now)
			}
		}
	case 15: // the line flaps, and the streams live on
		if m.up {
			m.north.r.LineDown(m.now)
			m.south.r.LineDown(m.now)
			m.connect()
		}
	case 16:
		if m.restored {
			m.calm()
			m.restored = false
		}
		m.backup(s)
	case 17:
		if m.r.IntN(3) == 0 {
			m.restore(s)
		}
	default:
		m.pass(time.Duration(m.r.IntN(4000)) * time.Millisecond)
	}
	for _, s := range []*station{m.north, m.south} {
		if m.crash[s] {
			m.restart(s)
		}
	}
}

// calm lets everything come right.
func (m *mess) calm() {
	clear(m.faults)
	if !m.up {
		m.connect()
	}
	for range 40 {
		m.pass(10 * time.Second)
		a, b := m.north.r.Status(), m.south.r.Status()
		if len(a.Waiting)+len(b.Waiting) == 0 && a.Own.Classical == a.Own.Size && b.Own.Classical == b.Own.Size && a.Own.Size == b.Far.Size && b.Own.Size == a.Far.Size {
			break
		}
	}
	m.agree()
	for _, s := range []*station{m.north, m.south} {
		if st := s.r.Status(); len(st.Waiting) > 0 || st.Apart {
			m.t.Fatalf("%s: %d wait, %s, apart %v", s.name, len(st.Waiting), st.Standing, st.Apart)
		}
	}
}

// check compares what arrived with what was written.
func (m *mess) check() {
	m.t.Helper()
	for _, s := range []*station{m.north, m.south} {
		got := s.peer.texts(false)
		order := map[string]int{}
		for i, x := range m.wrote[s] {
			order[x.text] = i
			if n := len(slices.DeleteFunc(slices.Clone(got), func(g string) bool { return g != x.text })); n > 1 || n == 0 && x.must {
				m.t.Fatalf("%q arrived %d times", x.text, n)
			}
		}
		if !slices.IsSortedFunc(got, func(a, b string) int { return order[a] - order[b] }) {
			m.t.Fatalf("out of order: %q", got)
		}
		if f := s.r.Status(); f.ForkOwn != nil || f.ForkFar != nil {
			m.t.Fatalf("%s: a fork", s.name)
		}
	}
}

// Whatever fails, crashes, is cut or is restored, all arrives once and in order, and both have the same.
func TestRandomWorlds(t *testing.T) {
	seeds := 80
	if testing.Short() {
		seeds = 20
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := newMess(t, seed)
			for range 250 {
				m.step()
			}
			m.calm()
			m.check()
			m.pass(5 * time.Minute)
			for _, s := range []*station{m.north, m.south} {
				if len(s.r.files.pulls) > 0 {
					t.Fatalf("%s: %d files were not fetched, %v", s.name, len(s.r.files.pulls), m.refused)
				}
			}
		})
	}
}
