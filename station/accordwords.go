package station

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringdown/accord"
	"ringdown/api"
)

// watchWords say what the other side sees of the watch.
var watchWords = map[accord.WatchRule]string{
	accord.WatchNothing: "nothing of the watch",
	accord.WatchStaffed: "whether somebody has the watch",
	accord.WatchCount:   "how many consoles are ready",
	accord.WatchNames:   "who has the watch",
}

func testWords(list []accord.TimeOfDay) string {
	if len(list) == 0 {
		return "people do not test the line at set times"
	}
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = t.String()
	}
	if n := len(texts) - 1; n > 0 {
		texts = []string{strings.Join(texts[:n], ", ") + " and " + texts[n]}
	}
	return "people test the line at " + texts[0] + " UTC"
}

func textWords(passes bool) string {
	if passes {
		return "text passes while calls are suspended"
	}
	return "no text passes while calls are suspended"
}

// rulesWords say what is otherwise under other rules, in clauses of one sentence.
func rulesWords(old, other accord.Rules) string {
	var list []string
	if old.Watch != other.Watch {
		list = append(list, "each side sees "+watchWords[other.Watch]+" (until now "+watchWords[old.Watch]+")")
	}
	if !slices.Equal(old.Tests, other.Tests) {
		list = append(list, testWords(other.Tests)+" (until now "+strings.TrimPrefix(testWords(old.Tests), "people test the line ")+")")
	}
	if old.SuspendedText != other.SuspendedText {
		list = append(list, textWords(other.SuspendedText))
	}
	return strings.Join(list, "; ")
}

// RulesSentences say what rules mean, one each.
func RulesSentences(r api.Rules) []string {
	a, err := accordRules(r)
	if err != nil {
		return []string{err.Error()} // no station says so
	}
	return []string{sentence("each side sees " + watchWords[a.Watch]), sentence(testWords(a.Tests)), sentence(textWords(a.SuspendedText))}
}

// principalWords say what is done with a key; whose names its party.
func principalWords(whose string, c *accord.PrincipalChange) string {
	switch k := c.Key; c.Act {
	case accord.Register:
		return fmt.Sprintf("a key is registered for %s's principal %s, for use at %s", whose, k.Name, strings.Join(k.Origins, " and "))
	case accord.Replace:
		return fmt.Sprintf("the key of %s's principal %s is replaced by another, number %d, for use at %s", whose, k.Name, k.Serial, strings.Join(k.Origins, " and "))
	}
	return fmt.Sprintf("the key of %s's principal %s is removed", whose, c.Key.Name)
}

// endsWords say which addresses of a party are other ones.
func endsWords(whose string, old map[uint8]accord.Endpoint, m *accord.Amendment, paths []accord.Path) string {
	var list []string
	ends := m.Ends()
	for _, n := range slices.Sorted(maps.Keys(ends)) {
		if ends[n] == old[n] {
			continue
		}
		for _, p := range paths {
			if p.Number == n {
				list = append(list, fmt.Sprintf("%s's end of path %s is %s (until now %s)", whose, p.Name, ends[n], old[n]))
			}
		}
	}
	return strings.Join(list, "; ")
}

// proposalSentence is what people are shown of a motion.
func proposalSentence(whose string, now accord.Rules, c accord.Change) string {
	if c.Rules != nil {
		return whose + " proposes new rules: " + rulesWords(now, *c.Rules) + "."
	}
	return whose + " proposes: " + principalWords(whose, c.Principal) + "."
}

// history tells the amendments of a line, the newest first.
func history(l *accord.Line) []api.Amendment {
	a := l.Accord
	rules, paths := a.Terms().Rules, a.Paths()
	ends := map[bool]map[uint8]accord.Endpoint{true: {}, false: {}}
	for _, p := range paths {
		ends[true][p.Number], ends[false][p.Number] = p.First, p.Second
	}
	list := []api.Amendment{}
	for _, m := range l.Amendments {
		whose := string(a.Party(m.First).Name)
		var text string
		switch m.Sort() {
		case accord.SortRules:
			text, rules = "New rules, proposed by "+whose+": "+rulesWords(rules, *m.Rules()), *m.Rules()
		case accord.SortPrincipal:
			text = sentence(principalWords(whose, m.Principal()))
		default:
			text, ends[m.First] = endsWords(whose, ends[m.First], m, paths), m.Ends()
		}
		digest := m.Digest()
		list = append(list, api.Amendment{Serial: m.Serial, By: by(m.First == l.First), Made: m.Made, Sort: string(m.Sort()),
			Text: strings.TrimSuffix(text, ".") + ".", Digest: digest.String()})
	}
	slices.Reverse(list)
	return list
}

// by is how the API names a side.
func by(own bool) string {
	if own {
		return "us"
	}
	return "them"
}
