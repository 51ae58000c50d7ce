package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest"
)

// course is a manifest of our own form, for a platform of courses.
const course = `{
  "$schema": "https://lyceum.example/schemas/manifest.json",
  "listing": {
    "name": "Attendance", "version": "0.3.0-rc.1", "tagline": "Write down who came.",
    "description": "Writes down who came to which lesson, and asks the dean before a course is closed.",
    "author": "Chalk & Co", "supportEmail": "help@chalk.example",
    "links": {"site": "https://chalk.example", "privacy": "https://chalk.example/privacy"},
    "categories": ["attendance"], "icons": {"square": "icon.svg", "horizontal": "wide.png"}
  },
  "forms": {"installation": [{"key": "token", "label": "Token", "type": "string", "help": "From Chalk.", "secret": true}]},
  "eventHooks": [
    {"source": "audit", "filter": [{"resources": ["site/*:course/bio-*;pilot"]}],
     "templates": {"byKind": {"course": "course.json.hbs", "lesson": "lesson.json.hbs"}},
     "endpoint": {"url": "https://chalk.example/log", "method": "POST", "sign": {"scheme": "standard-webhooks", "secretVar": "token"}}},
    {"source": "signal", "templates": {"byType": {"lesson.missed": "missed.json.hbs"}}, "driver": "queue"}
  ],
  "inboundTrigger": {"on": ["course"], "docsUrl": "https://chalk.example/docs", "auth": "hmac"},
  "membershipSync": {"on": ["group"], "parser": {"scopeId": "/site", "collection": {"id": "/g", "name": "/n"}, "members": {"add": "/in", "remove": "/out", "item": {"id": ""}}}}
}`

func parse(t *testing.T, text string) manifest.Read {
	t.Helper()
	r, err := manifest.Parse("attendance", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOurOwnForm(t *testing.T) {
	t.Parallel()
	r := parse(t, course)
	if r.Compatible || len(r.Findings) > 0 {
		t.Fatal(r.Compatible, r.Findings)
	}
	p := r.Package
	if p.View() != manifest.ViewNative || len(p.EventHooks) != 2 || p.MembershipSync.Parser.Members.Style() != manifest.StyleArrays {
		t.Errorf("%+v", p)
	}
	if path, ok := p.EventHooks[0].Template("lesson"); !ok || path != "lesson.json.hbs" {
		t.Error(path, ok)
	}
	if path, ok := p.EventHooks[0].Template("member"); ok {
		t.Error("a kind without template and default is not sent, but", path)
	}
	if path, ok := p.EventHooks[1].Template("lesson.missed"); !ok || path != "missed.json.hbs" {
		t.Error(path, ok)
	}
	if got := strings.Join(p.Capabilities(), " "); got != "eventHook inboundTrigger membershipSync" {
		t.Error(got)
	}
	if s := p.EventHooks[0].Policy(); s[0].Effect != "allow" || s[0].Actions[0] != "*" {
		t.Error(s)
	}
	if _, err := p.LaunchDarkly(); err == nil {
		t.Error("the compatible form has no course")
	}
}

// Findings of the schema stand in the author's own words and lines, and what can
// be understood is understood.
func TestFindingsHavePlaces(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(course, `"secret": true`, `"secret": "yes", "a/b": 1`, 1)
	r := parse(t, broken)
	got := map[string]manifest.Finding{}
	for _, f := range r.Findings {
		got[f.Rule+" "+f.Pointer] = f
	}
	for _, want := range []string{"schema.type /forms/installation/0/secret", "schema.unknown /forms/installation/0/a~1b"} {
		if f, ok := got[want]; !ok || f.Line != 10 || f.Layer != manifest.LayerSchema {
			t.Errorf("%s: %+v", want, f)
		}
	}
	if len(got) != 2 || r.Package.Forms.Installation[0].Key != "token" || r.Package.InboundTrigger == nil {
		t.Error(got)
	}
}

func TestMembersThatStandTwice(t *testing.T) {
	t.Parallel()
	r := parse(t, strings.Replace(course, `"auth": "hmac"`, `"auth": "hmac", "auth": "url"`, 1))
	if len(r.Findings) != 1 || r.Findings[0].Rule != "json.twice" || r.Findings[0].Pointer != "/inboundTrigger/auth" {
		t.Error(r.Findings)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "[]", "null", `"x"`, "{} {}", "{\"a\": }", strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), strings.Repeat(" ", manifest.Most) + "{}"} {
		if _, err := manifest.Parse("x", []byte(text)); !errors.Is(err, manifest.ErrUnreadable) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// Nothing that is missing stops the reading.
func TestEmptyManifests(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"listing": {}}`, `{"listing": null, "eventHooks": [null, {}, 1]}`, `{"capabilities": null}`, `{"capabilities": {"approval": {}, "auditLogEventsHook": []}}`} {
		if r := parse(t, text); len(r.Findings) == 0 {
			t.Errorf("%s has no finding", text)
		}
	}
}

func TestPresentIsNotDefault(t *testing.T) {
	t.Parallel()
	p := parse(t, strings.Replace(course, `"secret": true`, `"secret": true, "optional": false`, 1)).Package
	d := p.Forms.Installation[0]
	if !d.Optional.Present() || d.Optional.Get() || d.Hidden.Present() || d.Hidden.Get() || !d.Hidden.Or(true) {
		t.Errorf("%+v", d)
	}
	out, err := p.Native()
	if err != nil || !strings.Contains(string(out), `"optional": false`) || strings.Contains(string(out), "hidden") {
		t.Errorf("%s %v", out, err)
	}
}

// Whatever somebody submits, reading ends, and what the schema lets pass comes
// back as it was.
func FuzzParse(f *testing.F) {
	f.Add([]byte(course))
	f.Add([]byte(`{"name":"x","capabilities":{"auditLogEventsHook":{"templates":{}},"buttonAction":{"requestBodyTemplates":[{"key":"a","x~/y":[{}]}]}},"legacy":{"kind":"webhooks"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := manifest.Parse("fuzz", data)
		if err != nil {
			if !errors.Is(err, manifest.ErrUnreadable) {
				t.Fatal(err)
			}
			return
		}
		own, err := r.Package.Native()
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Findings) > 0 {
			return
		}
		again, err := manifest.Parse("fuzz", own)
		if err != nil || len(again.Findings) > 0 {
			t.Fatalf("%v %v\n%s", err, again.Findings, own)
		}
		if !r.Compatible {
			return
		}
		survives(t, data, r.Package)
	})
}
