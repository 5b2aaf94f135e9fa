package api

import (
	"context"
	"errors"
)

// A Client speaks to a running station over its local socket.
type Client struct{ socket string }

// Dial checks that a station answers at the socket.
func Dial(socket string) (*Client, error) { return &Client{socket}, errNotBuilt }

var errNotBuilt = errors.New("api: client not built yet")

// Status asks for the whole status.
func (c *Client) Status(ctx context.Context) (*Status, error) { return nil, errNotBuilt }

// HangUp ends the call of a line.
func (c *Client) HangUp(ctx context.Context, line string) error { return errNotBuilt }

// Reload has the station read its folder again.
func (c *Client) Reload(ctx context.Context) error { return errNotBuilt }

// Link asks for a one-time address of the console that leads to next ("" is "/").
func (c *Client) Link(ctx context.Context, next string) (string, error) { return "", errNotBuilt }

// Attach opens the event connection. info.Type may be left empty.
func (c *Client) Attach(ctx context.Context, info ToStation) (*Conn, error) { return nil, errNotBuilt }

// A Conn is an attached console or, with Observe, an observer.
type Conn struct{}

// Welcome is the station's first event.
func (c *Conn) Welcome() Event { return Event{} }

// Next waits for the next event. Pings are answered and never returned.
func (c *Conn) Next(ctx context.Context) (Event, error) { return Event{}, errNotBuilt }

// Do sends m and waits until it is done or refused; a refusal is an *Error.
func (c *Conn) Do(ctx context.Context, m ToStation) error { return errNotBuilt }

// Close detaches.
func (c *Conn) Close() error { return nil }
