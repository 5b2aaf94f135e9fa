package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/webhook"
)

const hookSecret = "a secret for the horn alone"

// TestWatchPage: at a station that never had a roster the administrator makes one, sees the gap that it has, closes it,
// and tries the horn and the lamp by their buttons.
func TestWatchPage(t *testing.T) {
	north, _ := startStations(t)
	horn, blown := blower(t)
	north.hooks(horn, fmt.Sprint("http://127.0.0.1:", freePorts(t, 1)[0]))
	anna := enrolled(t, north, northTone, "Anna Weber", api.RoleAdministrator, api.RoleOfficer)
	anna.at("opening the page of the watch", "http://"+north.page+"/watch.html")
	anna.reads("The roster is empty: nobody is expected, and no gap alarms.")
	anna.reads("Nobody has taken the watch yet.")
	anna.portrait("watch-empty")

	anna.press("Try horn")
	anna.reads("Told, in")
	if got := <-blown; !strings.Contains(got, `"event":"test"`) || !strings.Contains(got, "webhook horn") {
		t.Errorf("the horn was told %s", got)
	}
	anna.press("Try lamp")
	anna.reads("Not told: nothing listens there (connection refused). Look at what stands behind it")

	anna.clickOn("#edit summary")
	anna.set("#zone-name", "UTC")
	anna.until(patience, func() bool {
		return eval[bool](anna, `document.querySelector("#officers option[value='Anna Weber']") !== null`)
	},
		func() string { return "who may have the watch is not offered" })
	anna.press("Add a weekly shift")
	anna.set(`#weekly .row:last-child [name="officer"]`, "Anna Weber")
	anna.set(`#weekly .row:last-child [name="from"]`, "00:00")
	anna.set(`#weekly .row:last-child [name="to"]`, "24:00")
	for range 5 {
		anna.press("Add a weekly shift") // the day after, with the same person and hours
	}
	made := time.Now().UTC()
	anna.press("Save")
	anna.reads("Saved.")
	anna.press("Week after") // this week's Sunday may be over
	anna.reads("nobody")
	anna.portrait("watch-gap")
	anna.press("Add a weekly shift")
	anna.press("Save")
	anna.reads("No gap and no overlap to come in this week.")
	anna.portrait("watch-light")
	for _, scheme := range []string{"dark", "light"} {
		anna.scheme(scheme)
		anna.size(360, 800)
		anna.fits()
		anna.portrait("watch-phone-" + scheme)
		anna.size(1280, 757)
		anna.portrait("watch-" + scheme)
	}
	anna.set(`#weekly .row:last-child [name="to"]`, "25:00")
	anna.press("Save")
	if eval[string](anna, `document.querySelector("#weekly .row:last-child [name=to]").validationMessage`) == "" {
		t.Error("25:00 is taken for an hour")
	}

	anna.press("Undo")
	to := func() string {
		return eval[string](anna, `document.querySelector("#weekly .row:last-child [name=to]").value`)
	}
	anna.until(patience, func() bool { return to() == "24:00" }, func() string { return "after Undo it says " + to() })
	anna.at("opening the console", "http://"+north.page+"/")
	anna.reads("Nobody has the watch; Anna Weber should have had it since " + made.Format("15:"))
	anna.screenshot("watch-vacant")
	anna.press("Take the watch")
	anna.reads("You have the watch")
	anna.screenshot("watch-taken")
}

// blower is a horn: a server that takes what is signed with its secret, and says what it was told.
func blower(t *testing.T) (url string, told <-chan string) {
	t.Helper()
	heard := make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		if err != nil || r.Header.Get("Ringdown-Signature") != webhook.Signature([]byte(hookSecret), body) {
			http.Error(w, "not signed", http.StatusForbidden)
			return
		}
		heard <- string(body)
	}))
	t.Cleanup(s.Close)
	return s.URL, heard
}

// hooks starts the station again with a horn and a lamp, which are told of tests and rings alone.
func (s *serving) hooks(horn, lamp string) {
	s.t.Helper()
	s.kill()
	file := filepath.Join(s.dir, "station.toml")
	config, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range [][2]string{{"horn", horn}, {"lamp", lamp}} {
		config = fmt.Appendf(config, "\n[[webhook]]\nname = %q\nurl = %q\nsecret = %q\nevents = [\"ring\"]\n", h[0], h[1], hookSecret)
	}
	if err := os.WriteFile(file, config, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.start()
}
