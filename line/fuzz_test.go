package line

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"ringdown/wire"
)

// FuzzReceive gives an open line what a network and a far station that owns the keys can:
// raw bytes, and any plaintext sealed under the pair's keys or the session's. The line
// keeps its cadence, holds what it holds, and is open again at the latest when the
// far station has said that it starts anew.
func FuzzReceive(f *testing.F) {
	seed := newWorld(f, wire.Standard, 2, 1)
	recorded := seed.record()
	seed.begin()
	for _, p := range (*recorded)[:8] {
		f.Add(uint8(0), p.bytes)
	}
	far := seed.ends[1].line
	for i := range 4 {
		for _, b := range forge(far, i) {
			_, plain := openAny(seed.ends[0].line, i%2, b)
			f.Add(uint8(1+i%2), plain)
			f.Add(uint8(3+i%2), plain)
		}
	}
	f.Fuzz(func(t *testing.T, how uint8, b []byte) {
		w := newWorld(t, wire.Standard, 2, 1)
		w.begin()
		near, far := w.ends[0], w.ends[1].line
		near.line.rekeyAt = 0
		w.run(100 * time.Millisecond) // a handshake is under way
		d, path := b, how%2
		if e := [...]*epoch{nil, far.keys.current, far.keys.pair}[how%6/2]; e != nil {
			plain := make([]byte, near.cfg.Profile.Plain())
			copy(plain, b)
			plain[0] = far.paths[path].Number | byte(far.from)
			d = make([]byte, near.cfg.Profile.Size)
			if err := e.sealers[path].Seal(d, plain); err != nil {
				t.Fatal(err)
			}
		}
		near.line.Receive(w.now, 1+path, address(1, 1+int(path)), d)
		near.sent = nil
		w.run(2 * time.Second)
		if n := len(near.sent); n != 200 {
			t.Fatalf("%d datagrams in 2 s, want 200", n)
		}
		w.ends[1].start()
		if took, ok := w.until(10*time.Second, w.open); !ok {
			t.Fatalf("not open %v after the far station started anew", took)
		}
	})
}

// openAny opens a datagram under whatever keys a line has.
func openAny(l *Line, i int, d []byte) (*epoch, []byte) {
	e, plain := l.unseal(i, d)
	return e, slices.Clone(plain)
}

// FuzzParameters: what is accepted has one encoding.
func FuzzParameters(f *testing.F) {
	for _, p := range []parameters{{incarnation: 1}, {incarnation: 1 << 60, digest: [32]byte{1}, final: []byte("signature")}} {
		f.Add(p.encode(), true)
		f.Add(p.encode(), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, first bool) {
		p, err := parseParameters(b, first)
		if err != nil {
			return
		}
		if !bytes.Equal(p.encode(), b) {
			t.Errorf("%x decodes, and encodes to %x", b, p.encode())
		}
		if len(p.final) > 0 && !first {
			t.Errorf("a final signature is taken from the second party")
		}
	})
}

// FuzzAssembly: pieces in any order make the same bytes as a plain array, and only
// whole flights are let through.
func FuzzAssembly(f *testing.F) {
	f.Add([]byte{0, 3, 2, 3, 0, 5, 4, 1})
	f.Fuzz(func(t *testing.T, pieces []byte) {
		stream := make([]byte, maxFlights)
		for i := range stream {
			stream[i] = byte(i * 7 / 3)
		}
		var a assembly
		have := make([]bool, maxFlights)
		for ; len(pieces) >= 2; pieces = pieces[2:] {
			from := int(pieces[0]) * 23
			to := from + int(pieces[1])
			if to > maxFlights {
				if a.put(from, make([]byte, to-from)) {
					t.Fatalf("%d to %d is taken", from, to)
				}
				continue
			}
			if !a.put(from, stream[from:to]) {
				t.Fatalf("%d to %d is refused", from, to)
			}
			for i := from; i < to; i++ {
				have[i] = true
			}
		}
		whole := slices.Index(have, false)
		if a.whole != max(whole, 0) || !bytes.Equal(a.bytes[:a.whole], stream[:a.whole]) {
			t.Errorf("%d bytes are whole, want %d", a.whole, whole)
		}
	})
}

// FuzzExchange gives a server what a client that owns the pair's keys can: any
// flights. It never finishes, names the fault, and leaves no goroutine.
func FuzzExchange(f *testing.F) {
	w := newWorld(f, wire.Standard, 1, 1)
	for _, e := range w.ends {
		e.start()
	}
	client := w.ends[0].line.newExchange(1)
	client.prepare(nil)()
	client.collect()
	f.Add(slices.Clone(client.out), uint16(0), uint8(0))
	f.Add(slices.Clone(client.out), uint16(100), uint8(1))
	client.abandon()
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip uint8) {
		if len(b) > 0 {
			b[int(at)%len(b)] ^= flip
		}
		hs := handshake{x: w.ends[1].line.newExchange(1)}
		defer hs.x.abandon()
		if !hs.in.put(0, b[:min(len(b), maxFlights)]) {
			t.Fatal("refused")
		}
		flights, ok := hs.flights()
		if !ok || len(flights) == 0 {
			return
		}
		hs.x.prepare(flights)()
		if !hs.x.collect() || hs.x.done {
			t.Error("a handshake is done that nobody has proved himself in")
		}
	})
}
