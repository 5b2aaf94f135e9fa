package presence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"ringdown/accord"
	"ringdown/presence/softkey"
	"ringdown/record"
)

// A scene is one claim that holds; each test spoils one thing.
type scene struct {
	soft   *softkey.Key
	key    accord.PrincipalKey
	desk   *Desk
	now    time.Time
	moment Moment
	call   record.CallID // as the claim's header names it
	drill  bool
	asked  Binding // what the key signs
	claim  record.Claim
}

const (
	testRP     = "console.north.example"
	testOrigin = "https://console.north.example"
)

func keyOf(soft *softkey.Key) accord.PrincipalKey {
	return accord.PrincipalKey{Name: "A. Weber", RPID: testRP, Origins: []string{testOrigin, "https://console.north.example:8443"},
		Credential: soft.Credential, PublicKey: soft.Public(), Serial: 1}
}

func newScene(eddsa bool) *scene {
	soft := softkey.New("north", testRP, testOrigin, eddsa)
	s := &scene{soft: soft, key: keyOf(soft), desk: new(Desk), now: time.Date(2027, 6, 12, 14, 0, 0, 0, time.UTC),
		moment: Moment{Call: record.CallID{1}, Claimant: 1001, Verifier: 2002}, call: record.CallID{1}}
	s.asked = s.desk.Give(s.now, s.binding())
	return s
}

func (s *scene) binding() Binding {
	return Binding{Accord: sha256.Sum256([]byte("accord")), Call: s.call, Claimant: 1001, Verifier: 2002,
		Role: record.RolePrincipal, Credential: CredentialHash(s.soft.Credential)}
}

// claims is the claim of what was asked, signed for it.
func (s *scene) claims() { s.claimsSigned(s.asked) }

// claimsSigned is the same claim, with a signature for something else.
func (s *scene) claimsSigned(signed Binding) {
	c := signed.Challenge()
	s.claim = record.Claim{Credential: s.asked.Credential, Role: s.asked.Role, Nonce: s.asked.Nonce}
	binary.BigEndian.PutUint64(s.claim.Own[:], s.asked.Claimant)
	binary.BigEndian.PutUint64(s.claim.Far[:], s.asked.Verifier)
	s.claim.AuthData, s.claim.ClientData, s.claim.Signature = s.soft.Get(c[:])
}

// judge takes the claim as a verifier does.
func (s *scene) judge() error {
	want, err := s.desk.Take(s.now, s.moment, s.call, s.drill, &s.claim)
	if err != nil {
		return err
	}
	return Verify(s.key, &want, &s.claim, s.desk.Known())
}

func wantReason(t *testing.T, err error, want Reason) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Reason != want {
		t.Errorf("found %v, want refused: %s", err, want)
	}
}

func TestClaimHolds(t *testing.T) {
	for _, eddsa := range []bool{false, true} {
		s := newScene(eddsa)
		s.now = s.now.Add(Lifetime)
		s.claims()
		if err := s.judge(); err != nil {
			t.Errorf("eddsa %v: %v", eddsa, err)
		}
		wantReason(t, s.judge(), NonceUsed)
	}
}

// Browsers may add members to the client's data, and keys extensions that nobody asked for.
func TestClaimWithAdditions(t *testing.T) {
	s := newScene(false)
	s.claims()
	more := bytes.TrimSuffix(s.claim.ClientData, []byte("}"))
	s.claim.ClientData = append(more, `,"other_keys_can_be_added_here":"do not compare"}`...)
	s.claim.AuthData[32] |= 1 << 7
	s.claim.AuthData = append(s.claim.AuthData, 0xa0) // no extensions
	s.claim.Signature = s.soft.Sign(s.claim.AuthData, s.claim.ClientData)
	if err := s.judge(); err != nil {
		t.Error(err)
	}
}

// Each thing that can be wrong with a claim is refused with its own reason.
func TestClaimRefused(t *testing.T) {
	other := softkey.New("somebody else", testRP, testOrigin, false)
	for want, spoil := range map[Reason]func(*scene){
		NonceUnknown:  func(s *scene) { s.claims(); s.claim.Nonce[0]++ },
		NonceLate:     func(s *scene) { s.claims(); s.now = s.now.Add(Lifetime + 1) },
		NoncePutAside: func(s *scene) { s.claims(); s.askAgain(MostOpen) },
		OtherCall:     func(s *scene) { s.claims(); s.call[0]++; s.moment.Call = s.call },
		CallOver:      func(s *scene) { s.claims(); s.moment.Call = record.CallID{} },
		OtherDirection: func(s *scene) {
			s.claims()
			s.claim.Own, s.claim.Far = s.claim.Far, s.claim.Own
		},
		OtherRun:  func(s *scene) { s.claims(); s.moment.Claimant++ },
		OtherKey:  func(s *scene) { s.claims(); s.claim.Credential[0]++ },
		OtherRole: func(s *scene) { s.claims(); s.claim.Role = record.RoleOfficer },
		DrillMark: func(s *scene) { s.claims(); s.drill = true },
		KeyUnfit:  func(s *scene) { s.claims(); s.key.PublicKey = append([]byte{}, append(s.key.PublicKey, 0)...) },

		Unreadable:           func(s *scene) { s.claims(); s.claim.AuthData = s.claim.AuthData[:36] },
		WrongType:            func(s *scene) { s.soft.Type = "webauthn.create"; s.claims() },
		SignedOther:          func(s *scene) { s.claimsSigned(Binding{}) },
		SignedOtherDirection: func(s *scene) { b := s.asked; b.Claimant, b.Verifier = b.Verifier, b.Claimant; s.claimsSigned(b) },
		SignedOtherCall: func(s *scene) {
			b := s.binding()
			b.Call[0]++
			s.claimsSigned(s.desk.Give(s.now, b))
		},
		SignedOtherNonce: func(s *scene) { s.claimsSigned(s.desk.Give(s.now, s.binding())) },
		WrongOrigin:      func(s *scene) { s.soft.Origin = "https://console.north.example.evil.example"; s.claims() },
		CrossOrigin:      func(s *scene) { s.soft.CrossOrigin = true; s.claims() },
		WrongDomain:      func(s *scene) { s.soft.RPID = "north.example"; s.claims() },
		NotTouched:       func(s *scene) { s.soft.Flags = softkey.Verified; s.claims() },
		NotVerified:      func(s *scene) { s.soft.Flags = softkey.Touched; s.claims() },
		Copyable:         func(s *scene) { s.soft.Flags |= softkey.BackupEligible; s.claims() },
		WrongSignature:   func(s *scene) { other.Credential = s.soft.Credential; s.soft = other; s.claims() },
	} {
		t.Run(want.String(), func(t *testing.T) {
			s := newScene(false)
			spoil(s)
			wantReason(t, s.judge(), want)
		})
	}
}

func (s *scene) askAgain(n int) {
	for range n {
		s.desk.Give(s.now, s.binding())
	}
}

func TestBackupStateAlone(t *testing.T) {
	s := newScene(true)
	s.soft.Flags |= softkey.BackedUp
	s.claims()
	wantReason(t, s.judge(), Copyable)
}

// A whole claim of an earlier call is known for what it is, and so is one that this side made itself.
func TestClaimSentAgain(t *testing.T) {
	s := newScene(false)
	s.claims()
	if err := s.judge(); err != nil {
		t.Fatal(err)
	}
	s.call[0]++
	s.moment.Call = s.call
	wantReason(t, s.judge(), OtherCall)

	s = newScene(false)
	mine := s.binding()
	mine.Claimant, mine.Verifier, mine.Nonce = 2002, 1001, [32]byte{9}
	s.desk.Asked(mine)
	s.asked = mine
	s.claims()
	wantReason(t, s.judge(), OtherDirection)
	s.claim.Own, s.claim.Far = s.claim.Far, s.claim.Own // relabelled
	wantReason(t, s.judge(), OtherDirection)

	s = newScene(false) // and with a nonce of ours beside it
	s.desk.Asked(mine)
	s.claimsSigned(mine)
	wantReason(t, s.judge(), SignedOtherDirection)
}

// Whatever was wrong, the nonce is used up.
func TestNonceIsUsedByARefusedClaim(t *testing.T) {
	s := newScene(false)
	s.claims()
	s.claim.Role = record.RoleObserver
	wantReason(t, s.judge(), OtherRole)
	s.claims()
	wantReason(t, s.judge(), NonceUsed)
}

// Two parsers might read such client data differently.
func TestClientDataOfAnotherForm(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"space":     func(b []byte) []byte { return bytes.Replace(b, []byte(`,"origin"`), []byte(`, "origin"`), 1) },
		"case":      func(b []byte) []byte { return bytes.Replace(b, []byte(`"type"`), []byte(`"Type"`), 1) },
		"escape":    func(b []byte) []byte { return bytes.Replace(b, []byte(`webauthn.get`), []byte(`webauthn\u002eget`), 1) },
		"twice":     func(b []byte) []byte { return append(bytes.Clone(b[:len(b)-1]), `,"type":"webauthn.create"}`...) },
		"no member": func(b []byte) []byte { return bytes.Replace(b, []byte(`,"crossOrigin":false`), nil, 1) },
		"trailing":  func(b []byte) []byte { return append(bytes.Clone(b), '\n') },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(false)
			s.claims()
			s.claim.ClientData = change(s.claim.ClientData)
			s.claim.Signature = s.soft.Sign(s.claim.AuthData, s.claim.ClientData)
			if err := s.judge(); err == nil {
				t.Errorf("%s is taken", s.claim.ClientData)
			}
		})
	}
}

// A page that says it stood within another, and authenticator data of a registration, are no proof.
func TestAssertionWithMore(t *testing.T) {
	s := newScene(false)
	s.claims()
	s.claim.ClientData = append(bytes.TrimSuffix(s.claim.ClientData, []byte("}")), `,"topOrigin":"https://other.example"}`...)
	s.claim.Signature = s.soft.Sign(s.claim.AuthData, s.claim.ClientData)
	wantReason(t, s.judge(), CrossOrigin)

	s = newScene(false)
	s.claims()
	_, made := s.soft.Create(make([]byte, 32))
	var object protocol.AttestationObject
	if err := webauthncbor.Unmarshal(made, &object); err != nil {
		t.Fatal(err)
	}
	s.claim.AuthData = object.RawAuthData
	s.claim.Signature = s.soft.Sign(s.claim.AuthData, s.claim.ClientData)
	wantReason(t, s.judge(), Unreadable)
}

// Every field of a binding is in the challenge.
func TestChallengeBindsEverything(t *testing.T) {
	base := newScene(false).asked
	seen := [][32]byte{base.Challenge()}
	for _, change := range []func(*Binding){
		func(b *Binding) { b.Accord[31]++ }, func(b *Binding) { b.Call[15]++ }, func(b *Binding) { b.Claimant++ },
		func(b *Binding) { b.Verifier++ }, func(b *Binding) { b.Role++ }, func(b *Binding) { b.Credential[31]++ },
		func(b *Binding) { b.Nonce[31]++ },
	} {
		b := base
		change(&b)
		if c := b.Challenge(); slices.Contains(seen, c) {
			t.Errorf("%+v has the challenge of another", b)
		} else {
			seen = append(seen, c)
		}
	}
}

func TestDeskIsBounded(t *testing.T) {
	s := newScene(false)
	s.askAgain(1000)
	if len(s.desk.open) != MostOpen || len(s.desk.past) != mostPast {
		t.Errorf("%d open and %d past, want %d and %d", len(s.desk.open), len(s.desk.past), MostOpen, mostPast)
	}
}

func TestWords(t *testing.T) {
	secret, digest := sha256.Sum256([]byte("pair")), accord.Digest(sha256.Sum256([]byte("accord")))
	words := Words(secret, digest, record.CallID{1}, 1001, 2002)
	for name, other := range map[string][4]string{
		"call": Words(secret, digest, record.CallID{2}, 1001, 2002), "run": Words(secret, digest, record.CallID{1}, 1001, 2003),
		"pair": Words([32]byte{}, digest, record.CallID{1}, 1001, 2002), "accord": Words(secret, accord.Digest{}, record.CallID{1}, 1001, 2002),
	} {
		if other == words {
			t.Errorf("another %s has the same words %v", name, words)
		}
	}
	if again := Words(secret, digest, record.CallID{1}, 1001, 2002); again != words {
		t.Errorf("found %v, want %v", again, words)
	}
}
