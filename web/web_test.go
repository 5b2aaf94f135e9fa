package web

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages calls fn with every file of the pages.
func pages(t *testing.T, fn func(name, text string)) {
	t.Helper()
	err := fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(Files, name)
		if err != nil {
			return err
		}
		fn(name, string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a file of each kind asks its server for.
var asks = map[string]*regexp.Regexp{
	".js":   regexp.MustCompile(`(?m)(?:^import (?:[^;"]* from )?|^export [^;"]* from |\bimport\()"([^"]+)"`),
	".html": regexp.MustCompile(`\b(?:src|href)="([^"]+)"`),
	".css":  regexp.MustCompile(`(?:@import|url\()\s*"?([^")\s]+)`),
}

// wanted are the files that name asks for, relative to the root.
func wanted(name, text string) []string {
	re := asks[path.Ext(name)]
	if re == nil {
		return nil
	}
	var files []string
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		files = append(files, m[1])
	}
	return files
}

// No build step checks the imports, so this does; and a file nobody asks for is
// dead weight in every binary.
func TestEveryImportResolves(t *testing.T) {
	asked := map[string]bool{"index.html": true, "stage.html": true, "login.html": true, "enrol.html": true, "people.html": true}
	pages(t, func(name, text string) {
		for _, file := range wanted(name, text) {
			if path.Ext(name) == ".js" && !strings.HasPrefix(file, "./") {
				t.Errorf("%s imports %q, want a module beside it", name, file)
			}
			file = path.Clean(file)
			asked[file] = true
			if _, err := fs.Stat(Files, file); err != nil {
				t.Errorf("%s asks for %q: %v", name, file, err)
			}
		}
	})
	pages(t, func(name, _ string) {
		if !asked[name] {
			t.Errorf("no page asks for %s", name)
		}
	})
}

// What the policy would refuse, or what would make text of the other side into
// markup.
var refused = []struct {
	pattern *regexp.Regexp
	reason  string
}{
	{regexp.MustCompile(`(?i)\bhttps?:|["'(]//`), "an address outside this station"},
	{regexp.MustCompile(`(?i)<script(?:\s+[a-z]+(?:="[^"]*")?)*>[^<]`), "a script inside the page"},
	{regexp.MustCompile(`(?i)<style`), "a style inside the page"},
	{regexp.MustCompile(`(?i)<[^>]+\son[a-z]+\s*=`), "a handler inside the page"},
	{regexp.MustCompile(`(?i)<[^>]+\sstyle\s*=|setAttribute\("style"`), "a style attribute"},
	{regexp.MustCompile(`(?i)["'=]\s*javascript:`), "a script in an address"},
	{regexp.MustCompile(`\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|setHTML`), "text made into markup"},
	{regexp.MustCompile(`\beval\(|new Function\(|set(?:Timeout|Interval)\(\s*["'` + "`" + `]`), "text made into code"},
}

// The names of the SVG namespace look like addresses and are none.
const svg = "http://www.w3.org/2000/svg"

func TestNothingForeignNothingInline(t *testing.T) {
	pages(t, func(name, text string) {
		text = strings.ReplaceAll(text, svg, "")
		if path.Ext(name) == ".js" {
			text = withoutComments(text)
		}
		for _, r := range refused {
			if found := r.pattern.FindString(text); found != "" {
				t.Errorf("%s has %q: %s", name, found, r.reason)
			}
		}
	})
}

var comments = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)^\s*//.*$`)

func withoutComments(js string) string { return comments.ReplaceAllString(js, "") }

func TestRefusedPatternsFind(t *testing.T) {
	for i, bad := range []string{
		`fetch("https://example.org/x")`, `<script>alert(1)</script>`, `<style>`, `<p onclick="x()">`, `<p style="color:red">`,
		`href="javascript:x"`, `el.innerHTML = name`, "setTimeout(`x()`, 1)",
	} {
		if !refused[i].pattern.MatchString(bad) {
			t.Errorf("%s is not found in %q", refused[i].reason, bad)
		}
	}
}

// Every module is checked by its types.
func TestEveryModuleIsChecked(t *testing.T) {
	pages(t, func(name, text string) {
		if path.Ext(name) == ".js" && !strings.HasPrefix(text, "// @ts-check\n") {
			t.Errorf("%s does not begin with // @ts-check", name)
		}
	})
}

func TestPolicy(t *testing.T) {
	alone := Policy(nil, nil)
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !slices.Contains(strings.Split(alone, "; "), want) {
			t.Errorf("policy %q lacks %q", alone, want)
		}
	}
	if strings.Contains(alone, "unsafe") {
		t.Errorf("policy %q is unsafe", alone)
	}
	framed := Policy([]string{"http://localhost:1"}, []string{"http://localhost:2", "http://localhost:3"})
	for _, want := range []string{"frame-ancestors http://localhost:1", "frame-src http://localhost:2 http://localhost:3"} {
		if !slices.Contains(strings.Split(framed, "; "), want) {
			t.Errorf("policy %q lacks %q", framed, want)
		}
	}
}

func TestContentType(t *testing.T) {
	pages(t, func(name, _ string) {
		if ContentType(name) == "application/octet-stream" {
			t.Errorf("%s has no content type", name)
		}
	})
	if got := ContentType("a.exe"); got != "application/octet-stream" {
		t.Errorf("a.exe is %q", got)
	}
}

func TestETag(t *testing.T) {
	a, b := ETag([]byte("a")), ETag([]byte("b"))
	if a == b || a != ETag([]byte("a")) {
		t.Errorf("tags of two contents are %s and %s", a, b)
	}
	if len(a) != 34 || a[0] != '"' || a[33] != '"' {
		t.Errorf("tag is %s, want 32 quoted characters", a)
	}
}
