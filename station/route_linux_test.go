package station

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"syscall"
	"testing"
)

func TestParseRoute(t *testing.T) {
	if w, err := wayTo(netip.IPv6Unspecified(), netip.IPv6Loopback()); err != nil && !errors.Is(err, syscall.ENETUNREACH) || err == nil && w.device != "lo" {
		t.Errorf("to IPv6 loopback: %+v, %v", w, err)
	}
	refused := routeRequest(netip.IPv4Unspecified(), netip.MustParseAddr("198.51.100.1"))
	if _, err := parseRoute(refused[:len(refused)-4]); err == nil {
		t.Error("a reply that is cut short was understood")
	}
	none, _ := hex.DecodeString("240000000200000000000000000000009bffffff1c0000001a00010000000000" + "00000000")
	if _, err := parseRoute(none); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("the kernel's refusal was read as %v", err)
	}
}

// FuzzRoute: whatever comes back from the kernel, or from what claims to be it.
func FuzzRoute(f *testing.F) {
	f.Add(routeRequest(netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")))
	f.Add(routeRequest(netip.IPv6Unspecified(), netip.MustParseAddr("2001:db8::1")))
	f.Fuzz(func(t *testing.T, reply []byte) {
		if w, err := parseRoute(reply); err == nil && w.device == "" {
			t.Errorf("a route through nothing: %+v", w)
		}
	})
}
