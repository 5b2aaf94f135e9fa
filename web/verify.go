package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"regexp"
	"strings"
)

//go:embed verify
var verifyFiles embed.FS

// verifyScripts are the modules of the verification page, each after those that it imports.
var verifyScripts = []string{"sentences.js", "keccak.js", "mldsa.js", "text.js", "body.js", "entry.js", "entrytext.js", "file.js", "check.js", "rules.js", "people.js", "report.js", "says.js", "view.js"}

// VerifyPage is the static page that verifies a disclosure: one file that loads nothing and
// asks no server, to be opened from a disk or served by anyone. Its own policy allows its one
// style and its one script, by their hashes, and nothing else.
var VerifyPage = verifyPage()

func verifyPage() []byte {
	var script strings.Builder
	for _, name := range verifyScripts {
		script.WriteString(joined(verifyPart(name)))
	}
	style := verifyPart("verify.css")
	return []byte(strings.NewReplacer(
		"{{policy}}", "default-src 'none'; script-src "+hashOf(script.String())+"; style-src "+hashOf(style)+"; base-uri 'none'; form-action 'none'",
		"{{style}}", style,
		"{{script}}", script.String(),
	).Replace(verifyPart("verify.html")))
}

func verifyPart(name string) string {
	b, err := fs.ReadFile(verifyFiles, "verify/"+name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(b)
}

var moduleLines = regexp.MustCompile(`(?m)^(?:// @ts-check\n|import [^;]*;\n|export )`)

// joined makes a module a part of a longer one.
func joined(module string) string { return moduleLines.ReplaceAllString(module, "") }

// hashOf allows what a policy otherwise forbids inside a page.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
