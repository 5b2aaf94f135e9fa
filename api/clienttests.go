package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// hookLimit is longer than a try of a webhook takes.
const hookLimit = 15 * time.Second

// Webhooks asks how each webhook stands.
func (c *Client) Webhooks(ctx context.Context) (list []Webhook, err error) {
	return list, c.do(ctx, http.MethodGet, "/api/webhooks", nil, &list)
}

// TestWebhook has one tried now.
func (c *Client) TestWebhook(ctx context.Context, name string) (r WebhookResult, err error) {
	return r, c.doWithin(ctx, hookLimit, http.MethodPost, "/api/webhooks/"+url.PathEscape(name)+"/test", nil, &r)
}
