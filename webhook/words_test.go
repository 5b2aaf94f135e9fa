package webhook

import (
	"context"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestFailuresInWords: what a person reads of a webhook that is not told, on real sockets.
func TestFailuresInWords(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	stranger := httptest.NewTLSServer(nil)
	defer stranger.Close()
	unknown := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "lamp", IsNotFound: true}}
	}
	for _, c := range []struct {
		url  string
		dial func(context.Context, string, string) (net.Conn, error)
		want string
	}{
		{"http://" + closed.Addr().String(), nil, "nothing listens there (connection refused)"},
		{"http://" + silent.Addr().String(), nil, "it broke off without an answer"},
		{stranger.URL, nil, "its certificate is not trusted here: "},
		{"http://lamp/", unknown, "its name is not known here"},
	} {
		s := New([]Hook{hookAt(t, "lamp", c.url)}, Options{Dial: c.dial})
		if err, _ := s.Test(t.Context(), "lamp", Event{Event: "test"}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.url, err, c.want)
		}
		s.Close()
	}
}
