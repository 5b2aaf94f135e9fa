package station

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ringdown/webhook"
)

// WebhookConfig is one address that is told what happens.
type WebhookConfig struct {
	// Name is what people call it: 1 to 40 of a to z, 0 to 9 and -. Each only once.
	Name string `toml:"name"`

	// URL is where it is told: http or https, without a user. It may carry a token, so no message, log or page
	// shows more of it than its host.
	URL string `toml:"url"`

	// Secret signs what is sent: 16 to 200 printable characters. Required; never shown.
	Secret Secret `toml:"secret"`

	// Events are what it is told of. Default: everything.
	Events []string `toml:"events"`
}

// A Secret is a setting that is never printed.
type Secret string

// String, GoString and LogValue keep it out of messages and logs.
func (Secret) String() string       { return "(secret)" }
func (Secret) GoString() string     { return "(secret)" }
func (Secret) LogValue() slog.Value { return slog.StringValue("(secret)") }

// The events that hooks are told of.
const (
	hookRing       = "ring"         // a call of the other side is here
	hookAnswered   = "answered"     // it, or one of ours, was answered
	hookMissed     = "missed"       // a call of the other side has ended and was not answered
	hookEnded      = "ended"        // any other call has ended
	hookLineDown   = "line-down"    // no path of a line is up
	hookLineOpen   = "line-open"    // one is again
	hookTestDue    = "test-due"     // words wait here to be read back
	hookTestMissed = "test-missed"  // an agreed test of the line was not passed
	hookSuspended  = "suspended"    // a side has suspended the right to call
	hookRestored   = "restored"     // and restored it
	hookGap        = "watch-gap"    // nobody will be, or is, on duty
	hookSilent     = "watch-silent" // the officer has not shown to be there
)

var hookEvents = []string{hookRing, hookAnswered, hookMissed, hookEnded, hookLineDown, hookLineOpen,
	hookTestDue, hookTestMissed, hookSuspended, hookRestored, hookGap, hookSilent}

const mostHooks = 16

var hookName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func checkWebhooks(list []WebhookConfig) error {
	if len(list) > mostHooks {
		return fmt.Errorf("there are %d sections [[webhook]], want at most %d", len(list), mostHooks)
	}
	for i, w := range list {
		if err := w.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(list[:i], func(v WebhookConfig) bool { return v.Name == w.Name }) {
			return fmt.Errorf("webhook.name %q stands twice, want another for each", w.Name)
		}
	}
	return nil
}

// check says what is doubtful, and nothing of what may be secret.
func (w WebhookConfig) check() error {
	if !hookName.MatchString(w.Name) {
		return fmt.Errorf("webhook.name is %q, want 1 to 40 of a to z, 0 to 9 and -", w.Name)
	}
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(w.URL) > 1000:
		return fmt.Errorf("webhook.url of %s cannot be asked, want http://HOST/… or https://HOST/…", w.Name)
	case u.User != nil:
		return fmt.Errorf("webhook.url of %s names a user, want none: requests are signed with the secret", w.Name)
	case u.Fragment != "":
		return fmt.Errorf("webhook.url of %s has a part behind #, want none", w.Name)
	}
	if n := len(w.Secret); n < 16 || n > 200 || strings.ContainsFunc(string(w.Secret), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("webhook.secret of %s has %d bytes, want 16 to 200, all printable", w.Name, n)
	}
	for i, e := range w.Events {
		if !slices.Contains(hookEvents, e) || slices.Contains(w.Events[:i], e) {
			return fmt.Errorf("webhook.events of %s has %q, want each once, of: %s", w.Name, e, strings.Join(hookEvents, ", "))
		}
	}
	return nil
}

// hooks are those of a checked configuration.
func (c Config) hooks() (list []webhook.Hook) {
	for _, w := range c.Webhooks {
		u, err := url.Parse(w.URL)
		if err != nil {
			continue // check has refused it
		}
		list = append(list, webhook.Hook{Name: w.Name, URL: u, Secret: []byte(w.Secret), Events: w.Events})
	}
	return list
}
