package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/ledger"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/usage"
)

// What the ledger says is what passed through the gateway, call for call: for both
// kinds of integrations, allowed and refused, by day and by hour, in the list, the
// sums and the export; another account's calls are not among them.
func TestTheLedgerSaysWhatPassedTheGateway(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	ctx := t.Context()
	dev, team := h.Developer("dev@acme.example")
	admin, acc := h.Customer("harbour", account.Production)
	other, quay := h.Customer("quay", account.Production)
	app, key := h.Release(dev, team, "projects.read", "flags.read")
	h.Install(admin, acc, app)
	h.Install(other, quay, app)
	own, err := h.Private.Create(ctx, admin, acc.ID, private.Draft{Name: "Nightly sync", Scopes: []string{"projects.read"}})
	if err != nil {
		t.Fatal(err)
	}
	raw, there, mine := h.Token(key, "harbour"), h.Token(key, "quay"), own.Token.Secret.Reveal()

	sent, want := 0, map[string]int64{}
	call := func(token, who, method, path, operation string) {
		t.Helper()
		a := h.Call(token, method, things+path, nil)
		verdict := ledger.Allowed
		switch {
		case a.Status == http.StatusForbidden || a.Status == http.StatusUnauthorized || a.Header.Get("X-Guestright-Decision") == "deny":
			verdict = ledger.Refused
		case a.Status >= 500:
			verdict = ledger.Failed
		}
		sent++
		want[fmt.Sprint(who, " ", operation, " ", verdict)]++
	}
	for i := range 40 {
		call(raw, "Deploybot", "GET", "", "listProjects")
		call(mine, "Nightly sync", "GET", "/web", "getProject")
		if i%2 == 0 {
			call(raw, "Deploybot", "GET", "/web/flags", "listFlags")
			call(mine, "Nightly sync", "GET", "/web/flags", "listFlags") // its scopes do not allow it
		}
		if i%4 == 0 {
			call(raw, "Deploybot", "DELETE", "/web", "deleteProject") // nor this
		}
		if a := h.Call(there, "GET", "/api/v1/accounts/quay/projects", nil); a.Status == http.StatusForbidden {
			t.Fatal(a.Status, string(a.Body))
		}
		if i == 20 {
			if err := h.Usage.Flush(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := h.Private.Pause(ctx, admin, own.Integration.ID, "Looking into it."); err != nil {
		t.Fatal(err)
	}
	call(mine, "Nightly sync", "GET", "/web", "") // refused before it is looked at what is called

	count := func(entries []ledger.Entry) map[string]int64 {
		got := map[string]int64{}
		for _, e := range entries {
			if e.Kind == ledger.Calls {
				got[fmt.Sprint(e.Integration.Name, " ", e.Operation, " ", e.Verdict)] += e.Calls
			}
		}
		return got
	}
	for _, step := range []usage.Step{usage.StepDay, usage.StepHour} {
		page, err := h.Ledgers.List(ctx, admin, acc.ID, ledger.Query{Step: step, Limit: 500}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := count(page.Entries); !maps.Equal(got, want) {
			t.Errorf("by %s: %v, want %v", step, got, want)
		}
	}
	sums, err := h.Ledgers.Sum(ctx, admin, acc.ID, ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, one := range sums.Items {
		total += one.Calls
		if one.Calls != one.Allowed+one.Failed+one.Refused {
			t.Errorf("%+v does not add up", one)
		}
	}
	if total != int64(sent) {
		t.Errorf("%d calls in the sums, %d were sent", total, sent)
	}
	taken, err := h.Ledgers.Export(ctx, admin, acc.ID, ledger.Query{}, ledger.NDJSON)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := taken.Write(ctx, &file); err != nil {
		t.Fatal(err)
	}
	var lines []ledger.Entry
	for dec := json.NewDecoder(&file); dec.More(); {
		var e ledger.Entry
		if err := dec.Decode(&e); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, e)
	}
	if got := count(lines); !maps.Equal(got, want) {
		t.Errorf("exported: %v, want %v", got, want)
	}
	paused := false
	for _, e := range lines {
		paused = paused || e.Action == "private_integration.pause" && e.Reason == "Looking into it." && e.Integration.ID == own.Integration.ID.String()
	}
	if !paused {
		t.Error("the pause is not among the changes")
	}
}
