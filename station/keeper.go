package station

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"ringdown/api"
	"ringdown/console"
	"ringdown/message"
	"ringdown/record"
	"ringdown/replica"
)

// A keeper is a line's record as its own side uses it. Safe for concurrent use: what writes is
// done by the clerk, what reads the view is done where it is asked.
type keeper struct{ *clerk }

var _ console.Record = keeper{}

// Record gives the record of a line.
func (s *Station) Record(slug string) (console.Record, error) {
	var k keeper
	err := s.onLine(slug, func(e *lineEnd, _ time.Time) error {
		if k.clerk = e.clerk; e.clerk == nil {
			return &api.Error{Code: "no-record", Text: "No record is kept of the line with " + e.opt.Peer + ".", Action: "Restart the station."}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// current is what readers see, or why there is nothing yet.
func (k keeper) current() (*recordNow, error) {
	if r := k.now.Load(); r != nil {
		return r, nil
	}
	return nil, k.notOpen()
}

func (k keeper) Page(_ context.Context, q api.RecordQuery) (api.RecordPage, error) {
	r, err := k.current()
	if err != nil {
		return api.RecordPage{}, err
	}
	p, err := r.view.Page(q, r.proofs(), k.s.opt.Now())
	if err != nil {
		return p, err
	}
	if q.Before == 0 {
		p.Waiting = waitingItems(r.status.Waiting)
		slices.Reverse(p.Waiting)
	}
	return p, nil
}

func (k keeper) Item(ctx context.Context, key string) (api.Item, error) {
	key, waiting, err := k.waits(ctx, key)
	if err != nil {
		return api.Item{}, err
	}
	if waiting != nil {
		return *waiting, nil
	}
	r, err := k.current()
	if err != nil {
		return api.Item{}, err
	}
	items, err := r.view.Items([]string{key}, r.proofs(), k.s.opt.Now())
	if err != nil {
		return api.Item{}, err
	}
	if len(items) == 0 {
		return api.Item{}, noSuchEntry(key)
	}
	return items[0], nil
}

// waits finds what was written under a key of what waits: as it waits, or by the key that it has since.
func (k keeper) waits(ctx context.Context, key string) (string, *api.Item, error) {
	id, ok := parseWaiting(key)
	if !ok {
		return key, nil, nil
	}
	var found []api.Item
	err := k.ask(ctx, func() error {
		if n, ok := k.rep.Number(id); ok {
			key = message.Key(true, n)
			return nil
		}
		found = slices.DeleteFunc(waitingItems(k.rep.Status().Waiting), func(i api.Item) bool { return i.Key != key })
		if len(found) == 0 {
			return noSuchEntry(key)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		return key, nil, err
	}
	return key, &found[0], nil
}

func noSuchEntry(key string) error {
	return &api.Error{Code: "no-such-entry", Text: fmt.Sprintf("The record has no %q.", key), Action: "Take a key as the record shows it: us/12, them/7, call/… or waiting/…."}
}

func (k keeper) Matters(context.Context) ([]api.Matter, error) {
	r, err := k.current()
	if err != nil {
		return nil, err
	}
	list, err := r.view.Matters()
	if err != nil {
		return nil, err
	}
	for _, w := range r.status.Waiting {
		if m, ok := w.Draft.Body.(record.Matter); ok && m.Act == record.MatterOpened {
			list = append(list, api.Matter{Key: waitingKey(w.ID), Title: m.Title, By: "us", Opened: stamp(w.Draft.Time), Waiting: true})
		}
	}
	return list, nil
}

func (k keeper) Export(_ context.Context, w io.Writer, form string, q api.RecordQuery) error {
	r, err := k.current()
	if err != nil {
		return err
	}
	return r.view.Export(w, form, q, r.proofs(), message.ExportHead{Own: k.s.opt.Name, Peer: k.peer, Line: k.slug, Now: k.s.opt.Now()})
}

// File gives an attachment's bytes.
func (k keeper) File(ctx context.Context, key string) (f api.File, data []byte, err error) {
	err = k.ask(ctx, func() error {
		own, n, ok := message.ParseKey(key)
		if !ok {
			return noSuchEntry(key)
		}
		e, err := k.rep.Entry(own, n)
		if err != nil {
			return noSuchEntry(key)
		}
		a, ok := e.Body.(record.Attachment)
		if !ok {
			return &api.Error{Code: "no-file", Text: fmt.Sprintf("%s is no attachment.", key), Action: "Take the key of the file, not that of its message."}
		}
		f = api.File{Key: key, Name: a.Name, Length: a.Length, SHA256: hex.EncodeToString(a.SHA256[:]), Here: true}
		if data, err = k.files.read(a.SHA256); errors.Is(err, fs.ErrNotExist) {
			return &api.Error{Code: "not-here", Text: fmt.Sprintf("The bytes of %q are not here yet.", a.Name), Action: "Wait: they come behind the messages while the line is open."}
		}
		return err
	})
	return f, data, err
}

// A kept file waits in memory for the message that carries it.
type kept struct {
	record.Attachment
	data []byte
	at   time.Time
}

const (
	mostKept     = 32        // files that wait for their message, of one line
	keptFor      = time.Hour // and how long
	mostCarried  = 8         // files of one message
	mostPressing = 16        // keys in one request
)

// A shelf holds kept files.
type shelf struct {
	mu   sync.Mutex
	kept map[string]kept
}

func (k keeper) Keep(_ context.Context, name string, data []byte) (api.Kept, error) {
	a := record.Attachment{Length: len(data), SHA256: sha256.Sum256(data), Name: name}
	if _, err := record.EncodeBody(&record.Header{Kind: record.KindAttachment}, a); err != nil {
		return api.Kept{}, unwritable(err)
	}
	s, now, id := &k.shelf, k.s.opt.Now(), randomID()
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, f := range s.kept {
		if now.Sub(f.at) > keptFor {
			delete(s.kept, old)
		}
	}
	if len(s.kept) >= mostKept {
		return api.Kept{}, &api.Error{Code: "too-many", Text: fmt.Sprintf("%d files wait for their messages already.", mostKept), Action: "Send those messages first, or wait an hour."}
	}
	if s.kept == nil {
		s.kept = make(map[string]kept)
	}
	s.kept[id] = kept{a, data, now}
	return api.Kept{ID: id, Name: name, Length: len(data)}, nil
}

// take gives the kept files of these ids.
func (s *shelf) take(ids []string) (list []kept, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		f, ok := s.kept[id]
		if !ok {
			return nil, &api.Error{Code: "no-such-file", Text: fmt.Sprintf("No file %q waits here for its message.", id), Action: "Add the file again; files wait an hour, and no restart."}
		}
		list = append(list, f)
	}
	return list, nil
}

func (s *shelf) drop(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.kept, id)
	}
}

// unwritable says what of an entry a person must change.
func unwritable(err error) error {
	var r *record.Refusal
	if errors.Is(err, replica.ErrNotDurable) {
		return &api.Error{Code: "not-durable", Text: "The disk refuses. What was written is kept in memory, and written as soon as the disk takes it.", Action: "Make room on the disk. Do not write it a second time, and do not stop the station."}
	}
	if errors.As(err, &r) {
		return &api.Error{Code: "not-written", Text: fmt.Sprintf("It was not written: %s: found %s, wanted %s.", r.What, r.Found, r.Want), Action: "Change it and send it again."}
	}
	return &api.Error{Code: "not-written", Text: "It was not written: " + err.Error() + ".", Action: "Look at the station's notices, then send it again."}
}

// Send writes a message, its attachments before it.
func (k keeper) Send(ctx context.Context, m api.NewMessage) (w api.Written, err error) {
	if len(m.Files) > mostCarried {
		return w, &api.Error{Code: "too-many", Text: fmt.Sprintf("A message has %d files; %d are the most.", len(m.Files), mostCarried), Action: "Send the others with a second message."}
	}
	text, err := cleanText(m.Text)
	if err != nil {
		return w, err
	}
	files, err := k.shelf.take(m.Files)
	if err != nil {
		return w, err
	}
	err = k.ask(ctx, func() error {
		if err := k.mayWrite(k.s.opt.Now()); err != nil {
			return err
		}
		d := replica.Draft{ID: replica.NewID(), Time: k.s.opt.Now(), Body: record.Message{Text: text}}
		var group []replica.Draft
		for _, f := range files {
			if err := k.files.keep(f.SHA256, f.data); err != nil {
				return err
			}
			a := replica.Draft{ID: replica.NewID(), Time: d.Time, Body: f.Attachment}
			group = append(group, a)
			d.To = append(d.To, replica.DraftRef{Relation: record.Carries, ID: a.ID})
		}
		for rel, key := range map[record.Relation]string{record.Under: m.Matter, record.Answers: m.Answers, record.Amends: m.Amends, record.Retracts: m.Retracts} {
			if err := k.refer(&d, rel, key); err != nil {
				return err
			}
		}
		w, err = k.put(append(group, d)...)
		return err
	})
	if err == nil {
		k.shelf.drop(m.Files)
	}
	return w, err
}

// refer adds a reference to what a key names; the target must be of the kind that it can mean something to.
func (k keeper) refer(d *replica.Draft, rel record.Relation, key string) error {
	if key == "" {
		return nil
	}
	if id, ok := parseWaiting(key); ok {
		for _, w := range k.rep.Status().Waiting {
			if w.ID == id {
				d.To = append(d.To, replica.DraftRef{Relation: rel, ID: id})
				return nil
			}
		}
		if n, ok := k.rep.Number(id); ok {
			d.About = append(d.About, record.Ref{Relation: rel, Number: n})
			return nil
		}
		return noSuchEntry(key)
	}
	own, n, ok := message.ParseKey(key)
	if !ok {
		return noSuchEntry(key)
	}
	e, err := k.rep.Entry(own, n)
	if err != nil {
		return noSuchEntry(key)
	}
	ref := record.Ref{Relation: rel, Other: !own, Number: n}
	if !ref.Fits(d.Body.Kind(), e.Kind) || !own && (rel == record.Amends || rel == record.Retracts) {
		if rel == record.Under {
			return &api.Error{Code: "does-not-fit", Text: key + " is no matter.", Action: "Name a matter by its key or its title, as the list of matters has them."}
		}
		return &api.Error{Code: "does-not-fit", Text: key + " is no message of this side.", Action: "Only one's own messages can be corrected or taken back; choose another."}
	}
	d.About = append(d.About, ref)
	return nil
}

// put writes drafts and gives the key of the last.
func (k keeper) put(drafts ...replica.Draft) (api.Written, error) {
	ids, err := k.write(drafts...)
	if err != nil {
		return api.Written{}, unwritable(err)
	}
	return api.Written{Key: k.keyOf(ids[len(ids)-1])}, nil
}

// keyOf names what was written in this run.
func (c *clerk) keyOf(id replica.ID) string {
	if n, ok := c.rep.Number(id); ok {
		return message.Key(true, n)
	}
	return waitingKey(id)
}

// Read marks messages read, by a person's deliberate act: seen, if that is the principal, logged in.
func (k keeper) Read(ctx context.Context, reader api.Person, m api.Marks) error {
	who := k.s.named(reader, m.Name)
	if who == "" {
		return &api.Error{Code: "no-name", Text: "A mark of reading needs the reader's name.", Action: "Say who reads."}
	}
	rung := record.Read
	if reader.ID != "" && reader.Is(api.RolePrincipal) {
		rung = record.Seen
	}
	return k.mark(ctx, m.Keys, record.Receipt{Rung: rung, Who: who})
}

// Shown says that messages stand on the screen of a ready console.
func (k keeper) Shown(ctx context.Context, keys []string) error {
	return k.mark(ctx, keys, shownReceipt)
}

var shownReceipt = record.Receipt{Rung: record.Shown}

func (k keeper) mark(ctx context.Context, keys []string, r record.Receipt) error {
	if len(keys) == 0 || len(keys) > mostPressing {
		return &api.Error{Code: "bad-keys", Text: fmt.Sprintf("%d messages are named; 1 to %d can be.", len(keys), mostPressing), Action: "Name fewer at once."}
	}
	return k.ask(ctx, func() error { return k.receipt(keys, r) })
}

// receipt writes a receipt for those of the messages that have none. The clerk runs it.
func (k keeper) receipt(keys []string, r record.Receipt) error {
	if k.view == nil {
		return k.notOpen()
	}
	wanting := k.view.Unshown
	switch r.Rung {
	case record.Read:
		wanting = k.view.Unmarked
	case record.Seen:
		wanting = k.view.Unseen
	}
	refs, err := wanting(keys)
	if err != nil {
		return err
	}
	waits := k.receipted(r.Rung)
	d := replica.Draft{Time: k.s.opt.Now(), Body: r}
	for _, ref := range refs {
		if !waits[ref.Number] && len(d.About) < record.MaxAbout {
			waits[ref.Number] = true // a key may be named twice
			d.About = append(d.About, record.Ref{Relation: record.Answers, Other: true, Number: ref.Number})
		}
	}
	if len(d.About) == 0 {
		return nil
	}
	_, err = k.put(d)
	return err
}

// receipted are the messages for which a receipt waits for its number.
func (k keeper) receipted(rung record.Rung) map[int64]bool {
	waits := make(map[int64]bool)
	for _, w := range k.rep.Status().Waiting {
		if r, ok := w.Draft.Body.(record.Receipt); ok && r.Rung >= rung {
			for _, ref := range w.Draft.About {
				waits[ref.Number] = true
			}
		}
	}
	return waits
}

// Withdraw takes back what still waits.
func (k keeper) Withdraw(ctx context.Context, keys []string) error {
	return k.ask(ctx, func() error {
		for _, key := range keys {
			id, ok := parseWaiting(key)
			if !ok {
				return &api.Error{Code: "numbered", Text: key + " has its number already.", Action: "A message that was sent can only be taken back by a later one: retract it."}
			}
			if err := k.withdraw(id); err != nil {
				return err
			}
		}
		k.dirty = true
		return nil
	})
}

// withdraw takes back a draft and the files that wait for it alone.
func (c *clerk) withdraw(id replica.ID) error {
	ids := []replica.ID{id}
	for _, w := range c.rep.Status().Waiting {
		if kind := w.Draft.Body.Kind(); w.ID == id && kind != record.KindMessage && kind != record.KindMatter {
			return &api.Error{Code: "does-not-fit", Text: fmt.Sprintf("%s is a %s; only messages and matters can be withdrawn.", waitingKey(id), kind), Action: "Let it be sent."}
		}
		for _, to := range w.Draft.To {
			if w.ID == id && to.Relation == record.Carries {
				ids = append(ids, to.ID)
			}
		}
	}
	for _, id := range ids {
		if err := c.rep.Withdraw(c.s.opt.Now(), id); errors.Is(err, replica.ErrNotDurable) {
			return &api.Error{Code: "not-durable", Text: waitingKey(id) + " is withdrawn, but the disk refuses to say so.", Action: "Make room on the disk. Until then a crash could bring it back."}
		} else if err != nil {
			return &api.Error{Code: "numbered", Text: waitingKey(id) + " waits no more.", Action: "Look at the record: it may have been sent; then retract it."}
		}
		c.gone = append(c.gone, waitingKey(id))
	}
	return nil
}

// Matter opens, acknowledges or closes a matter, or files a call under it.
func (k keeper) Matter(ctx context.Context, m api.MatterAct) (w api.Written, err error) {
	err = k.ask(ctx, func() error {
		d := replica.Draft{Time: k.s.opt.Now()}
		acts := map[string]record.MatterAct{"open": record.MatterOpened, "acknowledge": record.MatterAcknowledged, "close": record.MatterClosed, "file": record.MatterFiled}
		act, ok := acts[m.Act]
		if !ok {
			return &api.Error{Code: "bad-act", Text: fmt.Sprintf("A matter cannot be %q.", m.Act), Action: "Use one of: open, acknowledge, close, file."}
		}
		body := record.Matter{Act: act}
		if act == record.MatterOpened {
			body.Title = strings.TrimSpace(m.Title)
			if err := k.mayWrite(k.s.opt.Now()); err != nil {
				return err
			}
		} else if m.Matter == "" {
			return noSuchEntry("")
		}
		d.Body = body
		if act == record.MatterFiled {
			if d.Call, ok = parseCall(m.Call); !ok {
				return noSuchEntry(m.Call)
			}
		}
		if err := k.refer(&d, record.Under, m.Matter); err != nil {
			return err
		}
		if act == record.MatterAcknowledged && (len(d.About) == 0 || !d.About[0].Other) {
			return &api.Error{Code: "own-matter", Text: "This side opened the matter, so the other acknowledges it.", Action: "Wait for them."}
		}
		w, err = k.put(d)
		return err
	})
	return w, err
}

// cleanText makes the ends of lines alike, and refuses what a message cannot have.
func cleanText(text string) (string, error) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if len(text) > record.MaxText {
		return "", &api.Error{Code: "too-long", Text: fmt.Sprintf("The message has %d bytes; %d are the most.", len(text), record.MaxText), Action: "Send it as several messages, or as a file."}
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 || !utf8.ValidString(text) {
		return "", &api.Error{Code: "not-text", Text: fmt.Sprintf("The message is not plain text: byte %d begins a control character or is not UTF-8.", max(i, 0)+1), Action: "Take it out, or send it as a file."}
	}
	return text, nil
}

// recordable is a name as an entry can have it.
func recordable(name string) string {
	return shortened(cleanName(name), record.MaxWho)
}

// shortened cuts a name to so many bytes.
func shortened(name string, most int) string {
	for len(name) > most {
		_, n := utf8.DecodeLastRuneInString(name)
		name = strings.TrimSpace(name[:len(name)-n])
	}
	return name
}

const waitingPrefix, callPrefix, drillPrefix = "waiting/", "call/", "drill/"

func waitingKey(id replica.ID) string { return waitingPrefix + id.String() }

func isWaiting(key string) bool { return strings.HasPrefix(key, waitingPrefix) }

func parseWaiting(key string) (id replica.ID, ok bool) {
	return parseID(key, waitingPrefix)
}

func parseCall(key string) (record.CallID, bool) {
	id, ok := parseID(key, callPrefix)
	return record.CallID(id), ok
}

func parseID(key, prefix string) (id [16]byte, ok bool) {
	rest, ok := strings.CutPrefix(key, prefix)
	b, err := hex.DecodeString(rest)
	if !ok || err != nil || len(b) != len(id) {
		return id, false
	}
	return [16]byte(b), true
}

// waitingItems are the messages, matters, disclosures, tests and acts on the right to call that have no number yet, the oldest first.
func waitingItems(waiting []replica.Waiting) []api.Item {
	items := []api.Item{}
	files := make(map[replica.ID]record.Attachment)
	for _, w := range waiting {
		switch body := w.Draft.Body.(type) {
		case record.Attachment:
			files[w.ID] = body
		case record.Message, record.Matter, record.Disclosure, record.Test, record.Right:
			items = append(items, waitingItem(w, files))
		}
	}
	return items
}

// waitingItem is one of them; its files wait before it.
func waitingItem(w replica.Waiting, files map[replica.ID]record.Attachment) api.Item {
	var to []message.WaitingRef
	var carried []api.File
	for _, ref := range w.Draft.To {
		if f, ok := files[ref.ID]; ok && ref.Relation == record.Carries {
			carried = append(carried, api.File{Key: waitingKey(ref.ID), Name: f.Name, Length: f.Length, SHA256: hex.EncodeToString(f.SHA256[:]), Here: true})
			continue
		}
		to = append(to, message.WaitingRef{Relation: ref.Relation, ID: ref.ID.String()})
	}
	it := message.WaitingItem(w.ID.String(), stamp(w.Draft.Time), w.Draft.Body, w.Draft.About, to...)
	it.Files = carried
	return it
}
