package console

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"ringdown/wire"
)

const (
	// A browser proves its consent only every few seconds (RFC 7675), but the
	// voice of a ready console never pauses, so that short times are safe.
	iceDisconnected = 3 * time.Second
	iceFailed       = 4 * time.Second // more
	iceKeepalive    = 2 * time.Second
)

// payloadTypes are the numbers under which a browser is offered each codec. Only
// Opus is taken from it; both kinds of G.711 are for what telephones on the far
// side send, which no one transcodes.
var payloadTypes = map[wire.Codec]webrtc.RTPCodecParameters{
	wire.CodecOpus: codec(webrtc.MimeTypeOpus, 48000, 2, 111),
	wire.CodecPCMU: codec(webrtc.MimeTypePCMU, 8000, 0, 0),
	wire.CodecPCMA: codec(webrtc.MimeTypePCMA, 8000, 0, 8),
}

func codec(mime string, rate uint32, channels uint16, kind webrtc.PayloadType) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: rate, Channels: channels},
		PayloadType:        kind,
	}
}

// A voiceEngine makes the connections for voice: pion, held to what is needed
// here. It is ICE-lite on one port, asks no other host for anything, and offers
// no codec but ours.
type voiceEngine struct {
	api  *webrtc.API
	conf webrtc.Configuration
	port *voicePort
}

func newVoiceEngine(at netip.AddrPort, near bool, log *slog.Logger) (*voiceEngine, error) {
	logs := pionLogs{log}
	port, err := listenVoice(at, near, logs.NewLogger("port"))
	if err != nil {
		return nil, err
	}
	v := &voiceEngine{port: port}
	if err := v.configure(logs); err != nil {
		_ = port.Close()
		return nil, fmt.Errorf("console: voice: %w", err)
	}
	return v, nil
}

func (v *voiceEngine) configure(logs pionLogs) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return err
	}
	v.conf.Certificates = []webrtc.Certificate{*certificate}
	var media webrtc.MediaEngine
	for _, c := range []wire.Codec{wire.CodecOpus, wire.CodecPCMU, wire.CodecPCMA} {
		if err := media.RegisterCodec(payloadTypes[c], webrtc.RTPCodecTypeAudio); err != nil {
			return err
		}
	}
	reports, err := reportsOnly()
	if err != nil {
		return err
	}
	v.api = webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(reports), webrtc.WithSettingEngine(v.settings(logs)))
	return nil
}

func (v *voiceEngine) settings(logs pionLogs) webrtc.SettingEngine {
	var s webrtc.SettingEngine
	s.LoggerFactory = logs
	s.SetLite(true)
	s.SetICEUDPMux(v.port)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetIncludeLoopbackCandidate(true)
	s.SetICEMulticastDNSMode(mdnsOff)
	s.SetICETimeouts(iceDisconnected, iceFailed, iceKeepalive)
	return s
}

// reportsOnly are RTCP's sender and receiver reports, with which the page knows
// how its voice arrives. Nothing is ever sent again, and no bandwidth is
// estimated: the rate is constant.
func reportsOnly() (*interceptor.Registry, error) {
	receiver, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, err
	}
	sender, err := report.NewSenderInterceptor()
	if err != nil {
		return nil, err
	}
	r := new(interceptor.Registry)
	r.Add(receiver)
	r.Add(sender)
	return r, nil
}

// pionLogs writes pion's warnings and errors at debug level: nearly all speak of
// a browser that went away.
type pionLogs struct{ log *slog.Logger }

// NewLogger implements [logging.LoggerFactory].
func (l pionLogs) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{l.log.With("scope", scope)}
}

type pionLog struct{ log *slog.Logger }

func (pionLog) Trace(string)          {}
func (pionLog) Tracef(string, ...any) {}
func (pionLog) Debug(string)          {}
func (pionLog) Debugf(string, ...any) {}
func (pionLog) Info(string)           {}
func (pionLog) Infof(string, ...any)  {}

func (l pionLog) Warn(text string)            { l.log.Debug("console: voice: " + text) }
func (l pionLog) Warnf(f string, args ...any) { l.Warn(fmt.Sprintf(f, args...)) }
func (l pionLog) Error(text string)           { l.Warn(text) }
func (l pionLog) Errorf(f string, a ...any)   { l.Warn(fmt.Sprintf(f, a...)) }
