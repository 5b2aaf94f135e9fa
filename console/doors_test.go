package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"ringdown/api"
	"ringdown/people"
	"ringdown/presence/softkey"
)

// staffed is a server with people: Anna, an administrator, Otto, a watch officer, and Vera, an
// observer, each with a passkey.
func staffed(t *testing.T) (*Server, *fakeStation, map[string]*softkey.Passkey) {
	t.Helper()
	s, st := testServer(t, nil)
	s.doors.rate, s.doors.burst = 1000, 1000
	keys := make(map[string]*softkey.Passkey)
	for _, one := range []struct {
		name string
		role people.Role
	}{{"Anna", people.Administrator}, {"Otto", people.Officer}, {"Vera", people.Observer}} {
		_, token, err := s.people.Add(time.Now(), one.name, []people.Role{one.role})
		if err != nil {
			t.Fatal(err)
		}
		keys[one.name] = softkey.NewPasskey(localURL(s))
		if got := newBrowser(t, s).enrol(keys[one.name], token); got.StatusCode != http.StatusOK {
			t.Fatalf("%s enrols: %s\n%s", one.name, got.Status, got.text)
		}
	}
	return s, st, keys
}

func (b *browser) post(path, body string) *reply {
	b.t.Helper()
	return b.request("POST", path, body, nil)
}

func (b *browser) enrol(k *softkey.Passkey, token string) *reply {
	b.t.Helper()
	begun := b.post("/api/enrol/begin", `{"token":"`+token+`"}`)
	if begun.StatusCode != http.StatusOK {
		return begun
	}
	var o struct{ Options json.RawMessage }
	if err := json.Unmarshal([]byte(begun.text), &o); err != nil {
		b.t.Fatal(err)
	}
	answer, err := k.Create(o.Options)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.post("/api/enrol/finish", string(answer))
}

func (b *browser) logIn(k *softkey.Passkey) *reply {
	b.t.Helper()
	return b.post("/api/login/finish", b.asked(k))
}

// asked is a passkey's answer to a log-in that has begun.
func (b *browser) asked(k *softkey.Passkey) string {
	b.t.Helper()
	begun := b.post("/api/login/begin", "")
	if begun.StatusCode != http.StatusOK {
		b.t.Fatalf("log-in begins: %s\n%s", begun.Status, begun.text)
	}
	answer, err := k.Get([]byte(begun.text))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(answer)
}

// as is a browser in which somebody is logged in.
func as(t *testing.T, s *Server, k *softkey.Passkey) *browser {
	t.Helper()
	b := newBrowser(t, s)
	if got := b.logIn(k); got.StatusCode != http.StatusOK {
		t.Fatalf("logging in: %s\n%s", got.Status, got.text)
	}
	return b
}

func (b *browser) me() (me api.Me) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.get("/api/me").text), &me); err != nil {
		b.t.Fatal(err)
	}
	return me
}

func TestLogInAndOut(t *testing.T) {
	s, st, keys := staffed(t)
	b := newBrowser(t, s)
	if got := b.get("/?line=south"); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/login.html?next=%2F%3Fline%3Dsouth" {
		t.Errorf("a stranger is led by %s to %s", got.Status, got.Header.Get("Location"))
	}
	if got := b.get("/api/status"); got.StatusCode != http.StatusUnauthorized || errorOf(t, got).Action != "Log in with your passkey." {
		t.Errorf("a stranger's request: %s\n%s", got.Status, got.text)
	}
	if me := b.me(); len(me.Person.Roles) != 0 || !me.Enrolled {
		t.Errorf("a stranger is %+v", me)
	}
	if got := b.logIn(keys["Otto"]); got.StatusCode != http.StatusOK || !strings.Contains(got.text, `"name":"Otto"`) {
		t.Fatalf("logging in: %s\n%s", got.Status, got.text)
	}
	if me := b.me(); me.Person.Name != "Otto" || !slices.Equal(me.Person.Roles, []api.Role{api.RoleOfficer}) {
		t.Errorf("logged in as %+v", me)
	}
	if got := b.get("/"); got.StatusCode != http.StatusOK {
		t.Errorf("the page: %s", got.Status)
	}
	if got := b.post("/api/lines/south/read", `{"keys":["them/1"],"name":"Somebody else"}`); got.StatusCode != http.StatusNoContent {
		t.Errorf("a mark of reading: %s\n%s", got.Status, got.text)
	}
	if st.record.reader.Name != "Otto" {
		t.Errorf("it was read by %+v", st.record.reader)
	}
	c := b.attached(api.ToStation{})
	c.next("welcome")
	if got := b.post("/api/logout", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("logging out: %s", got.Status)
	}
	c.ends(api.CloseNoSession)
	if got := b.get("/api/status"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("after logging out: %s", got.Status)
	}
}

// TestRolesAreEnforced: over HTTP and on the WebSocket, with the role that is needed.
func TestRolesAreEnforced(t *testing.T) {
	s, st, keys := staffed(t)
	vera, otto, anna := as(t, s, keys["Vera"]), as(t, s, keys["Otto"]), as(t, s, keys["Anna"])
	for _, c := range []struct {
		b            *browser
		method, path string
		body, says   string
	}{
		{vera, "POST", "/api/lines/south/hangup", "", "Only a watch officer or a principal may do this; Vera is an observer."},
		{vera, "POST", "/api/lines/south/messages", `{"text":"x"}`, "Only a watch officer or a principal"},
		{otto, "GET", "/api/people", "", "Only an administrator may do this; Otto is a watch officer."},
		{otto, "POST", "/api/people", `{"name":"Eve","roles":["administrator"]}`, "Only an administrator"},
		{otto, "POST", "/api/reload", "", "Only an administrator"},
		{anna, "POST", "/api/lines/south/hangup", "", "Only a watch officer or a principal may do this; Anna is an administrator."},
	} {
		got := c.b.request(c.method, c.path, c.body, nil)
		if got.StatusCode != http.StatusForbidden || errorOf(t, got).Code != "not-allowed" || !strings.HasPrefix(errorOf(t, got).Text, c.says) {
			t.Errorf("%s %s: %s\n%s", c.method, c.path, got.Status, got.text)
		}
	}
	if len(st.hungUp) != 0 || st.reloads != 0 {
		t.Error("the station was told to act")
	}
	if got := vera.get("/api/status"); got.StatusCode != http.StatusOK {
		t.Errorf("an observer reads: %s", got.Status)
	}
	c := vera.attached(api.ToStation{})
	c.next("welcome")
	for _, m := range []api.ToStation{{Type: "ready", Ready: true}, {Type: "call", Slug: "south"}, {Type: "answer", Slug: "south"}, {Type: "hangup", Slug: "south"}} {
		c.send(m)
		if e := c.next("refused").Error; e.Code != "not-allowed" || !strings.Contains(e.Text, "Vera is an observer") {
			t.Errorf("%s: %+v", m.Type, e)
		}
	}
}

// TestRemovedAtOnce: sessions and open connections of who is removed end; others do not.
func TestRemovedAtOnce(t *testing.T) {
	s, st, keys := staffed(t)
	otto, vera, anna := as(t, s, keys["Otto"]), as(t, s, keys["Vera"]), as(t, s, keys["Anna"])
	one, two := otto.attached(api.ToStation{}), vera.attached(api.ToStation{})
	one.next("welcome")
	two.next("welcome")
	p, _ := s.people.Find("Otto")
	if got := anna.request("DELETE", "/api/people/"+p.ID.String(), "", nil); got.StatusCode != http.StatusNoContent {
		t.Fatalf("removing: %s\n%s", got.Status, got.text)
	}
	one.ends(api.CloseNoSession)
	if got := otto.get("/api/status"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("his session: %s", got.Status)
	}
	if got := newBrowser(t, s).logIn(keys["Otto"]); got.StatusCode != http.StatusForbidden || errorOf(t, got).Code != "unknown-passkey" {
		t.Errorf("his passkey: %s", got.Status)
	}
	v, _ := s.people.Find("Vera")
	if got := anna.request("PUT", "/api/people/"+v.ID.String()+"/roles", `{"roles":["officer"]}`, nil); got.StatusCode != http.StatusNoContent {
		t.Fatalf("roles: %s\n%s", got.Status, got.text)
	}
	two.ends(api.CloseChanged)
	if got := vera.post("/api/lines/south/hangup", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("Vera, now an officer: %s\n%s", got.Status, got.text)
	}
	if got := strings.Join(st.hungUp, ", "); got != "Vera" {
		t.Errorf("the station was told that %q hung up, want Vera", got)
	}
	a, _ := s.people.Find("Anna")
	if got := anna.request("DELETE", "/api/people/"+a.ID.String(), "", nil); got.StatusCode != http.StatusConflict || errorOf(t, got).Code != "last-administrator" {
		t.Errorf("the last administrator: %s", got.Status)
	}
}

// TestLinksLeadToTheDoor: with the first who is enrolled, a plain link lets nobody in, one of
// before neither, and a kiosk's gives an officer's rights.
func TestLinksLeadToTheDoor(t *testing.T) {
	s, _ := testServer(t, nil)
	early := entered(t, s)
	c := early.attached(api.ToStation{})
	c.next("welcome")
	kiosk := newBrowser(t, s)
	link, err := s.link("", true)
	if err != nil {
		t.Fatal(err)
	}
	kiosk.get(strings.TrimPrefix(link, s.URL()))
	if got := kiosk.post("/api/reload", ""); got.StatusCode != http.StatusForbidden || !strings.Contains(got.text, "this console is a watch officer") {
		t.Errorf("a kiosk before anybody is enrolled: %s\n%s", got.Status, got.text)
	}
	_, token, _ := s.people.Add(time.Now(), "Anna", []people.Role{people.Administrator})
	if got := early.get("/api/people"); got.StatusCode != http.StatusOK {
		t.Errorf("a session while nobody is enrolled: %s", got.Status)
	}
	if got := newBrowser(t, s).enrol(softkey.NewPasskey(localURL(s)), token); got.StatusCode != http.StatusOK {
		t.Fatalf("%s\n%s", got.Status, got.text)
	}
	c.ends(api.CloseNoSession)
	for name, b := range map[string]*browser{"of before": early, "new": entered(t, s)} {
		if got := b.get("/api/status"); got.StatusCode != http.StatusUnauthorized {
			t.Errorf("a session of a link %s: %s", name, got.Status)
		}
		if got := b.get("/"); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/login.html" {
			t.Errorf("its page: %s", got.Status)
		}
	}
	if got := kiosk.post("/api/lines/south/hangup", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("the kiosk after: %s", got.Status)
	}
	if got := kiosk.get("/api/people"); got.StatusCode != http.StatusForbidden {
		t.Errorf("the kiosk among the people: %s", got.Status)
	}
}

// TestHostileCeremonies: what is replayed, of another browser, foreign, too large or too late.
func TestHostileCeremonies(t *testing.T) {
	s, _, keys := staffed(t)
	b := newBrowser(t, s)
	answer := b.asked(keys["Otto"])
	for name, got := range map[string]*reply{
		"no ceremony":     newBrowser(t, s).post("/api/login/finish", answer),
		"another browser": stranger(t, s).post("/api/login/finish", answer),
		"foreign origin": b.request("POST", "/api/login/finish", answer, func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example")
		}),
		"no origin": b.request("POST", "/api/login/finish", answer, func(r *http.Request) { r.Header.Del("Origin") }),
		"a query":   b.post("/api/login/begin?x=1", ""),
	} {
		if got.StatusCode != http.StatusForbidden && got.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s\n%s", name, got.Status, got.text)
		}
	}
	if got := b.post("/api/login/finish", answer); got.StatusCode != http.StatusOK {
		t.Fatalf("the answer itself: %s\n%s", got.Status, got.text)
	}
	if got := b.post("/api/login/finish", answer); got.StatusCode != http.StatusForbidden || errorOf(t, got).Code != "too-late" {
		t.Errorf("the same again: %s", got.Status)
	}
	spent := newBrowser(t, s)
	answer = spent.asked(keys["Vera"])
	if got := spent.post("/api/login/finish", strings.Replace(answer, `"signature":"`, `"signature":"AA`, 1)); got.StatusCode != http.StatusForbidden {
		t.Errorf("a wrong signature: %s", got.Status)
	}
	if got := spent.post("/api/login/finish", answer); errorOf(t, got).Code != "too-late" {
		t.Errorf("the right one after a wrong one, to the same challenge: %s", got.Status)
	}
	if got := spent.post("/api/login/finish", strings.Repeat("x", maxAnswer+1)); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %s", got.Status)
	}
	if got := spent.post("/api/enrol/begin", strings.Repeat("x", maxBody+1)); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large token: %s", got.Status)
	}
	for _, body := range []string{"", "{}", "null", `{"token":""}`, `{"token":"x","more":1}`, "\xff", `{"id":"","rawId":"","response":{}}`} {
		if got := newBrowser(t, s).post("/api/enrol/begin", body); got.StatusCode != http.StatusForbidden && got.StatusCode != http.StatusBadRequest {
			t.Errorf("enrolling with %q: %s", body, got.Status)
		}
		ask := newBrowser(t, s)
		ask.asked(keys["Vera"])
		if got := ask.post("/api/login/finish", body); got.StatusCode != http.StatusForbidden {
			t.Errorf("answering %q: %s", body, got.Status)
		}
	}
}

// stranger has begun a log-in of its own.
func stranger(t *testing.T, s *Server) *browser {
	b := newBrowser(t, s)
	b.post("/api/login/begin", "")
	return b
}

func TestCeremoniesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all steps
		first, second := all.begin(time.Now(), new(people.Ceremony)), all.begin(time.Now(), new(people.Ceremony))
		time.Sleep(people.CeremonyLife - time.Nanosecond)
		if all.end(time.Now(), first) == nil {
			t.Error("too late before its time")
		}
		if all.end(time.Now(), first) != nil {
			t.Error("it is used twice")
		}
		time.Sleep(time.Nanosecond)
		if all.end(time.Now(), second) != nil {
			t.Error("accepted after its time")
		}
		oldest := all.begin(time.Now(), new(people.Ceremony))
		for range maxSteps {
			all.begin(time.Now(), new(people.Ceremony))
		}
		if len(all.waiting) != maxSteps || all.end(time.Now(), oldest) != nil {
			t.Errorf("%d wait, want %d without the oldest", len(all.waiting), maxSteps)
		}
	})
}

func TestDoorsAreLimited(t *testing.T) {
	s, _ := testServer(t, nil)
	b := newBrowser(t, s)
	for range failureBurst + 20 {
		if b.post("/api/login/begin", "").StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("nothing limits the log-ins that begin")
}

func TestAddressesAreNoNames(t *testing.T) {
	s, _, _ := staffed(t)
	at := func(path, body string) *reply {
		return newBrowser(t, s).request("POST", path, body, func(r *http.Request) {
			r.Host = strings.Replace(r.URL.Host, "localhost", "127.0.0.1", 1)
			r.Header.Set("Origin", "http://"+r.Host)
		})
	}
	if got := at("/api/login/begin", ""); got.StatusCode != http.StatusForbidden || errorOf(t, got).Code != "needs-a-name" || !strings.Contains(got.text, "localhost") {
		t.Errorf("%s\n%s", got.Status, got.text)
	}
}

// TestPeopleOverTheSocket: what the command line does.
func TestPeopleOverTheSocket(t *testing.T) {
	s, _ := testServer(t, nil)
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	made, err := c.AddPerson(ctx, api.NewMember{Name: "Anna", Roles: []api.Role{api.RoleAdministrator}})
	if err != nil || !strings.HasPrefix(made.URL, s.URL()+"/enrol.html#") || made.Member.Link == nil {
		t.Fatalf("%+v, %v", made, err)
	}
	if got := newBrowser(t, s).enrol(softkey.NewPasskey(localURL(s)), made.URL[strings.Index(made.URL, "#")+1:]); got.StatusCode != http.StatusOK {
		t.Fatalf("%s\n%s", got.Status, got.text)
	}
	all, err := c.People(ctx)
	if err != nil || len(all.People) != 1 || all.People[0].In != 1 || len(all.People[0].Keys) != 1 || all.People[0].Link != nil || all.People[0].Keys[0].Host != "localhost" {
		t.Errorf("%+v, %v", all, err)
	}
	id := made.Member.ID
	for _, f := range []struct {
		err  error
		want string
	}{
		{c.RemovePerson(ctx, id), "last-administrator"},
		{c.SetRoles(ctx, id, api.RolesWanted{Roles: []api.Role{"king"}}), "bad-request"},
		{c.SetRoles(ctx, "x", api.RolesWanted{Roles: []api.Role{"officer"}}), "bad-request"},
		{c.RemovePerson(ctx, strings.Repeat("0", 32)), "no-such-person"},
		{second(c.LinkPerson(ctx, id, api.LinkWanted{})), ""},
		{second(c.AddPerson(ctx, api.NewMember{Name: "anna", Roles: []api.Role{"officer"}})), "name-taken"},
		{c.SetRoles(ctx, id, api.RolesWanted{Roles: []api.Role{"administrator", "principal"}}), ""},
	} {
		if codeOf(f.err) != f.want {
			t.Errorf("%v, want %q", f.err, f.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestSeatsAreNotTaken: of somebody who sits there, or by who may not speak.
func TestSeatsAreNotTaken(t *testing.T) {
	s, _, keys := staffed(t)
	c := as(t, s, keys["Otto"]).attached(api.ToStation{})
	id := c.next("welcome").Console
	if got := as(t, s, keys["Vera"]).attached(api.ToStation{Console: id}).next("welcome").Console; got == id {
		t.Error("an observer took an officer's seat")
	}
	if got := as(t, s, keys["Otto"]).attached(api.ToStation{Console: id}).next("welcome").Console; got != id {
		t.Errorf("his own seat: %s, want %s", got, id)
	}
	c.ends(api.CloseReplaced)
}

// TestAKioskTakesNoSeat: nor does a kiosk take the seat of another browser where nobody is logged in, or of a program.
func TestAKioskTakesNoSeat(t *testing.T) {
	s, _, _ := staffed(t)
	kiosk := func() *browser {
		b := newBrowser(t, s)
		link, err := s.link("", true)
		if err != nil {
			t.Fatal(err)
		}
		b.get(strings.TrimPrefix(link, s.URL()))
		return b
	}
	first := kiosk()
	id := first.attached(api.ToStation{}).next("welcome").Console
	for _, have := range []string{id, attachLocal(t, s, api.ToStation{}).Welcome().Console} {
		if got := kiosk().attached(api.ToStation{Console: have}).next("welcome").Console; got == have {
			t.Errorf("a kiosk took the seat %s", have)
		}
	}
	if got := first.attached(api.ToStation{Console: id}).next("welcome").Console; got != id {
		t.Errorf("its own seat: %s, want %s", got, id)
	}
}

// ends waits for the end, which must be of the code.
func (p *testPage) ends(want websocket.StatusCode) {
	p.t.Helper()
	if got := p.closed(); got != want {
		p.t.Errorf("the connection ended with %d, want %d: %v", got, want, p.why)
	}
}

// TestSessionsKeepTheirPerson: over a restart, with what they may do now.
func TestSessionsKeepTheirPerson(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sessions")
	one, err := openSessions(file)
	if err != nil {
		t.Fatal(err)
	}
	h := holder{Person: people.ID{1, 2, 3}}
	secret, _ := one.begin(time.Now(), h)
	kiosk, _ := one.begin(time.Now(), holder{Kiosk: true})
	two, err := openSessions(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, got, ok := two.check(time.Now(), secret); !ok || got != h {
		t.Errorf("the session is of %+v", got)
	}
	if _, got, ok := two.check(time.Now(), kiosk); !ok || !got.Kiosk {
		t.Errorf("the session is of %+v", got)
	}
	s, _ := testServer(t, nil)
	if p := s.person(h); len(p.Roles) != 0 {
		t.Errorf("who is no longer there may act as %v", fmt.Sprint(p))
	}
}

// TestRemovedWhileConnecting: a connection that began before its person was removed does not open.
func TestRemovedWhileConnecting(t *testing.T) {
	s, _, keys := staffed(t)
	b := as(t, s, keys["Otto"])
	r, _ := http.NewRequest("GET", localURL(s)+"/api/ws", nil)
	for _, c := range b.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	who, ok := s.visitor(r)
	if !ok || who.person.Name != "Otto" {
		t.Fatalf("the visitor is %+v", who)
	}
	p, _ := s.people.Find("Otto")
	if err := s.people.Remove(p.ID); err != nil {
		t.Fatal(err)
	}
	s.settle()
	w := httptest.NewRecorder()
	s.getSocket(w, withVisitor(r, who))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

// TestOneSession: who logs in at a browser ends what it had, and lost passkeys end all of a person's.
func TestOneSession(t *testing.T) {
	s, _, keys := staffed(t)
	b := as(t, s, keys["Otto"])
	here, _ := url.Parse(localURL(s))
	old := b.Jar.Cookies(here)[0]
	b.logIn(keys["Vera"])
	stale := newBrowser(t, s)
	stale.Jar.SetCookies(here, []*http.Cookie{{Name: old.Name, Value: old.Value}})
	if got := stale.get("/api/status"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the session of before: %s", got.Status)
	}
	two, anna := as(t, s, keys["Vera"]), as(t, s, keys["Anna"])
	c := two.attached(api.ToStation{})
	c.next("welcome")
	v, _ := s.people.Find("Vera")
	if got := anna.post("/api/people/"+v.ID.String()+"/link", `{"lost":true}`); got.StatusCode != http.StatusOK {
		t.Fatalf("lost: %s\n%s", got.Status, got.text)
	}
	c.ends(api.CloseNoSession)
	for _, one := range []*browser{b, two} {
		if got := one.get("/api/status"); got.StatusCode != http.StatusUnauthorized {
			t.Errorf("a session after the keys were lost: %s", got.Status)
		}
	}
	if got := anna.get("/api/status"); got.StatusCode != http.StatusOK {
		t.Errorf("another's: %s", got.Status)
	}
	a, _ := s.people.Find("Anna")
	_, token, err := s.people.Link(time.Now(), a.ID, true) // the only administrator: her key still counts
	if err != nil {
		t.Fatal(err)
	}
	if got := newBrowser(t, s).enrol(softkey.NewPasskey(localURL(s)), token); got.StatusCode != http.StatusOK {
		t.Fatalf("%s\n%s", got.Status, got.text)
	}
	if got := anna.get("/api/status"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("her session when the new key is there: %s", got.Status)
	}
}
