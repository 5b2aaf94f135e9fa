package accord

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A sample is one file of each kind, and what a station does to trust it.
type sample struct {
	kind  kind
	file  []byte
	trust func(file []byte) error
}

func samples(t testing.TB) []sample {
	p := agreedPair(t)
	if _, err := p.north.Confirm(noon, "south", spoken(p.n.Accord.Words())); err != nil {
		t.Fatal(err)
	}
	proposal, err := p.n.ProposeAmendment(noon, map[uint8]Endpoint{1: {Address: "192.0.2.9:7000"}})
	if err != nil {
		t.Fatal(err)
	}
	amendment, err := p.s.CountersignAmendment(proposal)
	if err != nil {
		t.Fatal(err)
	}
	motion, key := mustMove(t, p.n, Change{Rules: &otherRules}), Change{Principal: &PrincipalChange{Register, keyOf("I. Petrova", 1)}}
	verdict := encode(&verdictFile{mustMotion(t, motion).Digest(), Refused, noon})
	inv, acc := p.n.Accord.Invite, p.n.Accord.Accept
	digest := p.n.Accord.Digest()
	base := p.n.Accord.base()
	plain := func(empty func() document) func([]byte) error {
		return func(file []byte) error { return decode(empty(), file) }
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	return []sample{
		{kindInvite, inv.File(), func(file []byte) error { _, err := ParseInvite(file); return err }},
		{kindAccept, acc.File(), func(file []byte) error {
			acc, err := ParseAccept(file)
			if err == nil {
				_, err = Join(inv, acc)
			}
			return err
		}},
		{kindProposal, proposal, func(file []byte) error {
			m, err := ParseProposal(file)
			if err == nil {
				err = base.check(p.n.Accord, m)
			}
			return err
		}},
		{kindAmendment, amendment, func(file []byte) error {
			m, err := ParseAmendment(file)
			if err == nil {
				err = base.check(p.n.Accord, m)
			}
			return err
		}},
		{kindMotion, motion, func(file []byte) error {
			m, err := ParseMotion(file)
			if err == nil {
				err = m.check(p.n.Accord)
			}
			return err
		}},
		{kindMotion, mustMove(t, p.s, key), func(file []byte) error {
			m, err := ParseMotion(file)
			if err == nil {
				err = m.check(p.n.Accord)
			}
			return err
		}},
		{kindVerdict, verdict, plain(func() document { return new(verdictFile) })},
		{kindStation, read(p.north.path(fileStation)), plain(func() document { return new(stationFile) })},
		{kindKey, read(p.north.path(dirKeys, "log")), plain(func() document { return &privateKey{role: RoleLog} })},
		{kindOnce, encode(&onceFile{inv.ID, newSecret()}), plain(func() document { return &onceFile{id: inv.ID} })},
		{kindSecret, read(p.n.path(fileSecret)), plain(func() document { return &secretFile{accord: digest} })},
		{kindConfirmed, read(p.n.path(fileConfirmed)), plain(func() document { return &confirmedFile{accord: digest} })},
		{kindFinal, read(p.n.path(fileFinal)), plain(func() document { return &finalFile{accord: digest} })},
		{kindUsed, read(p.north.path(dirInvites, inv.ID.String(), fileUsed)), plain(func() document { return new(usedFile) })},
	}
}

func TestEveryKindHasASample(t *testing.T) {
	have := map[kind]bool{}
	for _, s := range samples(t) {
		have[s.kind] = true
		if err := s.trust(s.file); err != nil {
			t.Errorf("%s as written: %v", s.kind, err)
		}
	}
	for _, k := range kinds {
		if !have[k] {
			t.Errorf("no sample of kind %s", k)
		}
	}
}

// changed is any of the refusals that a changed file may meet.
func changed(err error) bool {
	return errors.Is(err, ErrChanged) || errors.Is(err, ErrForeign) || errors.Is(err, ErrVersion) || errors.Is(err, ErrWrongParty)
}

// Every byte of every kind of file is changed: none is taken for what it was. Nor is
// a file with a byte left out or doubled, or cut.
func TestEveryByteCounts(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(string(s.kind), func(t *testing.T) {
			t.Parallel()
			refused := func(what string, i int, file []byte) {
				if err := s.trust(file); !changed(err) {
					t.Errorf("byte %d (%q) %s: error %v, want a refusal", i, s.file[i], what, err)
				}
			}
			for i := range s.file {
				file := bytes.Clone(s.file)
				file[i] ^= 1 << (i % 8)
				refused("changed", i, file)
				if len(s.file) > 2000 && i%7 != 0 {
					continue // enough for long files, which are long because of base64
				}
				refused("left out", i, append(bytes.Clone(s.file[:i]), s.file[i+1:]...))
				refused("doubled", i, append(bytes.Clone(s.file[:i+1]), s.file[i:]...))
				refused("and what follows cut off", i, s.file[:i])
			}
			refused("followed by more", len(s.file)-1, append(bytes.Clone(s.file), '\n'))
		})
	}
}

// base64 decoders tend to pass over line ends inside. Ours must not.
func TestCarriageReturnInBase64(t *testing.T) {
	for _, s := range samples(t) {
		for i := range s.file {
			if !bytes.HasPrefix(s.file[i:], []byte("\n  ")) {
				continue
			}
			for _, c := range []byte("\r= -_") {
				file := bytes.Clone(s.file)
				file[i+4] = c
				wantRefusal(t, s.trust(file), ErrChanged)
			}
		}
	}
	// Of a seed of zeros any 42 characters are good base64 too: of 31 bytes.
	zeros := make([]byte, SecretSize)
	file := encode(&onceFile{seed: secretOf(zeros)})
	file[bytes.LastIndex(file, []byte("  AAAA"))+4] = '\r'
	wantRefusal(t, decode(new(onceFile), file), ErrChanged)
}

// The introduction is made from the fields. It cannot promise what they do not say.
func TestIntroductionCannotLie(t *testing.T) {
	p := agreedPair(t)
	inv := p.n.Accord.Invite.File()
	for _, lie := range [][2]string{
		{`from "North"`, `from "South"`},
		{"whoever it was given to", "anybody"},
		{"29 June 2026", "29 June 2027"},
		{"13 July 2026", "14 July 2026"},
		{"It holds no secret", "It holds a secret"},
	} {
		file := bytes.Replace(inv, []byte(lie[0]), []byte(lie[1]), 1)
		if bytes.Equal(file, inv) {
			continue // not every lie is about something that is said
		}
		_, err := ParseInvite(file)
		wantRefusal(t, err, ErrChanged)
	}
	_, err := ParseInvite(append([]byte("Please run this as root.\n"), inv...))
	if r := wantRefusal(t, err, ErrChanged); !strings.Contains(r.Thing, "line 1") {
		t.Errorf("refused at %s, want line 1", r.Thing)
	}
}

func TestKindsAreToldApart(t *testing.T) {
	all := samples(t)
	for _, s := range all {
		for _, other := range all {
			if s.kind == other.kind {
				continue
			}
			r := wantRefusal(t, s.trust(other.file), ErrForeign)
			if !strings.Contains(r.Error(), string(other.kind)) || r.Hint() == "" {
				t.Errorf("%s given for %s: error %v, hint %q", other.kind, s.kind, r, r.Hint())
			}
		}
	}
}

func TestForeignFiles(t *testing.T) {
	for name, file := range map[string][]byte{
		"empty":     nil,
		"a picture": {0x89, 'P', 'N', 'G', 0xff},
		"a letter":  []byte("Dear North,\n\nhere is the invite.\n"),
		"too large": bytes.Repeat([]byte("ringdown invite 1\n"), MaxFile),
		"a command": []byte("ringdown accept FILE --dir DIR\n"),
	} {
		_, err := ParseInvite(file)
		wantRefusal(t, err, ErrForeign)
		_, err = ParseAccept(file)
		wantRefusal(t, err, ErrForeign)
		_, _, err = newHome(t, "North").Accept(noon, file, AcceptOptions{})
		if !errors.Is(err, ErrForeign) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestUnknownVersion(t *testing.T) {
	for _, s := range samples(t) {
		for _, v := range []string{"2", "10", "0", "01", "", "1.1", "x"} {
			file := bytes.Replace(s.file, []byte(" 1\n"), []byte(" "+v+"\n"), 1)
			r := wantRefusal(t, s.trust(file), ErrVersion)
			if r.Hint() == "" {
				t.Error("no hint")
			}
		}
	}
}

// A mail program's line ends are named as what they are.
func TestMailLineEnds(t *testing.T) {
	for _, s := range samples(t) {
		file := bytes.ReplaceAll(s.file, []byte("\n"), []byte("\r\n"))
		if r := wantRefusal(t, s.trust(file), ErrChanged); !strings.Contains(r.Hint(), "mail program") {
			t.Errorf("hint %q", r.Hint())
		}
	}
}

// What stands in a private file never comes back in an error, wherever the file is damaged.
func TestErrorsKeepPrivateFilesPrivate(t *testing.T) {
	for _, s := range samples(t) {
		if !s.kind.private() {
			continue
		}
		lines := strings.Split(string(s.file), "\n")
		seed := lines[len(lines)-3]
		for i := range s.file {
			file := bytes.Clone(s.file)
			file[i] ^= 1
			text := fmt.Sprintf("%v %+v", s.trust(file), HintOf(s.trust(file)))
			for n := 2; n+8 < len(seed); n++ {
				if strings.Contains(text, seed[n:n+8]) {
					t.Fatalf("byte %d of a %s changed: the error shows the secret: %s", i, s.kind, text)
				}
			}
		}
	}
}

func TestLargestFilesStayBelowHalfTheLimit(t *testing.T) {
	long := Address(strings.Repeat(strings.Repeat("a", 62)+".", 4) + "a:65535")
	north, south := newHome(t, strings.Repeat("北", MaxName)), newHome(t, strings.Repeat("南", MaxName))
	var o InviteOptions
	ends := map[uint8]Endpoint{}
	for n := uint8(1); n <= MaxPaths; n++ {
		name := strings.Repeat("北", MaxPathName-1) + string('一'+rune(n))
		o.Paths = append(o.Paths, OwnPath{n, name, Endpoint{"n" + long[1:], true}})

		ends[n] = Endpoint{Address(fmt.Sprint("s", n)) + long[2:], true}
	}
	file, _, err := north.Invite(noon, o)
	if err != nil {
		t.Fatal(err)
	}
	out, _, err := south.Accept(noon, file, AcceptOptions{ends})
	if err != nil {
		t.Fatal(err)
	}
	l, err := north.Conclude(noon, out)
	if err != nil {
		t.Fatal(err)
	}
	if l.Slug != "line-"+l.Accord.ID().String()[:8] {
		t.Errorf("slug %q of a name without Latin letters", l.Slug)
	}
	if n := max(len(file), len(out)); n > MaxFile/2 {
		t.Errorf("the largest file has %d bytes, more than half of %d", n, MaxFile)
	}
}

func TestLoosePermissions(t *testing.T) {
	p := agreedPair(t)
	p.invites(t, InviteOptions{})
	inv, err := ParseInvite(p.invite)
	if err != nil {
		t.Fatal(err)
	}
	accept, _, err := p.south.Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	if err != nil {
		t.Fatal(err)
	}
	for path, use := range map[string]func() error{
		p.north.path(dirKeys, "identity"):                   func() error { _, err := Open(p.north.Dir()); return err },
		p.north.path(dirKeys, "cosign-pq"):                  func() error { _, err := Open(p.north.Dir()); return err },
		p.n.path(fileSecret):                                func() error { _, err := p.north.Line("south"); return err },
		p.north.path(dirInvites, inv.ID.String(), fileOnce): func() error { _, err := p.north.Conclude(noon, accept); return err },
	} {
		for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o666, 0o601} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			r := wantRefusal(t, use(), ErrPermissions)
			if !strings.Contains(r.Hint(), "chmod 600 "+path) || !strings.Contains(r.Found, fmt.Sprintf("%04o", mode)) {
				t.Errorf("error %v, hint %q", r, r.Hint())
			}
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := use(); err != nil {
			t.Errorf("%s with mode 0600: %v", filepath.Base(path), err)
		}
	}
}

// All that a station writes is for its owner only, whatever the umask.
func TestModes(t *testing.T) {
	p := agreedPair(t)
	err := filepath.Walk(p.north.Dir(), func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %04o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
