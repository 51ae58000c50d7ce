package server_test

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
	"strings"
	"testing"
)

// files gives every Go file of the project, generated ones left out.
func files(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == ".git" || name == "node_modules" || name == "dist" || name == "hold" || name == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_templ.go") {
			out = append(out, filepath.ToSlash(strings.TrimPrefix(path, "../")))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFilesStayReadable(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		b, err := os.ReadFile("../" + f)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(b, []byte("\n")); n > 500 {
			t.Errorf("%s has %d lines; 500 is the most: which part has its own name?", f, n)
		}
	}
}

// skips is how a test skips itself.
var skips = regexp.MustCompile(`[a-z]\.Skip(f|Now)?\(`)

// CI skips nothing: only kit/testenv knows how to skip, and it fails in CI.
func TestOnlyTestenvSkips(t *testing.T) {
	t.Parallel()
	may := []string{"kit/testenv/testenv.go", "server/front_test.go"} // the second hands testenv's call on to a part
	for _, f := range files(t) {
		b, err := os.ReadFile("../" + f)
		if err != nil {
			t.Fatal(err)
		}
		if skips.Match(b) && !slices.Contains(may, f) {
			t.Errorf("%s skips a test; testenv.Lacks does so where it is not CI", f)
		}
	}
}

// rooms are the file names that every slice uses alike; whatever else stands in
// a slice holds rules, and rules touch neither database nor network.
var rooms = []string{"doc.go", "service.go", "store.go", "http.go", "jobs.go"}

// forbiddenIn says what a room may not import.
var forbiddenIn = map[string][]string{
	"doc.go":   {"*"},
	"store.go": {"net/http", module + "kit/web", module + "kit/job"},
	"jobs.go":  {"net/http", "github.com/uptrace/bun"},
	"http.go":  {"github.com/uptrace/bun"},
}

func TestRoomsKeepTheirImports(t *testing.T) {
	t.Parallel()
	owners := []string{"audit", "usage", "quota", "identity", "account", "role", "group", "notice", "domain", "application", "grant", "token", "programme", "announcement", "release", "integration", "admission", "private", "consent", "authorization", "apitoken", "leak", "event", "webhook", "host"}
	for _, f := range files(t) {
		dir, name := filepath.Split(f)
		if !slices.Contains(owners, strings.Trim(dir, "/")) || !slices.Contains(rooms, name) {
			continue
		}
		for _, imp := range imports(t, f) {
			for _, bad := range forbiddenIn[name] {
				if bad == "*" || imp == bad || strings.HasPrefix(imp, bad+"/") {
					t.Errorf("%s imports %s", f, imp)
				}
			}
		}
	}
}

// The pure packages know no clock, no store, no network.
func TestWordsArePure(t *testing.T) {
	t.Parallel()
	bad := []string{"net/http", "database/sql", "context", module + "kit/store", module + "kit/web", module + "kit/job"}
	for _, f := range files(t) {
		if strings.HasSuffix(f, "_test.go") || !strings.HasPrefix(f, "access/") && !strings.HasPrefix(f, "catalog/") && !strings.HasPrefix(f, "manifest/") || f == "access/context.go" {
			continue
		}
		for _, imp := range imports(t, f) {
			if slices.Contains(bad, imp) {
				t.Errorf("%s imports %s", f, imp)
			}
		}
	}
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../"+file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range parsed.Imports {
		out = append(out, strings.Trim(i.Path.Value, `"`))
	}
	return out
}

// Time comes from one place: rules receive now, operations use tx.Now().
func TestTimeNowStandsWhereItMay(t *testing.T) {
	t.Parallel()
	allowed := []string{"kit/store/", "kit/job/", "kit/web/", "kit/outbound/", "kit/socket/", "webhook/broker/", "edge/", "server/", "cmd/", "client/", "example/", "bench/"}
	for _, f := range files(t) {
		if strings.HasSuffix(f, "_test.go") || slices.ContainsFunc(allowed, func(p string) bool { return strings.HasPrefix(f, p) }) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), "../"+f, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Now" {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
				t.Errorf("%s uses time.Now", f)
			}
			return true
		})
	}
}

// There is no hidden start-up code and no sleeping test.
func TestNoInitAndNoSleep(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), "../"+f, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s has an init function", f)
				}
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if ok && x.Name == "time" && n.Sel.Name == "Sleep" && strings.HasSuffix(f, "_test.go") {
					t.Errorf("%s sleeps", f)
				}
			}
			return true
		})
	}
}
