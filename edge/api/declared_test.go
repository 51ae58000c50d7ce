package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
)

// produced are the codes that the sources under a folder can answer with, each
// with its kind and a place where it is made.
func produced(t *testing.T, dir string) map[string]map[problem.Kind]string {
	t.Helper()
	kinds := map[string]problem.Kind{"Invalid": problem.KindInvalid, "Conflict": problem.KindConflict, "Forbidden": problem.KindForbidden,
		"Unauthenticated": problem.KindUnauthenticated, "Limited": problem.KindLimited, "Unavailable": problem.KindUnavailable}
	out := map[string]map[problem.Kind]string{}
	files := token.NewFileSet()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !isIdent(f.X, "problem") {
				return true
			}
			kind, ok := kinds[f.Sel.Name]
			lit, isText := call.Args[0].(*ast.BasicLit)
			if !ok || !isText {
				return true
			}
			code, err := strconv.Unquote(lit.Value)
			if err != nil {
				return true
			}
			if out[code] == nil {
				out[code] = map[problem.Kind]string{}
			}
			out[code][kind] = files.Position(call.Pos()).String()
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// TestH49_EveryCodeIsRegistered walks the sources: what can be answered with is
// declared with its kind, cause and remedy.
func TestH49_EveryCodeIsRegistered(t *testing.T) {
	t.Parallel()
	declared := map[string]problem.Declared{}
	for _, d := range one(t).api.Codes() {
		declared[d.Code] = d
	}
	seen := 0
	for _, dir := range []string{"access", "audit", "account", "role", "group", "notice", "application", "grant", "token", "release", "integration", "quota",
		"edge/api", "kit/web", "kit/secret", "kit/store"} {
		for code, kinds := range produced(t, filepath.Join("../..", dir)) {
			seen++
			if strings.HasPrefix(code, "schema_") || strings.HasPrefix(code, "database_") {
				continue // said at start and by commands, never by the API
			}
			d, ok := declared[code]
			if !ok {
				for _, at := range kinds {
					t.Errorf("%s: code %s is not declared", at, code)
				}
				continue
			}
			for kind, at := range kinds {
				if kind != d.Kind {
					t.Errorf("%s: code %s is %s here and %s in the catalogue", at, code, kind, d.Kind)
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d codes were found: the walk is broken", seen)
	}
}

var literal = regexp.MustCompile(`"([a-z_.]+)"`)

// TestH49_EveryDeclaredCodeIsProducible finds each declared code of the slices
// somewhere outside the lists of declarations.
func TestH49_EveryDeclaredCodeIsProducible(t *testing.T) {
	t.Parallel()
	made := map[string]bool{}
	for _, dir := range []string{"account", "role", "group", "application", "grant", "token", "release", "integration", "edge/api", "access", "kit/secret", "kit/store"} {
		entries, err := os.ReadDir(filepath.Join("../..", dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			b, err := os.ReadFile(filepath.Join("../..", dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(b)) {
				if strings.Contains(line, "Cause:") || strings.Contains(line, "Errors:") {
					continue
				}
				for _, m := range literal.FindAllStringSubmatch(line, -1) {
					made[m[1]] = true
				}
			}
		}
	}
	own := []func() []problem.Declared{accountDeclared, roleDeclared, groupDeclared, applicationDeclared, grantDeclared, tokenDeclared, releaseDeclared, integrationDeclared, apiDeclared}
	for _, list := range own {
		for _, d := range list() {
			if !made[d.Code] {
				t.Errorf("code %s is declared and never produced", d.Code)
			}
		}
	}
}
