package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// longLimit is for requests that copy or read much.
const longLimit = time.Hour

// Values is the query as an address carries it.
func (q RecordQuery) Values() url.Values {
	v := make(url.Values)
	set := func(name, value string, there bool) {
		if there {
			v.Set(name, value)
		}
	}
	set("before", strconv.FormatInt(q.Before, 10), q.Before != 0)
	set("limit", strconv.Itoa(q.Limit), q.Limit != 0)
	set("from", q.From.UTC().Format(time.RFC3339Nano), !q.From.IsZero())
	set("to", q.To.UTC().Format(time.RFC3339Nano), !q.To.IsZero())
	set("matter", q.Matter, q.Matter != "")
	set("search", q.Search, q.Search != "")
	set("kinds", strings.Join(q.Kinds, ","), len(q.Kinds) > 0)
	set("unread", "true", q.Unread)
	return v
}

// lineURL is the address of what a line has.
func lineURL(line, what string) string { return "/api/lines/" + url.PathEscape(line) + "/" + what }

func withQuery(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// Record asks for a part of a line's timeline.
func (c *Client) Record(ctx context.Context, line string, q RecordQuery) (*RecordPage, error) {
	p := new(RecordPage)
	return p, c.do(ctx, http.MethodGet, withQuery(lineURL(line, "record"), q.Values()), nil, p)
}

// Item asks for one line of it.
func (c *Client) Item(ctx context.Context, line, key string) (*Item, error) {
	i := new(Item)
	return i, c.do(ctx, http.MethodGet, lineURL(line, "record/"+url.PathEscape(key)), nil, i)
}

// Write writes a message; it is durable here when this returns.
func (c *Client) Write(ctx context.Context, line string, m NewMessage) (Written, error) {
	var w Written
	return w, c.do(ctx, http.MethodPost, lineURL(line, "messages"), m, &w)
}

// Keep hands over a file for a message to come.
func (c *Client) Keep(ctx context.Context, line, name string, data []byte) (Kept, error) {
	var k Kept
	ctx, cancel := context.WithTimeout(ctx, replyLimit)
	defer cancel()
	path := withQuery(lineURL(line, "files"), url.Values{"name": {name}})
	return k, c.send(ctx, http.MethodPost, path, bytes.NewReader(data), func(r *http.Response) error { return readReply(r, &k) })
}

// File fetches an attachment, and the name that its author gave it, which may be anything.
func (c *Client) File(ctx context.Context, line, key string) (name string, data []byte, err error) {
	return c.fetch(ctx, lineURL(line, "files/"+url.PathEscape(key)))
}

// Read marks messages read by a person.
func (c *Client) Read(ctx context.Context, line string, m Marks) error {
	return c.do(ctx, http.MethodPost, lineURL(line, "read"), m, nil)
}

// Withdraw takes back what waits and has no number yet.
func (c *Client) Withdraw(ctx context.Context, line string, keys []string) error {
	return c.do(ctx, http.MethodPost, lineURL(line, "withdraw"), Marks{Keys: keys}, nil)
}

// Matters asks for all matters of a line.
func (c *Client) Matters(ctx context.Context, line string) ([]Matter, error) {
	var list []Matter
	err := c.do(ctx, http.MethodGet, lineURL(line, "matters"), nil, &list)
	return list, err
}

// Matter opens, acknowledges or closes a matter, or files a call under it.
func (c *Client) Matter(ctx context.Context, line string, act MatterAct) (Written, error) {
	var w Written
	return w, c.do(ctx, http.MethodPost, lineURL(line, "matters"), act, &w)
}

// Export writes what q asks for to w, as "json" or "html". After an error what was written is
// not whole.
func (c *Client) Export(ctx context.Context, line, form string, q RecordQuery, w io.Writer) error {
	v := q.Values()
	v.Set("form", form)
	return c.send(ctx, http.MethodGet, withQuery(lineURL(line, "export"), v), nil, func(r *http.Response) error {
		if r.StatusCode >= 400 {
			return readReply(r, nil)
		}
		_, err := io.Copy(w, r.Body)
		return err
	})
}

// Disclosures asks for all disclosures of a line.
func (c *Client) Disclosures(ctx context.Context, line string) ([]Disclosure, error) {
	var list []Disclosure
	err := c.do(ctx, http.MethodGet, lineURL(line, "disclosures"), nil, &list)
	return list, err
}

// Disclose asks for a disclosure; what becomes of it, [Client.Disclosures] says.
func (c *Client) Disclose(ctx context.Context, line string, d NewDisclosure) (*Disclosure, error) {
	made := new(Disclosure)
	return made, c.doWithin(ctx, longLimit, http.MethodPost, lineURL(line, "disclosures"), d, made)
}

// AnswerDisclosure agrees to a disclosure that the other side asked for, or refuses it.
func (c *Client) AnswerDisclosure(ctx context.Context, line string, a DisclosureAnswer) (Written, error) {
	var w Written
	return w, c.do(ctx, http.MethodPost, lineURL(line, "disclosures/answer"), a, &w)
}

// DisclosureFile fetches the file of a disclosure that is made.
func (c *Client) DisclosureFile(ctx context.Context, line, id string) ([]byte, error) {
	_, data, err := c.fetch(ctx, lineURL(line, "disclosures/"+url.PathEscape(id)))
	return data, err
}

// Backup has the station write a backup to a new file on its machine; the path is absolute.
func (c *Client) Backup(ctx context.Context, file string) error {
	return c.doWithin(ctx, longLimit, http.MethodPost, "/api/backup", BackupRequest{file}, nil)
}

// fetch reads a file that the station gives to be saved.
func (c *Client) fetch(ctx context.Context, path string) (name string, data []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, longLimit)
	defer cancel()
	err = c.send(ctx, http.MethodGet, path, nil, func(r *http.Response) error {
		if r.StatusCode >= 400 {
			return readReply(r, nil)
		}
		if _, p, err := mime.ParseMediaType(r.Header.Get("Content-Disposition")); err == nil {
			name = p["filename"]
		}
		data, err = io.ReadAll(io.LimitReader(r.Body, maxFetched+1))
		if err == nil && len(data) > maxFetched {
			err = fmt.Errorf("the station gives more than %d bytes", maxFetched)
		}
		return err
	})
	return name, data, err
}

// maxFetched is the most that one file may have: a disclosure of much is the largest.
const maxFetched = 1 << 30
