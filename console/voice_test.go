package console

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"ringdown/api"
	"ringdown/wire"
)

// A pionPage is a page without a browser: pion offers, as a page would.
type pionPage struct {
	t     *testing.T
	pc    *webrtc.PeerConnection
	kind  string // MIME type it sends
	out   *webrtc.TrackLocalStaticRTP
	heard chan *rtp.Packet // from the first stream
	live  chan struct{}    // closed once connected
	seq   uint16
}

// newPionPage offers so many audio sections, the first of them both ways.
func newPionPage(t *testing.T, mime string, sections int) *pionPage {
	t.Helper()
	var media webrtc.MediaEngine
	for _, c := range payloadTypes {
		if err := media.RegisterCodec(c, webrtc.RTPCodecTypeAudio); err != nil {
			t.Fatal(err)
		}
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(mdnsOff)
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{})).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	c := &pionPage{t: t, pc: pc, kind: mime, heard: make(chan *rtp.Packet, 1000), live: make(chan struct{})}
	rate, channels := uint32(48000), uint16(2)
	if mime != webrtc.MimeTypeOpus {
		rate, channels = 8000, 0
	}
	if c.out, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: rate, Channels: channels}, "microphone", "page"); err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTransceiverFromTrack(c.out, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv}); err != nil {
		t.Fatal(err)
	}
	for range sections - 1 {
		if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	pc.OnTrack(func(tr *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := tr.ReadRTP()
			if err != nil {
				return
			}
			p.Extension = tr.ID() != "talker1" // marks the stream, for the test
			c.heard <- p
		}
	})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(c.live)
		}
	})
	return c
}

func (c *pionPage) offer() string {
	c.t.Helper()
	offer, err := c.pc.CreateOffer(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.pc.SetLocalDescription(offer); err != nil {
		c.t.Fatal(err)
	}
	return c.pc.LocalDescription().SDP
}

func (c *pionPage) accept(answer string) {
	c.t.Helper()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		c.t.Fatalf("%v in\n%s", err, answer)
	}
	select {
	case <-c.live:
	case <-time.After(10 * time.Second):
		c.t.Fatalf("not connected after ten seconds; the answer was\n%s", answer)
	}
}

// say sends one packet.
func (c *pionPage) say(packet []byte) {
	c.t.Helper()
	c.seq++
	p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: c.seq, Timestamp: uint32(c.seq) * 960}, Payload: packet}
	if err := c.out.WriteRTP(p); err != nil {
		c.t.Fatal(err)
	}
}

func (c *pionPage) hear() *rtp.Packet {
	c.t.Helper()
	select {
	case p := <-c.heard:
		return p
	case <-time.After(10 * time.Second):
		c.t.Fatal("nothing was heard for ten seconds")
		return nil
	}
}

// opusPacket is one of 20 ms, of so many bytes.
func opusPacket(size int, fill byte) []byte {
	p := bytes.Repeat([]byte{fill}, size)
	p[0] = 15 << 3 // hybrid, 20 ms, mono, one frame
	return p
}

// attachVoice attaches a command-line console and connects a pionPage to it.
func attachVoice(t *testing.T, s *Server, st *fakeStation, mime string, sections int) (*api.Conn, *fakeSeat, *pionPage) {
	t.Helper()
	k := attachLocal(t, s, api.ToStation{Kind: "browser", Name: "Anna"})
	seat := st.seat(k.Welcome().Console)
	c := newPionPage(t, mime, sections)
	c.accept(negotiate(t, k, c.offer()))
	if mime == webrtc.MimeTypeOpus { // the far end of a handshake may be a moment behind
		c.say(opusPacket(60, 0))
		<-seat.voice
	}
	return k, seat, c
}

func attachLocal(t *testing.T, s *Server, info api.ToStation) *api.Conn {
	t.Helper()
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	k, err := c.Attach(context.Background(), info)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func negotiate(t *testing.T, k *api.Conn, offer string) string {
	t.Helper()
	if err := k.Do(context.Background(), api.ToStation{Type: "sdp", SDP: offer}); err != nil {
		t.Fatal(err)
	}
	return nextOf(t, k, "sdp").SDP
}

// nextOf waits for the next event of a type.
func nextOf(t *testing.T, k *api.Conn, kind string) api.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		e, err := k.Next(ctx)
		if err != nil {
			t.Fatalf("no event %q: %v", kind, err)
		}
		if e.Type == kind {
			return e
		}
	}
}

func TestVoiceBothWays(t *testing.T) {
	s, st := testServer(t, nil)
	_, seat, c := attachVoice(t, s, st, webrtc.MimeTypeOpus, 1)
	spoken := opusPacket(60, 7)
	c.say(spoken)
	select {
	case got := <-seat.voice:
		if want := append([]byte{uint8(wire.CodecOpus)}, spoken...); !bytes.Equal(got, want) {
			t.Errorf("the station got % x, want % x", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the station heard nothing")
	}
	sink := seat.currentSink()
	for number := range uint32(5) {
		sink.Voice(0, uint8(wire.CodecOpus), 1000+2*number, opusPacket(60, byte(number)))
	}
	first := c.hear()
	if !first.Marker {
		t.Error("the first packet has no marker")
	}
	for number := uint16(1); number < 5; number++ {
		p := c.hear()
		if p.SequenceNumber != first.SequenceNumber+2*number || p.Timestamp != first.Timestamp+1920*uint32(number) || p.Marker {
			t.Errorf("packet %d has sequence number %d, time stamp %d, marker %v; want %d, %d, false: the gaps of the line", number,
				p.SequenceNumber, p.Timestamp, p.Marker, first.SequenceNumber+2*number, first.Timestamp+1920*uint32(number))
		}
		if want := opusPacket(60, byte(number)); !bytes.Equal(p.Payload, want) {
			t.Errorf("packet %d holds % x, want % x", number, p.Payload, want)
		}
	}
}

// Size is content: a packet of another size must not reach the line.
func TestVoiceOfAnotherSizeIsRefused(t *testing.T) {
	s, st := testServer(t, nil)
	k, seat, c := attachVoice(t, s, st, webrtc.MimeTypeOpus, 1)
	forty := opusPacket(60, 2)
	forty[0] = 2 << 3 // 40 ms
	for _, packet := range [][]byte{opusPacket(59, 1), opusPacket(61, 1), {15 << 3}, forty, opusPacket(60, 9)} {
		c.say(packet)
	}
	select {
	case got := <-seat.voice:
		if !bytes.Equal(got[1:], opusPacket(60, 9)) {
			t.Errorf("the station got % x first", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the good packet did not come")
	}
	if e := nextOf(t, k, "refused"); e.Error == nil || e.Error.Code != "voice-size" || e.Ref != 0 {
		t.Errorf("the console was told %+v, want voice-size", e)
	}
	status := s.status()
	if len(status.Notices) != 1 || !strings.Contains(status.Notices[0].Text, "Console Anna sent 4 voice packets") {
		t.Errorf("notices are %+v", status.Notices)
	}
}

func TestVoiceOfAnotherCodecIsRefused(t *testing.T) {
	s, st := testServer(t, nil)
	k, seat, c := attachVoice(t, s, st, webrtc.MimeTypePCMU, 1)
	c.say(opusPacket(60, 1)) // even one that looks like Opus
	nextOf(t, k, "refused")
	if len(seat.voice) != 0 {
		t.Error("G.711 from a browser reached the line")
	}
}

// What telephones send on a wide line is played as it is.
func TestG711IsHeard(t *testing.T) {
	s, st := testServer(t, nil)
	_, seat, c := attachVoice(t, s, st, webrtc.MimeTypeOpus, 1)
	for codec, kind := range map[wire.Codec]uint8{wire.CodecPCMU: 0, wire.CodecPCMA: 8} {
		seat.currentSink().Voice(0, uint8(codec), 1, bytes.Repeat([]byte{0x55}, 160))
		if p := c.hear(); p.PayloadType != kind || len(p.Payload) != 160 {
			t.Errorf("codec %v came as payload type %d with %d bytes, want %d with 160", codec, p.PayloadType, len(p.Payload), kind)
		}
	}
}

func TestTwoTalkersTwoStreams(t *testing.T) {
	s, st := testServer(t, nil)
	_, seat, c := attachVoice(t, s, st, webrtc.MimeTypeOpus, 2)
	seen := make(map[bool]byte)
	for number := range uint32(200) { // the second stream is announced by its first packets
		seat.currentSink().Voice(0, 1, number, opusPacket(60, 10))
		seat.currentSink().Voice(1, 1, number, opusPacket(60, 11))
		for range 2 {
			p := c.hear()
			seen[p.Extension] = p.Payload[1]
		}
		if len(seen) == 2 {
			break
		}
	}
	if seen[false] != 10 || seen[true] != 11 {
		t.Errorf("streams carried %v, want 10 in the first and 11 in the second", seen)
	}
}

// A page whose connection failed offers again, and the old connection ends.
func TestNewOfferReplacesConnection(t *testing.T) {
	s, st := testServer(t, nil)
	k, seat, old := attachVoice(t, s, st, webrtc.MimeTypeOpus, 1)
	ended := make(chan struct{})
	old.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateClosed {
			close(ended)
		}
	})
	c := newPionPage(t, webrtc.MimeTypeOpus, 1)
	c.accept(negotiate(t, k, c.offer()))
	c.say(opusPacket(60, 3))
	select {
	case <-seat.voice:
	case <-time.After(10 * time.Second):
		t.Fatal("the new connection carries nothing")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the old connection lives")
	}
}

func TestOffersAreLimited(t *testing.T) {
	s, st := testServer(t, nil)
	k := attachLocal(t, s, api.ToStation{})
	st.expect(t, "01 attach")
	offer := newPionPage(t, webrtc.MimeTypeOpus, 1).offer()
	for i := range offerBurst + 1 {
		err := k.Do(context.Background(), api.ToStation{Type: "sdp", SDP: offer})
		if refused := i == offerBurst; codeOf(err) != map[bool]string{true: "too-often"}[refused] {
			t.Errorf("offer %d: %v", i+1, err)
		}
	}
}

// The answer lists the addresses of the machine, and a page on localhost is heard
// at each; other machines are not.
func TestVoiceAddresses(t *testing.T) {
	s, _ := testServer(t, nil)
	c := newPionPage(t, webrtc.MimeTypeOpus, 1)
	answer := negotiate(t, attachLocal(t, s, api.ToStation{}), c.offer())
	for _, want := range []string{"a=ice-lite", " 127.0.0.1 ", "typ host"} {
		if !strings.Contains(answer, want) {
			t.Errorf("the answer has no %q:\n%s", want, answer)
		}
	}
	if strings.Contains(answer, ".local") {
		t.Errorf("the answer hides an address:\n%s", answer)
	}
	for a := range s.voice.port.sockets {
		if !s.voice.port.own.has(a) {
			t.Errorf("%v is not taken for this machine's own", a)
		}
	}
	if far := net.ParseIP("198.51.100.7"); s.voice.port.own.has(unmapped((&net.UDPAddr{IP: far}).AddrPort()).Addr()) {
		t.Error("a far address is taken for this machine's own")
	}
}

func testEngine(t testing.TB) *voiceEngine {
	t.Helper()
	v, err := newVoiceEngine(netip.MustParseAddrPort("127.0.0.1:0"), true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.port.Close() })
	return v
}

// Whatever a page offers is answered at the constant rate, or refused; nothing
// fails and nothing hangs. (Run it with -fuzzminimizetime 1x: pion's goroutines
// make coverage differ from run to run.)
func FuzzNegotiate(f *testing.F) {
	f.Add(readText(f, "chromium-offer.sdp"))
	v := testEngine(f)
	f.Fuzz(func(t *testing.T, text string) {
		offer, sections, err := readOffer(text)
		if err != nil {
			return
		}
		p, answer, err := v.answer(offer, sections, func(string, []byte) {})
		if err != nil {
			if codeOf(err) != "bad-offer" {
				t.Fatalf("%v is no refusal", err)
			}
			return
		}
		defer p.close()
		var d sdp.SessionDescription
		if err := d.UnmarshalString(answer); err != nil {
			t.Fatalf("%v in %q", err, answer)
		}
		for _, m := range d.MediaDescriptions {
			checkConstant(t, m.Attributes)
		}
	})
}

// A connection that is closed leaves nothing running, answered or not.
func TestPeersLeaveNothing(t *testing.T) {
	v := testEngine(t)
	before := runtime.NumGoroutine()
	for range 20 {
		offer, sections, err := readOffer(readText(t, "chromium-offer.sdp"))
		if err != nil {
			t.Fatal(err)
		}
		p, _, err := v.answer(offer, sections, func(string, []byte) {})
		if err != nil {
			t.Fatal(err)
		}
		p.close()
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+2; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, and %d before", runtime.NumGoroutine(), before)
		}
	}
}

// Datagrams from elsewhere are dropped before anything reads them.
func TestNearConn(t *testing.T) {
	here, elsewhere := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2") // of this machine, as all of 127/8
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(here, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	near := &nearConn{UDPConn: conn, near: func(a netip.Addr) bool { return a == here }}
	for _, from := range []netip.Addr{elsewhere, here} {
		out, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), conn.LocalAddr().(*net.UDPAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if _, err := out.Write([]byte(from.String())); err != nil {
			t.Fatal(err)
		}
	}
	b := make([]byte, 100)
	if n, from, err := near.ReadFrom(b); err != nil || string(b[:n]) != here.String() {
		t.Errorf("read %q from %v, %v; want only what comes from %v", b[:n], from, err, here)
	}
}

func TestWebOnAddressWithoutCertificateIsRefused(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", "[::]:0", ":0", "192.0.2.200:0"} {
		s := New(Config{Listen: listen, Pages: testPages}, newFakeStation())
		if err := s.Start(); err == nil || !strings.Contains(err.Error(), "TLS certificate") {
			t.Errorf("listening at %s: %v, want a call for a certificate", listen, err)
			_ = s.Close()
		}
	}
}
