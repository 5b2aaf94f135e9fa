package station

import (
	"path/filepath"
	"strings"
	"unicode"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/people"
	"ringdown/record"
)

// PeopleFile has the station's people, within its folder.
const PeopleFile = "people.json"

// openPeople reads who may log in. A file that cannot be read stops the station: without it
// everybody with a link would have every right.
func openPeople(dir string) (*people.Book, error) {
	file := filepath.Join(dir, PeopleFile)
	book, err := people.Open(file, accord.WriteFile)
	if err != nil {
		return nil, &PeopleError{file, err}
	}
	return book, nil
}

// A PeopleError says why the station's people are not known.
type PeopleError struct {
	File string
	Err  error
}

func (e *PeopleError) Error() string { return "station: " + e.Err.Error() }

func (e *PeopleError) Unwrap() error { return e.Err }

// Hint says what a person can do.
func (e *PeopleError) Hint() string {
	return "put back the file from a backup; or remove it, and nobody is enrolled: whoever then has a link may do everything"
}

// notLoggedIn stands behind a name that nobody logged in for and that is of somebody who does log in.
const notLoggedIn = " (not logged in)"

// takenFor says whether a name could be taken for that of somebody who logs in: as it stands, or because it looks like it. A
// name of letters that only dress up others could be anybody's.
func takenFor(staff *people.Book) func(name string) bool {
	alike := staff.Alike(func(name string) string {
		if look := accord.Name(name).Skeleton(); look != "" {
			return look
		}
		return name // of signs alone
	})
	return func(name string) bool { return alike(name) || staff.Enrolled() && dressedUp(name) }
}

// dressedUp reports whether a name has letters that can stand in no name of the accord, each by itself, or accents and the
// like that stand apart from their letters.
func dressedUp(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool {
		if unicode.IsLetter(r) {
			_, err := accord.ParseName(string(r))
			return err != nil
		}
		return unicode.Is(unicode.Inherited, r) && !unicode.Is(unicode.Variation_Selector, r)
	})
}

// unproven is a name that nobody logged in for. If it could be taken for that of a person who does log in, it says so: a
// kiosk may call itself whatever it likes, and shall be taken for nobody.
func (s *Station) unproven(name string) string {
	if name != "" && s.opt.Enrolled != nil && s.opt.Enrolled(name) {
		return name + notLoggedIn
	}
	return name
}

// named is what the record calls a person: by their own name if they are logged in, else as the
// console is called.
func (s *Station) named(p api.Person, console string) string {
	if p.ID != "" {
		return recordable(p.Name)
	}
	name := recordable(console) // first: as it will be read it must not be a person's
	if s.unproven(name) != name {
		return shortened(name, record.MaxWho-len(notLoggedIn)) + notLoggedIn
	}
	return name
}

// who is what the record calls whoever sits at the console.
func (st *seat) who() string { return st.s.named(st.person, st.name) }

// speaks says whether a person may speak to the other side.
func speaks(p api.Person) bool { return p.Acts() != "" }

func (st *seat) speaks() bool { return speaks(st.person) }
