package console

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/web"
)

const (
	someCall    = "call/00112233445566778899aabbccddeeff"
	someDrill   = "drill/00112233445566778899aabbccddeeff"
	someWaiting = "waiting/00112233445566778899aabbccddeeff"
)

// Every request of the record, as browsers make it, reaches the record as it was meant.
func TestRecordRequests(t *testing.T) {
	s, st := testServer(t, nil)
	st.record.data = []byte("bytes")
	b := entered(t, s)
	for _, c := range []struct{ method, path, body, asked, answer string }{
		{"GET", "record", "", "page {Before:0 Limit:0 From:0001-01-01 00:00:00 +0000 UTC To:0001-01-01 00:00:00 +0000 UTC Matter: Search: Kinds:[] Unread:false}", `{"items":[{"key":"us/1"`},
		{"GET", "record?before=7&limit=200&from=2026-06-29T00:00:00Z&to=2026-06-30T00:00:00Z&matter=us%2F3&search=cable+4&kinds=message,call&unread=true", "",
			"page {Before:7 Limit:200 From:2026-06-29 00:00:00 +0000 UTC To:2026-06-30 00:00:00 +0000 UTC Matter:us/3 Search:cable 4 Kinds:[message call] Unread:true}", ""},
		{"GET", "record/us%2F12", "", "item us/12", `{"key":"us/12"`},
		{"GET", "record/them/7", "", "item them/7", ""},
		{"GET", "record/" + someCall, "", "item " + someCall, ""},
		{"GET", "record/" + someDrill, "", "item " + someDrill, ""},
		{"POST", "messages", `{"text":"hello","matter":"us/3","answers":"them/1","files":["f1"]}`, "send {Text:hello Matter:us/3 Answers:them/1 Amends: Retracts: Files:[f1]}", `{"key":"us/2"}`},
		{"POST", "messages", `{"retracts":"` + someWaiting + `"}`, "send {Text: Matter: Answers: Amends: Retracts:" + someWaiting + " Files:[]}", ""},
		{"POST", "files?name=plan+4.pdf", "hello", "keep plan 4.pdf 5", `{"id":"f1","name":"plan 4.pdf","length":5}`},
		{"GET", "files/them/6", "", "file them/6", "bytes"},
		{"POST", "read", `{"keys":["them/7","them/8"],"name":"Anna"}`, "read {Keys:[them/7 them/8] Name:Anna}", ""},
		{"POST", "withdraw", `{"keys":["` + someWaiting + `"]}`, "withdraw [" + someWaiting + "]", ""},
		{"GET", "matters", "", "matters", "[]"},
		{"POST", "matters", `{"act":"open","title":"Cable 4"}`, "matter {Act:open Title:Cable 4 Matter: Call:}", `{"key":"us/3"}`},
		{"POST", "matters", `{"act":"file","matter":"us/3","call":"` + someCall + `"}`, "matter {Act:file Title: Matter:us/3 Call:" + someCall + "}", ""},
		{"GET", "disclosures", "", "disclosures", "[]"},
		{"POST", "disclosures", `{"to":"Arbiter","entries":["us/1","` + someCall + `"],"bodies":true}`, "disclose {To:Arbiter Entries:[us/1 " + someCall + "] Bodies:true Contact: From:<nil> Until:<nil> Anyway:false}", `{"id":"d1"`},
		{"POST", "disclosures/answer", `{"key":"them/9","consent":true}`, "answer {Key:them/9 Consent:true}", `{"key":"us/4"}`},
		{"GET", "disclosures/d1", "", "disclosure d1", "bytes"},
	} {
		got := b.request(c.method, "/api/lines/south/"+c.path, c.body, nil)
		if got.StatusCode >= 300 || !strings.HasPrefix(got.text, c.answer) {
			t.Errorf("%s %s: %s with %q, want %q", c.method, c.path, got.Status, got.text, c.answer)
		}
		if asked := st.record.last(); asked != c.asked {
			t.Errorf("%s %s: the record was asked\n%q, want\n%q", c.method, c.path, asked, c.asked)
		}
	}
}

// What is malformed is refused in words, and reaches no record.
func TestRecordRefusesWhatItDoesNotUnderstand(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ method, path, body, text string }{
		{"GET", "record?limit=0", "", `limit is "0", want a number from 1 to 200`},
		{"GET", "record?limit=201", "", "limit"},
		{"GET", "record?limit=+1", "", "limit"},
		{"GET", "record?before=-1", "", "before"},
		{"GET", "record?before=99999999999999999999", "", "before"},
		{"GET", "record?from=yesterday", "", `from is "yesterday", want a time such as`},
		{"GET", "record?from=2026-06-30T00:00:00Z&to=2026-06-29T00:00:00Z", "", "want a time before to"},
		{"GET", "record?matter=Cable", "", `matter is "Cable", want`},
		{"GET", "record?kinds=message,gossip", "", `kinds has "gossip"`},
		{"GET", "record?kinds=call,call", "", "kinds"},
		{"GET", "record?unread=1", "", `unread is "1"`},
		{"GET", "record?search=" + long, "", "search has 300 characters, want at most 200"},
		{"GET", "record?search=a&search=b", "", "the query has search 2 times"},
		{"GET", "record?search=%ff", "", "search is not UTF-8"},
		{"GET", "record?search=", "", "search is empty"},
		{"GET", "record?more=1", "", `the query has "more", want only before, limit`},
		{"GET", "record?a;b", "", "the query is malformed"},
		{"GET", "record?search=" + strings.Repeat("%61", 1500), "", "the query has 4507 bytes"},
		{"GET", "record/us%2F12?x=1", "", "want only no parameter"},
		{"GET", "record/us%2F012", "", `key is "us/012"`},
		{"GET", "record/us%2F-1", "", "key"},
		{"GET", "record/us%2F1%2F2", "", "key"},
		{"GET", "record/call%2F12", "", "key"},
		{"POST", "messages", `{}`, "text is empty"},
		{"POST", "messages", `{"text":"x","more":1}`, `unknown field \"more\"`},
		{"POST", "messages", `{"text":"x"} {}`, "more follows the value"},
		{"POST", "messages", `{"text":7}`, "cannot unmarshal"},
		{"POST", "messages", `null`, "text is empty"},
		{"POST", "messages", "{\"text\":\"\xff\"}", "not UTF-8"},
		{"POST", "messages", `{"text":"x","matter":"Cable"}`, "matter"},
		{"POST", "messages", `{"text":"x","answers":"call/1"}`, "answers"},
		{"POST", "messages", `{"text":"x","files":["1","2","3","4","5","6","7","8","9"]}`, "files has 9 members, want at most 8"},
		{"POST", "messages", `{"text":"x","files":["../../keys"]}`, "files"},
		{"POST", "messages?now=1", `{"text":"x"}`, "the query"},
		{"POST", "files", "x", "name is"},
		{"POST", "files?name=..", "x", "name is"},
		{"POST", "files?name=a%2Fb", "x", "name is"},
		{"POST", "files?name=a%5Cb", "x", "name is"},
		{"POST", "files?name=a%00b", "x", "name is"},
		{"POST", "files?name=" + long[:129], "x", "name has 129 bytes"},
		{"GET", "files/us%2Fx", "", "key"},
		{"GET", "files/" + someCall, "", "key"},
		{"POST", "read", `{"keys":[]}`, "keys is empty"},
		{"POST", "read", `{"keys":["us/1"]}`, `keys is "us/1", want "them/7"`},
		{"POST", "read", `{"keys":["them/1"],"name":"` + long + `"}`, "name has 300 bytes"},
		{"POST", "read", `{"keys":["` + strings.Repeat(`them/1","`, 16) + `them/1"]}`, "keys has 17 members"},
		{"POST", "withdraw", `{"keys":["us/1"]}`, "keys"},
		{"GET", "matters?x=1", "", "the query"},
		{"POST", "matters", `{"act":"burn"}`, `act is "burn"`},
		{"POST", "matters", `{"act":"open"}`, "title is empty"},
		{"POST", "matters", `{"act":"open","title":"x","matter":"us/1"}`, "fields that do not belong"},
		{"POST", "matters", `{"act":"open","title":"` + long + `"}`, "title has 300 bytes"},
		{"POST", "matters", `{"act":"close","matter":"x"}`, "matter"},
		{"POST", "matters", `{"act":"file","matter":"us/3","call":"us/4"}`, "call"},
		{"GET", "export", "", `form is ""`},
		{"GET", "export?form=pdf", "", `form is "pdf"`},
		{"GET", "export?form=json&limit=3", "", `the query has "limit"`},
		{"POST", "disclosures", `{}`, "nothing is named"},
		{"POST", "disclosures", `{"from":"2026-06-29T00:00:00Z"}`, "one of from and until"},
		{"POST", "disclosures", `{"from":"2026-06-29T00:00:00Z","until":"2026-06-29T00:00:00Z"}`, "want a time before until"},
		{"POST", "disclosures", `{"entries":["us/1"],"contact":"` + someCall + `"}`, "more than one thing"},
		{"POST", "disclosures", `{"entries":["us/1"],"from":"2026-06-29T00:00:00Z","until":"2026-06-30T00:00:00Z"}`, "more than one thing"},
		{"POST", "disclosures", `{"contact":"` + someCall + `","from":"2026-06-29T00:00:00Z","until":"2026-06-30T00:00:00Z"}`, "more than one thing"},
		{"POST", "disclosures", `{"contact":"` + someCall + `","bodies":true}`, "bodies is set with contact"},
		{"POST", "disclosures", `{"entries":["` + someWaiting + `"]}`, "entries"},
		{"POST", "disclosures", `{"contact":"us/1"}`, "contact"},
		{"POST", "disclosures/answer", `{"key":"us/1","consent":true}`, "key"},
		{"GET", "disclosures/..%2Fkeys", "", "id"},
	} {
		got := b.request(c.method, "/api/lines/south/"+c.path, c.body, nil)
		if got.StatusCode != http.StatusBadRequest {
			t.Errorf("%s %s %s: %s with %q, want 400", c.method, c.path, shorten(c.body, 80), got.Status, got.text)
			continue
		}
		if e := errorOf(t, got); e.Code != "bad-request" || !strings.Contains(got.text, strings.ReplaceAll(c.text, `"`, `\"`)) && !strings.Contains(got.text, c.text) {
			t.Errorf("%s %s %s: %q, want %q", c.method, c.path, shorten(c.body, 80), e.Text, c.text)
		}
		if asked := st.record.last(); asked != "" {
			t.Errorf("%s %s %s: the record was asked %q", c.method, c.path, shorten(c.body, 80), asked)
		}
		s.requests = newLimiter[digest](requestRate, requestBurst)
		s.searches, s.exports = newLimiter[digest](searchRate, searchBurst), newLimiter[digest](exportRate, exportBurst)
	}
}

// A wrong key was typed by a person, who is told where keys are shown; a wrong id was not.
func TestWrongKeysAreExplained(t *testing.T) {
	s, _ := testServer(t, nil)
	b := entered(t, s)
	for path, want := range map[string]string{"record/us%2Fx": `see "ringdown record"`, "files/them": `see "ringdown record"`, "disclosures/..%2Fkeys": "package comment of ringdown/api"} {
		if e := errorOf(t, b.request("GET", "/api/lines/south/"+path, "", nil)); e.Code != "bad-request" || !strings.Contains(e.Action, want) {
			t.Errorf("%s: %q, and to do: %q, want %q", path, e.Text, e.Action, want)
		}
	}
}

// Bodies are bounded, each by what it may be.
func TestRecordBodiesAreBounded(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	text := func(n int) string { return `{"text":"` + strings.Repeat("x", n) + `"}` }
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"messages", text(maxTextBody - 11), http.StatusOK},
		{"messages", text(maxTextBody - 10), http.StatusRequestEntityTooLarge},
		{"files?name=a", strings.Repeat("x", maxFile), http.StatusOK},
		{"files?name=a", strings.Repeat("x", maxFile+1), http.StatusRequestEntityTooLarge},
		{"files?name=a", strings.Repeat("x", 5*maxFile), http.StatusRequestEntityTooLarge},
		{"files?name=a", "", http.StatusOK},
		{"read", `{"keys":["them/1"],"name":"` + strings.Repeat("x", maxBody) + `"}`, http.StatusRequestEntityTooLarge},
		{"matters", `{"act":"open","title":"` + strings.Repeat("x", maxBody) + `"}`, http.StatusRequestEntityTooLarge},
		{"disclosures", `{"to":"` + strings.Repeat("x", 4*maxBody) + `"}`, http.StatusRequestEntityTooLarge},
	} {
		got := b.request("POST", "/api/lines/south/"+c.path, c.body, nil)
		if got.StatusCode != c.status {
			t.Errorf("%s with %d bytes: %s %s, want %d", c.path, len(c.body), got.Status, shorten(got.text, 100), c.status)
		}
		if asked := st.record.last(); (asked != "") != (c.status == http.StatusOK) {
			t.Errorf("%s with %d bytes: the record was asked %q", c.path, len(c.body), shorten(asked, 50))
		}
	}
	// One that does not say how long it is.
	got := b.request("POST", "/api/lines/south/files?name=a", "", func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(io.LimitReader(zeros{}, maxFile+1)), -1
	})
	if got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a file of unknown length: %s", got.Status)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A file is given to be saved, and can be no page of this station's whatever is in it.
func TestFilesAreOnlySaved(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	st.record.data, st.record.pieces = []byte("<script>alert(1)</script>"), 1
	for _, c := range []struct{ path, name, want string }{
		{"files/them/6", "plan.pdf", "plan.pdf"},
		{"files/them/6", `a"b;c.html`, `a"b;c.html`},
		{"files/them/6", "Zürich 100%.txt", "Zürich 100%.txt"},
		{"files/them/6", "../../etc/passwd", "_.._etc_passwd"},
		{"files/them/6", "C:\\x\r\nSet-Cookie: a=b", "C__x__Set-Cookie_ a=b"},
		{"files/them/6", "cod\u202egpj.exe", "cod_gpj.exe"},
		{"files/them/6", "...", "file"},
		{"files/them/6", "\xff\x00", "__"},
		{"export?form=html", "", "ringdown-south.html"},
		{"export?form=json&search=x", "", "ringdown-south.json"},
		{"disclosures/d1", "", "ringdown-south-d1.txt"},
		{"disclosures/fork-them", "", "ringdown-south-fork-them.txt"},
	} {
		st.record.name = c.name
		got := b.get("/api/lines/south/" + c.path)
		if got.StatusCode != http.StatusOK || got.text != string(st.record.data) {
			t.Fatalf("%s: %s with %q", c.path, got.Status, got.text)
		}
		for name, want := range map[string]string{"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Content-Security-Policy": "sandbox; default-src 'none'", "Cross-Origin-Resource-Policy": "same-origin"} {
			if got.Header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", c.path, name, got.Header.Get(name), want)
			}
		}
		kind, p, err := mime.ParseMediaType(got.Header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || p["filename"] != c.want {
			t.Errorf("%q: Content-Disposition %q gives %q, %v; want %q", c.name, got.Header.Get("Content-Disposition"), p["filename"], err, c.want)
		}
	}
}

// The page that verifies disclosures is to run without this station, so it is given to be saved, too.
func TestVerifyPageIsSaved(t *testing.T) {
	s, _ := testServer(t, nil)
	got := entered(t, s).get("/verify.html")
	if got.StatusCode != http.StatusOK || got.text != string(web.VerifyPage) || got.Header.Get("Content-Disposition") != `attachment; filename="ringdown-verify.html"` ||
		got.Header.Get("Content-Type") != "application/octet-stream" || got.Header.Get("Content-Security-Policy") != "sandbox; default-src 'none'" {
		t.Errorf("%s with %d bytes, %v", got.Status, len(got.text), got.Header)
	}
	if got := newBrowser(t, s).get("/verify.html"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %s", got.Status)
	}
}

func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"plan.pdf", `a"b\`, "Zürich", "\r\n", "%", "..", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		d := disposition(name)
		if strings.ContainsFunc(d, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q gives %q", name, d)
		}
		_, p, err := mime.ParseMediaType(d)
		if err != nil || p["filename"] != harmless(name) {
			t.Fatalf("%q gives %q, which is read as %q, %v", name, d, p["filename"], err)
		}
		if n := p["filename"]; n == "" || n[0] == '.' || strings.ContainsAny(n, "/\\") {
			t.Fatalf("%q gives the name %q", name, n)
		}
	})
}

// A file that is opened from another site is not given; one opened by a link of our own page is.
func TestFilesNeedASessionAndAnOwnPage(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	from := func(site, mode string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", site)
			r.Header.Set("Sec-Fetch-Mode", mode)
		}
	}
	const file = "/api/lines/south/files/them/6"
	if got := b.request("GET", file, "", from("same-origin", "navigate")); got.StatusCode != http.StatusOK {
		t.Errorf("by a link of our page: %s", got.Status)
	}
	if st.record.last() == "" {
		t.Error("the record was not asked")
	}
	for _, site := range []string{"cross-site", "same-site"} {
		if got := b.request("GET", file, "", from(site, "no-cors")); got.StatusCode != http.StatusForbidden || errorOf(t, got).Code != "foreign-origin" {
			t.Errorf("as a part of a %s page: %s", site, got.Status)
		}
	}
	for _, p := range []string{"record", "record/us%2F1", "files/them/6", "matters", "export?form=json", "disclosures", "disclosures/d1"} {
		if got := newBrowser(t, s).get("/api/lines/south/" + p); got.StatusCode != http.StatusUnauthorized {
			t.Errorf("GET %s without a session: %s", p, got.Status)
		}
	}
	for _, p := range []string{"messages", "files?name=x", "read", "withdraw", "matters", "disclosures", "disclosures/answer"} {
		foreign := func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }
		if got := b.request("POST", "/api/lines/south/"+p, "{}", foreign); got.StatusCode != http.StatusForbidden {
			t.Errorf("POST %s from a foreign page: %s", p, got.Status)
		}
		if got := b.request("POST", "/api/lines/south/"+p, "{}", func(r *http.Request) { r.Header.Del("Origin") }); got.StatusCode != http.StatusForbidden {
			t.Errorf("POST %s from nowhere: %s", p, got.Status)
		}
	}
	if asked := st.record.last(); asked != "" {
		t.Errorf("the record was asked %q", asked)
	}
}

// What a record refuses has a status that fits, and lines have records of their own.
func TestRecordRefusals(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	for code, status := range map[string]int{"no-such-entry": 404, "no-record": 404, "does-not-fit": 409, "bad-request": 400, "too-large": 413, "internal": 500} {
		st.record.refuse = &api.Error{Code: code, Text: "No."}
		for _, p := range []string{"record", "record/us%2F1", "files/us%2F1", "matters", "export?form=html", "disclosures", "disclosures/d1"} {
			if got := b.get("/api/lines/south/" + p); got.StatusCode != status || errorOf(t, got).Code != code || got.Header.Get("Content-Disposition") != "" {
				t.Errorf("%s refused with %s: %s %s", p, code, got.Status, got.text)
			}
			s.exports = newLimiter[digest](exportRate, exportBurst)
		}
	}
	st.record.refuse = errors.New("disk on fire")
	if got := b.get("/api/lines/south/matters"); got.StatusCode != 500 || strings.Contains(got.text, "fire") {
		t.Errorf("a failing record: %s %s", got.Status, got.text)
	}
	for line, code := range map[string]string{"new": "no-record", "broken": "internal", "nowhere": "no-such-line", "..%2fsouth": "no-such-line", "South": "no-such-line"} {
		if got := b.get("/api/lines/" + line + "/record"); errorOf(t, got).Code != code {
			t.Errorf("line %s: %s %s, want %s", line, got.Status, got.text, code)
		}
	}
}

// An export that fails on its way does not look whole.
func TestExportCutOff(t *testing.T) {
	s, st := testServer(t, nil)
	st.record.data, st.record.pieces, st.record.refuse = bytes.Repeat([]byte("x"), 10000), 10, errors.New("disk on fire")
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Export(t.Context(), "south", "json", api.RecordQuery{}, &out); err == nil {
		t.Errorf("an export that was cut off at %d bytes ends without an error", out.Len())
	}
	st.record.refuse = nil
	out.Reset()
	if err := c.Export(t.Context(), "south", "json", api.RecordQuery{}, &out); err != nil || out.Len() != 100000 {
		t.Errorf("a whole one: %d bytes, %v", out.Len(), err)
	}
	st.record.refuse, st.record.pieces = &api.Error{Code: "not-open", Text: "Not yet."}, 0
	if err := c.Export(t.Context(), "south", "json", api.RecordQuery{}, &out); codeOf(err) != "not-open" {
		t.Errorf("one that did not begin: %v", err)
	}
}

// Who types may search with each key; who does more is asked to wait, and so is who exports on and on.
func TestSearchesAreLimited(t *testing.T) {
	s, _ := testServer(t, nil)
	b := entered(t, s)
	count := func(path string, n int) (refused int) {
		for range n {
			if got := b.get("/api/lines/south/" + path); got.StatusCode == http.StatusTooManyRequests {
				refused++
			}
		}
		return refused
	}
	if n := count("record?search=cable", searchBurst); n != 0 {
		t.Errorf("%d of %d searches were refused", n, searchBurst)
	}
	if n := count("record?search=cable", 200); n == 0 {
		t.Error("200 searches more were all carried out")
	}
	if n := count("record", 20); n != 0 {
		t.Errorf("%d pages were refused for the sake of searches", n)
	}
	if n := count("export?form=json", exportBurst+5); n == 0 {
		t.Error("exports are not limited")
	}
}

// The local door has the same requests, and backup besides, which the web has not.
func TestRecordOnTheLocalSocket(t *testing.T) {
	s, st := testServer(t, nil)
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	st.record.name, st.record.data, st.record.pieces = "Zürich.txt", []byte("bytes"), 1
	day := time.Date(2026, 6, 29, 0, 0, 0, 5e6, time.UTC)
	var out bytes.Buffer
	for what, do := range map[string]func() error{
		"page {Before:3 Limit:5 From:2026-06-29 00:00:00.005 +0000 UTC To:2026-06-30 00:00:00.005 +0000 UTC Matter:us/1 Search:a&b Kinds:[call message] Unread:true}": func() error {
			p, err := c.Record(ctx, "south", api.RecordQuery{Before: 3, Limit: 5, From: day, To: day.AddDate(0, 0, 1), Matter: "us/1", Search: "a&b", Kinds: []string{"call", "message"}, Unread: true})
			return errors.Join(err, differs(len(p.Items), 1))
		},
		"item us/12": func() error {
			i, err := c.Item(ctx, "south", "us/12")
			return errors.Join(err, differs(i.Key, "us/12"))
		},
		"send {Text:hi Matter: Answers: Amends: Retracts: Files:[]}": func() error {
			w, err := c.Write(ctx, "south", api.NewMessage{Text: "hi"})
			return errors.Join(err, differs(w.Key, "us/2"))
		},
		"keep a b.txt 3": func() error {
			k, err := c.Keep(ctx, "south", "a b.txt", []byte("abc"))
			return errors.Join(err, differs(k.ID, "f1"))
		},
		"file them/6": func() error {
			name, data, err := c.File(ctx, "south", "them/6")
			return errors.Join(err, differs(name, "Zürich.txt"), differs(string(data), "bytes"))
		},
		"read {Keys:[them/1] Name:Anna}": func() error { return c.Read(ctx, "south", api.Marks{Keys: []string{"them/1"}, Name: "Anna"}) },
		"withdraw [" + someWaiting + "]": func() error { return c.Withdraw(ctx, "south", []string{someWaiting}) },
		"matters":                        func() error { _, err := c.Matters(ctx, "south"); return err },
		"matter {Act:close Title: Matter:us/3 Call:}": func() error {
			_, err := c.Matter(ctx, "south", api.MatterAct{Act: "close", Matter: "us/3"})
			return err
		},
		"export html {Before:0 Limit:0 From:0001-01-01 00:00:00 +0000 UTC To:0001-01-01 00:00:00 +0000 UTC Matter:us/1 Search: Kinds:[] Unread:false}": func() error {
			return errors.Join(c.Export(ctx, "south", "html", api.RecordQuery{Matter: "us/1"}, &out), differs(out.String(), "bytes"))
		},
		"disclosures": func() error { _, err := c.Disclosures(ctx, "south"); return err },
		"disclose {To: Entries:[] Bodies:false Contact:" + someCall + " From:<nil> Until:<nil> Anyway:true}": func() error {
			d, err := c.Disclose(ctx, "south", api.NewDisclosure{Contact: someCall, Anyway: true})
			return errors.Join(err, differs(d.ID, "d1"))
		},
		"answer {Key:them/9 Consent:false}": func() error {
			_, err := c.AnswerDisclosure(ctx, "south", api.DisclosureAnswer{Key: "them/9"})
			return err
		},
		"disclosure d1": func() error {
			data, err := c.DisclosureFile(ctx, "south", "d1")
			return errors.Join(err, differs(string(data), "bytes"))
		},
		"backup /backups/b": func() error { return c.Backup(ctx, "/backups/b") },
	} {
		if err := do(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if asked := st.record.last(); asked != what {
			t.Errorf("the record was asked\n%q, want\n%q", asked, what)
		}
	}
	for _, file := range []string{"", "b", "../b", "/a/../b", "/" + strings.Repeat("x", maxPath)} {
		if err := c.Backup(ctx, file); codeOf(err) != "bad-request" {
			t.Errorf("a backup to %q: %v", shorten(file, 40), err)
		}
	}
	if got := entered(t, s).request("POST", "/api/backup", `{"file":"/backups/b"}`, nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("a backup from a browser: %s", got.Status)
	}
	if asked := st.record.last(); asked != "" {
		t.Errorf("the record was asked %q", asked)
	}
}

func differs[T comparable](got, want T) error {
	if got != want {
		return errors.New("found another answer")
	}
	return nil
}

// "shown" reaches the console's seat as other messages do, within its bounds.
func TestShown(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"type":"shown","slug":"south","keys":["them/7","them/8"]}`:                                      true,
		`{"type":"shown","slug":"south","keys":["them/1"` + strings.Repeat(`,"them/1"`, maxKeys-1) + `]}`: true,
		`{"type":"shown","slug":"south","keys":["them/1"` + strings.Repeat(`,"them/1"`, maxKeys) + `]}`:   false,
		`{"type":"shown","slug":"south","keys":[]}`:                                                       false,
		`{"type":"shown","slug":"south"}`:                                                                 false,
		`{"type":"shown","keys":["them/1"]}`:                                                              false,
		`{"type":"shown","slug":"south","keys":["us/1"]}`:                                                 false,
		`{"type":"shown","slug":"south","keys":["them/1x"]}`:                                              false,
		`{"type":"shown","slug":"south","keys":["them/1"],"ready":true}`:                                  false,
		`{"type":"call","slug":"south","keys":["them/1"]}`:                                                false,
		`{"type":"call","slug":"south","keys":[]}`:                                                        false,
	} {
		if _, err := decodeMessage([]byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v", shorten(text, 80), err)
		}
	}
}

// The page offers no filter that the station would refuse.
func TestFiltersOfThePage(t *testing.T) {
	page, err := fs.ReadFile(web.Files, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), `id="filter-kind"`)
	choices, _, _ := strings.Cut(after, "</select>")
	offered := regexp.MustCompile(`value="([^"]+)"`).FindAllStringSubmatch(choices, -1)
	if len(offered) < 5 {
		t.Fatalf("found %d filters: this shows nothing", len(offered))
	}
	for _, f := range offered {
		if err := checkKinds(strings.Split(f[1], ",")); err != nil {
			t.Errorf("%s: %v", f[1], err)
		}
	}
}
