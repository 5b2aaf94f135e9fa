package disclose

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

// table has every sentence that verification says; the page has the same. What stands
// in braces is filled in.
//
//go:embed sentences.json
var table []byte

var sentences = readTable()

func readTable() map[string]string {
	m := map[string]string{}
	if err := json.Unmarshal(table, &m); err != nil {
		panic("disclose: " + err.Error()) // it is part of the program
	}
	return m
}

// say fills a sentence: names and values follow each other. A name without a value stays.
func say(key string, pairs ...any) string {
	rest, ok := sentences[key]
	if !ok {
		panic("disclose: no sentence " + key)
	}
	var b strings.Builder
	for {
		text, after, found := strings.Cut(rest, "{")
		b.WriteString(text)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(after, "}")
		fmt.Fprint(&b, filling(name, pairs))
		rest = after
	}
}

func filling(name string, pairs []any) any {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1]
		}
	}
	return "{" + name + "}"
}

// A Failure says why a disclosure proves nothing.
type Failure struct {
	Code     string // one word for each way of failing; docs/disclosure.md has them all
	Sentence string // the same for people
}

func (f *Failure) Error() string { return "disclose: " + f.Code + ": " + f.Sentence }

func failure(code string, pairs ...any) *Failure {
	return &Failure{Code: code, Sentence: say("fail."+code, pairs...)}
}

// bad is an error of making: the request or the store is at fault.
func bad(what string, found, want any) error {
	return fmt.Errorf("disclose: %s: found %v, want %v", what, found, want)
}

// A Result is the outcome of a verification as programs read it.
type Result struct {
	Proven   bool    `json:"proven"`
	Code     string  `json:"code,omitempty"`     // of the failure
	Sentence string  `json:"sentence,omitempty"` // of the failure
	Report   *Report `json:"report,omitempty"`
}

// ResultOf gives what [Verify] gave.
func ResultOf(r *Report, f *Failure) Result {
	if f != nil {
		return Result{Code: f.Code, Sentence: f.Sentence}
	}
	return Result{Proven: true, Report: r}
}
