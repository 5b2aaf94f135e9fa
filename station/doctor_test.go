package station

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
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

// examined begins an examination at noon of a quiet day.
func examined(t *testing.T) *examination {
	return &examination{ctx: t.Context(), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

// wants fails unless a finding of that severity says so; nothing wanted means nothing but ok.
func (x *examination) wants(t *testing.T, severity, text string) {
	t.Helper()
	for _, f := range x.found {
		if text == "" && f.Severity != Good {
			t.Errorf("found %s: %s", f.Severity, f.Text)
		}
		if text != "" && f.Severity == severity && strings.Contains(f.Text, text) {
			return
		}
	}
	if text != "" {
		t.Errorf("no %s says %q among %+v", severity, text, x.found)
	}
}

// TestFindingsRead: what is found reads as sentences, and what is wrong has a remedy.
func TestFindingsRead(t *testing.T) {
	p := newPair(t).agree(2)
	all, err := Examine(t.Context(), p.dir[0])
	p.must(err)
	p.confirm()
	p.start(0)
	running, err := Examine(t.Context(), p.dir[0])
	p.must(err)
	none, err := Examine(t.Context(), t.TempDir())
	p.must(err)
	p.configure(1, "[console]\nmost = 0\n")
	wrong, err := Examine(t.Context(), p.dir[1])
	p.must(err)
	all = append(append(append(all, running...), none...), wrong...)
	if len(all) < 15 {
		t.Errorf("only %d findings", len(all))
	}
	for _, f := range all {
		for _, text := range []string{f.Text, f.Action} {
			if text == "" && f.Severity == Good {
				continue
			}
			ends := strings.HasSuffix(text, ".") || strings.Contains(text, ": ringdown ") // to be copied as it stands
			if text == "" || text[0] < 'A' || text[0] > 'Z' || !ends || strings.Contains(text, "..") || strings.Contains(text, "\n") {
				t.Errorf("%s: %q, %q", f.Severity, f.Text, f.Action)
			}
		}
	}
}

// TestJudgeEnds: whether two ends can find each other.
func TestJudgeEnds(t *testing.T) {
	attached := func(a netip.Addr) bool { return netip.MustParsePrefix("192.168.1.0/24").Contains(a) }
	for _, c := range []struct {
		what, own, far, bind, severity, text string
	}{
		{"both public", "192.0.2.1:1", "198.51.100.1:1", "192.0.2.1:1", "", ""},
		{"both in one network", "192.168.1.2:1", "192.168.1.3:1", "192.168.1.2:1", "", ""},
		{"ours roams", "", "198.51.100.1:1", "0.0.0.0:0", "", ""},
		{"theirs roams", "192.0.2.1:1", "", "192.0.2.1:1", "", ""},
		{"both on this machine", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:1", "", ""},
		{"a name of ours", "line.example.org:1", "198.51.100.1:1", "192.0.2.1:1", "", ""},
		{"neither fixed", "", "", "0.0.0.0:0", Failure, "neither end has a fixed address"},
		{"ours of loopback", "127.0.0.1:1", "198.51.100.1:1", "127.0.0.1:1", Failure, "only its own machine can reach"},
		{"theirs of loopback", "192.0.2.1:1", "127.0.0.1:1", "192.0.2.1:1", Failure, "only its own machine can reach"},
		{"both behind NATs", "", "10.1.1.1:1", "0.0.0.0:0", Failure, "both ends stand behind NATs"},
		{"ours private, theirs public", "192.168.1.2:1", "198.51.100.1:1", "192.168.1.2:1", Failure, "cannot send to it from outside"},
		{"ours private, theirs roams", "100.64.3.4:1", "", "100.64.3.4:1", Failure, "cannot send to it from outside"},
		{"ours behind a NAT", "192.0.2.1:1", "198.51.100.1:1", "0.0.0.0:1", Warning, "this machine does not have the address 192.0.2.1:1 itself"},
		{"ours behind a NAT, theirs roams", "192.0.2.1:1", "", "0.0.0.0:1", Warning, "both ends stand behind NATs"},
		{"ours behind a NAT, theirs private", "192.0.2.1:1", "10.1.1.1:1", "0.0.0.0:1", Warning, "both ends stand behind NATs"},
		{"ours behind a NAT, configured", "192.0.2.1:1", "198.51.100.1:1", "192.168.1.5:1", "", ""},
		{"theirs private elsewhere", "192.0.2.1:1", "10.1.1.1:1", "192.0.2.1:1", Warning, "belongs to a private network that this machine is not part of"},
		{"IPv6 behind a firewall", "[2001:db8::1]:1", "[2001:db8:1::1]:1", "[2001:db8::1]:1", "", ""},
		{"IPv6, ours private", "[fd00::1]:1", "[2001:db8:1::1]:1", "[fd00::1]:1", Failure, "cannot send to it from outside"},
	} {
		f := judgeEnds(&patient{own: accord.Endpoint{Address: accord.Address(c.own)}, far: accord.Endpoint{Address: accord.Address(c.far)},
			opt: PathOptions{Bind: netip.MustParseAddrPort(c.bind)}}, attached)
		if f.Severity != c.severity || !strings.Contains(f.Text, c.text) {
			t.Errorf("%s: %+v, want %s %q", c.what, f, c.severity, c.text)
		}
		if (f.Action == "") != (c.severity == "") {
			t.Errorf("%s: the remedy is %q", c.what, f.Action)
		}
	}
}

func TestClockFindings(t *testing.T) {
	for _, c := range []struct {
		synced, known  bool
		severity, text string
	}{{true, true, Good, "kept by a time service"}, {false, true, Warning, "No time service keeps this machine's clock, which says 22 November 2026 12:00:00 UTC"}, {false, false, "", ""}} {
		x := examined(t)
		x.clock(c.synced, c.known)
		x.wants(t, c.severity, c.text)
	}
}

// TestClockOff: of two stations, and of one that has gone back.
func TestClockOff(t *testing.T) {
	for ms, want := range map[int64]string{
		0: "", 1999: "", -2000: "",
		2001:    "Line south: South's clock stands 2.001s ahead of ours.",
		-600000: "Line south: South's clock stands 10m0s behind ours.",
	} {
		x := examined(t)
		x.stands("Line south", "South", &api.Line{State: api.LineOpen, Clock: &api.ClockDiff{MS: ms}})
		x.wants(t, Warning, want)
	}
	p := newPair(t).agree(1).confirm()
	l, err := p.home[0].Line("south")
	p.must(err)
	x := examined(t)
	x.now = l.Confirmed.Add(-time.Hour)
	x.accord(l)
	x.wants(t, Failure, "it has gone back")
	x = examined(t)
	x.now = l.Accord.Terms().Expires.Time().Add(time.Hour)
	x.accord(l)
	x.wants(t, Warning, "should have been renewed by")
}

// TestLineFindings: how a running line and its paths stand.
func TestLineFindings(t *testing.T) {
	x := examined(t)
	x.stands("Line south", "South", &api.Line{State: api.LineDown, Notices: []api.Notice{{Severity: Failure, Text: "The last handshake failed.", Action: "Compare."}}})
	x.wants(t, Failure, "Line south has been down since")
	x.wants(t, Failure, "Line south: The last handshake failed.")
	for _, c := range []struct {
		path           api.Path
		severity, text string
	}{
		{api.Path{State: api.PathUp}, Good, "P is up"},
		{api.Path{State: api.PathUp, In: api.Quality{Known: true, LossPermille: 99}}, Good, "P is up"},
		{api.Path{State: api.PathUp, In: api.Quality{Known: true, LossPermille: 300}}, Warning, "P loses 30 % of what the other side sends"},
		{api.Path{State: api.PathUp, Out: api.Quality{Known: true, LossPermille: 1000}}, Warning, "P loses 100 % of what we send"},
		{api.Path{State: api.PathKnocking}, Failure, "P: nothing has been heard since"},
		{api.Path{State: api.PathSilent}, Failure, "P: nothing has been heard since"},
		{api.Path{State: api.PathResting}, Warning, "P has rested since"},
		{api.Path{State: api.PathUnresolved}, Failure, "resolves to no address"},
	} {
		x := examined(t)
		x.heard(&patient{name: "P", far: accord.Endpoint{Address: "line.example.org:4400"}, seen: &c.path})
		x.wants(t, c.severity, c.text)
	}
	x = examined(t)
	x.heard(&patient{name: "P", far: accord.Endpoint{Roams: true}, seen: &api.Path{State: api.PathUnresolved}})
	x.wants(t, Warning, "only the other end can begin")
}

// TestUnreachable: an address without a route, and one whose family the path has not.
func TestUnreachable(t *testing.T) {
	for _, c := range []struct{ bind, far, text string }{
		{"127.0.0.1:0", "203.0.113.9:4400", "203.0.113.9:4400 cannot be reached from here"},
		{"127.0.0.1:0", "[2001:db8::1]:4400", "IPv6"},
		{"127.0.0.1:0", "nowhere.invalid:4400", "nowhere.invalid"},
	} {
		x := examined(t)
		x.share(&patient{name: "P", far: accord.Endpoint{Address: accord.Address(c.far)}, opt: PathOptions{Bind: netip.MustParseAddrPort(c.bind)}}, map[string]string{})
		x.wants(t, Failure, c.text)
	}
}

// TestShared: two paths of one route, of one far address, of neither.
func TestShared(t *testing.T) {
	x := examined(t)
	routes := make(map[string]string)
	for i, far := range []string{"127.0.0.2:1", "127.0.0.3:1", "127.0.0.2:2"} {
		opt := PathOptions{Number: uint8(i + 1), Name: "p", Bind: netip.MustParseAddrPort("127.0.0.1:0")}
		x.share(&patient{name: fmt.Sprint("P", i+1), far: accord.Endpoint{Address: accord.Address(far)}, opt: opt}, routes)
	}
	x.wants(t, Good, "P1: 127.0.0.2:1 is reached ")
	x.wants(t, Warning, "P2 leaves ")
	x.wants(t, Warning, "P3 leads to the address 127.0.0.2, as path 1 (p) does")
	for _, f := range x.found {
		if strings.HasPrefix(f.Text, "P2 leads to") {
			t.Errorf("two addresses were taken for one: %s", f.Text)
		}
	}
}

func TestWay(t *testing.T) {
	w, err := wayTo(netip.IPv4Unspecified(), netip.MustParseAddr("127.0.0.1"))
	if err != nil || !w.from.IsLoopback() {
		t.Errorf("to loopback: %+v, %v", w, err)
	}
	if _, err := wayTo(netip.MustParseAddr("203.0.113.200"), netip.MustParseAddr("198.51.100.1")); err == nil {
		t.Error("there is a way from an address that this machine does not have")
	}
	for _, c := range []struct {
		w    way
		want string
	}{
		{way{device: "eth0", gateway: netip.MustParseAddr("192.0.2.1")}, "through eth0 by 192.0.2.1"},
		{way{device: "lo"}, "through lo"},
		{way{from: netip.MustParseAddr("192.0.2.7")}, "from 192.0.2.7"},
	} {
		if got := c.w.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestPortFindings(t *testing.T) {
	taken, err := udp.Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	here := PathOptions{Number: 1, Bind: taken.LocalAddr()}
	x := examined(t)
	x.port(&patient{name: "P", opt: here}, []PathOptions{here})
	x.wants(t, Failure, "port taken by another program")
	x = examined(t)
	every := PathOptions{Number: 2, Bind: netip.AddrPortFrom(netip.IPv4Unspecified(), 4400)}
	one := PathOptions{Number: 1, Bind: netip.MustParseAddrPort("127.0.0.1:4400")}
	x.port(&patient{name: "P", opt: every}, []PathOptions{one, every})
	x.wants(t, Failure, "cannot be used beside 127.0.0.1:4400")
	if a := x.found[0].Action; !strings.Contains(a, "[line.bind]") {
		t.Errorf("the remedy is %q", a)
	}
	page, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	x = examined(t)
	x.pagePort(fmt.Sprintf("localhost:%d", page.Addr().(*net.TCPAddr).Port))
	x.wants(t, Failure, "cannot be used: address already in use")
	x = examined(t)
	x.voicePort(taken.LocalAddr().String())
	x.wants(t, Failure, "The voice's address")
	x = examined(t)
	x.pagePort("localhost:0")
	x.voicePort("127.0.0.1:0")
	x.wants(t, "", "")
}

// pageCertificate writes a certificate for a name that ends at a time, and its key.
func pageCertificate(t *testing.T, name string, end time.Time) ConsoleConfig {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := ConsoleConfig{Certificate: filepath.Join(t.TempDir(), "crt"), Key: filepath.Join(t.TempDir(), "key")}
	for file, block := range map[string]*pem.Block{c.Certificate: {Type: "CERTIFICATE", Bytes: der}, c.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestCertificateFindings(t *testing.T) {
	noon := examined(t).now
	for _, c := range []struct {
		end            time.Time
		names          []string
		severity, text string
	}{
		{noon.AddDate(0, 1, 0), nil, Good, "is valid until"},
		{noon.AddDate(0, 1, 0), []string{"desk.example.org", "desk.example.org:8440"}, "", ""},
		{noon.AddDate(0, 0, 13), nil, Warning, "ends on 5 December"},
		{noon.AddDate(0, 0, -1), nil, Failure, "has ended on 21 November"},
		{noon.AddDate(0, 1, 0), []string{"other.example.org"}, Failure, "is not for other.example.org"},
	} {
		cfg := pageCertificate(t, "desk.example.org", c.end)
		cfg.Names = c.names
		x := examined(t)
		x.certificate(cfg)
		x.wants(t, c.severity, c.text)
	}
	x := examined(t)
	x.certificate(ConsoleConfig{Certificate: "none", Key: "none"})
	x.wants(t, Failure, "The page's certificate cannot be used")
}

func TestUnusedBinding(t *testing.T) {
	p := newPair(t).agree(1)
	l, err := p.home[0].Line("south")
	p.must(err)
	own := fmt.Sprintf("127.0.0.1:%d", p.ports[0][0])
	x := examined(t)
	x.cfg.Line.Bind = map[string]string{own: own, "203.0.113.5:4400": own}
	x.cfg.Line.Quota = map[string]int64{"south": 16, "sowth": 2048}
	x.bindings([]*accord.Line{l})
	if len(x.found) != 2 {
		t.Errorf("found %+v, want two", x.found)
	}
	x.wants(t, Warning, "[line.bind] names 203.0.113.5:4400")
	x.wants(t, Warning, `[line.quota] names "sowth"`)
}

// TestEach: joined errors are taken apart, others stay whole.
func TestEach(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	wrapped := fmt.Errorf("%w and %w", a, b)
	list := Each(errors.Join(a, errors.Join(b, nil), fmt.Errorf("c: %w", c), wrapped))
	if len(list) != 4 || list[0] != a || list[1] != b || list[3] != wrapped {
		t.Errorf("%q", list)
	}
}

// TestHint: every error of ours that a person meets at the command line has a remedy.
func TestHint(t *testing.T) {
	for _, err := range []error{&TakenError{Dir: "d"}, &ConfigError{"f", "t"}, &NumbersError{}, &OverlapError{}, &ConsoleError{Err: errors.New("x")}, &PeopleError{Err: errors.New("x")},
		&udp.Error{Action: "do"}, &api.Error{Action: "Do."}, fmt.Errorf("x: %w", &accord.Refusal{Err: accord.ErrUsed, Advice: "do"})} {
		if h := Hint(err); h == "" || strings.HasPrefix(h, " ") {
			t.Errorf("%T: hint %q", err, h)
		}
	}
	if h := Hint(errors.New("x")); h != "" {
		t.Errorf("hint %q from nowhere", h)
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{"": "", "x": "X.", "stop it": "Stop it.", "Stop it.": "Stop it."} {
		if got := sentence(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
