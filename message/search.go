package message

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"ringdown/record"
)

// The words of the timeline stand in several tables, one for every partition of positions. A
// search goes through them from the newest on, so what it costs depends on what it finds, and not
// on how many items there are in which one of its words begins another.
const partition = 1 << 16

func wordsTable(pos int64) string { return fmt.Sprintf("words_%d", pos/partition) }

// maxPrefix is how many characters of a word the tables index.
const maxPrefix = 3

const wordsSchema = `CREATE VIRTUAL TABLE IF NOT EXISTS %s USING fts5 (t, content = '', contentless_delete = 1,
	prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'")`

// termsSchema lists the words of such a table.
const termsSchema = `CREATE VIRTUAL TABLE IF NOT EXISTS %s_terms USING fts5vocab (%[1]s, 'instance')`

// Tokens that no text has (see foldText) say of what kind an item is and under which matter.
func kindToken(kind record.Kind) string { return fmt.Sprintf("\uE000k%d", kind) }
func matterToken(matter entryID) string { return fmt.Sprintf("\uE000m%d", matter) }

// index makes an item found by the words of text, as it is now.
func (t *taking) index(pos int64, kind record.Kind, matter entryID, text string) {
	tokens := foldText(text) + "\n" + kindToken(kind)
	if matter != 0 {
		tokens += " " + matterToken(matter)
	}
	t.do("INSERT OR REPLACE INTO "+wordsTable(pos)+" (rowid, t) VALUES (?, ?)", pos, tokens)
}

func (t *taking) unindex(pos int64) { t.do("DELETE FROM "+wordsTable(pos)+" WHERE rowid = ?", pos) }

// foldText takes out what would end a text for SQLite, or forge a token.
func foldText(text string) string {
	return strings.Map(func(r rune) rune {
		if r == 0 || unicode.Is(unicode.Co, r) {
			return ' '
		}
		return r
	}, text)
}

// Bounds of what is searched for.
const (
	maxSearch = 1 << 10 // bytes
	maxWords  = 12
)

// A search is what a person looks for: the beginnings of words, all of them, in items with all
// tokens. Nothing typed is read as the tables' own language.
type search struct {
	words  []string
	tokens []string
}

// searchFor reads what a person typed.
func searchFor(typed string, tokens ...string) (s search) {
	if len(typed) > maxSearch {
		typed = typed[:maxSearch]
	}
	for word := range strings.FieldsSeq(foldText(strings.ToValidUTF8(typed, " "))) {
		if strings.ContainsFunc(word, isToken) && len(s.words) < maxWords {
			s.words = append(s.words, word)
		}
	}
	s.tokens = tokens
	return s
}

func (s *search) empty() bool { return len(s.words) == 0 }

// in makes the query for the table of a position; "" if it has no such word.
func (s *search) in(table string, tx *session) (query string, err error) {
	var terms []string
	for _, word := range s.words {
		term := quote(word) + "*"
		if canExpand(word) {
			if term, err = tx.expand(table, strings.ToLower(word)); err != nil || term == "" {
				return "", err
			}
		}
		terms = append(terms, term)
	}
	return strings.Join(append(terms, s.tokens...), " AND "), nil
}

func quote(word string) string { return `"` + strings.ReplaceAll(word, `"`, `""`) + `"` }

// canExpand reports whether a word is too long for the index of beginnings, and stands in a table of
// words as it is.
func canExpand(word string) bool {
	return len(word) > maxPrefix && !strings.ContainsFunc(word, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
}

// expand gives the words that begin with one, so that they need not be merged before the first is
// read; if there are many, the beginning itself; "" if there is none.
func (s *session) expand(table, word string) (string, error) {
	var terms []string
	for at, after := word, word+string(unicode.MaxRune); len(terms) <= maxExpanded; {
		found, err := s.one(fmt.Sprintf("SELECT term FROM %s_terms WHERE term >= ? AND term < ? LIMIT 1", table), []any{at, after}, &at)
		if err != nil {
			return "", err
		}
		if !found {
			return oneOf(terms), nil
		}
		terms = append(terms, quote(at))
		at += "\x00"
	}
	return quote(word) + "*", nil
}

// maxExpanded is how many words take the place of their beginning.
const maxExpanded = 12

func oneOf(terms []string) string {
	if len(terms) == 0 {
		return ""
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

func isToken(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// findWords goes through the tables of words, where the times are right.
func (f *filter) findWords(s *session, limit int) (found []int64, stopped int64, err error) {
	parts, rest, err := f.parts(s)
	if err != nil {
		return nil, 0, err
	}
	w := wordSearch{filter: f, session: s, limit: limit}
	for i, p := range parts {
		if len(w.found) >= limit {
			break
		}
		if i >= maxParts {
			return w.found, f.edgeOf(p), nil
		}
		if stopped, err = w.part(p); err != nil || stopped != 0 {
			return w.found, stopped, err
		}
	}
	return w.found, rest, nil
}

// A part is positions from first on, before end, in one table of words.
type part struct{ first, end int64 }

// edgeOf is where the next page begins if it begins with a part.
func (f *filter) edgeOf(p part) int64 {
	if f.rising {
		return p.first
	}
	return p.end
}

// parts are what is to be searched, in the filter's order; rest is where what lies behind them
// begins, 0 if nothing does.
func (f *filter) parts(s *session) (parts []part, rest int64, err error) {
	blocks := []int64{f.first / blockSize, (f.end - 1) / blockSize} // the first and last of rows of blocks
	if f.from != 0 || f.to != 0 {
		if blocks, rest, err = f.blockRows(s); err != nil {
			return nil, 0, err
		}
	}
	for i := 0; i+1 < len(blocks); i += 2 {
		whole := part{max(f.first, blocks[i]*blockSize), min(f.end, (blocks[i+1]+1)*blockSize)}
		parts = append(parts, whole.split()...)
	}
	if !f.rising {
		slices.Reverse(parts)
	}
	return parts, rest, nil
}

// blockRows are the first and the last block of each row of blocks that have the right times, rising.
func (f *filter) blockRows(s *session) (ends []int64, rest int64, err error) {
	blocks, err := f.blocks(s, logItems, f.first, f.end, maxSearched+1)
	if err != nil {
		return nil, 0, err
	}
	if len(blocks) > maxSearched {
		rest = f.edge(blocks[maxSearched])
		blocks = blocks[:maxSearched]
	}
	slices.Sort(blocks)
	for _, b := range blocks {
		if n := len(ends); n > 0 && ends[n-1] == b-1 {
			ends[n-1] = b
		} else {
			ends = append(ends, b, b)
		}
	}
	return ends, rest, nil
}

// split cuts where one table of words ends and the next begins.
func (p part) split() (parts []part) {
	for p.first < p.end {
		end := min(p.end, (p.first/partition+1)*partition)
		parts = append(parts, part{p.first, end})
		p.first = end
	}
	return parts
}

// A wordSearch is one search on its way.
type wordSearch struct {
	*filter
	*session
	limit      int
	found      []int64
	candidates int
}

// part searches one part. It stops early, and says where, if too much of what it finds does not
// fit.
func (w *wordSearch) part(p part) (stopped int64, err error) {
	table := wordsTable(p.first)
	query, err := w.words.in(table, w.session)
	if err != nil || query == "" {
		return 0, err
	}
	for p.first < p.end && len(w.found) < w.limit {
		if w.candidates > maxCandidates {
			return w.edgeOf(p), nil
		}
		some, err := w.ids(fmt.Sprintf("SELECT rowid FROM %s WHERE %[1]s MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid %s LIMIT ?",
			table, w.order()), query, p.first, p.end, w.limit)
		if err != nil {
			return 0, err
		}
		w.candidates += len(some)
		if err := w.keep(some); err != nil {
			return 0, err
		}
		switch {
		case len(some) < w.limit:
			return 0, nil
		case w.rising:
			p.first = some[len(some)-1] + 1
		default:
			p.end = some[len(some)-1]
		}
	}
	return 0, nil
}

func (w *wordSearch) keep(some []int64) error {
	for _, pos := range some {
		fits, err := w.fits(w.session, pos)
		if err != nil {
			return err
		}
		if fits && len(w.found) < w.limit {
			w.found = append(w.found, pos)
		}
	}
	return nil
}

// fits reports whether an item that has the words is all else that is asked for. Kinds and matter
// are among the words.
func (f *filter) fits(s *session, pos int64) (bool, error) {
	if !f.unread && f.from == 0 && f.to == 0 {
		return true, nil
	}
	where, args := f.where(0, pos, pos+1)
	return s.one("SELECT 1 FROM item WHERE "+where, args, new(int))
}
