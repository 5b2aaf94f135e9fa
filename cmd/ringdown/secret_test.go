package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ringdown/api"
)

// A heap gathers all that commands have printed, and all that they have given to
// others in files.
type heap struct {
	t    *testing.T
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heap) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}

// whatever stands for a status that depends on how busy the machine is.
const whatever = -1

// run runs one command line in this process and gives its standard output.
func (h *heap) run(want int, args ...string) string {
	h.t.Helper()
	out := new(bytes.Buffer)
	code := run(&terminal{h.t.Context(), strings.NewReader("no\nwords\n"), out, h}, args)
	_, _ = h.Write(out.Bytes())
	if code != want && want != whatever {
		h.t.Fatalf("ringdown %s: status %d, want %d: %s", strings.Join(args, " "), code, want, h.text.String())
	}
	return out.String()
}

// serve runs a station until the test ends.
func (h *heap) serve(dir string) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- run(&terminal{ctx, strings.NewReader(""), h, h}, []string{"serve", dir, "--verbose"}) }()
	h.t.Cleanup(func() { stop(); <-ended })
	h.until(func() bool { return run(&terminal{h.t.Context(), nil, h, h}, []string{"status", "--dir", dir}) == 0 })
}

func (h *heap) until(ok func() bool) {
	h.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); !ok(); <-tick.C {
		if time.Since(begin) > limit {
			h.t.Fatalf("not within %v: %s", limit, h.text.String())
		}
	}
}

// secretsIn reads every private file of a folder: what stands in it as base64 is secret.
func secretsIn(t *testing.T, dir string) (list [][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		name := filepath.Base(path)
		private := filepath.Base(filepath.Dir(path)) == "keys" || name == "secret" || name == "once"
		if err != nil || d.IsDir() || !private {
			return err
		}
		text, err := os.ReadFile(path)
		n := len(list)
		for line := range strings.Lines(string(text)) {
			if b, err := base64.RawStdEncoding.DecodeString(strings.TrimSpace(line)); err == nil && strings.HasPrefix(line, "  ") && len(b) >= 32 {
				list = append(list, b)
			}
		}
		if len(list) == n {
			t.Errorf("%s is private and holds no secret:\n%s", path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// shows looks for a secret in text, raw and in the ways in which bytes are printed.
func shows(text, secret []byte) string {
	upper := strings.ToUpper(hex.EncodeToString(secret))
	for name, form := range map[string]string{
		"raw": string(secret), "hex": hex.EncodeToString(secret), "HEX": upper, "decimal": strings.Trim(fmt.Sprint(secret), "[]"),
		"base64": base64.RawStdEncoding.EncodeToString(secret), "base64url": base64.RawURLEncoding.EncodeToString(secret),
		"hex, first half": hex.EncodeToString(secret[:len(secret)/2]), "raw, first half": string(secret[:len(secret)/2]),
	} {
		if bytes.Contains(text, []byte(form)) {
			return name
		}
	}
	return ""
}

// TestNoSecretIsPrinted makes two stations and everything between them, well and badly, and looks for
// every secret of both in all that was printed, logged, or written for the other side.
func TestNoSecretIsPrinted(t *testing.T) {
	h := &heap{t: t}
	work := t.TempDir()
	at := func(name string) string { return filepath.Join(work, name) }
	north, south := at("north"), at("south")
	for dir, name := range map[string]string{north: "North", south: "South"} {
		h.run(0, "init", dir, "--name", name)
		h.run(1, "init", dir, "--name", name)
		if err := os.WriteFile(filepath.Join(dir, "station.toml"), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	port := freePort()
	here := func(n int) string { return fmt.Sprintf("127.0.0.1:%d", n) }
	fibre, radio, moved := here(port), here(port+1), here(freePort())
	h.run(0, "invite", "--dir", north, "--to", "South", "--path", "fibre="+fibre, "--path", "radio=roams", "--out", at("invite"))
	secrets := secretsIn(t, north) // with the one-time key, which does not stay
	h.run(1, "accept", at("invite"), "--dir", north, "--path", "fibre=roams", "--path", "radio="+radio, "--out", at("x"))
	h.run(0, "accept", at("invite"), "--dir", south, "--path", "fibre=roams", "--path", "radio="+radio, "--out", at("accept"))
	words := wordsIn(h.run(0, "conclude", at("accept"), "--dir", north))
	h.run(1, "conclude", at("accept"), "--dir", north)
	h.run(1, "conclude", filepath.Join(south, "lines", "north", "secret"), "--dir", north)
	h.run(1, "accept", filepath.Join(south, "keys", "identity"), "--dir", north, "--out", at("x"))
	h.serve(north)
	h.serve(south)
	for dir, line := range map[string]string{north: "south", south: "north"} {
		h.run(1, "confirm", line, "--dir", dir)
		h.run(0, "words", line, "--dir", dir)
		h.run(1, "call", line, "--dir", dir)
		h.run(0, "confirm", line, "--dir", dir, "--words", words)
		secrets = append(secrets, secretsIn(t, dir)...)
	}
	h.until(func() bool { return strings.Contains(h.run(0, "status", "--dir", north), ": open") })
	h.run(0, "amend", "south", "--dir", north, "--path", "fibre="+moved)
	h.until(func() bool { return strings.Contains(h.run(0, "status", "--dir", south), moved) })
	for _, dir := range []string{north, south} {
		h.until(func() bool { return strings.Contains(h.run(0, "status", "--dir", dir), ": open") })
	}
	for _, dir := range []string{north, south} {
		h.run(whatever, "doctor", dir)
		h.run(whatever, "doctor", dir, "--json")
		h.run(0, "status", "--dir", dir, "--json")
		var link api.Link
		if err := json.Unmarshal([]byte(h.run(0, "console", dir, "--json")), &link); err != nil {
			t.Fatal(err)
		}
	}
	h.run(1, "serve", north)
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	run(&terminal{ctx, nil, h, h}, []string{"events", "--dir", south})
	h.run(0, "retire", "south", "--dir", north)
	for _, name := range []string{"invite", "accept"} {
		text, err := os.ReadFile(at(name))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = h.Write(text)
	}
	if want := 6 + 6 + 6; len(secrets) != want {
		t.Errorf("%d secrets were looked for, want %d: five keys and the one-time key, then five keys and the pair secret at each side", len(secrets), want)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, s := range secrets {
		if form := shows(h.text.Bytes(), s); form != "" {
			t.Errorf("secret %d of %d bytes was printed, as %s", i, len(s), form)
		}
	}
	if shows([]byte("x "+hex.EncodeToString(secrets[0])), secrets[0]) == "" {
		t.Error("a secret that is printed is not found")
	}
}
