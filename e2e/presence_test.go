package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"ringdown/api"
	"ringdown/presence"
	"ringdown/record"
)

// at opens a page of the station in a browser.
func (s *serving) at(c *chromium, next string) *tab {
	s.t.Helper()
	station, err := s.client()
	if err != nil {
		s.t.Fatal(err)
	}
	link, err := station.Link(within(s.t, patience), next)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.open(s.t, link)
}

// plugIn gives a tab a hardware key.
func (p *tab) plugIn() {
	p.t.Helper()
	p.attachKey(webauthn.VirtualAuthenticatorOptions{Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportUsb})
}

// proofs are what the page says of presence, without the marks that isolate names.
func (p *tab) proofs() string {
	return plainly(eval[string](p, `[...document.querySelectorAll("#presence-proofs li")].map((l) => l.className + ": " + l.innerText).join("\n")`))
}

func plainly(s string) string { return strings.NewReplacer("\u2068", "", "\u2069", "").Replace(s) }

func (p *tab) waitProof(words string) {
	p.t.Helper()
	p.until(patience, func() bool { return strings.Contains(p.proofs(), words) }, func() string {
		return fmt.Sprintf("the page says of presence %q, want %q; refused: %q", p.proofs(), words, p.text("#presence-refusal"))
	})
}

// A principal's key is registered in the browser, approved by the other side, touched in a call and verified there. A page
// that cheats is refused by the other side, with its reason on both consoles.
func TestPresence(t *testing.T) {
	n, s := startStations(t)
	let(1100 * time.Millisecond)
	n.kill() // so that the two stations' runs have different numbers, and one direction is not the other
	n.start()
	n.stands()
	s.stands()
	north := n.at(startChromium(t, options{Tone: northTone}), "/key.html?line=south")
	north.plugIn()
	n.registers(north, s, "A. Weber")

	north.do("going to the console", chromedp.Navigate("http://"+n.page+"/?ready=1"))
	south := s.at(startChromium(t, options{Tone: southTone}), "/?ready=1")
	north.waitStatus("Line open")
	south.waitStatus("Line open")
	p := &pair{North: north, South: south}
	p.call()
	words := func(p *tab) string {
		return eval[string](p, `["first", "last"].map((i) => document.getElementById("presence-" + i).textContent).join(" ")`)
	}
	if a, b := words(north), words(south); len(strings.Fields(a)) != 4 || a != b {
		t.Errorf("north reads %q and south %q, want the same words", a, b)
	}

	for _, cheat := range []struct{ how, reason string }{
		{`t.challenge = t.challenge.split("").reverse().join("").replace(/.$/, "A")`, "the key signed something else"},
		{`const k = await w.create({ name: "Nobody", challenge: t.challenge, rp_id: t.rp_id, user: "AAAA", exclude: [], timeout_ms: 9000 });
			void k; t.credential = window.ringdownOther`, "the signature is not by the key that the accord names"},
	} {
		north.cheats(cheat.how, "await w.touch(t)")
		for name, page := range map[string]*tab{"South refused": north, "Do not take it as proof": south} {
			page.waitProof(cheat.reason)
			page.waitProof(name)
		}
	}
	north.screenshot("presence-refused-north")
	south.screenshot("presence-refused-south")
	n.turnsRound(north)
	south.waitProof("the key signed for the other direction")

	eval[bool](north, cheating(`window.ringdownKept = await w.touch(t)`)) // and claims it in the next call
	north.clickOn("#presence-keys button")
	for name, page := range map[string]*tab{"north": north, "south": south} {
		page.waitProof("A. Weber's key, vouched for by North")
		page.screenshot("presence-verified-" + name)
	}

	eval[bool](north, cheating(`window.ringdownUsed = await w.touch(t); await post("south", "presence/claim", window.ringdownUsed)`))
	south.waitProof("A. Weber's key, vouched for by North")
	again := eval[string](north, `import("/presence.js").then(({ post }) => post("south", "presence/claim", window.ringdownUsed)).then(() => "taken", (e) => e.message)`)
	if !strings.Contains(again, "belongs to no question that is open") { // what a cheating station would send is refused there: station TestHostileClaims
		t.Errorf("the very same answer once more: %s", again)
	}
	north.cheats("", "{ ...window.ringdownUsed, nonce: t.nonce }")
	s.tells("the key signed over another nonce of this call") // what is verified stays so on the page
	n.tells("the key signed over another nonce of this call")

	north.press("Hang up")
	south.waitStatus("Call ended")
	north.waitStatus("Call ended")
	let(2 * time.Second) // who has just hung up does not call again by mistake
	p.call()
	north.cheats("", "{ ...window.ringdownKept, nonce: t.nonce }")
	south.waitProof("the key signed for another call")
	north.waitProof("the key signed for another call")
}

// tells waits until a station's record tells of a refused claim, with its reason.
func (s *serving) tells(reason string) {
	s.t.Helper()
	c, err := s.client()
	if err != nil {
		s.t.Fatal(err)
	}
	var told string
	until(s.t, patience, func() bool {
		lines, err := s.lines()
		if err != nil {
			return false
		}
		page, err := c.Record(within(s.t, patience), lines[0].Slug, api.RecordQuery{Kinds: []string{"presence"}})
		told = fmt.Sprint(quote(page), err)
		return strings.Contains(told, reason)
	}, func() string { return fmt.Sprintf("the record never tells %q, but %s", reason, told) })
}

// turnsRound has the key sign what would prove presence in the other direction: all is as it was asked, but for the runs
// of the two stations, which are exchanged.
func (n *serving) turnsRound(page *tab) {
	n.t.Helper()
	c, err := n.client()
	if err != nil {
		n.t.Fatal(err)
	}
	agreed, err := c.Accord(within(n.t, patience), "south")
	if err != nil {
		n.t.Fatal(err)
	}
	asked := eval[api.Touch](page, `import("/presence.js").then(({ post }) => post("south", "presence/ask", { name: "A. Weber" }))`)
	credential, err := base64.RawURLEncoding.DecodeString(asked.Credential)
	if err != nil {
		n.t.Fatal(err)
	}
	b := presence.Binding{Role: record.RolePrincipal, Credential: presence.CredentialHash(credential)}
	for text, to := range map[string][]byte{agreed.Digest: b.Accord[:], asked.Call: b.Call[:], asked.Nonce: b.Nonce[:]} {
		if _, err := hex.Decode(to, []byte(text)); err != nil {
			n.t.Fatal(err)
		}
	}
	encoded := func() string { c := b.Challenge(); return base64.RawURLEncoding.EncodeToString(c[:]) }
	now := uint64(time.Now().Unix()) // runs are numbered by the second in which they begin
	for pair := range uint64(1 << 18) {
		if b.Claimant, b.Verifier = now-pair>>9, now-pair&511; encoded() == asked.Challenge {
			break
		}
	}
	if encoded() != asked.Challenge || b.Claimant == b.Verifier {
		n.t.Fatalf("runs %d and %d do not make the challenge, or are one", b.Claimant, b.Verifier)
	}
	b.Claimant, b.Verifier = b.Verifier, b.Claimant
	asked.Challenge = encoded()
	eval[bool](page, fmt.Sprintf(`(async () => {
		const w = await import("/webauthn.js"), { post } = await import("/presence.js");
		await post("south", "presence/claim", await w.touch(%s));
		return true;
	})()`, quote(asked)))
}

// registers a key of a principal on a page of n, and has the other side's administrator approve it.
func (n *serving) registers(page *tab, other *serving, name string) {
	n.t.Helper()
	own, far := n.line(), other.line()
	page.waitText("#for", own.Peer)
	page.put("#key-name", name)
	page.put("#key-also", "https://elsewhere.example/")
	page.press("Register a key")
	page.waitText("#key-told", `it is for use at "https://elsewhere.example"; wanted is the address of a page under "localhost"`)
	page.screenshot("presence-register-refused")
	page.put("#key-also", "http://localhost:7199/")
	page.press("Register a key")
	page.until(patience, func() bool { return strings.Contains(plainly(page.text("#key-told")), "proposed to "+own.Peer) },
		func() string { return "the page says: " + page.text("#key-told") })
	page.screenshot("presence-register")
	c, err := other.client()
	if err != nil {
		n.t.Fatal(err)
	}
	until(n.t, patience, func() bool {
		a, err := c.Accord(within(n.t, patience), far.Slug)
		return err == nil && len(a.Proposals) == 1 && strings.Contains(a.Proposals[0].Text, " and http://localhost:7199") && c.ApproveProposal(within(n.t, patience), far.Slug, a.Proposals[0].ID) == nil
	}, func() string { return own.Peer + " is asked nothing" })
	until(n.t, patience, func() bool {
		lines, err := n.lines()
		return err == nil && len(lines) == 1 && len(lines[0].Keys) == 1
	}, func() string { return "the key is not in force" })
}

// line is the only line of a station.
func (s *serving) line() api.Line {
	s.t.Helper()
	lines, err := s.lines()
	if err != nil || len(lines) != 1 {
		s.t.Fatalf("one line is wanted, found %v (%v)", lines, err)
	}
	return lines[0]
}

// cheating is a script of a page that asks as it should and then does something else. It is in the hand of whoever runs the
// claimant's station.
func cheating(then string) string {
	return `(async () => {
		const w = await import("/webauthn.js"), { post } = await import("/presence.js");
		const t = await post("south", "presence/ask", { name: "A. Weber" });
		` + then + `;
		return true;
	})()`
}

// cheats claims presence with something that is not what the other side asked for.
func (p *tab) cheats(change, answer string) {
	p.t.Helper()
	// A key that is not the registered one: its credential is known to the page that makes it alone.
	eval[bool](p, `(() => { const create = navigator.credentials.create.bind(navigator.credentials);
		navigator.credentials.create = async (o) => { const k = await create(o); window.ringdownOther = k.id; return k; }; return true; })()`)
	eval[bool](p, cheating(change+`; await post("south", "presence/claim", `+answer+`)`))
}
