package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ringdown/api"
)

// Bounds of what is asked of a record.
const (
	maxTextBody = 64 << 10    // a message as JSON; how long its text may be is the record's to say
	maxFile     = 1 << 20     // of an attachment
	maxFileBody = maxFile + 1 // so that one byte too many is noticed
	maxKeys     = 16          // of marks
	maxEntries  = 256         // of a disclosure, as it is asked for in one piece
	maxFiles    = 8           // of a message
	maxTitle    = 256         // bytes of a title, and of whom something is disclosed to
	maxWho      = 128         // bytes of a person's name, and of a file's
	maxSearch   = 200         // characters
	maxPage     = 200         // items
	maxPath     = 4096        // bytes
	maxQuery    = 4096        // bytes of a query as it travels
	maxID       = 64          // bytes
)

// What may stand where a key is wanted.
var (
	entryKey   = keyForm{regexp.MustCompile(`^(us|them)/(0|[1-9][0-9]{0,14})$`), `"us/12" or "them/7"`}
	theirKey   = keyForm{regexp.MustCompile(`^them/(0|[1-9][0-9]{0,14})$`), `"them/7"`}
	waitingKey = keyForm{regexp.MustCompile(`^waiting/[0-9a-f]{32}$`), `"waiting/" and 32 hexadecimal digits`}
	callKey    = keyForm{regexp.MustCompile(`^call/[0-9a-f]{32}$`), `"call/" and 32 hexadecimal digits`}
	talkKey    = keyForm{regexp.MustCompile(`^(call|drill)/[0-9a-f]{32}$`), `"call/" or "drill/" and 32 hexadecimal digits`}
	writtenKey = keyForm{regexp.MustCompile(entryKey.String() + `|` + waitingKey.String()), `"us/12", "them/7" or "waiting/…"`}
	shownKey   = keyForm{regexp.MustCompile(entryKey.String() + `|` + talkKey.String()), `"us/12", "them/7", "call/…" or "drill/…"`}
	anyKey     = keyForm{regexp.MustCompile(writtenKey.String() + `|` + talkKey.String()), `"us/12", "them/7", "call/…", "drill/…" or "waiting/…"`}
	idForm     = keyForm{regexp.MustCompile(`^[0-9a-z][0-9a-z/-]{0,63}$`), "an id of small letters and digits"}
)

// A keyForm is a form of keys, with examples for the person who used another.
type keyForm struct {
	*regexp.Regexp
	like string
}

// checkKey wants a key of that form. Keys are typed by persons, at the command line; ids are not.
func checkKey(name, key string, form keyForm) error {
	switch {
	case form.MatchString(key):
		return nil
	case form == idForm:
		return badRequest("%s is %q, want %s", name, shorten(key, maxID), form.like)
	}
	return &api.Error{Code: "bad-request", Text: fmt.Sprintf("That key does not fit here: %s is %q, want %s.", name, shorten(key, maxID), form.like),
		Action: "Take a key as the record shows it: see \"ringdown record\"."}
}

// checkOptional lets nothing pass as well.
func checkOptional(name, key string, form keyForm) error {
	if key == "" {
		return nil
	}
	return checkKey(name, key, form)
}

func checkKeys(name string, keys []string, most int, form keyForm) error {
	if len(keys) > most {
		return badRequest("%s has %d members, want at most %d", name, len(keys), most)
	}
	for _, k := range keys {
		if err := checkKey(name, k, form); err != nil {
			return err
		}
	}
	return nil
}

// checkText bounds what a person writes; which characters may stand in it is the record's to say.
func checkText(name, text string, most int) error {
	if len(text) > most {
		return badValue("%s has %d bytes, want at most %d", name, len(text), most)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkNewMessage(m *api.NewMessage) error {
	if m.Text == "" && m.Retracts == "" && len(m.Files) == 0 {
		return badRequest("text is empty, want one unless something is retracted or a file is sent")
	}
	return first(
		checkOptional("matter", m.Matter, writtenKey),
		checkOptional("answers", m.Answers, writtenKey),
		checkOptional("amends", m.Amends, writtenKey),
		checkOptional("retracts", m.Retracts, writtenKey),
		checkKeys("files", m.Files, maxFiles, idForm))
}

func checkMarks(m *api.Marks, form keyForm) error {
	if len(m.Keys) == 0 {
		return badRequest("keys is empty, want 1 to %d", maxKeys)
	}
	return first(checkText("name", m.Name, maxWho), checkKeys("keys", m.Keys, maxKeys, form))
}

// checkMatterAct holds each act to the fields that it has.
func checkMatterAct(a *api.MatterAct) error {
	own := api.MatterAct{Act: a.Act}
	switch a.Act {
	case "open":
		own.Title = a.Title
	case "acknowledge", "close":
		own.Matter = a.Matter
	case "file":
		own.Matter, own.Call = a.Matter, a.Call
	default:
		return badRequest(`act is %q, want "open", "acknowledge", "close" or "file"`, shorten(a.Act, 40))
	}
	switch {
	case own != *a:
		return badRequest("fields that do not belong to act %q", a.Act)
	case a.Act == "open" && a.Title == "":
		return badRequest("title is empty, want the matter's")
	case a.Act == "open":
		return checkText("title", a.Title, maxTitle)
	case a.Act == "file":
		return first(checkKey("matter", a.Matter, writtenKey), checkKey("call", a.Call, callKey))
	}
	return checkKey("matter", a.Matter, writtenKey)
}

// checkNewDisclosure wants to be told what to show, in one way.
func checkNewDisclosure(d *api.NewDisclosure) error {
	ways := 0
	for _, way := range []bool{len(d.Entries) > 0, d.Contact != "", d.From != nil || d.Until != nil} {
		if way {
			ways++
		}
	}
	switch {
	case ways == 0:
		return badRequest("nothing is named to be shown, want entries, contact, or from and until")
	case ways > 1:
		return badRequest("more than one thing is named to be shown, want entries alone, contact alone, or from and until alone")
	case d.Contact != "" && d.Bodies:
		return badRequest("bodies is set with contact, which shows no text; want it with entries, or with from and until")
	case (d.From == nil) != (d.Until == nil):
		return badRequest("one of from and until is missing, want both or none")
	case d.From != nil && !d.From.Before(*d.Until):
		return badRequest("from is %s, want a time before until, %s", d.From.Format(time.RFC3339), d.Until.Format(time.RFC3339))
	}
	return first(
		checkText("to", d.To, maxTitle),
		checkKeys("entries", d.Entries, maxEntries, shownKey),
		checkOptional("contact", d.Contact, callKey))
}

// badValue refuses what a person wrote or chose, and can correct; [badRequest] what only a program sends.
func badValue(format string, args ...any) *api.Error {
	return &api.Error{Code: "bad-request", Text: "This cannot be taken: " + fmt.Sprintf(format, args...) + ".", Action: "Correct it and try again; nothing was done."}
}

func badRequest(format string, args ...any) *api.Error {
	return &api.Error{Code: "bad-request", Text: "The station did not understand the request: " + fmt.Sprintf(format, args...) + ".",
		Action: "See the package comment of ringdown/api; a page may be older than the station: load it again."}
}

// decodeBody reads a request's body as one JSON value, strictly.
func decodeBody(r *http.Request, into any) error {
	text, err := io.ReadAll(r.Body)
	large, isLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case isLarge:
		return tooLarge(large.Limit)
	case err != nil:
		return badRequest("it did not arrive whole")
	case !utf8.Valid(text):
		return badRequest("not UTF-8")
	}
	if err := api.Decode(bytes.NewReader(text), into); err != nil {
		return badRequest("%s", shorten(strings.TrimPrefix(err.Error(), "json: "), 200))
	}
	return nil
}

func tooLarge(limit int64) *api.Error {
	return &api.Error{Code: "too-large", Text: fmt.Sprintf("The request is larger than %d bytes.", limit), Action: "Send less at once."}
}

// The parameters of a query, by name.
var (
	pageParameters   = []string{"before", "limit", "from", "to", "matter", "search", "kinds", "unread"}
	exportParameters = []string{"form", "from", "to", "matter", "search", "kinds", "unread"}
)

// parameters reads a query that may have each of the names once, and no other.
func parameters(r *http.Request, names []string) (url.Values, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return nil, badRequest("the query has %d bytes, want at most %d", len(r.URL.RawQuery), maxQuery)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("the query is malformed")
	}
	for name, list := range values {
		switch {
		case !slices.Contains(names, name):
			return nil, badRequest("the query has %q, want only %s", shorten(name, 40), or(strings.Join(names, ", "), "no parameter"))
		case len(list) != 1:
			return nil, badRequest("the query has %s %d times, want it once", name, len(list))
		case list[0] == "":
			return nil, badRequest("%s is empty, want it filled or left out", name)
		case !utf8.ValidString(list[0]):
			return nil, badRequest("%s is not UTF-8", name)
		}
	}
	return values, nil
}

// noQuery refuses a query where none belongs, unless err is already what is wrong.
func noQuery(r *http.Request, err error) error {
	if err == nil {
		_, err = parameters(r, nil)
	}
	return err
}

// recordQuery reads an [api.RecordQuery] that may have these parameters.
func recordQuery(r *http.Request, names []string) (q api.RecordQuery, err error) {
	v, err := parameters(r, names)
	if err != nil {
		return q, err
	}
	q.Matter, q.Search = v.Get("matter"), v.Get("search")
	if kinds := v.Get("kinds"); kinds != "" {
		q.Kinds = strings.Split(kinds, ",")
	}
	var limit int64
	err = first(
		whole(v, "before", 1<<53, &q.Before), whole(v, "limit", maxPage, &limit),
		moment(v, "from", &q.From), moment(v, "to", &q.To), truth(v, "unread", &q.Unread),
		checkOptional("matter", q.Matter, writtenKey), checkKinds(q.Kinds))
	q.Limit = int(limit)
	switch n := utf8.RuneCountInString(q.Search); {
	case err != nil:
	case n > maxSearch:
		err = badValue("search has %d characters, want at most %d", n, maxSearch)
	case !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To):
		err = badValue("from is %s, want a time before to, %s", v.Get("from"), v.Get("to"))
	}
	return q, err
}

// whole reads a number from 1 to most, if there is one.
func whole(v url.Values, name string, most int64, into *int64) error {
	text := v.Get(name)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > most || strconv.FormatInt(n, 10) != text {
		return badValue("%s is %q, want a number from 1 to %d", name, shorten(text, 40), most)
	}
	*into = n
	return nil
}

func moment(v url.Values, name string, into *time.Time) (err error) {
	text := v.Get(name)
	if text == "" {
		return nil
	}
	if *into, err = time.Parse(time.RFC3339, text); err != nil {
		return badValue("%s is %q, want a time such as 2026-06-29T00:00:00Z", name, shorten(text, 40))
	}
	return nil
}

func truth(v url.Values, name string, into *bool) error {
	text := v.Get(name)
	if text != "" && text != "true" && text != "false" {
		return badRequest(`%s is %q, want "true" or "false"`, name, shorten(text, 40))
	}
	*into = text == "true"
	return nil
}

var kindsOfItems = []string{"message", "call", "drill", "test", "presence", "right", "matter", "line", "accord", "disclosure"}

func checkKinds(kinds []string) error {
	for i, k := range kinds {
		if !slices.Contains(kindsOfItems, k) || slices.Contains(kinds[:i], k) {
			return badRequest("kinds has %q, want each of %s at most once", shorten(k, 40), strings.Join(kindsOfItems, ", "))
		}
	}
	return nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
