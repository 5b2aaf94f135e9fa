package station

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/presence"
)

const (
	// registerTime is how long a page may take to register a key.
	registerTime = 5 * time.Minute

	// mostRegistering is how many may be under way on a line; the oldest is forgotten for another.
	mostRegistering = 4
)

// A registering is a key that shall be registered, until it has answered.
type registering struct {
	presence.Registration
	at time.Time
}

// NewKey begins to register a principal's key of ours.
func (s *Station) NewKey(slug string, r api.KeyRequest) (k api.NewKey, err error) {
	reg := presence.Registration{Name: r.Name, Origins: append([]string{r.Origin}, r.Also...)}
	if _, err := accord.ParseName(r.Name); err != nil {
		return k, &api.Error{Code: "bad-request", Text: fmt.Sprintf("%q cannot stand in the accord as a name.", cleanName(r.Name)), Action: "Write the principal's name in plain letters, 64 bytes at most."}
	}
	if reg.RPID, err = domainOf(r.Origin); err != nil {
		return k, err
	}
	if err := (accord.PrincipalKey{Name: r.Name, RPID: reg.RPID, Origins: reg.Origins}).CheckOrigins(); err != nil {
		return k, accordError(err)
	}
	_, _ = rand.Read(reg.Challenge[:]) // never fails: crypto/rand
	err = s.onLine(slug, func(e *lineEnd, now time.Time) error {
		e.register(now, reg)
		user := sha256.Sum256(append(e.opt.Line.AccordDigest[:], r.Name...))
		k = api.NewKey{Name: r.Name, Challenge: base64url(reg.Challenge[:]), RPID: reg.RPID, User: base64url(user[:]),
			Exclude: []string{}, TimeoutMS: registerTime.Milliseconds()}
		for _, have := range e.principals(true) {
			k.Exclude = append(k.Exclude, base64url(have.Credential))
		}
		return nil
	})
	return k, err
}

func (e *lineEnd) register(now time.Time, reg presence.Registration) {
	list := slices.DeleteFunc(e.proving.registering, func(r registering) bool { return now.Sub(r.at) > registerTime })
	if len(list) == mostRegistering {
		list = slices.Delete(list, 0, 1)
	}
	e.proving.registering = append(list, registering{reg, now})
}

// domainOf is the relying party of a page's origin: its host, which must be a name.
func domainOf(origin string) (string, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin {
		return "", &api.Error{Code: "bad-request", Text: "The page's address cannot be read.", Action: "Load the page again."}
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil || host != strings.ToLower(host) {
		return "", &api.Error{Code: "bad-request", Text: fmt.Sprintf("A key cannot be registered at %s: browsers ask keys at names alone.", cleanName(host)), Action: "Open the console at localhost or by its name."}
	}
	return host, nil
}

// AddKey checks what a new key answered, and proposes it to the other side.
func (s *Station) AddKey(slug string, k api.CreatedKey) error {
	var reg presence.Registration
	var serial uint32
	if err := s.onLine(slug, func(e *lineEnd, now time.Time) error {
		list := e.proving.registering
		i := slices.IndexFunc(list, func(r registering) bool { return base64url(r.Challenge[:]) == k.Challenge })
		if i < 0 || now.Sub(list[i].at) > registerTime {
			return &api.Error{Code: "no-such-touch", Text: "This key answers no registration that is under way.", Action: "Begin again: it must be done within five minutes."}
		}
		reg = list[i].Registration
		e.proving.registering = slices.Delete(list, i, i+1)
		for _, have := range e.principals(true) {
			if have.Name == reg.Name {
				serial = have.Serial
			}
		}
		return nil
	}); err != nil {
		return err
	}
	key, err := created(reg, k)
	if err != nil {
		return err
	}
	key.Serial = serial + 1
	act := accord.Register
	if serial > 0 {
		act = accord.Replace
	}
	return s.Propose(slug, accord.Change{Principal: &accord.PrincipalChange{Act: act, Key: key}})
}

// created is the key that answered.
func created(reg presence.Registration, k api.CreatedKey) (accord.PrincipalKey, error) {
	client, err := parseBase64url(k.ClientData)
	attestation, err2 := parseBase64url(k.Attestation)
	if err := errors.Join(err, err2); err != nil {
		return accord.PrincipalKey{}, &api.Error{Code: "bad-request", Text: "What the key answered cannot be read.", Action: "Begin again."}
	}
	key, err := presence.Register(reg, client, attestation)
	if r, ok := errors.AsType[*presence.Refusal](err); ok {
		return key, &api.Error{Code: "key-refused", Text: fmt.Sprintf("The key is not registered: %s.", r.Reason), Action: "Use a hardware key that asks for a PIN or a finger and cannot be copied."}
	}
	return key, err
}
