package request_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	svix "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

// courses is an integration in our own form, for a product that has courses.
const courses = `{
  "listing": {"name": "Campus Pager", "version": "1.0.0", "tagline": "Pages people.", "description": "Pages people when something happens to their course, wherever they are at that time.",
    "author": "Campus", "supportEmail": "help@campus.example", "links": {"site": "https://campus.example", "privacy": "https://campus.example/privacy"},
    "categories": ["messaging"], "icons": {"square": "a.svg", "horizontal": "b.svg"}},
  "forms": {"installation": [
    {"key": "room", "label": "Room", "type": "string", "help": "Where it rings."},
    {"key": "signing", "label": "Secret", "type": "string", "help": "Signs.", "secret": true},
    {"key": "level", "label": "Level", "type": "dynamicEnum", "help": "How loud.", "fetch": {"endpoint": {"url": "https://campus.example/levels", "method": "GET"}, "parser": {"list": "/levels", "item": {"label": "/name", "value": "/id"}}}}]},
  "eventHooks": [
    {"source": "audit", "templates": {"byKind": {"course": "course.json.hbs"}, "default": "any.json.hbs", "test": "test.json.hbs"},
     "endpoint": {"url": "https://campus.example/rooms/{{pathEncode config.room}}", "method": "POST",
       "headers": [{"name": "Content-Type", "value": "application/json"}, {"name": "X-Room", "value": "{{config.room}}"}],
       "sign": {"scheme": "SCHEME", "header": "X-Sig", "secretVar": "signing"}}}]
}`

func compiled(t *testing.T, text string, files map[string]string) *request.Set {
	t.Helper()
	read, err := manifest.Parse("campus", []byte(text))
	if err != nil || manifest.Failed(read.Findings) {
		t.Fatal(err, read.Findings)
	}
	fs := fstest.MapFS{}
	for name, body := range files {
		fs[name] = &fstest.MapFile{Data: []byte(body)}
	}
	s, err := request.Compile(read.Package, fs)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pager(t *testing.T, scheme string) *request.Set {
	return compiled(t, strings.Replace(courses, "SCHEME", scheme, 1), map[string]string{
		"course.json.hbs": `{"text":"{{event.title}}"}`, "any.json.hbs": `{{#if event.comment}}{"text":"{{event.comment}}"}{{/if}}`, "test.json.hbs": `{"text":"test from {{config.room}}"}`})
}

var begun = time.Unix(1717243384, 0).UTC()

func given(secretText string) request.Given {
	return request.Given{Config: manifest.Values{"room": "7 b/c", "signing": secret.New(secretText)}, ID: "evt_1", Time: begun, Nonce: "n"}
}

func headers(c request.Call) http.Header {
	out := http.Header{}
	for _, h := range c.Header {
		out.Add(h.Name, h.Value)
	}
	return out
}

func header(c request.Call, name string) string { return headers(c).Get(name) }

// A hook's call: the template of the kind, else the default; nothing when it comes
// out blank; address, headers and the signature over the exact bytes.
func TestHook(t *testing.T) {
	t.Parallel()
	s := pager(t, manifest.SchemeHMAC)
	c := view.Of(view.Event{ID: "evt_1", Type: "course.renamed", Subject: "site/north:course/bio-1", Time: begun})
	call, sent, err := s.Hook(0, given("key"), view.Host{}, c)
	if err != nil || !sent {
		t.Fatal(sent, err)
	}
	if want := `{"text":"Somebody renamed the course bio-1"}`; string(call.Body) != want {
		t.Errorf("body %s", call.Body)
	}
	if call.Method != "POST" || call.URL != "https://campus.example/rooms/7%20b%2Fc" || header(call, "X-Room") != "7 b/c" {
		t.Errorf("%s %s %v", call.Method, call.URL, call.Header)
	}
	mac := hmac.New(sha256.New, []byte("key"))
	mac.Write(call.Body)
	if header(call, "X-Sig") != hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("signature %s", header(call, "X-Sig"))
	}
	if unsigned, _, _ := s.Hook(0, given(""), view.Host{}, c); header(unsigned, "X-Sig") != "" {
		t.Error("an empty secret signs")
	}
	other := view.Of(view.Event{Type: "site.closed", Subject: "site/north", Time: begun})
	if _, sent, err := s.Hook(0, given("key"), view.Host{}, other); sent || err != nil {
		t.Error("a blank body is sent", err)
	}
	other.Comment = `say "hi"`
	if call, sent, _ := s.Hook(0, given("key"), view.Host{}, other); !sent || string(call.Body) != `{"text":"say \"hi\""}` {
		t.Errorf("%v %s", sent, call.Body)
	}
	if call, sent, err := s.HookTest(0, given("key"), view.Host{}, c); !sent || err != nil || string(call.Body) != `{"text":"test from 7 b/c"}` {
		t.Errorf("%v %v %s", sent, err, call.Body)
	}
}

// Standard Webhooks' own library accepts what that scheme signs.
func TestStandardWebhooksSignature(t *testing.T) {
	t.Parallel()
	const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	g := given(key)
	g.Time = time.Now() //nolint:forbidigo // the library compares with its own clock
	call, sent, err := pager(t, manifest.SchemeStandardWebhooks).Hook(0, g, view.Host{}, view.Of(view.Event{Type: "course.renamed", Subject: "course/bio-1"}))
	if err != nil || !sent {
		t.Fatal(sent, err)
	}
	if _, sent, err := pager(t, manifest.SchemeStandardWebhooks).Hook(0, given("no base64!"), view.Host{}, view.Of(view.Event{Type: "course.renamed"})); sent || request.Place(err) != "/eventHooks/0/endpoint/sign" {
		t.Errorf("a secret of another form signs: %v", err)
	}
	wh, err := svix.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := wh.Verify(call.Body, headers(call)); err != nil {
		t.Error(err)
	}
	if err := wh.Verify(append(call.Body, ' '), headers(call)); err == nil {
		t.Error("another body is accepted")
	}
}

// Data cannot add a header, and a template that makes no JSON is said with its place.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	g := given("key")
	g.Config["room"] = "a\r\nX-Evil: 1"
	_, sent, err := pager(t, manifest.SchemeHMAC).Hook(0, g, view.Host{}, view.Of(view.Event{Type: "course.renamed", Subject: "course/bio-1"}))
	if sent || err == nil || request.Place(err) != "/eventHooks/0/endpoint/headers/1/value" {
		t.Errorf("%v, %v at %q", sent, err, request.Place(err))
	}
	s := compiled(t, strings.Replace(courses, "SCHEME", manifest.SchemeHMAC, 1), map[string]string{"course.json.hbs": `{"text":}`, "any.json.hbs": "{}", "test.json.hbs": "{}"})
	if _, _, err := s.Hook(0, given("key"), view.Host{}, view.Of(view.Event{Type: "course.renamed", Subject: "course/bio-1"})); err == nil || request.Place(err) != "course.json.hbs" {
		t.Errorf("%v", err)
	}
	if request.Place(nil) != "" {
		t.Error("nothing has a place")
	}
	read, err := manifest.Parse("campus", []byte(strings.Replace(courses, "SCHEME", manifest.SchemeHMAC, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := request.Compile(read.Package, fstest.MapFS{}); err == nil {
		t.Error("files are missing, and nobody says so")
	}
	bad := fstest.MapFS{"course.json.hbs": {Data: []byte("{{#if}}")}, "any.json.hbs": {}, "test.json.hbs": {}}
	if _, err := request.Compile(read.Package, bad); request.Place(err) != "course.json.hbs" {
		t.Errorf("%v", err)
	}
}

// A preview shows every call with fields as their names, and can be pasted into a shell.
func TestPreview(t *testing.T) {
	t.Parallel()
	s := pager(t, manifest.SchemeHMAC)
	c := view.Of(view.Event{Type: "course.renamed", Subject: "course/it's"})
	got := map[string]request.Previewed{}
	for _, p := range s.Preview(view.Host{}, c, manifest.Values{"level": "3"}) {
		got[p.Name] = p
	}
	if len(got) != 3 || !got["eventHook"].Sent || !got["eventHook/test"].Sent || got["fetch/level"].Call.URL != "https://campus.example/levels" {
		t.Fatalf("%+v", got)
	}
	hook := got["eventHook"].Call
	if hook.URL != "https://campus.example/rooms/$ROOM" {
		t.Errorf("url %s", hook.URL)
	}
	if curl := hook.Curl(); !strings.HasPrefix(curl, "curl -X 'POST' 'https://campus.example/rooms/$ROOM'") || !strings.Contains(curl, `the course it'\''s`) {
		t.Errorf("%s", curl)
	}
	if text := hook.Text(); !strings.HasPrefix(text, "POST https://campus.example/rooms/$ROOM\nContent-Type: application/json\n") || !strings.HasSuffix(text, "}\n") {
		t.Errorf("%s", text)
	}
}

// The partner's answer to the opening of a request is there for later calls, and
// its page is an address or nothing.
func TestApproval(t *testing.T) {
	t.Parallel()
	s := read(t, published(t, "custom-approvals"))
	g := request.Given{Config: manifest.Values{}, Time: begun}
	for _, d := range s.Forms.Installation {
		g.Config[d.Key] = "https://partner.example"
		if d.Secret.Get() {
			g.Config[d.Key] = secret.New("token")
		}
	}
	c := view.Of(view.Event{Type: "flag.updated", Subject: "proj/p:env/e:flag/f", Time: begun})
	a := request.Approval{ID: "apr_1", External: "x-9", Description: "why", Change: c, Page: "https://host.example/approvals/apr_1"}
	open, sent, err := s.ApprovalCall("open", g, view.Host{Words: map[string]string{"proj": "project", "env": "environment"}}, a)
	if err != nil || !sent || open.Method != "POST" || open.URL != "https://partner.example/api/approvals" || header(open, "Authorization") != "Bearer token" {
		t.Errorf("%v %v %s", sent, err, open.Text())
	}
	if !strings.Contains(string(open.Body), "apr_1") || !strings.Contains(string(open.Body), "https://host.example/approvals/apr_1") {
		t.Errorf("the request's id is not in %s", open.Body)
	}
	status, _, err := s.ApprovalCall("status", g, view.Host{}, a)
	if err != nil || status.URL != "https://partner.example/api/approvals/x-9/status" || status.Body != nil {
		t.Errorf("%v %s", err, status.Text())
	}
	link, err := s.ApprovalLink("open", g, view.Host{}, a)
	if err != nil || link != "https://partner.example/approvals?approvalID=x-9" {
		t.Errorf("%s %v", link, err)
	}
	for key := range g.Config {
		if _, ok := g.Config[key].(string); ok {
			g.Config[key] = "javascript:alert(1)//"
		}
	}
	if link, err := s.ApprovalLink("open", g, view.Host{}, a); err == nil {
		t.Errorf("%s is a page", link)
	}
	if _, sent, err := s.ApprovalCall("nothing", g, view.Host{}, a); sent || err != nil {
		t.Error("a call of no name is made")
	}
}

// A snapshot is sent as it is, between what the package puts around it.
func TestPush(t *testing.T) {
	t.Parallel()
	s := read(t, published(t, "vercel"))
	g := request.Given{Scope: manifest.Values{}, Time: begun}
	for _, d := range s.SnapshotPush.Forms.Scope {
		g.Scope[d.Key] = d.Key
		if d.Secret.Get() {
			g.Scope[d.Key] = secret.New(d.Key)
		}
	}
	data := `{"flags":{"a":"{{not a template}}"}}`
	call, sent, err := s.Push(g, request.Snapshot{Key: "k1", Scope: "e1", Data: []byte(data)})
	if err != nil || !sent {
		t.Fatal(sent, err)
	}
	if body := string(call.Body); !strings.Contains(body, data) || !strings.Contains(body, "e1") || body == data {
		t.Errorf("%s", body)
	}
	if _, sent, _ := pager(t, manifest.SchemeHMAC).Push(g, request.Snapshot{}); sent {
		t.Error("a package without a store pushes")
	}
}

// A button's call needs what its body names.
func TestAction(t *testing.T) {
	t.Parallel()
	s := read(t, published(t, "devin"))
	g := request.Given{Config: manifest.Values{}, Time: begun}
	for _, d := range s.Forms.Installation {
		g.Config[d.Key] = secret.New("k")
	}
	body := s.UserAction.Bodies[0]
	context := &value.Object{}
	if _, sent, err := s.Action(body.Key, g, context); sent || err == nil {
		t.Error("it is sent without what it needs")
	}
	for _, name := range body.Needs {
		context.Set(name, "v\"")
	}
	if call, sent, err := s.Action(body.Key, g, context); err != nil || !sent || call.URL == "" {
		t.Errorf("%v %v %s", sent, err, call.Text())
	}
	if _, sent, _ := s.Action("nothing", g, context); sent {
		t.Error("a body of no name is sent")
	}
}

func published(t *testing.T, key string) string {
	t.Helper()
	integrations(t)
	return corpus + "/integrations/" + key
}
