package web

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page may run its own script and show its own style, and do nothing else.
func TestVerifyPageForbidsAllElse(t *testing.T) {
	page := string(VerifyPage)
	script := regexp.MustCompile(`(?s)<script type="module">(.*?)</script>`).FindStringSubmatch(page)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	if script == nil || style == nil {
		t.Fatal("there is no script or no style")
	}
	want := `content="default-src 'none'; script-src ` + hashOf(script[1]) + `; style-src ` + hashOf(style[1]) + `; base-uri 'none'; form-action 'none'"`
	if !strings.Contains(page, want) {
		t.Errorf("the policy is not %s", want)
	}
	for _, r := range refused {
		if r.reason == "a script inside the page" || r.reason == "a style inside the page" {
			continue
		}
		if found := r.pattern.FindString(withoutComments(page)); found != "" {
			t.Errorf("the page has %q: %s", found, r.reason)
		}
	}
	if regexp.MustCompile(`{{(policy|style|script)}}`).MatchString(page) {
		t.Error("a part was not put in")
	}
}

// Every module is in the page, after those that it imports, and with no name that another has.
func TestVerifyPageHasItsModules(t *testing.T) {
	files, err := filepath.Glob("verify/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		i := slices.Index(verifyScripts, filepath.Base(f))
		if i < 0 {
			t.Errorf("%s is not in the page", f)
			continue
		}
		for _, m := range regexp.MustCompile(`(?m)^import [^;]* from "\./([^"]+)";`).FindAllStringSubmatch(verifyPart(verifyScripts[i]), -1) {
			if j := slices.Index(verifyScripts, m[1]); j < 0 {
				t.Errorf("%s imports %s, which is not in the page", f, m[1])
			}
		}
	}
	script := regexp.MustCompile(`(?s)<script type="module">(.*?)</script>`).FindSubmatch(VerifyPage)
	file := filepath.Join(t.TempDir(), "page.mjs")
	if err := os.WriteFile(file, script[1], 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", "--check", file).CombinedOutput()
	if err != nil {
		t.Errorf("the page's script: %v\n%s", err, out)
	}
}

// The page has the console's colours.
func TestVerifyPageHasTheTheme(t *testing.T) {
	theme := file(t, "theme.css")
	style := verifyPart("verify.css")
	for _, m := range regexp.MustCompile(`--[\w-]+: #[0-9a-f]{6};`).FindAllString(style, -1) {
		if !strings.Contains(theme, m) {
			t.Errorf("%s is not a colour of theme.css", m)
		}
	}
	if !bytes.Contains(VerifyPage, []byte("PROVEN")) {
		t.Error("the page has no verdict")
	}
}
