package crash

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"ringdown/api"
)

// A door speaks to whichever process has a side's local socket now.
type door struct {
	*side
	http *http.Client
}

func newDoor(s *side) *door {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", s.socket())
	}
	return &door{s, &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: 10 * time.Second}}
}

// errNobody says that no station heard the request.
var errNobody = errors.New("nobody is there")

// ask sends a request of the line; body is JSON unless it is bytes.
func (d *door) ask(method, path string, body, into any) error {
	raw, isRaw := body.([]byte)
	if !isRaw && body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequest(method, "http://station/api/lines/"+d.slug+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	reply, err := d.http.Do(req)
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w: %w", errNobody, err)
	}
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return err
	}
	if reply.StatusCode >= 400 {
		refused := new(api.Error)
		if json.Unmarshal(text, refused) != nil || refused.Text == "" {
			return fmt.Errorf("%s: %s", reply.Status, text)
		}
		return refused
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// A traffic is all that happens at one side until it is stopped.
type traffic struct {
	*door
	book   *ledger
	rand   *rand.Rand // of the writer
	serial int
	gate   sync.RWMutex // held by whoever wants nothing to be written
	theirs []string     // keys of their messages that a page showed and nobody here has read
}

// all runs the side's traffic until ctx ends.
func (t *traffic) all(ctx context.Context, seed uint64) {
	var wait sync.WaitGroup
	defer wait.Wait()
	t.rand = rand.New(rand.NewPCG(seed, 1))
	wait.Go(func() { t.write(ctx) })
	wait.Go(func() { t.look(ctx, rand.New(rand.NewPCG(seed, 2))) })
	wait.Go(func() { t.sit(ctx, rand.New(rand.NewPCG(seed, 3))) })
}

// write asks the station to write, one after the other, so that there is an order.
func (t *traffic) write(ctx context.Context) {
	for ctx.Err() == nil {
		let(ctx, time.Duration(t.rand.IntN(60))*time.Millisecond)
		t.gate.RLock()
		switch n := t.rand.IntN(20); {
		case n == 0:
			t.openMatter()
		case n < 3:
			t.markRead()
		case n < 5:
			t.sendFile()
		case n == 5:
			for range 10 {
				t.send("", "")
			}
		default:
			t.send("", "")
		}
		t.gate.RUnlock()
	}
}

// next is a text that is said once.
func (t *traffic) next(what string, most int) string {
	t.serial++
	return fmt.Sprintf("%s %s %06d %s", t.name, what, t.serial, padding(1+t.rand.IntN(most)))
}

// written notes what became of a request to write.
func (t *traffic) written(text string, err error) {
	refused := new(api.Error)
	switch {
	case err == nil:
		t.book.answered(text)
	case errors.Is(err, errNobody):
		t.book.unheard(text)
	case errors.As(err, &refused) && refused.Code != "not-open" && refused.Code != "stopping" && refused.Code != "stopped" && refused.Code != "no-such-line":
		t.book.t.Errorf("%s refused %.40q: %s: %s", t.name, text, refused.Code, refused.Text)
	}
}

func (t *traffic) send(kept, sum string) {
	text := t.next("says", 200)
	if t.rand.IntN(100) == 0 {
		text += padding(15000)
	}
	m := api.NewMessage{Text: text}
	if kept != "" {
		m.Files = []string{kept}
	}
	t.book.ask(t.name, text, t.serial, sum)
	t.written(text, t.ask(http.MethodPost, "/messages", m, new(api.Written)))
}

func (t *traffic) sendFile() {
	data := make([]byte, 1+t.rand.IntN(6000))
	for i := range data {
		data[i] = byte(t.rand.Uint32())
	}
	var kept api.Kept
	if t.ask(http.MethodPost, "/files?name=notes.bin", data, &kept) != nil {
		return
	}
	sum := sha256.Sum256(data)
	t.send(kept.ID, hex.EncodeToString(sum[:]))
}

func (t *traffic) openMatter() {
	text := t.next("opens", 20)
	t.book.ask(t.name, text, t.serial, "")
	t.written(text, t.ask(http.MethodPost, "/matters", api.MatterAct{Act: "open", Title: text}, new(api.Written)))
}

// markRead marks what the last page had of theirs.
func (t *traffic) markRead() {
	t.book.mu.Lock()
	keys := t.theirs
	t.book.mu.Unlock()
	if len(keys) > 0 {
		_ = t.ask(http.MethodPost, "/read", api.Marks{Keys: keys[:min(len(keys), 16)], Name: t.name + " officer"}, nil)
	}
}

// look asks for pages, and the ledger sees each.
func (t *traffic) look(ctx context.Context, r *rand.Rand) {
	for ctx.Err() == nil {
		let(ctx, time.Duration(20+r.IntN(60))*time.Millisecond)
		var page api.RecordPage
		if t.ask(http.MethodGet, "/record?limit=200", nil, &page) != nil {
			continue
		}
		t.book.see(t.name, page)
		var keys []string
		for _, it := range page.Items {
			if it.Kind == "message" && it.By == "them" && it.Ladder != nil && it.Ladder.Stage != api.StageRead {
				keys = append(keys, it.Key)
			}
		}
		t.book.mu.Lock()
		t.theirs = keys
		t.book.mu.Unlock()
	}
}

// sit is a person at a ready console, who shows what comes, calls, answers and hangs up.
func (t *traffic) sit(ctx context.Context, r *rand.Rand) {
	for ctx.Err() == nil {
		let(ctx, 20*time.Millisecond)
		c, err := api.Dial(t.socket())
		if err != nil {
			continue
		}
		k, err := c.Attach(ctx, api.ToStation{Name: t.name})
		if err != nil {
			continue
		}
		if k.Do(ctx, api.ToStation{Type: "ready", Ready: true}) == nil {
			t.watch(ctx, k, r)
		}
		_ = k.Close()
	}
}

func (t *traffic) watch(ctx context.Context, k *api.Conn, r *rand.Rand) {
	for {
		next, cancel := context.WithTimeout(ctx, time.Duration(200+r.IntN(1000))*time.Millisecond)
		e, err := k.Next(next)
		cancel()
		switch {
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			t.pressAny(ctx, k, r)
		case err != nil:
			return
		case e.Type == "ring":
			_ = k.Do(ctx, api.ToStation{Type: "ringing", Slug: t.slug, On: e.Ring})
		case e.Type == "record":
			t.show(ctx, k, e)
		case e.Type == "line" && r.IntN(10) == 0:
			t.pressAny(ctx, k, r)
		}
	}
}

// pressAny presses a button; most of the time it is refused, as there is nothing that it could mean.
func (t *traffic) pressAny(ctx context.Context, k *api.Conn, r *rand.Rand) {
	if !t.gate.TryRLock() {
		_ = k.Do(ctx, api.ToStation{Type: "hangup", Slug: t.slug})
		return
	}
	defer t.gate.RUnlock()
	verb := []string{"call", "answer", "answer", "hangup", "decline"}[r.IntN(5)]
	_ = k.Do(ctx, api.ToStation{Type: verb, Slug: t.slug})
}

func (t *traffic) show(ctx context.Context, k *api.Conn, e api.Event) {
	if !t.gate.TryRLock() {
		return
	}
	defer t.gate.RUnlock()
	var keys []string
	for _, it := range e.Items {
		if it.Kind == "message" && it.By == "them" && len(keys) < 16 {
			keys = append(keys, it.Key)
		}
	}
	if len(keys) > 0 {
		_ = k.Do(ctx, api.ToStation{Type: "shown", Slug: t.slug, Keys: keys})
	}
}
