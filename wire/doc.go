// Package wire is what crosses a line between two stations: every byte of every
// datagram, and the keys it is sealed under. This comment is the specification,
// version 1; the other side could be written from it. How the stations take
// turns with it (knocking, handshakes, roaming, holding voice) is package line.
//
// All numbers are big-endian. A byte that is not said to be anything is zero and
// is checked. Each thing has one encoding: what could have been written in
// another way is refused.
//
// # The datagram
//
// Everything ever sent between two stations is a datagram of exactly the size
// that the accord's profile names, whatever it carries:
//
//	standard 320 bytes every 20 ms · wide 640 bytes every 20 ms · thin 320 bytes every 60 ms
//
//	 0       8           20                             size-16          size
//	 ┌───────┬───────────┬──────────────────────────────┬────────────────┐
//	 │ label │   nonce   │          ciphertext          │      tag       │
//	 │   8   │    12     │          size - 36           │       16       │
//	 └───────┴───────────┴──────────────────────────────┴────────────────┘
//
// It is sealed with AES-256-GCM. The nonce is random, made inside the cipher, so
// that no restored snapshot and no lost counter makes the same one again; the label
// is the additional data. The label is fixed for a path and a direction: it finds
// the line and the path in one look-up. Under the seal:
//
//	0                  20              30                       size-36
//	┌──────────────────┬───────────────┬────────────────────────┐
//	│   path header    │ frame header  │          body          │
//	│ differs by path  │ the same on every path of a tick       │
//	└──────────────────┴───────────────┴────────────────────────┘
//
// A frame is sealed once for each path. The same sealed bytes on two paths would
// let whoever reads one of them speak on the other.
//
// # Keys
//
// HKDF is RFC 5869 with SHA-256. P is the pair's secret (32 bytes), D the digest
// of the accord (32 bytes), d the direction (one byte: 0x00 sent by the accord's
// first party, 0x80 by its second), n the number of the path (one byte, 1 to 8).
// A string is its ASCII bytes, | puts one behind the other.
//
//	root      = HKDF-Extract(salt = D, secret = P)
//	label     = HKDF-Expand(root, "ringdown/1 label" | d | n, 8)
//	start key = HKDF-Expand(root, "ringdown/1 start" | d | n, 32)
//
//	E         = TLS-Exporter("EXPORTER-ringdown/1", context = D, 32)
//	salt      = HKDF-Expand(root, "ringdown/1 traffic", 32)
//	secret    = HKDF-Extract(salt, secret = E)
//	key       = HKDF-Expand(secret, "ringdown/1 datagram" | d | n, 32)
//
// Every path and direction has its own key. Start keys seal knocks and the first
// handshake. They have no forward secrecy, they are the same in every run, and who
// replays what they sealed proves nothing; so a body under them begins with a hello
// and holds a handshake chunk beside it at most, and counts only if its attempt is
// new. Traffic keys belong to an epoch, which is one completed TLS handshake, and
// need both the pair's secret and the handshake to be known. The TLS server seals
// under an epoch once its own handshake is complete (not before: it has secrets
// before it knows the client, RFC 9001, section 5.7), the client once it has opened a
// datagram of that epoch. Epochs have no number on the wire: a receiver tries the
// keys it holds.
//
// A key seals a bounded number of datagrams ([TrafficLimit], [StartLimit]), far
// below the 2^32 that NIST SP 800-38D, section 8.3, allows for random nonces. The
// number of forgeries that a receiver may refuse before AES-GCM weakens (2^52:
// RFC 9001, section 6.6) is out of reach: a century at a million a second.
//
// # Path header
//
//	0      1                 7        9        11     12                         20
//	┌──────┬─────────────────┬────────┬────────┬──────┬──────────────────────────┐
//	│ path │     counter     │  echo  │  hold  │ kind │           word           │
//	└──────┴─────────────────┴────────┴────────┴──────┴──────────────────────────┘
//
// Its fields:
//
//   - path: number of the path in the low 7 bits, direction in the high bit. Both
//     must be those of the label.
//   - counter: rises by one with each datagram sent on this path in this direction,
//     whatever the key; 1 is the first of an incarnation of the sender. Under one key
//     each is accepted once ([Window], RFC 4303, section 3.4.3). Holes in it are the
//     path's loss; the instants at which it should have come, its spread.
//   - echo: low 16 bits of the highest counter heard on this path.
//   - hold: time since that datagram came, in 16 µs. The round trip is the time
//     since the echoed counter was sent, less hold. 0xffff says that nothing was
//     heard for a second; then echo is 0.
//   - kind and word: one of the following, in turn.
//
// The words:
//
//	1 report     state 1 │ loss 2, permille │ spread 2, 100 µs │ zero 3
//	2 clock      the sender's clock, Unix milliseconds UTC, below 2^48
//	3 challenge  8 random bytes, to an address that a roaming path might move to
//	4 response   the 8 bytes of the challenge that came on this path
//
// A report is how the path arrives at its sender: loss (0 to 1000) and spread over
// the last seconds, and its state: 1 knocking, 2 up, 3 silent, 4 resting.
//
// # Frame header
//
//	0                 6            10
//	┌─────────────────┬────────────┐
//	│  frame number   │ sig. echo  │
//	└─────────────────┴────────────┘
//
// Its fields:
//
//   - frame number: of the sender's tick. It times the length of a tick is the
//     sender's own time, so a tick that was missed is counted too. Copies of a frame
//     are matched by it: the first to arrive is acted on, the others only measure
//     their path.
//   - signal echo: version of the newest signal heard; 0 for none.
//
// # Body
//
// Chunks, one behind the other, then zeros to the end of the body. The first byte
// of a chunk is its kind; kind 0 is where the zeros begin. Chunks stand in rising
// order of kind; voice of different talkers in rising order of talker;
// acknowledgements and data of different streams in rising order of stream. There
// may be several voice chunks of a talker, and several data chunks of a stream:
// each begins where the one before ended or further on, and together they span
// less than half of the numbers there are before they wrap. Of everything else
// there is one.
//
// Signal, 43 bytes: the latest state of the sender's side of the call, at every
// tick until its version is echoed.
//
//	0   1         5          21     22       23        24      25     31     37      43
//	┌───┬─────────┬──────────┬──────┬────────┬─────────┬───────┬──────┬──────┬───────┐
//	│ 1 │ version │ call id  │ step │ reason │ ringing │ ready │ at 0 │ at 1 │ at 2  │
//	└───┴─────────┴──────────┴──────┴────────┴─────────┴───────┴──────┴──────┴───────┘
//
// The version is at least 1 and rises with each change within an incarnation; an
// older one than was heard is ignored. Steps: 0 none, 1 calling, 2 reached,
// 3 ringing, 4 active, 5 held, 6 ended; plus 128 where the call is a drill. Reasons,
// with held and ended only: 0 none, 1 hung up, 2 declined, 3 no answer, 4 nobody
// ready, 5 not reached, 6 cancelled, 7 console lost, 8 line lost, 9 station
// restarted, 10 station stopping, 11 suspended, 12 interrupted (of a drill only).
// Times are the sender's, in Unix milliseconds UTC: its first step in this call,
// answered, ended or held; 0 has not happened. A call id of zero is no call: then
// all but ready is zero. See [Signal].
//
// Hello, 25 bytes: which attempt of each side the datagram belongs to. Alone under
// a start key it is a knock.
//
//	0   1                 9            13                21           25
//	┌───┬─────────────────┬────────────┬─────────────────┬────────────┐
//	│ 2 │ own incarnation │ own number │ far incarnation │ far number │
//	└───┴─────────────────┴────────────┴─────────────────┴────────────┘
//
// Own attempts strictly rise and are made durable before they are sent, so what
// is replayed is known to be old. Incarnations begin at 1; a far attempt of zero
// says that none was accepted yet.
//
// Handshake, 7 bytes and more, behind a hello: a piece of the TLS handshake.
//
//	0   1        3          5        7
//	┌───┬────────┬──────────┬────────┬───────┄
//	│ 3 │ offset │ received │ length │ bytes
//	└───┴────────┴──────────┴────────┴───────┄
//
// Each side has one handshake stream an attempt, at most 16,384 bytes: what TLS
// wants sent (RFC 9001, section 4.1.3), each time as a flight: level (one byte: 0
// initial, 2 handshake, 3 application), length (two bytes), bytes. Received
// acknowledges the far stream up to its first gap. Without bytes the offset is 0.
//
// Voice: packets of one talker with consecutive numbers, one codec and one size.
//
//	0   1              2       4      5               6
//	┌───┬──────┬───────┬───────┬──────┬───────┬───────┬──────┬─────────┄
//	│ 4 │talker│ codec │ first │ size │ count │ age n │ ages │ packets
//	└───┴──────┴───────┴───────┴──────┴───────┴───────┴──────┴─────────┄
//	      4 bit  4 bit                  4 bit   4 bit   4 bit each
//
// Talkers are numbered from 0; the profile says how many a side may have, and the
// voice of others is ignored. Codecs: 1 Opus, 2 PCMU, 3 PCMA, of 20 ms each. First is the low 16 bits of the number
// of the first packet; numbers rise by one with each packet of a talker. The age
// of a packet is how many frames before this one it was first sent, 0 to 15: it
// names the instant at which a receiver that holds voice lets the packet go,
// whichever copy of it arrives. The age of the last packet stands first, that of
// the first packet last; an odd half byte is zero. No packet is older than the one
// before it. A packet is sent again as long as there is room, for 200 ms at most,
// and never on request. With four Opus packets the chunk takes 248 bytes of 254.
//
// Acknowledgement: what of a stream has been received.
//
//	0   1                 2            3          6
//	┌───┬────────┬────────┬────────────┬──────────┬─────┬────────┬───────┄
//	│ 5 │ stream │ ranges │ duplicates │ received │ gap │ length │ …
//	└───┴────────┴────────┴────────────┴──────────┴─────┴────────┴───────┄
//	      4 bit    4 bit                             3       3
//
// Streams: 1 entries, 2 bulk. Received is the position up to which nothing is
// missing. Then up to 15 ranges beyond it: so many bytes of which nothing is said
// (at least 1), so many received (at least 1). Duplicates counts, modulo 256, the data chunks that
// brought nothing new, so that the sender learns when it repeats too early. It is
// sent when there is something new to say, and a few times more because it may get
// lost; an idle stream takes no room.
//
// Data: a piece of a stream.
//
//	0   1        ┄        3        6
//	┌───┬────────┬────────┬────────┬───────┄
//	│ 6 │ stream │ length │ offset │ bytes
//	└───┴────────┴────────┴────────┴───────┄
//	      4 bit    12 bit
//
// A stream is a sequence of messages, each of 1 to 65,536 bytes and preceded by its
// length less 1 in two bytes. Positions count its bytes from 0 and are sent as
// their low 24 bits; nobody sends more than 65,536 bytes beyond what was
// acknowledged, so the receiver knows which position is meant, refuses what lies
// further, and needs no more memory than that and one message. Streams begin
// anew with a new incarnation of either side.
//
// # What a receiver does
//
//   - Label unknown, size not the profile's, or it does not open under any key that
//     the path has: dropped. Nothing is answered, counted only.
//   - It opens, but its counter was seen: dropped.
//   - It opens, but something in it breaks this specification ([MalformedError]): the
//     far station is faulty or hostile. Nothing of the datagram is acted on.
//   - Its frame was seen on another path: it measures its own path, no more.
//
// # What it does not protect
//
// That two addresses exchange datagrams, and when each begins and stops. Labels
// tell an observer which datagrams belong to one path and direction of a line, for
// as long as the accord lives. A far station that keeps to the format may still
// lie in every field.
//
// # What is fixed, and what was chosen
//
// Fixed by the standards: the sizes of nonce and tag, 2^32, the exporter. Chosen:
// the sizes and cadences of the profiles; the 48 bits of counters (a hundred
// thousand years); 24 bits of position (ten minutes of a full wide line before
// they wrap, against a window of seconds); the limits of a chunk, which follow
// from the largest body of 574 bytes; the size of the window (at least 1,024).
//
// Models: RFC 9001 (TLS inside another transport's packets), the WireGuard paper
// (silence towards strangers, one window a receiver), RFC 9347 (constant size and
// rate), and quic-go and wireguard-go for how to keep it small.
package wire
