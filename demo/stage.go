package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ringdown/api"
	"ringdown/impair"
	"ringdown/web"
)

// A stage is the page between the two consoles: it shows the paths and lets one
// harm them. Local programs may use it without a key, since it reaches
// nothing but the demo's own wires; web pages of another origin may not.
//
//	GET  /            the page
//	GET  /api/stage   {"north": URL, "south": URL, "paths": [{"path": 1, "name": "fibre"}, …]}
//	GET  /api/flow    server-sent events, one a path twenty times a second
//	POST /paths/{n}   any of {"cut": bool, "delay_ms": n, "jitter_ms": n, "loss": 0..1}
type stage struct {
	mux    http.ServeMux
	hosts  map[string]bool
	wires  []*wire
	info   stageInfo
	policy string // Content-Security-Policy
}

// A wire is one path of the demo: a forwarder, and what the accord calls it.
type wire struct {
	name string
	*impair.Forwarder
}

type stageInfo struct {
	North string      `json:"north"`
	South string      `json:"south"`
	Paths []stagePath `json:"paths"`
}

type stagePath struct {
	Path int    `json:"path"`
	Name string `json:"name"`
}

// A flow is what one path has carried so far, and how it is impaired.
type flow struct {
	Path     int         `json:"path"`
	Settings impairments `json:"settings"`
	AB       tally       `json:"ab"`
	BA       tally       `json:"ba"`
}

type impairments struct {
	Cut      bool    `json:"cut"`
	DelayMS  float64 `json:"delay_ms"`
	JitterMS float64 `json:"jitter_ms"`
	Loss     float64 `json:"loss"`
}

type tally struct {
	Seen    uint64 `json:"seen"`
	Carried uint64 `json:"carried"`
	Lost    uint64 `json:"lost"`
	Size    int    `json:"size"` // of the last datagram, in bytes
}

const (
	flowPeriod = 50 * time.Millisecond
	patchLimit = 4096
)

// newStage makes the stage that shows the consoles of these addresses.
func newStage(port int, consoles []string, info stageInfo, wires []*wire) *stage {
	s := &stage{info: info, wires: wires, hosts: make(map[string]bool), policy: web.Policy(nil, consoles)}
	for _, h := range []string{"localhost", "127.0.0.1", "[::1]"} {
		s.hosts[net.JoinHostPort(strings.Trim(h, "[]"), strconv.Itoa(port))] = true
	}
	s.mux.HandleFunc("GET /{file...}", s.page)
	s.mux.HandleFunc("GET /api/stage", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.info) })
	s.mux.HandleFunc("GET /api/flow", s.flow)
	s.mux.HandleFunc("POST /paths/{n}", s.patch)
	return s
}

// page serves the stage and what it loads.
func (s *stage) page(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if name == "" {
		name = "stage.html"
	}
	content, err := fs.ReadFile(web.Files, name)
	if err != nil {
		refuse(w, http.StatusNotFound, "no-such-page", fmt.Sprintf("The stage has no page %q.", shortened(name)), "Open its root.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", web.ContentType(name))
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Origin-Agent-Cluster", "?1") // its drawing shall not wait for the consoles' nor they for it
	h.Set("ETag", web.ETag(content))
	h.Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// ServeHTTP refuses other names for this machine (DNS rebinding) and pages of
// other origins, then serves.
func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.hosts[r.Host] {
		refuse(w, http.StatusMisdirectedRequest, "foreign-host", fmt.Sprintf("The stage is not %q.", r.Host), "Open it under the address that the demo printed.")
		return
	}
	if foreign := foreignPage(r); foreign != "" {
		refuse(w, http.StatusForbidden, "foreign-origin", fmt.Sprintf("A page of another origin (%q) may not use the stage.", shortened(foreign)),
			"Use the stage's own page, or a local program.")
		return
	}
	s.mux.ServeHTTP(w, r)
}

// foreignPage says which web page, not the stage's own, sent a request; empty if none did.
func foreignPage(r *http.Request) string {
	if o := r.Header.Get("Origin"); o != "" && o != "http://"+r.Host {
		return o
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
		return ""
	default:
		if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" {
			return "" // a link that leads here
		}
		return site
	}
}

func shortened(s string) string { return s[:min(len(s), 80)] }

// patch changes the impairments of one path, both ways.
func (s *stage) patch(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > len(s.wires) {
		refuse(w, http.StatusNotFound, "no-such-path", fmt.Sprintf("There is no path %q.", shortened(r.PathValue("n"))), fmt.Sprintf("Name one of 1 to %d.", len(s.wires)))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, patchLimit))
	if err == nil {
		var p impair.Patch
		if p, err = impair.ParsePatch(body); err == nil {
			err = s.wires[n-1].Apply(p)
		}
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad-settings", err.Error(), `Send any of {"cut": true, "delay_ms": 20, "jitter_ms": 5, "loss": 0.1}.`)
		return
	}
	reply(w, s.state(n-1))
}

// flow streams the state of every path until the page leaves.
func (s *stage) flow(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	tick := time.NewTicker(flowPeriod)
	defer tick.Stop()
	for {
		for i := range s.wires {
			text, err := json.Marshal(s.state(i))
			if err == nil {
				_, err = fmt.Fprintf(w, "data: %s\n\n", text)
			}
			if err != nil {
				return
			}
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *stage) state(i int) flow {
	f := s.wires[i]
	now := f.Settings(impair.AtoB)
	return flow{Path: i + 1,
		Settings: impairments{Cut: now.Cut, Loss: now.Loss,
			DelayMS:  float64(now.Delay) / float64(time.Millisecond),
			JitterMS: float64(now.Jitter) / float64(time.Millisecond)},
		AB: tallyOf(f.Counts(impair.AtoB)), BA: tallyOf(f.Counts(impair.BtoA))}
}

func tallyOf(c impair.Counts) tally {
	return tally{Seen: c.Seen, Carried: c.Carried, Lost: c.Lost, Size: c.Size}
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, code, text, action string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(&api.Error{Code: code, Text: text, Action: action})
}

// serve runs the stage on a listener until it is closed.
func (s *stage) serve(l net.Listener) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	if err := server.Serve(l); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
