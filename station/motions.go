package station

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"ringdown/accord"
	"ringdown/api"
)

// # What people approve, on the wire
//
// New rules and principals' keys are asked for by a motion, which waits for a person as long as it
// must (see package accord). Two more messages of the entries' stream carry it:
//
//	7  motion    the sender's, in place of what it sent before; without a text: it asks for nothing
//	8  verdict   32 bytes digest of the motion, 1 byte (1 approved, 2 refused), 8 bytes when, in Unix milliseconds
//
// Each side sends 7 whenever the line opens, the far station has restarted, or what it asks for has changed. Whoever
// hears a motion on which its people have decided answers with 8, and sends 8 at once when they do. After an
// approval the sides go on by themselves: 1, the proposal, and 2, the amendment. So nothing is lost with a
// message: who does not hear the verdict asks again.
const (
	kindMotion  = 7
	kindVerdict = 8

	verdictSize = 32 + 1 + 8

	// A hostile station may change its mind motionBurst times at once and motionPerSecond from then on; what it
	// sends beyond that is not looked at. Each change costs two writes here, and shows people another sentence.
	motionBurst     = 8
	motionPerSecond = 1. / 60
)

var errMotions = errors.New("station: too many changes of what is proposed")

// verdicts are those of package accord, by their byte.
var verdicts = [...]accord.Verdict{1: accord.Approved, 2: accord.Refused}

// farMotion takes message 7 or 8. Nothing it says is believed here: it is checked off the loop.
func (e *lineEnd) farMotion(now time.Time, kind byte, body []byte) error {
	w := &e.amending
	if kind == kindVerdict {
		e.doChore(chore{do: func(a Amendments) ([][]byte, error) { return heardVerdict(a, body) }})
		return nil
	}
	if !w.motions.left(now, motionPerSecond, motionBurst) {
		return errMotions
	}
	e.doChore(chore{do: func(a Amendments) ([][]byte, error) { return heardMotion(a, body) }, motion: true})
	return nil
}

// heardMotion keeps what the other asks for, and answers if people have decided on it.
func heardMotion(a Amendments, text []byte) ([][]byte, error) {
	if _, err := a.HearMotion(text); err != nil {
		return nil, err
	}
	return answered(a), nil
}

// heardVerdict keeps what the other's people said, and makes the proposal if they approved.
func heardVerdict(a Amendments, body []byte) ([][]byte, error) {
	n := int(body[32])
	if n < 1 || n >= len(verdicts) {
		return nil, fmt.Errorf("station: verdict %d, want 1 or 2", n)
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(body[33:])))
	if _, err := a.HearVerdict(accord.Digest(body[:32]), verdicts[n], at); err != nil {
		return nil, err
	}
	return pending(a), nil
}

// motion is a message of what we ask for.
func motion(a Amendments) [][]byte {
	own, _ := a.Motions()
	if own == nil {
		return [][]byte{{kindMotion}}
	}
	return [][]byte{framed(kindMotion, own.Text())}
}

// answered is a message of what people here have decided; none if they have not.
func answered(a Amendments) [][]byte {
	_, far := a.Motions()
	if far == nil || far.Verdict == accord.Waiting {
		return nil
	}
	n := byte(1)
	if far.Verdict == accord.Refused {
		n = 2
	}
	id := far.Digest()
	return [][]byte{binary.BigEndian.AppendUint64(append(append([]byte{kindVerdict}, id[:]...), n), uint64(far.At.UnixMilli()))}
}

// Accord gives the accord of a line, as people see and change it.
func (s *Station) Accord(slug string) (api.Accord, error) {
	var v api.Accord
	err := s.onAccord(slug, func(a Amendments) (_ [][]byte, err error) {
		v, err = a.View()
		return nil, err
	})
	return v, err
}

// Propose asks the other side's people for a change: it is durable when this returns, and sent as soon as the line is open.
func (s *Station) Propose(slug string, c accord.Change) error {
	return s.onAccord(slug, func(a Amendments) ([][]byte, error) {
		if err := a.Propose(s.opt.Now(), c); err != nil {
			return nil, err
		}
		return motion(a), nil
	})
}

// ProposeAccord does so for a person at a console.
func (s *Station) ProposeAccord(slug string, p api.NewProposal) error {
	if (p.Rules == nil) == (p.Remove == "") {
		return &api.Error{Code: "bad-request", Text: "A proposal asks for one thing: new rules, or the removal of one key.", Action: "Make two proposals, one after the other."}
	}
	if p.Rules != nil {
		r, err := accordRules(*p.Rules)
		if err != nil {
			return accordError(err)
		}
		return s.Propose(slug, accord.Change{Rules: r})
	}
	return s.onAccord(slug, func(a Amendments) ([][]byte, error) {
		k := accord.PrincipalKey{Name: p.Remove}
		for _, have := range a.Agreed().Own {
			if have.Name == p.Remove {
				k.Serial = have.Serial
			}
		}
		if err := a.Propose(s.opt.Now(), accord.Change{Principal: &accord.PrincipalChange{Act: accord.Remove, Key: k}}); err != nil {
			return nil, err
		}
		return motion(a), nil
	})
}

// WithdrawProposal takes back what we have asked for, or takes note that it was refused.
func (s *Station) WithdrawProposal(slug string) error {
	return s.onAccord(slug, func(a Amendments) ([][]byte, error) {
		if err := a.Withdraw(); err != nil {
			return nil, err
		}
		return motion(a), nil
	})
}

// ApproveProposal approves what the other side asks for, if it is the one of this id. The other side is told at once.
func (s *Station) ApproveProposal(slug, id string) error { return s.decide(slug, id, accord.Approved) }

// RefuseProposal refuses it.
func (s *Station) RefuseProposal(slug, id string) error { return s.decide(slug, id, accord.Refused) }

func (s *Station) decide(slug, id string, v accord.Verdict) error {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) != len(accord.Digest{}) {
		return &api.Error{Code: "bad-request", Text: "A proposal's id has 64 hexadecimal digits.", Action: "Take it as the accord shows it."}
	}
	return s.onAccord(slug, func(a Amendments) ([][]byte, error) {
		if err := a.Decide(s.opt.Now(), accord.Digest(b), v); err != nil {
			return nil, err
		}
		return answered(a), nil
	})
}

// onAccord works on a line's accord off the loop, after what is under way there, and waits for it.
func (s *Station) onAccord(slug string, do func(Amendments) ([][]byte, error)) error {
	ended := make(chan error, 1)
	err := s.onLine(slug, func(e *lineEnd, _ time.Time) error {
		if e.opt.Amendments == nil {
			return &api.Error{Code: "no-accord", Text: "This station holds no accord with " + e.opt.Peer + ".", Action: "Make one: ringdown invite."}
		}
		e.doChore(chore{do: do, ended: ended})
		return nil
	})
	if err != nil {
		return err
	}
	select {
	case err := <-ended:
		return accordError(err)
	case <-s.done:
		return errStopped
	}
}

// accordError says what of a change of the accord a person must do otherwise.
func accordError(err error) error {
	var r *accord.Refusal
	if !errors.As(err, &r) {
		return err
	}
	code, action := "not-agreed", sentence(r.Hint())
	if errors.Is(err, accord.ErrAnswered) || errors.Is(err, accord.ErrMissing) {
		code = "no-proposal"
	}
	if action == "" {
		action = "Change what is named and propose it again."
	}
	text := fmt.Sprintf("The %s %s", r.Thing, r.Err)
	if r.Found != "" {
		text += ": it is " + r.Found
	}
	if r.Wanted != "" {
		text += "; wanted is " + r.Wanted
	}
	return &api.Error{Code: code, Text: text + ".", Action: action}
}

// proposalNotices rise to people's eyes what is proposed to them, and what was refused of ours.
func (e *lineEnd) proposalNotices() (list []api.Notice) {
	for _, p := range e.agreed.Proposed {
		switch {
		case p.By == "them" && p.State == api.ProposalWaiting:
			list = append(list, api.Notice{Severity: "warning", Text: p.Text, Action: "An administrator approves or refuses it.", Link: "/accord.html?line=" + e.slug})
		case p.By == "us" && p.State == api.ProposalRefused:
			list = append(list, api.Notice{Severity: "warning", Text: fmt.Sprintf("%s refused on %s what was proposed. %s", e.opt.Peer, p.At.Format("2 January at 15:04 UTC"), p.Text),
				Action: "Speak with them, then propose something else or take note.", Link: "/accord.html?line=" + e.slug})
		}
	}
	return list
}
