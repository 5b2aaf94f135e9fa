// Package web holds the pages of Ringdown: the console that a station serves to
// its own people, and the stage of the demo. Both are plain ES modules without a
// build step, embedded in the binary.
//
// # Files
//
//	index.html, console.js   the console
//	stage.html, stage.js     the stage
//
// Each page is two halves: a protocol without DOM (protocol.js, voice.js,
// record.js, flow.js) and a view without sockets (view.js, side.js, lane.js), with pure
// functions between them (model.js, words.js, times.js, story.js, history.js).
// recording.js ties the record's halves together: its views are recordview.js, rows.js,
// messagerow.js, peoplerows.js, composer.js, filters.js, matters.js and disclosing.js, its pure parts timeline.js,
// entry.js, entrypeople.js, draft.js, attention.js, dwell.js and disclose.js.
//
// # Text of others
//
// What the other side wrote enters the page as text nodes alone, in a box whose writing
// direction ends with it. plain.js puts a mark where a character is unseen or seems to be
// another; package message has the same rules, and one file of vectors holds both to them.
// No address in a text is a link, and a file is saved, never opened.
//
// Types are written as JSDoc and checked by tsc -p web; node --test web/test/
// walks through every state, sentence and sound; the tests beside this file
// compare types and values with package api.
//
// # What the pages ask of their server
//
// They load nothing but their own origin's files, run no inline script and set
// no inline style, so they live under [Policy]. The server adds the origins that
// may frame the console, and for the stage those it frames.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
)

//go:embed page
var embedded embed.FS

// Files are the pages' files, index.html at the root.
var Files = sub(embedded, "page")

func sub(f fs.FS, dir string) fs.FS {
	s, err := fs.Sub(f, dir)
	if err != nil {
		panic(err) // only for a name that fs.ValidPath refuses
	}
	return s
}

// Policy is the Content-Security-Policy of a page that the given origins may show
// in a frame (none: nobody may) and that shows the given origins in frames.
func Policy(ancestors, frames []string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"connect-src 'self'",
		"img-src 'self' data:",
		"media-src 'self' blob:",
		"frame-src " + sources(frames),
		"frame-ancestors " + sources(ancestors),
		"base-uri 'none'",
		"form-action 'none'",
	}, "; ")
}

func sources(origins []string) string {
	if len(origins) == 0 {
		return "'none'"
	}
	return strings.Join(origins, " ")
}

// ContentType is the media type of a file of the pages. It does not ask the
// machine's own table, which differs from one to the next.
func ContentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

// ETag names a file's content, quoted as in the header of that name.
func ETag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}
