package e2e

import (
	"encoding/binary"
	"errors"
	"maps"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// A packet is one UDP datagram seen on the loopback interface.
type packet struct {
	From, To uint16 // ports
	Size     int    // bytes of payload
}

// A capture listens on the loopback interface, outside of every process of ours.
type capture struct{ fd int }

const (
	etherAll     = 0x0003 // ETH_P_ALL
	outgoing     = 4      // PACKET_OUTGOING: the loopback shows every packet twice
	protocolUDP  = 17
	captureRoom  = 8 << 20 // bytes, of the socket's buffer
	headerIPv6   = 40
	headerUDP    = 8
	captureDepth = 64 // bytes of a packet that are looked at
)

func startCapture(t *testing.T) *capture {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, int(swap(etherAll)))
	if errors.Is(err, syscall.EPERM) {
		t.Fatal("capturing packets needs root (or CAP_NET_RAW): run the browser tests as root")
	}
	check(t, err)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	check(t, syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, captureRoom))
	check(t, syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 100_000}))
	const loopback = 1 // the index of lo, in every network namespace
	check(t, syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: swap(etherAll), Ifindex: loopback}))
	return &capture{fd}
}

// listen collects the UDP datagrams that leave or reach one of the ports during d.
func (c *capture) listen(t *testing.T, d time.Duration, ports []uint16) []packet {
	t.Helper()
	var all []packet
	buf := make([]byte, captureDepth)
	for end := time.Now().Add(d); time.Now().Before(end); {
		n, from, err := syscall.Recvfrom(c.fd, buf, 0)
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
			continue
		}
		check(t, err)
		if sender, ok := from.(*syscall.SockaddrLinklayer); !ok || sender.Pkttype == outgoing {
			continue
		}
		if p, ok := parseUDP(buf[:n]); ok && (slices.Contains(ports, p.From) || slices.Contains(ports, p.To)) {
			all = append(all, p)
		}
	}
	return all
}

// parseUDP reads the ports and the size of an IPv4 or IPv6 packet that carries UDP.
func parseUDP(b []byte) (packet, bool) {
	if len(b) == 0 {
		return packet{}, false
	}
	var header int
	var protocol byte
	switch {
	case b[0]>>4 == 4 && len(b) >= 20:
		header, protocol = int(b[0]&15)*4, b[9]
	case b[0]>>4 == 6 && len(b) >= headerIPv6:
		header, protocol = headerIPv6, b[6]
	}
	if protocol != protocolUDP || len(b) < header+headerUDP {
		return packet{}, false
	}
	udp := b[header:]
	return packet{
		From: binary.BigEndian.Uint16(udp),
		To:   binary.BigEndian.Uint16(udp[2:]),
		Size: int(binary.BigEndian.Uint16(udp[4:])) - headerUDP,
	}, true
}

func swap(n uint16) uint16 { return n<<8 | n>>8 }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(os.NewSyscallError("capture", err))
	}
}

// linePorts are the UDP ports from which the two stations send to each other.
func (p *pair) linePorts(t *testing.T) []uint16 {
	t.Helper()
	var ports []uint16
	for _, page := range []*tab{p.North, p.South} {
		for _, path := range page.status().Lines[0].Paths {
			local, err := netip.ParseAddrPort(path.Local)
			if err != nil {
				t.Fatal(err)
			}
			ports = append(ports, local.Port())
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// sizes counts the datagrams by their size.
func sizes(all []packet) map[int]int {
	count := map[int]int{}
	for _, p := range all {
		count[p.Size]++
	}
	return count
}

// Who listens on the wire sees one size and one cadence, whether the line is idle,
// rings or carries two voices.
func TestCaptureShowsOneSize(t *testing.T) {
	const watch = 3 * time.Second
	p := startPair(t)
	c := startCapture(t)
	ports := p.linePorts(t)
	seen := map[string]map[int]int{}
	states := []string{"idle", "ringing", "speech", "muted", "ended"}
	for _, state := range states {
		switch state {
		case "ringing":
			p.North.press("Call")
			p.North.waitStatus("Ringing")
		case "speech":
			p.South.press("Answer")
			p.inCall()
			p.speaking()
		case "muted":
			p.North.press("Mute")
			p.South.press("Mute")
		case "ended":
			p.North.press("Hang up")
			p.South.waitStatus("Call ended")
		}
		c.drain(t)
		seen[state] = sizes(c.listen(t, watch, ports))
	}
	idle := seen["idle"]
	if len(idle) != 1 {
		t.Fatalf("an idle line shows %v (size: datagrams), wanted one size", idle)
	}
	for _, state := range states {
		t.Logf("%s: %v (size: datagrams in %v)", state, seen[state], watch)
		if !slices.Equal(slices.Collect(maps.Keys(seen[state])), slices.Collect(maps.Keys(idle))) {
			t.Errorf("%s shows sizes %v, idle shows %v", state, seen[state], idle)
		}
		for size, n := range seen[state] {
			if want := idle[size]; n < want*97/100 || n > want*103/100 {
				t.Errorf("%s shows %d datagrams in %v, idle shows %d", state, n, watch, want)
			}
		}
	}
}

// drain throws away what was captured so far.
func (c *capture) drain(t *testing.T) {
	t.Helper()
	buf := make([]byte, captureDepth)
	for {
		_, _, err := syscall.Recvfrom(c.fd, buf, syscall.MSG_DONTWAIT)
		if errors.Is(err, syscall.EAGAIN) {
			return
		}
		check(t, err)
	}
}
