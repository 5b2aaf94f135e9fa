//go:build unix

package udp

import (
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// What one datagram of 320 bytes costs to send and to receive, over loopback. It is
// counted in time of a processor, so that it means the same on a busy machine:
// the limit that it gives is of one core that does nothing else.
func BenchmarkSendReceive(b *testing.B) {
	for _, bench := range []struct {
		name  string
		addr  netip.AddrPort
		batch int
	}{
		{"unbatched/IPv4", loopback4, 1}, {"batched/IPv4", loopback4, MaxBatch},
		{"unbatched/IPv6", loopback6, 1}, {"batched/IPv6", loopback6, MaxBatch},
	} {
		b.Run(bench.name, func(b *testing.B) {
			from, to := listen(b, bench.addr), listen(b, bench.addr)
			out, in := newLoad(bench.batch, 320, to.LocalAddr()), newLoad(MaxBatch, 700, netip.AddrPort{})
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				roundTrip(b, from, to, out, in)
			}
			per := float64((processorTime(b) - before).Nanoseconds()) / float64(b.N*bench.batch)
			b.ReportMetric(per, "cpu-ns/datagram")
			b.ReportMetric(1e9/per, "datagrams/core-s")
		})
	}
}

// processorTime is what this process has used so far, in the kernel too.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
