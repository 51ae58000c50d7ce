package trigger_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// What a trigger can be about, the catalog says.
func TestTriggersAreForWhatTheCatalogOffers(t *testing.T) {
	t.Parallel()
	h := house{capabilitytest.Start(t, nil, storetest.NewClock())}
	c := h.Configure(h.Published("generic-trigger"), nil)
	for _, d := range []struct {
		draft trigger.Draft
		want  string
	}{
		{trigger.Draft{Subject: flag, Instruction: "turn_on"}, ""},
		{trigger.Draft{Subject: flag, Instruction: "delete"}, "/instruction unknown One of turn_on, turn_off."},
		{trigger.Draft{Subject: "proj/web-shop:flag/one-page-checkout", Instruction: "turn_on"}, "/subject not_triggerable Triggers of this integration have no instruction for resources of this kind."},
		{trigger.Draft{Subject: "proj/web-shop:env/production:segment/x", Instruction: "turn_on"}, "/subject not_triggerable Triggers of this integration have no instruction for resources of this kind."},
		{trigger.Draft{Subject: "proj/*:env/production:flag/x", Instruction: "turn_on"}, "/subject malformed Write the resource like proj/web:env/production:flag/dark-mode, without tags."},
		{trigger.Draft{Subject: flag + ";beta", Instruction: "turn_on"}, "/subject malformed Write the resource like proj/web:env/production:flag/dark-mode, without tags."},
		{trigger.Draft{Subject: flag, Instruction: "turn_on", Description: strings.Repeat("ä", 201)}, "/description malformed At most 200 printable characters in one line."},
		{trigger.Draft{Subject: flag, Instruction: "turn_on", Description: "two\nlines"}, "/description malformed At most 200 printable characters in one line."},
	} {
		_, err := h.Triggers.Create(t.Context(), h.Admin, c.ID.String(), d.draft)
		got := ""
		if p := problem.Of(err); p != nil && p.Code == "trigger_invalid" {
			got = p.Fields[0].Pointer + " " + p.Fields[0].Code + " " + p.Fields[0].Detail
		} else if err != nil {
			got = err.Error()
		}
		if got != d.want {
			t.Errorf("%+v: %q", d.draft, got)
		}
	}
	all, kinds, err := h.Triggers.List(t.Context(), h.Admin, c.ID.String())
	if err != nil || len(all) != 1 || len(kinds) != 1 || kinds[0].Kind != "flag" || len(kinds[0].Instructions) != 2 || kinds[0].Instructions[1].Label != "Turn the flag off" {
		t.Errorf("%+v %+v %v", all, kinds, err)
	}
	to := "delete"
	made := trigger.Issued{Trigger: all[0]}
	if _, err := h.Triggers.Update(t.Context(), h.Admin, made.ID, trigger.Patch{Instruction: &to}); problem.CodeOf(err) != "trigger_invalid" {
		t.Error(err)
	}
	to, words := "turn_off", "Error rate"
	if got := h.update(made, trigger.Patch{Instruction: &to, Description: &words}); got.Instruction != "turn_off" || got.Description != words {
		t.Errorf("%+v", got)
	}
	for range 99 {
		h.make(c, "turn_on")
	}
	if _, err := h.Triggers.Create(t.Context(), h.Admin, c.ID.String(), trigger.Draft{Subject: flag, Instruction: "turn_on"}); problem.CodeOf(err) != "trigger_limit_reached" {
		t.Error(err)
	}
}

// People of the account see triggers, its administrators manage them; an
// integration does not give itself a way to change what it may not.
func TestTriggersAreMadeByAdministrators(t *testing.T) {
	t.Parallel()
	h := house{capabilitytest.Start(t, nil, storetest.NewClock())}
	at := h.Published("generic-trigger")
	c := h.Configure(at, nil)
	made := h.make(c, "turn_on")
	acc := h.Account.ID.String()
	reader := access.UserPrincipal(h.Person("rita@example.com"), nil, map[string]string{acc: access.AccountReader})
	stranger, _ := h.Customer("other", account.Production)
	itself := access.Principal{Kind: access.KindIntegration, Account: acc, Installation: at.ID.String(), Grant: at.Grant}
	draft, on := trigger.Draft{Subject: flag, Instruction: "turn_on"}, false
	for name, who := range map[string]struct {
		by           access.Principal
		view, manage string
	}{
		"the administrator": {h.Admin, "", ""}, "a reader": {reader, "", "forbidden"}, "somebody else": {stranger, "not_found", "not_found"}, "the integration": {itself, "", "forbidden"},
		"nobody": {access.Principal{}, "not_found", "not_found"},
	} {
		_, _, err := h.Triggers.List(t.Context(), who.by, c.ID.String())
		if problem.CodeOf(err) != who.view {
			t.Errorf("%s lists: %v", name, err)
		}
		if _, err := h.Triggers.Get(t.Context(), who.by, made.ID); problem.CodeOf(err) != who.view {
			t.Errorf("%s reads: %v", name, err)
		}
		_, create := h.Triggers.Create(t.Context(), who.by, c.ID.String(), draft)
		_, update := h.Triggers.Update(t.Context(), who.by, made.ID, trigger.Patch{Enabled: &on})
		_, cycle := h.Triggers.Cycle(t.Context(), who.by, made.ID)
		for what, err := range map[string]error{"creates": create, "updates": update, "cycles": cycle} {
			if problem.CodeOf(err) != who.manage {
				t.Errorf("%s %s: %v", name, what, err)
			}
		}
		if who.manage != "" {
			if err := h.Triggers.Delete(t.Context(), who.by, made.ID); problem.CodeOf(err) != who.manage {
				t.Errorf("%s deletes: %v", name, err)
			}
		}
	}
	_, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Capabilities: map[string]configuration.Choice{trigger.Name: {Settings: []byte(`{"a":1}`)}}})
	if problem.CodeOf(err) != "configuration_invalid" {
		t.Error(err)
	}
}

// The address is shown once, over HTTP, and stands nowhere; every change is in the
// audit log.
func TestAddressesAreShownOnce(t *testing.T) {
	t.Parallel()
	h := house{capabilitytest.Start(t, nil, storetest.NewClock())}
	c := h.Configure(h.Published("generic-trigger"), nil)
	issued, err := h.APITokens.Create(t.Context(), h.Admin, h.Account.ID, apitoken.Personal, apitoken.Draft{Name: "mine", Roles: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, path, body string) (int, map[string]any, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+issued.Token.Secret.Reveal())
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		a := h.Do(r)
		return a.Status, a.JSON(), string(a.Body)
	}
	status, made, text := call("POST", "/v1/configurations/"+c.ID.String()+"/triggers", `{"subject":"`+flag+`","instruction":"turn_off"}`)
	url, _ := made["url"].(string)
	if status != http.StatusCreated || !strings.HasPrefix(url, h.URL+"/triggers/grtr_") || made["secret"] != nil {
		t.Fatalf("%d %s", status, text)
	}
	id := made["trigger"].(map[string]any)["id"].(string)
	shown := ""
	for _, step := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/v1/configurations/" + c.ID.String() + "/triggers", "", 200}, {"GET", "/v1/triggers/" + id, "", 200}, {"PATCH", "/v1/triggers/" + id, `{"enabled":false}`, 200},
		{"PATCH", "/v1/triggers/" + id, `{"enabled":true,"instruction":"turn_on"}`, 200}, {"GET", "/v1/configurations/" + c.ID.String(), "", 200},
	} {
		status, _, text := call(step.method, step.path, step.body)
		if status != step.want {
			t.Errorf("%s %s: %d %s", step.method, step.path, status, text)
		}
		shown += text
	}
	h.status(http.StatusAccepted, h.post(url, `{"eventName":"Load"}`))
	status, cycled, text := call("POST", "/v1/triggers/"+id+"/cycle", "")
	if again, _ := cycled["url"].(string); status != http.StatusOK || again == url || again == "" {
		t.Errorf("%d %s", status, text)
	}
	if status, _, text := call("DELETE", "/v1/triggers/"+id, ""); status != http.StatusNoContent {
		t.Errorf("%d %s", status, text)
	}
	page, err := h.Audit.List(t.Context(), h.Admin, audit.Filter{Account: h.Account.ID.String()}, 0)
	if err != nil {
		t.Fatal(err)
	}
	log, _ := json.Marshal(page.Entries)
	shown += string(log)
	var did []string
	for _, e := range page.Entries {
		if strings.HasPrefix(e.Action, "trigger.") {
			did = append(did, strings.TrimPrefix(e.Action, "trigger."))
		}
	}
	if got := strings.Join(did, " "); got != "delete cycle fire update update create" {
		t.Errorf("audited: %s", got)
	}
	err = h.DB.Read(t.Context(), func(tx *store.Tx) error {
		var rows []map[string]any
		err := tx.NewRaw("SELECT * FROM trigger_trigger").Scan(tx.Ctx, &rows)
		shown += fmt.Sprint(rows)
		return err
	})
	if err != nil || strings.Contains(shown, "grtr_") {
		t.Errorf("the secret is shown again, or kept: %v", err)
	}
}
