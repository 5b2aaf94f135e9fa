package replica

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"filippo.io/mldsa"

	"ringdown/record"
	"ringdown/store"
)

var noon = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)

type keys struct {
	log, cosign ed25519.PrivateKey
	pq          *mldsa.PrivateKey
}

// keysOf makes the keys of a name once: ML-DSA's take long to make when a fuzzer watches.
var keysOf = func() func(name string) keys {
	var made sync.Map
	return func(name string) keys {
		if k, ok := made.Load(name); ok {
			return k.(keys)
		}
		seed := func(what string) []byte { h := sha256.Sum256([]byte(name + what)); return h[:] }
		pq, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), seed("pq"))
		if err != nil {
			panic(err)
		}
		k := keys{ed25519.NewKeyFromSeed(seed("log")), ed25519.NewKeyFromSeed(seed("cosign")), pq}
		made.Store(name, k)
		return k
	}
}()

func (k keys) party(first bool) *record.Party {
	return &record.Party{
		Origin: record.Origin(sha256.Sum256([]byte("accord")), first), Log: k.log.Public().(ed25519.PublicKey),
		Cosign: k.cosign.Public().(ed25519.PublicKey), CosignPQ: k.pq.PublicKey(),
	}
}

func signWith(k ed25519.PrivateKey) record.Signer {
	return func(m []byte) ([]byte, error) { return ed25519.Sign(k, m), nil }
}

// A station is one side of a world: what would be on its disk, and the replica that runs on it.
type station struct {
	t     testing.TB
	w     *world
	name  string
	first bool
	disk  store.Store
	keep  map[[32]byte][]byte // files
	quota int64

	r       *Replica
	peer    *station
	out     [2][][]byte  // on their way, entries and bulk; of the session
	kinds   map[byte]int // of messages sent
	added   [2][]*record.Entry
	alarms  map[string]string
	history []string // of alarms
	failed  bool     // File fails
}

// A world is two stations, a line, and time.
type world struct {
	t            testing.TB
	now          time.Time
	north, south *station
	up           bool
	refused      []error
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: noon}
	w.north = w.station("north", true)
	w.south = w.station("south", false)
	w.north.peer, w.south.peer = w.south, w.north
	w.north.start()
	w.south.start()
	return w
}

func (w *world) station(name string, first bool) *station {
	return &station{t: w.t, w: w, name: name, first: first, disk: store.NewMemory(), keep: map[[32]byte][]byte{}, alarms: map[string]string{}, kinds: map[byte]int{}}
}

func (s *station) config() Config {
	own, far := keysOf("north"), keysOf("south")
	if !s.first {
		own, far = far, own
	}
	return Config{Own: own.party(s.first), Far: far.party(!s.first), Sign: signWith(own.log), Cosign: signWith(own.cosign),
		CosignPQ: func(m []byte) ([]byte, error) { return own.pq.SignDeterministic(m, nil) }, Store: s.disk, Hooks: s, Quota: s.quota}
}

// open starts the station from its disk.
func (s *station) open() error {
	r, err := Open(s.config(), s.w.now)
	if err == nil {
		s.r = r
	}
	return err
}

func (s *station) start() {
	s.t.Helper()
	if err := s.open(); err != nil {
		s.t.Fatalf("%s: %v", s.name, err)
	}
}

func (s *station) Send(bulk bool, msg []byte) {
	i := 0
	if bulk {
		i = 1
	}
	if len(msg) > 64<<10 {
		s.t.Fatalf("%s: a message of %d bytes", s.name, len(msg))
	}
	if s.w.up {
		s.out[i] = append(s.out[i], bytes.Clone(msg))
		s.kinds[msg[0]]++
	}
	under := 0
	for _, m := range s.out[i] {
		under += len(m)
	}
	if under > 256<<10 {
		s.t.Errorf("%s: %d bytes wait on a stream", s.name, under)
	}
}

func (s *station) Added(own bool, first int64, entries []*record.Entry) {
	i := 1
	if own {
		i = 0
	}
	for _, e := range entries {
		if e.Number != first {
			s.t.Errorf("%s: entry %d added as %d", s.name, e.Number, first)
		}
		if n := len(s.added[i]); n > 0 && s.added[i][n-1].Number != first-1 {
			s.t.Errorf("%s: entry %d added after %d", s.name, first, s.added[i][n-1].Number)
		}
		s.added[i] = append(s.added[i], e)
		first++
	}
}

func (s *station) Changed() {}

func (s *station) File(sum [32]byte, data []byte) error {
	if s.failed {
		return fs.ErrPermission
	}
	if sha256.Sum256(data) != sum {
		s.t.Errorf("%s: a file that is not what was promised", s.name)
	}
	s.keep[sum] = bytes.Clone(data)
	return nil
}

func (s *station) OpenFile(sum [32]byte) ([]byte, error) {
	if data, ok := s.keep[sum]; ok {
		return data, nil
	}
	return nil, fs.ErrNotExist
}

func (s *station) Alarm(about, text, action string) {
	if text == "" {
		delete(s.alarms, about)
		return
	}
	if s.alarms[about] != text {
		s.history = append(s.history, about+": "+text)
	}
	s.alarms[about] = text
}

// connect brings the line up.
func (w *world) connect() {
	w.up = true
	w.north.r.LineUp(w.now)
	w.south.r.LineUp(w.now)
}

// cut ends the session: what is on its way is lost.
func (w *world) cut() {
	w.up = false
	w.north.out, w.south.out = [2][][]byte{}, [2][][]byte{}
	w.north.r.LineDown(w.now)
	w.south.r.LineDown(w.now)
}

// deliver brings one message over, the entries' stream first. It reports whether there was one.
func (s *station) deliver() bool {
	for i := range s.out {
		if len(s.out[i]) == 0 {
			continue
		}
		msg := s.out[i][0]
		s.out[i] = s.out[i][1:]
		if err := s.peer.r.FarMessage(s.w.now, i == 1, msg); err != nil {
			s.w.refused = append(s.w.refused, fmt.Errorf("%s: %w", s.peer.name, err))
		}
		return true
	}
	return false
}

// settle lets everything arrive that is on its way; no time passes.
func (w *world) settle() {
	w.t.Helper()
	for i := 0; w.north.deliver() || w.south.deliver(); i++ {
		if i > 100_000 {
			w.t.Fatal("the stations never stop talking")
		}
	}
}

// pass lets time pass, with all that happens in it.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for end := w.now.Add(d); ; {
		w.settle()
		next := end
		for _, s := range []*station{w.north, w.south} {
			if t := s.r.Deadline(); !t.IsZero() && t.Before(next) {
				next = t
			}
		}
		if next.Before(w.now.Add(time.Millisecond)) {
			next = w.now.Add(time.Millisecond)
		}
		w.now = next
		w.north.r.Advance(w.now)
		w.south.r.Advance(w.now)
		for _, s := range []*station{w.north, w.south} {
			if d := s.r.Deadline(); !d.IsZero() && !d.After(w.now) {
				w.t.Fatalf("%s: its deadline stays at %s, now is %s", s.name, d, w.now)
			}
		}
		if !w.now.Before(end) {
			w.settle()
			return
		}
	}
}

func text(format string, args ...any) Draft {
	return Draft{Time: noon, Body: record.Message{Text: fmt.Sprintf(format, args...)}}
}

func (s *station) write(drafts ...Draft) []ID {
	s.t.Helper()
	ids, err := s.r.Write(s.w.now, drafts...)
	if err != nil {
		s.t.Fatalf("%s: %v", s.name, err)
	}
	return ids
}

// texts are the messages in a log as a station has it.
func (s *station) texts(own bool) (list []string) {
	s.t.Helper()
	for n := int64(0); n < s.r.size(own); n++ {
		e, err := s.r.Entry(own, n)
		if err != nil {
			s.t.Fatalf("%s: %v", s.name, err)
		}
		if m, ok := e.Body.(record.Message); ok {
			list = append(list, m.Text)
		}
	}
	return list
}

// agree checks that both have the same, co-signed, and that the trees are those of the entries.
func (w *world) agree() {
	w.t.Helper()
	for _, s := range []*station{w.north, w.south} {
		st, far := s.r.Status(), s.peer.r.Status()
		if st.Own.Size != far.Far.Size || st.Own.Classical != st.Own.Size || far.Far.Classical != st.Own.Size || s.r.log.Tree() != s.peer.r.copy.Tree() {
			w.t.Fatalf("%s has %+v, the copy is %+v, refused %v", s.name, st.Own, far.Far, w.refused)
		}
		mine, err := s.disk.Entries(store.Own, 0, int(st.Own.Size), 1<<30)
		theirs, err2 := s.peer.disk.Entries(store.Far, 0, int(st.Own.Size), 1<<30)
		if err != nil || err2 != nil || !slices.EqualFunc(mine, theirs, bytes.Equal) {
			w.t.Fatalf("log and copy of %s differ: %v, %v", s.name, err, err2)
		}
		if len(mine) == 0 {
			continue
		}
		for _, x := range []*station{s, s.peer} {
			l := which(x == s)
			a, err := x.r.newAudit(l, record.EmptyTree(), s.r.log.Tree())
			for err == nil && !a.done() {
				err = x.r.auditStep(a, 256)
			}
			if err != nil {
				w.t.Fatal(err)
			}
			if found, err := a.Finish(a.target); err != nil || !found.None() {
				w.t.Fatalf("%s, log %s: %+v, %v", x.name, l, found, err)
			}
		}
	}
}

func randomOf(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }
