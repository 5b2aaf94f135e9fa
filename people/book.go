package people

import (
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An Error is a refusal that a person reads.
type Error struct {
	Code, Text, Action string
}

func (e *Error) Error() string { return e.Text }

// A Book is the station's people. It is safe for concurrent use.
type Book struct {
	file  string
	write func(path string, data []byte) error

	changing sync.Mutex // held over a change and its way to the disk
	now      atomic.Pointer[[]Person]
}

// Open reads the file, or begins a new one if there is none. Write replaces a file durably; its
// error means that the file is as it was, or as it shall be.
func Open(file string, write func(path string, data []byte) error) (*Book, error) {
	list, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("people: %s: %w", file, err)
	}
	b := &Book{file: file, write: write}
	b.now.Store(&list)
	return b, nil
}

// People are all, in the order in which they were added.
func (b *Book) People() []Person { return slices.Clone(*b.now.Load()) }

// Enrolled says whether anybody has a passkey; until then there is nobody to log in.
func (b *Book) Enrolled() bool { return enrolled(*b.now.Load()) }

// Person finds one by id.
func (b *Book) Person(id ID) (Person, bool) {
	list := *b.now.Load()
	i := slices.IndexFunc(list, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return list[i], true
}

// Alike gives a test whether somebody is called so, or in a way that has the same look, whatever the case. Look is asked
// once for each person between two changes.
func (b *Book) Alike(look func(name string) string) func(name string) bool {
	type looks struct {
		of  *[]Person
		has map[string]bool
	}
	var known atomic.Pointer[looks]
	return func(name string) bool {
		k := known.Load()
		if list := b.now.Load(); k == nil || k.of != list {
			k = &looks{list, make(map[string]bool)}
			for _, p := range *list {
				k.has[look(p.Name)], k.has[look(folded(p.Name))] = true, true
			}
			known.Store(k)
		}
		return k.has[look(name)] || k.has[look(folded(name))]
	}
}

// Find finds one by name or by id, as a person types it.
func (b *Book) Find(who string) (Person, error) {
	list := *b.now.Load()
	i := slices.IndexFunc(list, func(p Person) bool { return folded(p.Name) == folded(who) || p.ID.String() == who })
	if i < 0 {
		return Person{}, noSuchPerson(who)
	}
	return list[i], nil
}

func noSuchPerson(who string) *Error {
	return &Error{"no-such-person", fmt.Sprintf("This station has nobody called %.60q.", who), "See who there is: ringdown people list."}
}

// Add takes in a person, and gives the token of their enrolment link.
func (b *Book) Add(now time.Time, name string, roles []Role) (Person, string, error) {
	roles, err := cleanRoles(roles)
	if err == nil {
		err = checkName(name)
	}
	if err != nil {
		return Person{}, "", badPerson(err)
	}
	token, link := newLink(now)
	p := Person{ID: newID(), Name: name, Roles: roles, Added: now.UTC(), Keys: []Key{}, Link: link}
	err = b.change(func(list []Person) ([]Person, error) {
		switch {
		case len(list) >= MostPeople:
			return nil, &Error{"too-many-people", fmt.Sprintf("This station has %d people, which is the most.", MostPeople), "Remove somebody first."}
		case slices.ContainsFunc(list, func(q Person) bool { return folded(q.Name) == folded(name) }):
			return nil, &Error{"name-taken", fmt.Sprintf("Somebody at this station is called %q already.", name), "Give another name, so that the record tells them apart."}
		}
		return append(list, p), nil
	})
	return p, token, err
}

func badPerson(err error) *Error {
	return &Error{"bad-request", "The person cannot be entered: " + err.Error() + ".", "Correct it and try again."}
}

func newLink(now time.Time) (string, *Link) {
	token, d := newToken()
	return token, &Link{Digest: d, Expires: now.UTC().Add(LinkLife)}
}

// Link gives a person a new enrolment link and ends the one before. If their keys are lost these
// end too: at once, or, those of the only administrator, when the new one is there.
func (b *Book) Link(now time.Time, id ID, lost bool) (Person, string, error) {
	token, link := newLink(now)
	link.Replaces = lost
	err := b.changePerson(id, func(list []Person, p *Person) error {
		p.Link = link
		if !lost {
			return nil
		}
		old, keys := slices.Clone(list), p.Keys
		if p.Keys = []Key{}; shutOut(old, list) {
			p.Keys = keys
		}
		return nil
	})
	p, _ := b.Person(id)
	return p, token, err
}

// SetRoles changes what a person is.
func (b *Book) SetRoles(id ID, roles []Role) (Person, error) {
	roles, err := cleanRoles(roles)
	if err != nil {
		return Person{}, badPerson(err)
	}
	err = b.changePerson(id, func(_ []Person, p *Person) error {
		p.Roles = roles
		return nil
	})
	p, _ := b.Person(id)
	return p, err
}

// Remove takes a person out, with their keys and their link.
func (b *Book) Remove(id ID) error {
	return b.change(func(list []Person) ([]Person, error) {
		n := len(list)
		list = slices.DeleteFunc(list, func(p Person) bool { return p.ID == id })
		if len(list) == n {
			return nil, noSuchPerson(id.String())
		}
		return list, nil
	})
}

// changePerson changes one; f may look at all.
func (b *Book) changePerson(id ID, f func(list []Person, p *Person) error) error {
	return b.change(func(list []Person) ([]Person, error) {
		i := slices.IndexFunc(list, func(p Person) bool { return p.ID == id })
		if i < 0 {
			return nil, noSuchPerson(id.String())
		}
		return list, f(list, &list[i])
	})
}

// change carries out one change: in a copy, held to the rules, written, then shown. After a crash
// the file is as it was or as it shall be.
func (b *Book) change(f func([]Person) ([]Person, error)) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	old := *b.now.Load()
	list, err := f(slices.Clone(old))
	if err != nil {
		return err
	}
	if err := keepsRules(old, list); err != nil {
		return err
	}
	text, err := encode(list)
	if err == nil {
		err = b.write(b.file, text)
	}
	if err != nil {
		return &Error{"not-written", "The change could not be written to the disk: " + err.Error() + ".", "Mend the disk and try again; until then all is as it was."}
	}
	b.now.Store(&list)
	return nil
}

// keepsRules refuses a change that would leave nobody to let people in.
func keepsRules(old, list []Person) error {
	switch {
	case shutOut(old, list) && copies(list) <= copies(old): // that a key was copied is kept, whoever has it
		return &Error{"last-administrator", "This is the last administrator who can log in.", "Make somebody else an administrator and let them enrol first."}
	case enrolled(list) && !administered(list):
		return errAdministratorFirst
	}
	if err := checkAll(list); err != nil {
		return fmt.Errorf("people: %w", err)
	}
	return nil
}

// shutOut says whether a change takes out the last administrator with a key, or the last whose key still lets in.
func shutOut(old, list []Person) bool {
	return administered(old) && !administered(list) || letsIn(old) && !letsIn(list)
}

var errAdministratorFirst = &Error{"administrator-first", "Nobody is enrolled yet, and the first must be an administrator.", "Let an administrator open their link first, then this one again."}

// ParseID reads what ID.String wrote.
func ParseID(text string) (ID, bool) {
	var id ID
	if hex.DecodedLen(len(text)) != len(id) {
		return ID{}, false
	}
	return id, id.UnmarshalText([]byte(text)) == nil
}
