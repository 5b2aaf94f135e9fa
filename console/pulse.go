package console

import (
	"sync/atomic"
	"time"
)

const (
	pingEvery = 250 * time.Millisecond
	// silence of both kinds for so long, and a console is lost
	lostAfter = time.Second
	// A page that is busy for a moment (a large repaint, a slow machine) still
	// sends its voice, which other threads of the browser handle: the person is
	// there and heard. But who does not answer for so long is lost, whatever
	// its microphone sends, because nobody can act there.
	stuckAfter = 5 * time.Second
)

// A pulse knows when a console was last heard. Times are since its connection
// began, so a clock that is set does not matter. Its methods may be called from
// several goroutines.
type pulse struct {
	message atomic.Int64 // newest message, nanoseconds
	voice   atomic.Int64 // newest voice packet
}

func (p *pulse) heard(now time.Duration)      { p.message.Store(int64(now)) }
func (p *pulse) heardVoice(now time.Duration) { p.voice.Store(int64(now)) }

// deadline is when the console is lost if nothing more is heard.
func (p *pulse) deadline() time.Duration {
	message, voice := time.Duration(p.message.Load()), time.Duration(p.voice.Load())
	return min(max(message, voice)+lostAfter, message+stuckAfter)
}
