package record

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Greatest lengths of texts, in bytes of UTF-8.
const (
	MaxText  = 16 << 10 // a message
	MaxTitle = 256      // of a matter; whom something is disclosed to
	MaxWho   = 128      // a person's name, as that person's station states it
	MaxWhy   = 256      // a test's words, or why something was done
	MaxName  = 128      // of an attached file
)

// plain accepts what a message may hold: UTF-8, with line ends (LF) and tabs, and
// no other control character. What looks like something else is for the page to show.
func plain(what, s string) error {
	if err := sized(what, s, 0, MaxText); err != nil {
		return err
	}
	for _, c := range s {
		if unicode.IsControl(c) && c != '\n' && c != '\t' {
			return refuse(ErrMalformed, what, fmt.Sprintf("the control character %U", c), "none but line feeds and tabs")
		}
	}
	return nil
}

// line accepts names and titles: one line, nothing invisible, nothing that turns
// the direction of text, no space at either end.
func line(what, s string, least, most int) error {
	if err := sized(what, s, least, most); err != nil {
		return err
	}
	for _, c := range s {
		if c != ' ' && !unicode.IsGraphic(c) || unicode.IsSpace(c) && c != ' ' {
			return refuse(ErrMalformed, what, fmt.Sprintf("the character %U", c), "one line of visible characters")
		}
	}
	if strings.TrimSpace(s) != s {
		return refuse(ErrMalformed, what, "a space at an end", "none")
	}
	return nil
}

// fileName accepts names that are names and not places.
func fileName(what, s string) error {
	if err := line(what, s, 1, MaxName); err != nil {
		return err
	}
	if strings.ContainsAny(s, `/\:`) || s[0] == '.' {
		return refuse(ErrMalformed, what, fmt.Sprintf("%q", s), `a file name without / \ : that does not begin with a dot`)
	}
	return nil
}

func sized(what, s string, least, most int) error {
	if len(s) < least || len(s) > most {
		return refuse(ErrMalformed, what, fmt.Sprintf("%d bytes of text", len(s)), fmt.Sprintf("%d to %d", least, most))
	}
	if !utf8.ValidString(s) {
		return refuse(ErrMalformed, what, "bytes that are no UTF-8", "text")
	}
	return nil
}
