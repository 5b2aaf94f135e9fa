package record

import (
	"bytes"
	"fmt"
)

// max48 is the greatest number, size, and time: they are written in 6 bytes.
const max48 = 1<<48 - 1

// put appends the lowest size bytes of v, the highest first.
func put(b []byte, v uint64, size int) []byte {
	for shift := 8 * (size - 1); shift >= 0; shift -= 8 {
		b = append(b, byte(v>>shift))
	}
	return b
}

// A reader takes bytes apart. After the first fault it gives zeros, so that a
// parser need look at err only once, at its end.
type reader struct {
	what string // for the error: "header", "receipt" …
	b    []byte
	err  error
}

func (r *reader) fail(found, want string) {
	if r.err == nil {
		r.err = refuse(ErrMalformed, r.what, found, want)
	}
}

// bytes takes n bytes; n is small, and never from the input.
func (r *reader) bytes(n int, field string) []byte {
	if r.err == nil && len(r.b) < n {
		r.fail(fmt.Sprintf("%d bytes where the %s begins", len(r.b), field), fmt.Sprintf("%d", n))
	}
	if r.err != nil {
		return make([]byte, n)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uint(n int, field string) (v uint64) {
	for _, c := range r.bytes(n, field) {
		v = v<<8 | uint64(c)
	}
	return v
}

func (r *reader) byte(field string) byte { return r.bytes(1, field)[0] }

func (r *reader) hash(field string) Hash { return Hash(r.bytes(HashSize, field)) }

// sized takes a text behind its length of size bytes; the length is at most most.
func (r *reader) sized(size, most int, field string) []byte {
	n := int(r.uint(size, "length of the "+field))
	if n > most {
		r.fail(fmt.Sprintf("%d bytes of %s", n, field), fmt.Sprintf("at most %d", most))
	}
	if r.err != nil {
		return nil
	}
	return r.bytes(n, field)
}

// putSized appends a text behind its length of size bytes.
func putSized[T string | []byte](b []byte, text T, size int) []byte {
	return append(put(b, uint64(len(text)), size), text...)
}

// rest takes all that is left.
func (r *reader) rest() []byte {
	b := r.b
	r.b = nil
	if r.err != nil {
		return nil
	}
	return b
}

// end refuses what is left.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail(fmt.Sprintf("%d bytes after the end", len(r.b)), "none")
	}
	return r.err
}

// same refuses an encoding that is not the one that we would have made.
func same(what string, found, made []byte) error {
	if !bytes.Equal(found, made) {
		return refuse(ErrMalformed, what, "bytes that mean the same as others", "the one encoding")
	}
	return nil
}
