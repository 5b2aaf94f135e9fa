package store

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"time"
)

// A head says what a file holds, in one sealed row that every file has: what is
// missing is missed.
type head struct {
	own, far held
	settings int64 // rows beside the head's
	seals    int64 // the sum of their seals, so that none is missing, and none older than the rest
	lease    lease
}

// headKey is the head's row among the settings. No caller's key has this character,
// and all of theirs come after it.
const headKey = "!"

// log is what a log holds.
func (h *head) log(l Log) *held {
	if l == Own {
		return &h.own
	}
	return &h.far
}

// encode gives eight numbers of 8 bytes (entries and hashes of own, of far, settings, their seals,
// the lease's term and its end in Unix milliseconds), and the holder.
func (h *head) encode() []byte {
	var b []byte
	for _, n := range []int64{h.own.entries, h.own.hashes, h.far.entries, h.far.hashes, h.settings, h.seals, h.lease.term, h.lease.until.UnixMilli()} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(b, h.lease.holder...)
}

// headSize is the length of an encoded head but for the holder.
const headSize = 8 * 8

func parseHead(b []byte) (head, error) {
	if len(b) < headSize {
		return head{}, fmt.Errorf("%w: its head has %d bytes, want %d", ErrDamaged, len(b), headSize)
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[8*i:])) }
	return head{
		own:      held{number(0), number(1)},
		far:      held{number(2), number(3)},
		settings: number(4),
		seals:    number(5),
		lease:    lease{number(6), time.UnixMilli(number(7)), string(b[headSize:])},
	}, nil
}

// count changes the head for a row that came (1) or went (-1).
func (h *head) count(sealed []byte, sign int64) {
	h.settings += sign
	h.seals += sign * int64(sealOf(sealed))
}

// readHead reads the head with a statement that reads a setting.
func readHead(get *sql.Stmt) (head, error) {
	b, err := setting(get, headKey)
	if err != nil {
		return head{}, err
	}
	if b == nil {
		return head{}, fmt.Errorf("%w: it has no head", ErrDamaged)
	}
	return parseHead(b)
}
