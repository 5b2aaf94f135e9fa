package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"ringdown/web"
)

// A page is one file, as it is sent.
type page struct {
	content []byte
	kind    string // content type
	etag    string
}

// loadPages reads all files of the kinds that pages have; others are not served.
// index.html is the root too.
func loadPages(files fs.FS) (map[string]page, error) {
	pages := make(map[string]page)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		kind := web.ContentType(name)
		if err != nil || d.IsDir() || kind == "application/octet-stream" {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		pages["/"+name] = page{content, kind, web.ETag(content)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("console: pages: %w", err)
	}
	index, ok := pages["/index.html"]
	if !ok {
		return nil, fmt.Errorf("console: pages have no index.html among %d files", len(pages))
	}
	pages["/"] = index
	return pages, nil
}

// serve sends the page, or that the browser's copy is still good.
func (p page) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", p.kind)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", p.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.content))
}

// noteStyle dresses the few plain pages that need no session. It is allowed in
// their policy by its hash.
const noteStyle = `body{font:18px/1.5 system-ui,sans-serif;max-width:34em;margin:12vh auto;padding:0 24px}:root{color-scheme:light dark}` +
	`h1{font-size:28px;font-weight:600}code{font-size:16px}`

var noteStyleHash = func() string {
	sum := sha256.Sum256([]byte(noteStyle))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// A note is a plain page: what is, and what can be done.
type note struct {
	status      int
	title, text string
	command     string // to type, if any
	onward      string // local address to go on to by itself, if any
}

var (
	noSession = note{http.StatusUnauthorized, "This browser has not been let in",
		"A console opens with a link that works once. On the station's machine, type:", "ringdown console DIR", ""}
	usedLink = note{http.StatusForbidden, "This link was used or is too old",
		"A link lets one browser in, once, within 15 minutes. For a new one, type on the station's machine:", "ringdown console DIR", ""}
	tooMany = note{http.StatusTooManyRequests, "Too many attempts",
		"Too many wrong links were opened from this machine. Wait ten seconds, then open the newest link again.", "", ""}
	noPage = note{http.StatusNotFound, "There is no such page", "The console is at the root of this address.", "", ""}
)

func (n note) serve(w http.ResponseWriter) {
	h := w.Header()
	csp := h.Get("Content-Security-Policy")
	h.Set("Content-Security-Policy", strings.Replace(csp, "style-src 'self'", "style-src "+noteStyleHash, 1))
	h.Set("Content-Type", web.ContentType(".html"))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(n.status)
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">`)
	if n.onward != "" {
		fmt.Fprintf(&b, `<meta http-equiv="refresh" content="0;url=%s">`, html.EscapeString(n.onward))
	}
	fmt.Fprintf(&b, "<title>%s</title><style>%s</style><h1>%[1]s</h1><p>%[3]s</p>", html.EscapeString(n.title), noteStyle, html.EscapeString(n.text))
	if n.command != "" {
		fmt.Fprintf(&b, "<p><code>%s</code></p>", html.EscapeString(n.command))
	}
	if n.onward != "" {
		fmt.Fprintf(&b, `<p><a href="%s">Go on</a></p>`, html.EscapeString(n.onward))
	}
	_, _ = w.Write([]byte(b.String()))
}
