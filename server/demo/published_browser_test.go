package demo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/server/demo"
	"github.com/guestright/guestright/server/servertest"
)

// published are integrations that others have written, with what an administrator
// fills in.
var published = []struct {
	key    string
	fields map[string]string
}{
	{"datadog", map[string]string{"apiKey": "dd-key-4711"}},
	{"msteams", map[string]string{"url": "https://harbour.webhook.office.example/in"}},
	{"custom-approvals", map[string]string{"apiKey": "ca-key-4711", "baseURL": "https://decide.example"}},
	{"generic-trigger", nil}, {"cloudflare", nil}, {"github", nil}, {"amplitude", nil},
}

const (
	wrapping = "proj/web-shop:env/production:flag/gift-wrapping"
	webShop  = "proj/web-shop:env/production"
)

// abroad is the demo with everybody whom the published integrations call.
type abroad struct {
	*tour
	partner *capabilitytest.Partner
	state   atomic.Value      // of the request for approval
	at      map[string]string // of each configuration's page
	heard   []capabilitytest.Received
}

// Published integrations are imported, installed and set up in the browser; a flag is
// switched in Pennant and what each of them is for happens.
func TestPublishedIntegrationsInTheBrowser(t *testing.T) {
	t.Parallel()
	corpus := servertest.Corpus(t, "../..", "launchdarkly/integrations")
	p := capabilitytest.NewPartner(t)
	v := &abroad{tour: &tour{Browser: pagetest.Open(t), t: t, guide: run(t, demo.Options{Outbound: p.Config})}, partner: p, at: map[string]string{}}
	v.state.Store("pending")
	p.Handle(v.answer)
	apps := v.imports(corpus)
	v.signIn("account administrator")
	for _, one := range published {
		v.install(one.key, apps[one.key], one.fields)
	}
	token := v.token()

	// Changes.
	v.Goto(v.guide.Product)
	v.flip("web-shop", "production", "gift-wrapping")
	v.hears("POST api.datadoghq.com /api/v1/events", "Gift wrapping")
	v.hears("POST harbour.webhook.office.example /in", "Gift wrapping")
	v.Goto(v.at["datadog"])
	v.until("Last arrived", time.Minute)

	// A trigger.
	v.Goto(v.at["generic-trigger"] + "/triggers/new")
	v.Fill("#f-subject", wrapping)
	v.choose(`[name="instruction"]`, "turn_on")
	v.submit("#f-subject")
	v.says("Copy the address now")
	if status, said := v.call("POST", v.copied("Address"), "", `{"eventName": "All clear"}`); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, said)
	}
	v.Goto(v.guide.Product)
	v.until("Gift wrapping\ngift-wrapping\nOn", time.Minute)

	// An approval.
	v.Click("#web-shop-production details.fold summary")
	v.Fill("#f-approved-web-shop-production", filepath.Base(v.at["custom-approvals"]))
	v.submit("#f-approved-web-shop-production")
	v.flip("web-shop", "production", "gift-wrapping")
	v.hears("POST decide.example /api/approvals", "Gift wrapping")
	v.Goto(v.guide.Product)
	v.says("waits")
	v.state.Store("approved")
	v.Goto(v.at["custom-approvals"] + "/approvals")
	v.Goto(v.address("Gift wrapping"))
	v.until("Carried out", time.Minute)
	v.hears("POST decide.example /api/approvals/ext-1/apply", "")
	v.Goto(v.guide.Product)
	v.until("Gift wrapping\ngift-wrapping\nOff", time.Minute)

	partners := v.partners()
	v.fills(partners)
	v.copies()
	v.links(token)
}

// answer is what the services of the integrations say.
func (v *abroad) answer(w http.ResponseWriter, r capabilitytest.Received) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Host != "decide.example":
		_, _ = io.WriteString(w, `{"success": true}`)
	case r.URI == "/api/members":
		_, _ = io.WriteString(w, `{"members": [{"name": "nora", "email": "nora@harbour-books.example"}]}`)
	default:
		if r.URI == "/api/approvals" {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = fmt.Fprintf(w, `{"_id": "ext-1", "status": {"value": %q, "display": "So it is"}}`, v.state.Load())
	}
}

// imports brings the packages by the command and gives their application IDs.
func (v *abroad) imports(corpus string) map[string]string {
	v.t.Helper()
	v.signIn("developer")
	group := filepath.Base(v.address("Acme - Sudoku"))
	v.signOut()
	args := []string{"run", "../../cmd/guestright", "integration", "import", "--url", v.guide.Console, "--email", "dev@acme.example", "--group", group, "--publish", "--json",
		"--scope", "flags.write=Switches flags.", "--scope", "segments.write=Fills segments.", "--scope", "flags.read=Hears of changes."}
	for _, one := range published {
		args = append(args, filepath.Join(corpus, one.key))
	}
	cmd := exec.CommandContext(v.t.Context(), "go", args...)
	for _, p := range v.guide.People {
		if p.Who == "developer" {
			cmd.Env = append(os.Environ(), "GUESTRIGHT_PASSWORD="+p.Password)
		}
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		v.t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	var said struct {
		Packages []struct {
			Key           string
			ApplicationID string `json:"application_id"`
			State         string
		}
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil || len(said.Packages) != len(published) {
		v.t.Fatalf("%v\n%s", err, out.String())
	}
	ids := map[string]string{}
	for _, one := range said.Packages {
		ids[one.Key] = one.ApplicationID
		if one.State != "live" {
			v.t.Errorf("%+v", one)
		}
	}
	return ids
}

// install installs an integration by its ID and fills its form in.
func (v *abroad) install(key, id string, fields map[string]string) {
	v.t.Helper()
	v.Goto(v.guide.Console)
	v.Fill(`[name="application_id"]`, id)
	v.submit(`[name="application_id"]`)
	v.Follow(`form:has([name="user_name"]) .btn[type=submit]`)
	if !strings.Contains(v.URL(), "/installations/") {
		v.t.Fatalf("%s is not installed: %s", key, v.Text("body"))
	}
	v.until("Active", time.Minute)
	v.Goto(v.address("Set up"))
	v.Goto(v.URL() + "/new")
	for name, value := range fields {
		v.Fill(`[name="v.`+name+`"]`, value)
	}
	v.keep("published-" + key)
	v.Follow(`form:has([name^="on."]) .btn[type=submit]`)
	if v.at[key] = v.URL(); !strings.Contains(v.at[key], "/configurations/cfg_") {
		v.t.Fatalf("%s: %s\n%s", key, v.URL(), v.Text("body"))
	}
}

// token makes one of the administrator.
func (v *abroad) token() string {
	v.t.Helper()
	v.Goto(v.guide.Console)
	v.link("Access tokens")
	v.link("New")
	v.Fill("#f-name", "Setting up")
	v.Click(`input[name="role"][value="admin"]`)
	v.submit("#f-name")
	return strings.TrimSuffix(strings.TrimPrefix(v.code("Keep the token in your shell"), "TOKEN='"), "'")
}

// partners makes a token of the account that partners call with.
func (v *abroad) partners() string {
	v.t.Helper()
	v.Goto(v.guide.Console)
	v.link("Access tokens")
	v.Goto(v.URL() + "/new?kind=service")
	v.Fill("#f-name", "Partners")
	v.Click("details.fold:has(#f-policy) summary")
	v.Fill("#f-policy", `[{"effect": "allow", "actions": ["segment:update", "flag:*"], "resources": ["proj/*:env/*:segment/*", "proj/*:env/*:flag/*"]}]`)
	v.submit("#f-name")
	return strings.TrimSuffix(strings.TrimPrefix(v.code("Keep the token in your shell"), "TOKEN='"), "'")
}

// hears waits for a request that holds words, among those that nobody has waited for.
func (v *abroad) hears(want, words string) capabilitytest.Received {
	v.t.Helper()
	limit := time.After(time.Minute)
	for i := 0; ; i++ {
		for i == len(v.heard) {
			select {
			case r := <-v.partner.Got:
				v.heard = append(v.heard, r)
			case <-limit:
				v.t.Fatalf("nothing came to %s that says %q, but %+v", want, words, v.heard)
			}
		}
		r := v.heard[i]
		if path, _, _ := strings.Cut(r.URI, "?"); strings.HasPrefix(r.Method+" "+r.Host+" "+path, want) && strings.Contains(string(r.Body), words) {
			v.heard = slices.Delete(v.heard, i, i+1)
			return r
		}
	}
}

// call is one that a partner's program makes.
func (v *abroad) call(method, url, token, body string) (int, string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// fills has a segment filled as Amplitude does it.
func (v *abroad) fills(partners string) {
	v.t.Helper()
	v.Goto(v.at["amplitude"] + "/cohorts")
	v.Fill("#resource-0", webShop)
	v.Fill("#scope-0", "shop-1")
	v.submit("#resource-0")
	body := `{"environmentId":"shop-1","cohortName":"Regulars","cohortId":"c-9","listId":"c-9","userId":"u1","memberships":[],"batch":[{"userId":"mira","cohortName":"Regulars","cohortId":"c-9","value":true}]}`
	if status, said := v.call("POST", v.guide.Console+"/api/v2/segment-targets/amplitude", partners, body); status/100 != 2 {
		v.t.Fatalf("%d %s", status, said)
	}
	v.Goto(v.guide.Product)
	v.until("Filled by amplitude: mira", time.Minute)
}

// copies has what the flags say sent to Cloudflare.
func (v *abroad) copies() {
	v.t.Helper()
	v.Goto(v.at["cloudflare"] + "/targets/new")
	v.choose(`[name="resource"]`, webShop)
	for name, value := range map[string]string{"accountId": "acc1", "namespaceId": "ns1", "apiToken": "cf-key-4711"} {
		v.Fill(`[name="v.`+name+`"]`, value)
	}
	v.submit(`[name="resource"]`)
	if r := v.hears("PUT api.cloudflare.com /client/v4/accounts/acc1/storage/kv/namespaces/ns1/values/", "gift-wrapping"); r.Header.Get("Authorization") != "Bearer cf-key-4711" {
		v.t.Errorf("%v", r.Header)
	}
}

// links has a pull request attached to a flag, as GitHub does it.
func (v *abroad) links(token string) {
	v.t.Helper()
	body := `{"configuration":"` + filepath.Base(v.at["github"]) + `","resource":"` + wrapping + `","deep_link":"https://github.com/harbour/shop/pull/7","metadata":{"prNumber":"7","prTitle":"Wrap gifts","repoName":"shop","repoUrl":"https://github.com/harbour/shop"}}`
	if status, said := v.call("POST", v.guide.Console+"/v1/links", token, body); status/100 != 2 {
		v.t.Errorf("%d %s", status, said)
	}
}
