package station

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/udp"
)

// A pair is two folders on this machine, with an accord over paths of loopback.
type pair struct {
	t     *testing.T
	dir   [2]string
	home  [2]*accord.Home
	words string
	ports [2][]uint16 // of each side's paths
}

// newPair makes the folders, without an accord.
func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t}
	for side, name := range []string{"North", "South"} {
		p.dir[side] = filepath.Join(t.TempDir(), strings.ToLower(name))
		var err error
		p.home[side], err = accord.Init(time.Now(), p.dir[side], name)
		p.must(err)
		p.configure(side, "[console]\nlisten = \"localhost:0\"\n")
	}
	return p
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) configure(side int, text string) {
	p.t.Helper()
	p.must(os.WriteFile(filepath.Join(p.dir[side], ConfigFile), []byte(text), 0o600))
}

// agree makes the accord, as far as the words.
func (p *pair) agree(paths int) *pair {
	p.t.Helper()
	opt := accord.InviteOptions{}
	ends := make(map[uint8]accord.Endpoint)
	for n := 1; n <= paths; n++ {
		for side := range 2 {
			p.ports[side] = append(p.ports[side], freePort(p.t))
		}
		opt.Paths = append(opt.Paths, accord.OwnPath{Number: uint8(n), Name: fmt.Sprint("path ", n), End: loopback(p.ports[0][n-1])})
		ends[uint8(n)] = loopback(p.ports[1][n-1])
	}
	invite, _, err := p.home[0].Invite(time.Now(), opt)
	p.must(err)
	accept, _, err := p.home[1].Accept(time.Now(), invite, accord.AcceptOptions{Ends: ends})
	p.must(err)
	l, err := p.home[0].Conclude(time.Now(), accept)
	p.must(err)
	words := l.Accord.Words()
	p.words = strings.Join(words[:], " ")
	return p
}

func loopback(port uint16) accord.Endpoint {
	return accord.Endpoint{Address: accord.Address(fmt.Sprintf("127.0.0.1:%d", port))}
}

// slugs are what each side calls the line.
var slugs = [2]string{"south", "north"}

func (p *pair) confirm() *pair {
	p.t.Helper()
	for side, slug := range slugs {
		_, err := p.home[side].Confirm(time.Now(), slug, p.words)
		p.must(err)
	}
	return p
}

// start runs one side until the test ends.
func (p *pair) start(side int) *Daemon {
	p.t.Helper()
	d, err := Start(context.Background(), DaemonOptions{Dir: p.dir[side]})
	p.must(err)
	p.t.Cleanup(func() { _ = d.Stop() })
	return d
}

// reaches waits until a side's first line stands as wanted.
func (p *pair) reaches(d *Daemon, want api.LineState) {
	p.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); ; <-tick.C {
		st := d.Status()
		if len(st.Lines) > 0 && st.Lines[0].State == want {
			return
		}
		if time.Since(begin) > 15*time.Second {
			p.t.Fatalf("the line is not %s within 15 s: %+v", want, st)
		}
	}
}

// TestTwoDaemons: a folder has one station at a time; one that ended, or was killed, is
// in nobody's way.
func TestTwoDaemons(t *testing.T) {
	p := newPair(t)
	d := p.start(0)
	_, err := Start(context.Background(), DaemonOptions{Dir: p.dir[0]})
	var taken *TakenError
	if !errors.As(err, &taken) || taken.Process != os.Getpid() || !strings.Contains(err.Error(), p.dir[0]) {
		t.Errorf("a second one: %v", err)
	}
	if _, err := Dial(p.dir[0]); err != nil {
		t.Errorf("the first one no longer answers: %v", err)
	}
	p.must(d.Stop())
	d = p.start(0)
	d.Kill() // its socket and its lock's file stay
	p.must(d.lock.Close())
	p.must(d.Console.Close())
	p.must(os.WriteFile(filepath.Join(p.dir[0], runningFile), []byte("not a number"), 0o600))
	p.start(0)
}

// TestLockUnreadable: the process that holds the lock may be unknown.
func TestLockUnreadable(t *testing.T) {
	dir := t.TempDir()
	f, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	_, err = lockFolder(dir)
	if err == nil || !strings.Contains(err.Error(), "another process runs the station") {
		t.Errorf("%v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err = lockFolder(dir); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if _, err := lockFolder(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there can be locked")
	}
}

// TestReload: accords reach a running station step by step, and leave it.
func TestReload(t *testing.T) {
	p := newPair(t)
	north, south := p.start(0), p.start(1)
	if n := len(north.Status().Lines); n != 0 {
		t.Fatalf("%d lines at first", n)
	}
	p.agree(2)
	p.must(north.Reload())
	p.must(south.Reload())
	for _, d := range []*Daemon{north, south} {
		st := d.Status()
		if len(st.Lines) != 1 || st.Lines[0].State != api.LineUnconfirmed || len(st.Lines[0].Words) != 12 || st.Lines[0].Since.IsZero() {
			t.Fatalf("once concluded: %+v", st.Lines)
		}
	}
	since := north.Status().Lines[0].Since
	p.must(north.Reload())
	if got := north.Status().Lines[0].Since; !got.Equal(since) {
		t.Errorf("unconfirmed since %v, after another reload since %v", since, got)
	}
	if err := north.HangUp("south", api.Anyone()); !strings.Contains(fmt.Sprint(err), "not confirmed") {
		t.Errorf("hanging up there: %v", err)
	}
	p.confirm()
	p.must(north.Reload())
	p.must(south.Reload())
	p.reaches(north, api.LineOpen)
	p.reaches(south, api.LineOpen)
	p.must(north.do(func() {
		for _, s := range north.order {
			if a := s.conn.LocalAddr(); !a.Addr().IsLoopback() {
				t.Errorf("a socket at %s, which the accord does not name", a)
			}
		}
	}))
	p.must(p.home[0].Retire("south"))
	p.must(north.Reload())
	if n := len(north.Status().Lines); n != 0 {
		t.Errorf("%d lines after the only one was retired", n)
	}
	for n, port := range p.ports[0] {
		c, err := udp.Listen(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port))
		if err != nil {
			t.Errorf("the socket of path %d is still there: %v", n+1, err)
			continue
		}
		_ = c.Close()
	}
	p.reaches(south, api.LineDown)
}

// TestDamagedLine: what is damaged is shown and left alone, the rest is driven; a line
// that runs is not dropped because its files are no longer sound.
func TestDamagedLine(t *testing.T) {
	p := newPair(t).agree(1).confirm()
	north, south := p.start(0), p.start(1)
	p.reaches(north, api.LineOpen)
	secret := filepath.Join(p.dir[0], "lines", "south", "secret")
	p.must(os.Chmod(secret, 0o644))
	err := north.Reload()
	if err == nil || !strings.Contains(err.Error(), secret) {
		t.Errorf("reloading: %v, want the file named", err)
	}
	st := north.Status()
	if len(st.Lines) != 1 || st.Lines[0].State != api.LineOpen {
		t.Errorf("the running line is gone: %+v", st.Lines)
	}
	if len(st.Notices) != 1 || st.Notices[0].Severity != "failure" || !strings.Contains(st.Notices[0].Action, "chmod 600") {
		t.Errorf("people are told %+v", st.Notices)
	}
	p.must(os.Chmod(secret, 0o600))
	p.must(north.Reload())
	if n := north.Status().Notices; len(n) != 0 {
		t.Errorf("once mended people are still told %+v", n)
	}
	p.must(south.Stop())
	p.must(os.Remove(filepath.Join(p.dir[1], "lines", "north", "accept")))
	if d, err := Start(context.Background(), DaemonOptions{Dir: p.dir[1]}); err == nil {
		_ = d.Stop()
		t.Error("a station with no line but a damaged one starts")
	}
}

// TestPortsTaken: a path whose port is taken is a notice, a station whose every path is so is refused,
// and after a refusal nothing is left behind.
func TestPortsTaken(t *testing.T) {
	p := newPair(t).agree(2).confirm()
	first, err := udp.Listen(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), p.ports[0][0]))
	p.must(err)
	defer first.Close()
	second, err := udp.Listen(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), p.ports[0][1]))
	p.must(err)
	defer second.Close()
	_, err = Start(context.Background(), DaemonOptions{Dir: p.dir[0]})
	if err == nil || !strings.Contains(err.Error(), "path 1 (path 1)") || !strings.Contains(err.Error(), "port taken") || Hint(err) == "" {
		t.Fatalf("both taken: %v", err)
	}
	p.must(second.Close())
	north := p.start(0)
	p.start(1)
	p.reaches(north, api.LineDegraded)
	if n := north.Status().Lines[0].Notices; len(n) != 1 || !strings.Contains(n[0].Text, "Path 1 (path 1)") {
		t.Errorf("people are told %+v", n)
	}
}

// TestPageTaken: the page's port is another's, and nothing is left running.
func TestPageTaken(t *testing.T) {
	p := newPair(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	p.configure(0, fmt.Sprintf("[console]\nlisten = \"localhost:%d\"\n", l.Addr().(*net.TCPAddr).Port))
	_, err = Start(context.Background(), DaemonOptions{Dir: p.dir[0]})
	var page *ConsoleError
	if !errors.As(err, &page) || !strings.Contains(page.Hint(), "end the program that has the address") {
		t.Fatalf("%v", err)
	}
	p.must(l.Close())
	p.start(0)
}

// TestSessionsStay: a browser that was let in is let in after a restart.
func TestSessionsStay(t *testing.T) {
	p := newPair(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	p.must(l.Close())
	p.configure(0, fmt.Sprintf("[console]\nlisten = \"localhost:%d\"\n", l.Addr().(*net.TCPAddr).Port))
	jar, err := cookiejar.New(nil)
	p.must(err)
	browser := &http.Client{Jar: jar}
	get := func(url string) int {
		r, err := browser.Get(url)
		p.must(err)
		defer r.Body.Close()
		_, _ = io.Copy(io.Discard, r.Body)
		return r.StatusCode
	}
	d := p.start(0)
	status := d.Console.URL() + "/api/status"
	if code := get(status); code != http.StatusUnauthorized && code != http.StatusForbidden {
		t.Errorf("a stranger's status is %d", code)
	}
	link, err := d.Console.Link("/")
	p.must(err)
	if code := get(link); code != http.StatusOK {
		t.Fatalf("entering: %d", code)
	}
	p.must(d.Stop())
	p.start(0)
	browser.CloseIdleConnections()
	if code := get(status); code != http.StatusOK {
		t.Errorf("after a restart: %d", code)
	}
}

// TestStopping: told to stop in a call, a station tells the other side why and is gone.
func TestStopping(t *testing.T) {
	p := newPair(t).agree(1).confirm()
	north, south := p.start(0), p.start(1)
	p.reaches(north, api.LineOpen)
	p.reaches(south, api.LineOpen)
	seat := func(d *Daemon) *phone {
		f := &phone{heard: make(map[uint32]time.Duration)}
		var err error
		f.seat, err = d.Attach(api.ToStation{Type: "attach", Kind: "command"}, api.Anyone(), f)
		p.must(err)
		p.must(f.seat.Do(api.ToStation{Type: "ready", Ready: true}))
		return f
	}
	a, b := seat(north), seat(south)
	p.must(a.seat.Do(api.ToStation{Type: "call", Slug: "south"}))
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	call := func(d *Daemon, want api.CallState) *api.Call {
		for begin := time.Now(); ; <-tick.C {
			if c := d.Status().Lines[0].Call; c != nil && c.State == want {
				return c
			}
			if time.Since(begin) > 10*time.Second {
				t.Fatalf("no call that is %s: %+v", want, d.Status().Lines[0].Call)
			}
		}
	}
	call(south, api.CallIncoming)
	p.must(b.seat.Do(api.ToStation{Type: "answer", Slug: "north"}))
	call(north, api.CallActive)
	begin := time.Now()
	p.must(north.Stop())
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if c := call(south, api.CallEnded); c.Reason != api.EndStopping || c.EndedBy != "them" {
		t.Errorf("the other side was told %q by %q", c.Reason, c.EndedBy)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed == "" {
		t.Error("the console was not told")
	}
	if _, err := Dial(p.dir[0]); !strings.Contains(fmt.Sprint(err), "No station runs in") {
		t.Errorf("dialling: %v", err)
	}
}

// TestDial: why no station answers, each its own.
func TestDial(t *testing.T) {
	if _, err := Dial(t.TempDir()); !errors.Is(err, accord.ErrMissing) {
		t.Errorf("no station there: %v", err)
	}
	p := newPair(t)
	_, err := Dial(p.dir[0])
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "not-running" {
		t.Errorf("none that runs: %v", err)
	}
	p.must(os.Mkdir(filepath.Join(p.dir[0], SocketName), 0o700))
	if _, err := Dial(p.dir[0]); err == nil {
		t.Error("a folder in the socket's place answers")
	}
}

// TestLongestFolder: a station runs in the folder with the longest path there may be, and in no longer one.
func TestLongestFolder(t *testing.T) {
	base := t.TempDir()
	fill := func(n int) string { return filepath.Join(base, strings.Repeat("x", n-len(base)-1)) }
	if err := CheckFolder(fill(longestFolder + 1)); err == nil || !strings.Contains(err.Error(), "93 bytes; a station's folder may have 92") {
		t.Errorf("one byte more: %v", err)
	}
	longer := fill(longestFolder + 1)
	if _, err := accord.Init(time.Now(), longer, "North"); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), DaemonOptions{Dir: longer}); Hint(err) != "Choose a folder with a shorter path." {
		t.Errorf("starting in it: %v", err)
	}
	dir := fill(longestFolder)
	if _, err := accord.Init(time.Now(), dir, "North"); err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, dir: [2]string{dir}}
	p.configure(0, "[console]\nlisten = \"localhost:0\"\n")
	p.start(0)
	if _, err := Dial(dir); err != nil {
		t.Error(err)
	}
}
