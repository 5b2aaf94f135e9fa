package accord

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, s := range []string{
		"192.0.2.1:7000", "192.0.2.1:1", "192.0.2.1:65535", "127.0.0.1:7000", "[::1]:7000", "[2001:db8::1]:7000", "[fe80::1]:7000",
		"line.example.org:7000", "localhost:7000", "a:1", "xn--bcher-kva.example:7000", "1a.2b.c3:7000", label + ".org:7000",
		label + "." + label + "." + label + "." + label[:61] + ":7000",
	} {
		a, err := ParseAddress(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if ap, ok := a.IP(); ok && ap != netip.MustParseAddrPort(s) {
			t.Errorf("%q is %v", s, ap)
		}
		if i := strings.LastIndexByte(s, ':'); a.Host() != strings.Trim(s[:i], "[]") || fmt.Sprint(a.Port()) != s[i+1:] {
			t.Errorf("%q is host %q, port %d", s, a.Host(), a.Port())
		}
	}
	for why, s := range map[string]string{
		"empty":                 "",
		"no port":               "192.0.2.1",
		"empty port":            "192.0.2.1:",
		"empty host":            ":7000",
		"port 0":                "192.0.2.1:0",
		"port too high":         "192.0.2.1:65536",
		"port with zero":        "192.0.2.1:07000",
		"port with sign":        "192.0.2.1:+700",
		"port by name":          "192.0.2.1:http",
		"IPv6 bare":             "2001:db8::1:7000",
		"IPv6 without port":     "[2001:db8::1]",
		"IPv6 long":             "[2001:db8:0:0:0:0:0:1]:7000",
		"IPv6 upper case":       "[2001:DB8::1]:7000",
		"IPv6 with zone":        "[fe80::1%eth0]:7000",
		"IPv4 in IPv6":          "[::ffff:192.0.2.1]:7000",
		"IPv4 in brackets":      "[192.0.2.1]:7000",
		"name in brackets":      "[localhost]:7000",
		"open bracket":          "[2001:db8::1:7000",
		"IPv4 with zero":        "192.0.2.01:7000",
		"IPv4 short":            "192.0.2:7000",
		"IPv4 as one number":    "3221225985:7000",
		"IPv4 in hexadecimal":   "0xc0000201:7000",
		"IPv4 too high":         "192.0.2.256:7000",
		"name ending in digits": "example.123:7000",
		"unspecified":           "0.0.0.0:7000",
		"unspecified IPv6":      "[::]:7000",
		"multicast":             "224.0.0.1:7000",
		"multicast IPv6":        "[ff02::1]:7000",
		"broadcast":             "255.255.255.255:7000",
		"upper case":            "Line.example.org:7000",
		"trailing dot":          "line.example.org.:7000",
		"empty label":           "line..org:7000",
		"hyphen first":          "-line.org:7000",
		"hyphen last":           "line-.org:7000",
		"underscore":            "_line.org:7000",
		"not ASCII":             "lïne.org:7000",
		"label too long":        label + "a.org:7000",
		"name too long":         label + "." + label + "." + label + "." + label[:62] + ":7000",
		"space":                 "192.0.2.1 :7000",
		"user":                  "me@line.org:7000",
		"scheme":                "udp://line.org:7000",
		"line feed":             "192.0.2.1:7000\n",
		"escape":                "line.org\x1b[2J:7000",
	} {
		_, err := ParseAddress(s)
		if err == nil {
			t.Errorf("%s: %q is taken for an address", why, s)
			continue
		}
		if r := wantRefusal(t, err, ErrAddress); r.Hint() == "" {
			t.Error("no hint")
		}
	}
}

func TestEndpoints(t *testing.T) {
	for s, want := range map[string]Endpoint{
		"192.0.2.1:7000":       {"192.0.2.1:7000", false},
		"192.0.2.1:7000,roams": {"192.0.2.1:7000", true},
		"roams":                {"", true},
	} {
		if e, err := ParseEndpoint(s); err != nil || e != want || e.String() != s {
			t.Errorf("%q is %+v (%v), want %+v", s, e, err, want)
		}
	}
	for _, s := range []string{"", ",roams", "fixed", "roams,roams", "192.0.2.1:7000,Roams", "192.0.2.1:7000,roams,roams"} {
		if e, err := ParseEndpoint(s); err == nil {
			t.Errorf("%q is taken for %+v", s, e)
		}
	}
}

func TestParsePaths(t *testing.T) {
	ps, err := ParsePaths([]string{"fibre=192.0.2.1:7000", "mobile=roams"})
	if err != nil || len(ps) != 2 || ps[1] != (OwnPath{2, "mobile", Endpoint{"", true}}) {
		t.Errorf("%+v, %v", ps, err)
	}
	_, err = ParsePaths([]string{"192.0.2.1:7000"})
	wantRefusal(t, err, ErrTerms)
	_, err = ParsePaths([]string{"fibre=192.0.2.1"})
	wantRefusal(t, err, ErrAddress)
	_, err = ParsePaths(make([]string, MaxPaths+1))
	wantRefusal(t, err, ErrTerms)

	inv := agreedPair(t).n.Accord.Invite
	ends, err := inv.ParseEnds([]string{"satellite=roams", "fibre=192.0.2.7:7000"})
	if err != nil || !maps.Equal(ends, map[uint8]Endpoint{2: {"", true}, 1: {"192.0.2.7:7000", false}}) {
		t.Errorf("%+v, %v", ends, err)
	}
	for _, bad := range []string{"copper=192.0.2.7:7000", "Fibre=192.0.2.7:7000", "fibre"} {
		_, err = inv.ParseEnds([]string{bad})
		wantRefusal(t, err, ErrTerms)
	}
	_, err = inv.ParseEnds([]string{"fibre=192.0.2.7:7000", "fibre=192.0.2.8:7000"})
	wantRefusal(t, err, ErrTerms)
}

func TestWhatCannotBeOffered(t *testing.T) {
	h := newHome(t, "North")
	fixed := Endpoint{Address: "192.0.2.1:7000"}
	ok := []OwnPath{{1, "fibre", fixed}}
	var nine []OwnPath
	for n := range uint8(9) {
		nine = append(nine, OwnPath{n + 1, fmt.Sprint("path ", n), fixed})
	}
	for why, o := range map[string]InviteOptions{
		"no path":          {},
		"nine paths":       {Paths: nine},
		"number 0":         {Paths: []OwnPath{{0, "fibre", fixed}}},
		"number 9":         {Paths: []OwnPath{{9, "fibre", fixed}}},
		"falling numbers":  {Paths: []OwnPath{{2, "fibre", fixed}, {1, "copper", fixed}}},
		"one number twice": {Paths: []OwnPath{{1, "fibre", fixed}, {1, "copper", fixed}}},
		"one name twice":   {Paths: []OwnPath{{1, "fibre", fixed}, {2, "Fibre", fixed}}},
		"no address":       {Paths: []OwnPath{{1, "fibre", Endpoint{}}}},
		"bad address":      {Paths: []OwnPath{{1, "fibre", Endpoint{"192.0.2.1", false}}}},
		"unknown profile":  {Paths: ok, Terms: Terms{Profile: "Standard"}},
		"unknown hold":     {Paths: ok, Terms: Terms{HoldBack: "none"}},
		"unknown rule":     {Paths: ok, Terms: Terms{Disclosure: "never"}},
		"expired accord":   {Paths: ok, Terms: Terms{Expires: DateOf(noon.AddDate(0, 0, -1))}},
		"negative days":    {Paths: ok, Days: -1},
		"too many days":    {Paths: ok, Days: 366},
	} {
		_, _, err := h.Invite(noon, o)
		if err == nil {
			t.Errorf("%s: no error", why)
			continue
		}
		wantRefusal(t, err, ErrTerms)
	}
	for why, o := range map[string]InviteOptions{
		"unprintable path": {Paths: []OwnPath{{1, "fi\x1bbre", fixed}}},
		"nameless path":    {Paths: []OwnPath{{1, "", fixed}}},
		"long path name":   {Paths: []OwnPath{{1, strings.Repeat("x", MaxPathName+1), fixed}}},
		"unprintable for":  {Paths: ok, For: "So\u202euth"},
	} {
		_, _, err := h.Invite(noon, o)
		if err == nil {
			t.Errorf("%s: no error", why)
			continue
		}
		wantRefusal(t, err, ErrName)
	}
	if open, err := h.Invites(); err != nil || len(open) != 0 {
		t.Errorf("refused, but %d invites are there (%v)", len(open), err)
	}
}

func TestWhatCannotBeAnswered(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{Paths: []OwnPath{
		{1, "fibre", Endpoint{Address: "192.0.2.1:7000"}}, {2, "satellite", Endpoint{Address: "192.0.2.1:7000"}}, {5, "mobile", Endpoint{Roams: true}},
	}})
	good := map[uint8]Endpoint{1: {Address: "198.51.100.1:7000"}, 2: {Roams: true}, 5: {Address: "198.51.100.1:7001"}}
	m := maps.Clone(good)
	m[5] = Endpoint{Roams: true}
	if _, _, err := p.south.Accept(noon, p.invite, AcceptOptions{Ends: m}); err == nil || !strings.Contains(err.Error(), "path 5 (mobile)") || !strings.Contains(err.Error(), "no address at either end") {
		t.Errorf("error %v does not say which path has no address", err)
	}
	for why, change := range map[string]func(map[uint8]Endpoint){
		"an end is missing":       func(m map[uint8]Endpoint) { delete(m, 2) },
		"an end too many":         func(m map[uint8]Endpoint) { m[3] = Endpoint{Roams: true} },
		"no address":              func(m map[uint8]Endpoint) { m[1] = Endpoint{} },
		"bad address":             func(m map[uint8]Endpoint) { m[1] = Endpoint{Address: "x"} },
		"both roam, no address":   func(m map[uint8]Endpoint) { m[5] = Endpoint{Roams: true} },
		"the inviter's address":   func(m map[uint8]Endpoint) { m[1] = Endpoint{Address: "192.0.2.1:7000"} },
		"two paths with one pair": func(m map[uint8]Endpoint) { m[2] = m[1] },
	} {
		m := maps.Clone(good)
		change(m)
		_, _, err := p.south.Accept(noon, p.invite, AcceptOptions{Ends: m})
		if err == nil {
			t.Errorf("%s: no error", why)
			continue
		}
		wantRefusal(t, err, ErrTerms)
	}
	if lines, err := p.south.Lines(); err != nil || len(lines) != 0 {
		t.Errorf("refused, but %d lines are there (%v)", len(lines), err)
	}
	_, l, err := p.south.Accept(noon, p.invite, AcceptOptions{Ends: good})
	if err != nil {
		t.Fatal(err)
	}
	if ps := l.Paths(); len(ps) != 3 || ps[2].Number != 5 || ps[2].Of(false) != good[5] || !ps[2].Of(true).Roams {
		t.Errorf("paths %+v", ps)
	}
}
