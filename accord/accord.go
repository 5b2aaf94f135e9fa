package accord

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"time"
)

// An Accept is the second party's half of an accord.
type Accept struct {
	Invite ID        // the invite that it answers
	Digest Digest    // of that invite, so that not a byte of it can differ
	Made   time.Time // by the second party's clock
	Second Party

	ends   ends
	sealed []byte // pair secret, for the invite's one-time key
	proofs proofs
	first  Name // of the invite; for the introduction
}

// AcceptOptions say with what to answer an invite.
type AcceptOptions struct {
	// Ends are this party's ends of the invite's paths, by number. Every path
	// needs one.
	Ends map[uint8]Endpoint
}

// newAccept answers inv. It gives the whole accord and the pair secret.
//
// The order is fixed by what depends on what: ends and keys first, then the
// sealed secret, which is bound to them, then the signatures over all of it.
func newAccept(now time.Time, name Name, keys *KeySet, inv *Invite, o AcceptOptions) (*Accord, Secret, error) {
	acc := &Accept{
		Invite: inv.ID, Digest: inv.Digest(), first: inv.First.Name,
		Made:   now.UTC().Truncate(time.Second),
		Second: Party{name, keys.Public()},
	}
	var list []end
	for _, x := range inv.routes {
		e, ok := o.Ends[x.number]
		if !ok {
			return nil, Secret{}, refuse(ErrTerms, fmt.Sprintf("end of path %d (%s)", x.number, x.name), "none", "this station's address on it, or that it roams")
		}
		list = append(list, end{x.number, e})
	}
	if len(o.Ends) > len(list) {
		return nil, Secret{}, refuse(ErrTerms, "ends", fmt.Sprint(len(o.Ends)), fmt.Sprintf("one for each of the invite's %d paths", len(list)))
	}
	acc.ends = newEnds(list)
	a := &Accord{Invite: inv, Accept: acc}
	if err := a.check(); err != nil {
		return nil, Secret{}, err
	}
	secret := newSecret()
	var err error
	if acc.sealed, err = seal(secret, inv.once, acc.info(), acc.aad()); err != nil {
		return nil, Secret{}, err
	}
	acc.proofs = keys.prove(a.statement("accept"))
	return a, secret, nil
}

// info and aad bind the sealed pair secret to the invite, and to everything else
// that the second party says. Someone who puts the sealed bytes into an accept of
// his own gets an accept that cannot be concluded.
func (acc *Accept) info() []byte {
	return []byte("ringdown pair secret " + version + "\n" + acc.Digest.String() + "\n")
}

func (acc *Accept) aad() []byte {
	var w writer
	acc.writeAnswer(&w)
	acc.Second.write(&w)
	acc.ends.write(&w)
	return w.b
}

func (acc *Accept) kind() kind { return kindAccept }

func (acc *Accept) intro() string {
	return fmt.Sprintf(`Ringdown accept from "%s", for "%s": to use it, run "ringdown conclude FILE".
Only the station "%s" can, because it made the invite, and only once.
The pair's secret inside is readable to nobody else. Compare the twelve words
by voice afterwards, and confirm them at both stations with "ringdown confirm".
`, acc.Second.Name, acc.first, acc.first)
}

func (acc *Accept) writeAnswer(w *writer) {
	w.line("invite", acc.Invite.String())
	w.line("digest", acc.Digest.String())
	w.line("to", string(acc.first))
	w.line("made", acc.Made.Format(timeFormat))
}

func (acc *Accept) writeSealed(w *writer) {
	w.line("sealed", sealedSuite)
	w.block(acc.sealed)
}

func (acc *Accept) write(w *writer) {
	acc.writeAnswer(w)
	acc.Second.write(w)
	acc.ends.write(w)
	acc.writeSealed(w)
	acc.proofs.write(w)
}

func (acc *Accept) read(r *reader) {
	acc.Invite = ID(r.hex("invite", len(ID{})))
	acc.Digest = Digest(r.hex("digest", len(Digest{})))
	acc.first = Name(r.word("to"))
	if r.err == nil {
		_, err := ParseName(string(acc.first))
		r.wrap(err)
	}
	acc.Made = r.time("made")
	acc.Second.read(r)
	acc.ends.read(r)
	r.words("sealed "+sealedSuite, 0)
	acc.sealed = r.block(sealedSize)
	acc.proofs.read(r)
}

// ParseAccept reads an accept file. Its signatures cover the invite too, so
// they can only be checked by [Join].
func ParseAccept(file []byte) (*Accept, error) {
	acc := new(Accept)
	if err := decode(acc, file); err != nil {
		return nil, err
	}
	return acc, nil
}

// File gives the accept as a file.
func (acc *Accept) File() []byte { return encode(acc) }

// An Accord is what two parties agreed: an invite and the accept of it. It does
// not change; see [Amendment] for what may. It is safe for concurrent use.
type Accord struct {
	Invite *Invite
	Accept *Accept
}

// Join puts the two halves together and checks everything that both say: that the
// accept answers this very invite, that all the second party's keys have signed,
// and that the two halves can be agreed together. It needs no secret, so anybody
// who has the files can do it.
//
// Signatures come before the rules: what no station wrote is [ErrChanged],
// whatever else may be wrong with it.
func Join(inv *Invite, acc *Accept) (*Accord, error) {
	a := &Accord{inv, acc}
	if acc.Invite != inv.ID {
		return nil, refuse(ErrWrongParty, "accept file", "an answer to invite "+acc.Invite.String(), "one to "+inv.ID.String())
	}
	if acc.Digest != inv.Digest() {
		return nil, refuse(ErrChanged, "accept file", "an answer to an invite with digest "+acc.Digest.String(), inv.Digest().String()).
			hint("the other party accepted an invite that was changed on its way: send the invite again, by a safer way")
	}
	if acc.first != inv.First.Name {
		return nil, refuse(ErrChanged, "accept file", "an answer to "+quoted(string(acc.first)), quoted(string(inv.First.Name)))
	}
	if err := acc.proofs.check(kindAccept, &acc.Second.Keys, a.statement("accept")); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return a, nil
}

// check holds the rules that concern both halves. The second party asks them before it
// signs, the first before it concludes.
func (a *Accord) check() error {
	first, second := &a.Invite.First, &a.Accept.Second
	if bytes.Equal(first.Keys.Identity(), second.Keys.Identity()) {
		return refuse(ErrWrongParty, "accord", "one station as both parties", "two stations").
			hint("an invite is for another station: send it there")
	}
	if role := first.Keys.shares(&second.Keys); role != "" {
		return refuse(ErrWrongParty, "accord", fmt.Sprintf("the first party's %s key in the second party's hands", role), "keys of its own for each party")
	}
	if first.Name.LooksLike(second.Name) {
		return refuse(ErrName, "name of the second party", quoted(string(second.Name)), "one that cannot be taken for "+quoted(string(first.Name)))
	}
	if a.Invite.For != "" && a.Invite.For != second.Name {
		return refuse(ErrWrongParty, "invite", "a station named "+quoted(string(second.Name)), quoted(string(a.Invite.For))).
			hint("the invite names the station it is for; ask %q for one that names this station exactly", first.Name)
	}
	_, err := join(a.Invite.routes, &a.Invite.ends, &a.Accept.ends)
	return err
}

// Paths gives the paths as first agreed.
func (a *Accord) Paths() []Path {
	ps, err := join(a.Invite.routes, &a.Invite.ends, &a.Accept.ends)
	if err != nil {
		panic("accord: " + err.Error()) // check was passed when a was made
	}
	return ps
}

// First and Second are the parties.
func (a *Accord) First() *Party  { return &a.Invite.First }
func (a *Accord) Second() *Party { return &a.Accept.Second }

// Party gives one of them.
func (a *Accord) Party(first bool) *Party {
	if first {
		return a.First()
	}
	return a.Second()
}

// Terms are what both agreed on.
func (a *Accord) Terms() Terms { return a.Invite.Terms }

// ID is that of the invite.
func (a *Accord) ID() ID { return a.Invite.ID }

// Expired tells whether a renewal is due. It is a reason to warn, never to stop.
func (a *Accord) Expired(now time.Time) bool {
	return !now.Before(a.Terms().Expires.Time())
}

// statement lists the digests of all sections under a heading of its own for
// each use: what is signed by one can't be taken for what is signed by the other.
func (a *Accord) statement(use string) []byte { return statement(use, a.Sections()) }

// Sections are the parts of the accord in their order: terms, first, first-ends, once, answer,
// second, second-ends, sealed. First and second are the parties with their keys.
func (a *Accord) Sections() []Section {
	return append(a.Invite.sections(),
		sectionOf("answer", a.Accept.writeAnswer),
		sectionOf("second", a.Accept.Second.write),
		sectionOf("second-ends", a.Accept.ends.write),
		sectionOf("sealed", a.Accept.writeSealed))
}

// Digest is over everything that both parties wrote, the signatures apart.
func (a *Accord) Digest() Digest { return digestOf(a.statement("accord")) }

// final is the first party's last signature. When it signed the invite it had seen
// only its own half; with this one, both have signed the same eight sections.
func (a *Accord) final(keys *KeySet) []byte {
	return keys.of(RoleIdentity).sign(a.statement("final"))
}

// CheckFinal verifies the first party's final signature, which makes the accord
// binding on it. It is 64 bytes long.
func (a *Accord) CheckFinal(sig []byte) error {
	if len(sig) != ed25519.SignatureSize || !ed25519.Verify(a.First().Keys.Identity(), a.statement("final"), sig) {
		return refuse(ErrChanged, "final signature of "+quoted(string(a.First().Name)), fmt.Sprintf("%d bytes that do not verify", len(sig)), "its signature over this accord")
	}
	return nil
}
