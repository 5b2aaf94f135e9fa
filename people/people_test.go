package people

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringdown/presence/softkey"
)

var start = time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)

var home = Site{Station: "North", Host: "localhost", Origin: "http://localhost:8400"}

// A disk is a folder with one file that can fail.
type disk struct {
	file  string
	fails error
}

func (d *disk) write(path string, data []byte) error {
	if d.fails != nil {
		return d.fails
	}
	return os.WriteFile(path, data, 0o600)
}

func open(t *testing.T) (*Book, *disk) {
	t.Helper()
	d := &disk{file: filepath.Join(t.TempDir(), "people.json")}
	b, err := Open(d.file, d.write)
	if err != nil {
		t.Fatal(err)
	}
	return b, d
}

func add(t *testing.T, b *Book, name string, roles ...Role) (Person, string) {
	t.Helper()
	p, token, err := b.Add(start, name, roles)
	if err != nil {
		t.Fatal(err)
	}
	return p, token
}

// enrolWith opens a link with a passkey.
func enrolWith(b *Book, k *softkey.Passkey, token string) (Person, error) {
	options, c, _, err := b.BeginEnrolment(start, home, token)
	if err != nil {
		return Person{}, err
	}
	answer, err := k.Create(options)
	if err != nil {
		return Person{}, err
	}
	return b.FinishEnrolment(start, c, answer)
}

func enrolled1(t *testing.T, b *Book, name string, roles ...Role) (Person, *softkey.Passkey) {
	t.Helper()
	_, token := add(t, b, name, roles...)
	k := softkey.NewPasskey(home.Origin)
	p, err := enrolWith(b, k, token)
	if err != nil {
		t.Fatal(err)
	}
	return p, k
}

func logIn(b *Book, k *softkey.Passkey) (Person, error) {
	options, c, err := b.BeginLogin(home)
	if err != nil {
		return Person{}, err
	}
	answer, err := k.Get(options)
	if err != nil {
		return Person{}, err
	}
	return b.FinishLogin(start, c, answer)
}

func code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return fmt.Sprint(err)
}

func TestEnrolAndLogIn(t *testing.T) {
	b, d := open(t)
	anna, key := enrolled1(t, b, "Anna Weber", Administrator, Officer)
	if got, err := logIn(b, key); err != nil || got.ID != anna.ID || got.Keys[0].Count != 1 {
		t.Errorf("logged in as %+v, %v", got, err)
	}
	again, err := Open(d.file, d.write)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := logIn(again, key); err != nil || got.Name != "Anna Weber" || !got.Is(Officer) {
		t.Errorf("after a restart logged in as %+v, %v", got, err)
	}
	text, _ := os.ReadFile(d.file)
	if bytes.Contains(text, []byte("token")) || !bytes.Contains(text, []byte(`"officer",`)) {
		t.Errorf("the file is\n%s", text)
	}
}

// TestAlike: who has the same look, whatever the case, as the people are now; and each is looked at once.
func TestAlike(t *testing.T) {
	b, _ := open(t)
	add(t, b, "Anna Kraus", Administrator)
	looked := 0
	alike := b.Alike(func(name string) string { looked++; return strings.ReplaceAll(name, " ", "") })
	for name, want := range map[string]bool{"Anna Kraus": true, "ANNAKRAUS": true, " anna krau\u017f": true, "Anna": false, "": false} {
		if alike(name) != want {
			t.Errorf("%q: found %t, want %t", name, !want, want)
		}
	}
	before := looked
	if alike("Bo"); looked > before+2 {
		t.Errorf("%d names are looked at anew, and nobody was added", looked-before-2)
	}
	add(t, b, "Bo", Officer)
	if !alike("B o") {
		t.Error("who was added is not known")
	}
}

// TestLinkWorksOnce: and within 24 hours, and until a newer one is made.
func TestLinkWorksOnce(t *testing.T) {
	b, _ := open(t)
	_, token := add(t, b, "Anna", Administrator)
	if _, err := enrolWith(b, softkey.NewPasskey(home.Origin), token); err != nil {
		t.Fatal(err)
	}
	if _, err := enrolWith(b, softkey.NewPasskey(home.Origin), token); code(err) != "link-used" {
		t.Errorf("the second time: %v", err)
	}
	bo, first := add(t, b, "Bo", Officer)
	_, second, err := b.Link(start, bo.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := enrolWith(b, softkey.NewPasskey(home.Origin), first); code(err) != "link-used" {
		t.Errorf("a link that a newer one has ended: %v", err)
	}
	if _, _, _, err := b.BeginEnrolment(start.Add(LinkLife), home, second); code(err) != "link-used" {
		t.Errorf("after 24 hours: %v", err)
	}
	if _, _, _, err := b.BeginEnrolment(start.Add(LinkLife-time.Second), home, second); err != nil {
		t.Errorf("before: %v", err)
	}
	for _, bad := range []string{"", "x", second + "A", second[:42], strings.Repeat("A", 43), "\x00"} {
		if _, _, _, err := b.BeginEnrolment(start, home, bad); code(err) != "link-used" {
			t.Errorf("token %q: %v", bad, err)
		}
	}
}

// TestTwoBrowsersOneLink: both have begun; the first to end has it.
func TestTwoBrowsersOneLink(t *testing.T) {
	b, _ := open(t)
	_, token := add(t, b, "Anna", Administrator)
	one, two := softkey.NewPasskey(home.Origin), softkey.NewPasskey(home.Origin)
	o1, c1, _, _ := b.BeginEnrolment(start, home, token)
	o2, c2, _, _ := b.BeginEnrolment(start, home, token)
	a1, _ := one.Create(o1)
	a2, _ := two.Create(o2)
	if _, err := b.FinishEnrolment(start, c1, a1); err != nil {
		t.Fatal(err)
	}
	if _, err := b.FinishEnrolment(start, c2, a2); code(err) != "link-used" {
		t.Errorf("the second: %v", err)
	}
	p := b.People()[0]
	if len(p.Keys) != 1 {
		t.Errorf("%d keys, want 1", len(p.Keys))
	}
	if _, err := b.enrol(start, p.ID, c2.link, Key{ID: []byte{1}, Public: []byte{1}, Host: "localhost"}); code(err) != "link-used" {
		t.Errorf("one that was found good before it was used: %v", err)
	}
}

// TestFirstIsAnAdministrator: and the last of them stays.
func TestFirstIsAnAdministrator(t *testing.T) {
	b, _ := open(t)
	_, token := add(t, b, "Bo", Officer)
	if _, err := enrolWith(b, softkey.NewPasskey(home.Origin), token); code(err) != "administrator-first" {
		t.Errorf("an officer first: %v", err)
	}
	if _, _, _, err := b.BeginEnrolment(start, home, token); code(err) != "administrator-first" {
		t.Errorf("an officer who begins first: %v", err)
	}
	anna, _ := enrolled1(t, b, "Anna", Administrator)
	if _, err := enrolWith(b, softkey.NewPasskey(home.Origin), token); err != nil {
		t.Errorf("the officer after her: %v", err)
	}
	if err := b.Remove(anna.ID); code(err) != "last-administrator" {
		t.Errorf("removing the last administrator: %v", err)
	}
	if _, err := b.SetRoles(anna.ID, []Role{Officer}); code(err) != "last-administrator" {
		t.Errorf("taking the role from the last administrator: %v", err)
	}
	if err := b.Remove(b.People()[0].ID); err != nil { // Bo
		t.Error(err)
	}
	if err := b.Remove(anna.ID); code(err) != "last-administrator" {
		t.Errorf("removing the only one who has a key: %v", err)
	}
	carl, _ := add(t, b, "Carl", Administrator)
	if err := b.Remove(anna.ID); code(err) != "last-administrator" {
		t.Errorf("removing her while the other has no key: %v", err)
	}
	if err := b.Remove(carl.ID); err != nil {
		t.Errorf("removing one without a key: %v", err)
	}
	enrolled1(t, b, "Dora", Administrator)
	if err := b.Remove(anna.ID); err != nil {
		t.Errorf("removing one of two: %v", err)
	}
}

// TestLastWhoCanLogIn: a passkey that is refused as copied makes nobody an administrator who can log in.
func TestLastWhoCanLogIn(t *testing.T) {
	b, _ := open(t)
	anna, _ := enrolled1(t, b, "Anna", Administrator)
	dora, doras := enrolled1(t, b, "Dora", Administrator)
	copied := *doras
	if _, err := logIn(b, doras); err != nil {
		t.Fatal(err)
	}
	if _, err := logIn(b, &copied); code(err) != "copied-passkey" {
		t.Fatal(err)
	}
	if err := b.Remove(anna.ID); code(err) != "last-administrator" {
		t.Errorf("removing the last who can log in: %v", err)
	}
	if _, err := b.SetRoles(anna.ID, []Role{Officer}); code(err) != "last-administrator" {
		t.Errorf("taking her role: %v", err)
	}
	if _, _, err := b.Link(start, anna.ID, true); err != nil {
		t.Error(err)
	} else if p, _ := b.Person(anna.ID); !p.Enrolled() {
		t.Error("the keys of the last who can log in ended before there are others")
	}
	if err := b.Remove(dora.ID); err != nil {
		t.Errorf("removing who cannot log in: %v", err)
	}
}

// TestLostKeys: they end at once, but those of the only administrator when she has others.
func TestLostKeys(t *testing.T) {
	b, _ := open(t)
	anna, annas := enrolled1(t, b, "Anna", Administrator)
	bo, bos := enrolled1(t, b, "Bo", Officer)
	if _, _, err := b.Link(start, bo.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := logIn(b, bos); code(err) != "unknown-passkey" {
		t.Errorf("a lost key: %v", err)
	}
	_, token, err := b.Link(start, anna.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := logIn(b, annas); err != nil {
		t.Errorf("the only administrator's key, before the new one: %v", err)
	}
	fresh := softkey.NewPasskey(home.Origin)
	if _, err := enrolWith(b, fresh, token); err != nil {
		t.Fatal(err)
	}
	if _, err := logIn(b, annas); code(err) != "unknown-passkey" {
		t.Errorf("the only administrator's key, after: %v", err)
	}
	if _, err := logIn(b, fresh); err != nil {
		t.Error(err)
	}
}

// TestLogInIsRefused: each thing that is wrong with an answer.
func TestLogInIsRefused(t *testing.T) {
	b, _ := open(t)
	_, key := enrolled1(t, b, "Anna", Administrator)
	bo, bos := enrolled1(t, b, "Bo", Officer)
	for _, c := range []struct {
		name, want string
		spoil      func(k *softkey.Passkey)
	}{
		{"another origin", "bad-passkey", func(k *softkey.Passkey) { k.Origin = "http://localhost:8401" }},
		{"another site", "bad-passkey", func(k *softkey.Passkey) { k.Origin = "https://evil.example" }},
		{"another host", "bad-passkey", func(k *softkey.Passkey) { k.Host = "evil.example" }},
		{"not verified", "bad-passkey", func(k *softkey.Passkey) { k.Flags = softkey.Touched }},
		{"not present", "bad-passkey", func(k *softkey.Passkey) { k.Flags = softkey.Verified }},
		{"another's name", "unknown-passkey", func(k *softkey.Passkey) { k.Handle = bo.ID[:] }},
		{"another's key", "bad-passkey", func(k *softkey.Passkey) { k.Credential, k.Handle = bos.Credential, bo.ID[:] }},
		{"nobody's name", "unknown-passkey", func(k *softkey.Passkey) { k.Handle = []byte("nobody") }},
		{"no name", "bad-passkey", func(k *softkey.Passkey) { k.Handle = nil }},
		{"of another kind", "bad-passkey", func(k *softkey.Passkey) { k.Flags |= softkey.BackupEligible }},
	} {
		spoilt := *key
		c.spoil(&spoilt)
		if _, err := logIn(b, &spoilt); code(err) != c.want && !(c.name == "no name" && err != nil) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := logIn(b, key); err != nil {
		t.Errorf("the right answer after all that: %v", err)
	}
}

// TestAnswersFitTheirQuestion: one of an older challenge, or of another ceremony, is refused.
func TestAnswersFitTheirQuestion(t *testing.T) {
	b, _ := open(t)
	_, key := enrolled1(t, b, "Anna", Administrator)
	older, _, _ := b.BeginLogin(home)
	_, c, _ := b.BeginLogin(home)
	answer, _ := key.Get(older)
	if _, err := b.FinishLogin(start, c, answer); code(err) != "bad-passkey" {
		t.Errorf("the answer to another challenge: %v", err)
	}
	_, token := add(t, b, "Bo", Officer)
	options, enrols, _, _ := b.BeginEnrolment(start, home, token)
	made, _ := softkey.NewPasskey(home.Origin).Create(options)
	if _, err := b.FinishLogin(start, enrols, answer); code(err) != "bad-passkey" {
		t.Errorf("a log-in for an enrolment: %v", err)
	}
	if _, err := b.FinishEnrolment(start, c, made); code(err) != "bad-passkey" {
		t.Errorf("an enrolment for a log-in: %v", err)
	}
	options2, enrols2, _, _ := b.BeginEnrolment(start, home, token)
	again, _ := key.Create(options2)
	if _, err := b.FinishEnrolment(start, enrols2, again); code(err) != "key-taken" {
		t.Errorf("another's passkey: %v", err)
	}
}

func TestEnrolmentIsRefused(t *testing.T) {
	b, _ := open(t)
	_, token := add(t, b, "Anna", Administrator)
	for name, spoil := range map[string]func(*softkey.Passkey){
		"another origin": func(k *softkey.Passkey) { k.Origin = "http://localhost" },
		"another host":   func(k *softkey.Passkey) { k.Host = "localhost.evil" },
		"not verified":   func(k *softkey.Passkey) { k.Flags = softkey.Touched },
		"long id":        func(k *softkey.Passkey) { k.Credential = make([]byte, maxKeyID+1) },
	} {
		k := softkey.NewPasskey(home.Origin)
		spoil(k)
		if _, err := enrolWith(b, k, token); code(err) != "bad-passkey" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b.Enrolled() {
		t.Error("somebody is enrolled")
	}
}

// TestCounters: a copied passkey shows, once both were used, and is refused for ever.
func TestCounters(t *testing.T) {
	b, _ := open(t)
	_, key := enrolled1(t, b, "Anna", Administrator)
	copied := *key
	if _, err := logIn(b, key); err != nil {
		t.Fatal(err)
	}
	if _, err := logIn(b, &copied); code(err) != "copied-passkey" {
		t.Errorf("the copy: %v", err)
	}
	if _, err := logIn(b, key); code(err) != "copied-passkey" {
		t.Errorf("the original after it: %v", err)
	}
	if p := b.People()[0]; !p.Keys[0].Copied.Equal(start) {
		t.Errorf("the key is %+v", p.Keys[0])
	}
	bo, token := add(t, b, "Bo", Officer)
	silent := softkey.NewPasskey(home.Origin)
	silent.Silent = true
	if _, err := enrolWith(b, silent, token); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if p, err := logIn(b, silent); err != nil || p.ID != bo.ID {
			t.Errorf("a key that does not count: %v", err)
		}
	}
}

func TestAddressesAreNoSites(t *testing.T) {
	b, _ := open(t)
	_, token := add(t, b, "Anna", Administrator)
	for _, host := range []string{"127.0.0.1", "[::1]", "::1", "192.0.2.7"} {
		s := Site{"North", host, "http://" + host}
		if _, _, err := b.BeginLogin(s); code(err) != "needs-a-name" || !strings.Contains(err.Error(), "by the address "+host) {
			t.Errorf("log-in at %s: %v", host, err)
		}
		if _, _, _, err := b.BeginEnrolment(start, s, token); code(err) != "needs-a-name" {
			t.Errorf("enrolment at %s: %v", host, err)
		}
	}
	elsewhere := Site{"North", "console.example", "https://console.example"}
	_, key := enrolled1(t, b, "Eva", Administrator)
	options, c, err := b.BeginLogin(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	key.Origin = elsewhere.Origin
	answer, _ := key.Get(options)
	if _, err := b.FinishLogin(start, c, answer); code(err) != "unknown-passkey" {
		t.Errorf("a passkey made under another name: %v", err)
	}
}

func TestBounds(t *testing.T) {
	b, d := open(t)
	b.write = func(string, []byte) error { return nil }
	for i := range MostPeople {
		add(t, b, fmt.Sprint("P", i), Officer)
	}
	if _, _, err := b.Add(start, "one more", []Role{Officer}); code(err) != "too-many-people" {
		t.Errorf("person %d: %v", MostPeople+1, err)
	}
	b, _ = Open(d.file, d.write)
	anna, _ := enrolled1(t, b, "Anna", Administrator)
	for i := 2; i <= MostKeys+1; i++ {
		_, token, err := b.Link(start, anna.ID, false)
		if err == nil {
			_, err = enrolWith(b, softkey.NewPasskey(home.Origin), token)
		}
		if (i <= MostKeys) != (err == nil) || i > MostKeys && code(err) != "too-many-keys" {
			t.Errorf("key %d: %v", i, err)
		}
	}
	for name, roles := range map[string][]Role{"": {Officer}, " x": {Officer}, "a\nb": {Officer}, "a\u202eb": {Officer}, strings.Repeat("x", 41): {Officer},
		strings.Repeat("\U00010000", 33): {Officer}, "\xff": {Officer}, "Bo": {}, "Carl": {"king"}} {
		if _, _, err := b.Add(start, name, roles); code(err) != "bad-request" {
			t.Errorf("%q %v: %v", name, roles, err)
		}
	}
	if _, _, err := b.Add(start, "ANNA", []Role{Officer}); code(err) != "name-taken" {
		t.Errorf("a name that differs in case: %v", err)
	}
}

// TestFailingDisk: what could not be written has not happened; who logs in gets in all the same.
func TestFailingDisk(t *testing.T) {
	b, d := open(t)
	anna, key := enrolled1(t, b, "Anna", Administrator)
	bo, _ := add(t, b, "Bo", Officer)
	d.fails = errors.New("no space left")
	if err := b.Remove(bo.ID); code(err) != "not-written" {
		t.Errorf("removing: %v", err)
	}
	if _, err := b.SetRoles(bo.ID, []Role{Observer}); code(err) != "not-written" {
		t.Errorf("roles: %v", err)
	}
	if p, ok := b.Person(bo.ID); !ok || !p.Is(Officer) {
		t.Errorf("Bo is %+v", p)
	}
	if p, err := logIn(b, key); err != nil || p.ID != anna.ID {
		t.Errorf("logging in: %v", err)
	}
}

func TestFind(t *testing.T) {
	b, _ := open(t)
	anna, _ := add(t, b, "Änna", Officer)
	for _, who := range []string{"Änna", "änna", anna.ID.String()} {
		if p, err := b.Find(who); err != nil || p.ID != anna.ID {
			t.Errorf("%q: %v", who, err)
		}
	}
	if _, err := b.Find("Bo"); code(err) != "no-such-person" {
		t.Error(err)
	}
	if _, ok := ParseID("00"); ok {
		t.Error("00 is an id")
	}
}

var damaged = map[string]string{
	"empty":        "",
	"cut":          `{"people": [`,
	"no list":      `{}`,
	"unknown key":  `{"people": [], "more": 1}`,
	"more":         `{"people": []} {}`,
	"no name":      `{"people": [{"id": "00112233445566778899aabbccddeeff", "name": "", "roles": ["officer"], "added": "2026-06-12T08:00:00Z", "keys": []}]}`,
	"no role":      `{"people": [{"id": "00112233445566778899aabbccddeeff", "name": "A", "roles": [], "added": "2026-06-12T08:00:00Z", "keys": []}]}`,
	"strange role": `{"people": [{"id": "00112233445566778899aabbccddeeff", "name": "A", "roles": ["king"], "added": "2026-06-12T08:00:00Z", "keys": []}]}`,
	"role twice":   `{"people": [{"id": "00112233445566778899aabbccddeeff", "name": "A", "roles": ["officer", "officer"], "added": "2026-06-12T08:00:00Z", "keys": []}]}`,
	"capital id":   `{"people": [{"id": "00112233445566778899AABBCCDDEEFF", "name": "A", "roles": ["officer"], "added": "2026-06-12T08:00:00Z", "keys": []}]}`,
	"no id":        `{"people": [{"name": "A", "roles": ["officer"], "added": "2026-06-12T08:00:00Z", "keys": []}]}`,
	"empty key":    `{"people": [{"id": "00112233445566778899aabbccddeeff", "name": "A", "roles": ["administrator"], "added": "2026-06-12T08:00:00Z", "keys": [{}]}]}`,
	"no administrator": `{"people": [{"id": "00112233445566778899aabbccddeeff", "name": "A", "roles": ["officer"], "added": "2026-06-12T08:00:00Z",
		"keys": [{"id": "AAAA", "public": "AAAA", "host": "localhost", "count": 0, "syncs": false, "added": "2026-06-12T08:00:00Z", "used": "2026-06-12T08:00:00Z"}]}]}`,
	"twice": `{"people": [{"id": "00112233445566778899aabbccddeeff", "name": "A", "roles": ["officer"], "added": "2026-06-12T08:00:00Z", "keys": []},
		{"id": "00112233445566778899aabbccddeefe", "name": "a", "roles": ["officer"], "added": "2026-06-12T08:00:00Z", "keys": []}]}`,
}

// TestDamagedFile: it is never taken for an empty one.
func TestDamagedFile(t *testing.T) {
	for name, text := range damaged {
		file := filepath.Join(t.TempDir(), "people.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := Open(file, nil); err == nil || b != nil {
			t.Errorf("%s: opened", name)
		}
	}
	if _, err := Open(t.TempDir(), nil); err == nil {
		t.Error("a folder: opened")
	}
}

// FuzzFile: what is read can be written and read again, the same.
func FuzzFile(f *testing.F) {
	for _, text := range damaged {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := parse(text)
		if err != nil {
			return
		}
		one, err := encode(list)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(one)
		if err != nil {
			t.Fatalf("%v\n%s", err, one)
		}
		if two, _ := encode(again); !bytes.Equal(one, two) {
			t.Errorf("not the same\n%s\n%s", one, two)
		}
	})
}

// FuzzAnswers: no answer of a browser's breaks anything, or lets in who did not sign.
func FuzzAnswers(f *testing.F) {
	d := &disk{file: filepath.Join(f.TempDir(), "people.json")}
	b, err := Open(d.file, d.write)
	if err != nil {
		f.Fatal(err)
	}
	_, token, _ := b.Add(start, "Anna", []Role{Administrator})
	k := softkey.NewPasskey(home.Origin)
	if _, err := enrolWith(b, k, token); err != nil {
		f.Fatal(err)
	}
	_, token, _ = b.Add(start, "Bo", []Role{Officer})
	ask, login, _ := b.BeginLogin(home)
	make1, enrols, _, _ := b.BeginEnrolment(start, home, token)
	got, _ := k.Get([]byte(strings.ReplaceAll(string(ask), "challenge\":\"", "challenge\":\"A")))
	made, _ := softkey.NewPasskey("http://evil.example").Create(make1)
	f.Add(got)
	f.Add(made)
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := b.FinishLogin(start, login, text); err == nil {
			t.Errorf("%s is in", p.Name)
		}
		if p, err := b.FinishEnrolment(start, enrols, text); err == nil && !bytes.Contains(text, []byte("attestationObject")) {
			t.Errorf("%s is enrolled", p.Name)
		}
	})
}
