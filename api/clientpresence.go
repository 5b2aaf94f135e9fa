package api

import (
	"context"
	"net/http"
)

// AskPresence has the other side give out a nonce for a touch of one of our keys.
func (c *Client) AskPresence(ctx context.Context, line string, r TouchRequest) (*Touch, error) {
	t := new(Touch)
	return t, c.do(ctx, http.MethodPost, lineURL(line, "presence/ask"), r, t)
}

// ClaimPresence enters what the key answered; the call shows what the other side finds.
func (c *Client) ClaimPresence(ctx context.Context, line string, t Touched) error {
	return c.do(ctx, http.MethodPost, lineURL(line, "presence/claim"), t, nil)
}
