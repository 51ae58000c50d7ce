package lint_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/manifest/lint"
)

// full reads the package that the cases change.
func full(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	root := os.DirFS("testdata/full")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		out[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// edit sets a member of a tree, or drops it.
func edit(t *testing.T, v any, pointer string, to any, drop bool) any {
	t.Helper()
	if pointer == "" {
		return to
	}
	step, rest, _ := strings.Cut(pointer[1:], "/")
	if rest != "" {
		rest = "/" + rest
	}
	switch node := v.(type) {
	case map[string]any:
		if rest == "" && drop {
			if _, there := node[step]; !there {
				t.Fatalf("nothing to drop at %s", pointer)
			}
			delete(node, step)
		} else {
			node[step] = edit(t, node[step], rest, to, drop)
		}
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil {
			t.Fatal(err)
		}
		node[i] = edit(t, node[i], rest, to, drop)
	default:
		t.Fatalf("nothing at %s", pointer)
	}
	return v
}

// Every trap of the schema and every rule has a case that breaks it and one that
// keeps it.
func TestCases(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split(string(text), "\n== ")[1:] {
		title, script, _ := strings.Cut(c, "\n")
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			runCase(t, script)
		})
	}
}

func runCase(t *testing.T, script string) {
	t.Helper()
	files := full(t)
	key, profile := "harbour-watch", lint.LaunchDarkly()
	var want []string
	var tree any
	if err := json.Unmarshal(files["manifest.json"].Data, &tree); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(script) {
		verb, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		at, arg, _ := strings.Cut(rest, " ")
		switch verb {
		case "set":
			var v any
			if err := json.Unmarshal([]byte(arg), &v); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			tree = edit(t, tree, at, v, false)
		case "drop":
			tree = edit(t, tree, at, nil, true)
		case "file":
			files[at] = &fstest.MapFile{Data: []byte(arg)}
		case "nofile":
			delete(files, at)
		case "key":
			key = at
		case "oauth":
			profile.OAuthKeys = []string{at}
		case "want":
			want = append(want, at+" "+arg)
		case "":
		default:
			t.Fatalf("what is %q?", line)
		}
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	files["manifest.json"] = &fstest.MapFile{Data: data}
	_, all, err := lint.Folder(key, files, profile)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all {
		got = append(got, f.Rule+" "+f.Pointer)
		if f.Message == "" || f.Line == 0 || bytes.ContainsAny([]byte(f.Message+f.Mend), "\n") {
			t.Errorf("says too little: %+v", f)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
