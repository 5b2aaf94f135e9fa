package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"ringdown/api"
)

// A fakeRecord keeps what it is asked, and answers what it is told to.
type fakeRecord struct {
	mu     sync.Mutex
	asked  []string // each call as text
	reader api.Person
	refuse error  // what every call answers, if not nil
	name   string // of every file
	data   []byte // in every file, and each piece of an export
	pieces int    // of an export, before refuse
}

func (f *fakeRecord) ask(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.refuse
}

// last is what was asked last, and forgotten with that.
func (f *fakeRecord) last() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.asked) == 0 {
		return ""
	}
	last := f.asked[len(f.asked)-1]
	f.asked = nil
	return last
}

func (f *fakeRecord) Page(_ context.Context, q api.RecordQuery) (api.RecordPage, error) {
	return api.RecordPage{Items: []api.Item{{Key: "us/1"}}, Waiting: []api.Item{}}, f.ask("page %+v", q)
}

func (f *fakeRecord) Item(_ context.Context, key string) (api.Item, error) {
	return api.Item{Key: key}, f.ask("item %s", key)
}

func (f *fakeRecord) Send(_ context.Context, m api.NewMessage) (api.Written, error) {
	return api.Written{Key: "us/2"}, f.ask("send %+v", m)
}

func (f *fakeRecord) Keep(_ context.Context, name string, data []byte) (api.Kept, error) {
	return api.Kept{ID: "f1", Name: name, Length: len(data)}, f.ask("keep %s %d", name, len(data))
}

func (f *fakeRecord) File(_ context.Context, key string) (api.File, []byte, error) {
	return api.File{Key: key, Name: f.name}, f.data, f.ask("file %s", key)
}

func (f *fakeRecord) Read(_ context.Context, who api.Person, m api.Marks) error {
	f.reader = who
	return f.ask("read %+v", m)
}

func (f *fakeRecord) Shown(_ context.Context, keys []string) error { return f.ask("shown %v", keys) }

func (f *fakeRecord) Withdraw(_ context.Context, keys []string) error {
	return f.ask("withdraw %v", keys)
}

func (f *fakeRecord) Matters(context.Context) ([]api.Matter, error) { return nil, f.ask("matters") }

func (f *fakeRecord) Matter(_ context.Context, act api.MatterAct) (api.Written, error) {
	return api.Written{Key: "us/3"}, f.ask("matter %+v", act)
}

func (f *fakeRecord) Export(_ context.Context, w io.Writer, form string, q api.RecordQuery) error {
	for range f.pieces {
		if _, err := w.Write(f.data); err != nil {
			return err
		}
	}
	return f.ask("export %s %+v", form, q)
}

func (f *fakeRecord) Disclosures(context.Context) ([]api.Disclosure, error) {
	return nil, f.ask("disclosures")
}

func (f *fakeRecord) Disclose(_ context.Context, d api.NewDisclosure) (api.Disclosure, error) {
	return api.Disclosure{ID: "d1", State: "asked", Shows: []string{}}, f.ask("disclose %+v", d)
}

func (f *fakeRecord) AnswerDisclosure(_ context.Context, a api.DisclosureAnswer) (api.Written, error) {
	return api.Written{Key: "us/4"}, f.ask("answer %+v", a)
}

func (f *fakeRecord) DisclosureFile(_ context.Context, id string) ([]byte, error) {
	return f.data, f.ask("disclosure %s", id)
}

func (f *fakeStation) Record(slug string) (Record, error) {
	switch slug {
	case "south":
		return &f.record, nil
	case "broken":
		return nil, errors.New("disk on fire")
	case "new":
		return nil, &api.Error{Code: "no-record", Text: "Line new has no record."}
	}
	return nil, &api.Error{Code: "no-such-line", Text: "There is no such line."}
}

func (f *fakeStation) Backup(_ context.Context, file string) error {
	return f.record.ask("backup %s", file)
}
