package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An apiFile is what api/api.go declares: the floor forbids importing it, and
// its text says more than its types.
type apiFile struct {
	structs map[string][]string // fields as they stand in JSON, "[name]" if it may be missing
	enums   map[string][]string // values of each string type
}

func readAPI(t *testing.T) apiFile {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../api/api.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	a := apiFile{make(map[string][]string), make(map[string][]string)}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			if s, ok := n.Type.(*ast.StructType); ok {
				a.structs[n.Name.Name] = jsonFields(t, s)
			}
		case *ast.ValueSpec:
			if kind, ok := n.Type.(*ast.Ident); ok && len(n.Values) == 1 {
				if v, ok := n.Values[0].(*ast.BasicLit); ok && v.Kind == token.STRING {
					text, _ := strconv.Unquote(v.Value)
					a.enums[kind.Name] = append(a.enums[kind.Name], text)
				}
			}
		}
		return true
	})
	return a
}

func jsonFields(t *testing.T, s *ast.StructType) []string {
	t.Helper()
	var fields []string
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			t.Fatalf("a field has no tag")
		}
		tag, _ := strconv.Unquote(f.Tag.Value)
		name, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		if strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") {
			name = "[" + name + "]"
		}
		fields = append(fields, name)
	}
	return fields
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(Files, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	typedef  = regexp.MustCompile(`@typedef \{object\} (\w+)((?:\n \* @property [^\n]*)+)`)
	property = regexp.MustCompile(`@property \{[^\n]*?\} (\[?\w+\]?)`)
	union    = regexp.MustCompile(`(?s)@typedef \{("[^}]*")\} (\w+)`)
	quoted   = regexp.MustCompile(`"([^"]*)"`)
)

// The page's types are the station's, field for field.
func TestTypesAreThoseOfTheAPI(t *testing.T) {
	want, text := readAPI(t), file(t, "api.js")
	got := make(map[string][]string)
	for _, m := range typedef.FindAllStringSubmatch(text, -1) {
		for _, p := range property.FindAllStringSubmatch(m[2], -1) {
			got[m[1]] = append(got[m[1]], p[1])
		}
	}
	if a, b := slices.Sorted(maps.Keys(want.structs)), slices.Sorted(maps.Keys(got)); !slices.Equal(a, b) {
		t.Errorf("api.go has the types %v, api.js %v", a, b)
	}
	for name, fields := range want.structs {
		if !slices.Equal(fields, got[name]) {
			t.Errorf("api.go: %s has %v, api.js: %v", name, fields, got[name])
		}
	}
}

func TestValuesAreThoseOfTheAPI(t *testing.T) {
	want, text := readAPI(t), file(t, "api.js")
	got := make(map[string][]string)
	for _, m := range union.FindAllStringSubmatch(text, -1) {
		for _, v := range quoted.FindAllStringSubmatch(m[1], -1) {
			got[m[2]] = append(got[m[2]], v[1])
		}
	}
	if !reflect.DeepEqual(got, want.enums) {
		t.Errorf("api.go has %v, api.js %v", want.enums, got)
	}
}

// Each state, end and hold that a station may name has its sentence.
func TestEveryValueHasItsWords(t *testing.T) {
	api, text := readAPI(t), file(t, "words.js")
	for table, values := range map[string][]string{
		"endings": api.enums["EndReason"],
		"holds":   api.enums["HeldReason"],
		"paths":   api.enums["PathState"],
		"closed":  {"down", "unconfirmed", "half-signed"},
	} {
		_, after, found := strings.Cut(text, "export const "+table+" = {")
		body, _, ended := strings.Cut(after, "\n};")
		if !found || !ended {
			t.Fatalf("words.js has no table %s", table)
		}
		for _, v := range values {
			if !regexp.MustCompile(`(?m)^  "?` + regexp.QuoteMeta(v) + `"?: `).MatchString(body) {
				t.Errorf("words.js: %s says nothing of %q", table, v)
			}
		}
	}
}
