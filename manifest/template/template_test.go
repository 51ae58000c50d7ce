package template_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

const order = `{"id":"evt_1","type":"order.created","account_key":"harbour","data":{"title":"say \"hi\" & <b>\n","n":12345678901234567890,"zero":0,"empty":{},"none":[],"paid":true,"gone":null,
	"tags":["x","y"],"lines":[{"sku":"a","q":1},{"sku":"b","q":2}],"props":{"zeta":"1","alpha":"2"},"base-url":"https://h/?a=b c"}}`

func render(t testing.TB, source, data string) (string, error) {
	t.Helper()
	tpl, err := template.Parse(source)
	if err != nil {
		return "", err
	}
	root, err := value.Decode([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := tpl.JSON(root)
	return string(out), err
}

// What a template makes; the semantics are those of the Handlebars guide
// (https://handlebarsjs.com/guide/), except that the output is JSON.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, want string }{
		{`{"text":"{{type}} in {{account_key}}"}`, `{"text":"order.created in harbour"}`},
		{`{"t":"{{data.title}}","r":"{{{data.title}}}"}`, `{"t":"say \"hi\" & <b>\n","r":"say \"hi\" & <b>\n"}`},
		{`{"t":{{data.title}},"n":{{data.n}},"p":{{data.paid}},"g":{{data.gone}},"a":{{data.absent.more}}}`, `{"t":"say \"hi\" & <b>\n","n":12345678901234567890,"p":true,"g":null,"a":null}`},
		{`{"l":{{data.lines}},"o":"{{data.props}}","c":"{{data.tags}}","a":"{{data.absent}}"}`, `{"l":[{"sku":"a","q":1},{"sku":"b","q":2}],"o":"{\"zeta\":\"1\",\"alpha\":\"2\"}","c":"x,y","a":""}`},
		{`{"j":"{{json data.tags}}","k":{{json data.tags}}}`, `{"j":"[\"x\",\"y\"]","k":["x","y"]}`},
		{`[{{#each data.lines}}{{#if @index}}, {{/if}}"{{sku}}{{@index}}{{@first}}{{@last}}"{{/each}}]`, `["a0truefalse", "b1falsetrue"]`},
		{`{ {{#each data.props}}"{{@key}}":"{{this}}"{{#unless @last}},{{/unless}}{{/each}} }`, `{ "zeta":"1","alpha":"2" }`},
		{`["{{#each data.none}}x{{else}}none{{/each}}","{{#if data.zero}}x{{else if data.paid}}paid{{else}}no{{/if}}","{{#unless data.gone}}yes{{/unless}}","{{#if data.empty}}object{{/if}}"]`, `["none","paid","yes","object"]`},
		{`["{{#with data.props}}{{alpha}}{{../type}}{{/with}}","{{#each data.tags}}{{this}}{{../account_key}}{{/each}}"]`, `["2order.created","xharboury` + `harbour"]`},
		{`["{{#equal type "order.created"}}yes{{else}}no{{/equal}}","{{#equal data.lines.[0].q "1"}}one{{/equal}}","{{lookup data.tags 1}}","{{data.tags.length}}"]`, `["yes","one","y","2"]`},
		{`["{{queryEncode data.base-url}}","{{ pathEncode data.base-url }}"]`, `["https%3A%2F%2Fh%2F%3Fa%3Db%20c","https:%2F%2Fh%2F%3Fa=b%20c"]`},
		{"[\n  {{! a note }}\n  {{#if data.paid}}\n  1\n  {{/if}}\n  {{!-- with }} in it --}}\n]", "[\n  1\n]"},
		{`["a {{~#if data.paid~}} b {{~/if~}} c"]`, `["abc"]`},
		{`["\{{type}}"]`, `["{{type}}"]`},
		{`{"a":{"b":{"c":1}}}`, `{"a":{"b":{"c":1}}}`},
	} {
		got, err := render(t, c.source, order)
		if err != nil || got != c.want {
			t.Errorf("%s\ngives %s %v\nnot   %s", c.source, got, err, c.want)
		}
	}
}

// What is wrong with a template is said with its place.
func TestTemplatesSayWhereTheyAreWrong(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("{{#if a}}", 17) + strings.Repeat("{{/if}}", 17)
	for source, want := range map[string]string{
		`{"a":"{{type"}`:       "line 1, column 7: the braces are not closed",
		"{\n  {{#if a}}\n}":    "line 3, column 2: {{#if}} is not closed",
		"{}\n{{/if}}":          "line 2, column 1: {{/if}} closes nothing",
		`{{#if a}}{{/each}}`:   "line 1, column 10: {{/each}} stands where {{/if}} belongs",
		`{{#loop a}}{{/loop}}`: "line 1, column 1: there is no block {{#loop}}",
		"{{#''}}":              "a block begins with a name",
		`{{^"x"}}{{/x}}`:       "a block begins with a name",
		`{{#if}}{{/if}}`:       "{{#if}} takes 1, not 0 values",
		`{{shout type}}`:       "there is no helper shout",
		`{{> other}}`:          "is not part of the language",
		`{{}}`:                 "nothing stands between the braces",
		`{{a b:c}}`:            "there is no helper a",
		`{{a..b}}`:             "is not a path",
		`{{@level}}`:           "there is no @level",
		`{{#if "a}}{{/if}}`:    "a quotation mark is not closed",
		deep:                   "at most 16 blocks",
		"{{#if a}}" + strings.Repeat("{{else if a}}", 101) + "{{/if}}": "at most 100 {{else if}}",
		"{{a" + strings.Repeat(".a", 20) + "}}":                        "a path has at most 20 parts",
		"{{{{raw}}}}{{{{/raw}}}}":                                      "is not part of the language",
		"{{#> layout}}{{/layout}}":                                     "is not part of the language",
		"{{shout (a)}}":                                                "there is no helper shout",
		"{{lookup a (b)}}":                                             "is not a path",
		"{{#if a includeZero=true}}{{/if}}":                            "{{#if}} takes 1, not 2 values",
		"{{a.[b}}":                                                     "a bracket is not closed",
		"{{a.this}}":                                                   "is not a path",
		"[1]" + strings.Repeat(" ", template.SourceMost):               "at most 64 KiB",
		"{\"a\": 1,\n \"b\" {{type}}}":                                 "line 2, column 6: what comes out is not JSON",
		`{"a":"{{type}}"`:                                              "it ends too early",
		``:                                                             "it ends too early",
		`{"a":"b"}} {{type}}`:                                          "line 1, column 10: what comes out is not JSON",
	} {
		_, err := render(t, source, order)
		bad, ok := errors.AsType[*template.Error](err)
		if !ok || !strings.Contains(bad.Error(), want) || bad.Line < 1 || bad.Column < 1 {
			t.Errorf("%.60q: %v, not %s", source, err, want)
		}
	}
}

// A template costs no more than its bounds, whatever the event is.
func TestTemplatesAreBounded(t *testing.T) {
	t.Parallel()
	many := `{"a":[` + strings.TrimSuffix(strings.Repeat("1,", 20_000), ",") + `]}`
	for source, want := range map[string]string{
		`["{{#each a}}{{#each ../a}}{{/each}}{{#each ../a}}x{{/each}}{{/each}}"]`: "too much work",
		`["{{#each a}}` + strings.Repeat("x", 100) + `{{/each}}"]`:                "longer than 256 KiB",
	} {
		if _, err := render(t, source, many); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// Reading much without writing anything is work, too.
func TestComparingIsWork(t *testing.T) {
	t.Parallel()
	tpl, err := template.Parse(`["{{#each l}}{{#each ../l}}{{#equal ../../big "x"}}{{/equal}}{{/each}}{{/each}}"]`)
	if err != nil {
		t.Fatal(err)
	}
	root, err := value.Decode([]byte(`{"l":[` + strings.Repeat("1,", 299) + `1],"big":"` + strings.Repeat("b", 60_000) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tpl.JSON(root); err == nil || !strings.Contains(err.Error(), "too much work") {
		t.Errorf("90,000 comparisons of 60 KB: %v", err)
	}
}
