package udp

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// A literal address must not wait for a resolver: here there is none to wait for.
func TestLiteralsNeedNoResolver(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct{ in, want string }{
		{"192.0.2.1:4400", "192.0.2.1:4400"},
		{"[2001:db8::1]:4400", "[2001:db8::1]:4400"},
		{"[fe80::1%lo]:1", "[fe80::1%lo]:1"},
		{"[::ffff:192.0.2.1]:65535", "192.0.2.1:65535"},
	} {
		if got, err := Resolve(ended, c.in); err != nil || got.String() != c.want {
			t.Errorf("%s is %v, want %s; error %v", c.in, got, c.want, err)
		}
	}
	if _, err := Resolve(ended, "name.invalid:4400"); err == nil {
		t.Error("a name was resolved after its context ended")
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, c := range []struct{ in, found string }{
		{"192.0.2.1", "not of the form host:port"},
		{":4400", "not of the form host:port"},
		{"2001:db8::1:4400", "not of the form host:port"},
		{"192.0.2.1:0", `port "0" is not a number from 1 to 65535`},
		{"192.0.2.1:65536", `port "65536" is not`},
		{"192.0.2.1:ssh", `port "ssh" is not`},
		{"192.0.2.1:+1", `port "+1" is not`},
		{"0.0.0.0:4400", "0.0.0.0 is not the address of one host"},
		{"[::]:4400", ":: is not the address of one host"},
		{"224.0.0.1:4400", "224.0.0.1 is not the address of one host"},
		{"[::ffff:239.1.1.1]:4400", "239.1.1.1 is not the address of one host"},
		{"[ff02::1%lo]:4400", "ff02::1%lo is not the address of one host"},
		{"255.255.255.255:4400", "255.255.255.255 is not the address of one host"},
	} {
		_, err := Resolve(t.Context(), c.in)
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Found, c.found) || e.Action == "" || e.Name != c.in {
			t.Errorf("%s: the error is %v, want %q", c.in, err, c.found)
		}
	}
}

func TestResolveForWantsTheSameFamily(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
	for _, c := range []struct {
		local netip.Addr
		to    string
		ok    bool
	}{
		{four, "192.0.2.1:4400", true},
		{six, "[2001:db8::1]:4400", true},
		{four, "[2001:db8::1]:4400", false},
		{six, "192.0.2.1:4400", false},
		{netip.IPv4Unspecified(), "localhost:4400", true},
	} {
		got, err := ResolveFor(t.Context(), c.local, c.to)
		if (err == nil) != c.ok {
			t.Errorf("from %v to %s: %v, %v", c.local, c.to, got, err)
		}
		if err == nil && got.Addr().Is4() != c.local.Is4() {
			t.Errorf("from %v to %s: %v is of the other family", c.local, c.to, got)
		}
	}
}
