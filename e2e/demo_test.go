package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

var program string // of cmd/ringdown, built for this run

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "ringdown-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(folder, "ringdown")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "ringdown/cmd/ringdown")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(folder)
	os.Exit(code)
}

// A demo is a running `ringdown demo --json`.
type demo struct {
	North, South string // addresses of the consoles; they carry what is needed to enter
	Stage        string
	Temp         string // folder in which its own is
}

// startDemo starts the demo and waits until it says that all is ready. The test
// fails if the demo does not end well, or leaves something behind.
func startDemo(t *testing.T, more ...string) *demo {
	t.Helper()
	temp := t.TempDir()
	cmd := exec.Command(program, append([]string{"demo", "--json"}, more...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopDemo(t, cmd, temp, &stderr) })

	lines := bufio.NewScanner(stdout)
	d := &demo{Temp: temp}
	for d.North == "" || d.South == "" || d.Stage == "" {
		if !lines.Scan() {
			t.Fatalf("the demo ended before it was ready: %s", &stderr)
		}
		if err := d.learn(lines.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		for lines.Scan() { // keep its output from filling the pipe
		}
	}()
	return d
}

func (d *demo) learn(line []byte) error {
	var ready struct{ Name, Console, Page string }
	if err := json.Unmarshal(line, &ready); err != nil {
		return fmt.Errorf("the demo said %q: %w", line, err)
	}
	switch ready.Name {
	case "north":
		d.North = ready.Console
	case "south":
		d.South = ready.Console
	case "stage":
		d.Stage = ready.Page
	}
	return nil
}

// stopDemo presses Ctrl-C.
func stopDemo(t *testing.T, cmd *exec.Cmd, temp string, stderr *bytes.Buffer) {
	started := time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	hung := time.AfterFunc(15*time.Second, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	hung.Stop()
	if err != nil {
		t.Errorf("the demo ended with %v: %s", err, stderr)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("the demo took %v to end, wanted at most 5 s", took)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("the demo left %v in its temporary folder (%v)", left, err)
	}
	if t.Failed() && stderr.Len() > 0 {
		t.Logf("the demo said:\n%s", stderr)
	}
}

// impair sets faults of a path through the stage's API, as any local program may.
func (d *demo) impair(t *testing.T, path int, faults map[string]any) {
	t.Helper()
	body, err := json.Marshal(faults)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(origin(t, d.Stage)+fmt.Sprintf("/paths/%d", path), "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		t.Fatalf("the stage answered %s to %s", res.Status, body)
	}
}

func (d *demo) cut(t *testing.T, path int, cut bool) {
	t.Helper()
	d.impair(t, path, map[string]any{"cut": cut})
}

// origin is the address without path and query.
func origin(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		t.Fatalf("%q is no address: %v", address, err)
	}
	return u.Scheme + "://" + u.Host
}

// ready asks that the page makes itself ready, as pages on localhost may.
func ready(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("ready", "1")
	u.RawQuery = q.Encode()
	return u.String()
}

// A pair is a demo with one page open at each of its stations, ready to call.
type pair struct {
	*demo
	North, South               *tab
	NorthBrowser, SouthBrowser *chromium
}

func startPair(t *testing.T, more ...string) *pair {
	t.Helper()
	p := &pair{demo: startDemo(t, more...)}
	p.NorthBrowser = startChromium(t, options{Tone: northTone})
	p.SouthBrowser = startChromium(t, options{Tone: southTone})
	p.North = p.NorthBrowser.open(t, ready(t, p.demo.North))
	p.South = p.SouthBrowser.open(t, ready(t, p.demo.South))
	p.North.waitStatus("Line open")
	p.South.waitStatus("Line open")
	return p
}

// call makes north call and south answer, and waits until they speak.
func (p *pair) call() {
	p.North.t.Helper()
	p.North.press("Call")
	p.South.waitStatus("Incoming call")
	p.North.waitStatus("Ringing")
	p.South.press("Answer")
	p.inCall()
}

func (p *pair) inCall() {
	p.North.t.Helper()
	p.North.waitStatus("In call")
	p.South.waitStatus("In call")
}

// speaking waits until each side hears the other, and not itself.
func (p *pair) speaking() {
	p.North.t.Helper()
	p.North.hears(southTone, northTone)
	p.South.hears(northTone, southTone)
}
