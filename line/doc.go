// Package line is one end of the standing link between two stations: which keys
// it speaks under, which paths it uses, what goes into each datagram, and what is
// believed of what arrives. It is a pure core: bytes and the time go in, bytes
// and decisions come out. It opens no socket, reads no clock, and starts no
// goroutine, but the one that crypto/tls keeps for a handshake and that it always
// ends.
//
// What stands in a datagram is package wire's; here is when it is sent, and what
// the receiver does with it.
//
// # Cadence
//
// A line has a grid of instants, a tick apart, placed within the tick by its own
// slot. Everything it ever sends leaves at an instant of the grid, at most one
// datagram a path, and all datagrams have one size. Whether one leaves depends on
// the state of the path and on nothing else: not on what is said, heard, agreed
// or refused. What does not fit into this tick waits for the next; what is not
// there is padding. If the loop comes late, the ticks it missed are left out and
// counted; they are never made up for.
//
// # Keys
//
// A datagram is sealed in one of two kinds of epoch, which look the same from
// outside. Labels do not change with epochs: a receiver tries the current, the
// next, the previous and the pair's keys, at most four.
//
//	pair     keys from the pair's secret and the accord's digest. They never change,
//	         so what opens under them may be a replay from any year: the rules of
//	         Knocking. Only a hello and a handshake may stand in the body.
//	session  keys from the pair's secret, the digest and a TLS handshake: from its
//	         exporter, once the handshake is complete on this side, never earlier (a
//	         server has secrets before it knows its client). All chunks.
//
// Each path of each epoch has a window of more than 1,024 counters in which each
// is accepted once (RFC 4303, 3.4.3; RFC 6479). A datagram is looked at in this
// order: size; keys; format, of the whole datagram; address; window. So what is
// forged, malformed or from elsewhere moves no window and spoils no honest copy.
//
// Session keys live 180 s; then the client begins a handshake inside the session.
// It tries again 30 s after one that failed, and after 720 s (three that were
// missed) the keys die on both sides and the line begins anew under the pair's.
// WireGuard (Donenfeld, NDSS 2017, 6.1) has 120 s and 180 s; it ends a session by
// traffic too, of which we have a constant rate: 720 s at 20 ms are 36,000
// datagrams a path, far below the limits of wire (NIST SP 800-38D, 8.3).
//
// New keys begin as in RFC 9001, 4.9 and 6: each side sends under them from its
// first proof that the other has them. The server has that proof with the
// client's Finished, so it sends under them as soon as TLS is done; the client
// with the first datagram that opens under them. The old ones open 5 s longer,
// counted from when the far station was heard under the new (RFC 9001, 6.5, says
// three probe timeouts): if one direction is lost at the very moment, the old
// keys are still there when it is back. Keys that were finished and never heard
// under are dropped for the next ones.
//
// # Knocking
//
// The accord's first party is the TLS client, the second the server. Everything
// under the pair's keys begins with a hello: the sender's attempt, and the far
// attempt that it hears. An attempt is an incarnation, raised for each run of the
// station, and a number that rises within it. (The idea is WireGuard's timestamp,
// section 5.1 of its paper; a number on disk needs no clock.)
//
//   - A station's numbers are reserved on disk in blocks of 4,096 before one of a
//     block is sent: a knock costs no write, and after a crash no number is used
//     again.
//   - A receiver hears one far attempt at a time. A datagram of that one is
//     accepted once, by the windows. One of a newer attempt than any ever
//     accepted is held, at most one for each path, until [Handler.Persist] has
//     made that attempt durable, and is acted on then; the newest wins, at most
//     one a second, and three at once. All else is dropped, and leaves no trace
//     but a count. So whatever was recorded gets no answer, in this run or any
//     later one. A datagram that was held back and never delivered can be played
//     once; it costs every second tick, for a few seconds, and nothing else.
//   - A station that hears nothing makes a new number every second, because the
//     far one may have begun anew since it accepted the last. One that is heard
//     keeps its number until the other runs anew, or a handshake has finished, or
//     it is not echoed for 2 s.
//   - When a handshake has finished, neither side hears an attempt any more: only
//     a newer one counts.
//
// The server asks for a handshake by being heard under the pair's keys. It is for
// this that a server without a session knocks; so does a client, because it may
// be the one that is found. (A hello that echoes our newest attempt is proof that
// it is fresh; nothing here needs it, because a new attempt is fresh by its
// number, and an address is proved by a challenge.)
//
// # Handshakes
//
// TLS 1.3 through [crypto/tls.QUICConn], its bytes as flights with their level,
// in pieces inside ordinary frames. X25519MLKEM768 only, one self-signed Ed25519
// certificate on each side, compared with the accord's key; no names, no dates,
// no tickets, no early data; ALPN "ringdown/1". The transport parameters
// (params.go) carry version, accord, incarnation and, from the client, the final
// signature. The far incarnation must be the one of the hello, or inside a
// session the session's. A fault has a name, and counts on the side that sees it;
// nothing of it is sent, and the other side sees a handshake that is not finished
// in time. Authenticity against a quantum computer rests on the pair's secret
// alone.
//
//   - A handshake is named by the client's attempt. One is pending at a time; a
//     newer one takes its place; at most one a second is begun or entered.
//   - A client begins one under the pair's keys when it has no session, or hears
//     the far station under the pair's keys; inside the session when it is time
//     for new keys.
//   - Pieces are sent over and over from what is acknowledged on. Under the
//     pair's keys each path has its own place in the flights, odd ones going
//     backwards, so that two paths halve the time and each alone is enough; such
//     frames are not matched between paths.
//   - Under the pair's keys a handshake is given up after 250 ticks (5 s at 20
//     ms), inside a session after 60 s: there it has only the room that voice
//     leaves. A working session is not touched until the new keys are confirmed.
//     While one under the pair's keys is pending and the session was heard within
//     a second, ticks alternate between the two; else all are the pair's.
//   - When a finished handshake names another incarnation than the last one did,
//     the far station runs anew: [Handler.FarRestarted], and its frames, signals
//     and streams begin from nothing.
//
// TLS and the making of keys run in [Handler.Offload]. What they find is taken in
// by [Line.Offloaded], and shows at the next tick.
//
// # Paths
//
//	unresolved ── address ──▶ knocking ──── heard ────▶ up ◀─ heard ──┐
//	                           ▲  ▲  ▲                  │ └─ 1 s ─▶ silent
//	                           │  │  └───── 30 s ───────┼─────────────┘
//	                           │ 60 s                   │ 90 % lost for 30 s
//	                           └─────── resting ◀───────┘
//
// A path knocks once a second, a tenth more or less, drawn for the line and this
// run. One authentic, fresh datagram from its address begins the cadence; 30 s
// without any end it (consent, RFC 7675, 5.1). A path that knocks while a session
// lives does so under the session's keys.
//
// A path whose datagrams the far station misses to 90 % for 30 s rests: it sends
// nothing for 60 s, then it knocks (RFC 8083's circuit breaker; we have no rate
// to lower). Only if another path is up and loses at most half; else it wakes at
// once. A call changes nothing of this: whoever spoils a path on purpose would learn
// from its rest that nobody speaks.
//
// A fixed path hears and sends to the one address that the accord names. The far
// end of a path marked as roaming may move:
//
//   - Authentic, fresh datagrams count from any address. If the one in use has
//     been silent for a second, or there is none, the new one is sent a
//     challenge, 8 random bytes, in every second datagram of the path: at most
//     three for each that came from it (RFC 9000, 8.1 and 8.2).
//   - The far station echoes the bytes. The path moves when they come from that
//     address.
//   - An authentic datagram from the address in use proves that it lives, even if
//     a copy came faster from elsewhere (RFC 9000, 9.3.3). One from the address
//     before, newer than any, takes the path back.
//   - A path that begins to knock does so at the accord's address, if there is
//     one.
//
// Loss and delay are measured in both directions: what arrives, from counters and
// frame numbers, here; what we send, by the far station's reports; the round trip
// from the echoed counter less the time it was held; the difference of the clocks
// from the far clock and half the round trip.
//
// # Frames
//
// A frame has the number of its tick. Copies are matched by it over all paths,
// the first wins. The room of a session's frame is given in this order: the
// signal, until it is echoed; new voice, and one repeat of it; a handshake, if
// one is pending, or else the streams' share; further repeats; the streams. At
// every fourth tick a handshake gets 64 bytes even before voice.
//
// # What is not protected
//
// That the line exists, when it starts, which of its paths are up, and when its
// ends move: that can be seen. Who holds the pair's secret and reads knocks sees
// when a station restarts. A far station that owns its keys may report what it
// likes of its own clock and of what arrives there, and so may let a path rest.
package line
