package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxHeader    = 16 << 10 // of an answer
	maxAnswer    = 4 << 10  // of its body, read and thrown away
	maxRedirects = 3
	maxWhy       = 160 // characters of a failure's text
)

// A refusal is a failure that another try does not mend.
type refusal struct{ text string }

func (r *refusal) Error() string { return r.text }

func final(err error) bool {
	_, ok := errors.AsType[*refusal](err)
	return ok
}

// newClient makes the client of one hook. It remembers nothing between two requests.
func newClient(h *Hook, opt Options) *http.Client {
	t := &http.Transport{
		DialContext:            opt.Dial,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost:        2, // the hook's own try, and a person's test
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    Limit,
	}
	return &http.Client{Transport: t, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		switch {
		case next.Method != http.MethodPost:
			return http.ErrUseLastResponse // 301, 302 and 303 would ask for a page instead
		case next.URL.Scheme != h.URL.Scheme || next.URL.Host != h.URL.Host:
			return &refusal{"it leads to another host"}
		case len(via) > maxRedirects:
			return &refusal{"it leads on and on"}
		}
		return nil
	}}
}

// deliver tries once.
func (d *desk) deliver(ctx context.Context, e Event) error {
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	e.At = e.At.UTC().Truncate(time.Millisecond)
	body, err := json.Marshal(e)
	if err != nil {
		return &refusal{err.Error()}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.hook.URL.String(), bytes.NewReader(body))
	if err != nil {
		return &refusal{"its address cannot be asked"}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "ringdown")
	r.Header.Set("Ringdown-Event", e.Event)
	r.Header.Set("Ringdown-Signature", Signature(d.hook.Secret, body))
	answer, err := d.client.Do(r)
	if err != nil {
		return plain(err)
	}
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // what it says is of no interest, only that it ends
	_ = answer.Body.Close()
	return judge(answer.StatusCode)
}

// judge says what a status means.
func judge(status int) error {
	text := fmt.Sprintf("it answered %d %s", status, http.StatusText(status))
	switch {
	case status >= 200 && status <= 299:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return errors.New(text)
	}
	return &refusal{text}
}

// plain is an error without the address, which may carry a secret.
func plain(err error) error {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer within %v", Limit)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if said := inWords(err); said != "" {
		return errors.New(said)
	}
	return errors.New(shown(err.Error()))
}

// closedIdle is how net/http says that a server closed before it was asked; it has no name there.
const closedIdle = "http: server closed idle connection"

// inWords says what the usual failures of a network are to a person; empty: it is none of them.
func inWords(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return "its name is not known here"
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not trusted here: " + shown(cert.Err.Error())
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there (connection refused)"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to it from here"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), err.Error() == closedIdle:
		return "it broke off without an answer"
	}
	return ""
}

// shown is what may be read of a text that can have a server's own bytes in it.
func shown(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	if r := []rune(text); len(r) > maxWhy {
		text = string(r[:maxWhy]) + " …"
	}
	return text
}

// Signature is the value of the header Ringdown-Signature for a body.
func Signature(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
