package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// WatchBook asks for all that is kept of the watch, and for the roster of some days from one on: "2026-11-23", or
// this week's Monday if it is empty.
func (c *Client) WatchBook(ctx context.Context, from string, days int) (*WatchBook, error) {
	q := url.Values{}
	if from != "" {
		q.Set("from", from)
	}
	if days > 0 {
		q.Set("days", strconv.Itoa(days))
	}
	b := new(WatchBook)
	return b, c.do(ctx, http.MethodGet, "/api/watch?"+q.Encode(), nil, b)
}

// SetWatch puts a roster, a plan and periods in force.
func (c *Client) SetWatch(ctx context.Context, m WatchSettings) error {
	return c.do(ctx, http.MethodPut, "/api/watch", m, nil)
}

// WatchAct carries out "take", "hand", "leave", "here" or "acknowledge".
func (c *Client) WatchAct(ctx context.Context, act string, m WatchAct) error {
	return c.do(ctx, http.MethodPost, "/api/watch/"+url.PathEscape(act), m, nil)
}
