package server_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// The list of errors is made of what the program declares.
func TestErrorGuide(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	h.Call("", "GET", "/", nil) // once it answers, it can be stopped
	golden(t, "../docs/errors.md", server.ErrorGuide(h.API.Codes()))
}

// Every code that the source can answer with stands in the list.
func TestEveryCodeIsListed(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`problem\.(?:Invalid|Unauthenticated|Forbidden|Conflict|Limited|Unavailable)\("([a-z_.0-9]+)"`)
	for _, f := range files(t) {
		if strings.HasSuffix(f, "_test.go") || strings.HasPrefix(f, "example/") || strings.HasPrefix(f, "client/") {
			continue
		}
		b, err := os.ReadFile("../" + f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range code.FindAllStringSubmatch(string(b), -1) {
			if !strings.Contains(string(guide), "| `"+m[1]+"` |") {
				t.Errorf("%s answers with %s, which docs/errors.md does not list: declare it", f, m[1])
			}
		}
	}
}

// Links between documents lead to files.
func TestDocumentsLinkToFiles(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)
	docs := []string{"../README.md", "../CONTRIBUTING.md"}
	err := filepath.WalkDir("../docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			docs = append(docs, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		b, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(b), -1) {
			if m[1] == "docs/screenshot.png" {
				continue // taken of the running console
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", doc, m[1])
			}
		}
	}
}
