package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const (
	sampleRate = 48000 // of the microphones' files, in Hz
	toneLength = 4     // seconds; the browser repeats the file
	northTone  = 440.0 // Hz, spoken by north
	southTone  = 660.0 // Hz, spoken by south
)

// toneFile writes a WAV file for Chromium's fake microphone and returns its
// absolute path. The tone swells three times a second: a steady one is noise to the
// browser, which takes it out of the voice.
func toneFile(t *testing.T, hz float64) string {
	t.Helper()
	samples := make([]int16, toneLength*sampleRate)
	for i := range samples {
		at := float64(i) / sampleRate
		swell := 0.5 - 0.5*math.Cos(2*math.Pi*3*at)
		samples[i] = int16(0.6 * math.MaxInt16 * swell * math.Sin(2*math.Pi*hz*at))
	}
	size := uint32(2 * len(samples))
	var b bytes.Buffer
	for _, part := range []any{
		[]byte("RIFF"), 36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), // PCM, mono
		uint32(sampleRate), uint32(2 * sampleRate), uint16(2), uint16(16), []byte("data"), size, samples,
	} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), fmt.Sprintf("tone-%.0f.wav", hz))
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// heard is what came out of the voice that a page receives, over a time.
type heard struct {
	Loudest float64   `json:"loudest"` // Hz
	Level   float64   `json:"level"`   // of the loudest, dB below full scale
	Levels  []float64 `json:"levels"`  // of the frequencies asked for
}

func (p *tab) hear(d time.Duration, frequencies ...float64) heard {
	p.t.Helper()
	return eval[heard](p, fmt.Sprintf(`ringdownProbe.hear(%d, %s)`, d.Milliseconds(), quote(frequencies)))
}

// sounds waits until the page makes the one tone sound, in ringer or headset, and not the other.
func (p *tab) sounds(want, not float64) {
	p.t.Helper()
	var h heard
	p.until(patience, func() bool {
		h = eval[heard](p, fmt.Sprintf(`ringdownProbe.sounds(1000, %s)`, quote([]float64{want, not})))
		return h.Levels[0] > toneThere && h.Levels[1]-h.Levels[0] < toneAbsent
	}, func() string {
		return fmt.Sprintf("wanted the page to sound at %.0f Hz and not at %.0f Hz; it sounds %+v", want, not, h)
	})
}

// The levels between which a tone is there, and is not.
const (
	toneThere  = -50.0 // dB below full scale, at least
	toneAbsent = -30.0 // dB below the tone that is there, at most
)

// hears waits until the page receives the one tone and not the other, which would
// be its own, come back.
func (p *tab) hears(want, not float64) {
	p.t.Helper()
	var h heard
	p.until(patience, func() bool {
		h = p.hear(time.Second, want, not)
		return math.Abs(h.Loudest-want) < 12 && h.Levels[0] > toneThere && h.Levels[1]-h.Levels[0] < toneAbsent
	}, func() string {
		return fmt.Sprintf("wanted to hear %.0f Hz and not %.0f Hz; heard %+v", want, not, h)
	})
}

// voice is what the browser counted of the voice it received.
type voice struct {
	Packets   int `json:"packets"`
	Samples   int `json:"samples"`   // played, at 48 kHz, concealed ones included
	Concealed int `json:"concealed"` // samples made up because none had come
	Lost      int `json:"lost"`
}

func (p *tab) received() voice {
	p.t.Helper()
	return eval[voice](p, `ringdownProbe.received()`)
}
