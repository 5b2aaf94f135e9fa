package console

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"ringdown/api"
)

const (
	maxMessage = 64 << 10 // one WebSocket message from a console: an offer is the largest
	maxName    = 40       // characters
	maxWhy     = 200      // characters
	maxMinutes = 240      // in which a principal is expected
)

// decodeMessage reads what a console sends: one JSON object of a known type, with
// the fields of its type and no others, each within its bounds. With an error
// it returns what could be read, for its Ref.
func decodeMessage(text []byte) (api.ToStation, error) {
	var m api.ToStation
	if !utf8.Valid(text) {
		return m, badMessage(errors.New("not UTF-8"))
	}
	if err := api.Decode(bytes.NewReader(text), &m); err != nil {
		return m, badMessage(err)
	}
	own, known := ownFields(m)
	if !known {
		return m, &api.Error{Code: "unknown-type", Text: fmt.Sprintf("The station knows no message of type %q.", shorten(m.Type, 40)), Action: "Load the page again: it may be older than the station."}
	}
	own.Type, own.Ref = m.Type, m.Ref
	if !reflect.DeepEqual(own, m) {
		return m, badMessage(fmt.Errorf("fields that do not belong to type %q", m.Type))
	}
	if err := checkFields(m); err != nil {
		return m, badMessage(err)
	}
	return m, nil
}

// ownFields is m with only the fields of its type.
func ownFields(m api.ToStation) (own api.ToStation, known bool) {
	switch m.Type {
	case "attach":
		own = api.ToStation{Console: m.Console, Name: m.Name, Kind: m.Kind, Observe: m.Observe, Voice: m.Voice}
	case "ready":
		own = api.ToStation{Ready: m.Ready, Why: m.Why}
	case "answer", "decline", "hangup", "leave", "ask-principal", "present":
		own = api.ToStation{Slug: m.Slug}
	case "call":
		own = api.ToStation{Slug: m.Slug, Drill: m.Drill}
	case "hand":
		own = api.ToStation{Slug: m.Slug, To: m.To}
	case "fetching":
		own = api.ToStation{Slug: m.Slug, Minutes: m.Minutes}
	case "ringing", "join":
		own = api.ToStation{Slug: m.Slug, On: m.On}
	case "mute":
		own = api.ToStation{On: m.On}
	case "shown":
		own = api.ToStation{Slug: m.Slug, Keys: m.Keys}
	case "pong":
		own = api.ToStation{N: m.N}
	case "sdp":
		own = api.ToStation{SDP: m.SDP}
	default:
		return own, false
	}
	return own, true
}

func checkFields(m api.ToStation) error {
	switch {
	case len(m.Console) > maxID || strings.ContainsFunc(m.Console, notHex):
		return fmt.Errorf("console is %q, want lower-case hexadecimal, at most %d characters", shorten(m.Console, maxID), maxID)
	case utf8.RuneCountInString(m.Name) > maxName:
		return fmt.Errorf("name has %d characters, want at most %d", utf8.RuneCountInString(m.Name), maxName)
	case utf8.RuneCountInString(m.Why) > maxWhy:
		return fmt.Errorf("why has %d characters, want at most %d", utf8.RuneCountInString(m.Why), maxWhy)
	case len(m.To) > maxID || strings.ContainsFunc(m.To, notHex):
		return fmt.Errorf("to is %q, want a console's id: lower-case hexadecimal, at most %d characters", shorten(m.To, maxID), maxID)
	case m.Minutes < 0 || m.Minutes > maxMinutes:
		return fmt.Errorf("minutes is %d, want 0 to %d", m.Minutes, maxMinutes)
	case m.Kind != "" && m.Kind != "browser" && m.Kind != "command":
		return fmt.Errorf(`kind is %q, want "browser" or "command"`, shorten(m.Kind, 40))
	case m.Voice != "" && m.Voice != "recorded":
		return fmt.Errorf(`voice is %q, want "" or "recorded"`, shorten(m.Voice, 40))
	}
	if m.Type == "shown" {
		if len(m.Keys) == 0 || len(m.Keys) > maxKeys {
			return fmt.Errorf("keys has %d members, want 1 to %d", len(m.Keys), maxKeys)
		}
		for _, k := range m.Keys {
			if !theirKey.MatchString(k) {
				return fmt.Errorf("keys has %q, want %s", shorten(k, maxID), theirKey.like)
			}
		}
	}
	return checkSlug(m)
}

// checkSlug holds the types that need a line to one that could exist.
func checkSlug(m api.ToStation) error {
	switch m.Type {
	case "call", "answer", "decline", "hangup", "ringing", "shown", "join", "leave", "hand", "ask-principal", "fetching", "present":
		if !slugPattern.MatchString(m.Slug) {
			return fmt.Errorf("line is %q, want a line's name: lower-case letters, digits and hyphens", shorten(m.Slug, 40))
		}
	}
	return nil
}

func notHex(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }

func badMessage(err error) *api.Error {
	return &api.Error{Code: "bad-message", Text: "The station did not understand a message: " + strings.TrimPrefix(err.Error(), "json: ") + ".",
		Action: "Load the page again: it may be older than the station."}
}
