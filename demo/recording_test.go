package demo

import (
	"math"
	"testing"

	"github.com/pion/opus"
)

const perSecond = 50 // packets

// The recording must look on the line like a browser's voice: one size, 20 ms, mono.
func TestRecordingIsConstant(t *testing.T) {
	packets := Recording()
	if n := len(packets); n < 40*perSecond || n > 60*perSecond {
		t.Errorf("the recording lasts %d s, wanted 40 to 60", n/perSecond)
	}
	for i, p := range packets {
		if len(p) != RecordedPacket {
			t.Fatalf("packet %d has %d bytes, wanted %d", i, len(p), RecordedPacket)
		}
		if ms := packetDuration(p); ms != 20 {
			t.Fatalf("packet %d lasts %v ms, wanted 20", i, ms)
		}
		if stereo := p[0]&4 != 0; stereo {
			t.Fatalf("packet %d is stereo", i)
		}
	}
}

// packetDuration reads the duration in milliseconds from a packet's first byte
// and, where it says so, its frame count (RFC 6716, section 3).
func packetDuration(p []byte) float64 {
	config, frames := p[0]>>3, 1
	switch p[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		frames = int(p[1] & 63)
	}
	var ms float64
	switch {
	case config < 12:
		ms = []float64{10, 20, 40, 60}[config%4]
	case config < 16:
		ms = []float64{10, 20}[config%2]
	default:
		ms = []float64{2.5, 5, 10, 20}[config%4]
	}
	return ms * float64(frames)
}

// It decodes, is loud enough to be heard, and pauses where it begins again, so
// that the loop does not click.
func TestRecordingIsSpeech(t *testing.T) {
	decoder, err := opus.NewDecoderWithOutput(48000, 1)
	if err != nil {
		t.Fatal(err)
	}
	var levels []float64
	for i, p := range Recording() {
		pcm := make([]float32, 960)
		if _, err := decoder.DecodeToFloat32(p, pcm); err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
		levels = append(levels, level(pcm))
	}
	loud := 0
	for _, l := range levels {
		if l > -35 {
			loud++
		}
	}
	if share := float64(loud) / float64(len(levels)); share < 0.4 {
		t.Errorf("%.0f %% of the recording is speech, wanted 40 or more", 100*share)
	}
	if last := levels[len(levels)-1]; last > -50 {
		t.Errorf("the recording ends at %.0f dB, wanted a pause", last)
	}
}

// level is the mean power in decibels below full scale.
func level(pcm []float32) float64 {
	sum := 1e-12
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return 10 * math.Log10(sum/float64(len(pcm)))
}
