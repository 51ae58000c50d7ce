package template_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// rendering is a template with data, for us and for Handlebars.js.
type rendering struct {
	name, source string
	dialect      template.Dialect
	data         value.Value
	strict       bool
	sound        bool // a JSON body that must be JSON
}

type answer struct {
	Out   *string
	Error string
}

// ask renders everything with Handlebars.js, in one process.
func ask(t *testing.T, all []rendering) []answer {
	t.Helper()
	node, npm := testenv.Tool(t, "node", "nodejs"), testenv.Tool(t, "npm")
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "render.mjs"} {
		if err := os.WriteFile(filepath.Join(dir, name), first(os.ReadFile(filepath.Join("testdata/handlebars", name))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	type question struct {
		Source string          `json:"source"`
		Data   json.RawMessage `json:"data"`
		JSON   bool            `json:"json"`
		Plain  bool            `json:"plain"`
		Safe   bool            `json:"safe"`
		Strict bool            `json:"strict"`
	}
	var in []question
	for _, r := range all {
		in = append(in, question{Source: r.source, Data: value.AppendJSON(nil, r.data), JSON: r.dialect == template.JSON, Plain: r.dialect == template.Text, Strict: r.strict,
			Safe: r.dialect == template.URL || r.dialect == template.Header})
	}
	cmd := exec.CommandContext(t.Context(), node, "render.mjs")
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, bytes.NewReader(first(json.Marshal(in))), &stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var out []answer
	if err := json.Unmarshal(raw, &out); err != nil || len(out) != len(all) {
		t.Fatalf("%d answers: %v", len(out), err)
	}
	return out
}

// differences are what Handlebars.js may make otherwise in the corpus, all chosen:
// each turns what it makes into what we make. One more is in the question already
// (safe): what helpers make is not escaped in an address or header.
var differences = []struct {
	name string
	turn func(r rendering, theirs string) string
}{
	{"a quotation mark through double braces in a JSON body is JSON", func(r rendering, theirs string) string {
		if r.dialect != template.JSON {
			return theirs
		}
		return strings.ReplaceAll(theirs, `\&quot;`, "&quot;")
	}},
	{"objects print as compact JSON", func(r rendering, theirs string) string {
		root, _ := r.data.(*value.Object)
		timestamp, _ := root.Get("timestamp")
		return strings.ReplaceAll(theirs, "[object Object]", string(value.AppendQuoted(nil, string(value.AppendJSON(nil, timestamp)))))
	}},
	{"= and ` are not escaped in an address or header", func(r rendering, theirs string) string {
		if r.dialect != template.URL && r.dialect != template.Header {
			return theirs
		}
		return strings.NewReplacer("&#x3D;", "=", "&#x60;", "`").Replace(theirs)
	}},
}

var signing = &template.Signing{Time: moment, Nonce: "nonce-1"}

func (r rendering) render() (string, error) {
	tpl, err := template.Parse(r.source)
	if err != nil {
		return "", err
	}
	out, err := tpl.Render(r.dialect, r.data, template.Options{Strict: r.strict, Signing: signing})
	return string(out), err
}

// Handlebars.js, in one process, makes of the language's table, of made-up templates
// and of the corpus what we make.
func TestRendersAsHandlebarsDoes(t *testing.T) {
	t.Parallel()
	table := languageRenderings(t)
	all := table
	published, here := sites(t)
	if here {
		all = append(all, corpusRenderings(t, published)...)
	}
	answers := ask(t, all)
	judgeLanguage(t, table, answers[:len(table)])
	if !here {
		testenv.Lacks(t, "the published integrations are not at %s", corpus)
	}
	judgeCorpus(t, all[len(table):], answers[len(table):])
}

// judgeCorpus: the corpus renders to the same bytes, for every site with every event
// of its kind; as it is, with texts that hold every awkward character, and with all
// variables absent.
func judgeCorpus(t *testing.T, all []rendering, answers []answer) {
	t.Helper()
	found := map[string]int{}
	bodies := 0
	for i, theirs := range answers {
		r := all[i]
		ours, err := r.render()
		if theirs.Out == nil || err != nil {
			t.Errorf("%s: %v, Handlebars.js: %s", r.name, err, theirs.Error)
			continue
		}
		want := *theirs.Out
		for _, d := range differences {
			if turned := d.turn(r, want); turned != want {
				want = turned
				found[d.name]++
			}
		}
		if ours != want {
			t.Errorf("%s\nwe make     %q\nthey make   %q", r.name, ours, want)
		}
		if r.sound && strings.TrimSpace(ours) != "" {
			bodies++
			if ok := json.Valid([]byte(ours)); ok == strings.HasPrefix(r.name, "split/flagList.json.hbs") {
				t.Errorf("%s is JSON: %v\n%s", r.name, ok, ours)
			}
		}
	}
	for _, d := range differences {
		if found[d.name] == 0 {
			t.Errorf("nothing shows any more that %s", d.name)
		}
	}
	t.Logf("%d renderings, %d of them JSON bodies; differences: %v", len(all), bodies, found)
}

func corpusRenderings(t *testing.T, sites []site) []rendering {
	t.Helper()
	names, events := events(t)
	if len(names) != 17 {
		t.Fatalf("%d sample events", len(names))
	}
	if len(sites) < 100 {
		t.Fatalf("%d templates", len(sites))
	}
	var out []rendering
	for _, s := range sites {
		for _, event := range names {
			data := s.data(t, events[event])
			r := rendering{name: s.name + " with " + event, source: s.source, dialect: s.dialect, data: data, sound: s.dialect == template.JSON}
			out = append(out, r)
			tail := " \"q\" & <b> 'a' =`\\ \u2028é😀"
			if s.dialect != template.Header {
				tail += "\n\t\x01"
			}
			r.name, r.data = r.name+", spoiled", spoiled(data, tail)
			out = append(out, r)
			r.name, r.data, r.sound = s.name+" with "+event+", bare", events[event], false
			out = append(out, r)
		}
	}
	return out
}
