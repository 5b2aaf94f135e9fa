package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Codes with which a station closes the WebSocket, besides those of RFC 6455.
// After CloseNoSession a new link is needed, after CloseReplaced somebody has
// the seat elsewhere; after any other code a client comes back by itself.
const (
	CloseNoSession = 4001
	CloseReplaced  = 4002 // the same console attached by another connection
	CloseSlow      = 4003 // the client did not keep up with the events
	CloseChanged   = 4004 // the person's roles are others now; it comes back with these
)

// A LinkRequest is the body of POST /api/token, which only the local socket has.
type LinkRequest struct {
	Next  string `json:"next,omitempty"`  // local address to lead to, such as "/?ready=1"; empty: "/"
	Kiosk bool   `json:"kiosk,omitempty"` // nobody logs in there; with a watch officer's rights and no others
}

// A Link lets one browser in, once, within 15 minutes.
type Link struct {
	URL string `json:"url"`
}

// An UnreachableError says that no station answers at a local socket.
type UnreachableError struct {
	Socket string
	Err    error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("api: no station answers at %s: %v", e.Socket, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

const (
	replyLimit = 10 * time.Second
	maxReply   = 16 << 20 // bytes
)

// A Client speaks to a running station over its local socket. What the station
// refuses is an error with an [*Error] inside.
type Client struct {
	socket string
	http   *http.Client
}

// Dial checks that a station answers at the socket. If none does, the error is an
// [*UnreachableError].
func Dial(socket string) (*Client, error) {
	dialer := new(net.Dialer)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", socket)
	}
	c := &Client{socket: socket, http: &http.Client{Transport: &http.Transport{DialContext: dial}}}
	conn, err := net.DialTimeout("unix", socket, replyLimit)
	if err != nil {
		return nil, &UnreachableError{socket, err}
	}
	return c, conn.Close()
}

// Status asks for the whole status.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	s := new(Status)
	return s, c.do(ctx, http.MethodGet, "/api/status", nil, s)
}

// HangUp ends the call of a line, whichever console is in it.
func (c *Client) HangUp(ctx context.Context, line string) error {
	return c.do(ctx, http.MethodPost, "/api/lines/"+url.PathEscape(line)+"/hangup", nil, nil)
}

// Reload has the station read its folder again.
func (c *Client) Reload(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/api/reload", nil, nil)
}

// Link asks for a one-time address that lets a browser in and leads it to next, a
// path on the console such as "/?ready=1"; empty means its root.
func (c *Client) Link(ctx context.Context, next string) (string, error) {
	var l Link
	err := c.do(ctx, http.MethodPost, "/api/token", LinkRequest{Next: next}, &l)
	return l.URL, err
}

// EndSessions ends the session of every browser: whoever has a passkey logs in again, others need a new link.
func (c *Client) EndSessions(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/api/sessions", nil, nil)
}

// do sends a request and reads the reply into into, unless that is nil.
func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	return c.doWithin(ctx, replyLimit, method, path, body, into)
}

func (c *Client) doWithin(ctx context.Context, limit time.Duration, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("api: %s %s: %w", method, path, err)
		}
	}
	return c.send(ctx, method, path, bytes.NewReader(text), func(r *http.Response) error { return readReply(r, into) })
}

// send sends a request and has its reply read.
func (c *Client) send(ctx context.Context, method, path string, body io.Reader, read func(*http.Response) error) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://station"+path, body)
	if err != nil {
		return fmt.Errorf("api: %w", err)
	}
	reply, err := c.http.Do(req)
	if err != nil {
		return c.unreached(err)
	}
	defer reply.Body.Close()
	if err := read(reply); err != nil {
		where, _, _ := strings.Cut(path, "?")
		return fmt.Errorf("api: %s %s: %w", method, where, err)
	}
	return nil
}

// unreached names the socket where nobody answers.
func (c *Client) unreached(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return &UnreachableError{c.socket, op.Err}
	}
	return fmt.Errorf("api: %w", err)
}

func readReply(reply *http.Response, into any) error {
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxReply))
	if err != nil {
		return err
	}
	if reply.StatusCode >= 400 {
		e := new(Error)
		if err := json.Unmarshal(text, e); err != nil || e.Text == "" {
			return fmt.Errorf("the station answers %s", reply.Status)
		}
		return e
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}
