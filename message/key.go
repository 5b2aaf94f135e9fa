package message

import (
	"fmt"
	"strconv"
	"strings"

	"ringdown/record"
)

// Who wrote something, as keys and items say it.
const (
	us   = "us"
	them = "them"
)

func side(own bool) string {
	if own {
		return us
	}
	return them
}

// A Ref names an entry of one of the two logs.
type Ref struct {
	Own    bool
	Number int64
}

// Key is the name of an entry: "us/12" or "them/7".
func Key(own bool, number int64) string { return side(own) + "/" + strconv.FormatInt(number, 10) }

// ParseKey reads what [Key] gives, and nothing else.
func ParseKey(key string) (own bool, number int64, ok bool) {
	by, digits, _ := strings.Cut(key, "/")
	n, err := strconv.ParseInt(digits, 10, 64)
	own = by == us
	return own, n, err == nil && n >= 0 && n < maxNumber && Key(own, n) == key
}

// maxNumber is above all numbers of entries.
const maxNumber = 1 << 48

// CallKey is the name of a call, or of a drill: what was entered as the one is never part of the other.
func CallKey(id record.CallID, drill bool) string {
	if drill {
		return "drill/" + id.String()
	}
	return "call/" + id.String()
}

func parseCallKey(key string) (id record.CallID, drill, ok bool) {
	what, digits, _ := strings.Cut(key, "/")
	drill = what == "drill"
	if len(digits) != 2*len(id) {
		return id, false, false
	}
	for i := range id {
		b, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		if err != nil {
			return id, false, false
		}
		id[i] = byte(b)
	}
	return id, drill, CallKey(id, drill) == key && !id.IsZero()
}

// An entryID is an entry in the view's tables: twice its number and 2, and 1 more in the far log.
// 0 is none.
type entryID int64

func idOf(own bool, number int64) entryID {
	id := entryID(number)*2 + 2
	if !own {
		id++
	}
	return id
}

func (id entryID) own() bool     { return id&1 == 0 }
func (id entryID) number() int64 { return int64(id)/2 - 1 }
func (id entryID) ref() Ref      { return Ref{id.own(), id.number()} }

// key is the name of the entry; "" for none.
func (id entryID) key() string {
	if id == 0 {
		return ""
	}
	return Key(id.own(), id.number())
}

// target is the entry that a reference points at, from an entry of the log of own.
func target(own bool, r record.Ref) entryID { return idOf(own != r.Other, r.Number) }

func (r Ref) String() string { return fmt.Sprintf("%s entry %d", side(r.Own), r.Number) }
