package accord

import (
	"bytes"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Every parser here has one law: what it takes is exactly what it would write.

// law checks it for a document that was decoded from file.
func law(t *testing.T, d document, file []byte, err error) {
	t.Helper()
	if err != nil {
		if !changed(err) {
			t.Fatalf("error %v is of no kind that a file can meet", err)
		}
		return
	}
	if !bytes.Equal(encode(d), file) {
		t.Fatalf("taken:\n%s\nwould be written:\n%s", file, encode(d))
	}
}

// splice puts insert in place of some bytes of a good file: the fuzzer then needs
// few bytes to reach every part of a long file, and can still replace it all.
func splice(file []byte, at, cut uint16, insert []byte) []byte {
	from := min(int(at), len(file))
	to := min(from+int(cut), len(file))
	return append(append(bytes.Clone(file[:from]), insert...), file[to:]...)
}

// addSplices are seeds: a word of each line of file is replaced by others.
func addSplices(f *testing.F, file []byte) {
	f.Add(uint16(0), uint16(0), []byte(nil))
	f.Add(uint16(0), uint16(len(file)), []byte("ringdown"))
	at := 0
	for _, l := range bytes.SplitAfter(file, []byte("\n")) {
		if !bytes.HasPrefix(l, []byte("  ")) {
			f.Add(uint16(at), uint16(len(l)), bytes.ReplaceAll(l, []byte(" "), []byte("  ")))
			f.Add(uint16(at+bytes.IndexByte(append(l, ' '), ' ')+1), uint16(1), []byte("9"))
			f.Add(uint16(at), uint16(len(l)), append(bytes.Clone(l), l...))
		}
		at += len(l)
	}
}

func FuzzInvite(f *testing.F) {
	good := vector(f, "north.invite")
	addSplices(f, good)
	f.Fuzz(func(t *testing.T, at, cut uint16, insert []byte) {
		file := splice(good, at, cut, insert)
		inv := new(Invite)
		law(t, inv, file, decode(inv, file))
		if whole, err := ParseInvite(file); err == nil {
			whole.Paths() // must not panic
		}
	})
}

func FuzzAccept(f *testing.F) {
	good := vector(f, "south.accept")
	addSplices(f, good)
	inv := mustParse(f, vector(f, "north.invite"))
	f.Fuzz(func(t *testing.T, at, cut uint16, insert []byte) {
		file := splice(good, at, cut, insert)
		acc := new(Accept)
		err := decode(acc, file)
		law(t, acc, file, err)
		if err != nil {
			return
		}
		if a, err := Join(inv, acc); err == nil {
			a.Paths()
		}
		// With its signatures believed, an accept is still checked against the invite.
		a := &Accord{inv, acc}
		if a.check() == nil {
			a.Paths()
		}
	})
}

func mustParse(f *testing.F, file []byte) *Invite {
	inv, err := ParseInvite(file)
	if err != nil {
		f.Fatal(err)
	}
	return inv
}

func FuzzAmendment(f *testing.F) {
	var good [][]byte
	for _, name := range []string{"proposal", "amendment", "amendment-2", "amendment-3"} {
		good = append(good, vector(f, name))
		addSplices(f, vector(f, name))
	}
	a := vectorAccord(f)
	f.Fuzz(func(t *testing.T, at, cut uint16, insert []byte) {
		for i, good := range good {
			text := splice(good, at, cut, insert)
			m := &Amendment{full: i > 0}
			err := decode(m, text)
			law(t, m, text, err)
			if err == nil {
				s := a.base()
				if s.follow(a, m) == nil {
					s.paths(a)
				}
			}
		}
	})
}

func FuzzMotion(f *testing.F) {
	good := [2][]byte{vector(f, "motion-rules"), vector(f, "motion-key")}
	addSplices(f, good[0])
	addSplices(f, good[1])
	a := vectorAccord(f)
	f.Fuzz(func(t *testing.T, at, cut uint16, insert []byte) {
		for _, good := range good {
			text := splice(good, at, cut, insert)
			m := new(Motion)
			err := decode(m, text)
			law(t, m, text, err)
			if err != nil {
				continue
			}
			// With its signature believed, it says what can be agreed or what cannot.
			if c, err := m.Change().change(); err != nil || !c.equal(&m.change) {
				t.Fatalf("taken, but %v", err)
			}
			s := a.base()
			next, err := s.with(a, m.First, &m.change)
			if err != nil {
				wantRefusal(t, err, ErrTerms)
			} else if _, err := next.with(a, m.First, &m.change); err == nil {
				t.Fatal("the same change can be made twice: it would come into force again and again")
			}
		}
	})
}

func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://console.north.example", "https://north.example:8443", "http://localhost:7100", "https://north.example:443", "https://evilnorth.example",
		"https://north.example/", "https://north.example@evil.example", "https://[::1]:1", "https://1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !originUnder(s, "north.example") {
			return
		}
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.String() != s ||
			u.Hostname() != "north.example" && !strings.HasSuffix(u.Hostname(), ".north.example") {
			t.Fatalf("%q is taken for an origin: %v, %v", s, u, err)
		}
	})
}

// locals are empty documents of the kinds that stay in a station's folder.
func locals() []document {
	return []document{new(stationFile), &privateKey{role: RoleIdentity}, &privateKey{role: RoleCosignPQ}, new(onceFile), new(secretFile),
		new(confirmedFile), new(finalFile), new(usedFile), new(verdictFile)}
}

func FuzzFolder(f *testing.F) {
	for _, d := range filled("North", 1, "south", noon.Unix()) {
		f.Add(encode(d))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, d := range locals() {
			law(t, d, file, decode(d, file))
		}
	})
}

// filled are the same as locals, with values; values that no station has are made fit.
func filled(name string, serial uint32, slug string, unix int64) []document {
	if _, err := ParseName(name); err != nil {
		name = "North"
	}
	if !slugShape.MatchString(slug) {
		slug = "south"
	}
	at := time.Unix(unix, 0).UTC()
	if !storable(at) {
		at = noon
	}
	serial = serial%MaxSerial + 1
	seed := vectorSecret(name)
	return []document{
		&stationFile{Name(name), at},
		&privateKey{RoleIdentity, serial, SuccessorAccord, seed},
		&privateKey{RoleCosignPQ, serial, SuccessorIdentity, seed},
		&onceFile{ID{}, seed}, &secretFile{Digest{}, seed}, &confirmedFile{Digest{}, at},
		&finalFile{Digest{}, bytes.Repeat([]byte{byte(serial)}, 64)}, &usedFile{ID{byte(serial)}, slug}, &verdictFile{Digest{byte(serial)}, Refused, at},
	}
}

// What a station writes it reads, and gets the same values.
func FuzzFolderRoundTrip(f *testing.F) {
	f.Add("North", uint32(1), "south", noon.Unix())
	f.Add("北部", uint32(MaxSerial), "a-2", int64(946684800))
	f.Fuzz(func(t *testing.T, name string, serial uint32, slug string, unix int64) {
		for i, d := range filled(name, serial, slug, unix) {
			again := locals()[i]
			if err := decode(again, encode(d)); err != nil {
				t.Fatalf("%T: %v", d, err)
			}
			if !bytes.Equal(encode(again), encode(d)) {
				t.Fatalf("%T: read %s", d, encode(again))
			}
		}
	})
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"North", "CERT Łódź", "O'Neill & Sons (Night)", "北部指令室", "サーバー", "صنعاء", "Nоrth", "a\u202eb", "  ", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseName(s)
		if err != nil {
			wantRefusal(t, err, ErrName)
			return
		}
		if string(n) != s || strings.ContainsAny(s, "\n\r\t\"\\<>") || len(s) > 4*MaxName {
			t.Fatalf("%q is taken for a name", s)
		}
		if slug := n.slug(); slug != "" && !slugShape.MatchString(slug) {
			t.Fatalf("%q has slug %q", s, slug)
		}
		if !n.LooksLike(n) || !n.LooksLike(Name(strings.ToUpper(s))) && strings.EqualFold(strings.ToUpper(s), s) {
			t.Fatalf("%q does not look like itself", s)
		}
	})
}

func FuzzEndpoint(f *testing.F) {
	for _, s := range []string{"192.0.2.1:7000", "[2001:db8::1]:7000,roams", "line.example.org:7000", "roams", "[fe80::1%eth0]:1", "[::ffff:1.2.3.4]:1", "0x7f.1:1", ":1", "a:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseEndpoint(s)
		if err != nil {
			wantRefusal(t, err, ErrAddress)
			return
		}
		if e.String() != s || e.check("x") != nil {
			t.Fatalf("%q is read as %q", s, e)
		}
		if e.Address == "" {
			return
		}
		if e.Address.Host() == "" || e.Address.Port() == 0 || strings.ContainsAny(s, " \t\r\n%/\\@") {
			t.Fatalf("%q is host %q, port %d", s, e.Address.Host(), e.Address.Port())
		}
		if ap, ok := e.Address.IP(); ok && (ap.String() != string(e.Address) || ap.Addr().Zone() != "" || ap.Addr().Is4In6()) {
			t.Fatalf("%q is %s", s, ap)
		}
	})
}

func FuzzDate(f *testing.F) {
	f.Add("2027-01-31")
	f.Add("2027-02-29")
	f.Add("10000-01-01")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDate(s); err == nil && d.String() != s {
			t.Fatalf("%q is read as %s", s, d)
		}
	})
}

func FuzzWords(f *testing.F) {
	a := vectorAccord(f)
	right := a.Words()
	f.Add(spoken(right))
	f.Add("1. " + strings.Join(right[:], ", ") + "\n")
	f.Add("12 " + spoken(right))
	f.Add(strings.Repeat("abandon ", 12))
	f.Fuzz(func(t *testing.T, input string) {
		err := a.CheckWords(input)
		if err != nil {
			wantRefusal(t, err, ErrWords)
			return
		}
		// Whatever stood between: the twelve words were there, in their order.
		rest := strings.ToLower(input)
		for _, w := range right {
			i := strings.Index(rest, w)
			if i < 0 {
				t.Fatalf("%q is accepted without %q", input, w)
			}
			rest = rest[i+len(w):]
		}
	})
}

var fuzzKeys = [2]*KeySet{vectorKeys("North"), vectorKeys("South")}

// Whatever two stations can agree on, both files survive the way, and the
// amendment after it too.
func FuzzAccordRoundTrip(f *testing.F) {
	f.Add("North", "South", "South", "fibre", "192.0.2.1:7000", "south.example.org:7000", "203.0.113.1:1", uint8(0), uint8(14), true)
	f.Add("北部", "南部", "", "衛星", "[2001:db8::1]:7000,roams", "roams", "a:1", uint8(5), uint8(200), false)
	f.Fuzz(func(t *testing.T, first, second, whom, path, e1, e2, e3 string, choice, days uint8, byFirst bool) {
		firstName, err1 := ParseName(first)
		secondName, err2 := ParseName(second)
		own, err3 := ParseEndpoint(e1)
		far, err4 := ParseEndpoint(e2)
		if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
			return
		}
		terms := Terms{
			Profile:    []string{"", "standard", "wide", "thin"}[choice&3],
			HoldBack:   []HoldBack{"", Hitless, FirstCopy, Hitless}[choice>>2&3],
			Disclosure: []Disclosure{"", DisclosureFree, DisclosureTold, DisclosureConsent}[choice>>4&3],
			Rules: Rules{Watch: []WatchRule{"", WatchNothing, WatchStaffed, WatchNames}[days&3], SuspendedText: days&4 != 0,
				Tests: []TimeOfDay{TimeOfDay(choice), 256 + TimeOfDay(days), 1024}[:days>>3&3]},
		}
		number := choice%MaxPaths + 1
		inv, _, err := newInvite(noon, firstName, fuzzKeys[0], InviteOptions{For: whom, Terms: terms, Days: int(days), Paths: []OwnPath{{number, path, own}}})
		if err != nil {
			return
		}
		inv2, err := ParseInvite(inv.File())
		if err != nil || !reflect.DeepEqual(inv, inv2) {
			t.Fatalf("invite: %v\n%s", err, inv.File())
		}
		a, _, err := newAccept(noon, secondName, fuzzKeys[1], inv, AcceptOptions{map[uint8]Endpoint{number: far}})
		if err != nil {
			return
		}
		acc, err := ParseAccept(a.Accept.File())
		if err != nil {
			t.Fatalf("accept: %v\n%s", err, a.Accept.File())
		}
		b, err := Join(inv2, acc)
		if err != nil || !reflect.DeepEqual(a, b) || a.Digest() != b.Digest() || a.Words() != b.Words() {
			t.Fatalf("accord: %v\n%s", err, a.Accept.File())
		}
		if b.Terms().Rules.Watch == "" || terms.Rules.Watch != "" && !b.Terms().Rules.Equal(terms.Rules) {
			t.Fatalf("rules %+v, want %+v", b.Terms().Rules, terms.Rules)
		}
		amendRoundTrip(t, b, number, byFirst, e3)
	})
}

func amendRoundTrip(t *testing.T, a *Accord, number uint8, byFirst bool, text string) {
	e, err := ParseEndpoint(text)
	if err != nil {
		return
	}
	s := a.base()
	ends, err := s.of(byFirst).with(map[uint8]Endpoint{number: e})
	if err != nil {
		t.Fatal(err)
	}
	proposer, other := fuzzKeys[0], fuzzKeys[1]
	if !byFirst {
		proposer, other = other, proposer
	}
	m, err := s.propose(a, noon, proposer, byFirst, change{sort: SortEnds, ends: ends})
	if err != nil {
		return
	}
	p, err := ParseProposal(m.Text())
	if err != nil || !reflect.DeepEqual(m, p) {
		t.Fatalf("proposal: %v\n%s", err, m.Text())
	}
	full, err := ParseAmendment(p.countersign(other).Text())
	if err != nil || full.Digest() != m.Digest() {
		t.Fatalf("amendment: %v\n%s", err, full.Text())
	}
	paths, err := a.Amended([]*Amendment{full})
	if err != nil || paths[0].Of(byFirst) != e {
		t.Fatalf("amended: %v, %v", err, paths)
	}
}
