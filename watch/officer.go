package watch

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the length of the longest name of an officer, in characters; MaxNote that of a note.
const (
	MaxName = 64
	MaxNote = 1000
	maxID   = 64 // bytes
)

// An Officer is a person on a roster or on watch. ID is as the station knows an enrolled person, empty
// for one whom it knows by name alone.
type Officer struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// Is reports whether both are the same person: by id where both have one, else by name.
func (o Officer) Is(p Officer) bool {
	if o.ID != "" && p.ID != "" {
		return o.ID == p.ID
	}
	return o.Name != "" && o.Name == p.Name
}

// IsZero reports whether it is nobody.
func (o Officer) IsZero() bool { return o == Officer{} }

func (o Officer) check(what string) error {
	if len(o.ID) > maxID || strings.ContainsFunc(o.ID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("watch: %s: id is %q, want at most %d plain characters", what, cut(o.ID), maxID)
	}
	if !isName(o.Name) {
		return fmt.Errorf("watch: %s: name is %q, want 1 to %d visible characters in one line, without space at an end", what, cut(o.Name), MaxName)
	}
	return nil
}

// isName accepts one line that a person can see: no control, nothing unassigned, no odd space. Letters
// that look like others pass: whoever shows a name marks them.
func isName(s string) bool {
	n := utf8.RuneCountInString(s)
	if n < 1 || n > MaxName || len(s) > 255 || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != ' ' && (!unicode.IsGraphic(r) || unicode.IsSpace(r))
	})
}

// CleanNote keeps what can be shown of a note: lines of visible characters, at most MaxNote of them.
func CleanNote(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != ' ' && (!unicode.IsGraphic(r) || unicode.IsSpace(r)) {
			if unicode.IsSpace(r) {
				return ' '
			}
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > MaxNote {
		s = string(r[:MaxNote])
	}
	return strings.TrimSpace(s)
}

// cut keeps an error to one readable line.
func cut(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
