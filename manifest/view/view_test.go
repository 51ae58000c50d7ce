package view_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

const corpus = "../../../shared/corpus/launchdarkly/sample-context/"

var host = view.Host{URL: "https://app.example.com", API: "https://app.example.com/api/v2/auditlog", Words: map[string]string{"proj": "project", "env": "environment"}}

func decoded(t *testing.T, text string) *value.Object {
	t.Helper()
	v, err := value.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	o, ok := v.(*value.Object)
	if !ok {
		t.Fatalf("%s is no object", text)
	}
	return o
}

func at(t *testing.T, v value.Value, pointer string) string {
	t.Helper()
	p, err := value.ParsePointer(pointer)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := p.Get(v)
	if !ok {
		return "absent"
	}
	return string(value.AppendJSON(nil, got))
}

// told is an event whose data say what an audit event of LaunchDarkly's says.
func told(t *testing.T, context *value.Object) view.Event {
	t.Helper()
	get := func(pointer string) string { return at(t, context, pointer) }
	or := func(text, otherwise string) string {
		if text == "absent" {
			return otherwise
		}
		return text
	}
	text := func(of string) string {
		return `{"text":` + get(of+"/plainText") + `,"markdown":` + get(of+"/markdown") + `,"html":` + get(of+"/html") + `}`
	}
	scope := ""
	if get("/project/key") != `""` {
		scope = `{"kind":"proj","key":` + get("/project/key") + `,"name":` + get("/project/name") + `,"tags":` + get("/project/tags") + `}`
		if get("/project/environment/key") != `""` {
			scope += `,{"kind":"env","key":` + get("/project/environment/key") + `,"name":` + get("/project/environment/name") + `,"tags":` + get("/project/environment/tags") + `}`
		}
	}
	millis := decoded(t, `{"at":`+get("/timestamp/milliseconds")+`}`)
	n, _ := millis.Get("at")
	when, err := time.ParseDuration(string(value.AppendJSON(nil, n)) + "ms")
	if err != nil {
		t.Fatal(err)
	}
	data := decoded(t, `{"change":{"kind":`+get("/kind")+`,"action":`+get("/verbKind")+`,"verb":`+get("/titleVerb")+`,
		"title":`+text("/title")+`,"details":`+text("/details")+`,"comment":`+or(get("/comment"), `""`)+`,
		"actor":{"kind":"member","id":`+get("/member/_id")+`,"email":`+get("/member/email")+`,"first_name":`+get("/member/firstName")+`,"last_name":`+get("/member/lastName")+`,"name":`+get("/member/displayName")+`},
		"target":{"key":`+or(get("/key"), `""`)+`,"id":`+get("/target/_id")+`,"name":`+get("/name")+`,"tags":`+get("/tags")+`},
		"scope":[`+scope+`],"properties":`+or(get("/customProperties"), "null")+`}}`)
	return view.Event{ID: strings.Trim(get("/_id"), `"`), Account: strings.Trim(get("/_accountId"), `"`), Type: "flag.updated", Time: time.UnixMilli(when.Milliseconds()), Data: data}
}

// What a product says about a change reaches templates for LaunchDarkly unchanged:
// each published audit event, told in our words, is shown as it was.
func TestLaunchDarklyShowsThePublishedEvents(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(corpus + "*/*.json")
	if err != nil || len(files) == 0 {
		testenv.Lacks(t, "the published events are not at %s", corpus)
	}
	contexts := map[string]*value.Object{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		contexts[strings.TrimPrefix(file, corpus)] = decoded(t, string(data))
	}
	for _, name := range []string{"flag", "project", "environment", "member"} {
		contexts[name], _ = fixture.Event(name)
	}
	for name, want := range contexts {
		got := view.LaunchDarkly(host, view.Of(told(t, want)))
		for _, member := range []string{"/_id", "/_accountId", "/timestamp", "/kind", "/name", "/key", "/details", "/comment", "/project/key", "/project/tags", "/project/environment/key",
			"/project/environment/tags", "/tags", "/customProperties", "/member/email", "/member/emailLocalPart", "/member/firstName", "/member/lastName", "/member/displayName", "/member/_id",
			"/titleVerb", "/verbKind", "/title/plainText", "/title/markdown", "/title/html", "/target/name", "/target/_id"} {
			is, should := at(t, got, member), at(t, want, member)
			if name == "other/metric.create.json" && member == "/timestamp" { // the published one tells two times
				continue
			}
			if is != should && !(should == `""` && member == "/comment") {
				t.Errorf("%s: %s is %s, not %s", name, member, is, should)
			}
		}
	}
}

// An event whose product says nothing more is shown, too.
func TestEveryEventIsShown(t *testing.T) {
	t.Parallel()
	c := view.Of(view.Event{ID: "evt_1", Type: "flag.turned_on", Account: "acme", Subject: "proj/harbour:env/production:flag/night-light", Time: time.UnixMilli(1717243384256), Data: decoded(t, `{"on":true}`)})
	got := view.LaunchDarkly(host, c)
	for pointer, want := range map[string]string{"/kind": `"flag"`, "/key": `"night-light"`, "/name": `"night-light"`, "/project/key": `"harbour"`, "/project/environment/key": `"production"`,
		"/title/plainText": `"Somebody turned on the flag night-light"`, "/verbKind": `"flag.turned_on"`, "/titleVerb": `"turned on the flag"`, "/member": "absent", "/comment": "absent",
		"/timestamp/milliseconds": "1717243384256", "/timestamp/simple": `"2024-06-01 12:03:04"`, "/_links/self/href": `"https://app.example.com/api/v2/auditlog/evt_1"`, "/_links/site": "absent",
		"/details/plainText": `""`, "/tags": "null", "/customProperties": "absent"} {
		if is := at(t, got, pointer); is != want {
			t.Errorf("%s is %s, not %s", pointer, is, want)
		}
	}
	ours := view.Native(c)
	for pointer, want := range map[string]string{"/kind": `"flag"`, "/target/key": `"night-light"`, "/scope/0/kind": `"proj"`, "/scope/1/key": `"production"`, "/title": `"Somebody turned on the flag night-light"`, "/account": `"acme"`, "/actor/name": `"Somebody"`} {
		if is := at(t, ours, pointer); is != want {
			t.Errorf("native %s is %s, not %s", pointer, is, want)
		}
	}
	for kind, of := range map[string]view.Event{"order": {Type: "order.paid"}, "course": {Type: "renamed", Subject: "site/north:course/bio-1"}} {
		if got := view.Of(of); got.Kind != kind || got.Title.Plain == "" {
			t.Errorf("%v is %+v", of, got)
		}
	}
}

// Words of the product keep their meaning in each form that a text has, and what
// is of another kind than it should be counts as absent.
func TestTextsAndStrangeData(t *testing.T) {
	t.Parallel()
	c := view.Of(view.Event{Type: "flag.updated", Data: decoded(t, `{"change":{"title":"<b> & *stars*","details":{"markdown":"**x**"},"actor":"ada","scope":{"kind":"proj"},"target":7,"tags":"a","properties":[1],"comment":{"a":1}}}`)})
	if c.Title != (view.Text{Plain: "<b> & *stars*", Markdown: `\<b\> & \*stars\*`, HTML: "&lt;b&gt; &amp; *stars*"}) {
		t.Errorf("title %+v", c.Title)
	}
	if c.Details.Plain != "**x**" || c.Details.Markdown != "**x**" || c.Details.HTML != "**x**" {
		t.Errorf("details %+v", c.Details)
	}
	if c.Comment != "" || c.Properties != nil || len(c.Scope) != 0 || c.Actor != (view.Actor{}) {
		t.Errorf("%+v", c)
	}
	if got := view.LaunchDarkly(view.Host{}, c); at(t, got, "/kind") != `"flag"` || at(t, got, "/_links") != "{}" {
		t.Errorf("%s", value.AppendJSON(nil, got))
	}
}

// Our own view has the members of the event that lint tries templates with.
func TestNativeHasTheMembersOfTheFixture(t *testing.T) {
	t.Parallel()
	want, _ := fixture.Event(fixture.Native)
	c := view.Of(view.Event{ID: "evt_1", Type: "course.renamed", Subject: "site/north:course/bio-1", Time: time.UnixMilli(1717243384256), Data: decoded(t, `{"change":{"comment":"c","actor":{"id":"u","name":"Ada","email":"a@b.c"},
		"target":{"url":"https://x"},"scope":[{"name":"North","tags":["pilot"]}],"properties":{"team":{"name":"Team","values":["north"]}}}}`)})
	got := view.Native(c)
	for i := range want.Len() {
		name, one := want.At(i)
		is, ok := got.Get(name)
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		if o, ok := one.(*value.Object); ok && name != "properties" {
			for j := range o.Len() {
				inner, _ := o.At(j)
				if at(t, is, "/"+inner) == "absent" {
					t.Errorf("%s/%s is missing", name, inner)
				}
			}
		}
	}
}
