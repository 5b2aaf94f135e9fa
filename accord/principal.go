package accord

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A PrincipalKey is a hardware key that a party has registered for one of its principals: a
// WebAuthn credential. The accord keeps its bytes and judges none of them; package presence does.
type PrincipalKey struct {
	// Name is the person's, written by the rules of a party's [Name]. No two keys of a party have
	// names that could be taken for each other.
	Name string
	// RPID is the domain that the key was registered for: WebAuthn's relying party.
	RPID string
	// Origins are the addresses of the pages that may ask it, 1 to MaxOrigins, each under RPID:
	// "https://console.north.example", "http://localhost:7100".
	Origins []string
	// Credential is the credential's id, MinCredential to MaxCredential bytes. No two keys of an accord share it.
	Credential []byte
	// PublicKey is the credential's key in COSE form, 1 to MaxCOSE bytes.
	PublicKey []byte
	// Serial is 1 for the first key of that name, one higher for each that replaces it.
	Serial uint32
}

const (
	// MaxPrincipals is how many keys a party can have registered.
	MaxPrincipals = 8

	MaxOrigins    = 4
	MinCredential = 16 // WebAuthn, section 4: 100 bits of chance at least
	MaxCredential = 1023
	MaxCOSE       = 512
)

// A PrincipalAct is what an amendment does with a key.
type PrincipalAct string

const (
	Register PrincipalAct = "register" // a key for a name that has none
	Replace  PrincipalAct = "replace"  // another key for a name that has one, with the next serial
	Remove   PrincipalAct = "remove"   // the key of a name, by its serial
)

// A PrincipalChange registers, replaces or removes one key of the proposer's own party. To remove a
// key its name and serial are enough, and nothing else of it may be given.
type PrincipalChange struct {
	Act PrincipalAct
	Key PrincipalKey
}

// Equal tells whether both are the same in every byte.
func (k PrincipalKey) Equal(other PrincipalKey) bool {
	return k.Name == other.Name && k.RPID == other.RPID && slices.Equal(k.Origins, other.Origins) && k.Serial == other.Serial &&
		bytes.Equal(k.Credential, other.Credential) && bytes.Equal(k.PublicKey, other.PublicKey)
}

// check holds the rules for one key, whoever has it.
func (k PrincipalKey) check() error {
	thing := "principal's key of " + quoted(k.Name)
	if err := checkName("name of a principal", k.Name, MaxName); err != nil {
		return err
	}
	if err := k.CheckOrigins(); err != nil {
		return err
	}
	if n := len(k.Credential); n < MinCredential || n > MaxCredential {
		return refuse(ErrTerms, thing, fmt.Sprintf("a credential of %d bytes", n), fmt.Sprintf("%d to %d", MinCredential, MaxCredential))
	}
	if n := len(k.PublicKey); n < 1 || n > MaxCOSE {
		return refuse(ErrTerms, thing, fmt.Sprintf("a public key of %d bytes", n), fmt.Sprintf("1 to %d", MaxCOSE))
	}
	return nil
}

// CheckOrigins holds the rules for where a key counts: its relying party and its origins.
func (k PrincipalKey) CheckOrigins() error {
	thing := "principal's key of " + quoted(k.Name)
	if checkHost("", k.RPID) != nil {
		return refuse(ErrTerms, thing, "relying party "+quoted(k.RPID), "a domain in lower case, such as console.north.example")
	}
	if n := len(k.Origins); n < 1 || n > MaxOrigins {
		return refuse(ErrTerms, thing, fmt.Sprintf("for use at %d addresses", n), fmt.Sprint("1 to ", MaxOrigins))
	}
	for i, o := range k.Origins {
		if !originUnder(o, k.RPID) {
			return refuse(ErrTerms, thing, "for use at "+quoted(o), "the address of a page under "+quoted(k.RPID)+", such as https://"+k.RPID).
				hint("write each address as the browser has it: with https://, the name, and the port if there is one")
		}
		if slices.Contains(k.Origins[:i], o) {
			return refuse(ErrTerms, thing, "for use at "+quoted(o)+" twice", "each once")
		}
	}
	return nil
}

// originUnder tells whether o is a web origin in its one form, of the domain or of one under it: what
// a browser demands before it lets a page ask a key of that domain.
func originUnder(o, domain string) bool {
	rest, secure := strings.CutPrefix(o, "https://")
	usual := ":443"
	if !secure {
		rest, secure = strings.CutPrefix(o, "http://")
		usual = ":80"
		if domain != "localhost" { // the one domain that browsers trust without TLS
			return false
		}
	}
	if !secure {
		return false
	}
	host := rest
	if strings.Contains(rest, ":") {
		a, err := ParseAddress(rest)
		if err != nil || strings.HasSuffix(rest, usual) {
			return false
		}
		host = a.Host()
	}
	return checkHost("", host) == nil && (host == domain || strings.HasSuffix(host, "."+domain))
}

// check holds the rules for a change by itself; [principals.with] asks what it is made to.
func (c *PrincipalChange) check() error {
	if err := choose("change of a principal's key", string(c.Act), string(Register), string(Replace), string(Remove)); err != nil {
		return err
	}
	if c.Act != Remove {
		return c.Key.check()
	}
	if !c.Key.Equal(PrincipalKey{Name: c.Key.Name, Serial: c.Key.Serial}) {
		return refuse(ErrTerms, "removal of a principal's key", "more than a name and a serial", "these two alone")
	}
	return checkName("name of a principal", c.Key.Name, MaxName)
}

func (c *PrincipalChange) write(w *writer) {
	k := &c.Key
	w.line("principal", string(c.Act), strconv.FormatUint(uint64(k.Serial), 10))
	w.line("name", k.Name)
	if c.Act == Remove {
		return
	}
	w.line("rp-id", k.RPID)
	for _, o := range k.Origins {
		w.line("origin", o)
	}
	w.line("credential", strconv.Itoa(len(k.Credential)))
	w.block(k.Credential)
	w.line("public-key", strconv.Itoa(len(k.PublicKey)))
	w.block(k.PublicKey)
}

// read takes the lines, and refuses what no station writes.
func (c *PrincipalChange) read(r *reader) {
	f := r.words("principal", 2)
	k := &c.Key
	c.Act, k.Serial = PrincipalAct(f[0]), uint32(r.number(f[1], MaxSerial))
	k.Name = r.word("name")
	if c.Act != Remove {
		k.RPID = r.word("rp-id")
		for r.peek("origin ") && len(k.Origins) < MaxOrigins {
			k.Origins = append(k.Origins, r.word("origin"))
		}
		k.Credential = r.block(int(r.number(r.word("credential"), MaxCredential)))
		k.PublicKey = r.block(int(r.number(r.word("public-key"), MaxCOSE)))
	}
	if r.err == nil {
		r.wrap(c.check())
	}
}

// principals are the keys of one party, in the order in which they were registered.
type principals []PrincipalKey

// with gives the keys as they are after a change; other are those of the other party.
func (ps principals) with(c *PrincipalChange, other principals) (principals, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	thing := "principal's key of " + quoted(c.Key.Name)
	i := slices.IndexFunc(ps, func(k PrincipalKey) bool { return k.Name == c.Key.Name })
	if c.Act == Register {
		return ps.register(c.Key, other, thing)
	}
	if i < 0 {
		return nil, refuse(ErrTerms, thing, "none", "one that is registered")
	}
	out := slices.Clone(ps)
	have := ps[i].Serial
	if c.Act == Remove {
		if c.Key.Serial != have {
			return nil, refuse(ErrTerms, thing, fmt.Sprint("serial ", c.Key.Serial), fmt.Sprint(have))
		}
		return slices.Delete(out, i, i+1), nil
	}
	if c.Key.Serial != have+1 {
		return nil, refuse(ErrTerms, thing, fmt.Sprint("serial ", c.Key.Serial), fmt.Sprint(have+1))
	}
	if err := c.Key.fresh(ps, other); err != nil {
		return nil, err
	}
	out[i] = c.Key
	return out, nil
}

func (ps principals) register(k PrincipalKey, other principals, thing string) (principals, error) {
	for _, have := range ps {
		if Name(have.Name).LooksLike(Name(k.Name)) {
			return nil, refuse(ErrTerms, thing, "a key of "+quoted(have.Name)+" already", "a name that cannot be taken for it").
				hint("replace that key, or remove it first")
		}
	}
	if k.Serial != 1 {
		return nil, refuse(ErrTerms, thing, fmt.Sprint("serial ", k.Serial), "1")
	}
	if len(ps) >= MaxPrincipals {
		return nil, refuse(ErrTerms, thing, fmt.Sprintf("%d keys already", len(ps)), fmt.Sprint("at most ", MaxPrincipals)).
			hint("remove one that is no longer used first")
	}
	if err := k.fresh(ps, other); err != nil {
		return nil, err
	}
	return append(slices.Clone(ps), k), nil
}

// fresh demands a credential that stands nowhere else: a key is of one person.
func (k PrincipalKey) fresh(own, other principals) error {
	for _, have := range slices.Concat(own, other) {
		if bytes.Equal(have.Credential, k.Credential) {
			return refuse(ErrTerms, "principal's key of "+quoted(k.Name), "the one registered for "+quoted(have.Name), "a key of its own")
		}
	}
	return nil
}
