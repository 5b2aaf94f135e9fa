package accord

import (
	"fmt"
	"time"
)

// A Date is a day in UTC, written 2027-01-31.
type Date struct{ days int64 } // since 1 January 1970

// DateOf gives the day of an instant, in UTC.
func DateOf(t time.Time) Date { return Date{t.UTC().Unix() / 86400} }

// ParseDate reads what String writes.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || !storable(t) {
		return Date{}, refuse(ErrTerms, "date", quoted(s), "a day such as 2027-01-31")
	}
	return DateOf(t), nil
}

func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// Time is the first instant of the day.
func (d Date) Time() time.Time { return time.Unix(d.days*86400, 0).UTC() }

// IsZero tells whether no date was set.
func (d Date) IsZero() bool { return d == Date{} }

// A HoldBack says what happens to voice when paths differ in delay.
type HoldBack string

const (
	// Hitless: voice waits for the slowest path relied on (at most 150 ms), so
	// that the cut of a faster one is not heard.
	Hitless HoldBack = "hitless"
	// FirstCopy: the first copy is played, with the least delay.
	FirstCopy HoldBack = "first-copy"
)

// A Disclosure says when a party may show entries of the record to others.
type Disclosure string

const (
	DisclosureFree    Disclosure = "free"    // at will
	DisclosureTold    Disclosure = "told"    // after telling the other
	DisclosureConsent Disclosure = "consent" // with the other's consent
)

// Terms are what the two agree on beside keys and paths. In a new invite a zero
// field means its default; in an accord none is zero.
type Terms struct {
	// Profile is the shape of the line's datagrams: "standard" (20 ms, 320
	// bytes: one or two talkers a side), "wide" (20 ms, 640 bytes: telephones,
	// or four talkers), "thin" (60 ms, 320 bytes: one talker). Default "standard".
	Profile string
	// HoldBack defaults to Hitless.
	HoldBack HoldBack
	// Disclosure defaults to DisclosureTold.
	Disclosure Disclosure
	// Expires is the day from which both stations warn that the accord should be
	// renewed; nothing stops on it, because clocks may be wrong. Default: two
	// years from the invite.
	Expires Date
	// Rules are those that an amendment may change; here as they are at first.
	Rules Rules
}

// withDefaults fills what was left open.
func (t Terms) withDefaults(now time.Time) Terms {
	if t.Profile == "" {
		t.Profile = "standard"
	}
	if t.HoldBack == "" {
		t.HoldBack = Hitless
	}
	if t.Disclosure == "" {
		t.Disclosure = DisclosureTold
	}
	if t.Expires.IsZero() {
		t.Expires = DateOf(now.UTC().AddDate(2, 0, 0))
	}
	if t.Rules.Watch == "" {
		t.Rules = DefaultRules()
	}
	return t
}

// check refuses unknown terms.
func (t Terms) check(now time.Time) error {
	err := choose("profile", t.Profile, "standard", "wide", "thin")
	if err == nil {
		err = choose("hold-back", string(t.HoldBack), string(Hitless), string(FirstCopy))
	}
	if err == nil {
		err = choose("disclosure", string(t.Disclosure), string(DisclosureFree), string(DisclosureTold), string(DisclosureConsent))
	}
	if err == nil {
		err = t.Rules.check()
	}
	if err == nil && t.Expires.Time().Before(now) {
		err = refuse(ErrTerms, "expiry", t.Expires.String(), "a day to come")
	}
	return err
}

// choose demands that found is one of the wanted.
func choose(thing, found string, wanted ...string) error {
	for _, w := range wanted {
		if found == w {
			return nil
		}
	}
	return refuse(ErrTerms, thing, quoted(found), fmt.Sprintf("one of %q", wanted))
}

func (t *Terms) write(w *writer) {
	w.line("profile", t.Profile)
	w.line("hold-back", string(t.HoldBack))
	w.line("disclosure", string(t.Disclosure))
	w.line("expires", t.Expires.String())
	t.Rules.write(w)
}

// read takes the words; [Invite.check] asks what they say.
func (t *Terms) read(r *reader) {
	t.Profile = r.word("profile")
	t.HoldBack = HoldBack(r.word("hold-back"))
	t.Disclosure = Disclosure(r.word("disclosure"))
	t.Expires = r.date("expires")
	t.Rules.read(r)
}
