package disclose

import (
	"fmt"
	"strings"

	"ringdown/record"
)

// What people do beside writing: tests, proofs of presence, drills, the right to call, and who they are.

func testText(w *writer, t record.Test) {
	w.line("act", t.Act.String())
	w.line("slot", fmt.Sprint(t.Slot))
	for _, p := range t.Paths {
		w.line("path", fmt.Sprintf("%d %s %d %d", p.Number, upDown[p.Up], p.LossPermille, p.RTTms))
	}
	w.line("who", escape(t.Who))
	w.line("text", escape(t.Text))
}

func (r *reader) test() record.Body {
	t := record.Test{Act: one(r, "act", record.TestAsked, record.TestFailed), Slot: r.number("slot", max48)}
	for len(t.Paths) < record.MaxPaths && r.next("path") {
		f := r.fields("path", 4, 4)
		p := record.TestPath{Number: uint8(r.value(f[0], 1, record.MaxPaths)), Up: f[1] == upDown[true],
			LossPermille: uint16(r.value(f[2], 0, 1000)), RTTms: uint16(r.value(f[3], 0, 1<<16-1))}
		if f[1] != upDown[p.Up] {
			r.fail()
		}
		t.Paths = append(t.Paths, p)
	}
	t.Who = r.text("who")
	t.Text = r.text("text")
	return t
}

func presenceText(w *writer, p record.Presence) {
	w.line("act", p.Act.String())
	w.line("drill", noYes[p.Drill])
	w.line("who", escape(p.Who))
	switch c := p.Claim; p.Act {
	case record.PresenceClaimed:
		w.line("credential", hexed(c.Credential[:]))
		w.line("own", hexed(c.Own[:]))
		w.line("far", hexed(c.Far[:]))
		w.line("role", c.Role.String())
		w.line("nonce", hexed(c.Nonce[:]))
		w.line("auth-data", hexed(c.AuthData))
		w.line("client-data", hexed(c.ClientData))
		w.line("signature", hexed(c.Signature))
	case record.PresenceRefused:
		w.line("reason", escape(p.Reason))
	}
}

func (r *reader) presence() record.Body {
	p := record.Presence{Act: one(r, "act", record.PresenceClaimed, record.PresenceRefused), Drill: r.yes("drill"), Who: r.text("who")}
	switch p.Act {
	case record.PresenceClaimed:
		p.Claim = record.Claim{Credential: [32]byte(r.hex("credential", 32)), Own: [8]byte(r.hex("own", 8)), Far: [8]byte(r.hex("far", 8)),
			Role: one(r, "role", record.RoleOfficer, record.RoleObserver), Nonce: [32]byte(r.hex("nonce", 32)),
			AuthData: r.octets("auth-data", record.MaxAuthData), ClientData: r.octets("client-data", record.MaxClientData),
			Signature: r.octets("signature", record.MaxAssertion)}
	case record.PresenceRefused:
		p.Reason = r.text("reason")
	}
	return p
}

func (r *reader) yes(key string) bool { return r.word(key, "no", "yes") == 1 }

// octets reads hexadecimal digits of at most so many bytes.
func (r *reader) octets(key string, most int) []byte {
	s := r.take(key)
	return r.digits(s, min(len(s)/2, most))
}

// drills warns of what belongs to a drill, so that nobody takes it for real.
func (p *reporter) drills() {
	for _, s := range sides {
		n := int64(0)
		for i := range p.Logs[s].Entries {
			if p.Logs[s].Entries[i].drill() {
				n++
			}
		}
		if n > 0 {
			p.warn("warn.drill", "count", count(n), "author", p.name(s))
		}
	}
}

func (e *shown) drill() bool {
	presence, _ := e.Body.(record.Presence)
	return e.Header.Kind == record.KindDrill || presence.Drill
}

// person is who did something, as the author states; nothing if it does not.
func (p *reporter) person(s side, who string, role record.Role) string {
	switch {
	case who == "" && role == 0:
		return ""
	case who == "":
		return say("entry.role", "role", role, "author", p.name(s))
	case role == 0:
		return say("entry.who", "who", escape(who), "author", p.name(s))
	}
	return say("entry.who-role", "who", escape(who), "role", role, "author", p.name(s))
}

// step is a step of a call in words; the first of them are their names.
func (p *reporter) step(s side, c record.CallStep) string {
	if c.Step <= record.StepEnded {
		return c.Step.String()
	}
	key := "step." + c.Step.String()
	switch {
	case c.Step == record.StepFetching && c.Count > 0:
		key += "-in"
	case c.Step == record.StepJoined && c.Speaks:
		key += "-speaks"
	}
	return say(key, "author", p.name(s), "other", p.name(s.other()), "minutes", counted("minute", int64(c.Count)))
}

func (p *reporter) saysTest(s side, t record.Test) string {
	slot := ""
	if t.Slot != 0 {
		slot = say("entry.test-slot", "at", moment(ms(t.Slot)))
	}
	act := strings.ReplaceAll(t.Act.String(), " ", "-")
	return say("entry.test-"+act, "text", escape(t.Text), "slot", slot, "who", p.person(s, t.Who, 0))
}

// paths are what the author of a test saw of its paths.
func (p *reporter) paths(s side, e *shown) (notes []string) {
	t, _ := e.Body.(record.Test)
	for _, x := range t.Paths {
		key := "entry.test-path-down"
		if x.Up {
			key = "entry.test-path"
		}
		notes = append(notes, say(key, "path", x.Number, "loss", x.LossPermille, "rtt", x.RTTms, "author", p.name(s)))
	}
	return notes
}

func (p *reporter) saysPresence(s side, e *shown, b record.Presence) string {
	call := say("entry.presence-call", "call", e.Header.Call)
	if b.Drill {
		call = say("entry.presence-drill", "call", e.Header.Call)
	}
	return say("entry.presence-"+b.Act.String(), "author", p.name(s), "other", p.name(s.other()), "who", escape(b.Who), "call", call, "reason", escape(b.Reason))
}

func (p *reporter) saysRight(s side, b record.Right) string {
	why := ""
	if b.Text != "" {
		why = say("entry.right-why", "text", escape(b.Text))
	}
	return say("entry.right-"+b.Act.String(), "author", p.name(s), "who", p.person(s, b.Who, 0), "why", why)
}
