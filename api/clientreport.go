package api

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Values is the query as an address carries it.
func (q ReportQuery) Values() url.Values {
	v := make(url.Values)
	for name, t := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !t.IsZero() {
			v.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	return v
}

// Report asks how a line has served. An error "building" says that the record is still read: ask again.
func (c *Client) Report(ctx context.Context, line string, q ReportQuery) (*Report, error) {
	r := new(Report)
	return r, c.do(ctx, http.MethodGet, withQuery(lineURL(line, "report"), q.Values()), nil, r)
}

// ReportFile writes the report to w, as "csv" or "html". After an error what was written is not
// whole.
func (c *Client) ReportFile(ctx context.Context, line, form string, q ReportQuery, w io.Writer) error {
	v := q.Values()
	v.Set("form", form)
	return c.send(ctx, http.MethodGet, withQuery(lineURL(line, "report"), v), nil, func(r *http.Response) error {
		if r.StatusCode >= 400 {
			return readReply(r, nil)
		}
		_, err := io.Copy(w, r.Body)
		return err
	})
}
