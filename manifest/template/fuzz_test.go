package template_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"testing"

	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// Whatever the data are, they change nothing but values: the body has the members
// that the template has, or there is none.
func FuzzData(f *testing.F) {
	for _, s := range []string{`"`, `\`, `","admin":true,"x":"`, "1,\"admin\":true", "\u2028\x00\x1f", "{{type}}", "</script>", "é\U0001F600", "\xff"} {
		f.Add(s)
	}
	tpl, err := template.Parse(`{"inside":"a {{v}} b","raw":"{{{v}}}","outside":{{v}},"json":"{{json v}}","list":[{{#each l}}{{#if @index}},{{/if}}{{this}}{{/each}}]}`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		data, err := json.Marshal(map[string]any{"v": s, "l": []string{s, s}})
		if err != nil {
			return
		}
		var same struct{ V string }
		if err := json.Unmarshal(data, &same); err != nil { // bytes that are no text have become U+FFFD
			t.Fatal(err)
		}
		root, err := value.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		out, err := tpl.JSON(root)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(out, &got); err != nil || len(got) != 5 {
			t.Fatalf("%s: %v", out, err)
		}
		if got["inside"] != "a "+same.V+" b" || got["raw"] != same.V || got["outside"] != same.V {
			t.Errorf("%q became %s", same.V, out)
		}
		if l, ok := got["list"].([]any); !ok || len(l) != 2 || l[0] != same.V {
			t.Errorf("%q became %s", same.V, out)
		}
	})
}

// The same holds for a body of LaunchDarkly's framework: what comes out is what went
// in, between double braces escaped for HTML, and nothing ends a string or a header.
func FuzzDataOfFramework(f *testing.F) {
	for _, s := range []string{`"`, `\`, `","admin":true,"x":"`, "a\r\nX-Admin: 1", "\u2028\x00\x1f", "{{type}}", "</script>&amp;", "é\U0001F600", "\xff", "'`=", "\\\""} {
		f.Add(s)
	}
	tpl := first(template.Parse(`{"inside":"a {{v}} b","raw":"{{{v}}}","list":[{{#each l}}{{#if @index}},{{/if}}"{{{this}}}"{{/each}}],"joined":"{{{l}}}","o":"{{{o}}}","object":{{o}},"keys":[{{#each o}}"{{{@key}}}"{{/each}}]}`))
	header := first(template.Parse(`x {{v}} {{{v}}} {{queryEncode v}} {{basicAuthHeaderValue v v}}`))
	f.Fuzz(func(t *testing.T, s string) {
		o, same := &value.Object{}, string([]rune(s)) // bytes that are no text become U+FFFD
		o.Set(s, s)
		root := object("v", s, "l", value.List{s, s}, "o", o)
		out, err := tpl.Body(template.JSON, root, template.Options{})
		var got struct {
			Inside, Raw, Joined, O string
			List, Keys             []string
			Object                 map[string]string
		}
		if err == nil {
			err = json.Unmarshal(out, &got)
		}
		if err != nil {
			t.Fatalf("%q: %s %v", s, out, err)
		}
		if html.UnescapeString(got.Inside) != html.UnescapeString("a "+html.EscapeString(same)+" b") || got.Raw != same || got.Joined != same+","+same || len(got.List) != 2 || got.List[1] != same || len(got.Keys) != 1 || got.Keys[0] != same || got.Object[same] != same || !json.Valid([]byte(got.O)) {
			t.Errorf("%q became %s", s, out)
		}
		line, err := header.Render(template.Header, root, template.Options{})
		if (err != nil) != bytes.ContainsAny([]byte(s), "\r\n\x00") || bytes.ContainsAny(line, "\r\n\x00") {
			t.Errorf("%q became %q %v", s, line, err)
		}
	})
}

// Nobody's template brings the process down, makes what is not JSON of our own
// bodies, breaks a header or is said to be wrong nowhere.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{`{"a":"{{type}}"}`, `[{{#each data.lines}}{{#if @index}},{{/if}}{{q}}{{/each}}]`, "{{~{type}~}}", "{{!--", `{{#equal a "b}}`, "{{#if a}}{{else if b}}{{/if}}", `"\{{x}}"`, "{{../../x}}", "{{data.[lines].[0]}}", "{{#with data}}\n{{/with}}\n1",
		"{{#data.tags}}{{this}}{{/data.tags}}{{^data}}{{/data}}", `{{lookup data "n"}}{{formatWithOffset data.n 5 "simple"}}`, "{{edgeGridAuth 'GET' '/{{network}}' a b c d e f g h}}", "{{@root.data.[base-url]}}{{@../key}}", "\\\\{{x}}{{& x}}"} {
		f.Add(s)
	}
	all, _ := sites(f)
	for _, s := range all {
		f.Add(s.source)
	}
	root := decoded(f, order)
	f.Fuzz(func(t *testing.T, source string) {
		judge := func(err error) {
			if bad, ok := errors.AsType[*template.Error](err); err != nil && (!ok || bad.Line < 1 || bad.Column < 1 || bad.Column > len(source)+1) {
				t.Errorf("%q: %v", source, err)
			}
		}
		tpl, err := template.Parse(source)
		if judge(err); err != nil {
			return
		}
		for _, r := range tpl.View().Reads {
			if r.Line < 1 || r.Column < 1 {
				t.Errorf("%q reads %+v", source, r)
			}
		}
		out, err := tpl.JSON(root)
		if judge(err); err == nil && !json.Valid(out) {
			t.Errorf("%q makes %q", source, out)
		}
		for d := template.Native; d <= template.Line; d++ {
			lenient, err := tpl.Render(d, root, template.Options{Signing: signing, Most: 10_000})
			judge(err)
			if len(lenient) > 10_000 || (d == template.Header || d == template.Line) && bytes.ContainsAny(lenient, "\r\n\x00") {
				t.Errorf("%q makes %q", source, lenient)
			}
			strict, bad := tpl.Append([]byte("x"), d, root, template.Options{Signing: signing, Most: 10_000, Strict: true})
			if judge(bad); bad == nil && (err != nil || string(strict) != "x"+string(lenient)) {
				t.Errorf("%q makes %q, in strict mode %q", source, lenient, strict)
			}
		}
	})
}
