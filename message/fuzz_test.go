package message

import (
	"os"
	"strings"
	"testing"

	"ringdown/api"
	"ringdown/record"
)

func harmFile(t *testing.T, file string, harm func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, harm(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever is typed, a search fails for no one, and finds what has all the words.
func FuzzSearch(f *testing.F) {
	w := newWorld(f)
	w.story()
	w.us(say("naïve Ångström said: \"quotes\" AND NEAR(a b) * ^x -y col:z"))
	for _, s := range []string{"", "hello", `"`, `""`, `"a" OR "b"`, "NEAR(", "a*", "t:x", "{t}:x", "^a", "-a", "\x00", "\xff", "\ue000k1", "(((", `x"y`, "a AND", "'; DROP TABLE item", "naive", "angstrom", "12 ships", strings.Repeat("a ", 3000), "situation\x00"} {
		f.Add(s)
	}
	all := len(w.all(api.RecordQuery{}))
	f.Fuzz(func(t *testing.T, typed string) {
		p, err := w.v.Page(api.RecordQuery{Search: typed}, full, noon)
		if err != nil {
			t.Fatalf("%q: %v", typed, err)
		}
		if s := searchFor(typed); s.empty() && len(p.Items) != all {
			t.Fatalf("%q has no words, and finds %d of %d", typed, len(p.Items), all)
		}
	})
}

// Whatever valid entries come, in whatever numbers, nothing fails but what does not follow.
func FuzzAdd(f *testing.F) {
	w := &world{t: f, now: noon, held: true}
	w.story()
	for i, log := range w.logs {
		for _, e := range log {
			b, err := e.Encode()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b, i == 0)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, own bool) {
		e, err := record.ParseEntry(b)
		if err != nil {
			return
		}
		fresh := newWorld(t)
		fresh.story()
		e.Number = int64(len(fresh.logs[index(own)]))
		if _, err := e.Encode(); err != nil {
			return
		}
		fresh.add(own, e)
		for _, i := range fresh.all(api.RecordQuery{}) {
			if i.Key == "" || i.Kind == "" || i.By == "" {
				t.Fatalf("an item without a name: %+v", i)
			}
		}
		fresh.matters()
		fresh.count()
		if err := fresh.v.Export(new(counter), "html", api.RecordQuery{}, full, ExportHead{}); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"us/0", "them/17", "us/-1", "us/007", "us/+1", "us/", "/", "them/281474976710656", "call/00", "drill/" + callID(1).String()} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if own, n, ok := ParseKey(key); ok && Key(own, n) != key {
			t.Errorf("%q is read as %s", key, Key(own, n))
		}
		if id, drill, ok := parseCallKey(key); ok && CallKey(id, drill) != key {
			t.Errorf("%q is read as %s", key, CallKey(id, drill))
		}
	})
}
