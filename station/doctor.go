package station

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"ringdown/accord"
	"ringdown/api"
)

// Severity of a finding.
const (
	Good    = "ok"
	Warning = "warning"
	Failure = "failure"
)

// A Finding is one thing that the doctor looked at.
type Finding struct {
	Severity string `json:"severity"` // "ok", "warning" or "failure"
	Text     string `json:"text"`     // one sentence: what is
	Action   string `json:"action"`   // one sentence: what can be done; empty if nothing needs to be
}

const (
	// clockLimit is the difference of two stations' clocks that people are told of.
	clockLimit = 2 * time.Second

	// certificateSoon is how long before its end a certificate is worth a word.
	certificateSoon = 14 * 24 * time.Hour
)

// Examine looks at a station's folder, at this machine and, if the station runs,
// at how its lines stand. It changes nothing. An error means that it could not look.
func Examine(ctx context.Context, dir string) ([]Finding, error) {
	x := &examination{ctx: ctx, dir: dir, now: time.Now()}
	home, err := accord.Open(dir)
	if err != nil {
		x.refused(err)
		return x.found, ctx.Err()
	}
	x.good("The folder holds the station %q; its keys are readable to its owner alone.", home.Name())
	if err := CheckFolder(dir); err != nil {
		x.refused(err)
	}
	if x.cfg, err = LoadConfig(dir); err != nil {
		x.refused(err)
		return x.found, ctx.Err()
	}
	x.clock(clockSynchronised())
	x.running()
	x.console()
	x.lines(home)
	return x.found, ctx.Err()
}

// An examination gathers what is found.
type examination struct {
	ctx    context.Context
	dir    string
	now    time.Time
	cfg    Config
	status *api.Status // nil if the station does not run
	found  []Finding
}

func (x *examination) add(severity, text, action string) {
	x.found = append(x.found, Finding{severity, text, action})
}
func (x *examination) good(format string, args ...any) { x.add(Good, fmt.Sprintf(format, args...), "") }
func (x *examination) warn(text, action string)        { x.add(Warning, text, action) }
func (x *examination) fail(text, action string)        { x.add(Failure, text, action) }

// refused reports errors, each with what it says can be done.
func (x *examination) refused(err error) {
	for _, e := range Each(err) {
		x.fail(sentence(e.Error()), sentence(Hint(e)))
	}
}

// running asks the station itself, if it runs.
func (x *examination) running() {
	c, err := Dial(x.dir)
	if err == nil {
		x.status, err = c.Status(x.ctx)
	}
	if err != nil {
		x.status = nil
		x.warn("The station does not run.", "Start it with: ringdown serve "+x.dir)
		return
	}
	x.good("The station has run since %s.", moment(x.status.Since))
	for _, n := range x.status.Notices {
		x.add(n.Severity, n.Text, n.Action)
	}
}

func moment(t time.Time) string { return t.UTC().Format("2 January 15:04:05 UTC") }

// clock asks the system whether anything keeps its clock right.
func (x *examination) clock(synced, known bool) {
	switch {
	case !known:
	case synced:
		x.good("This machine's clock is kept by a time service.")
	default:
		x.warn("No time service keeps this machine's clock, which says "+x.now.UTC().Format("2 January 2006 15:04:05 UTC")+".",
			"Run one (chrony, systemd-timesyncd). The line works without; times shown to people would be wrong.")
	}
}

// console looks at where people come in.
func (x *examination) console() {
	c := x.cfg.Console
	if x.status == nil {
		x.pagePort(c.Listen)
		x.voicePort(c.Voice)
	}
	if c.Certificate != "" {
		x.certificate(c)
	}
}

func (x *examination) pagePort(listen string) {
	host, port, _ := net.SplitHostPort(listen) // checked when it was read
	hosts := []string{host}
	if isLoopback(host) {
		hosts = []string{"127.0.0.1", "::1"}
	}
	for _, h := range hosts {
		l, err := net.Listen("tcp", net.JoinHostPort(h, port))
		if err == nil {
			_ = l.Close()
			continue
		}
		if h == "::1" && (errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)) {
			continue // no IPv6 here
		}
		x.fail(fmt.Sprintf("The page's address %s cannot be used: %s.", listen, cause(err)),
			"End the program that has it, or set another console.listen in "+ConfigFile+".")
		return
	}
	x.good("The page's address %s is free.", listen)
}

func (x *examination) voicePort(voice string) {
	if voice == "" {
		return
	}
	c, err := net.ListenPacket("udp", voice)
	if err != nil {
		x.fail(fmt.Sprintf("The voice's address %s cannot be used: %s.", voice, cause(err)),
			"End the program that has it, or set another console.voice in "+ConfigFile+".")
		return
	}
	_ = c.Close()
	x.good("The voice's address %s is free.", voice)
}

func (x *examination) certificate(c ConsoleConfig) {
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		x.fail("The page's certificate cannot be used: "+err.Error()+".", "Put a certificate and its key where "+ConfigFile+" names them.")
		return
	}
	switch end := pair.Leaf.NotAfter; {
	case x.now.After(end):
		x.fail("The page's certificate has ended on "+moment(end)+".", "Renew it; browsers refuse the page.")
	case x.now.Add(certificateSoon).After(end):
		x.warn("The page's certificate ends on "+moment(end)+".", "Renew it before; browsers will refuse the page then.")
	default:
		x.good("The page's certificate is valid until %s.", moment(end))
	}
	for _, name := range c.Names {
		host, _, err := net.SplitHostPort(name)
		if err != nil {
			host = name
		}
		if err := pair.Leaf.VerifyHostname(host); err != nil {
			x.fail("The page's certificate is not for "+name+", which console.names has.", "Use a certificate for that name, or take the name out.")
		}
	}
}

// cause is the system's word within a network error.
func cause(err error) string {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err.Error()
	}
	return err.Error()
}

// lines looks at every accord of the folder.
func (x *examination) lines(home *accord.Home) {
	lines, err := home.Lines()
	if err != nil {
		x.refused(err)
	}
	open, err := home.Invites()
	if err != nil {
		x.refused(err)
	}
	for _, inv := range open {
		x.invite(inv)
	}
	if len(lines)+len(open) == 0 && err == nil {
		x.warn("There is no line yet.", "Begin an accord with \"ringdown invite\", or answer one with \"ringdown accept\".")
	}
	journal := &DiskJournal{Dir: x.dir}
	for _, l := range lines {
		x.accord(l)
		if _, err := journal.Load(l.Slug); err != nil {
			x.refused(err)
		}
	}
	x.bindings(lines)
	for _, l := range lines {
		x.paths(l)
	}
}

func (x *examination) invite(inv *accord.Invite) {
	whom := "whoever holds it"
	if inv.For != "" {
		whom = inv.For.String()
	}
	if x.now.After(inv.Until) {
		x.warn(fmt.Sprintf("An invite for %s could be used until %s and was not.", whom, moment(inv.Until)),
			"Make a new one if it is still wanted; to forget this one, remove "+filepath.Join(x.dir, "invites", inv.ID.String())+".")
		return
	}
	x.good("An invite for %s waits to be answered until %s.", whom, moment(inv.Until))
}

// accord looks at what both sides have agreed, and whether all of it is done.
func (x *examination) accord(l *accord.Line) {
	name := "Line " + l.Slug
	switch {
	case l.Usable() != nil:
		x.fail(name+": the twelve words are not confirmed here, so nothing is sent.",
			"Let "+l.Peer.String()+" read theirs to you by another channel, and run: ringdown confirm "+l.Slug)
		return
	case l.HalfSigned():
		x.warn(name+" is half-signed: it carries no call yet.",
			"The final signature comes with the first handshake after "+l.Peer.String()+" has concluded, confirmed, and runs.")
	default:
		x.good("%s: the accord with %s is signed by both and its words are confirmed.", name, l.Peer)
	}
	if x.now.Before(l.Confirmed) {
		x.fail(fmt.Sprintf("%s: its words were confirmed on %s, but this machine's clock says %s: it has gone back.", name, moment(l.Confirmed), moment(x.now)),
			"Set the clock, and run a time service that keeps it.")
	}
	if l.Accord.Expired(x.now) {
		x.warn(fmt.Sprintf("%s: the accord should have been renewed by %s. Nothing stops.", name, l.Accord.Terms().Expires),
			"Make a new accord with "+l.Peer.String()+": ringdown invite.")
	}
	if l.Pending != nil {
		x.warn(name+": a change of our addresses waits to be signed by "+l.Peer.String()+".",
			"It is sent by itself while the line is open; if it is down, see that the old addresses still work.")
	}
	if s := x.line(l.Slug); s != nil {
		x.stands(name, l.Peer.String(), s)
	}
}

// line is how the running station sees a line; nil if it does not.
func (x *examination) line(slug string) *api.Line {
	if x.status == nil {
		return nil
	}
	for i := range x.status.Lines {
		if x.status.Lines[i].Slug == slug {
			return &x.status.Lines[i]
		}
	}
	return nil
}

// stands says how the line is now.
func (x *examination) stands(name, peer string, s *api.Line) {
	if s.State == api.LineDown {
		x.fail(fmt.Sprintf("%s has been down since %s.", name, moment(s.Since)),
			"See its paths below; if they are right, ask "+peer+" to run \"ringdown doctor\".")
	} else {
		x.good("%s has been %s since %s.", name, s.State, moment(s.Since))
	}
	for _, n := range s.Notices {
		x.add(n.Severity, name+": "+n.Text, n.Action)
	}
	if c := s.Clock; c != nil {
		if off := time.Duration(c.MS) * time.Millisecond; off.Abs() > clockLimit {
			where := "ahead of"
			if off < 0 {
				where = "behind"
			}
			x.warn(fmt.Sprintf("%s: %s's clock stands %v %s ours.", name, peer, off.Abs(), where),
				"Compare both with a third clock; every time shown is its author's.")
		}
	}
}
