package ringdown_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "ringdown"

// A listed package is what go list says of one.
type listed struct {
	ImportPath   string
	Doc          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
	Incomplete   bool
}

// name is the package's folder, as the floors table writes it; the root is ".".
func (p listed) name() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

// packages lists every package of the module, once for all tests.
var packages = sync.OnceValues(func() ([]listed, error) {
	cmd := exec.Command("go", "list", "-e",
		"-json=ImportPath,Doc,GoFiles,Imports,TestImports,XTestImports,Deps,Incomplete", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.New("go list: " + stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func list(t *testing.T) []listed {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("go list names no package")
	}
	return all
}

var (
	floorRow  = regexp.MustCompile(`(?m)^\| ([0-9]) \| ([^|]+) \|`)
	floorName = regexp.MustCompile("`([^`]+)`")
)

// floors reads the table of DESIGN.md: package to floor. That table is the only
// one there is, so the document and the rule cannot drift apart.
func floors(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]int{}
	for _, row := range floorRow.FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range floorName.FindAllStringSubmatch(row[2], -1) {
			if _, twice := table[m[1]]; twice {
				t.Errorf("DESIGN.md puts %s on two floors", m[1])
			}
			table[m[1]] = n
		}
	}
	if len(table) == 0 {
		t.Fatal("DESIGN.md has no floors table")
	}
	return table
}

// A package imports only from floors below its own. Its tests may also import
// from its own floor, never from above.
func TestFloors(t *testing.T) {
	table := floors(t)
	for _, p := range list(t) {
		own, ok := table[p.name()]
		if !ok {
			t.Errorf("%s stands on no floor: give it one in DESIGN.md", p.name())
			continue
		}
		check := func(imports []string, highest int, who string) {
			for _, i := range imports {
				if i != module && !strings.HasPrefix(i, module+"/") || i == p.ImportPath {
					continue
				}
				dep := listed{ImportPath: i}.name()
				if n, ok := table[dep]; !ok || n > highest {
					t.Errorf("%s %s (floor %d) imports %s (floor %d): the highest allowed is %d", who, p.name(), own, dep, n, highest)
				}
			}
		}
		check(p.Imports, own-1, "package")
		check(p.TestImports, own, "a test of")
		check(p.XTestImports, own, "a test of")
	}
}

// A table that names what is not there is as misleading as a package on no floor.
func TestFloorsNameOnlyWhatIsThere(t *testing.T) {
	var there []string
	for _, p := range list(t) {
		there = append(there, p.name())
	}
	for name := range floors(t) {
		if !slices.Contains(there, name) {
			t.Errorf("DESIGN.md puts %s on a floor, but there is no such package", name)
		}
	}
}

// Someone who trusts neither station checks an accord or a disclosure with these
// packages, so nothing in them can reach a network.
func TestNoNetworkStack(t *testing.T) {
	offline := []string{"wire", "record", "accord", "disclose"}
	for _, p := range list(t) {
		if !slices.Contains(offline, p.name()) {
			continue
		}
		for _, d := range p.Deps {
			if d == "net" || d == "net/http" || d == "crypto/tls" || strings.HasPrefix(d, "golang.org/x/net/") {
				t.Errorf("%s depends on %s: it must have no network stack", p.name(), d)
			}
		}
	}
}

// The top floor is tests only: nothing but a package comment may be built there.
func TestTopFloorIsTestsOnly(t *testing.T) {
	table := floors(t)
	top := 0
	for _, n := range table {
		top = max(top, n)
	}
	for _, p := range list(t) {
		if table[p.name()] == top && len(p.GoFiles) > 0 && !slices.Equal(p.GoFiles, []string{"doc.go"}) {
			t.Errorf("%s is on the floor of tests and has %v beside doc.go", p.name(), p.GoFiles)
		}
	}
}
