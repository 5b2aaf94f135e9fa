package accord

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// readMotions reads both sides' motions and what was said of them. Those that can no longer be agreed are passed
// over; their files stay until the next motion takes their place.
func (l *Line) readMotions() error {
	var err error
	if l.OwnMotion, err = l.readAsked(fileMotion, fileVerdict, l.First); err != nil {
		return err
	}
	l.FarMotion, err = l.readAsked(fileFarMotion, fileFarVerdict, !l.First)
	return err
}

func (l *Line) readAsked(motion, verdict string, first bool) (*Asked, error) {
	m := new(Motion)
	err := readDocument(l.path(motion), m)
	if errors.Is(err, ErrMissing) {
		return nil, nil
	}
	if err == nil && m.First != first {
		err = refuse(ErrChanged, "motion", "one of the "+ordinal(m.First)+" party", "one of the "+ordinal(first)+" party")
	}
	if err == nil {
		err = m.check(l.Accord)
	}
	if err != nil {
		return nil, at(l.path(motion), err)
	}
	if !l.open(m) {
		return nil, nil
	}
	a := &Asked{Motion: m}
	var f verdictFile
	if err := readDocument(l.path(verdict), &f); err != nil && !errors.Is(err, ErrMissing) {
		return nil, err
	}
	if f.motion == m.Digest() {
		a.Verdict, a.At = f.verdict, f.at
	}
	return a, nil
}

// open tells whether a motion can still be agreed: whether every state of the accord since it was made
// would have taken it. So one that has come into force is over, and so is one that for a time could not be
// agreed, whatever was amended later: nothing that people approved long ago comes back.
func (l *Line) open(m *Motion) bool {
	if m.Next > l.state.serial+1 {
		return false // made after amendments that are not here yet
	}
	for _, s := range append(l.past[m.Next-1:len(l.past):len(l.past)], l.state) {
		if _, err := s.with(l.Accord, m.First, &m.change); err != nil {
			return false
		}
	}
	return true
}

// Move asks the other party's people for a change: a motion, which takes the place of an earlier one that they have not
// approved. Of one that they have approved the amendment is on its way; then it is [ErrAnswered].
func (l *Line) Move(now time.Time, c Change) error {
	body, err := c.change()
	if err != nil {
		return err
	}
	return l.change(func() error {
		if l.OwnMotion != nil && l.OwnMotion.Verdict == Approved {
			return refuse(ErrAnswered, "proposal of "+l.OwnMotion.Made.Format(timeFormat), "it comes into force as soon as the line is open", "none on its way").
				hint("wait until it is in force, then ask for the next change")
		}
		if _, err := l.state.with(l.Accord, l.First, &body); err != nil {
			return err
		}
		m := &Motion{Accord: l.Accord.Digest(), Next: l.state.serial + 1, First: l.First, Made: now.UTC().Truncate(time.Second), change: body}
		m.signature = l.home.keys.of(RoleIdentity).sign(m.statement())
		if err := WriteFile(l.path(fileMotion), m.Text()); err != nil {
			return err
		}
		l.OwnMotion = &Asked{Motion: m}
		return nil
	})
}

// Withdraw takes back this station's own motion, or takes note that it was refused. One that is approved stays.
func (l *Line) Withdraw() error {
	return l.change(func() error {
		switch {
		case l.OwnMotion == nil:
			return refuse(ErrMissing, "proposal of this station", "", "one to take back")
		case l.OwnMotion.Verdict == Approved:
			return refuse(ErrAnswered, "proposal of "+l.OwnMotion.Made.Format(timeFormat), "approved", "one that waits").
				hint("it comes into force by itself; ask for another change afterwards")
		}
		l.OwnMotion = nil
		return l.remove(fileMotion)
	})
}

// remove takes a file of the line away, durably.
func (l *Line) remove(name string) error {
	if err := os.Remove(l.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("accord: %w", err)
	}
	return syncFolder(l.path())
}

// HearMotion takes what the other station asks for, in place of what it asked before; without a text it asks for
// nothing any more. It tells whether there is something new. A motion that is over changes nothing.
func (l *Line) HearMotion(text []byte) (changed bool, err error) {
	if len(text) == 0 {
		return l.dropMotion()
	}
	m, err := ParseMotion(text)
	if err != nil {
		return false, err
	}
	err = l.change(func() error {
		if m.First == l.First {
			return refuse(ErrWrongParty, "motion", "this station's own", "one of "+quoted(string(l.Peer)))
		}
		if err := m.check(l.Accord); err != nil {
			return err
		}
		if m.Next > l.state.serial+1 {
			return refuse(ErrStale, "motion", fmt.Sprint("made before amendment ", m.Next), fmt.Sprintf("%d at most", l.state.serial+1))
		}
		if l.FarMotion != nil && l.FarMotion.Digest() == m.Digest() || !l.open(m) {
			return nil
		}
		if err := WriteFile(l.path(fileFarMotion), m.Text()); err != nil {
			return err
		}
		l.FarMotion, changed = &Asked{Motion: m}, true
		return nil
	})
	return changed, err
}

func (l *Line) dropMotion() (changed bool, err error) {
	err = l.change(func() error {
		if l.FarMotion == nil {
			return nil
		}
		l.FarMotion, changed = nil, true
		return l.remove(fileFarMotion)
	})
	return changed, err
}

// Decide approves or refuses the other's motion of that digest. The verdict stays, also over a restart: an approved motion
// comes into force without asking anybody again.
func (l *Line) Decide(now time.Time, motion Digest, v Verdict) error {
	return l.change(func() error {
		if l.FarMotion == nil || l.FarMotion.Digest() != motion {
			return refuse(ErrMissing, "proposal "+motion.String()[:8], "", "the one that "+quoted(string(l.Peer))+" asks for now").
				hint("it was changed, taken back or is in force: look again")
		}
		if l.FarMotion.Verdict == v {
			return nil
		}
		if l.FarMotion.Verdict != Waiting {
			return refuse(ErrAnswered, "proposal "+motion.String()[:8], string(l.FarMotion.Verdict), "one that waits").
				hint("a verdict is not taken back; propose the opposite change instead")
		}
		return l.judge(l.FarMotion, fileFarVerdict, v, now)
	})
}

// HearVerdict takes what the other's people said of this station's own motion. If they approved it, the proposal is
// Pending from now on. A verdict about another motion, or a second one, changes nothing.
func (l *Line) HearVerdict(motion Digest, v Verdict, at time.Time) (changed bool, err error) {
	err = l.change(func() error {
		if l.OwnMotion == nil || l.OwnMotion.Digest() != motion || l.OwnMotion.Verdict != Waiting {
			return nil
		}
		changed = true
		if err := l.judge(l.OwnMotion, fileVerdict, v, at); err != nil {
			return err
		}
		return l.rebase()
	})
	return changed, err
}

// judge writes a verdict. A crash leaves it given or not; if not, the person is asked again, and so
// is the other station.
func (l *Line) judge(a *Asked, file string, v Verdict, at time.Time) error {
	f := &verdictFile{a.Digest(), v, at.UTC().Truncate(time.Second)}
	if v != Approved && v != Refused || !storable(f.at) {
		return refuse(ErrTerms, "verdict", quoted(string(v))+" at "+f.at.Format(timeFormat), "approved or refused, at some time")
	}
	if err := WriteFile(l.path(file), encode(f)); err != nil {
		return err
	}
	a.Verdict, a.At = v, f.at
	return nil
}

// approved tells whether people here have approved what the other proposes.
func (l *Line) approved(m *Amendment) bool {
	return m.change.sort == SortEnds || l.FarMotion != nil && l.FarMotion.Verdict == Approved && l.FarMotion.change.equal(&m.change)
}
