package accord

import (
	"crypto/hpke"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// An ID names an invite, and the accord that comes of it.
type ID [16]byte

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// A Party is one side of an accord.
type Party struct {
	Name Name
	Keys PublicKeys
}

func (p *Party) write(w *writer) {
	w.line("name", string(p.Name))
	p.Keys.write(w)
}

// read refuses a name that could deceive, and a key that stands for two roles.
func (p *Party) read(r *reader) {
	p.Name = Name(r.word("name"))
	if r.err == nil {
		_, err := ParseName(string(p.Name))
		r.wrap(err)
	}
	p.Keys.read(r)
	if role := p.Keys.repeats(); r.err == nil && role != "" {
		r.fail("the key for "+string(role)+" twice", "a key of its own for each role")
	}
}

// DefaultDays is for how many days an invite can be used, unless told otherwise.
const DefaultDays = 14

// InviteOptions say what to offer. The zero value of each field but Paths is
// its default.
type InviteOptions struct {
	// For is the name of the station that may accept. Empty: whoever holds the
	// file; the twelve words then show who did.
	For string
	// Terms, with the defaults as said there.
	Terms Terms
	// Days is for how many days the invite can be used, 1 to 365; 0 means DefaultDays.
	Days int
	// Paths are the paths of the line and this party's end of each, 1 to MaxPaths.
	Paths []OwnPath
}

// An Invite is the first party's half of an accord. Only two functions make one:
// newInvite, for this station, and [ParseInvite], for what others sent; both have
// checked all that can be checked without the other half, so whoever holds an
// Invite need not ask again. It does not change.
type Invite struct {
	ID    ID
	Made  time.Time // by the first party's clock
	Until time.Time // it cannot be accepted or concluded after this
	For   Name      // empty: whoever holds it
	Terms Terms
	First Party

	routes routes
	ends   ends
	once   []byte // one-time public key the pair secret is encapsulated to
	proofs proofs
}

// newInvite makes an invite and the seed of its one-time private key. Times are cut to
// seconds before anything is signed, because the text has no finer ones.
func newInvite(now time.Time, name Name, keys *KeySet, o InviteOptions) (*Invite, Secret, error) {
	now = now.UTC().Truncate(time.Second)
	if o.Days == 0 {
		o.Days = DefaultDays
	}
	if o.Days < 1 || o.Days > 365 {
		return nil, Secret{}, refuse(ErrTerms, "days of the invite", fmt.Sprint(o.Days), "1 to 365")
	}
	inv := &Invite{
		Made: now, Until: now.AddDate(0, 0, o.Days), For: Name(o.For),
		Terms: o.Terms.withDefaults(now),
		First: Party{name, keys.Public()},
	}
	rand.Read(inv.ID[:])
	var list []end
	for _, p := range o.Paths {
		inv.routes = append(inv.routes, route{p.Number, p.Name})
		list = append(list, end{p.Number, p.End})
	}
	inv.ends = newEnds(list)
	if err := inv.check(); err != nil {
		return nil, Secret{}, err
	}
	seed := newSecret()
	once, err := onceKey(seed)
	if err != nil {
		return nil, Secret{}, err
	}
	inv.once = once.PublicKey().Bytes()
	inv.proofs = keys.prove(inv.statement())
	return inv, seed, nil
}

// check holds the rules for what an invite may say. It is asked before this
// station signs, and again of every invite that comes in.
func (inv *Invite) check() error {
	if inv.For != "" {
		if err := checkName("name of the station the invite is for", string(inv.For), MaxName); err != nil {
			return err
		}
		if inv.For.LooksLike(inv.First.Name) {
			return refuse(ErrName, "name of the station the invite is for", quoted(string(inv.For)), "another station than "+quoted(string(inv.First.Name)))
		}
	}
	if err := inv.Terms.check(inv.Made); err != nil {
		return err
	}
	if err := inv.routes.check(); err != nil {
		return err
	}
	if !inv.Made.Before(inv.Until) {
		return refuse(ErrTerms, "end of the invite", inv.Until.Format(timeFormat), "after "+inv.Made.Format(timeFormat))
	}
	return inv.ends.check(inv.routes)
}

// ParseInvite reads an invite file and checks everything that can be checked
// without knowing who reads it and when.
func ParseInvite(file []byte) (*Invite, error) {
	inv := new(Invite)
	if err := decode(inv, file); err != nil {
		return nil, err
	}
	if err := inv.proofs.check(kindInvite, &inv.First.Keys, inv.statement()); err != nil {
		return nil, err
	}
	return inv, nil
}

// File gives the invite as a file.
func (inv *Invite) File() []byte { return encode(inv) }

// Paths gives the paths as the first party brings them.
func (inv *Invite) Paths() []OwnPath {
	var ps []OwnPath
	for i, x := range inv.routes {
		ps = append(ps, OwnPath{x.number, x.name, inv.ends.list[i].Endpoint})
	}
	return ps
}

// ParseEnds reads what a person writes for an accept: "NAME=ENDPOINT" for the
// invite's paths.
func (inv *Invite) ParseEnds(texts []string) (map[uint8]Endpoint, error) {
	return inv.routes.parse(texts)
}

// Digest is over everything in the invite but the signatures.
func (inv *Invite) Digest() Digest { return digestOf(inv.statement()) }

// statement lists the digests of the sections: this is what is signed. The
// signatures themselves are in no section, so a digest does not depend on them
// (ML-DSA gives another one each time).
func (inv *Invite) statement() []byte { return statement("invite", inv.sections()) }

func (inv *Invite) sections() []Section {
	return []Section{
		sectionOf("terms", inv.writeTerms),
		sectionOf("first", inv.First.write),
		sectionOf("first-ends", inv.ends.write),
		sectionOf("once", inv.writeOnce),
	}
}

func (inv *Invite) kind() kind { return kindInvite }

// intro names both parties in quotation marks, which no name can hold.
func (inv *Invite) intro() string {
	whom := "whoever it was given to"
	if inv.For != "" {
		whom = "\"" + string(inv.For) + "\""
	}
	return fmt.Sprintf(`Ringdown invite from "%s", for %s: to accept it, run "ringdown accept FILE".
Do that at your own station, and send back to "%s" the file that it makes.
It can be used once, until %s. It holds no secret, but
whoever accepts it first gets the line: compare the twelve words by voice.
`, inv.First.Name, whom, inv.First.Name, plainTime(inv.Until))
}

// plainTime is how introductions write an instant.
func plainTime(t time.Time) string { return t.Format("2 January 2006 15:04:05") + " UTC" }

func (inv *Invite) writeTerms(w *writer) {
	w.line("id", inv.ID.String())
	w.line("made", inv.Made.Format(timeFormat))
	w.line("until", inv.Until.Format(timeFormat))
	whom := "-"
	if inv.For != "" {
		whom = string(inv.For)
	}
	w.line("for", whom)
	inv.Terms.write(w)
	inv.routes.write(w)
}

const onceAlgorithm = "mlkem768-x25519"

func (inv *Invite) writeOnce(w *writer) {
	w.line("once", onceAlgorithm)
	w.block(inv.once)
}

func (inv *Invite) write(w *writer) {
	inv.writeTerms(w)
	inv.First.write(w)
	inv.ends.write(w)
	inv.writeOnce(w)
	inv.proofs.write(w)
}

// read takes the fields in their order. The one-time key is tried at once: a
// party that cannot be answered should be told so by the invite, not by a failure later.
func (inv *Invite) read(r *reader) {
	inv.ID = ID(r.hex("id", len(ID{})))
	inv.Made = r.time("made")
	inv.Until = r.time("until")
	if inv.For = Name(r.word("for")); inv.For == "-" {
		inv.For = ""
	}
	inv.Terms.read(r)
	inv.routes = readRoutes(r)
	inv.First.read(r)
	inv.ends.read(r)
	r.words("once "+onceAlgorithm, 0)
	inv.once = r.block(onceKeySize)
	if r.err == nil {
		_, err := hpke.MLKEM768X25519().NewPublicKey(inv.once)
		r.wrap(err)
		r.wrap(inv.check())
	}
	inv.proofs.read(r)
}
