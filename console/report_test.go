package console

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

func (f *fakeRecord) Report(_ context.Context, q api.ReportQuery) (*api.Report, error) {
	err := f.ask("report %s %s", q.From.Format(time.DateOnly), q.To.Format(time.DateOnly))
	return &api.Report{Parties: [2]string{"North", "South"}, To: q.To, Weeks: []api.Period{{Name: "2026-W47"}}}, err
}

// TestReport: a report comes as it is asked for, through both doors.
func TestReport(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	for query, want := range map[string]string{
		"": "report 0001-01-01 0001-01-01",
		"?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z": "report 2026-11-01 2026-11-02",
		"?from=2026-11-01T00:00:00Z&form=json":               "report 2026-11-01 0001-01-01",
	} {
		got := b.get("/api/lines/south/report" + query)
		if got.StatusCode != 200 || !strings.Contains(got.text, `"parties":["North","South"]`) || st.record.last() != want {
			t.Errorf("%s: %s %s, want it asked as %q", query, got.Status, got.text, want)
		}
	}
	for form, begins := range map[string]string{"csv": "period,name,", "html": "<!DOCTYPE html>"} {
		got := b.get("/api/lines/south/report?form=" + form)
		want := fmt.Sprintf(`attachment; filename="ringdown-report-south.%s"`, form)
		if got.StatusCode != 200 || !strings.HasPrefix(got.text, begins) || !strings.HasPrefix(got.Header.Get("Content-Disposition"), want) {
			t.Errorf("%s: %s %q %.60s", form, got.Status, got.Header.Get("Content-Disposition"), got.text)
		}
	}
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	if r, err := c.Report(t.Context(), "south", api.ReportQuery{To: day}); err != nil || !r.To.Equal(day) || r.Weeks[0].Name != "2026-W47" {
		t.Errorf("by the client: %+v, %v", r, err)
	}
	var out bytes.Buffer
	if err := c.ReportFile(t.Context(), "south", "csv", api.ReportQuery{}, &out); err != nil || !strings.Contains(out.String(), "2026-W47") {
		t.Errorf("by the client: %.80s, %v", out.String(), err)
	}
	st.record.refuse = &api.Error{Code: "building", Text: "Not yet."}
	out.Reset()
	if err := c.ReportFile(t.Context(), "south", "html", api.ReportQuery{}, &out); codeOf(err) != "building" || out.Len() != 0 {
		t.Errorf("while it is read: %v and %d bytes", err, out.Len())
	}
}

// TestBadReports: what cannot be asked is refused before the record hears of it.
func TestBadReports(t *testing.T) {
	s, st := testServer(t, nil)
	b := entered(t, s)
	for _, query := range []string{"?form=pdf", "?from=yesterday", "?to=2026-11-02", "?from=2026-11-02T00:00:00Z&to=2026-11-02T00:00:00Z",
		"?to=9999-11-02T00:00:00Z", "?from=9999-01-01T00:00:00Z", "?week=1", "?form=csv&form=html"} {
		if got := b.get("/api/lines/south/report" + query); got.StatusCode != 400 || errorOf(t, got).Code != "bad-request" || st.record.last() != "" {
			t.Errorf("%s: %s %s", query, got.Status, got.text)
		}
	}
}
