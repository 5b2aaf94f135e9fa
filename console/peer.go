package console

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"ringdown/api"
	"ringdown/wire"
)

const mdnsOff = ice.MulticastDNSModeDisabled

// voiceOf is the voice of one console: none or one connection to its browser.
// The zero value is ready to use.
type voiceOf struct {
	mu     sync.Mutex
	peer   *peer
	closed bool
}

// replace makes p the console's connection and closes the one before.
func (v *voiceOf) replace(p *peer) {
	v.mu.Lock()
	old := v.peer
	v.peer = p
	if v.closed {
		old, v.peer = p, nil
	}
	v.mu.Unlock()
	if old != nil {
		go old.close()
	}
}

func (v *voiceOf) send(talker, codec uint8, number uint32, packet []byte) {
	v.mu.Lock()
	p := v.peer
	v.mu.Unlock()
	if p != nil {
		p.queue.put(talker, codec, number, packet)
	}
}

func (v *voiceOf) close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.replace(nil)
}

// Voice implements [Sink].
func (c *client) Voice(talker, codec uint8, number uint32, packet []byte) {
	c.voice.send(talker, codec, number, packet)
}

// negotiate answers a page's offer. Every offer makes a new connection and ends
// the one before, so a page whose connection failed simply offers again.
func (c *client) negotiate(offer string) error {
	if c.observe {
		return &api.Error{Code: "observer", Text: "An observer has no voice.", Action: "Attach as a console."}
	}
	if !c.offers.Allow() {
		return &api.Error{Code: "too-often", Text: "The page asks for a new voice connection too often.", Action: "Wait ten seconds; if it goes on, load the page again."}
	}
	offer, sections, err := readOffer(offer)
	if err != nil {
		return err
	}
	p, answer, err := c.s.voice.answer(offer, sections, c.fromBrowser)
	if err != nil {
		return err
	}
	c.voice.replace(p)
	c.enqueue(api.Event{Type: "sdp", SDP: answer})
	return nil
}

// fromBrowser takes one packet from the console's microphone. Only what has the
// size of every other packet goes on: size is content.
func (c *client) fromBrowser(mime string, packet []byte) {
	if mime != webrtc.MimeTypeOpus || len(packet) != opusBytes || opusSpan(packet) != frame {
		if c.s.faults.count(time.Now(), c.seat.ID(), c.name, len(packet)) {
			c.enqueue(api.Event{Type: "refused", Error: voiceRefused(len(packet))})
		}
		return
	}
	c.heardVoice()
	c.seat.Voice(uint8(wire.CodecOpus), packet)
}

func voiceRefused(size int) *api.Error {
	return &api.Error{Code: "voice-size", Text: fmt.Sprintf("This browser sends voice packets of %d bytes; only 20 ms of Opus in %d bytes go on the line.", size, opusBytes),
		Action: "Load the page again; if it goes on, use a current Chromium, Firefox or Safari."}
}

// A peer is one WebRTC connection.
type peer struct {
	pc      *webrtc.PeerConnection
	tracks  []*outTrack
	streams []stream // by track; owned by send
	queue   *voiceQueue
	once    sync.Once
}

// answer accepts an offer with so many audio sections. heard is called with each
// packet from the first of them; in order, from one goroutine.
func (v *voiceEngine) answer(offer string, sections int, heard func(mime string, packet []byte)) (*peer, string, error) {
	pc, err := v.api.NewPeerConnection(v.conf)
	if err != nil {
		return nil, "", fmt.Errorf("console: voice: %w", err)
	}
	p := &peer{pc: pc, queue: newVoiceQueue(), streams: make([]stream, sections)}
	answer, err := p.negotiate(offer, sections, heard)
	if err != nil {
		p.close()
		return nil, "", err
	}
	go p.send()
	return p, answer, nil
}

func (p *peer) negotiate(offer string, sections int, heard func(mime string, packet []byte)) (string, error) {
	var taken atomic.Bool
	p.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if taken.CompareAndSwap(false, true) {
			receive(t, heard)
		}
	})
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed {
			go p.close()
		}
	})
	for i := range sections {
		if err := p.addTrack(i); err != nil {
			return "", fmt.Errorf("console: voice: %w", err)
		}
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", badOffer("%s", shorten(err.Error(), 120))
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", badOffer("%s", shorten(err.Error(), 120))
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", badOffer("%s", shorten(err.Error(), 120))
	}
	<-gathered // our own addresses: nobody is asked
	return constantRate(p.pc.LocalDescription().SDP)
}

// addTrack adds one stream towards the browser. The first section is both ways.
func (p *peer) addTrack(i int) error {
	direction := webrtc.RTPTransceiverDirectionSendonly
	if i == 0 {
		direction = webrtc.RTPTransceiverDirectionSendrecv
	}
	t := &outTrack{id: "talker" + strconv.Itoa(i+1)}
	tr, err := p.pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: direction})
	if err != nil {
		return err
	}
	p.tracks = append(p.tracks, t)
	go func() { // reports of the browser; read for the interceptors
		b := make([]byte, 1500)
		for {
			if _, _, err := tr.Sender().Read(b); err != nil {
				return
			}
		}
	}()
	return nil
}

// receive reads the microphone's track until it ends.
func receive(t *webrtc.TrackRemote, heard func(mime string, packet []byte)) {
	var in intake
	for {
		packet, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		if in.accept(packet.SequenceNumber) {
			heard(t.Codec().MimeType, packet.Payload)
		}
	}
}

// send carries the far talkers' packets to the browser, until the queue closes.
func (p *peer) send() {
	var v voicePacket
	for p.queue.take(&v) {
		now := time.Now()
		s := choose(p.streams, now, v.talker)
		if s == nil {
			continue
		}
		seq, stamp, marker, ok := s.next(now, v.talker, v.codec, v.number)
		if !ok {
			continue
		}
		for i := range p.streams {
			if s == &p.streams[i] {
				p.tracks[i].write(wire.Codec(v.codec), rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: stamp, Marker: marker}, v.bytes[:v.size])
			}
		}
	}
}

func (p *peer) close() {
	p.once.Do(func() {
		p.queue.close()
		_ = p.pc.Close()
	})
}

// An outTrack is one stream towards the browser, under several payload types.
type outTrack struct {
	id string

	mu     sync.Mutex
	writer webrtc.TrackLocalWriter // nil until bound
	ssrc   webrtc.SSRC
	kinds  map[wire.Codec]webrtc.PayloadType // what the browser accepts
}

var _ webrtc.TrackLocal = (*outTrack)(nil)

// Bind implements [webrtc.TrackLocal].
func (t *outTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writer, t.ssrc, t.kinds = c.WriteStream(), c.SSRC(), make(map[wire.Codec]webrtc.PayloadType)
	var opus webrtc.RTPCodecParameters
	for _, accepted := range c.CodecParameters() {
		for codec, ours := range payloadTypes {
			if accepted.MimeType == ours.MimeType {
				t.kinds[codec] = accepted.PayloadType
			}
		}
		if accepted.MimeType == webrtc.MimeTypeOpus {
			opus = accepted
		}
	}
	if opus.MimeType == "" {
		return opus, webrtc.ErrUnsupportedCodec
	}
	return opus, nil
}

// Unbind implements [webrtc.TrackLocal].
func (t *outTrack) Unbind(webrtc.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writer = nil
	return nil
}

// ID implements [webrtc.TrackLocal].
func (t *outTrack) ID() string { return t.id }

// RID implements [webrtc.TrackLocal]: there is one encoding.
func (t *outTrack) RID() string { return "" }

// StreamID implements [webrtc.TrackLocal]: every talker is heard by themselves.
func (t *outTrack) StreamID() string { return t.id }

// Kind implements [webrtc.TrackLocal].
func (t *outTrack) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// write sends a packet, unless the browser is not there yet or does not know the
// codec. A packet that the system refuses is lost, like any other on its way.
func (t *outTrack) write(codec wire.Codec, h rtp.Header, packet []byte) {
	t.mu.Lock()
	w := t.writer
	kind, known := t.kinds[codec]
	h.SSRC = uint32(t.ssrc)
	t.mu.Unlock()
	if w == nil || !known {
		return
	}
	h.PayloadType = uint8(kind)
	_, _ = w.WriteRTP(&h, packet)
}
