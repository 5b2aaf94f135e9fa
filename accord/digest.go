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

// section writes the line of a statement that stands for one section:
// its name and the SHA-256 of a heading and the section's text.
func (w *writer) section(name string, write func(*writer)) {
	var text writer
	text.line("ringdown section", version, name)
	write(&text)
	w.line(name, digestOf(text.b).String())
}
