package console

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ringdown/api"
	"ringdown/web"
)

// A gate knows under which names a browser may ask for the pages, and so
// refuses both a foreign page that sends requests here (its Origin is foreign)
// and a foreign name that resolves to this machine (its Host is).
type gate struct {
	scheme string          // "http" or "https"
	hosts  map[string]bool // as in the Host header, lower case
}

// newGate allows the names on the port, and the machine's own names. A name
// that has a port already is taken as it stands.
func newGate(scheme string, port uint16, names []string) *gate {
	g := &gate{scheme: scheme, hosts: make(map[string]bool)}
	for _, name := range append([]string{"localhost", "127.0.0.1", "::1"}, names...) {
		name = strings.ToLower(name)
		if _, _, err := net.SplitHostPort(name); err == nil {
			g.hosts[name] = true
			continue
		}
		g.hosts[hostPort(name, port)] = true
		if port == g.defaultPort() {
			g.hosts[strings.TrimSuffix(hostPort(name, port), ":"+strconv.Itoa(int(port)))] = true
		}
	}
	return g
}

func (g *gate) defaultPort() uint16 {
	if g.scheme == "https" {
		return 443
	}
	return 80
}

func hostPort(host string, port uint16) string {
	return net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(int(port)))
}

// check refuses what does not come from one of our own pages or from a person
// who opens an address. What changes something, and every WebSocket, must name
// its origin; a GET without one is left to Sec-Fetch-Site and the cookie.
func (g *gate) check(r *http.Request) *api.Error {
	host := strings.ToLower(r.Host)
	if !g.hosts[host] {
		return &api.Error{Code: "wrong-host", Text: "This station has no page under the name " + strconv.Quote(shorten(r.Host, 80)) + ".",
			Action: `Open the address that "ringdown console DIR" prints, or add this name to the station's configuration.`}
	}
	origins := r.Header.Values("Origin")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if len(origins) == 0 {
		if !reads || isUpgrade(r) {
			return foreign("The request does not say from which page it comes.")
		}
	} else if len(origins) > 1 || strings.ToLower(origins[0]) != g.scheme+"://"+host {
		return foreign("The request comes from the page " + strconv.Quote(shorten(origins[0], 80)) + ", which is not the console's.")
	}
	return checkFetchSite(r)
}

// checkFetchSite reads what browsers add by themselves and no script can set.
// From elsewhere only a person's step to a page is allowed; the cookie, being
// SameSite=Strict, does not come along even then.
func checkFetchSite(r *http.Request) *api.Error {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return nil
	}
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		return nil
	}
	return foreign("The request comes from another site.")
}

func foreign(text string) *api.Error {
	return &api.Error{Code: "foreign-origin", Text: text, Action: "Open the console itself and act there."}
}

func isUpgrade(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

// shorten cuts text that a stranger chose, for showing it.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// A policy is the security headers that every answer carries.
type policy struct {
	content string // Content-Security-Policy
	framed  bool   // other pages may show the console
	tls     bool
}

// newPolicy allows the page's own files and its own station, nothing inline and
// nothing from elsewhere, and no text that becomes markup.
func newPolicy(ancestors []string, tls bool) *policy {
	return &policy{
		content: web.Policy(ancestors, nil) + "; require-trusted-types-for 'script'; trusted-types 'none'",
		framed:  len(ancestors) > 0,
		tls:     tls,
	}
}

func (p *policy) set(h http.Header) {
	h.Set("Content-Security-Policy", p.content)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Origin-Agent-Cluster", "?1") // a page of this host's that draws much shall not delay the console's heartbeat
	h.Set("Permissions-Policy", "microphone=(self), speaker-selection=(self), screen-wake-lock=(self), autoplay=(self), fullscreen=(self), "+
		"camera=(), geolocation=(), display-capture=(), usb=(), serial=(), midi=(), payment=()")
	if !p.framed {
		h.Set("X-Frame-Options", "DENY")
	}
	if p.tls {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

const (
	failureRate, failureBurst = 2, 20   // a second and at once: failed attempts to enter, of one address
	requestRate, requestBurst = 50, 300 // requests of one session; a page has some thirty files
	searchRate, searchBurst   = 15, 30  // of these, those that search: one for each key that somebody types fast
	exportRate, exportBurst   = 0.5, 5  // and those that read much: exports and disclosures
	maxCallers                = 1024
)

// A limiter limits how often each caller may do something. It is safe for
// concurrent use.
type limiter[K comparable] struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	callers map[K]*rate.Limiter
}

func newLimiter[K comparable](perSecond rate.Limit, burst int) *limiter[K] {
	return &limiter[K]{rate: perSecond, burst: burst, callers: make(map[K]*rate.Limiter)}
}

// allow counts one act. When too many callers are known all are forgotten: the
// memory is bounded, and what the limits protect is the machine's effort; no
// secret here could be guessed at any rate.
func (f *limiter[K]) allow(now time.Time, caller K) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.callers[caller]
	if l == nil {
		if len(f.callers) == maxCallers {
			clear(f.callers)
		}
		l = rate.NewLimiter(f.rate, f.burst)
		f.callers[caller] = l
	}
	return l.AllowN(now, 1)
}

// caller is the address, or for IPv6 the network of 64 bits that one machine
// commonly has for itself.
func caller(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	addr := ap.Addr().Unmap().WithZone("")
	if addr.Is6() {
		return netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	return addr
}
