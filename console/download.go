package console

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"ringdown/api"
)

// patience is how long a body may take from one piece to the next, where a whole one may take longer
// than other requests.
const patience = 30 * time.Second

// postFile keeps a file for a message to come.
func (s *Server) postFile(w http.ResponseWriter, r *http.Request) {
	rec, ok := s.record(w, r)
	if !ok {
		return
	}
	name, err := fileName(r)
	if err != nil {
		s.done(w, err)
		return
	}
	data, err := readFile(w, r)
	if err != nil {
		s.done(w, err)
		return
	}
	kept, err := rec.Keep(r.Context(), name, data)
	s.answer(w, kept, err)
}

// fileName reads the name that a file shall have: one that is no path.
func fileName(r *http.Request) (string, error) {
	v, err := parameters(r, []string{"name"})
	if err != nil {
		return "", err
	}
	name := v.Get("name")
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", badRequest("name is %q, want a file's name without folders", shorten(name, 80))
	}
	return name, checkText("name", name, maxWho)
}

func readFile(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	large := &api.Error{Code: "too-large", Text: fmt.Sprintf("The file has more than %d bytes.", maxFile), Action: "Send it in parts, or by another way."}
	if r.ContentLength > maxFile {
		return nil, large
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience)) // a console may be far away
	data, err := io.ReadAll(r.Body)
	if len(data) > maxFile {
		return nil, large
	}
	if err != nil {
		return nil, badRequest("the file did not arrive whole")
	}
	return data, nil
}

// getFile gives an attachment, to be saved.
func (s *Server) getFile(w http.ResponseWriter, r *http.Request) {
	rec, ok := s.record(w, r)
	if !ok {
		return
	}
	key := r.PathValue("key")
	if err := noQuery(r, checkKey("key", key, entryKey)); err != nil {
		s.done(w, err)
		return
	}
	file, data, err := rec.File(r.Context(), key)
	s.give(w, file.Name, data, err)
}

// getDisclosureFile gives the file of a disclosure, to be saved.
func (s *Server) getDisclosureFile(w http.ResponseWriter, r *http.Request) {
	rec, ok := s.record(w, r)
	if !ok {
		return
	}
	id := r.PathValue("id")
	if err := noQuery(r, checkKey("id", id, idForm)); err != nil {
		s.done(w, err)
		return
	}
	data, err := rec.DisclosureFile(r.Context(), id)
	s.give(w, "ringdown-"+r.PathValue("line")+"-"+strings.ReplaceAll(id, "/", "-")+".txt", data, err)
}

// getExport gives what a query asks for, to be saved, as it comes.
func (s *Server) getExport(w http.ResponseWriter, r *http.Request) {
	rec, ok := s.record(w, r)
	if !ok {
		return
	}
	q, err := recordQuery(r, exportParameters)
	form := r.URL.Query().Get("form")
	if err == nil && form != "json" && form != "html" {
		err = badRequest(`form is %q, want "json" or "html"`, shorten(form, 40))
	}
	if err == nil {
		err = s.within(s.exports, r)
	}
	if err != nil {
		s.done(w, err)
		return
	}
	s.takeTime(w)
	out := &download{w: w, name: "ringdown-" + r.PathValue("line") + "." + form}
	switch err := rec.Export(r.Context(), out, form, q); {
	case err != nil && out.begun:
		s.warn("console: an export was cut off", "line", r.PathValue("line"), "error", err)
		panic(http.ErrAbortHandler) // the one way to say that what has come is not whole
	case err != nil:
		s.done(w, err)
	default:
		out.begin()
	}
}

// give answers with a file, to be saved.
func (s *Server) give(w http.ResponseWriter, name string, data []byte, err error) {
	if err != nil {
		s.done(w, err)
		return
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(data)))
	out := &download{w: w, name: name}
	out.begin()
	_, _ = out.Write(data)
}

// takeTime lets the answer to a request that works long leave when it comes.
func (s *Server) takeTime(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
}

// A download is a file that a browser saves and never opens: whatever is in it, it is no page of
// this station's. It begins with the first byte, so that what fails before is an ordinary refusal.
type download struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

func (d *download) begin() {
	if d.begun {
		return
	}
	d.begun = true
	h := d.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", disposition(d.name))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	d.w.WriteHeader(http.StatusOK)
}

// Write gives the reader patience anew for each piece.
func (d *download) Write(b []byte) (int, error) {
	d.begin()
	_ = http.NewResponseController(d.w).SetWriteDeadline(time.Now().Add(patience))
	return d.w.Write(b)
}

// disposition names a file to be saved: in ASCII for all (RFC 6266), and as it is, in the
// encoding of RFC 8187, for those who read that. What could mislead (folders, control and
// direction characters) is replaced.
func disposition(name string) string {
	name = harmless(name)
	ascii := strings.Map(func(r rune) rune {
		if r > '~' || r == '"' || r == '%' {
			return '_'
		}
		return r
	}, name)
	d := `attachment; filename="` + ascii + `"`
	if ascii != name {
		d += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return d
}

// harmless is a file's name that only names a file.
func harmless(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	name = strings.TrimLeft(strings.TrimRight(name, " ."), " .")
	if name == "" {
		return "file"
	}
	return name
}
