package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ringdown/accord"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ringdown": main})
}

// TestScripts runs testdata/script. Besides the commands that testscript has, a script may use:
//
//	ports NAME …             find free ports and put each in a variable
//	folders                  make the stations north and south, their pages on free ports
//	agree [A B] NAME=PORT …  make and confirm an accord between two of them, north and south unless named,
//	                         over paths of loopback; B's port is one higher, or given as NAME=PORT,PORT
//	rejects N ARG …          ringdown ARG … must end with status N, and say "ringdown: error: …"
//	until PATTERN ARG …      run ringdown ARG … until its output matches
//	start NAME ARG …         run ringdown ARG … in the background; output to NAME.out and NAME.err
//	eventually FILE PATTERN  wait until a file matches
//	signal SIGNAL NAME       send TERM, INT, HUP or KILL to what was started
//	ended NAME [N]           wait at most 5 s until it has ended with status N (0)
//	objects FILE             every line of a file must be a JSON object, and there must be one
//	replace FILE OLD NEW     change one place in a file
//	takes udp|tcp ADDRESS    occupy an address until the script ends
//	answers FILE             every address in a file answers over HTTP
//	holds DIR                wait until a folder is not empty
//	leaves DIR               a folder must be empty
//	keyof FILE NAME PATTERN  put what the first group of a pattern matches in a file in a variable
//	confirmed                confirm the words of north's and south's newest accord, which conclude has just printed
//	spoil FILE N             change the byte at N
//	large FILE N             make a file of N bytes
//	hears NAME FILE          begin a web server that appends the body of each request to a file; its address is in $NAME
//	browser NAME URL STATUS  open an address in a browser, which keeps its cookies, and want a status
//	stale DIR FILE           make an invite of the station in DIR that could be used until yesterday
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // else each command waits a second under the race detector
			e.Values[background{}] = map[string]*process{}
			e.Values[browsers{}] = map[string]*http.Client{}
			vectors, err := filepath.Abs(filepath.Join("..", "..", "disclose", "testdata"))
			e.Setenv("VECTORS", vectors)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ports": ports, "folders": folders, "agree": agree, "rejects": rejects, "until": until, "start": start,
			"eventually": eventually, "signal": sendSignal, "ended": ended, "objects": objects, "replace": replace, "takes": takes, "stale": stale, "answers": answers, "keyof": keyOf, "confirmed": confirmed, "spoil": spoil, "large": large, "holds": holds, "leaves": leaves,
			"hears": hears, "browser": browser,
		},
		RequireExplicitExec: true,
	})
}

// limit is how long a script waits for what must come.
const limit = 20 * time.Second

type background struct{}

// A process runs in the background.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

func want(ts *testscript.TestScript, neg bool, args []string, n int, usage string) {
	if neg || len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
}

// poll calls ok until it is true.
func poll(ts *testscript.TestScript, what func() string, ok func() bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); !ok(); <-tick.C {
		if time.Since(begin) > limit {
			ts.Fatalf("not within %v: %s", limit, what())
		}
	}
}

// ports are below the range from which the system gives ports by itself.
func ports(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 1, "ports NAME …")
	for _, name := range args {
		ts.Setenv(name, strconv.Itoa(freePort()))
	}
}

// freePort finds a port that is free, and the one above, for both TCP and UDP.
func freePort() int {
	for {
		if n := 20000 + 2*rand.IntN(6000); free(n) && free(n+1) {
			return n
		}
	}
}

func free(port int) bool {
	u, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port})
	if err != nil {
		return false
	}
	defer u.Close()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{Port: port})
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// page is the one setting of a station that tests need.
const page = "[console]\nlisten = \"localhost:0\"\n"

func folders(ts *testscript.TestScript, neg bool, args []string) {
	for dir, name := range map[string]string{"north": "North", "south": "South"} {
		ts.Check(ts.Exec("ringdown", "init", dir, "--name", name))
		ts.Check(os.WriteFile(ts.MkAbs(dir+"/station.toml"), []byte(page), 0o600))
	}
}

func agree(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 1, "agree [A B] NAME=PORT …")
	a, b := "north", "south"
	if !strings.Contains(args[0], "=") {
		a, b, args = args[0], args[1], args[2:]
	}
	name := a + "-" + b
	invite := []string{"invite", "--dir", a, "--out", name + ".invite"}
	accept := []string{"accept", name + ".invite", "--dir", b, "--out", name + ".accept"}
	for _, arg := range args {
		path, ports, _ := strings.Cut(arg, "=")
		own, far, given := strings.Cut(ports, ",")
		if !given {
			n, err := strconv.Atoi(own)
			ts.Check(err)
			far = strconv.Itoa(n + 1)
		}
		invite = append(invite, "--path", path+"=127.0.0.1:"+own)
		accept = append(accept, "--path", path+"=127.0.0.1:"+far)
	}
	ts.Check(ts.Exec("ringdown", invite...))
	ts.Check(ts.Exec("ringdown", accept...))
	ts.Check(ts.Exec("ringdown", "conclude", name+".accept", "--dir", a))
	words := wordsIn(ts.ReadFile("stdout"))
	ts.Check(ts.Exec("ringdown", "confirm", b, "--dir", a, "--words", words))
	ts.Check(ts.Exec("ringdown", "confirm", a, "--dir", b, "--words", words))
}

var numbered = regexp.MustCompile(`\b\d+ ([a-z]+)`)

// wordsIn finds the twelve words in what a command has printed.
func wordsIn(out string) string {
	var words []string
	for _, m := range numbered.FindAllStringSubmatch(out, -1) {
		words = append(words, m[1])
	}
	return strings.Join(words, " ")
}

func rejects(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "rejects STATUS ARG …")
	err := ts.Exec("ringdown", args[1:]...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("ringdown %s: %v, want status %s", strings.Join(args[1:], " "), err, args[0])
	}
	checkForm(ts, ts.ReadFile("stderr"))
}

var form = regexp.MustCompile(`^(time=.*\n)*(ringdown: error: [^\n]+\n(ringdown: hint: [^\n]+\n)*)+$`)

// checkForm holds standard error to the form that every failure has.
func checkForm(ts *testscript.TestScript, stderr string) {
	if !form.MatchString(stderr) {
		ts.Fatalf("standard error is not of the form error, then hints:\n%s", stderr)
	}
	for line := range strings.Lines(stderr) {
		if strings.HasSuffix(line, ".\n") && !strings.HasSuffix(line, "..\n") && !strings.HasPrefix(line, "time=") {
			ts.Fatalf("an error or hint ends with a full stop: %s", line)
		}
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "until PATTERN ARG …")
	pattern := regexp.MustCompile(args[0])
	var seen []byte
	poll(ts, func() string { return fmt.Sprintf("%q in:\n%s", args[0], seen) }, func() bool {
		seen, _ = ringdown(ts, args[1:]).CombinedOutput()
		return pattern.Match(seen)
	})
}

// ringdown is a command of the program under test, not yet started.
func ringdown(ts *testscript.TestScript, args []string) *exec.Cmd {
	path := ts.Getenv("PATH")
	cmd := exec.Command(filepath.Join(filepath.SplitList(path)[0], "ringdown"), args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "RINGDOWN_DIR", "GORACE"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "start NAME ARG …")
	cmd := ringdown(ts, args[1:])
	out, err := os.Create(ts.MkAbs(args[0] + ".out"))
	ts.Check(err)
	defer out.Close()
	errs, err := os.Create(ts.MkAbs(args[0] + ".err"))
	ts.Check(err)
	defer errs.Close()
	cmd.Stdout, cmd.Stderr = out, errs
	ts.Check(cmd.Start())
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // its status is looked at by ended
		close(p.done)
	}()
	ts.Value(background{}).(map[string]*process)[args[0]] = p
	ts.Defer(func() { _ = cmd.Process.Kill(); <-p.done })
}

func named(ts *testscript.TestScript, name string) *process {
	p := ts.Value(background{}).(map[string]*process)[name]
	if p == nil {
		ts.Fatalf("nothing was started as %q", name)
	}
	return p
}

func eventually(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "eventually FILE PATTERN")
	pattern := regexp.MustCompile(args[1])
	var text []byte
	poll(ts, func() string { return fmt.Sprintf("%q in %s, which is:\n%s", args[1], args[0], text) }, func() bool {
		text, _ = os.ReadFile(ts.MkAbs(args[0]))
		return pattern.Match(text)
	})
}

var signals = map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": os.Interrupt, "KILL": os.Kill}

func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "signal SIGNAL NAME")
	ts.Check(named(ts, args[1]).cmd.Process.Signal(signals[args[0]]))
}

func ended(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 1, "ended NAME [STATUS]")
	p, status := named(ts, args[0]), "0"
	if len(args) > 1 {
		status = args[1]
	}
	select {
	case <-p.done:
	case <-time.After(endLimit):
		ts.Fatalf("%s has not ended within %v", args[0], endLimit)
	}
	stderr := ts.ReadFile(args[0] + ".err")
	if got := strconv.Itoa(p.cmd.ProcessState.ExitCode()); got != status {
		ts.Fatalf("%s ended with status %s, want %s:\n%s", args[0], got, status, stderr)
	}
}

func objects(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 1, "objects FILE")
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			ts.Fatalf("%s: %v in %q", args[0], err, line)
		}
		n++
	}
	if n == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
}

func replace(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 3, "replace FILE OLD NEW")
	text := []byte(ts.ReadFile(args[0]))
	if bytes.Count(text, []byte(args[1])) == 0 {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Replace(text, []byte(args[1]), []byte(args[2]), 1), 0o600))
}

func takes(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "takes udp|tcp ADDRESS")
	if args[0] == "udp" {
		c, err := net.ListenPacket("udp", args[1])
		ts.Check(err)
		ts.Defer(func() { _ = c.Close() })
		return
	}
	l, err := net.Listen("tcp", args[1])
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
}

func stale(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "stale DIR FILE")
	home, err := accord.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	paths, err := accord.ParsePaths([]string{"fibre=192.0.2.1:4400"})
	ts.Check(err)
	file, _, err := home.Invite(time.Now().AddDate(0, 0, -8), accord.InviteOptions{Paths: paths, Days: 7})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), file, 0o600))
}

func keyOf(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 3, "keyof FILE NAME PATTERN")
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[0]))
	if len(found) < 2 {
		ts.Fatalf("%s has no %q:\n%s", args[0], args[2], ts.ReadFile(args[0]))
	}
	ts.Setenv(args[1], found[1])
}

func confirmed(ts *testscript.TestScript, neg bool, args []string) {
	words := wordsIn(ts.ReadFile("stdout"))
	ts.Check(ts.Exec("ringdown", "confirm", "south", "--dir", "north", "--words", words))
	ts.Check(ts.Exec("ringdown", "confirm", "north", "--dir", "south", "--words", words))
}

func spoil(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "spoil FILE N")
	text := []byte(ts.ReadFile(args[0]))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	text[n] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

func large(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "large FILE N")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.Repeat([]byte("x"), n), 0o600))
}

var address = regexp.MustCompile(`http://localhost:[0-9]+`)

func answers(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 1, "answers FILE")
	found := address.FindAllString(ts.ReadFile(args[0]), -1)
	for _, a := range found {
		r, err := http.Get(a + "/")
		ts.Check(err)
		_ = r.Body.Close()
	}
	if len(found) == 0 {
		ts.Fatalf("%s has no address", args[0])
	}
}

func holds(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 1, "holds DIR")
	poll(ts, func() string { return "something in " + args[0] }, func() bool {
		there, _ := os.ReadDir(ts.MkAbs(args[0]))
		return len(there) > 0
	})
}

func leaves(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 1, "leaves DIR")
	left, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("%s still holds %v", args[0], left)
	}
}
