package message

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"ringdown/api"
)

// ExportHead is what an export says of itself.
type ExportHead struct {
	Own, Peer string // names of the parties
	Line      string // the line's name here
	Now       time.Time
	ClockMS   int64 // how far the other side's clock is estimated to be ahead of ours
}

// An exporter writes what an export has, in this order.
type exporter interface {
	head(h ExportHead, q api.RecordQuery, matters map[string]string) error
	item(api.Item) error
	end() error
}

// exportChunk is how many items are read at once.
const exportChunk = 100

// Export writes all that a query asks for, the oldest first, as "json" or "html". It holds one
// chunk of it at a time, and hinders nobody who adds. An export is a copy to read, and no proof; it
// says so.
func (v *View) Export(w io.Writer, form string, q api.RecordQuery, p Proofs, head ExportHead) error {
	out, err := newExporter(w, form)
	if err != nil {
		return err
	}
	var f filter
	var any bool
	titles := map[string]string{}
	err = v.read("export", func(s *session) (err error) {
		if f, any, err = s.filterOf(q, true); err != nil || q.Matter == "" {
			return err
		}
		titles[q.Matter], err = s.titleOf(q.Matter)
		return err
	})
	if err != nil {
		return err
	}
	if err := out.head(head, q, titles); err != nil {
		return fmt.Errorf("message: export: %w", err)
	}
	for any {
		if any, err = v.exportChunk(out, &f, p, head.Now); err != nil {
			return err
		}
	}
	if err := out.end(); err != nil {
		return fmt.Errorf("message: export: %w", err)
	}
	return nil
}

func newExporter(w io.Writer, form string) (exporter, error) {
	switch form {
	case "json":
		return &jsonExport{w: w}, nil
	case "html":
		return &htmlExport{w: w}, nil
	}
	return nil, fmt.Errorf("message: export: form %q, want json or html", form)
}

// exportChunk writes the next items, and reports whether there are more.
func (v *View) exportChunk(out exporter, f *filter, p Proofs, now time.Time) (more bool, err error) {
	var items []api.Item
	err = v.read("export", func(s *session) error {
		found, next, err := f.find(s, exportChunk)
		if err != nil {
			return err
		}
		f.first, more = next, next != 0
		items, err = v.items(s, found, p, now)
		return err
	})
	if err != nil {
		return false, err
	}
	for _, item := range items {
		if err := out.item(item); err != nil {
			return false, fmt.Errorf("message: export: %w", err)
		}
	}
	return more, nil
}

// titleOf is the title of a matter; "" if there is none.
func (s *session) titleOf(key string) (title string, err error) {
	if own, number, ok := ParseKey(key); ok {
		_, err = s.one("SELECT title FROM matter WHERE id = ?", []any{idOf(own, number)}, &title)
	}
	return title, err
}

// notProof is in every export.
const notProof = "This is a copy to read, as one station had it. It proves nothing: whoever has it can change it. " +
	"What is to be proven is disclosed: a disclosure carries the signatures of both sides, and \"ringdown verify\" checks it."

// A jsonExport writes one object; the package comment has its shape.
type jsonExport struct {
	w    io.Writer
	some bool
}

func (x *jsonExport) head(h ExportHead, q api.RecordQuery, _ map[string]string) error {
	kinds := q.Kinds
	if kinds == nil {
		kinds = []string{}
	}
	head := struct {
		Version int       `json:"ringdown_export"`
		Note    string    `json:"note"`
		Line    string    `json:"line"`
		Own     string    `json:"own"`
		Peer    string    `json:"peer"`
		Made    time.Time `json:"made"`
		ClockMS int64     `json:"clock_ms"`
		Query   any       `json:"query"`
	}{1, notProof, h.Line, h.Own, h.Peer, h.Now.UTC(), h.ClockMS, struct {
		From   string   `json:"from"`
		To     string   `json:"to"`
		Matter string   `json:"matter"`
		Search string   `json:"search"`
		Kinds  []string `json:"kinds"`
		Unread bool     `json:"unread"`
	}{stamp(q.From), stamp(q.To), q.Matter, q.Search, kinds, q.Unread}}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(x.w, "%s,\"items\":[\n", text[:len(text)-1])
	return err
}

// stamp is a time as text; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (x *jsonExport) item(item api.Item) error {
	text, err := json.Marshal(item)
	if err != nil {
		return err
	}
	if x.some {
		text = append([]byte(",\n"), text...)
	}
	x.some = true
	_, err = x.w.Write(text)
	return err
}

func (x *jsonExport) end() error {
	_, err := io.WriteString(x.w, "\n],\"complete\":true}\n")
	return err
}
