package useraction_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

type given = map[string]json.RawMessage

var flag = given{"flagKey": json.RawMessage(`"night-light"`)}

func report(t *testing.T, h *capabilitytest.House, c configuration.Configuration) capability.Report {
	t.Helper()
	got, err := h.Configurations.Get(t.Context(), h.Admin, c.ID)
	if err != nil || len(got.Capabilities) != 1 || got.Capabilities[0].Report == nil {
		t.Fatalf("%+v %v", got, err)
	}
	return *got.Capabilities[0].Report
}

// The published integration with buttons: what its request needs must be there, the
// request is made of it, and a link in the answer is kept.
func TestPublishedActionsAreSent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := capabilitytest.Start(t, open(clock), clock)
		c := h.Configure(h.Published("devin"), map[string]any{"apiKey": "dv-key-4711"})
		all, err := h.Actions.List(t.Context(), h.Admin, "harbour", "flag")
		if err != nil || len(all) != 2 || all[0].Key != "flagCleanup" || all[0].Configuration != c.ID.String() || strings.Join(all[1].Needs, " ") != "content environmentKey" {
			t.Fatalf("%+v %v", all, err)
		}
		_, err = h.Actions.Run(t.Context(), h.Admin, c.ID, "sdkSetup", given{"content": json.RawMessage("null"), "else": json.RawMessage("1")})
		if p := problem.Of(err); p.Code != "action_context_missing" || len(p.Fields) != 2 || p.Fields[0].Pointer != "/context/content" || p.Fields[1].Pointer != "/context/environmentKey" {
			t.Fatalf("%+v", p)
		}
		h.Quiet(t)
		h.Answers(201, `{"session_id":"devin-1","url":"https://app.devin.example/sessions/1"}`)
		got, err := h.Actions.Run(t.Context(), h.Admin, c.ID, "flagCleanup", flag)
		if err != nil || !got.Done || got.Status != 201 || got.Link != "https://app.devin.example/sessions/1" || got.Failure != "" {
			t.Fatalf("%+v %v", got, err)
		}
		r := h.Next(t)
		var said struct{ Prompt string }
		if err := json.Unmarshal(r.Body, &said); err != nil || !strings.Contains(said.Prompt, "flag 'night-light'") {
			t.Errorf("%s %v", r.Body, err)
		}
		if r.Method != http.MethodPost || r.Host != "api.devin.ai" || r.URI != "/v1/sessions" || r.Header.Get("Authorization") != "Bearer dv-key-4711" {
			t.Errorf("%+v", r)
		}
		h.Answers(403, `{"detail":"the key dv-key-4711 is wrong","url":"https://evil.example"}`)
		if got, err = h.Actions.Run(t.Context(), h.Admin, c.ID, "flagCleanup", flag); err != nil || got.Done || got.Status != 403 || got.Link != "" {
			t.Errorf("%+v %v", got, err)
		}
		if _, err = h.Actions.Run(t.Context(), h.Admin, c.ID, "nothing", flag); problem.CodeOf(err) != "not_found" {
			t.Error(err)
		}
		if f := report(t, h, c); f.Successes != 1 || f.Failures != 1 || len(f.Errors) != 1 || f.Errors[0].Status != 403 || f.Errors[0].Text != "" {
			t.Errorf("%+v", f)
		}
		page, err := h.Audit.List(t.Context(), h.Admin, audit.Filter{Account: h.Account.ID.String(), Action: "configuration.action"}, 0)
		if err != nil || len(page.Entries) != 2 || !strings.Contains(string(page.Entries[0].After), "https://api.devin.ai") || strings.Contains(string(page.Entries[0].After), "4711") {
			t.Errorf("%+v %v", page, err)
		}
	})
}

// What partners answer: only an address of the web is a link.
func TestAnswersLead(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	c := h.Configure(h.Published("devin"), map[string]any{"apiKey": "dv-key-4711"})
	for body, want := range map[string]string{
		`{"link":"https://a.example/1"}`: "https://a.example/1", `{"url":5,"link":"http://a.example"}`: "http://a.example",
		`{"url":"javascript:alert(1)"}`: "", `[1]`: "", `not JSON`: "", ``: "", `{"url":{"url":"https://a.example"}}`: "",
		`{"url":"https://a.example/","more":"` + strings.Repeat("x", 1<<20) + `"}`: "",
	} {
		h.Answers(200, body)
		got, err := h.Actions.Run(t.Context(), h.Admin, c.ID, "flagCleanup", flag)
		if err != nil || !got.Done || got.Link != want {
			t.Errorf("%.60s: %+v %v", body, got, err)
		}
	}
	h.Handle(func(http.ResponseWriter, capabilitytest.Received) { panic(http.ErrAbortHandler) })
	if got, err := h.Actions.Run(t.Context(), h.Admin, c.ID, "flagCleanup", flag); err != nil || got.Done || got.Status != 0 || got.Failure == "" || got.Failure == "unfinished" {
		t.Errorf("%+v %v", got, err)
	}
}

// The product and those who manage the configuration press buttons, nobody else; and
// only while the capability works.
func TestWhoPresses(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Published("devin")
	c := h.Configure(i, map[string]any{"apiKey": "dv-key-4711"})
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "pages")
	if err != nil {
		t.Fatal(err)
	}
	press := func() (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/v1/configurations/"+c.ID.String()+"/actions/flagCleanup", strings.NewReader(`{"context":{"flagKey":"x"}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key.Secret.Reveal())
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "press-1")
		a := h.Do(r)
		return a.Status, string(a.Body)
	}
	for range 2 { // pressed twice, sent once
		if status, body := press(); status != http.StatusOK || !strings.Contains(body, `"done":true`) {
			t.Fatalf("%d %s", status, body)
		}
	}
	h.Next(t)
	h.Quiet(t)
	other, _ := h.Customer("other", account.Production)
	own := access.Principal{Kind: access.KindIntegration, Account: h.Account.ID.String(), Installation: i.ID.String(), Grant: i.Grant}
	for who, by := range map[string]access.Principal{"another account": other, "the integration": own, "nobody": {}} {
		if _, err := h.Actions.Run(t.Context(), by, c.ID, "flagCleanup", flag); problem.CodeOf(err) != "not_found" {
			t.Errorf("%s: %v", who, err)
		}
		if _, err := h.Actions.List(t.Context(), by, "harbour", ""); problem.CodeOf(err) != "not_found" {
			t.Errorf("%s: %v", who, err)
		}
	}
	no := false
	if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Enabled: &no}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Actions.Run(t.Context(), h.Admin, c.ID, "flagCleanup", flag); problem.CodeOf(err) != "capability_off" {
		t.Error(err)
	}
	if all, err := h.Actions.List(t.Context(), h.Admin, "harbour", ""); err != nil || len(all) != 0 {
		t.Errorf("%+v %v", all, err)
	}
	if err := h.Configurations.Delete(t.Context(), h.Admin, c.ID); err != nil {
		t.Fatal(err)
	}
}

// A hundred calls are remembered.
func TestTheOldestCallsAreForgotten(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	c := h.Configure(h.Published("devin"), map[string]any{"apiKey": "dv-key-4711"})
	for range 103 {
		if _, err := h.Actions.Run(t.Context(), h.Admin, c.ID, "flagCleanup", flag); err != nil {
			t.Fatal(err)
		}
	}
	if f := report(t, h, c); f.Successes != 100 {
		t.Errorf("%+v", f)
	}
}
