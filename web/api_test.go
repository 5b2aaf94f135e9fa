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

// An apiText is what the files of package api declare: the floor forbids importing
// it, and its text says more than its types.
type apiText struct {
	structs map[string][]string // fields as they stand in JSON, "[name]" if it may be missing
	enums   map[string][]string // values of each string type
}

// declared are the files of package api that declare what pages speak, and the
// modules that say the same.
var declared = map[string]string{
	"../api/api.go":      "api.js",
	"../api/record.go":   "apirecord.js",
	"../api/person.go":   "apiperson.js",
	"../api/call.go":     "apicall.js",
	"../api/presence.go": "apipresence.js",
	"../api/report.go":   "apireport.js",
	"../api/watch.go":    "apiwatch.js",
	"../api/tests.go":    "apitests.js",
	"../api/accord.go":   "apiaccord.js",
}

func readAPI(t *testing.T) apiText {
	t.Helper()
	a := apiText{make(map[string][]string), make(map[string][]string)}
	for name := range declared {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && isJSON(s) {
					a.structs[n.Name.Name] = jsonFields(t, s)
				}
			case *ast.ValueSpec:
				a.value(n)
			}
			return true
		})
	}
	return a
}

// value takes in a constant of a string type.
func (a apiText) value(n *ast.ValueSpec) {
	kind, ok := n.Type.(*ast.Ident)
	if !ok || len(n.Values) != 1 {
		return
	}
	if v, ok := n.Values[0].(*ast.BasicLit); ok && v.Kind == token.STRING {
		text, _ := strconv.Unquote(v.Value)
		a.enums[kind.Name] = append(a.enums[kind.Name], text)
	}
}

// isJSON says whether a struct travels as JSON: a query of an address does not.
func isJSON(s *ast.StructType) bool {
	return slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool { return f.Tag != nil })
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

// pageTypes is what the pages' modules say of the API, one after the other.
func pageTypes(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Values(declared)) {
		all.WriteString(file(t, name))
	}
	return all.String()
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
	want, text := readAPI(t), pageTypes(t)
	got := make(map[string][]string)
	for _, m := range typedef.FindAllStringSubmatch(text, -1) {
		for _, p := range property.FindAllStringSubmatch(m[2], -1) {
			got[m[1]] = append(got[m[1]], p[1])
		}
	}
	if a, b := slices.Sorted(maps.Keys(want.structs)), slices.Sorted(maps.Keys(got)); !slices.Equal(a, b) {
		t.Errorf("package api has the types %v, the page %v", a, b)
	}
	for name, fields := range want.structs {
		if !slices.Equal(fields, got[name]) {
			t.Errorf("package api: %s has %v, the page: %v", name, fields, got[name])
		}
	}
}

func TestValuesAreThoseOfTheAPI(t *testing.T) {
	want, text := readAPI(t), pageTypes(t)
	got := make(map[string][]string)
	for _, m := range union.FindAllStringSubmatch(text, -1) {
		for _, v := range quoted.FindAllStringSubmatch(m[1], -1) {
			got[m[2]] = append(got[m[2]], v[1])
		}
	}
	if !reflect.DeepEqual(got, want.enums) {
		t.Errorf("package api has %v, the page %v", want.enums, got)
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
