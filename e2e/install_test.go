package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

// installed are the two hosts, while docs/install.md is being followed.
type installed struct {
	t     *testing.T
	hosts map[string]*host
	words map[string]string // that each side was shown
	links map[string]string // into each side's console
}

// Two hosts, set up with the very commands of docs/install.md, one of them behind a
// NAT, both behind firewalls: the line opens, a call works, and it goes on while one
// address roams and another is amended.
func TestInstallAsWritten(t *testing.T) {
	steps := installSteps(t)
	network(t)
	x := &installed{t: t, words: map[string]string{}, links: map[string]string{},
		hosts: map[string]*host{"north": startHost(t, "rd-north"), "south": startHost(t, "rd-south")}}
	for _, s := range steps {
		if strings.HasPrefix(s.commands, "ringdown amend") {
			break // comes when a call is up
		}
		x.follow(s)
	}

	p := &pair{}
	p.North = x.enter("north", northTone)
	p.South = x.enter("south", southTone)
	p.call()
	p.speaking()
	x.roam(p)
	x.amend(p, steps[len(steps)-1])
}

// follow does what one block of the text says, on the hosts it says.
func (x *installed) follow(s step) {
	x.t.Helper()
	for _, name := range []string{"north", "south"} {
		if s.who == name || s.who == "both" {
			x.step(name, s.commands)
		}
	}
	carry(x.t, x.hosts["north"], x.hosts["south"], "*.invite")
	carry(x.t, x.hosts["south"], x.hosts["north"], "*.accept")
}

func (x *installed) step(name, commands string) {
	x.t.Helper()
	h := x.hosts[name]
	other := map[string]string{"north": "south", "south": "north"}[name]
	verb, _, _ := strings.Cut(strings.TrimPrefix(commands, "ringdown "), " ")
	switch verb {
	case "go":
		h.run("cd " + projectFolder(x.t) + " && " + commands + " && cd " + h.work)
	case "serve":
		h.background(commands)
	case "confirm":
		h.run(commands + " <<'WORDS'\n" + x.words[other] + "\nWORDS")
	case "status":
		until(x.t, patience, func() bool {
			out, err := h.shell.run(commands)
			return err == nil && strings.Contains(out, ": open since")
		}, func() string { out, _ := h.shell.run(commands); return name + "'s line is not open: " + out })
	case "console":
		x.links[name] = link.FindString(h.run(commands))
	default:
		if w := shownWords(h.run(commands)); w != "" {
			x.words[name] = w
		}
	}
}

var (
	link = regexp.MustCompile(`http://\S+`)
	word = regexp.MustCompile(`(?m)\b\d+ ([a-z]+)`)
)

// shownWords finds the twelve words in what accept or conclude printed.
func shownWords(out string) string {
	_, list, ok := strings.Cut(out, "twelve words")
	if !ok {
		return ""
	}
	var words []string
	for _, m := range word.FindAllStringSubmatch(list, 12) {
		words = append(words, m[1])
	}
	return strings.Join(words, " ")
}

func projectFolder(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// enter opens a browser on the host itself and presses Ready.
func (x *installed) enter(name string, tone float64) *tab {
	x.t.Helper()
	c := startChromium(x.t, options{Tone: tone, Plain: true, Host: x.hosts[name].name})
	c.allowMicrophone(x.t, origin(x.t, x.links[name]))
	p := c.open(x.t, x.links[name])
	p.press("Ready")
	p.waitStatus("Line open")
	return p
}

// roam gives South's host another address behind its NAT, as a new lease would, and
// takes the other path away, so that the call rests on the one that moved.
func (x *installed) roam(p *pair) {
	x.t.Helper()
	before := x.path("north", 1).Remote
	ip(x.t, "-n", "rd-south", "addr", "del", "192.168.77.2/24", "dev", "fibre")
	ip(x.t, "-n", "rd-south", "addr", "add", "192.168.77.3/24", "dev", "fibre")
	ip(x.t, "-n", "rd-south", "route", "replace", "default", "via", "192.168.77.1")
	until(x.t, patience, func() bool {
		n := x.path("north", 1)
		return n.Remote != before && n.State == api.PathUp && x.path("south", 1).State == api.PathUp
	}, func() string {
		return fmt.Sprintf("North did not follow South's fibre from %s: %+v", before, x.path("north", 1))
	})
	x.t.Logf("South's fibre moved from %s to %s", before, x.path("north", 1).Remote)

	ip(x.t, "-n", "rd-north", "link", "set", "satellite", "down")
	until(x.t, patience, func() bool { return x.path("south", 2).State != api.PathUp },
		func() string { return "the satellite was taken away, and its path is still up" })
	p.inCall()
	p.speaking()
	ip(x.t, "-n", "rd-north", "link", "set", "satellite", "up")
	until(x.t, patience, func() bool { return x.path("south", 2).State == api.PathUp },
		func() string {
			return fmt.Sprintf("the satellite is back, and its path is not: %+v", x.path("south", 2))
		})
}

// amend changes a fixed address by the last block of the text; the old one then goes.
func (x *installed) amend(p *pair, s step) {
	x.t.Helper()
	ip(x.t, "-n", "rd-south", "addr", "add", "198.51.100.21/24", "dev", "satellite")
	x.follow(s)
	const there = "198.51.100.21:4400"
	in := func() bool {
		n, s := x.path("north", 2), x.path("south", 2)
		return n.Remote == there && s.Local == there && n.State == api.PathUp && s.State == api.PathUp
	}
	until(x.t, patience, in, func() string {
		return fmt.Sprintf("the amendment is not in force: north %+v, south %+v", x.path("north", 2), x.path("south", 2))
	})
	ip(x.t, "-n", "rd-south", "addr", "del", "198.51.100.20/24", "dev", "satellite")
	let(3 * time.Second) // an address that was still in use would be missed within one
	if !in() {
		x.t.Errorf("without the old address: north %+v, south %+v", x.path("north", 2), x.path("south", 2))
	}
	p.inCall()
	p.speaking()
}

// path asks the host's own station.
func (x *installed) path(name string, number int) api.Path {
	x.t.Helper()
	var st api.Status
	if err := json.Unmarshal([]byte(x.hosts[name].run("ringdown status --dir /var/lib/ringdown --json")), &st); err != nil {
		x.t.Fatal(err)
	}
	for _, p := range st.Lines[0].Paths {
		if p.Number == number {
			return p
		}
	}
	x.t.Fatalf("%s has no path %d", name, number)
	return api.Path{}
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command(ipProgram(), args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// ipProgram is iproute2's, which may stand where only root looks.
func ipProgram() string {
	if name, err := exec.LookPath("ip"); err == nil {
		return name
	}
	return "/usr/sbin/ip"
}
