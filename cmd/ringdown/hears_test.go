package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// hears begins a server that appends the body of each request to a file, a line each, and puts its address in a variable.
func hears(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, args, 2, "hears NAME FILE")
	name := ts.MkAbs(args[1])
	var one sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		one.Lock()
		defer one.Unlock()
		f, err2 := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil || err2 != nil || !strings.HasPrefix(r.Header.Get("Ringdown-Signature"), "sha256=") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = f.Write(append(body, '\n'))
		_ = f.Close()
	}))
	ts.Defer(s.Close)
	ts.Setenv(args[0], s.URL)
}
