package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/guestright/guestright/kit/testenv"
)

// block is a fenced piece of a document.
type block struct{ lang, text string }

func blocksOf(text string) []block {
	var out []block
	var open *block
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		switch {
		case open == nil && strings.HasPrefix(bare, "```"):
			open = &block{lang: strings.TrimPrefix(bare, "```")}
		case open != nil && bare == "```":
			out, open = append(out, *open), nil
		case open != nil:
			open.text += bare + "\n"
		}
	}
	return out
}

func documentsOf(t *testing.T) map[string][]block {
	t.Helper()
	out := map[string][]block{}
	read := func(path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(filepath.ToSlash(path), "../../")] = blocksOf(string(b))
	}
	read("../../README.md")
	read("../../CONTRIBUTING.md")
	err := filepath.WalkDir("../../docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			read(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// guestrightLine finds our own command in a line of a shell block.
var guestrightLine = regexp.MustCompile(`^(?:[A-Z_]+='[^']*' )?(?:(?:\.{1,2}/)?guestright|go run \./cmd/guestright) (.*)$`)

// Every guestright command in a document is one that the program understands.
func TestDocumentsShowCommandsThatExist(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, blocks := range documentsOf(t) {
		for _, b := range blocks {
			if b.lang != "sh" && b.lang != "console" {
				continue
			}
			for line := range strings.Lines(b.text) {
				line, _, _ = strings.Cut(strings.TrimSpace(line), " # ")
				m := guestrightLine.FindStringSubmatch(strings.TrimSpace(line))
				if m == nil {
					continue
				}
				seen++
				if err := understood(t, words(m[1])); err != nil {
					t.Errorf("%s: %s: %v", name, line, err)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d commands were found; did the form of the documents change?", seen)
	}
}

// understood parses a command line without running it. Files that a command
// wants to be there stand in for those of the document.
func understood(t *testing.T, args []string) error {
	t.Helper()
	dir := t.TempDir()
	for i, a := range args {
		if strings.HasSuffix(a, ".db") {
			args[i] = filepath.Join(dir, a)
			if err := os.WriteFile(args[i], nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	var cli commands
	parser, err := kong.New(&cli, kong.Name("guestright"), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}), kong.Bind(&world{}))
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	return err
}

// words splits a line as a shell does, for the quotes that the documents use.
func words(s string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(s, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

// Blocks marked sh are run, in order, in an empty folder that holds only the
// OpenAPI file of a product.
func TestDocumentsRun(t *testing.T) {
	t.Parallel()
	testenv.Tool(t, "sh")
	openapi, err := os.ReadFile("../../example/pennant/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var scripts []string
	for name, blocks := range documentsOf(t) {
		var run strings.Builder
		for _, b := range blocks {
			if b.lang == "sh" {
				run.WriteString("(\n" + b.text + ")\n")
			}
		}
		if run.Len() == 0 {
			continue
		}
		path := filepath.Join(dir, strings.NewReplacer("/", "_", ".md", "").Replace(name)+".txtar")
		text := "exec sh -eux commands.sh\n-- commands.sh --\n" + prepared(name) + run.String() + "-- openapi.yaml --\n" + string(openapi)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, path)
	}
	if len(scripts) == 0 {
		t.Fatal("no document has anything to run")
	}
	testscript.Run(t, testscript.Params{Files: scripts})
}

// prepared is what a document takes for granted.
func prepared(name string) string {
	if name == "docs/backup.md" {
		return "guestright init . --openapi openapi.yaml\nguestright admin jobs list\n"
	}
	return ""
}
