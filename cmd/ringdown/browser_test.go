package main

import (
	"net/http"
	"net/http/cookiejar"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// browsers are those of a script, by name.
type browsers struct{}

// browser opens an address in a browser, which keeps its cookies as long as the script runs.
func browser(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 3, "browser NAME URL STATUS")
	all := ts.Value(browsers{}).(map[string]*http.Client)
	b := all[args[0]]
	if b == nil {
		jar, err := cookiejar.New(nil)
		ts.Check(err)
		b = &http.Client{Jar: jar, Timeout: limit}
		all[args[0]] = b
	}
	got, err := b.Get(args[1])
	ts.Check(err)
	_ = got.Body.Close()
	if found := strconv.Itoa(got.StatusCode); found != args[2] {
		ts.Fatalf("%s answers with %s, want %s", args[1], found, args[2])
	}
}
