package message

import (
	"fmt"
	"strings"
	"unicode"

	"ringdown/record"
)

// The words of the timeline stand in several tables, one for every partition of positions. A
// search goes through them from the newest on, so what it costs depends on what it finds, and not
// on how many items there are in which one of its words begins another.
const partition = 1 << 16

func wordsTable(pos int64) string { return fmt.Sprintf("words_%d", pos/partition) }

const wordsSchema = `CREATE VIRTUAL TABLE IF NOT EXISTS %s USING fts5 (t, content = '', contentless_delete = 1,
	prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'")`

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

// searchFor makes a query of what a person typed: each word the beginning of one, all of them,
// and nothing in it read as the query's own language. Empty: there is no word.
func searchFor(typed string, tokens ...string) string {
	if len(typed) > maxSearch {
		typed = typed[:maxSearch]
	}
	var terms []string
	for word := range strings.FieldsSeq(foldText(strings.ToValidUTF8(typed, " "))) {
		if strings.ContainsFunc(word, isToken) && len(terms) < maxWords {
			terms = append(terms, `"`+strings.ReplaceAll(word, `"`, `""`)+`"*`)
		}
	}
	if len(terms) == 0 {
		return ""
	}
	return strings.Join(append(terms, tokens...), " AND ")
}

func isToken(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
