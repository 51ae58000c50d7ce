package template_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

const words = `{"name":"N","base-url":"https://h/?a=b c","html":"<a href=\"x\">'&'</a>","eq":"a=b` + "`" + `","n":7,"zero":0,"big":1580777685229,"yes":true,"no":false,"nil":null,"none":[],"empty":"","falsy":"false",
	"nothing":{},"tags":["x","y"],"lines":[{"sku":"a","q":1,"in":["i","j"]},{"sku":"b","q":2,"in":[]}],"props":{"zeta":{"v":["1"]},"alpha":{"v":["2","3"]}},"this":"own","deep":{"a":{"b":{"c":"d","name":"inner"}}},
	"odd":{"a b":"blank","x.y":"dot","[":"bracket"},"matrix":[[1,2],[3]],"if":"word","json":"text","lookup":{"tags":"t"},"constructor":{"name":"mine"}}`

// What templates of the other dialects make; theirs is what Handlebars.js makes
// where that is something else, and why says why.
var language = []struct {
	source, want string
	theirs, why  string
	dialect      template.Dialect
}{
	{source: "{{name}} {{{name}}} {{&name}} {{ name }} {{~name~}} {{{ name }}}", want: "N N N NNN"},
	{source: "{{html}}|{{{html}}}|{{&html}}", want: `&lt;a href&#x3D;&quot;x&quot;&gt;&#x27;&amp;&#x27;&lt;/a&gt;|<a href="x">'&'</a>|<a href="x">'&'</a>`},
	{source: "{{base-url}} {{odd.[a b]}} {{odd.[x.y]}} {{odd.[[]}} {{tags.[1]}} {{lines.[0].in.[1]}} {{[name]}}", want: "https://h/?a&#x3D;b c blank dot bracket y j N"},
	{source: "{{n}} {{zero}} {{big}} {{yes}} {{no}} [{{nil}}] [{{absent}}] [{{absent.of.all}}] [{{name.x}}] {{tags}} {{matrix}} [{{none}}]", want: "7 0 1580777685229 true false [] [] [] [] x,y 1,2,3 []"},
	{source: "{{#if zero}}a{{else}}b{{/if}}{{#if empty}}a{{else}}b{{/if}}{{#if none}}a{{else}}b{{/if}}{{#if nil}}a{{else}}b{{/if}}{{#if no}}a{{else}}b{{/if}}{{#if absent}}a{{else}}b{{/if}}{{#if falsy}}a{{/if}}{{#if nothing}}a{{/if}}{{#if n}}a{{/if}}", want: "bbbbbbaaa"},
	{source: "{{#unless zero}}a{{/unless}}{{#unless name}}b{{else}}c{{/unless}}{{#unless no}}d{{/unless}}", want: "acd"},
	{source: "{{#if no}}a{{else if zero}}b{{else if name}}c{{else}}d{{/if}} {{#if no}}a{{else unless zero}}b{{/if}} {{#if no}}{{else each tags}}{{this}}{{/if}} {{#if no}}{{else with deep.a}}{{b.c}}{{/if}} {{#if no}}{{^}}e{{/if}}", want: "c b xy d e"},
	{source: "{{#each tags}}{{this}}{{.}}{{@index}}{{@first}}{{@last}}{{@key}} {{/each}}{{#each none}}a{{else}}b{{/each}}{{#each absent}}a{{else}}b{{/each}}{{#each name}}a{{else}}b{{/each}}{{#each nothing}}a{{else}}b{{/each}}", want: "xx0truefalse0 yy1falsetrue1 bbbb"},
	{source: "{{#each props}}{{@key}}{{@index}}{{@first}}{{@last}}:{{#each v}}{{@../key}}{{@key}}{{this}}{{#unless @last}},{{/unless}}{{/each}};{{/each}}", want: "zeta0truefalse:zeta01;alpha1falsetrue:alpha02,alpha13;"},
	{source: "{{#each lines}}{{#if @index}}, {{/if}}{{sku}}{{this.q}}{{./q}}{{this/q}}{{../name}}{{#each in}}{{this}}{{../sku}}{{../../name}}{{@root.n}}{{/each}}{{/each}}", want: "a111NiaN7jaN7, b222N"},
	{source: "{{#with deep.a.b}}{{c}}{{name}}{{../name}}{{../../name}}{{#if c}}{{../name}}{{/if}}{{/with}}{{#with nil}}a{{else}}b{{/with}}{{#with zero}}z{{/with}}{{#with empty}}a{{else}}b{{/with}}", want: "dinnerNNbzb"},
	{source: "{{#each lines}}{{#with this.in}}{{@index}}{{length}}{{else}}{{@index}}none{{/with}} {{/each}}", want: "02 1none "},
	{source: "{{#name}}{{this}}{{/name}}{{#tags}}{{this}}{{@index}}{{/tags}}{{#yes}}{{name}}{{/yes}}{{#no}}a{{else}}b{{/no}}{{#none}}a{{/none}}{{^none}}c{{/none}}{{^tags}}a{{/tags}}{{#deep.a}}{{b.c}}{{/deep.a}}{{^nil}}d{{/nil}}{{^yes}}a{{else}}e{{/yes}}", want: "Nx0y1Nbcdde"},
	{source: "{{^if no}}a{{/if}}{{^if yes}}b{{/if}}{{^each none}}c{{/each}}", want: "ac"},
	{source: "{{lookup tags 1}}{{lookup deep.a 'b'}}", want: `y{&quot;c&quot;:&quot;d&quot;,&quot;name&quot;:&quot;inner&quot;}`, theirs: "y[object Object]", why: "objects print as compact JSON"},
	{source: "{{#each tags}}{{lookup ../lines.[0].in @index}}{{/each}}{{lookup props.alpha.v 1}}{{lookup absent 'x'}}{{lookup props absent}}", want: "ij3"},
	{source: "{{this.name}} {{./name}} {{#with this.deep}}{{this.a.b.c}}{{/with}} {{[this]}} {{this.[this]}}", want: "N N d own own"},
	{source: `\{{name}} \{{{name}}} {{name}} \\{{name}} \{{#if}} a\b {name} }} {`, want: `{{name}} {{{name}}} N \N {{#if}} a\b {name} }} {`},
	{source: "{{! no {{name }}x{{!-- }} {{name}} --}}y{{~! z ~}} w {{!}}v", want: "xyw v"},
	{source: "{{#equal name \"N\"}}a{{else}}b{{/equal}}{{#equal name 'M'}}a{{else}}b{{/equal}}{{#equalWithElse n 7}}a{{else}}b{{/equalWithElse}}{{#equal n \"7\"}}a{{/equal}}{{#equal yes true}}a{{/equal}}{{#equal yes \"true\"}}a{{/equal}}{{#equal absent \"\"}}a{{/equal}}{{#equal absent null}}a{{/equal}}", want: "abaaaaaa"},
	{source: `{{#equal "it's" 'it\'s'}}a{{/equal}}{{queryEncode "{{name}} }}"}}{{queryEncode -1.5}}`, want: "a%7B%7Bname%7D%7D%20%7D%7D-1.5"},
	{source: "{{#if true}}a{{/if}}{{#if false}}b{{/if}}{{#if null}}c{{/if}}{{#if undefined}}d{{/if}}{{#if 0}}e{{/if}}{{#if 1}}f{{/if}}{{#if \"\"}}g{{/if}}{{#if 'x'}}h{{/if}}", want: "afh"},
	{source: "a\n  {{#if yes}}\n  b\n  {{else}}\n  c\n  {{/if}}\nd\n{{! gone }}\n  {{!-- gone --}}  \ne\n{{#each tags}}\n- {{this}}\n{{/each}}", want: "a\n  b\nd\ne\n- x\n- y\n"},
	{source: "{{#if yes}}\r\n a\r\n{{/if}}\r\nb {{#if yes}} \n c {{/if}} \n\t{{#if no}}\n{{else if yes}}\n  d\n{{/if}}\n", want: " a\r\nb  \n c  \n  d\n"},
	{source: "a {{~#if yes~}} b {{~else~}} c {{~/if~}} d {{#each tags~}}\n {{this}} {{~/each}} e {{~name~}} f {{~{name}~}} g {{~&name~}} h", want: "abd xy eNfNgNh"},
	{source: "{{{n}}}{{{n}}}", want: "77", theirs: "14", why: "numbers side by side are not added"},
	{source: "{{constructor}} {{tags.constructor}} {{name.constructor}} {{deep.__proto__}} {{deep.toString}} {{tags.length}} {{constructor.name}} {{deep.length}}", want: `{&quot;name&quot;:&quot;mine&quot;}     2 mine `, theirs: "[object Object]     2 mine ", why: "objects print as compact JSON"},
	{source: "{{name.length}}", want: "", theirs: "1", why: "only lists have a length"},
	{source: "{{#with deep}}{{#with this}}{{../name}}{{/with}}{{/with}}", want: "", theirs: "N", why: "each with is one step of ../"},
	{source: "{{queryEncode absent}}|{{basicAuthHeaderValue absent absent}}|{{pathEncode nil}}", want: "|Basic Og&#x3D;&#x3D;|"},
	{source: "{{queryEncode base-url}} {{pathEncode html}} {{basicAuthHeaderValue name 'é'}} {{json tags}}", dialect: template.Plain, want: `https%3A%2F%2Fh%2F%3Fa%3Db%20c %3Ca%20href&#x3D;%22x%22%3E&#x27;&amp;&#x27;%3C/a%3E Basic TjrDqQ&#x3D;&#x3D; [&quot;x&quot;,&quot;y&quot;]`},
	{source: "{{queryEncode html}} {{basicAuthHeaderValue name 'é'}} {{eq}} {{html}}", dialect: template.URL, want: "%3Ca%20href%3D%22x%22%3E'%26'%3C%2Fa%3E Basic TjrDqQ== a=b` &lt;a href=&quot;x&quot;&gt;&#x27;&amp;&#x27;&lt;/a&gt;",
		theirs: "%3Ca%20href%3D%22x%22%3E'%26'%3C%2Fa%3E Basic TjrDqQ== a&#x3D;b&#x60; &lt;a href&#x3D;&quot;x&quot;&gt;&#x27;&amp;&#x27;&lt;/a&gt;", why: "= and ` are not escaped in an address or header"},
	{source: "{{html}} {{{html}}} {{queryEncode name}} {{eq}}", dialect: template.Text, want: `<a href="x">'&'</a> <a href="x">'&'</a> N a=b` + "`"},
	{source: `{"a":"{{html}}","b":"{{{html}}}","c":{{n}},"d":"{{tags}}"}`, dialect: template.JSON, want: `{"a":"&lt;a href&#x3D;&quot;x&quot;&gt;&#x27;&amp;&#x27;&lt;/a&gt;","b":"<a href=\"x\">'&'</a>","c":7,"d":"x,y"}`,
		theirs: `{"a":"&lt;a href&#x3D;\&quot;x\&quot;&gt;&#x27;&amp;&#x27;&lt;/a&gt;","b":"<a href=\"x\">'&'</a>","c":7,"d":"x,y"}`, why: "a quotation mark through double braces in a JSON body is JSON"},
	{source: "{{formatWithOffset big 300 'rfc3339'}} {{formatWithOffset big 0 'simple'}} {{formatWithOffset big 3600 'seconds'}} {{formatWithOffset big -1 'milliseconds'}} {{formatWithOffset \"1580778134028\" 301 'other'}}", want: "2020-02-04T00:59:45Z 2020-02-04 00:54:45 1580781285 1580777684229 1580778435028"},
}

// languageRenderings are the table above, and templates that are made up.
func languageRenderings(t *testing.T) []rendering {
	t.Helper()
	var all []rendering
	for _, c := range language {
		if c.dialect == template.Native {
			c.dialect = template.Plain
		}
		all = append(all, rendering{name: c.source, source: c.source, dialect: c.dialect, data: decoded(t, words)})
	}
	r := rand.New(rand.NewPCG(1, 2))
	data := decoded(t, strings.Replace(words, `"n":7`, `"n":"7"`, 1)) // Handlebars.js adds numbers side by side
	for range 1500 {
		all = append(all, rendering{source: madeUp(r, 3), dialect: template.Plain, data: data})
	}
	return all
}

// judgeLanguage compares what Handlebars.js and we make of them.
func judgeLanguage(t *testing.T, all []rendering, answers []answer) {
	t.Helper()
	for i, theirs := range answers {
		ours, err := all[i].render()
		if err != nil || theirs.Out == nil {
			t.Errorf("%q: %v, Handlebars.js: %s", all[i].source, err, theirs.Error)
			continue
		}
		want := *theirs.Out
		if i < len(language) {
			c := language[i]
			if c.why == "" {
				c.theirs = c.want
			}
			if want != c.theirs {
				t.Errorf("%q: Handlebars.js makes %q, not %q", c.source, want, c.theirs)
			}
			want = c.want
		}
		if ours != want {
			t.Errorf("%q\nwe make     %q\nthey make   %q", all[i].source, ours, want)
		}
	}
}

func decoded(t testing.TB, data string) value.Value {
	t.Helper()
	v, err := value.Decode([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// madeUp makes a template of blocks, comments and white space at random, as nobody
// would write it.
func madeUp(r *rand.Rand, depth int) string {
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	wave := func() string { return pick("", "", "", "", "~") }
	var b strings.Builder
	for range 1 + r.IntN(5) {
		switch n := r.IntN(10); {
		case n < 4:
			b.WriteString(pick(" ", "\n", "\n\n", "  \n", "\n  ", "\t", "\r\n", "a", "b\n", "\nc", `\ `, "\u00a0", `\{{x}}`, `"`, " d "))
		case n < 6:
			fmt.Fprintf(&b, pick("{{%s%s%s}}", "{{%s{%s}%s}}", "{{%s&%s%s}}"), wave(), pick("name", "n", "this.name", "absent", "../name", "tags", "@root.n", "tags.[0]"), wave())
		case n < 7:
			fmt.Fprintf(&b, pick("{{%s! c %s}}", "{{%s!-- c --%s}}"), wave(), wave())
		case depth > 0:
			kind := pick("if yes", "if no", "unless no", "each tags", "each none", "with deep.a", "with nil", "equal n 7", "name", "no", "each props")
			open := pick("#", "#", "#", "^")
			fmt.Fprintf(&b, "{{%s%s%s%s}}%s", wave(), open, kind, wave(), madeUp(r, depth-1))
			for range r.IntN(3) {
				if open == "#" {
					fmt.Fprintf(&b, "{{%selse %s%s}}%s", wave(), pick("if no", "if yes", "unless yes", "each tags"), wave(), madeUp(r, depth-1))
				}
			}
			if r.IntN(2) == 0 {
				fmt.Fprintf(&b, pick("{{%selse%s}}%s", "{{%s^%s}}%s", "{{%s else %s}}%s"), wave(), wave(), madeUp(r, depth-1))
			}
			fmt.Fprintf(&b, "{{%s/%s%s}}", wave(), strings.Fields(kind)[0], wave())
		}
	}
	return b.String()
}
