package message

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"io"
	"strings"
	"time"

	"ringdown/api"
)

//go:embed export.css
var exportStyle string

//go:embed export.html
var exportPage string

var exportTemplate = template.Must(template.New("export").Funcs(template.FuncMap{
	"visible": visibleHTML, "clock": clock, "day": day, "instant": instant, "proof": proofWords, "duration": duration, "misdated": misdated, "name": stepWords, "size": size,
	"role": roleWords, "paths": pathWords,
}).Parse(exportPage))

// An htmlExport writes one page that needs nothing else and runs nothing.
type htmlExport struct {
	w       io.Writer
	names   map[string]string // of "us" and "them"
	day     string
	items   int
	matters map[string]string // titles seen so far, a few
}

// A pageHead is what the template's head is made of.
type pageHead struct {
	ExportHead
	Policy string
	Style  template.CSS
	Note   string
	Asked  []string
	Clock  string
}

// exportPolicy forbids all but the page's own style.
func exportPolicy() string {
	sum := sha256.Sum256([]byte(exportStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

func (x *htmlExport) head(h ExportHead, q api.RecordQuery, matters map[string]string) error {
	x.names = map[string]string{us: h.Own, them: h.Peer}
	x.matters = matters
	return exportTemplate.ExecuteTemplate(x.w, "head", pageHead{ExportHead: h, Policy: exportPolicy(), Style: template.CSS(exportStyle),
		Note: notProof, Asked: asked(q, matters), Clock: clockWords(h)})
}

// asked says in words what the export was restricted to.
func asked(q api.RecordQuery, matters map[string]string) (all []string) {
	if !q.From.IsZero() {
		all = append(all, "from "+instant(q.From))
	}
	if !q.To.IsZero() {
		all = append(all, "before "+instant(q.To))
	}
	if q.Matter != "" {
		all = append(all, fmt.Sprintf("of the matter “%s”", matters[q.Matter]))
	}
	if q.Search != "" {
		all = append(all, fmt.Sprintf("with the words “%s”", q.Search))
	}
	if len(q.Kinds) > 0 {
		all = append(all, "of the kinds "+strings.Join(q.Kinds, ", "))
	}
	if q.Unread {
		all = append(all, "not marked read")
	}
	return all
}

func clockWords(h ExportHead) string {
	d := time.Duration(h.ClockMS) * time.Millisecond
	switch {
	case d.Abs() < time.Second:
		return ""
	case d > 0:
		return fmt.Sprintf("The clock of %s is estimated to be %s ahead.", Visible(h.Peer), duration(h.ClockMS))
	}
	return fmt.Sprintf("The clock of %s is estimated to be %s behind.", Visible(h.Peer), duration(-h.ClockMS))
}

// A pageItem is what the template's item is made of.
type pageItem struct {
	api.Item
	Day    string // set when it begins
	Author string
	Names  map[string]string
	Under  string // title of its matter
}

// Label is a key as whoever is neither side reads it: the author's name and the number.
func (p pageItem) Label(key string) string {
	by, what, _ := strings.Cut(key, "/")
	if name := p.Names[by]; name != "" {
		by = name
	}
	return by + " " + what
}

// IsDrill reports whether it belongs to a drill.
func (p pageItem) IsDrill() bool {
	return p.Call != nil && p.Call.Drill || p.Presence != nil && p.Presence.Drill
}

func (x *htmlExport) item(item api.Item) error {
	p := pageItem{Item: item, Author: x.names[item.By], Names: x.names}
	if d := day(item.At); d != x.day {
		if x.day != "" {
			if err := exportTemplate.ExecuteTemplate(x.w, "dayend", nil); err != nil {
				return err
			}
		}
		x.day, p.Day = d, d
	}
	x.items++
	if item.Kind == "matter" && item.Act == "opened" && len(x.matters) < 1000 {
		x.matters[item.Key] = item.Title
	}
	if item.Kind != "matter" {
		p.Under = x.matters[item.Matter]
	}
	return exportTemplate.ExecuteTemplate(x.w, "item", p)
}

func (x *htmlExport) end() error {
	if x.day != "" {
		if err := exportTemplate.ExecuteTemplate(x.w, "dayend", nil); err != nil {
			return err
		}
	}
	return exportTemplate.ExecuteTemplate(x.w, "end", x.items)
}

// visibleHTML is a text with its findings as marks of their own, which no text can have.
func visibleHTML(text string) template.HTML {
	var b strings.Builder
	eachPart(text, Suspicious(text), func(part string, f *Finding) {
		if f == nil {
			b.WriteString(html.EscapeString(part))
			return
		}
		fmt.Fprintf(&b, `<span class="mark" title="%s">%s</span>`, f.Kind, html.EscapeString(part))
	})
	return template.HTML(b.String())
}

func clock(t time.Time) string   { return t.UTC().Format("15:04:05") }
func day(t time.Time) string     { return t.UTC().Format("Monday, 2 January 2006") }
func instant(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }

// duration is a length of time in words.
func duration(ms int64) string {
	s := (ms + 500) / 1000
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	case s < 48*3600:
		return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
	}
	return fmt.Sprintf("%d days", s/86400)
}

func misdated(ms int64) string {
	if ms < 0 {
		return "dated " + duration(-ms) + " before it can have been written"
	}
	return "dated " + duration(ms) + " after it was here"
}

func proofWords(proof string) string {
	switch proof {
	case "classical":
		return "co-signed"
	case "full":
		return "co-signed, post-quantum too"
	}
	return "not co-signed"
}

// stepWords is a step of a call in words.
func stepWords(s api.RecordedStep) string {
	words := s.Step
	switch {
	case s.Step == "":
		words = "erased"
	case s.Step == "reached" && s.Count == 0:
		words = "reached; nobody ready"
	case s.Step == "reached":
		words = fmt.Sprintf("reached; %d ready", s.Count)
	case s.Step == "ringing":
		words = fmt.Sprintf("ringing at %d", s.Count)
	case s.Step == "asked":
		words = "asked for the principal"
	case s.Step == "fetching" && s.Minutes > 0:
		words = fmt.Sprintf("principal is fetched, expected in %d min", s.Minutes)
	case s.Step == "fetching":
		words = "principal is fetched"
	case s.Step == "present":
		words = "principal is at the console"
	case s.Step == "joined" && s.Speaks:
		words = "joined, speaks"
	case s.Step == "joined":
		words = "joined, listens"
	case s.Step == "handed":
		words = "handed over"
	}
	if s.Reason != "" {
		words += ": " + string(s.Reason)
	}
	return words
}

func roleWords(r api.Role) string {
	if r == api.RoleOfficer {
		return "watch officer"
	}
	return string(r)
}

// pathWords is what the paths were like during a test.
func pathWords(paths []api.RecordedPath) string {
	var all []string
	for _, p := range paths {
		words := fmt.Sprintf("path %d down", p.Number)
		if p.Up {
			words = fmt.Sprintf("path %d up, %d ms, %d.%d %% lost", p.Number, p.RTTms, p.LossPermille/10, p.LossPermille%10)
		}
		all = append(all, words)
	}
	return strings.Join(all, "; ")
}

func size(n int) string {
	if n < 10_000 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d kB", (n+500)/1000)
}
