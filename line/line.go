package line

import (
	"net/netip"
	"time"

	"ringdown/wire"
)

// Window is the time over which the quality of a path is measured.
const Window = 5 * time.Second

// A Line is one end of the standing link between two stations.
type Line struct {
	cfg Config
	h   Handler
}

func New(cfg Config, h Handler, now time.Time) (*Line, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &Line{cfg: cfg, h: h}, nil
}
func (l *Line) Labels() []PathLabel                                                     { return nil }
func (l *Line) Receive(now time.Time, path uint8, from netip.AddrPort, datagram []byte) {}
func (l *Line) Deadline() time.Time                                                     { return time.Time{} }
func (l *Line) Advance(now time.Time, out Outbox)                                       {}
func (l *Line) SetSignal(s wire.Signal)                                                 {}
func (l *Line) SendVoice(talker uint8, c wire.Codec, packet []byte) error               { return nil }
func (l *Line) SendMessage(s Stream, msg []byte) error                                  { return nil }
func (l *Line) SetRemote(now time.Time, path uint8, remote netip.AddrPort)              {}
func (l *Line) SetInCall(on bool)                                                       {}
func (l *Line) Persisted(now time.Time)                                                 {}
func (l *Line) Offloaded(now time.Time)                                                 {}
func (l *Line) Status(now time.Time) Status                                             { return Status{} }
func (l *Line) Close()                                                                  {}
