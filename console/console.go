// Package console is the side of a station that faces its own people: pages, API
// and events over HTTP and WebSocket, voice over WebRTC, and the same API over a
// local socket for the command line. What is asked and answered is specified in
// package api; this comment says who may ask, and how voice travels.
//
// # Two doors
//
// The local socket (a Unix socket, mode 0600) is for programs of the user who runs
// the station: to reach it is the right to use it. A request that names an Origin
// is refused there, because no web page has business with it.
//
// The web address is for browsers. On localhost it is plain HTTP, on both families
// of address; anywhere else it is TLS 1.3. Each request passes, in this order:
//
//  1. Host is one of the configured names, localhost, 127.0.0.1 or [::1], with the
//     port. So a foreign name that is made to resolve to this machine is refused.
//  2. Origin, where there is one, is the scheme and host that were asked. A
//     request that changes something, and every WebSocket, must have one.
//  3. Sec-Fetch-Site, where there is one, is none or same-origin; a person may come
//     from elsewhere only by a step to a page (GET, navigate).
//  4. The session cookie is of a living session, and that of a person who may do
//     something here. Else a page request is answered with how to get in, an API
//     request with 401; only the pages and requests to get in are open to all.
//  5. The person has a role that the table of rules names for this request, or for
//     this type of message; else 403, with the role that is needed. What the table
//     does not name is refused to everybody.
//
// # Getting in
//
// Persons log in with passkeys (package people). A challenge is bound to the cookie of
// the browser that asked for it, for one answer, right or wrong, within five minutes;
// the RP ID is the host name of the page. A session is of one person; who that is and
// what they may do is looked up at every request. Removing a person ends their sessions and
// open connections at once; a change of roles closes the connections ([api.CloseChanged]),
// which come back with the new ones. A console's seat is not given to another person while
// its own is there, nor ever from one who may speak to one who may not.
//
// Until somebody is enrolled, a link is enough to have every right; from then on it only leads
// to the page to log in. A kiosk's link goes on giving a watch officer's rights, to nobody by name.
//
// A link, GET /enter?token=…&next=…, carries 256 random bits, works once, and for
// 15 minutes. It sets the cookie (HttpOnly, SameSite=Strict, over TLS Secure) and
// leads to next, a path on the same host, taking along what else its query holds. A
// browser that is in already is only led on. Of tokens and cookies only the SHA-256 is
// kept; all are compared, in constant time. Sessions end after 30 days unused, or
// all at once by DELETE /api/sessions. The cookie's name holds a random tag of the
// station, since all ports of a host share one set of cookies.
//
// # What is asked of a record
//
// A body is one JSON value, UTF-8, of at most 4 kB (a message 64 kB, a disclosure 16 kB, a file's
// bytes 1 MiB); an unknown key, a field out of bounds, an unknown or repeated parameter
// of a query is refused with 400 and reaches no record. Whether there is such an entry is the record's to say: 404.
// A session may search 15 times a second, and begin an export or a disclosure every two.
//
// Whatever came from the other side as a file leaves as a download: an attachment of no
// type, sandboxed, under a name without folders, control or direction characters. An export is streamed; one that fails
// on its way ends without its last chunk, so it never looks whole. Backups are for the local
// socket alone.
//
// # A console's connection
//
// The first message on the WebSocket is "attach". A console that names the id of an
// earlier welcome takes its seat over, and the older connection is closed with
// [api.CloseReplaced]. The station pings every 250 ms. A console is lost when
// neither a message nor a voice packet of its microphone came for one second, or
// no message for five; any message brings it back. A connection that is silent for
// another 15 s is closed. When a connection ends the console is lost at once, and
// detached if it does not attach again within 10 s.
//
// Each connection has its own queue of 256 events; a console that cannot keep up is
// closed with [api.CloseSlow] and the station never waits. A message that is not
// understood (not JSON, an unknown key, a field of another type, out of bounds) is
// refused and changes nothing; more than 64 kB, or a flood, ends the connection.
//
// # Voice
//
// A page offers one audio section (more, to hear more talkers at once, up to
// four), and the station answers. It is ICE-lite on one UDP port: it gives its own
// addresses and ignores the page's, so it needs no mDNS, STUN or TURN. For pages on
// localhost the port hears every address of this machine, because browsers may
// not use the loopback address for voice, but nothing from other machines. Every offer makes
// a new connection; the answer comes as "sdp".
//
// The answer alone rules what a browser sends, so there the station asks for 20 ms
// of Opus at a constant rate of 24 kbit/s without DTX: 60 bytes in each packet,
// speech or silence. Size is content, so a packet of any other size, length or
// codec is dropped, counted, and shown as a notice; it never reaches the line.
// Packets pass in the order in which they come; what comes after a newer one is
// dropped.
//
// To the browser, packets keep the numbers they have on the line: a gap there is a
// gap in the RTP sequence number, and the browser conceals it. When the count
// begins anew (another call, another talker, a second of rest) the stream goes on
// with the next number, the time that has passed, and the marker. Opus and both
// kinds of G.711 go out as they are, under the payload types of the offer.
//
// # Not protected
//
// Whoever can read the browser's profile has its cookie. Traffic between a console and
// its station shows when there is a call; that is inside one's own building.
package console

import (
	"context"
	"io/fs"
	"log/slog"

	"ringdown/api"
	"ringdown/people"
)

// A Config says how a station's consoles reach it.
type Config struct {
	// Listen is the TCP address of pages and API, host:port. Port 0 takes a free
	// one. "localhost", 127.0.0.1 and ::1 all mean: this machine only, both
	// families, over plain HTTP, and links say "localhost". Any other address
	// needs CertFile and KeyFile. Required.
	Listen string

	// Hosts are further names under which browsers open the pages
	// ("console.example", or with a port of their own "console.example:443").
	// The first is the one that links carry. A request for any other host is
	// refused.
	Hosts []string

	// CertFile and KeyFile are PEM files; read again on POST /api/reload.
	CertFile, KeyFile string

	// VoiceAddr is the UDP address for the browsers' voice, host:port. A wildcard
	// host offers every address of the machine, loopback included. Default: the
	// wildcard when links say "localhost" (packets from other machines are then
	// dropped unread) or Listen is a wildcard; else the host of Listen. Port 0.
	VoiceAddr string

	// Socket is the path of the local socket. Empty: none.
	Socket string

	// SessionFile keeps sessions over a restart, as hashes. Empty: in memory only.
	SessionFile string

	// People are those who log in. Default: nobody, and none can be added that outlives the run.
	People *people.Book

	// FrameAncestors are the origins allowed to show a console in a frame, such as
	// "http://localhost:8000". Default none.
	FrameAncestors []string

	// StandingLinks lets every link in again and again, until Close, in place of once within 15
	// minutes. It is for a demonstration whose stations live in one process and hold nothing.
	StandingLinks bool

	// MaxConsoles is how many consoles may be attached at once. Default 200.
	MaxConsoles int

	// Pages are the page's files, index.html at the root. Default web.Files.
	Pages fs.FS

	// Log hears of refusals and faults. Default: nothing is logged.
	Log *slog.Logger
}

// A Station is what stands behind the consoles.
type Station interface {
	Status() api.Status

	// Attach gives a console its place, and says who sits there. info.Type is "attach"; its
	// fields are checked. An id (info.Console) that has a place takes it over: the station
	// closes the older sink. The welcome event is sent by this package, from
	// Status, after Attach returned and before all that sink was sent meanwhile.
	Attach(info api.ToStation, who api.Person, sink Sink) (Seat, error)

	HangUp(slug string, who api.Person) error // *api.Error or nil
	Reload() error                            // *api.Error or nil

	// Record finds the record of a line; without one (its words are not confirmed) it is an *api.Error.
	Record(slug string) (Record, error)

	Watch
	Accords

	// Backup writes all of the station to a new file on its machine, while it runs.
	Backup(ctx context.Context, file string) error // *api.Error or nil

	Trials
	Presences
}

// A Seat is one console's place at its station. Its methods are called from
// several goroutines and return *api.Error or nil.
type Seat interface {
	ID() string

	// Do carries out "ready", "call", "answer", "decline", "hangup", "ringing", "mute" or "shown".
	Do(m api.ToStation) error

	Lost() // silent for a second, or disconnected
	Back() // heard again

	// Voice brings a packet from its microphone: codec as wire.Codec; always
	// 20 ms of Opus in 60 bytes. Copied before return.
	Voice(codec uint8, packet []byte)

	// Detach says that the connection is gone and did not come back within the
	// grace period. It is not a hang-up: a seat in a call stays lost.
	Detach()
}

// A Sink is how a station reaches one console. Its methods never block: a
// console that cannot keep up is dropped.
type Sink interface {
	Send(e api.Event) // what it points to must not change afterwards

	// Voice brings a packet of a far talker, numbered as on the line. Copied
	// before return.
	Voice(talker, codec uint8, seq uint32, packet []byte)

	Close(reason string) // at most 120 bytes, shown to the person
}
