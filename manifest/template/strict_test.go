package template_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// Strict mode: what is put out must be there; an argument may be absent in its last
// step only. Delivery prints nothing for what is absent.
func TestStrictMode(t *testing.T) {
	t.Parallel()
	const data = `{"project":{"name":"P","tags":["x"],"nil":null},"name":"N","zero":0,"nil":null}`
	for source, want := range map[string]string{
		"{{name}}{{zero}}{{nil}}{{project.nil}}{{project.tags.[0]}}{{project.tags.length}}": "", "{{#if comment}}{{comment}}{{/if}}": "", "{{#each project.absent}}{{x}}{{/each}}": "", "{{queryEncode comment}}": "", "{{lookup project 'absent'}}": "",
		"{{#with project}}{{name}}{{../name}}{{/with}}": "", "{{#each project.tags}}{{this}}{{@index}}{{../name}}{{@root.name}}{{/each}}": "", "{{#equal comment 'x'}}{{else}}y{{/equal}}": "", "{{this}}": "",
		"{{comment}}": "line 1, column 3: “comment” is absent", "{{{ comment }}}": "line 1, column 5: “comment” is absent", "a\n{{project.key}}": "line 2, column 3: “project.key” is absent", "{{project.tags.[1]}}": "is absent", "{{#comment}}{{/comment}}": "“comment” is absent", "{{^comment}}{{/comment}}": "“comment” is absent",
		"{{#if customProperties.a.b}}{{/if}}": "column 7: “customProperties.a.b”: there is nothing that could hold “a”", "{{#if name.x}}{{/if}}": "could hold “x”", "{{#if nil.x}}{{/if}}": "could hold “x”", "{{project.nil.x}}": "could hold “x”",
		"{{../name}}": "is absent", "{{@index}}": "is absent", "{{#each project.tags}}{{@../index}}{{/each}}": "is absent", "{{lookup absent.x 'y'}}": "could hold", "{{lookup project absent.y}}": "could hold", "{{#equal name absent.x}}{{/equal}}": "could hold", "{{@root.comment}}": "is absent",
	} {
		got, err := rendered(t, template.Plain, source, data, template.Options{Strict: true})
		bad, _ := errors.AsType[*template.Error](err)
		if (err == nil) != (want == "") || bad != nil && !strings.Contains(bad.Error(), want) {
			t.Errorf("%s: %q %v, not %s", source, got, err, want)
		}
		if _, err := rendered(t, template.Plain, source, data, template.Options{}); err != nil {
			t.Errorf("%s is not lenient: %v", source, err)
		}
	}
}

// Upstream's count: of all hook bodies with all events of the copy, what fails in
// strict mode fails for want of key or _links.site.
func TestCorpusInStrictMode(t *testing.T) {
	t.Parallel()
	all, ok := sites(t)
	if !ok {
		testenv.Lacks(t, "the published integrations are not at %s", corpus)
	}
	names, events := events(t)
	bodies, failed := 0, 0
	for _, s := range all {
		hook, _ := at(t, s.manifest, "/capabilities/auditLogEventsHook/templates").(*value.Object)
		if s.kind != "body" || hook == nil {
			continue
		}
		for _, name := range names {
			kind, _ := events[name].Get("kind")
			if path := chosen(hook, kind); !strings.HasSuffix(s.name, "/"+path[strings.LastIndex(path, "/")+1:]) || path == "" {
				continue
			}
			bodies++
			_, err := rendered(t, s.dialect, s.source, string(value.AppendJSON(nil, s.data(t, events[name]))), template.Options{Strict: true})
			if err == nil {
				continue
			}
			if failed++; !strings.Contains(err.Error(), "“key” is absent") && !strings.Contains(err.Error(), "_links.site.href”") {
				t.Errorf("%s with %s: %v", s.name, name, err)
			}
		}
	}
	if bodies < 100 || failed == 0 || failed > 13 {
		t.Errorf("%d of %d bodies fail", failed, bodies)
	}
}

// chosen is the template's path for an event of a kind.
func chosen(hook *value.Object, kind value.Value) string {
	for _, key := range []string{kind.(string), "default"} {
		if path, ok := hook.Get(key); ok {
			return path.(string)
		}
	}
	return ""
}

func TestView(t *testing.T) {
	t.Parallel()
	tpl, err := template.Parse("{\n\"a\":\"{{title.plainText}} {{{comment}}}\",\"n\":{{timestamp.seconds}},{{#each tags}}\"{{this}}{{@index}}{{../name}}\"{{/each}}" +
		`{{#each customProperties}}"{{@key}}":"{{#each values}}{{{this}}}{{@../key}}{{/each}}"{{/each}}{{#with member}}"{{_links.self.href}}{{@root.key}}"{{/with}}` +
		`{{#section}}{{x}}{{/section}}{{queryEncode formVariables.q}}{{lookup project "key"}}{{#equal kind "flag"}}{{else}}{{#if no.[a b]}}{{/if}}{{/equal}}}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range tpl.View().Reads {
		s := strings.Join(r.Path, "/")
		for what, yes := range map[string]bool{" out": r.Output, "?": !r.Known} {
			if yes {
				s += what
			}
		}
		if r.Escaped() {
			s += " escaped"
		}
		got = append(got, s)
	}
	want := []string{"title/plainText out escaped", "comment out", "timestamp/seconds out", "tags", "tags/* out escaped", "name out escaped", "customProperties", "customProperties/* out escaped", "customProperties/*/values", "customProperties/*/values/* out", "customProperties/* out escaped",
		"member", "member/_links/self/href out escaped", "key out escaped", "section", "x out?", "formVariables/q", "project/key out", "kind", "no/a b"}
	for i := range got { // the order of a map's two words
		got[i] = strings.ReplaceAll(got[i], "? out", " out?")
	}
	if !slices.Equal(got, want) {
		t.Errorf("reads\n%q, not\n%q", got, want)
	}
	if helpers := tpl.View().Helpers; !slices.Equal(helpers, []string{"each", "with", "queryEncode", "lookup", "equal", "if"}) {
		t.Errorf("uses %q", helpers)
	}
	if r := tpl.View().Reads[0]; r.Line != 2 || r.Column != 8 {
		t.Errorf("%+v", r)
	}
}

// Three each inside one another over 100 items are a million rounds: they end by
// the work that is allowed, however little each does, and by nothing else.
func TestRoundsAreBounded(t *testing.T) {
	t.Parallel()
	items := `{"l":[` + strings.Repeat("1,", 99) + `1]}`
	for _, body := range []string{"", "x", "{{this}}", "{{#if this}}{{/if}}", "{{! nothing }}", strings.Repeat("long ", 2000)} {
		for _, d := range []template.Dialect{template.Native, template.JSON, template.Plain, template.URL, template.Header, template.Text} {
			out, err := rendered(t, d, "{{#each l}}{{#each ../l}}{{#each ../../l}}"+body+"{{/each}}{{/each}}{{/each}}", items, template.Options{})
			if err == nil || !strings.Contains(err.Error(), "too much work") && !strings.Contains(err.Error(), "longer than 256 KiB") || out != "" {
				t.Errorf("%.20q: %d bytes %v", body, len(out), err)
			}
		}
	}
	if out, err := rendered(t, template.Plain, "{{#each l}}{{#each ../l}}x{{/each}}{{/each}}", items, template.Options{}); err != nil || len(out) != 10_000 {
		t.Errorf("%d bytes %v", len(out), err)
	}
	if _, err := rendered(t, template.Plain, "{{#each l}}xx{{/each}}", items, template.Options{Most: 199}); err == nil {
		t.Error("the caller's bound does not hold")
	}
}
