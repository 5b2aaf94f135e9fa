package message

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// Proofs says what can be shown for an entry.
type Proofs func(own bool, number int64) record.ProofState

// Limits of a page, in items.
const (
	defaultLimit = 100
	maxLimit     = 200
)

// Page is a part of the timeline, the newest first, without what still waits. Where what is asked for
// is rare and no table leads to it, a page may have fewer items than its limit, or none, and
// still a next one: the work of one call is bounded.
func (v *View) Page(q api.RecordQuery, p Proofs, now time.Time) (page api.RecordPage, err error) {
	page.Items, page.Waiting = []api.Item{}, []api.Item{}
	limit := q.Limit
	if limit < 1 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	err = v.read("page", func(s *session) error {
		f, any, err := s.filterOf(q, false)
		if err != nil || !any {
			return err
		}
		found, next, err := f.find(s, limit)
		if err != nil {
			return err
		}
		page.Next = next
		page.Items, err = v.items(s, found, p, now)
		return err
	})
	return page, err
}

// A filter is what a query asks of the timeline.
type filter struct {
	first, end int64 // positions: from first on, before end
	rising     bool  // from the oldest on
	from, to   int64 // times; 0: no bound
	matter     entryID
	kinds      []record.Kind
	unread     bool
	words      search
}

var itemKinds = []record.Kind{record.KindMessage, record.KindCall, record.KindMatter, record.KindLine, record.KindAccord, record.KindDisclosure,
	record.KindTest, record.KindDrill, record.KindPresence, record.KindRight}

// filterOf reads a query; any is false if nothing can answer it.
func (s *session) filterOf(q api.RecordQuery, rising bool) (f filter, any bool, err error) {
	f = filter{first: 1, end: maxNumber, rising: rising, unread: q.Unread}
	if q.Before > 0 {
		f.end = min(q.Before, maxNumber)
	}
	if !q.From.IsZero() {
		f.from = max(q.From.UnixMilli(), 1)
	}
	if !q.To.IsZero() {
		f.to = max(q.To.UnixMilli(), 1)
	}
	for _, k := range itemKinds {
		if slices.Contains(q.Kinds, k.String()) || k == record.KindDrill && slices.Contains(q.Kinds, record.KindCall.String()) {
			f.kinds = append(f.kinds, k)
		}
	}
	if len(q.Kinds) > 0 && len(f.kinds) == 0 || f.unread && len(f.kinds) > 0 && f.kinds[0] != record.KindMessage {
		return f, false, nil
	}
	if q.Matter != "" {
		own, number, ok := ParseKey(q.Matter)
		if !ok {
			return f, false, nil
		}
		f.matter = idOf(own, number)
	}
	f.words = searchFor(q.Search, f.tokens()...)
	var newest int64
	_, err = s.one("SELECT value FROM state WHERE name = 'pos'", nil, &newest)
	f.end = min(f.end, newest+1)
	return f, true, err
}

// tokens ask for the kinds and the matter in a search.
func (f *filter) tokens() (all []string) {
	if f.matter != 0 {
		all = append(all, `"`+matterToken(f.matter)+`"`)
	}
	var kinds []string
	for _, k := range f.kinds {
		kinds = append(kinds, `"`+kindToken(k)+`"`)
	}
	if len(kinds) > 0 {
		all = append(all, "("+strings.Join(kinds, " OR ")+")")
	}
	return all
}

// Bounds of the work of one call.
const (
	maxBlocks     = 128  // of which rows are looked at for their times
	blocksAtOnce  = 16   // in one statement
	maxCandidates = 5000 // found by words, and looked at for the rest
	maxParts      = 64   // of tables of words, searched
	maxSearched   = 8192 // blocks
)

// find gives the positions of at most limit items, and where the next page begins (0: nowhere).
func (f *filter) find(s *session, limit int) (found []int64, next int64, err error) {
	if f.first >= f.end {
		return nil, 0, nil
	}
	look := f.findRows
	switch {
	case !f.words.empty():
		look = f.findWords
	case f.from != 0 || f.to != 0:
		look = f.findTimes
	}
	found, stopped, err := look(s, limit+1)
	if err != nil {
		return nil, 0, err
	}
	if len(found) > limit {
		found = found[:limit]
		return found, f.after(found[limit-1]), nil
	}
	return found, stopped, nil
}

// after is where to go on behind a position: Before of the next page, or first when rising.
func (f *filter) after(pos int64) int64 {
	if f.rising {
		return pos + 1
	}
	return pos
}

// findRows goes along an index that has just what is asked for.
func (f *filter) findRows(s *session, limit int) (found []int64, stopped int64, err error) {
	found, err = f.rows(s, f.first, f.end, limit)
	return found, 0, err
}

// rows finds in the positions from first on, before end.
func (f *filter) rows(s *session, first, end int64, limit int) ([]int64, error) {
	kinds := f.kinds
	if len(kinds) == 0 && f.matter != 0 {
		kinds = itemKinds
	}
	if f.unread || len(kinds) == 0 {
		kinds = []record.Kind{0}
	}
	var parts []string
	var args []any
	for _, k := range kinds {
		where, with := f.where(k, first, end)
		parts = append(parts, fmt.Sprintf("SELECT * FROM (SELECT pos FROM item WHERE %s ORDER BY pos %s LIMIT %d)", where, f.order(), limit))
		args = append(args, with...)
	}
	query := strings.Join(parts, " UNION ALL ")
	if len(parts) > 1 {
		query += fmt.Sprintf(" ORDER BY pos %s LIMIT %d", f.order(), limit)
	}
	return s.ids(query, args...)
}

func (f *filter) order() string {
	if f.rising {
		return "ASC"
	}
	return "DESC"
}

func (f *filter) where(kind record.Kind, first, end int64) (where string, args []any) {
	where, args = "pos >= ? AND pos < ?", []any{first, end}
	add := func(condition string, with ...any) {
		where, args = where+" AND "+condition, append(args, with...)
	}
	if kind != 0 {
		add("kind = ?", kind)
	}
	if f.matter != 0 {
		add("matter = ? AND matter <> 0", f.matter)
	}
	if f.unread {
		add("open = 2")
	}
	if f.from != 0 {
		add("at >= ?", f.from)
	}
	if f.to != 0 {
		add("at < ?", f.to)
	}
	return where, args
}

// findTimes goes through the blocks that have times between those asked for.
func (f *filter) findTimes(s *session, limit int) (found []int64, stopped int64, err error) {
	blocks, err := f.blocks(s, logItems, f.first, f.end, maxBlocks+1)
	if err != nil {
		return nil, 0, err
	}
	for i := 0; i < len(blocks) && len(found) < limit; {
		if i >= maxBlocks {
			return found, f.edge(blocks[i]), nil
		}
		n := run(blocks[i:])
		first, last := min(blocks[i], blocks[i+n-1]), max(blocks[i], blocks[i+n-1])
		more, err := f.rows(s, max(f.first, first*blockSize), min(f.end, (last+1)*blockSize), limit-len(found))
		if err != nil {
			return nil, 0, err
		}
		found = append(found, more...)
		i += n
	}
	return found, 0, nil
}

// edge is where the next page begins if it begins with a block.
func (f *filter) edge(block int64) int64 {
	if f.rising {
		return max(f.first, block*blockSize)
	}
	return min(f.end, (block+1)*blockSize)
}

// run is how many of the first blocks follow each other.
func run(blocks []int64) int {
	n := 1
	for n < len(blocks) && n < blocksAtOnce && (blocks[n] == blocks[n-1]+1 || blocks[n] == blocks[n-1]-1) {
		n++
	}
	return n
}

// blocks are those of a log that may have what is between first and end and in the filter's times.
func (f *filter) blocks(s *session, log, first, end int64, limit int) ([]int64, error) {
	to := f.to
	if to == 0 {
		to = maxNumber
	}
	return s.ids("SELECT n FROM block WHERE log = ? AND n BETWEEN ? AND ? AND high >= ? AND low < ? ORDER BY n "+f.order()+" LIMIT ?",
		log, first/blockSize, (end-1)/blockSize, f.from, to, limit)
}
