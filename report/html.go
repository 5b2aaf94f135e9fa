package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"ringdown/api"
)

//go:embed page.css
var pageStyle string

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"instant": instant, "seconds": Seconds, "span": spanWords, "share": shareWords, "within": withinWords,
	"join": func(list []string) string { return strings.Join(list, " and ") },
}).Parse(pageText))

// A pageView is what the page is made of.
type pageView struct {
	*api.Report
	Policy, First, Second string
	Style                 template.CSS
	Short                 bool // the record ends before the report
	Strips                []strip
	Columns, Marks, Dots  []drawn
	DotsHeight            int
	Called                []calledView
	Ends                  string
	Tables                []tableView
}

type strip struct {
	Name, Share, Words string
	Width              int
	Cells              []cell
}

type cell struct {
	X, Y, H      int
	Class, Title string
}

type drawn struct {
	X, Y, H      int
	Class, Title string
}

type calledView struct {
	Name    string
	Figures api.CallFigures
}

type tableView struct {
	Name    string
	Periods []api.Period
}

// WriteHTML writes a report as one page that needs nothing else and runs nothing.
func WriteHTML(w io.Writer, r *api.Report) error {
	sum := sha256.Sum256([]byte(pageStyle))
	v := pageView{Report: r, First: r.Parties[0], Second: r.Parties[1], Style: template.CSS(pageStyle), Short: r.Until.Before(r.To),
		Policy:  "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Strips:  strips(r),
		Columns: columns(r.Whole.Calls.Answer.Spread), Ends: ends(&r.Whole.Calls),
		Called: []calledView{{"both", r.Whole.Calls}, {r.Parties[0], r.Whole.Called[0]}, {r.Parties[1], r.Whole.Called[1]}, {"drills", r.Whole.Drills}},
		Tables: []tableView{{"By month", newestFirst(r.Months)}, {"By week", newestFirst(r.Weeks)}}}
	for _, m := range marks {
		v.Marks = append(v.Marks, drawn{X: 10 + 10*m, Title: fmt.Sprint(m, " s")})
	}
	v.Dots, v.DotsHeight = placeDots(r.Tests)
	return pageTemplate.Execute(w, v)
}

func newestFirst(list []api.Period) []api.Period {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// strips are the days of the line and of each path.
func strips(r *api.Report) []strip {
	list := []strip{newStrip("Line", r.Whole.Line, r.Days, func(d api.ReportDay) api.DayUse { return d.Line })}
	for i, p := range r.Whole.Paths {
		list = append(list, newStrip(fmt.Sprint("Path ", p.Path), p, r.Days, func(d api.ReportDay) api.DayUse { return d.Paths[i] }))
	}
	return list
}

func newStrip(name string, a api.Availability, days []api.ReportDay, use func(api.ReportDay) api.DayUse) strip {
	s := strip{Name: name, Share: shareWords(a), Width: 8 * max(len(days), 91)}
	s.Words = fmt.Sprintf("Down %s", times(a.Downs))
	if a.DownMS > 0 {
		s.Words += fmt.Sprintf(", for %s in all, %s at most", spanWords(a.DownMS), spanWords(a.LongestMS))
	}
	if a.UnknownMS > 0 {
		s.Words += fmt.Sprintf("; not known for %s", spanWords(a.UnknownMS))
	}
	s.Words += "."
	for i, d := range days {
		u := use(d)
		c := cell{8 * i, 4, 26, "up", d.Day + ": up"}
		switch {
		case u.UpMS+u.DownMS == 0:
			c.Class, c.Title = "none", d.Day+": not known"
		case u.UpMS == 0:
			c = cell{8 * i, 24, 6, "down", d.Day + ": down"}
		case u.DownMS > 0:
			c = cell{8 * i, 15, 15, "part", d.Day + ": down for " + spanWords(u.DownMS)}
		}
		s.Cells = append(s.Cells, c)
	}
	return s
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprint(n, " times")
}

// columns draws how many calls were answered in each second.
func columns(spread []int) (list []drawn) {
	if len(spread) == 0 {
		return nil
	}
	most := slices.Max(spread)
	for s, n := range spread {
		if n > 0 {
			h := max(2, n*108/most)
			list = append(list, drawn{X: 10 + 10*s, Y: 120 - h, H: h, Title: fmt.Sprintf("%d to %d s: %d", s, s+1, n)})
		}
	}
	return list
}

// placeDots draws tests in rows of 40.
func placeDots(tests []api.TestDot) (list []drawn, height int) {
	class := map[string]string{"passed": "up", "failed": "down", "missed": "none"}
	for i, t := range tests {
		d := drawn{X: 10 + 16*(i%39), Y: 12 + 18*(i/39), Class: class[t.Result], Title: instant(t.At) + ": " + t.Result}
		if !t.Due {
			d.Title += ", out of turn"
		}
		list = append(list, d)
	}
	return list, 24 + 18*(max(0, len(tests)-1)/39)
}

// ends says how the calls that were not answered ended.
func ends(c *api.CallFigures) string {
	var list []string
	for _, o := range Outcomes(c)[2:] {
		if o.Count > 0 {
			list = append(list, fmt.Sprintf("%d %s", o.Count, o.Words))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "The others: " + strings.Join(list, ", ") + "."
}

func instant(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 UTC") }

// Seconds is a time to answer, rounded up: what took longer than a mark never reads as if it met it.
func Seconds(ms int64) string { return fmt.Sprintf("%d.%d s", (ms+99)/1000, (ms+99)/100%10) }

func spanWords(ms int64) string {
	s := ms / 1000
	switch {
	case ms == 0:
		return "0"
	case s == 0:
		return fmt.Sprint(ms, " ms")
	case s < 60:
		return fmt.Sprint(s, " s")
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 48*3600:
		return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
	}
	return fmt.Sprintf("%d days %d h", s/86400, s/3600%24)
}

func shareWords(a api.Availability) string {
	share, ok := a.Share()
	if !ok {
		return "not known"
	}
	return fmt.Sprintf("%d.%03d %%", share/1000, share%1000)
}

func withinWords(w api.Within) string {
	if w.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%d of %d", w.Met, w.Of)
}
