package people

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// A Site is under which name a browser has the station's pages open.
type Site struct {
	Station string // as authenticators show it
	Host    string // without port: the RP ID
	Origin  string // scheme, host and port
}

// A Ceremony is one that has begun: an enrolment or a log-in. Its owner keeps it where the browser
// cannot reach it, hands it back once, and throws it away after five minutes.
type Ceremony struct {
	site    Site
	session webauthn.SessionData
	link    Digest // of an enrolment
	enrols  bool
}

// CeremonyLife is how long a person has for one.
const CeremonyLife = 5 * time.Minute

// algorithms are those that authenticators of today have, and whose keys are small.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// CheckHost refuses an address as the name of a page: WebAuthn knows only names.
func CheckHost(host string) error {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return &Error{"needs-a-name", fmt.Sprintf("The page is opened by the address %s, and passkeys work only under a name.", host),
			"Open it as localhost on the station's own machine, or give the station a name (names, under [console] in its station.toml) and open it by that."}
	}
	return nil
}

// relying is the site as WebAuthn knows it.
func (s Site) relying() (*webauthn.WebAuthn, error) {
	if err := CheckHost(s.Host); err != nil {
		return nil, err
	}
	must := true
	w, err := webauthn.New(&webauthn.Config{
		RPID: s.Host, RPDisplayName: s.Station, RPOrigins: []string{s.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: &must, UserVerification: protocol.VerificationRequired,
		},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, &Error{"needs-a-name", fmt.Sprintf("Passkeys do not work under the name %.80q.", s.Host), "Open the page by another of the station's names."}
	}
	return w, nil
}

// user is a person as WebAuthn knows one.
type user struct{ Person }

func (u user) WebAuthnID() []byte          { return u.ID[:] }
func (u user) WebAuthnName() string        { return u.Name }
func (u user) WebAuthnDisplayName() string { return u.Name }

func (u user) WebAuthnCredentials() []webauthn.Credential {
	var list []webauthn.Credential
	for _, k := range u.Keys {
		list = append(list, webauthn.Credential{ID: k.ID, PublicKey: k.Public,
			Flags: webauthn.CredentialFlags{BackupEligible: k.Syncs}, Authenticator: webauthn.Authenticator{SignCount: k.Count}})
	}
	return list
}

// invited is the person whose link the token opens. It looks at every one.
func (b *Book) invited(now time.Time, d Digest) (Person, error) {
	var found *Person
	for _, p := range *b.now.Load() {
		if p.Link.opens(now, d) {
			found = &p
		}
	}
	if found == nil {
		return Person{}, &Error{"link-used", "This link was used or is too old.", "Ask an administrator for a new one; a link works once, within 24 hours."}
	}
	return *found, nil
}

// BeginEnrolment gives what a browser needs to make a passkey for whoever has the link. The link
// is not used up by it.
func (b *Book) BeginEnrolment(now time.Time, site Site, token string) (options []byte, c *Ceremony, p Person, err error) {
	d, _ := digestOf(token)
	if p, err = b.invited(now, d); err != nil {
		return nil, nil, Person{}, err
	}
	w, err := site.relying()
	if err != nil {
		return nil, nil, Person{}, err
	}
	if !b.Enrolled() && !p.Is(Administrator) {
		return nil, nil, Person{}, errAdministratorFirst
	}
	var have []protocol.CredentialDescriptor
	for _, k := range p.Keys {
		have = append(have, protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: k.ID})
	}
	creation, session, err := w.BeginRegistration(user{p}, webauthn.WithExclusions(have), webauthn.WithCredentialParameters(algorithms))
	if err != nil {
		return nil, nil, Person{}, fmt.Errorf("people: %w", err)
	}
	options, err = json.Marshal(creation.Response)
	return options, &Ceremony{site: site, session: *session, link: d, enrols: true}, p, err
}

// FinishEnrolment takes the passkey that the browser has made, and uses up the link.
func (b *Book) FinishEnrolment(now time.Time, c *Ceremony, response []byte) (Person, error) {
	w, err := c.site.relying()
	if err != nil {
		return Person{}, err
	}
	if !c.enrols {
		return Person{}, refused(errors.New("it answers another question"))
	}
	p, err := b.invited(now, c.link)
	if err != nil {
		return Person{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Person{}, refused(err)
	}
	made, err := w.CreateCredential(user{p}, c.session, parsed)
	if err != nil {
		return Person{}, refused(err)
	}
	k := Key{ID: made.ID, Public: made.PublicKey, Host: c.site.Host, Count: made.Authenticator.SignCount,
		Syncs: made.Flags.BackupEligible, Added: now.UTC(), Used: now.UTC()}
	if err := k.check(); err != nil {
		return Person{}, refused(err)
	}
	return b.enrol(now, p.ID, c.link, k)
}

// enrol gives a person the key and ends the link, both or neither.
func (b *Book) enrol(now time.Time, id ID, d Digest, k Key) (Person, error) {
	err := b.changePerson(id, func(list []Person, p *Person) error {
		if !p.Link.opens(now, d) { // used meanwhile, by another browser
			_, err := b.invited(now, d)
			return err
		}
		if slices.ContainsFunc(list, func(q Person) bool { return q.key(k.ID) != nil }) {
			return &Error{"key-taken", "This passkey is enrolled already.", "Make another one."}
		}
		if p.Link.Replaces {
			p.Keys = nil
		}
		if len(p.Keys) >= MostKeys {
			return &Error{"too-many-keys", fmt.Sprintf("%s has %d passkeys, which is the most.", p.Name, MostKeys), "Ask an administrator for a link that ends the older ones."}
		}
		p.Keys = append(slices.Clone(p.Keys), k)
		p.Link = nil
		return nil
	})
	p, _ := b.Person(id)
	return p, err
}

// key finds a passkey of the person's.
func (p *Person) key(id []byte) *Key {
	for i := range p.Keys {
		if bytes.Equal(p.Keys[i].ID, id) {
			return &p.Keys[i]
		}
	}
	return nil
}

// BeginLogin gives what a browser needs to ask for anybody's passkey.
func (b *Book) BeginLogin(site Site) (options []byte, c *Ceremony, err error) {
	w, err := site.relying()
	if err != nil {
		return nil, nil, err
	}
	assertion, session, err := w.BeginDiscoverableLogin()
	if err != nil {
		return nil, nil, fmt.Errorf("people: %w", err)
	}
	options, err = json.Marshal(assertion.Response)
	return options, &Ceremony{site: site, session: *session}, err
}

// FinishLogin says whose passkey answered.
func (b *Book) FinishLogin(now time.Time, c *Ceremony, response []byte) (Person, error) {
	w, err := c.site.relying()
	if err != nil {
		return Person{}, err
	}
	if c.enrols {
		return Person{}, refused(errors.New("it answers another question"))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Person{}, refused(err)
	}
	p, err := b.owner(c.site, parsed.RawID, parsed.Response.UserHandle)
	if err != nil {
		return Person{}, err
	}
	whose := func([]byte, []byte) (webauthn.User, error) { return user{p}, nil }
	_, used, err := w.ValidatePasskeyLogin(whose, c.session, parsed)
	if err != nil {
		return Person{}, refused(err)
	}
	return b.used(now, p.ID, used)
}

// owner finds whose a passkey is, from both names that it carries.
func (b *Book) owner(site Site, key, handle []byte) (Person, error) {
	var id ID
	if len(handle) == len(id) {
		copy(id[:], handle)
	}
	p, ok := b.Person(id)
	k := p.key(key)
	if !ok || k == nil || k.Host != site.Host {
		return Person{}, &Error{"unknown-passkey", "This passkey is of nobody at this station.", "Use another; if you were removed or your passkey was replaced, ask an administrator for a new link."}
	}
	if !k.Copied.IsZero() {
		return Person{}, copied(p)
	}
	return p, nil
}

func copied(p Person) *Error {
	return &Error{"copied-passkey", fmt.Sprintf("This passkey of %s is refused: its counter went back, so another device must have it too.", p.Name),
		"Ask an administrator for a new link, and say that this passkey was copied."}
}

// used keeps how often a passkey was used, and refuses one that was used before by somebody else.
func (b *Book) used(now time.Time, id ID, c *webauthn.Credential) (Person, error) {
	back := false
	err := b.changePerson(id, func(_ []Person, p *Person) error {
		p.Keys = slices.Clone(p.Keys)
		k := p.key(c.ID)
		if k == nil {
			return noSuchPerson(id.String())
		}
		count := c.Authenticator.SignCount
		if back = c.Authenticator.CloneWarning || count <= k.Count && k.Count != 0; back {
			k.Copied = now.UTC()
			return nil
		}
		k.Count, k.Used = count, now.UTC()
		return nil
	})
	p, _ := b.Person(id)
	if back {
		return Person{}, copied(p)
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Code == "not-written" {
		err = nil // a full disk locks nobody out; a copy that is used meanwhile shows at its next use
	}
	return p, err
}

// refused is why WebAuthn refuses an answer.
func refused(err error) *Error {
	reason := err.Error()
	if e, ok := errors.AsType[*protocol.Error](err); ok && e.Details != "" {
		reason = e.Details
	}
	return &Error{"bad-passkey", fmt.Sprintf("The passkey was refused: %.120s.", strings.TrimSuffix(reason, ".")), "Load this page again and try once more."}
}
