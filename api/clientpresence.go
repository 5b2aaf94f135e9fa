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

// NewKey begins to register a principal's key.
func (c *Client) NewKey(ctx context.Context, line string, r KeyRequest) (*NewKey, error) {
	k := new(NewKey)
	return k, c.do(ctx, http.MethodPost, lineURL(line, "presence/keys/new"), r, k)
}

// AddKey has the station check what the key answered, and propose it to the other side.
func (c *Client) AddKey(ctx context.Context, line string, k CreatedKey) error {
	return c.do(ctx, http.MethodPost, lineURL(line, "presence/keys"), k, nil)
}
