package accord

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

// A hostile station signs whatever it likes. What it signs is checked all the same.

// signedInvite is an invite of a station that skips all checks.
func signedInvite(h *Home, change func(*Invite)) []byte {
	inv, _, err := newInvite(noon, h.name, h.keys, InviteOptions{Paths: northPaths})
	if err != nil {
		panic(err)
	}
	change(inv)
	inv.proofs = h.keys.prove(inv.statement())
	return inv.File()
}

func TestHostileInvites(t *testing.T) {
	h, south := newHome(t, "North"), newHome(t, "South")
	if _, err := ParseInvite(signedInvite(h, func(*Invite) {})); err != nil {
		t.Fatal("the honest one:", err)
	}
	for why, change := range map[string]func(*Invite){
		"name that turns text":       func(i *Invite) { i.First.Name = "Nor\u202eth" },
		"name with an escape":        func(i *Invite) { i.First.Name = "North\x1b]0;" },
		"name that adds a line":      func(i *Invite) { i.First.Name = "North\nkey" },
		"no name":                    func(i *Invite) { i.First.Name = "" },
		"recipient that lies":        func(i *Invite) { i.For = "So\u202euth" },
		"recipient is itself":        func(i *Invite) { i.For = "N0rth" },
		"unknown profile":            func(i *Invite) { i.Terms.Profile = "huge" },
		"empty profile":              func(i *Invite) { i.Terms.Profile = "" },
		"unknown hold-back":          func(i *Invite) { i.Terms.HoldBack = "x" },
		"unknown disclosure":         func(i *Invite) { i.Terms.Disclosure = "x" },
		"expired accord":             func(i *Invite) { i.Terms.Expires = DateOf(noon.AddDate(-1, 0, 0)) },
		"ends before it begins":      func(i *Invite) { i.Until = i.Made },
		"fraction of a second":       func(i *Invite) { i.Made = i.Made.Add(time.Millisecond); i.Until = i.Made },
		"year of five digits":        func(i *Invite) { i.Until = i.Until.AddDate(9000, 0, 0) },
		"year 0":                     func(i *Invite) { i.Made = time.Time{} },
		"no path":                    func(i *Invite) { i.routes, i.ends.list = nil, nil },
		"nine paths":                 func(i *Invite) { i.routes = append(slices.Repeat(i.routes[:1], 8), route{9, "x"}) },
		"path twice":                 func(i *Invite) { i.routes[1].number = 1 },
		"path name with a control":   func(i *Invite) { i.routes[1].name = "x\x07" },
		"path name that adds a line": func(i *Invite) { i.routes[1].name = "x\npath 3 y" },
		"path names alike":           func(i *Invite) { i.routes[1].name = "FIBRE" },
		"an end missing":             func(i *Invite) { i.ends.list = i.ends.list[:1] },
		"an end too many":            func(i *Invite) { i.ends.list = append(i.ends.list, end{3, Endpoint{Roams: true}}) },
		"ends out of order":          func(i *Invite) { slices.Reverse(i.ends.list) },
		"fixed end without address":  func(i *Invite) { i.ends.list[0].Address = "" },
		"address that is a command":  func(i *Invite) { i.ends.list[0].Address = "$(reboot):7000" },
		"address with a zone":        func(i *Invite) { i.ends.list[0].Address = "[fe80::1%lo]:7000" },
		"broadcast address":          func(i *Invite) { i.ends.list[0].Address = "255.255.255.255:7000" },
		"one key for two roles":      func(i *Invite) { i.First.Keys[2].Bytes = i.First.Keys[1].Bytes },
		"serial 0":                   func(i *Invite) { i.First.Keys[2].Serial = 0 },
		"serial too high":            func(i *Invite) { i.First.Keys[2].Serial = MaxSerial + 1 },
		"unknown successor rule":     func(i *Invite) { i.First.Keys[2].Successor = "x" },
		"short salt":                 func(i *Invite) { i.ends.salt = i.ends.salt[:15] },
		"one-time key of zeros":      func(i *Invite) { i.once = make([]byte, onceKeySize-1) },
		"one-time key out of range":  func(i *Invite) { i.once = bytes.Repeat([]byte{0xff}, onceKeySize) },
	} {
		file := signedInvite(h, change)
		if _, err := ParseInvite(file); err == nil {
			t.Errorf("%s: no error", why)
		} else {
			wantRefusal(t, err, ErrChanged)
		}
		if _, _, err := south.Accept(noon, file, AcceptOptions{Ends: southEnds}); err == nil {
			t.Errorf("%s: accepted", why)
		}
	}
	if lines, err := south.Lines(); err != nil || len(lines) != 0 {
		t.Errorf("refused, but %d lines are there (%v)", len(lines), err)
	}
}

// hostileAccept answers p's invite, with a change, signed by all of South's keys.
func (p *pair) hostileAccept(change func(*Accept)) []byte {
	acc := *p.s.Accord.Accept
	acc.Second.Keys = p.south.keys.Public()
	acc.ends.list = slices.Clone(acc.ends.list)
	change(&acc)
	a := Accord{p.s.Accord.Invite, &acc}
	acc.proofs = p.south.keys.prove(a.statement("accept"))
	return acc.File()
}

func TestHostileAccepts(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.accepts(t)
	north := p.north.keys.Public()
	for why, x := range map[string]struct {
		change func(*Accept)
		err    error
	}{
		"its peer's name":           {func(a *Accept) { a.Second.Name = "NORTH" }, ErrName},
		"name with an escape":       {func(a *Accept) { a.Second.Name = "South\x1b[2J" }, ErrChanged},
		"its peer's identity key":   {func(a *Accept) { a.Second.Keys[0] = north[0] }, ErrChanged},
		"its peer's log key":        {func(a *Accept) { a.Second.Keys[2].Bytes = north[2].Bytes }, ErrChanged},
		"one end missing":           {func(a *Accept) { a.ends.list = a.ends.list[:1] }, ErrTerms},
		"no ends":                   {func(a *Accept) { a.ends.list = nil }, ErrTerms},
		"ends of other paths":       {func(a *Accept) { a.ends.list[1].number = 7 }, ErrTerms},
		"its peer's address":        {func(a *Accept) { a.ends.list[0].Address = "192.0.2.1:7000" }, ErrTerms},
		"another invite's digest":   {func(a *Accept) { a.Digest[0] ^= 1 }, ErrChanged},
		"another invite's id":       {func(a *Accept) { a.Invite[0] ^= 1 }, ErrWrongParty},
		"another first party":       {func(a *Accept) { a.first = "East" }, ErrChanged},
		"a secret for another text": {func(a *Accept) { a.Made = a.Made.Add(time.Second) }, ErrChanged},
	} {
		_, err := p.north.Conclude(noon, p.hostileAccept(x.change))
		if err == nil {
			t.Fatalf("%s: concluded", why)
		}
		t.Run(why, func(t *testing.T) { wantRefusal(t, err, x.err) })
	}
	// An invite for one station cannot be answered by another that skips the check.
	p.invites(t, InviteOptions{For: "East"})
	inv := mustInvite(t, p.invite)
	p.s.Accord = &Accord{inv, p.s.Accord.Accept}
	file := p.hostileAccept(func(a *Accept) { a.Invite, a.Digest = inv.ID, inv.Digest() })
	_, err := p.north.Conclude(noon, file)
	wantRefusal(t, err, ErrWrongParty)
	if lines, err := p.north.Lines(); err != nil || len(lines) != 0 {
		t.Errorf("refused, but %d lines are there (%v)", len(lines), err)
	}
}

// A party that names a key which it does not hold cannot sign for it, even if all
// its own keys sign.
func TestEveryKeyMustSign(t *testing.T) {
	h, other := newHome(t, "North"), newHome(t, "East").keys.Public()
	for i, role := range Roles {
		file := signedInvite(h, func(inv *Invite) { inv.First.Keys[i].Bytes = other[i].Bytes })
		_, err := ParseInvite(file)
		if r := wantRefusal(t, err, ErrChanged); !bytes.Contains([]byte(r.Found), []byte(role)) {
			t.Errorf("%s: error %v does not name the key", role, err)
		}
	}
}

// reseed gives a station another key in one role.
func (h *Home) reseed(role Role, seed Secret) {
	h.keys.of(role).seed = seed
	h.public = h.keys.Public()
}

// One key for two roles, and a key that both parties hold: all sign, and all the
// signatures hold, but a signature would no longer say what it is for, or whose.
func TestSharedKeys(t *testing.T) {
	h := newHome(t, "North")
	h.reseed(RoleLog, h.keys.of(RoleLine).seed)
	_, err := ParseInvite(signedInvite(h, func(*Invite) {}))
	if r := wantRefusal(t, err, ErrChanged); r.Wanted != "a key of its own for each role" {
		t.Errorf("error %v", err)
	}
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.south.reseed(RoleLog, p.north.keys.of(RoleCosign).seed)
	_, _, err = p.south.Accept(noon, p.invite, AcceptOptions{Ends: southEnds})
	wantRefusal(t, err, ErrWrongParty)
	p.south.reseed(RoleLog, newSecret())
	p.accepts(t)
	p.south.reseed(RoleLog, p.north.keys.of(RoleCosign).seed)
	_, err = p.north.Conclude(noon, p.hostileAccept(func(*Accept) {}))
	wantRefusal(t, err, ErrWrongParty)
}

// Someone who holds nothing but the two files finds that they do not belong together.
func TestHalvesThatDoNotFit(t *testing.T) {
	p := newPair(t)
	p.invites(t, InviteOptions{})
	p.accepts(t)
	inv := mustInvite(t, p.invite)
	for found, change := range map[string]func(*Accept){
		"an answer to an invite with digest": func(a *Accept) { a.Digest[0] ^= 1 },
		"an answer to \"East\"":              func(a *Accept) { a.first = "East" },
		"an answer to invite":                func(a *Accept) { a.Invite[0] ^= 1 },
	} {
		acc, err := ParseAccept(p.hostileAccept(change))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = Join(inv, acc); err == nil || !strings.Contains(err.Error(), found) {
			t.Errorf("error %v, want it to say %q", err, found)
		}
	}
}

// Under a key of small order one signature verifies for any text: here for the identity point. Without
// the check it would pass for a key like others.
func TestSmallOrderKeys(t *testing.T) {
	identity := make([]byte, 32)
	identity[0] = 1
	one, err := hex.DecodeString("5866666666666666666666666666666666666666666666666666666666666666" + "01" + string(bytes.Repeat([]byte("0"), 62)))
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(identity, []byte("any text"), one) || !ed25519.Verify(identity, []byte("any other"), one) {
		t.Fatal("the forged signature does not verify, so this test shows nothing")
	}
	h := newHome(t, "North")
	for _, text := range smallOrder {
		key, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, sign := range []byte{0, 0x80} {
			key[31] = key[31]&0x7f | sign
			_, err = ParseInvite(signedInvite(h, func(inv *Invite) { inv.First.Keys[2].Bytes = key }))
			if r := wantRefusal(t, err, ErrChanged); r.Wanted != "one that only its holder can use" {
				t.Errorf("%x: error %v", key, err)
			}
		}
	}
}

// The list of small-order encodings is right and whole: doubling each three times gives the identity, and
// no other y below 2^255 does.
func TestSmallOrderList(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	mod := func(x *big.Int) *big.Int { return x.Mod(x, p) }
	mul := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
	add := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Add(a, b)) }
	sub := func(a, b *big.Int) *big.Int { return mod(new(big.Int).Sub(a, b)) }
	div := func(a, b *big.Int) *big.Int { return mul(a, new(big.Int).ModInverse(b, p)) }
	one := big.NewInt(1)
	d := div(big.NewInt(-121665), big.NewInt(121666))
	// On -x² + y² = 1 + dx²y² the double of (x, y) depends on x² and y alone:
	// y' = (y² + x²) / (1 - dx²y²), x'² = 4x²y² / (1 + dx²y²)².
	double := func(xx, y *big.Int) (*big.Int, *big.Int) {
		yy := mul(y, y)
		k := mul(d, mul(xx, yy))
		q := add(one, k)
		return div(mul(big.NewInt(4), mul(xx, yy)), mul(q, q)), div(add(yy, xx), sub(one, k))
	}
	seen := map[string]bool{}
	for _, text := range smallOrder {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(b)
		y := mod(new(big.Int).SetBytes(b))
		yy := mul(y, y)
		xx := div(sub(yy, one), add(mul(d, yy), one))
		seen[y.String()] = true
		for range 3 {
			xx, y = double(xx, y)
		}
		if y.Cmp(one) != 0 || xx.Sign() != 0 {
			t.Errorf("%s has no small order", text)
		}
	}
	// Orders 1, 2, 4 and 8 have 1, 1, 1 and 2 values of y; those below 19 have a second encoding.
	if len(seen) != 5 || len(smallOrder) != 7 {
		t.Errorf("%d values in %d encodings, want 5 in 7", len(seen), len(smallOrder))
	}
}
