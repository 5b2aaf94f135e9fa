package console

import (
	"bytes"
	"net/http"
	"slices"

	"ringdown/api"
	"ringdown/report"
)

// reportForms are how a report can be had, and how each is written.
var reportForms = map[string]func(*bytes.Buffer, *api.Report) error{
	"csv":  func(b *bytes.Buffer, r *api.Report) error { return report.WriteCSV(b, r) },
	"html": func(b *bytes.Buffer, r *api.Report) error { return report.WriteHTML(b, r) },
}

// getReport says how a line has served.
func (s *Server) getReport(w http.ResponseWriter, r *http.Request) {
	rec, ok := s.record(w, r)
	if !ok {
		return
	}
	q, form, err := reportQuery(r)
	if err == nil {
		err = s.within(s.searches, r)
	}
	if err != nil {
		s.done(w, err)
		return
	}
	made, err := rec.Report(r.Context(), q)
	if form == "json" || err != nil {
		s.answer(w, made, err)
		return
	}
	var text bytes.Buffer
	err = reportForms[form](&text, made)
	s.give(w, "ringdown-report-"+r.PathValue("line")+"."+form, text.Bytes(), err)
}

var reportParameters = []string{"from", "to", "form"}

func reportQuery(r *http.Request) (q api.ReportQuery, form string, err error) {
	v, err := parameters(r, reportParameters)
	if err != nil {
		return q, "", err
	}
	if form = v.Get("form"); form == "" {
		form = "json"
	}
	err = first(moment(v, "from", &q.From), moment(v, "to", &q.To))
	switch {
	case err != nil:
	case form != "json" && reportForms[form] == nil:
		err = badRequest(`form is %q, want "json", "csv" or "html"`, shorten(form, 40))
	case !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To):
		err = badRequest("from is %s, want a time before to, %s", v.Get("from"), v.Get("to"))
	case slices.ContainsFunc([]int{q.From.Year(), q.To.Year()}, func(y int) bool { return y > maxYear }):
		err = badRequest("the time is beyond the year %d", maxYear)
	}
	return q, form, err
}

// maxYear bounds what may be asked for.
const maxYear = 9000
