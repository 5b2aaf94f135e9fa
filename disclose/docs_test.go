package disclose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/disclosure.md explains every failure, and there is a vector of each that fits a file.
func TestEveryCodeIsDocumentedAndShown(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "disclosure.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{"size": true, "stranger": true} // tests of their own: TestTooLarge, TestFingerprints
	for _, v := range badVectors(t) {
		name := strings.TrimPrefix(v.name, "x-")
		code, _, _ := strings.Cut(name, ".")
		shown[code] = true
		if out := string(outcome(t, v.file)); !strings.Contains(out, `"code": "`+code+`"`) {
			t.Errorf("%s: %s", v.name, out)
		}
	}
	for key := range sentences {
		code, is := strings.CutPrefix(key, "fail.")
		if !is {
			continue
		}
		if !strings.Contains(string(text), "`"+code+"`") {
			t.Errorf("docs/disclosure.md does not explain %q", code)
		}
		if !shown[code] {
			t.Errorf("no vector fails with %q", code)
		}
	}
}

// Fingerprints from elsewhere confirm a party, or refuse the file.
func TestFingerprints(t *testing.T) {
	b := goodVectors(t)[0].file
	r, err := Verify(b)
	if err != nil {
		t.Fatal(err)
	}
	north, south := r.Parties[first].Fingerprint, r.Parties[second].Fingerprint
	if r, err = Verify(b, south, north); err != nil || !r.Parties[first].Confirmed || !r.Parties[second].Confirmed || r.Provided != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = Verify(b, south); err != nil || r.Parties[first].Confirmed || !strings.Contains(r.Provided, "North") {
		t.Errorf("%+v, %v", r, err)
	}
	if out := string(outcome(t, b, south, strings.Repeat("0", 64))); !strings.Contains(out, `"code": "stranger"`) {
		t.Error(out)
	}
}
