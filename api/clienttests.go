package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// hookLimit is longer than a try of a webhook takes.
const hookLimit = 15 * time.Second

// StartTest asks the other side of a line to read words back.
func (c *Client) StartTest(ctx context.Context, line string, m StartTest) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, lineURL(line, "test"), m, &w)
}

// ReadBack reads back what they ask.
func (c *Client) ReadBack(ctx context.Context, line string, m ReadBack) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, lineURL(line, "test/read-back"), m, &w)
}

// Suspend suspends the right to call.
func (c *Client) Suspend(ctx context.Context, line string, m Suspend) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, lineURL(line, "suspend"), m, &w)
}

// Resume restores it.
func (c *Client) Resume(ctx context.Context, line string, m Resume) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, lineURL(line, "resume"), m, &w)
}

// Webhooks asks how each webhook stands.
func (c *Client) Webhooks(ctx context.Context) (list []Webhook, err error) {
	return list, c.do(ctx, http.MethodGet, "/api/webhooks", nil, &list)
}

// TestWebhook has one tried now.
func (c *Client) TestWebhook(ctx context.Context, name string) (r WebhookResult, err error) {
	return r, c.doWithin(ctx, hookLimit, http.MethodPost, "/api/webhooks/"+url.PathEscape(name)+"/test", nil, &r)
}
