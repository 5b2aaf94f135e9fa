package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringdown/api"
)

// path is the link without the station's address.
func path(t *testing.T, s *Server, next string) string {
	t.Helper()
	link, err := s.Link(next)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := strings.CutPrefix(link, s.URL()+"/enter?")
	if !ok {
		t.Fatalf("the link is %q, want %s/enter?…", link, s.URL())
	}
	return "/enter?" + p
}

func errorOf(t *testing.T, r *reply) api.Error {
	t.Helper()
	var e api.Error
	if err := json.Unmarshal([]byte(r.text), &e); err != nil || e.Text == "" || e.Code == "" {
		t.Fatalf("%s with body %q, want an api.Error", r.Status, r.text)
	}
	return e
}

func TestEverythingNeedsASession(t *testing.T) {
	s, st := testServer(t, nil)
	b := newBrowser(t, s)
	for _, p := range []string{"/", "/index.html", "/app.js", "/nothing"} {
		if got := b.get(p); got.StatusCode != http.StatusUnauthorized || !strings.Contains(got.text, "ringdown console DIR") || strings.Contains(got.text, "app.js") {
			t.Errorf("GET %s without a session: %s\n%s", p, got.Status, got.text)
		}
	}
	for _, r := range [][2]string{{"GET", "/api/status"}, {"GET", "/api/ws"}, {"POST", "/api/lines/south/hangup"}, {"POST", "/api/reload"}, {"GET", "/api/nothing"}} {
		if got := b.request(r[0], r[1], "", nil); got.StatusCode != http.StatusUnauthorized || errorOf(t, got).Code != "no-session" {
			t.Errorf("%s %s without a session: %s\n%s", r[0], r[1], got.Status, got.text)
		}
	}
	if len(st.hungUp) != 0 || st.reloads != 0 {
		t.Error("the station was told to act")
	}
}

func TestForgedCookiesAreRefused(t *testing.T) {
	s, _ := testServer(t, nil)
	own, _ := newSecret()
	other, _ := testServer(t, nil)
	there, _ := url.Parse(localURL(other))
	foreign := entered(t, other).Jar.Cookies(there)[0].Value
	for _, value := range []string{"", "x", own, own + "A", foreign, strings.Repeat("A", 43), strings.Repeat("A", 4096)} {
		got := newBrowser(t, s).request("GET", "/api/status", "", func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: s.cookieName(), Value: value})
		})
		if got.StatusCode != http.StatusUnauthorized {
			t.Errorf("cookie %q: %s", shorten(value, 50), got.Status)
		}
	}
}

func TestEnterOnce(t *testing.T) {
	s, _ := testServer(t, nil)
	link := path(t, s, "/?ready=1")
	b := newBrowser(t, s)
	got := b.get(link)
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/?ready=1" {
		t.Fatalf("entering: %s to %q", got.Status, got.Header.Get("Location"))
	}
	cookies := got.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("entering sets %d cookies, want 1", len(cookies))
	}
	if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure || len(c.Value) != 43 || c.Name != "ringdown-"+s.sessions.tag() {
		t.Errorf("the cookie is %+v", c)
	}
	if got := b.get("/"); got.StatusCode != http.StatusOK || !strings.Contains(got.text, "app.js") {
		t.Errorf("the page after entering: %s", got.Status)
	}
	if got := b.get(link); got.StatusCode != http.StatusSeeOther || len(got.Cookies()) != 0 {
		t.Errorf("the used link in the same browser: %s, %d cookies; want to go on with the old session", got.Status, len(got.Cookies()))
	}
	other := newBrowser(t, s)
	if got := other.get(link); got.StatusCode != http.StatusForbidden || len(got.Cookies()) != 0 || !strings.Contains(got.text, "used or is too old") {
		t.Errorf("the used link in another browser: %s, %d cookies", got.Status, len(got.Cookies()))
	}
	if got := other.get("/"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the page in another browser: %s", got.Status)
	}
}

// TestStandingLinks: a demonstration's links let in again and again, and late.
func TestStandingLinks(t *testing.T) {
	s, _ := testServer(t, func(c *Config) { c.StandingLinks = true })
	link := path(t, s, "/?ready=1")
	for i := range 3 {
		if got := newBrowser(t, s).get(link); got.StatusCode != http.StatusSeeOther || len(got.Cookies()) != 1 {
			t.Errorf("browser %d: %s, %d cookies", i+1, got.Status, len(got.Cookies()))
		}
	}
	token := s.NewToken()
	if _, ok := s.tokens.take(time.Now().Add(24*time.Hour), token); !ok {
		t.Error("a standing link is too old after a day")
	}
}

func TestOnlyWholeTokensEnter(t *testing.T) {
	s, _ := testServer(t, nil)
	token := s.NewToken()
	for _, bad := range []string{"", "x", token[:42], token + "A", token[:42] + "=", strings.ToUpper(token), token[1:] + "A", token + "\n"} {
		if got := newBrowser(t, s).get("/enter?token=" + url.QueryEscape(bad)); got.StatusCode != http.StatusForbidden {
			t.Errorf("token %q: %s", bad, got.Status)
		}
	}
	if got := newBrowser(t, s).request("HEAD", "/enter?token="+token, "", nil); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %s", got.Status)
	}
	if got := newBrowser(t, s).get("/enter?token=" + token); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the token itself after all that: %s", got.Status)
	}
}

func TestTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tk tokens
		early, late := tk.make(time.Now(), false), tk.make(time.Now(), true)
		time.Sleep(tokenLife - time.Nanosecond)
		if kiosk, ok := tk.take(time.Now(), early); !ok || kiosk {
			t.Error("a token was refused before its time")
		}
		time.Sleep(time.Nanosecond)
		if _, ok := tk.take(time.Now(), late); ok {
			t.Error("a token was accepted after its time")
		}
	})
}

func TestTokensAreBounded(t *testing.T) {
	var tk tokens
	now := time.Now()
	first, second := tk.make(now, false), tk.make(now, false)
	for range maxTokens - 1 {
		tk.make(now, false)
	}
	if len(tk.waiting) != maxTokens {
		t.Errorf("%d tokens wait, want %d", len(tk.waiting), maxTokens)
	}
	_, one := tk.take(now, first)
	if _, two := tk.take(now, second); one || !two {
		t.Error("the oldest token alone should be gone")
	}
}

func TestFailuresToEnterAreLimited(t *testing.T) {
	s, _ := testServer(t, nil)
	link := path(t, s, "")
	b := newBrowser(t, s)
	limited := false
	for range failureBurst + 20 {
		limited = limited || b.get("/enter?token=wrong").StatusCode == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("nothing limits the attempts")
	}
	if got := b.get(link); got.StatusCode != http.StatusSeeOther {
		t.Errorf("a good link after the attempts: %s; strangers must not keep people out", got.Status)
	}
}

func TestRequestsOfASessionAreLimited(t *testing.T) {
	s, _ := testServer(t, nil)
	b := entered(t, s)
	for range requestBurst + 100 {
		if got := b.get("/app.js"); got.StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("nothing limits the requests")
}

func TestNextIsLocal(t *testing.T) {
	for next, want := range map[string]string{
		"": "/", "/": "/", "/?ready=1": "/?ready=1", "/a/b.html?x=%2f%2fy": "/a/b.html?x=%2f%2fy",
		"//evil.example": "", "/\\evil.example": "", "https://evil.example/": "", "evil": "", "?x": "", "/ x": "", "/\tx": "", "/\r\nSet-Cookie: x=y": "",
		"javascript:alert(1)": "", "/#x": "", "/é": "", "/" + strings.Repeat("x", 512): "", "\\\\evil": "",
	} {
		got, err := localPath(next)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q leads to %q (%v), want %q", next, got, err, want)
		}
	}
	s, _ := testServer(t, nil)
	if _, err := s.Link("https://evil.example/"); codeOf(err) != "bad-next" {
		t.Errorf("a link elsewhere: %v", err)
	}
	got := newBrowser(t, s).get(path(t, s, "") + "&next=" + url.QueryEscape("//evil.example/"))
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/" {
		t.Errorf("entering to another host: %s to %q", got.Status, got.Header.Get("Location"))
	}
}

// What is added to a link by hand goes along.
func TestLinkWithMore(t *testing.T) {
	s, _ := testServer(t, nil)
	for next, want := range map[string]string{"": "/?ready=1", "/": "/?ready=1", "/?voice=recorded": "/?voice=recorded&ready=1"} {
		got := newBrowser(t, s).get(path(t, s, next) + "&ready=1")
		if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != want {
			t.Errorf("a link to %q: %s to %q, want %q", next, got.Status, got.Header.Get("Location"), want)
		}
	}
}

// A Strict cookie stays behind when a foreign page's link is redirected.
func TestLinkInForeignPage(t *testing.T) {
	s, _ := testServer(t, nil)
	got := newBrowser(t, s).request("GET", path(t, s, `/?a="><script>`), "", func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", "navigate")
	})
	if got.StatusCode != http.StatusOK || !strings.Contains(got.text, `http-equiv="refresh"`) || strings.Contains(got.text, "<script") || len(got.Cookies()) != 1 {
		t.Errorf("entering from a foreign page: %s\n%s", got.Status, got.text)
	}
}

func TestForeignRequestsAreRefused(t *testing.T) {
	s, st := testServer(t, func(c *Config) { c.Hosts = []string{"desk.example", "other.example:1234"} })
	b := entered(t, s)
	own := localURL(s)
	port := own[strings.LastIndex(own, ":"):]
	header := func(pairs ...string) func(*http.Request) {
		return func(r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	cookies := entered(t, s).Jar // of the host in the server's address
	for _, c := range []struct {
		what   string
		method string
		change func(*http.Request)
		want   string // code, or empty if it passes
	}{
		{"the address as printed", "GET", nil, ""},
		{"a configured name with its own port", "GET", host("other.example:1234"), ""},
		{"another port", "GET", host("localhost:1"), "wrong-host"},
		{"no port", "GET", host("localhost"), "wrong-host"},
		{"a foreign name that resolves here", "GET", host("evil.example" + port), "wrong-host"},
		{"a name that only begins like ours", "GET", host("localhost.evil.example" + port), "wrong-host"},
		{"a configured name in capitals", "GET", host("DESK.Example" + port), ""},
		{"a foreign origin", "GET", header("Origin", "http://evil.example"), "foreign-origin"},
		{"another port's origin", "GET", header("Origin", "http://localhost:1"), "foreign-origin"},
		{"another scheme's origin", "GET", header("Origin", strings.Replace(own, "http", "https", 1)), "foreign-origin"},
		{"another allowed name's origin", "GET", header("Origin", "http://127.0.0.1"+port), "foreign-origin"},
		{"a sandboxed frame's origin", "GET", header("Origin", "null"), "foreign-origin"},
		{"our own origin", "GET", header("Origin", own), ""},
		{"two origins", "GET", func(r *http.Request) { r.Header["Origin"] = []string{own, own} }, "foreign-origin"},
		{"a foreign page's fetch", "GET", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"), "foreign-origin"},
		{"another local page's fetch", "GET", header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"), "foreign-origin"},
		{"a step from another page", "GET", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), ""},
		{"an address typed", "GET", header("Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"), ""},
		{"our page's fetch", "GET", header("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"), ""},
		{"a post from our page", "POST", nil, ""},
		{"a post without origin", "POST", func(r *http.Request) { r.Header.Del("Origin") }, "foreign-origin"},
		{"a post from a foreign page", "POST", header("Origin", "http://evil.example"), "foreign-origin"},
		{"a post from a form elsewhere", "POST", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), "foreign-origin"},
		{"a WebSocket without origin", "GET", header("Connection", "Upgrade", "Upgrade", "websocket"), "foreign-origin"},
		{"a WebSocket of a foreign page", "GET", header("Connection", "Upgrade", "Upgrade", "websocket", "Origin", "http://evil.example"), "foreign-origin"},
	} {
		p := map[string]string{"GET": "/api/status", "POST": "/api/reload"}[c.method]
		st.reloads = 0
		here, _ := url.Parse(own)
		got := b.request(c.method, p, "", func(r *http.Request) {
			if c.change != nil {
				c.change(r)
			}
			if r.Host != here.Host { // the jar would leave its cookie out
				r.AddCookie(cookies.Cookies(here)[0])
			}
		})
		if c.want == "" {
			if got.StatusCode >= 300 {
				t.Errorf("%s: %s\n%s", c.what, got.Status, got.text)
			}
			continue
		}
		if got.StatusCode != http.StatusForbidden || errorOf(t, got).Code != c.want {
			t.Errorf("%s: %s\n%s\nwant %s", c.what, got.Status, got.text, c.want)
		}
		if st.reloads != 0 {
			t.Errorf("%s: refused, and carried out all the same", c.what)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	s, _ := testServer(t, nil)
	in, out := entered(t, s), newBrowser(t, s)
	for what, got := range map[string]*reply{"page": in.get("/"), "script": in.get("/app.js"), "status": in.get("/api/status"), "note": out.get("/"), "refusal": out.get("/api/status"),
		"foreign": out.request("GET", "/", "", func(r *http.Request) { r.Host = "evil.example" })} {
		csp := got.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy %q has no %q", what, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s: the policy is %q", what, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got.Header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", what, name, got.Header.Get(name), want)
			}
		}
		if got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other origins are allowed", what)
		}
	}
}

func TestFrameAncestors(t *testing.T) {
	s, _ := testServer(t, func(c *Config) { c.FrameAncestors = []string{"http://localhost:8000"} })
	got := newBrowser(t, s).get("/")
	if csp := got.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors http://localhost:8000;") || got.Header.Get("X-Frame-Options") != "" {
		t.Errorf("the policy is %q, X-Frame-Options %q", csp, got.Header.Get("X-Frame-Options"))
	}
	for _, bad := range []string{"*", "http://x; script-src *", "localhost:8000", "http://a http://b", "http://x/"} {
		s := New(Config{Listen: "localhost:0", Pages: testPages, FrameAncestors: []string{bad}}, newFakeStation())
		if err := s.Start(); err == nil || !strings.Contains(err.Error(), "frame ancestor") {
			t.Errorf("frame ancestor %q: %v", bad, err)
			_ = s.Close()
		}
	}
}

// Two stations on one host share the browser's cookies.
func TestTwoStationsOneBrowser(t *testing.T) {
	north, _ := testServer(t, nil)
	south, _ := testServer(t, nil)
	b := entered(t, north)
	b.s = south
	if got := b.get(path(t, south, "")); got.StatusCode != http.StatusSeeOther || len(got.Cookies()) != 1 {
		t.Fatalf("entering the second station: %s", got.Status)
	}
	for _, s := range []*Server{north, south} {
		b.s = s
		if got := b.get("/api/status"); got.StatusCode != http.StatusOK {
			t.Errorf("after entering both: %s", got.Status)
		}
	}
}

func TestSessionsOutliveARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sessions.json")
	first, _ := testServer(t, func(c *Config) { c.SessionFile = file })
	b := entered(t, first)
	here, _ := url.Parse(first.URL())
	cookie := b.Jar.Cookies(here)[0]
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, _ := testServer(t, func(c *Config) { c.SessionFile = file })
	b = newBrowser(t, second)
	there, _ := url.Parse(second.URL())
	b.Jar.SetCookies(there, []*http.Cookie{cookie})
	if got := b.get("/api/status"); got.StatusCode != http.StatusOK {
		t.Errorf("after the restart: %s", got.Status)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the session file: %v, mode %v, want 0600", err, info.Mode())
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), cookie.Value) {
		t.Errorf("the session file holds the secret itself (%v)", err)
	}
}

func TestSessionsExpireWhenIdle(t *testing.T) {
	s := &sessions{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	secret, err := s.begin(now, holder{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // used every now and then, it lives on
		now = now.Add(sessionIdle - time.Hour)
		if _, _, ok := s.check(now, secret); !ok {
			t.Fatal("a session ended that was used")
		}
	}
	if _, _, ok := s.check(now.Add(sessionIdle+sessionTouch), secret); ok {
		t.Error("an idle session lives")
	}
}

func TestSessionsAreBounded(t *testing.T) {
	s := &sessions{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var secrets []string
	for i := range maxSessions {
		secret, _ := s.begin(now.Add(time.Duration(i)*time.Second), holder{})
		secrets = append(secrets, secret)
	}
	now = now.Add(2 * time.Hour)
	if _, _, ok := s.check(now, secrets[0]); !ok { // the first is used again, so the second is the oldest
		t.Fatal("the first session is gone")
	}
	if _, err := s.begin(now, holder{}); err != nil {
		t.Fatal(err)
	}
	gone := slices.IndexFunc(secrets, func(secret string) bool { _, _, ok := s.check(now, secret); return !ok })
	if gone != 1 || len(s.kept.Sessions) != maxSessions {
		t.Errorf("session %d went and %d are left, want 1 and %d", gone, len(s.kept.Sessions), maxSessions)
	}
}

func TestDamagedSessionFileIsRefused(t *testing.T) {
	for what, text := range map[string]string{
		"not JSON":    "{",
		"unknown key": `{"tag":"01234567","sessions":[],"more":1}`,
		"no tag":      `{"sessions":[]}`,
		"odd tag":     `{"tag":"x=1; Domain=","sessions":[]}`,
		"odd digest":  `{"tag":"01234567","sessions":[{"digest":"00","created":"2026-01-01T00:00:00Z","used":"2026-01-01T00:00:00Z"}]}`,
	} {
		file := filepath.Join(t.TempDir(), "sessions.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openSessions(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, want an error that names the file", what, err)
		}
	}
}

// A full disk keeps nobody out.
func TestSessionThatCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	s, _ := testServer(t, func(c *Config) { c.SessionFile = filepath.Join(dir, "sessions.json") })
	if err := os.Mkdir(filepath.Join(dir, "sessions.json.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sessions.json.new", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := entered(t, s).get("/api/status"); got.StatusCode != http.StatusOK {
		t.Errorf("after entering: %s", got.Status)
	}
}
