package e2e

import (
	"bytes"
	"context"
	"errors"
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
)

// A serving is one real `ringdown serve`, with a folder that outlives it.
type serving struct {
	t    *testing.T
	dir  string
	page string // address of its console
	cmd  *exec.Cmd
	said *bytes.Buffer
}

// startStations makes two stations with an accord over one path of loopback, and runs them.
func startStations(t *testing.T) (north, south *serving) {
	t.Helper()
	ports := freePorts(t, 4)
	north = &serving{t: t, dir: filepath.Join(t.TempDir(), "n"), page: fmt.Sprint("localhost:", ports[2])}
	south = &serving{t: t, dir: filepath.Join(t.TempDir(), "s"), page: fmt.Sprint("localhost:", ports[3])}
	if err := agree(north, south, ports); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*serving{north, south} {
		config := fmt.Sprintf("[console]\nlisten = %q\n", s.page)
		if err := os.WriteFile(filepath.Join(s.dir, "station.toml"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		s.start()
		t.Cleanup(s.kill)
	}
	return north, south
}

func agree(north, south *serving, ports []int) error {
	now := time.Now()
	n, err := accord.Init(now, north.dir, "North")
	if err != nil {
		return err
	}
	s, err := accord.Init(now, south.dir, "South")
	if err != nil {
		return err
	}
	at := func(i int) accord.Endpoint {
		return accord.Endpoint{Address: accord.Address(fmt.Sprint("127.0.0.1:", ports[i]))}
	}
	invite, _, err := n.Invite(now, accord.InviteOptions{For: "South", Paths: []accord.OwnPath{{Number: 1, Name: "loop", End: at(0)}}})
	if err != nil {
		return err
	}
	accept, atSouth, err := s.Accept(now, invite, accord.AcceptOptions{Ends: map[uint8]accord.Endpoint{1: at(1)}})
	if err != nil {
		return err
	}
	atNorth, err := n.Conclude(now, accept)
	if err != nil {
		return err
	}
	words := atNorth.Accord.Words()
	_, err = n.Confirm(now, atNorth.Slug, strings.Join(words[:], " "))
	_, err2 := s.Confirm(now, atSouth.Slug, strings.Join(words[:], " "))
	return errors.Join(err, err2)
}

// freePorts are ports of loopback that nobody used a moment ago, neither over TCP nor UDP.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for len(ports) < n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		port := l.Addr().(*net.TCPAddr).Port
		if u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err == nil {
			defer u.Close()
			ports = append(ports, port)
		}
	}
	return ports
}

// start runs the station and waits until it answers.
func (s *serving) start() {
	s.t.Helper()
	s.cmd, s.said = exec.Command(program, "serve", s.dir), new(bytes.Buffer)
	s.cmd.Stdout, s.cmd.Stderr = s.said, s.said
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	until(s.t, patience, func() bool { _, err := s.lines(); return err == nil },
		func() string { return "the station does not answer: " + s.said.String() })
}

// kill ends it as a power cut does.
func (s *serving) kill() {
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func (s *serving) client() (*api.Client, error) {
	return api.Dial(filepath.Join(s.dir, "ringdown.sock"))
}

func (s *serving) lines() ([]api.Line, error) {
	c, err := s.client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	return st.Lines, nil
}

// stands waits until the line is open and the record may be written.
func (s *serving) stands() {
	s.t.Helper()
	until(s.t, patience, func() bool {
		lines, err := s.lines()
		return err == nil && len(lines) == 1 && lines[0].Record != nil && lines[0].Record.Standing == "stands"
	}, func() string {
		lines, err := s.lines()
		return fmt.Sprintf("no record stands: %s, %v", quote(lines), err)
	})
}

// enter opens its console in a browser.
func (s *serving) enter(c *chromium) *tab {
	s.t.Helper()
	return s.at(c, "/")
}
