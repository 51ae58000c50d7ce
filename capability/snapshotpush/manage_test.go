package snapshotpush_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// Switched off, nothing is sent; on again, changed, or a day later, the data is sent
// anew; deleted, it is over.
func TestTheDataIsRepaired(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		h.put(1, `1`)
		i := h.Published("generic-feature-store")
		c := h.Configure(i, nil)
		made := h.target(c, filled["generic-feature-store"])
		h.Next(t)
		h.becomes(made, snapshotpush.Current)
		turn := func(on bool) {
			t.Helper()
			if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Enabled: &on}); err != nil {
				t.Fatal(err)
			}
		}
		turn(false)
		if got := h.put(2, `2`); got.Targets != 0 || h.get(made).Status != snapshotpush.Inactive {
			t.Errorf("%+v", got)
		}
		h.Quiet(t)
		turn(true)
		if r := h.Next(t); string(r.Body) != "2" {
			t.Errorf("%s", r.Body)
		}
		h.becomes(made, snapshotpush.Current)
		if _, err := h.Snapshots.Update(t.Context(), h.Admin, made.ID, snapshotpush.Patch{Values: map[string]any{"featureStoreReqUrl": "https://other.example.com/put"}}); err != nil {
			t.Fatal(err)
		}
		if r := h.Next(t); r.Host != "other.example.com" || string(r.Body) != "2" {
			t.Errorf("%s %s", r.Host, r.Body)
		}
		h.becomes(made, snapshotpush.Current)
		clock.Advance(25 * time.Hour)
		if r := h.Next(t); string(r.Body) != "2" {
			t.Errorf("%s", r.Body)
		}
		h.becomes(made, snapshotpush.Current)
		off, on := false, true
		for _, is := range []*bool{&off, &on} {
			if _, err := h.Snapshots.Update(t.Context(), h.Admin, made.ID, snapshotpush.Patch{Enabled: is}); err != nil {
				t.Fatal(err)
			}
		}
		h.Next(t)
		h.becomes(made, snapshotpush.Current)
		if err := h.Snapshots.Forget(t.Context(), h.product, "harbour", production); err != nil {
			t.Fatal(err)
		}
		if got := h.get(made); got.Status != snapshotpush.Waiting || got.Successes != 5 {
			t.Errorf("%+v", got)
		}
		if got := h.put(1, `"anew"`); !got.Kept {
			t.Errorf("%+v", got)
		}
		h.Next(t)
		h.becomes(made, snapshotpush.Current)
		if _, err := h.Integrations.Remove(t.Context(), h.Admin, i.ID, "a while"); err != nil {
			t.Fatal(err)
		}
		h.put(2, `3`)
		h.Quiet(t)
		if err := h.Snapshots.Delete(t.Context(), h.Admin, made.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Snapshots.Get(t.Context(), h.Admin, made.ID); problem.CodeOf(err) != "not_found" {
			t.Error(err)
		}
		page, err := h.Audit.List(t.Context(), h.Admin, audit.Filter{Account: h.Account.ID.String(), Action: "snapshottarget.*"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		var did []string
		for _, e := range page.Entries {
			did = append(did, strings.TrimPrefix(e.Action, "snapshottarget."))
		}
		if got := strings.Join(did, " "); got != "delete update update update create" {
			t.Errorf("%q", got)
		}
	})
}

// What a package's call for it answers is read as the package says.
func TestTheConnectionIsTried(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	h.put(1, `1`)
	c := h.Configure(h.Published("cloudflare"), nil)
	if _, err := h.Configurations.Try(t.Context(), h.Admin, c.ID, snapshotpush.Name); problem.CodeOf(err) != "snapshot_target_missing" {
		t.Error(err)
	}
	made := h.target(c, filled["cloudflare"])
	h.Next(t)
	for body, want := range map[string]struct {
		status  int
		ok      bool
		failure string
	}{
		`{"success":true}`:             {200, true, ""},
		`{"success":"true"}`:           {201, true, ""},
		`{"success":true} `:            {403, false, ""},
		`{"success":false}`:            {200, false, "The answer does not say that it works."},
		`{"success":1}`:                {200, false, "The answer does not say that it works."},
		`{"success":"cf-token-4711"`:   {200, false, "The answer does not say that it works."},
		strings.Repeat("[", 100_000):   {200, false, "The answer does not say that it works."},
		`[{"success":true}]`:           {200, false, "The answer does not say that it works."},
		`{"success":{"success":true}}`: {200, false, "The answer does not say that it works."},
	} {
		h.Answers(want.status, body)
		got, err := h.Configurations.Try(t.Context(), h.Admin, c.ID, snapshotpush.Name)
		if err != nil || got.OK != want.ok || got.Status != want.status || got.Failure != want.failure || got.Answer != "" || got.Host != "https://api.cloudflare.com" {
			t.Errorf("%.40s: %+v %v", body, got, err)
		}
		if r := h.Next(t); r.Method != http.MethodGet || r.URI != "/client/v4/accounts/acc1/storage/kv/namespaces/ns1/keys" || r.Header.Get("Authorization") != "Bearer cf-token-4711" {
			t.Errorf("%+v", r)
		}
	}
	h.Answers(500, "{}")
	if got, err := h.Snapshots.Try(t.Context(), h.Admin, made.ID); err != nil || got.OK {
		t.Errorf("%+v %v", got, err)
	}
}

// The product gives data and nobody else; an account's targets are its own.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	h.put(1, `1`)
	c := h.Configure(h.Published("generic-feature-store"), nil)
	made := h.target(c, filled["generic-feature-store"])
	other, _ := h.Customer("other", account.Production)
	for who, by := range map[string]access.Principal{"an administrator": h.Admin, "the developer": h.Developer, "nobody": {}} {
		if _, err := h.Snapshots.Put(t.Context(), by, snapshotpush.Draft{Account: "harbour", Resource: production, Data: json.RawMessage(`1`)}); problem.CodeOf(err) != "forbidden" {
			t.Errorf("%s: %v", who, err)
		}
		if err := h.Snapshots.Forget(t.Context(), by, "harbour", production); problem.CodeOf(err) != "forbidden" {
			t.Errorf("%s: %v", who, err)
		}
	}
	for who, by := range map[string]access.Principal{"another account": other, "the developer": h.Developer, "nobody": {}, "the product": h.product} {
		_, get := h.Snapshots.Get(t.Context(), by, made.ID)
		_, push := h.Snapshots.Push(t.Context(), by, made.ID)
		_, update := h.Snapshots.Update(t.Context(), by, made.ID, snapshotpush.Patch{})
		_, try := h.Snapshots.Try(t.Context(), by, made.ID)
		_, create := h.Snapshots.Create(t.Context(), by, c.ID.String(), snapshotpush.Choice{Resource: production})
		_, _, list := h.Snapshots.List(t.Context(), by, c.ID.String())
		for _, err := range []error{get, push, update, try, create, list, h.Snapshots.Delete(t.Context(), by, made.ID)} {
			if problem.CodeOf(err) != "not_found" {
				t.Errorf("%s: %v", who, err)
			}
		}
	}
	if _, err := h.Snapshots.Snapshots(t.Context(), other, "harbour"); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
}

// What does not fit is refused and says what.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	for name, d := range map[string]snapshotpush.Draft{
		"/resource": {Account: "harbour", Resource: "proj/web;tag", Data: json.RawMessage(`1`)},
		"/scope":    {Account: "harbour", Resource: production, Scope: "a/b", Data: json.RawMessage(`1`)},
		"/data":     {Account: "harbour", Resource: production, Data: json.RawMessage(`"` + strings.Repeat("x", 4<<20) + `"`)},
	} {
		if _, err := h.Snapshots.Put(t.Context(), h.product, d); problem.Of(err).Code != "snapshot_invalid" || problem.Of(err).Fields[0].Pointer != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.Snapshots.Put(t.Context(), h.product, snapshotpush.Draft{Account: "none", Resource: production, Data: json.RawMessage(`1`)}); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
	i := h.Published("vercel")
	c := h.Configure(i, nil)
	create := func(resource string, values map[string]any) error {
		_, err := h.Snapshots.Create(t.Context(), h.Admin, c.ID.String(), snapshotpush.Choice{Resource: resource, Values: values})
		return err
	}
	if err := create(production, filled["vercel"]); problem.Of(err).Code != "snapshot_target_invalid" || problem.Of(err).Fields[0].Pointer != "/resource" {
		t.Error(err)
	}
	h.put(1, `1`)
	if err := create(production, map[string]any{"teamId": 5}); problem.Of(err).Code != "snapshot_target_invalid" || len(problem.Of(err).Fields) < 3 {
		t.Error(err)
	}
	for range 20 {
		if err := create(production, filled["vercel"]); err != nil {
			t.Fatal(err)
		}
	}
	if err := create(production, filled["vercel"]); problem.CodeOf(err) != "snapshot_target_limit" {
		t.Error(err)
	}
	no := false
	if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Enabled: &no}); err != nil {
		t.Fatal(err)
	}
	if err := create(production, filled["vercel"]); problem.CodeOf(err) != "capability_off" {
		t.Error(err)
	}
	if err := h.Configurations.Delete(t.Context(), h.Admin, c.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.put(9, `9`); got.Targets != 0 {
		t.Errorf("%+v", got)
	}
}
