package crash

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/record"
	"ringdown/station"
)

// A side is one of the two stations: its folder, which outlives all its processes.
type side struct {
	name   string
	dir    string
	home   *accord.Home
	slug   string // of its line
	party  *record.Party
	binary string

	cmd    *exec.Cmd     // nil: not running
	ended  chan struct{} // closed when cmd has ended
	starts int
}

// pair makes two stations with an accord over two paths of loopback.
func pair(t *testing.T) (north, south *side) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "ringdown")
	build := exec.Command("go", "build", "-o", binary, "ringdown/cmd/ringdown")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	now := time.Now()
	var sides [2]*side
	for i, name := range []string{"north", "south"} {
		s := &side{name: name, dir: filepath.Join(dir, name), binary: binary}
		var err error
		if s.home, err = accord.Init(now, s.dir, name); err != nil {
			t.Fatal(err)
		}
		settings := "[console]\nlisten = \"localhost:0\"\n"
		if err := os.WriteFile(filepath.Join(s.dir, station.ConfigFile), []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		sides[i] = s
	}
	agree(t, now, sides[0], sides[1])
	return sides[0], sides[1]
}

// agree makes and confirms the accord. Wide has room for the traffic that is made here.
func agree(t *testing.T, now time.Time, north, south *side) {
	t.Helper()
	var paths []accord.OwnPath
	ends := make(map[uint8]accord.Endpoint)
	ports := freePorts(t, 4)
	for i := range uint8(2) {
		paths = append(paths, accord.OwnPath{Number: i + 1, Name: fmt.Sprint("path ", i+1), End: accord.Endpoint{Address: ports[i]}})
		ends[i+1] = accord.Endpoint{Address: ports[2+i]}
	}
	invite, _, err := north.home.Invite(now, accord.InviteOptions{Paths: paths, Terms: accord.Terms{Profile: "wide"}})
	must(t, err)
	accept, atSouth, err := south.home.Accept(now, invite, accord.AcceptOptions{Ends: ends})
	must(t, err)
	atNorth, err := north.home.Conclude(now, accept)
	must(t, err)
	words := atNorth.Accord.Words()
	for s, l := range map[*side]*accord.Line{north: atNorth, south: atSouth} {
		_, err := s.home.Confirm(now, l.Slug, strings.Join(words[:], " "))
		must(t, err)
		s.slug = l.Slug
		s.party = partyOf(t, l.Accord, l.First)
	}
}

func partyOf(t *testing.T, a *accord.Accord, first bool) *record.Party {
	t.Helper()
	keys := a.Party(first).Keys
	pq, err := keys.CosignPQ()
	must(t, err)
	var log, cosign ed25519.PublicKey = keys.Log(), keys.Cosign()
	return &record.Party{Origin: record.Origin(a.Digest(), first), Log: log, Cosign: cosign, CosignPQ: pq}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// freePorts finds UDP addresses of loopback that nobody has. All are held until the last is found.
func freePorts(t *testing.T, n int) (list []accord.Address) {
	t.Helper()
	for range n {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		must(t, err)
		defer c.Close()
		list = append(list, accord.Address(c.LocalAddr().String()))
	}
	return list
}

// start runs the station. It may be killed before it is ready.
func (s *side) start(t *testing.T) {
	t.Helper()
	s.starts++
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	defer log.Close()
	fmt.Fprintf(log, "---- start %d\n", s.starts)
	s.cmd = exec.Command(s.binary, "serve", s.dir, "--json")
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	must(t, err)
	must(t, s.cmd.Start())
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		for lines := bufio.NewScanner(out); lines.Scan(); {
		}
		_ = cmd.Wait() // what it ended with is of no interest: it was killed
		close(ended)
	}(s.cmd, s.ended)
}

func (s *side) log() string { return s.dir + ".log" }

// kill ends the process as a power cut would end it.
func (s *side) kill(t *testing.T) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	select {
	case <-s.ended:
		t.Fatalf("%s ended by itself:\n%s", s.name, s.lastWords())
	default:
	}
	must(t, s.cmd.Process.Kill())
	<-s.ended
	s.cmd = nil
}

// lastWords is the end of what the station logged.
func (s *side) lastWords() string {
	text, err := os.ReadFile(s.log())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}

func (s *side) socket() string { return filepath.Join(s.dir, station.SocketName) }

func (s *side) lineDir() string { return filepath.Join(s.dir, "lines", s.slug) }

// line is the state of the line, if the station answers.
func (s *side) line() (api.Line, bool) {
	c, err := api.Dial(s.socket())
	if err != nil {
		return api.Line{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	st, err := c.Status(ctx)
	if err != nil || len(st.Lines) != 1 {
		return api.Line{}, false
	}
	return st.Lines[0], true
}

// until asks ok every 20 ms and fails the test once limit has passed.
func until(t *testing.T, limit time.Duration, ok func() bool, what func() string) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("after %v: %s", limit, what())
		case <-again.C:
		}
	}
}

// let passes the time that is itself the subject: how long a station lives.
func let(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
