package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"ringdown/api"
)

// authenticator gives a tab a passkey device that verifies its user without asking.
func (p *tab) authenticator() {
	p.t.Helper()
	p.attachKey(webauthn.VirtualAuthenticatorOptions{Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true})
}

// attachKey gives a tab an authenticator that is touched, and its user verified, whenever a page asks.
func (p *tab) attachKey(o webauthn.VirtualAuthenticatorOptions) {
	p.t.Helper()
	o.Protocol, o.HasUserVerification, o.IsUserVerified, o.AutomaticPresenceSimulation = webauthn.AuthenticatorProtocolCtap2, true, true, true
	p.do("attaching a key", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &o})
		return err
	}))
}

// reads waits until the page's text has the words.
func (p *tab) reads(words string) {
	p.t.Helper()
	text := func() string {
		s, err := tryEval[string](p, `document.body.innerText`)
		if err != nil {
			return err.Error()
		}
		return s
	}
	p.until(patience, func() bool { return strings.Contains(strings.Join(strings.Fields(text()), " "), words) },
		func() string { return fmt.Sprintf("the page never reads %q; it reads:\n%s", words, text()) })
}

func (p *tab) at(what, url string) {
	p.t.Helper()
	p.do(what, chromedp.Navigate(url))
}

// invite adds a person and gives their link.
func (s *serving) invite(name string, roles ...api.Role) string {
	s.t.Helper()
	c, err := s.client()
	if err != nil {
		s.t.Fatal(err)
	}
	made, err := c.AddPerson(s.t.Context(), api.NewMember{Name: name, Roles: roles})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.URL
}

// desk is a tab with an authenticator of its own, at a station's page to log in.
func desk(t *testing.T, s *serving) *tab {
	t.Helper()
	p := startChromium(t, options{Tone: northTone}).open(t, "http://"+s.page+"/login.html")
	p.authenticator()
	return p
}

// Somebody enrols by their link, logs in, is held to their role, and is out at once when they are removed.
func TestPeople(t *testing.T) {
	north, _ := startStations(t)
	annas, veras := north.invite("Anna Weber", api.RoleAdministrator, api.RoleOfficer), north.invite("Vera", api.RoleObserver)
	anna, vera := desk(t, north), desk(t, north)
	anna.reads("Nobody is enrolled at this station yet")
	anna.portrait("login-nobody")

	vera.at("opening her link first", veras)
	vera.reads("the first must be an administrator")
	anna.at("opening her link by an address", strings.Replace(annas, "localhost", "127.0.0.1", 1))
	anna.reads("passkeys work only under a name. Open it as localhost:")
	anna.portrait("enrol-address")
	anna.at("opening her link", annas)
	anna.reads("Welcome, Anna Weber You are to be watch officer, administrator at this station.")
	anna.portrait("enrol")
	anna.press("Make my passkey")
	anna.reads("You are enrolled")
	anna.portrait("enrolled")

	other := desk(t, north)
	other.at("opening the used link", annas)
	other.reads("This link does not enrol anybody. This link was used or is too old.")
	other.portrait("enrol-used")

	anna.at("opening the console", "http://"+north.page+"/")
	anna.waitStatus("Line open")
	anna.reads("Anna Weber, watch officer, administrator")
	anna.screenshot("console-person")
	observes(t, north, vera, veras)
	removes(anna, vera, north)
}

// observes enrols an observer, logs her out and in, and sees her refused.
func observes(t *testing.T, north *serving, vera *tab, link string) {
	t.Helper()
	vera.at("opening the login page", "http://"+north.page+"/?line=south")
	vera.reads("Log in with a passkey")
	vera.at("opening her link", link)
	vera.press("Make my passkey")
	vera.reads("You are enrolled")
	vera.at("opening the console", "http://"+north.page+"/")
	vera.waitStatus("Line open")
	vera.reads("Vera, observer")
	vera.reads("Opens the sound, to listen to a call. This console does not ring.")
	eval[bool](vera, `(() => {
		const { mediaDevices } = navigator, ask = mediaDevices.getUserMedia.bind(mediaDevices);
		globalThis.microphoneAsked = false;
		mediaDevices.getUserMedia = (c) => { globalThis.microphoneAsked = true; return ask(c); };
		return true;
	})()`)
	vera.press("Ready")
	vera.reads("This console sees and listens. Only a watch officer or a principal calls and answers.")
	if eval[bool](vera, `document.getElementById("compose").checkVisibility()`) {
		t.Error("an observer is offered to write")
	}
	if eval[bool](vera, "globalThis.microphoneAsked") {
		t.Error("the microphone of a console that only listens is opened")
	}
	vera.screenshot("console-observer")
	vera.press("Log out")
	vera.reads("Everybody at this station logs in with a passkey")
	vera.portrait("login")
	vera.press("Log in with a passkey")
	vera.waitStatus("Line open")
	refused := eval[string](vera, `fetch("/api/lines/south/hangup", {method: "POST"}).then((r) => r.json()).then((e) => e.text)`)
	if refused != "Only a watch officer or a principal may do this; Vera is an observer." {
		t.Errorf("she is told %q", refused)
	}
	vera.at("opening the people's page", "http://"+north.page+"/people.html")
	vera.reads("Only an administrator may do this; Vera is an observer.")
	vera.portrait("people-refused")
	vera.at("opening the console", "http://"+north.page+"/")
	vera.waitStatus("Line open")
}

// removes adds somebody and removes the observer, on the administrator's page.
func removes(anna, vera *tab, north *serving) {
	anna.t.Helper()
	anna.at("opening the people's page", "http://"+north.page+"/people.html")
	anna.reads("Vera")
	eval[bool](anna, `(() => {
		document.getElementById("new-name").value = "Otto";
		document.querySelector('#new-roles input[value="principal"]').click();
		return true;
	})()`)
	anna.press("Add, and make their link")
	anna.reads("Otto enrols by opening this link, once, within 24 hours.")
	anna.portrait("people")
	anna.size(390, 844)
	anna.scheme("dark")
	anna.fits()
	anna.portrait("people-phone")
	anna.size(1280, 900)
	anna.press("Done")
	eval[bool](anna, `(() => {
		const row = [...document.querySelectorAll("#members > li")].find((li) => li.querySelector("h3").textContent === "Vera");
		[...row.querySelectorAll("button")].find((b) => b.textContent.startsWith("Remove")).click();
		return true;
	})()`)
	anna.reads("Remove Vera? They are logged out everywhere at once.")
	anna.portrait("people-remove")
	anna.press("Yes")
	vera.reads("The session at this station has ended.")
	vera.screenshot("console-removed")
	anna.until(patience, func() bool { return !strings.Contains(eval[string](anna, `document.body.innerText`), "Vera") },
		func() string { return "Vera is still shown" })
	vera.at("opening the console again", "http://"+north.page+"/")
	vera.press("Log in with a passkey")
	vera.reads("This passkey is of nobody at this station.")
	vera.portrait("login-refused")
}
