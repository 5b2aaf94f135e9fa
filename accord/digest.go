package accord

import (
	"crypto/sha256"
	"encoding/hex"
)

// A Digest is the SHA-256 of a statement. The first line of every statement says what
// it states, so no two kinds of statement can have the same digest.
type Digest [sha256.Size]byte

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

func digestOf(statement []byte) Digest { return sha256.Sum256(statement) }

// A Section is one part of what is agreed. A disclosure shows some sections of an accord,
// and of the others the digests alone: together they make the accord's digest.
type Section struct {
	Name   string
	Digest Digest // SHA-256 of the line "ringdown section 1 NAME" and the text
	Text   string // its lines
}

func sectionOf(name string, write func(*writer)) Section {
	var head, text writer
	head.line("ringdown section", version, name)
	write(&text)
	return Section{name, digestOf(append(head.b, text.b...)), string(text.b)}
}

// statement is what is signed, or digested: a heading that says what for, and a line
// for each section.
func statement(use string, sections []Section) []byte {
	var w writer
	w.line("ringdown", use, "statement", version)
	for _, s := range sections {
		w.line(s.Name, s.Digest.String())
	}
	return w.b
}
