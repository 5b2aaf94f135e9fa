package store

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// DraftPrefix begins the keys of the settings that are salvaged: what was
// written and has no number yet.
const DraftPrefix = "draft/"

// A Salvaged is what could still be read of a damaged store.
type Salvaged struct {
	Drafts  map[string][]byte // settings with DraftPrefix, by key
	Entries map[int64][]byte  // by number
	Lost    []string          // a sentence for each thing that could not be read
}

// Salvage reads what it can of a damaged file, which nobody has open: drafts, and a log's
// entries from first on. Each of them was once written so: a seal confirms it. It never fails; what it could not
// read it says. It changes nothing, and takes the memory that it returns.
//
// Where the tree of settings is damaged, all pages are searched for drafts. Then one that was withdrawn or numbered
// may be found again: that is said, and its id tells whoever has numbered it.
func Salvage(file string, l Log, first int64) *Salvaged {
	v := &salvage{log: l, first: max(first, 0), entries: map[int64][]byte{}}
	w, err := openWreck(file)
	if err != nil {
		v.lose("%s cannot be read: %v", file, err)
		return &Salvaged{Lost: v.lost}
	}
	defer w.close()
	if w.doubtful {
		v.lose("the header of the -wal is damaged: what was written last may be missing")
	}
	for n := range w.all() {
		w.rows(n, v.takeEntry)
	}
	s := new(settings)
	for n := range w.settings() {
		w.rows(n, s.take)
	}
	if !s.whole() {
		v.lose("the settings are damaged: drafts may be among these that were withdrawn or sent, or be missing")
		free := w.free()
		for n := range w.all() {
			if !free[n] {
				w.rows(n, s.take)
			}
		}
	}
	v.missing(s.head)
	return &Salvaged{s.drafts, v.entries, append(v.lost, s.lost...)}
}

// losses are sentences.
type losses struct{ lost []string }

func (v *losses) lose(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(v.lost, text) && len(v.lost) < maxLost {
		v.lost = append(v.lost, text)
	}
}

// maxLost is how many losses are named.
const maxLost = 1000

// A salvage looks for entries.
type salvage struct {
	losses
	log     Log
	first   int64
	entries map[int64][]byte
}

// takeEntry keeps a row whose seal says that it is an entry of the log.
func (v *salvage) takeEntry(r row) {
	if r.key != "" || r.number < v.first {
		return
	}
	if e := unseal(v.log.table("entry"), numbered(r.number), r.sealed); len(e) > 0 {
		v.entries[r.number] = e
	}
}

// missing says which entries are not there.
func (v *salvage) missing(h *head) {
	if h == nil {
		v.lose("the head is damaged: how many entries there were is not known")
		return
	}
	size := h.log(v.log).entries
	for n := v.first; n < size && len(v.lost) < maxLost; n++ {
		from := n
		for n < size && v.entries[n] == nil {
			n++
		}
		if n > from {
			v.lose("entries %d to %d of log %s cannot be read", from, n-1, v.log)
		}
	}
}

// settings are what was found of them.
type settings struct {
	losses
	drafts map[string][]byte
	head   *head
	found  head // counted as in a head
}

// whole says whether these are all settings as they were last written.
func (v *settings) whole() bool {
	return v.head != nil && v.found.settings == v.head.settings && v.found.seals == v.head.seals
}

// take keeps a row whose seal says that it is a draft, or the head.
func (v *settings) take(r row) {
	if r.key == "" {
		return
	}
	draft := strings.HasPrefix(r.key, DraftPrefix)
	value := unseal("setting", r.key, r.sealed)
	switch {
	case value == nil && draft:
		v.lose("draft %q is not what was written", r.key)
	case value == nil:
	case r.key == headKey:
		v.takeHead(value)
	default:
		v.found.count(r.sealed, 1)
		if draft {
			v.takeDraft(r.key, value)
		}
	}
}

func (v *settings) takeDraft(key string, value []byte) {
	if before, twice := v.drafts[key]; twice && !bytes.Equal(before, value) {
		v.lose("draft %s was found in two versions: which is the newer is not known", key)
	}
	if v.drafts == nil {
		v.drafts = map[string][]byte{}
	}
	v.drafts[key] = value
}

// takeHead keeps the head that says most: an older one may have been left behind.
func (v *settings) takeHead(value []byte) {
	h, err := parseHead(value)
	if err == nil && (v.head == nil || h.own.entries+h.far.entries > v.head.own.entries+v.head.far.entries) {
		v.head = &h
	}
}
