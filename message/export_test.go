package message

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

func (w *world) export(form string, q api.RecordQuery, head ExportHead) string {
	w.t.Helper()
	var b strings.Builder
	if err := w.v.Export(&b, form, q, w.proofs, head); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

// The shape of the JSON is promised: another program reads it.
func TestExportJSON(t *testing.T) {
	w := newWorld(t)
	k := w.story()
	head := ExportHead{Own: "North", Peer: "South", Line: "south", Now: noon, ClockMS: -250}
	text := w.export("json", api.RecordQuery{From: noon, Matter: k["matter"], Search: "map"}, head)
	var got map[string]any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err, text)
	}
	items := got["items"].([]any)
	equal(t, "items", len(items), 1)
	equal(t, "key", items[0].(map[string]any)["key"], any(k["hello"]))
	delete(got, "items")
	want := map[string]any{"ringdown_export": 1.0, "note": notProof, "line": "south", "own": "North", "peer": "South", "made": "2027-01-31T12:00:00Z",
		"clock_ms": -250.0, "complete": true, "query": map[string]any{"from": "2027-01-31T12:00:00Z", "to": "", "matter": k["matter"], "search": "map", "kinds": []any{}, "unread": false}}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	equal(t, "all else", string(a), string(b))
	if !strings.HasPrefix(text, `{"ringdown_export":1,`) {
		t.Errorf("begins with %.60s", text)
	}
	none := w.export("json", api.RecordQuery{Matter: "nonsense"}, head)
	if err := json.Unmarshal([]byte(none), &got); err != nil || len(got["items"].([]any)) != 0 {
		t.Errorf("%v: %s", err, none)
	}
	if err := w.v.Export(new(counter), "pdf", api.RecordQuery{}, w.proofs, head); err == nil {
		t.Error("a form that is none was taken")
	}
}

var hostileTexts = []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "</style><script>", "{{.}}", "&amp;", "\u202Eexe.\u2066", "a\u200Bb",
	"p\u0430ypal", "Z" + strings.Repeat("\u0301", 5000), "https://example.org/", "javascript:alert(1)", "<!--", "]]>", "\u2028", "'\"`"}

// Nothing that anyone wrote is markup, a link or unseen; the page allows nothing but its own style.
func TestExportHTMLIsHarmless(t *testing.T) {
	w := newWorld(t)
	for _, text := range hostileTexts {
		k := w.them(say(text))
		w.us(receipt(record.Read, "<b>Ada</b>"), about(record.Answers, k))
	}
	m := w.them(opened("<i>title</i>"))
	f := w.them(record.Attachment{Length: 20_000, SHA256: [32]byte{1}, Name: "<u>name<u>"})
	w.them(say("file"), about(record.Carries, f), about(record.Under, m))
	w.them(called("<script>"), inCall(1))
	w.them(record.CallStep{Drill: true, Step: record.StepJoined, Who: "<script>", Role: record.RoleObserver}, inCall(2))
	asks := w.them(record.Test{Act: record.TestAsked, Who: "<script>", Text: "<b>amber</b>"})
	w.us(record.Test{Act: record.TestReadBack, Who: "<script>", Text: "<b>amber</b>"}, about(record.Answers, asks))
	claim := w.us(record.Presence{Act: record.PresenceClaimed, Who: "<script>", Claim: aClaim}, inCall(1))
	w.them(record.Presence{Act: record.PresenceRefused, Who: "<script>", Reason: "<img>"}, inCall(1), about(record.Answers, claim))
	w.them(record.Right{Act: record.RightSuspended, Who: "<script>", Text: "<script>"})
	w.us(receipt(record.Seen, "<script>"), about(record.Answers, Key(false, 0)))
	w.them(record.Disclosure{Act: record.DisclosureAsked, Ranges: []record.Range{{First: 0, Last: 0}}, To: "<script>"})
	head := ExportHead{Own: "<script>North", Peer: "\u202ESouth", Line: "<a>", Now: noon, ClockMS: 90_000}
	page := w.export("html", api.RecordQuery{Search: ""}, head)
	tags := regexp.MustCompile(`<([a-zA-Z!/][a-zA-Z0-9]*)`)
	allowed := " !DOCTYPE html head meta title style body header h1 p bdi strong dl dt dd div span main section h2 article time h3 small ul li a b footer "
	for _, m := range tags.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(allowed, " "+strings.TrimPrefix(m[1], "/")+" ") {
			t.Errorf("the page has a tag %q", m[0])
		}
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !regexp.MustCompile(`^#(us|them|call|drill)%2f[0-9a-f]+$`).MatchString(m[1]) {
			t.Errorf("the page leads to %q", m[1])
		}
	}
	for _, f := range Suspicious(page) {
		if f.Kind != Bracket {
			t.Errorf("the page has %s at %d: %+q", f.Kind, f.Start, page[max(0, f.Start-30):f.End])
		}
	}
	for _, gone := range []string{"<script", "onerror=alert(1)>", " style=", " onclick"} {
		if strings.Contains(page, gone) {
			t.Errorf("the page has %q", gone)
		}
	}
	style := page[strings.Index(page, "<style>")+7 : strings.Index(page, "</style>")]
	equal(t, "style", style == exportStyle, true)
	if !strings.Contains(page, `content="`+strings.ReplaceAll(strings.ReplaceAll(exportPolicy(), "'", "&#39;"), "+", "&#43;")+`"`) {
		t.Error("the page has no policy")
	}
}

// All that a page is to say.
func TestExportHTMLSaysAll(t *testing.T) {
	w := newWorld(t)
	k := w.story()
	w.us(say("better"), about(record.Amends, k["hello"]))
	gone := w.us(say("oops"))
	w.us(say("wrong line"), about(record.Retracts, gone))
	w.now = w.now.Add(26 * time.Hour)
	w.them(say("late"), at(noon))
	page := w.export("html", api.RecordQuery{From: noon, Kinds: []string{"message", "call", "matter", "line", "accord", "disclosure"}}, ExportHead{Own: "North", Peer: "South", Line: "south", Now: w.now})
	for _, want := range []string{notProofHTML, "Sunday, 31 January 2027", "Cable at Österby", "kartenblatt.pdf", "Astrid Holm", "Call by", "ringing at 2", "ended: hung up", "replaced by",
		"taken back", "in place of", "co-signed", "12 ships seen", "acknowledged the matter", "filed a call", "the line come up", "entered the accord", "for <bdi>Council", "items. End of the export."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if file := os.Getenv("MESSAGE_PAGE"); file != "" {
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const notProofHTML = "<strong>This page is no proof.</strong>"

// An export streams: it never holds more than a chunk, and stops when nobody takes it.
func TestExportStops(t *testing.T) {
	w := newWorld(t)
	for range 3 * exportChunk {
		w.us(say("text"))
	}
	for _, form := range []string{"json", "html"} {
		full := 8000
		err := w.v.Export(writerFunc(func(p []byte) (int, error) {
			if full -= len(p); full < 0 {
				return 0, errFull
			}
			return len(p), nil
		}), form, api.RecordQuery{}, w.proofs, ExportHead{})
		if !errors.Is(err, errFull) {
			t.Errorf("%s: %v", form, err)
		}
	}
	equal(t, "all of it", strings.Count(w.export("json", api.RecordQuery{}, ExportHead{}), `"text":"text"`), 3*exportChunk)
}

var errFull = errors.New("full")

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// An export says of each drill that it is one: in words, not by its colour alone.
func TestExportMarksDrills(t *testing.T) {
	w := newWorld(t)
	k := w.story()
	page := w.export("html", api.RecordQuery{}, ExportHead{Own: "North", Peer: "South", Now: noon})
	for _, want := range []string{`<article id="` + k["drill"] + `" class="call us drill">`, "<strong>DRILL</strong> an exercise, not a real call", "DRILL, begun by",
		"principal is fetched, expected in 5 min", "to be read back: <bdi>amber seven</bdi>", "verified by the other side", "suspended the right to call"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(page, "<strong>DRILL</strong>"); n != 1 {
		t.Errorf("%d items are marked as drills, want 1", n)
	}
	if text := w.export("json", api.RecordQuery{Kinds: []string{"drill"}}, ExportHead{}); !strings.Contains(text, `"drill":true`) {
		t.Error(text)
	}
}
