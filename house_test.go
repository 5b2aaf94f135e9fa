package ringdown_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// The limits of the house. Most functions have ten lines; these are for the tail.
const (
	longestFunction = 100 // lines
	longestFile     = 600 // lines, of Go and of JavaScript
)

// sources calls fn for every text file of the tree, generated folders and
// binary files apart.
func sources(t *testing.T, fn func(path string, text []byte)) {
	t.Helper()
	skip := []string{".git", "node_modules", "bin", "tmp"}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skip, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || d.Name() == ".git" { // in a further worktree it is a file
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
			fn(path, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// goFiles calls fn with every Go file, parsed.
func goFiles(t *testing.T, fn func(path string, fset *token.FileSet, f *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	sources(t, func(path string, text []byte) {
		if filepath.Ext(path) != ".go" {
			return
		}
		f, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		fn(path, fset, f)
	})
}

// The package comment is the specification, so every package has one.
func TestEveryPackageIsDocumented(t *testing.T) {
	for _, p := range list(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.name())
		}
	}
}

func TestNoLongFunctions(t *testing.T) {
	goFiles(t, func(path string, fset *token.FileSet, f *ast.File) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
			if lines > longestFunction {
				t.Errorf("%s: %s has %d lines, at most %d are allowed", fset.Position(fn.Pos()), fn.Name.Name, lines, longestFunction)
			}
		}
	})
}

func TestNoLongFiles(t *testing.T) {
	sources(t, func(path string, text []byte) {
		if ext := filepath.Ext(path); ext != ".go" && ext != ".js" {
			return
		}
		if lines := bytes.Count(text, []byte("\n")); lines > longestFile {
			t.Errorf("%s has %d lines, at most %d are allowed", path, lines, longestFile)
		}
	})
}

// A test that sleeps is slow when it passes and wrong when the machine is busy:
// waiting is for virtual time, in a package whose tests run in testing/synctest.
func TestNoSleepInTests(t *testing.T) {
	sleeps := map[string][]string{} // folder: where
	virtual := map[string]bool{}    // folders with a bubble
	goFiles(t, func(path string, fset *token.FileSet, f *ast.File) {
		if !isTest(path) {
			return
		}
		folder := filepath.Dir(path)
		virtual[folder] = virtual[folder] || imports(f, "testing/synctest")
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
					sleeps[folder] = append(sleeps[folder], fset.Position(n.Pos()).String())
				}
			}
			return true
		})
	})
	for folder, where := range sleeps {
		if !virtual[folder] {
			t.Errorf("tests sleep outside testing/synctest: %s", strings.Join(where, ", "))
		}
	}
}

func imports(f *ast.File, path string) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		p, err := strconv.Unquote(i.Path.Value)
		return err == nil && p == path
	})
}

// What is written in the tree and must not be: a rule, with its reason.
// Written with a group inside so that the rules do not match themselves.
var forbidden = []struct {
	pattern *regexp.Regexp
	only    func(path string) bool
	reason  string
}{
	{regexp.MustCompile(`\b(T(?:ODO)|F(?:IXME)|X(?:XX))\b`), anyFile, "work left open: finish it, or file it"},
	{regexp.MustCompile("(?:^|[\\s\"'`=(:])/(?:r(?:oot)|h(?:ome)|w(?:ork)|U(?:sers))/"), anyFile, "a path of one machine"},
	{regexp.MustCompile(`\bt\.S(?:kip)(?:Now|f)?\(`), isTest, "a test that does not run protects nothing"},
	{regexp.MustCompile(`//\s*n(?:olint)`), isGo, "mend it, or say why the rule is wrong"},
}

func anyFile(string) bool     { return true }
func isGo(path string) bool   { return filepath.Ext(path) == ".go" }
func isTest(path string) bool { return strings.HasSuffix(path, "_test.go") }

func TestNothingForbiddenIsWritten(t *testing.T) {
	sources(t, func(path string, text []byte) {
		if filepath.Base(path) == "go.sum" {
			return
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			for _, rule := range forbidden {
				if rule.only(path) && rule.pattern.Match(line) {
					t.Errorf("%s:%d: %q: %s", path, i+1, rule.pattern.Find(line), rule.reason)
				}
			}
		}
	})
}

// SECURITY.md names the tests that hold each protection. A test that is renamed or
// dropped must not go on being promised there.
func TestPromisedTestsAreThere(t *testing.T) {
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	goFiles(t, func(path string, _ *token.FileSet, f *ast.File) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && isTest(path) {
				there[filepath.Dir(path)+" "+fn.Name.Name] = true
			}
		}
	})
	promises := regexp.MustCompile("`([a-z0-9/]+)` ((?:(?:Test|Fuzz)\\w+(?:, )?)+)").FindAllStringSubmatch(string(text), -1)
	if len(promises) == 0 {
		t.Fatal("SECURITY.md names no test")
	}
	for _, p := range promises {
		for name := range strings.SplitSeq(p[2], ", ") {
			if !there[p[1]+" "+name] {
				t.Errorf("SECURITY.md promises %s of package %s, and there is none", name, p[1])
			}
		}
	}
}
