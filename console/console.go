// Package console is the side of a station that faces its own people: pages,
// API and events over HTTP and WebSocket, voice over WebRTC, and the same API
// over a local socket for the command line.
package console

import (
	"io/fs"
	"log/slog"

	"ringdown/api"
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

	// FrameAncestors are the origins allowed to show a console in a frame, such as
	// "http://localhost:8000". Default none.
	FrameAncestors []string

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

	// Attach gives a console its place. info.Type is "attach"; its fields are
	// checked. An id (info.Console) that has a place takes it over: the station
	// closes the older sink. The welcome event is sent by this package, from
	// Status, after Attach returned and before all that sink was sent meanwhile.
	Attach(info api.ToStation, sink Sink) (Seat, error)

	HangUp(slug string) error // *api.Error or nil
	Reload() error            // *api.Error or nil
}

// A Seat is one console's place at its station. Its methods are called from
// several goroutines and return *api.Error or nil.
type Seat interface {
	ID() string

	// Do carries out "ready", "call", "answer", "decline", "hangup", "ringing" or "mute".
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
