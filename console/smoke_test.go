package console

import (
	"context"
	"testing"

	"ringdown/api"
)

func TestCommandLine(t *testing.T) {
	s, st := testServer(t, nil)
	ctx := context.Background()
	c, err := api.Dial(s.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	k, err := c.Attach(ctx, api.ToStation{Name: "Anna"})
	if err != nil {
		t.Fatal(err)
	}
	st.expect(t, "01 attach")
	if err := k.Do(ctx, api.ToStation{Type: "call", Slug: "south"}); err != nil {
		t.Fatal(err)
	}
	st.expect(t, "01 call")
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	st.expect(t, "01 lost")
}
