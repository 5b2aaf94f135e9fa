package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"ringdown/api"
	"ringdown/console"
	"ringdown/wire"
)

// A phone is a console without a browser: it notes when what arrives.
type phone struct {
	seat   console.Seat
	events chan api.Event
	heard  chan heard
}

// A heard is one voice packet and when it came.
type heard struct {
	number uint32
	at     time.Time
}

func (p *phone) Send(e api.Event) {
	select {
	case p.events <- e:
	default: // nobody waits for these
	}
}

func (p *phone) Voice(_, _ uint8, _ uint32, packet []byte) {
	select {
	case p.heard <- heard{binary.BigEndian.Uint32(packet), time.Now()}:
	default:
	}
}

func (p *phone) Close(string) {}

func newPhone(st console.Station) (*phone, error) {
	p := &phone{events: make(chan api.Event, 1024), heard: make(chan heard, 1024)}
	var err error
	if p.seat, err = st.Attach(api.ToStation{Type: "attach", Kind: "command"}, api.Anyone(), p); err != nil {
		return nil, err
	}
	return p, p.seat.Do(api.ToStation{Type: "ready", Ready: true})
}

// until waits for the first event that f accepts.
func (p *phone) until(ctx context.Context, what string, f func(api.Event) bool) error {
	for {
		select {
		case e := <-p.events:
			if f(e) {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("bench: waiting for %s: %w", what, ctx.Err())
		}
	}
}

const benchLine = "0"

func inState(want api.CallState) func(api.Event) bool {
	return func(e api.Event) bool {
		return e.Line != nil && e.Line.Slug == benchLine && e.Line.Call != nil && e.Line.Call.State == want
	}
}

// measureCalls rings the far side again and again, then speaks for a while.
func measureCalls(ctx context.Context, opt Options, r *Result) (err error) {
	rig, err := newRig()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rig.close()) }()
	if err := rig.add(1); err != nil {
		return err
	}
	if err := rig.open(ctx, 20*time.Second); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, opt.Speech+time.Duration(opt.Calls)*2*callEvery+20*time.Second)
	defer cancel()
	near, err := newPhone(reloader{rig.first})
	if err != nil {
		return err
	}
	far, err := newPhone(reloader{rig.second})
	if err != nil {
		return err
	}
	var rings []time.Duration
	for range opt.Calls {
		d, err := ringOnce(ctx, near, far)
		if err != nil {
			return err
		}
		rings = append(rings, d)
	}
	r.Ring = spreadOf(rings)
	rig.leaving.note()
	if err := pause(ctx, opt.Speech); err != nil {
		return err
	}
	r.ResidueIdle = rig.leaving.residue()
	return speak(ctx, near, far, opt.Speech, rig.leaving, r)
}

// callEvery is how often the far side lets a new call in (package call).
const callEvery = time.Second

// ringOnce calls, waits for the far ring, and hangs up. The press falls at a random
// instant of the tick.
func ringOnce(ctx context.Context, near, far *phone) (time.Duration, error) {
	if err := pause(ctx, callEvery+rand.N(40*time.Millisecond)); err != nil {
		return 0, err
	}
	pressed := time.Now()
	if err := near.seat.Do(api.ToStation{Type: "call", Slug: benchLine}); err != nil {
		return 0, err
	}
	if err := far.until(ctx, "the ring", func(e api.Event) bool { return e.Type == "ring" && e.Ring }); err != nil {
		return 0, err
	}
	took := time.Since(pressed)
	if err := near.seat.Do(api.ToStation{Type: "hangup", Slug: benchLine}); err != nil {
		return 0, err
	}
	return took, far.until(ctx, "the end of the call", inState(api.CallEnded))
}

// speak sends numbered packets, 20 ms apart, and notes how late each comes.
func speak(ctx context.Context, near, far *phone, length time.Duration, leaving *departures, r *Result) error {
	if err := pause(ctx, callEvery); err != nil {
		return err
	}
	if err := near.seat.Do(api.ToStation{Type: "call", Slug: benchLine}); err != nil {
		return err
	}
	if err := far.until(ctx, "the call", inState(api.CallIncoming)); err != nil {
		return err
	}
	if err := far.seat.Do(api.ToStation{Type: "answer", Slug: benchLine}); err != nil {
		return err
	}
	if err := near.until(ctx, "the answer", inState(api.CallActive)); err != nil {
		return err
	}
	n := uint32(length / (20 * time.Millisecond))
	sent := make([]atomic.Int64, n) // when, in nanoseconds since began
	began := time.Now()
	leaving.note()
	done := make(chan struct{})
	var late []time.Duration
	go func() {
		defer close(done)
		late = far.listen(began, sent)
	}()
	packet := make([]byte, 60)
	next := time.Now()
	// A browser's clock drifts against the station's. So does this one, over every phase of
	// the tick once.
	const packetTime = 20 * time.Millisecond
	drift := packetTime / time.Duration(n)
	for i := range n {
		next = next.Add(packetTime + drift)
		<-time.After(time.Until(next))
		binary.BigEndian.PutUint32(packet, i)
		sent[i].Store(int64(time.Since(began)))
		near.seat.Voice(uint8(wire.CodecOpus), packet)
	}
	r.ResidueSpeech = leaving.residue()
	<-done
	r.Voice, r.VoiceLost = spreadOf(late), int(n)-len(late)
	return near.seat.Do(api.ToStation{Type: "hangup", Slug: benchLine})
}

// listen notes how late packets come, until all did or nothing has come for half a second.
func (p *phone) listen(began time.Time, sent []atomic.Int64) (late []time.Duration) {
	for len(late) < len(sent) {
		select {
		case h := <-p.heard:
			if int(h.number) < len(sent) {
				late = append(late, h.at.Sub(began)-time.Duration(sent[h.number].Load()))
			}
		case <-time.After(500 * time.Millisecond):
			return late
		}
	}
	return late
}
