package wire

import "fmt"

// A MalformedError is what was wrong with authentic bytes: the far station broke
// this specification. The whole datagram is dropped, and nothing of it is acted on.
type MalformedError struct {
	Part  string // "path header", "frame header", "body", "handshake stream" or the kind of the chunk
	At    int    // of the field, in bytes from the start of the header or body
	Field string // what does not fit
	Found int
	Want  string
}

func (e *MalformedError) Error() string {
	return fmt.Sprintf("wire: %s at byte %d: %s is %d: want %s", e.Part, e.At, e.Field, e.Found, e.Want)
}

func malformed(part string, at int, field string, found int, want string) error {
	return &MalformedError{Part: part, At: at, Field: field, Found: found, Want: want}
}
