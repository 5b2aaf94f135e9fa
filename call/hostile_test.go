package call

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"ringdown/wire"
)

// A siege is one machine whose far side says whatever the bytes say.
type siege struct {
	e      *end
	now    time.Time
	in     []byte
	ids    []wire.CallID          // those that have come up, for the far side to use
	lifted map[wire.CallID]string // calls that a person of ours called or answered, and of which kind they took them to be
	ended  map[wire.CallID]bool   // calls that a person of ours, or our own stop, ended
	kinds  map[wire.CallID]string // what each remembered call was first shown as
	gated  bool                   // the right to call was suspended here at some time
}

// besiege plays in against a machine and says what it did that it must not.
func besiege(in []byte) error {
	s := &siege{e: newEnd("a", 0, 1), now: start, in: in,
		lifted: map[wire.CallID]string{}, kinds: map[wire.CallID]string{}, ended: map[wire.CallID]bool{}, ids: make([]wire.CallID, 1)}
	for c := range 3 {
		s.ids = append(s.ids, wire.CallID{byte(c + 1)}, wire.CallID{15: byte(c + 1)})
	}
	s.e.m.Ready(s.now, "c1", true)
	for len(s.in) > 0 {
		before := s.over()
		maps.DeleteFunc(s.ended, func(id wire.CallID, _ bool) bool { return !slices.Contains(before, id) })
		s.step()
		if err := s.check(before); err != nil {
			return err
		}
	}
	return nil
}

func (s *siege) byte() byte {
	if len(s.in) == 0 {
		return 0
	}
	b := s.in[0]
	s.in = s.in[1:]
	return b
}

// over is the calls that have ended here and are remembered.
func (s *siege) over() (ids []wire.CallID) {
	for _, c := range s.e.m.known() {
		if !c.live() {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// step plays one event.
func (s *siege) step() {
	m, c := s.e.m, Console([]string{"c1", "c2"}[s.byte()%2])
	was := m.View()
	live := was.State != Idle && was.State != Ended
	switch s.byte() % 28 {
	case 0:
		s.calls(c, false, was)
	case 24:
		s.calls(c, true, was)
	case 25:
		_ = m.HandOver(s.now, c)
	case 26:
		s.refuses(was)
	case 27:
		m.Delay(s.now, c, time.Duration(s.byte())*time.Second)
	case 1:
		s.lifts(m.Answer(s.now, c))
	case 2:
		if m.Decline(s.now, c) == nil {
			s.ended[was.ID] = true
		}
	case 3:
		if m.HangUp(s.now) == nil {
			s.ended[was.ID] = true
		}
	case 4:
		m.Ready(s.now, c, s.byte()%4 > 0)
	case 5:
		m.Lost(s.now, c)
	case 6:
		m.Back(s.now, c)
	case 7:
		m.Gone(s.now, c)
	case 8:
		m.Ringing(s.now, c, true)
	case 9:
		m.LineUp(s.now)
	case 10:
		m.LineDown(s.now)
	case 11:
		m.FarRestarted(s.now)
	case 12, 13, 14:
		steps := []time.Duration{time.Millisecond, time.Second, time.Minute, 11 * time.Minute, -time.Second, -24 * time.Hour}
		s.now = s.now.Add(steps[int(s.byte())%len(steps)])
		m.Advance(s.now)
	case 15:
		if s.byte() == 0 {
			m.Stop(s.now)
			if live {
				s.ended[was.ID] = true
			}
		}
	default:
		m.FarSignal(s.now, s.signal())
	}
	if id := m.View().ID; !slices.Contains(s.ids, id) {
		s.ids = append(s.ids, id)
	}
}

// calls lets a person call, which ends a live drill if it is for real.
func (s *siege) calls(c Console, drill bool, was View) {
	err := s.e.m.Call(s.now, c, drill)
	s.lifts(err)
	if err == nil && was.Drill && !drill && was.State != Idle && was.State != Ended {
		s.ended[was.ID] = true
	}
}

// refuses suspends the right to call, or restores it.
func (s *siege) refuses(was View) {
	why := wire.Suspended
	if s.e.m.gate != wire.ReasonNone {
		why = wire.ReasonNone
	} else if was.State == Calling || was.State == Ringing || was.State == Incoming {
		s.ended[was.ID] = true
	}
	s.gated = true
	s.e.m.Refuse(s.now, why)
}

func kindOf(drill bool) string {
	if drill {
		return "drill"
	}
	return "call"
}

// lifts notes that a person has lifted, if that was not refused.
func (s *siege) lifts(err error) {
	if v := s.e.m.View(); err == nil {
		s.lifted[v.ID], s.lifted[v.Crossed] = kindOf(v.Drill), kindOf(v.Drill)
	}
}

// signal makes up a signal of the far side, possible or not.
func (s *siege) signal() wire.Signal {
	id, step := s.ids[int(s.byte())%len(s.ids)], s.byte()
	sig := wire.Signal{Call: id, Step: wire.Step(step & 0x7f % 9), Drill: step&0x80 != 0, Reason: wire.Reason(s.byte() % 15),
		Ringing: s.byte(), Ready: s.byte()}
	if s.byte() == 7 {
		binary.BigEndian.PutUint64(sig.Call[:], uint64(s.byte())<<40)
		s.ids = append(s.ids, sig.Call)
	}
	for i := range sig.At {
		times := []int64{0, 1, 2, start.UnixMilli(), s.now.UnixMilli(), -1, 1<<48 - 1, 1<<63 - 1, -1 << 63}
		sig.At[i] = times[int(s.byte())%len(times)]
	}
	return sig
}

// check holds what no far side may bring about.
func (s *siege) check(over []wire.CallID) error {
	m := s.e.m
	v := m.View()
	if s.e.bad != nil {
		return s.e.bad
	}
	if err := s.checkBounds(v); err != nil {
		return err
	}
	if err := s.checkKinds(); err != nil {
		return err
	}
	live := v.State != Idle && v.State != Ended
	switch {
	case live && slices.Contains(over, v.ID):
		return fmt.Errorf("call %s was over and is %s again", v.ID, v.State)
	case (v.State == Active || v.State == Held) && s.lifted[v.ID] != kindOf(v.Drill) && s.lifted[v.Crossed] != kindOf(v.Drill):
		return fmt.Errorf("%s %s is %s and nobody here has lifted for one", kindOf(v.Drill), v.ID, v.State)
	case v.State == Ringing && (m.heard.Call != v.ID || m.heard.Step != wire.StepRinging || m.heard.Ringing == 0) && m.call.far.Ringing == 0:
		return fmt.Errorf("call %s shows ringing without a receipt", v.ID)
	case v.EndedBy == Us && !s.ended[v.ID] && !m.stopped && (v.Reason != wire.Suspended || !s.gated):
		return fmt.Errorf("call %s shows %s by us, and nobody here has ended it", v.ID, v.Reason)
	case v.State == Ended && s.ended[v.ID] && v.EndedBy != Us:
		return fmt.Errorf("call %s was ended here, and shows %s by %q", v.ID, v.Reason, v.EndedBy)
	case v.State == Ended && v.Reason == wire.ReasonNone, v.State != Ended && v.Reason != wire.ReasonNone:
		return fmt.Errorf("call %s is %s with reason %q", v.ID, v.State, v.Reason)
	}
	return nil
}

// checkKinds holds that a drill stays a drill, and a real call a real one, for as
// long as it is remembered, and that what we say of it says so too.
func (s *siege) checkKinds() error {
	known := map[wire.CallID]string{}
	for _, c := range s.e.m.known() {
		kind := kindOf(c.drill)
		if was := s.kinds[c.id]; was != "" && was != kind {
			return fmt.Errorf("call %s was a %s and is a %s", c.id, was, kind)
		}
		known[c.id] = kind
		if c.reason == wire.Interrupted && !c.drill {
			return fmt.Errorf("call %s was interrupted, and is no drill", c.id)
		}
	}
	s.kinds = known
	sig := s.e.m.Signal()
	if err := sig.Check(); err != nil {
		return err
	}
	if !sig.Call.IsZero() && known[sig.Call] != kindOf(sig.Drill) {
		return fmt.Errorf("we call %s a %s, and say %t", sig.Call, known[sig.Call], sig.Drill)
	}
	return nil
}

// checkBounds holds what keeps a far side from filling memory or time.
func (s *siege) checkBounds(v View) error {
	m := s.e.m
	if len(m.past) > pastCalls || len(v.Steps) > 2*mostHolds+8 || len(m.seats) > 2 {
		return fmt.Errorf("%d calls, %d rungs, %d seats", len(m.past), len(v.Steps), len(m.seats))
	}
	for _, step := range v.Steps {
		if _, err := step.At.MarshalText(); err != nil {
			return fmt.Errorf("rung %s cannot be shown: %w", step.Name, err)
		}
	}
	m.Advance(s.now)
	if at, due := m.Deadline(); due && !at.After(s.now) {
		return fmt.Errorf("still due at %v after Advance(%v)", at, s.now)
	}
	return nil
}

func FuzzHostile(f *testing.F) {
	far := func(id, step, reason byte, at ...byte) []byte {
		return append([]byte{0, 16, id, step, reason, 1, 1, 0}, at...)
	}
	f.Add(slices.Concat(far(1, 1, 0, 3, 0, 0), []byte{0, 8, 0, 1}, far(1, 4, 0, 3, 0, 0), far(2, 1, 0, 3, 0, 0)))
	f.Add(slices.Concat([]byte{0, 0}, far(7, 4, 0, 3, 4, 0), far(7, 5, 7, 3, 4, 4), far(7, 4, 0, 3, 4, 4), far(7, 6, 2, 0, 0, 0)))
	f.Add(slices.Concat(far(1, 1, 0, 3, 0, 0), far(1, 6, 1, 3, 0, 4), far(1, 1, 0, 3, 0, 0), []byte{0, 0}, far(1, 1, 0, 3, 0, 0)))
	f.Add(slices.Concat(far(2, 1, 0, 3, 0, 0), []byte{0, 2, 0, 0}, far(2, 1, 0, 3, 0, 0), []byte{0, 3}, far(2, 6, 9, 3, 7, 8)))
	f.Add(slices.Concat(far(1, 0x81, 0, 3, 0, 0), []byte{0, 1}, far(1, 0x84, 0, 3, 0, 0), far(1, 4, 0, 3, 0, 0), far(2, 1, 0, 3, 0, 0)))
	f.Add(slices.Concat([]byte{0, 24}, far(7, 0x83, 0, 3, 0, 3), far(7, 3, 0, 3, 0, 3), far(1, 1, 0, 3, 0, 0), far(7, 0x86, 12, 3, 3, 3)))
	f.Fuzz(func(t *testing.T, in []byte) {
		if err := besiege(in); err != nil {
			t.Fatal(err)
		}
	})
}
