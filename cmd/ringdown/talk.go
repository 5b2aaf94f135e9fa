package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ringdown/api"
)

type callCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	Drill    bool   `help:"A drill: both sides see and hear that it is none for real, and a real call ends it."`
	inFolder `embed:""`
	JSON     bool `help:"Print each state of the call as a JSON object." name:"json"`
}

func (c *callCommand) Run(t *terminal) error {
	return c.talk(t, c.Line, c.JSON, func(k *talker, _ *api.Line) error { return k.lift(c.Drill) })
}

type answerCommand struct {
	Line     string `arg:"" help:"The line, such as south."`
	inFolder `embed:""`
	JSON     bool `help:"Print each state of the call as a JSON object." name:"json"`
}

func (c *answerCommand) Run(t *terminal) error {
	return c.talk(t, c.Line, c.JSON, (*talker).await)
}

const (
	// askTime bounds one request to the station. An interrupt does not cut it short:
	// what was asked would be done all the same, and nobody would know.
	askTime = 5 * time.Second

	// hangUpTime is how long an interrupted call may take to end.
	hangUpTime = 2 * time.Second
)

// A talker is the command line as a console: it has a bell and no voice.
type talker struct {
	*terminal
	printer
	conn    *api.Conn
	line    string // slug of its line
	peer    string
	answers bool   // takes what rings
	call    string // id of the call it is in; empty: none
}

// unknown is the id of a call that has begun, until an event names it.
const unknown = "unknown"

// talk attaches as a ready console, begins, and stays until the call ends. An
// interrupt hangs up.
func (f inFolder) talk(t *terminal, line string, json bool, begin func(*talker, *api.Line) error) error {
	conn, err := f.attach(t, api.ToStation{Name: "command line"})
	if err != nil {
		return err
	}
	defer conn.Close()
	k := &talker{terminal: t, printer: printer{out: t.out, json: json}, conn: conn, line: line}
	l, err := k.find()
	if err != nil {
		return err
	}
	if err := k.ask(api.ToStation{Type: "ready", Ready: true}); err != nil {
		return err
	}
	if err := begin(k, l); err != nil {
		return err
	}
	err = k.stay(t)
	if t.Err() == nil || k.call == "" {
		return quietly(err)
	}
	return k.leave()
}

// quietly drops the error of an interrupt: that is how these commands end.
func quietly(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// ask has the station do something.
func (k *talker) ask(m api.ToStation) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(k), askTime)
	defer cancel()
	return refusal(k.conn.Do(ctx, m))
}

// find refuses a line that the station does not have, or cannot use yet.
func (k *talker) find() (*api.Line, error) {
	var have []string
	lines := k.conn.Welcome().Status.Lines
	for i := range lines {
		l := &lines[i]
		if l.Slug != k.line {
			have = append(have, fmt.Sprintf("%q", l.Slug))
			continue
		}
		k.peer = l.Peer
		if l.State == api.LineUnconfirmed && len(l.Notices) > 0 {
			return nil, &api.Error{Code: "unconfirmed", Text: l.Notices[0].Text, Action: l.Notices[0].Action}
		}
		return l, nil
	}
	return nil, &api.Error{Code: "no-such-line", Text: fmt.Sprintf("this station has no line %q; it has %s", k.line, or(strings.Join(have, ", "), "none yet")),
		Action: "name one of its lines"}
}

// lift calls, for real or for a drill.
func (k *talker) lift(drill bool) error {
	k.call = unknown
	return k.ask(api.ToStation{Type: "call", Slug: k.line, Drill: drill})
}

// await takes the call that rings, or one whose console is lost; else the next.
func (k *talker) await(l *api.Line) error {
	k.answers = true
	if c := l.Call; c != nil && (c.State == api.CallIncoming || c.Held == api.HeldOurConsole) {
		if err := k.answer(); k.call != "" || err != nil {
			return err
		}
	}
	fmt.Fprintf(k.err, "Waiting for a call from %s.\n", k.peer)
	return nil
}

// answer takes the call, unless it has ended meanwhile.
func (k *talker) answer() error {
	err := k.ask(api.ToStation{Type: "answer", Slug: k.line})
	if is(err, "no-call") {
		return nil
	}
	if err == nil {
		k.call = unknown
	}
	return err
}

// stay follows what happens until the call ends.
func (k *talker) stay(ctx context.Context) error {
	for {
		e, err := k.conn.Next(ctx)
		if err != nil {
			return err
		}
		if done, err := k.take(e); done || err != nil {
			return err
		}
	}
}

// leave hangs up, and stays a little to show how the call ended.
func (k *talker) leave() error {
	err := k.ask(api.ToStation{Type: "hangup", Slug: k.line})
	if err == nil || is(err, "no-call") {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(k), hangUpTime)
		defer cancel()
		err = k.stay(ctx)
	}
	if is(err, "not-answered") || errors.Is(err, context.DeadlineExceeded) {
		return nil // it was the person's will
	}
	return err
}

// is tells whether an error is the station's, or ours, of that code.
func is(err error, code string) bool {
	e, ok := errors.AsType[*api.Error](err)
	return ok && e.Code == code
}

// take follows one event; done when our call has ended.
func (k *talker) take(e api.Event) (done bool, err error) {
	switch {
	case e.Type == "ring":
		return false, k.ring(e)
	case e.Line != nil && e.Line.Slug == k.line && e.Line.Call != nil:
		return k.follow(e.Line.Call)
	}
	return false, nil
}

// ring sounds the terminal's bell, for every line of the station: this is one of
// its ready consoles.
func (k *talker) ring(e api.Event) error {
	if e.Ring {
		fmt.Fprint(k.err, "\a")
		if e.Drill {
			fmt.Fprintf(k.err, "It rings for a DRILL on line %s.\n", e.Slug)
		} else if e.Slug != k.line {
			fmt.Fprintf(k.err, "Line %s rings as well.\n", e.Slug)
		}
	}
	err := k.ask(api.ToStation{Type: "ringing", Slug: e.Slug, On: e.Ring})
	if _, refused := errors.AsType[*api.Error](err); refused {
		return nil // the line was taken out of use just now
	}
	return err
}

func (k *talker) follow(c *api.Call) (done bool, err error) {
	if c.State == api.CallIncoming && k.answers && k.call == "" {
		if err := k.answer(); err != nil {
			return false, err
		}
	}
	if c.Console == k.conn.Welcome().Console { // which is new, so the call is too
		k.call = c.ID
	}
	switch k.call {
	case c.ID:
	case "", unknown:
		return false, nil
	default: // another call has taken the place of ours
		k.call = ""
		return true, interrupted(c, k.peer)
	}
	if err := k.print(c, k.peer); err != nil {
		return false, err
	}
	if c.State != api.CallEnded {
		return false, nil
	}
	k.call = ""
	return true, k.outcome(c)
}

// interrupted says what has ended our call before its end could be heard: a real call, most likely.
func interrupted(c *api.Call, peer string) error {
	who := peer + " calls"
	if c.Outgoing {
		who = "a console here has called " + peer
	}
	return &api.Error{Code: "interrupted", Text: "the drill was interrupted: " + who, Action: "this is no drill; \"ringdown answer\" takes the call if nobody else has"}
}

// outcome is an error if nobody has answered.
func (k *talker) outcome(c *api.Call) error {
	for _, s := range c.Steps {
		if s.Name == "answered" {
			return nil
		}
	}
	return &api.Error{Code: "not-answered", Text: fmt.Sprintf("the call was not answered: %s", c.Reason), Action: endings[c.Reason]}
}

// endings say what can be done when nobody has answered.
var endings = map[api.EndReason]string{
	api.EndDeclined:    "they know that you called; try again, or use another channel",
	api.EndNoAnswer:    "it rang there and nobody took it; try again, or use another channel",
	api.EndNobodyReady: "their station is there, but no console of theirs is ready; use another channel",
	api.EndNotReached:  "nothing was heard of their station; \"ringdown status\" shows the paths, \"ringdown doctor\" what is wrong",
}

// A printer shows each new state of a call once.
type printer struct {
	out  io.Writer
	json bool
	last []byte
}

func (p *printer) print(c *api.Call, peer string) error {
	var line bytes.Buffer
	if p.json {
		if err := printJSON(&line, c); err != nil {
			return err
		}
	} else {
		line.WriteString(describe(c, peer) + "\n")
	}
	if bytes.Equal(line.Bytes(), p.last) {
		return nil
	}
	p.last = line.Bytes()
	_, err := p.out.Write(p.last)
	return err
}

// describe is one line about a call; about a drill it begins with that word.
func describe(c *api.Call, peer string) string {
	if c.Drill {
		return "DRILL: " + describeState(c, peer)
	}
	return describeState(c, peer)
}

func describeState(c *api.Call, peer string) string {
	at := c.Since.Format("15:04:05 UTC")
	switch c.State {
	case api.CallCalling:
		if !c.Reached {
			return fmt.Sprintf("calling since %s: %s's station is not reached yet", at, peer)
		}
		return fmt.Sprintf("calling since %s: %s's station is reached, %s ready there, none rings yet", at, peer, count(c.FarReady, "console"))
	case api.CallRinging:
		return fmt.Sprintf("ringing since %s at %s of %s", at, count(c.Ringing, "console"), peer)
	case api.CallIncoming:
		return fmt.Sprintf("%s calls since %s", peer, at)
	case api.CallActive:
		return fmt.Sprintf("in call with %s since %s%s", peer, at, people(c))
	case api.CallHeld:
		return fmt.Sprintf("held since %s: %s; it goes on by itself%s", at, c.Held, people(c))
	}
	by := map[string]string{"us": " by us", "them": " by " + peer}[c.EndedBy]
	if c.Reason == api.EndStopping {
		by = map[string]string{"us": " here", "them": " at " + peer + "'s"}[c.EndedBy]
	}
	return fmt.Sprintf("ended at %s: %s%s", at, c.Reason, by)
}

// people says who speaks for the other side of a call, and how far its principals are: the newest that each side has
// said.
func people(c *api.Call) string {
	var speaks, ours, theirs string
	for _, s := range c.Steps {
		who := or(oneLine(s.Who), "the principal")
		word := map[string]string{"asked": "the other principal asked for", "present": who + " is there", "fetching": who + " is fetched"}[s.Name]
		if s.Name == "fetching" && s.Minutes > 0 {
			word = fmt.Sprintf("%s expected in %d min", who, s.Minutes)
		}
		switch {
		case s.By == "them" && s.Who != "" && (s.Name == "called" || s.Name == "answered" || s.Name == "handed"):
			speaks = "; with " + oneLine(s.Who)
			if s.Role != "" {
				speaks += ", " + string(s.Role)
			}
		case word != "" && s.By == "us":
			ours = "; here: " + word
		case word != "":
			theirs = "; there: " + word
		}
	}
	return speaks + theirs + ours
}
