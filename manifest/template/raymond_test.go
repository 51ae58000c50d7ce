package template_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/mailgun/raymond/v2"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// The helpers of LaunchDarkly's framework for raymond, which has its own equal.
var registered = sync.OnceFunc(func() {
	made := func(name string, args ...string) raymond.SafeString {
		o := &value.Object{}
		var words []string
		for i, a := range args {
			key := string(rune('a' + i))
			o.Set(key, a)
			words = append(words, key)
		}
		tpl := first(template.Parse("{{" + name + " " + strings.Join(words, " ") + "}}"))
		return raymond.SafeString(first(tpl.Render(template.URL, o, template.Options{Signing: signing})))
	}
	raymond.RegisterHelper("queryEncode", func(v string) raymond.SafeString { return made("queryEncode", v) })
	raymond.RegisterHelper("pathEncode", func(v string) raymond.SafeString { return made("pathEncode", v) })
	raymond.RegisterHelper("basicAuthHeaderValue", func(a, b string) raymond.SafeString { return made("basicAuthHeaderValue", a, b) })
	raymond.RegisterHelper("formatWithOffset", func(a, b, c string) raymond.SafeString { return made("formatWithOffset", a, b, c) })
	raymond.RegisterHelper("edgeGridAuth", func(a, b, c, d, e, f, g, h, i, j string) raymond.SafeString {
		return made("edgeGridAuth", a, b, c, d, e, f, g, h, i, j)
	})
})

// loose turns data into what raymond reads, texts escaped for a JSON body.
func loose(v value.Value, quote bool) any {
	switch t := v.(type) {
	case string:
		if quote {
			return string(value.AppendQuoted(nil, t))
		}
		return t
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return n
		}
		return string(t)
	case value.List:
		out := []any{}
		for _, one := range t {
			out = append(out, loose(one, quote))
		}
		return out
	case *value.Object:
		out := map[string]any{}
		for i := range t.Len() {
			key, one := t.At(i)
			out[key] = loose(one, quote)
		}
		return out
	}
	return v
}

// The Go port that LaunchDarkly's host renders with makes the same of the corpus,
// but for how it escapes ', = and `, and for the blank line that it leaves between two blocks on lines of their own.
func TestCorpusRendersAsRaymondDoes(t *testing.T) {
	t.Parallel()
	registered()
	compared, left := 0, map[string]int{}
	parsed := map[string]*raymond.Template{}
	published, ok := sites(t)
	if !ok {
		testenv.Lacks(t, "the published integrations are not at %s", corpus)
	}
	for _, r := range corpusRenderings(t, published) {
		why := ""
		switch {
		case strings.Contains(r.source, "@key"):
			why = "it goes over an object, which has no order in raymond"
		case strings.HasPrefix(r.name, "elastic/"):
			why = "it prints lists, for which raymond has no commas"
		case strings.HasPrefix(r.name, "pagerduty-guardian-edition/") && strings.HasSuffix(r.name, ", bare"):
			why = "it prints an object, which raymond does as Go does"
		}
		if why != "" {
			left[why]++
			continue
		}
		tpl := parsed[r.source]
		if tpl == nil {
			tpl = first(raymond.Parse(r.source))
			parsed[r.source] = tpl
		}
		theirs, err := tpl.Exec(loose(r.data, r.dialect == template.JSON))
		if err != nil {
			t.Errorf("%s: raymond: %v", r.name, err)
			continue
		}
		ours, err := r.render()
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
			continue
		}
		if compared++; r.dialect == template.JSON {
			theirs = strings.ReplaceAll(theirs, `\&quot;`, "&quot;")
		}
		theirs = strings.ReplaceAll(theirs, "&apos;", "&#x27;")
		ours, theirs = dense(ours), dense(theirs)
		if ours = strings.NewReplacer("&#x3D;", "=", "&#x60;", "`").Replace(ours); ours != theirs {
			t.Errorf("%s\nwe make      %q\nraymond      %q", r.name, ours, theirs)
		}
	}
	if len(left) != 3 || compared < 5000 {
		t.Errorf("%d renderings compared, left out %v", compared, left)
	}
}

// dense takes the white space out of what is JSON.
func dense(s string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return s
	}
	return b.String()
}
