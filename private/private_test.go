package private_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/schema"
	"github.com/guestright/guestright/webhook"
)

// H1: the token is in the answer to the creation and nowhere else.
func TestH1_TokenOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.create(h.cora, h.north, private.Draft{Description: "Copies contacts", Contact: "ops@north.example", Scopes: []string{"contacts.write", "contacts.read", "contacts.read"}})
		raw := c.Token.Secret.Reveal()
		if !strings.HasPrefix(raw, "grpk_") || h.opens(c) != "" {
			t.Fatalf("%.5s… %s", raw, h.opens(c))
		}
		got, err := h.Get(ctx, h.cora, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := json.Marshal(got); err != nil || strings.Contains(string(b), raw) || got.Owner != h.cora.User || strings.Join(got.Scopes, " ") != "contacts.read contacts.write" {
			t.Errorf("%s %v", b, err)
		}
		h.write(func(tx *store.Tx) error {
			var digests []string
			if err := tx.NewRaw("SELECT digest FROM token_token").Scan(tx.Ctx, &digests); err != nil {
				return err
			}
			if len(digests) != 1 || strings.Contains(digests[0], raw[5:20]) {
				t.Errorf("%v", digests)
			}
			return nil
		})
		log := h.actions(c.Holder())
		if len(log) != 1 || log[0].Action != "private_integration.create" || strings.Contains(string(log[0].After), raw) {
			t.Errorf("%+v", log)
		}
	})
}

func TestDraftsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		good := private.Draft{Name: "Sync", Scopes: []string{"contacts.read"}}
		leaked := h.create(h.cora, h.north, good).Token.Secret.Reveal()
		for name, change := range map[string]func(*private.Draft){
			"/name":             func(d *private.Draft) { d.Name = " \t" },
			"/name 2":           func(d *private.Draft) { d.Name = "a\u202eb" },
			"/name 3":           func(d *private.Draft) { d.Name = leaked },
			"/description":      func(d *private.Draft) { d.Description = strings.Repeat("é", 1001) },
			"/contact":          func(d *private.Draft) { d.Contact = "Ops <ops@example.com>" },
			"/scopes":           func(d *private.Draft) { d.Scopes = nil },
			"/scopes/1":         func(d *private.Draft) { d.Scopes = []string{"contacts.read", "nothing.read"} },
			"/owner":            func(d *private.Draft) { d.Owner = h.stranger.User },
			"/networks/0":       func(d *private.Draft) { d.Networks = []string{"0.0.0.0/0"} },
			"/reach/rule":       func(d *private.Draft) { d.Reach.Rule = "list"; d.Reach.Future = true },
			"/expiry/life_days": func(d *private.Draft) { d.Expiry.LifeDays = -1 },
		} {
			d := good
			change(&d)
			_, err := h.Create(ctx, h.cora, h.north.ID, d)
			p := problem.Of(err)
			pointer, _, _ := strings.Cut(name, " ")
			if p == nil || p.Code != "private_integration_invalid" || len(p.Fields) != 1 || p.Fields[0].Pointer != pointer {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.Accounts.Close(ctx, access.System("test"), h.north.ID); err != nil {
			t.Fatal(err)
		}
		_, err := h.Create(ctx, h.cora, h.north.ID, good)
		want(t, "in a closed account", problem.CodeOf(err), "account_closed")
	})
}

// H3: two switches. Without the second an administrator of the parent account is
// refused on a child's integration; strangers do not learn that it exists.
func TestH3_TwoSwitches(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own, child := h.create(h.pat, h.agency, private.Draft{}), h.create(h.pat, h.north, private.Draft{})
		rename := func(by access.Principal, c private.Created) string {
			_, err := h.Update(ctx, by, c.ID, private.Patch{Description: ptr("by " + by.User)})
			return problem.CodeOf(err)
		}
		for _, tc := range []struct {
			who        string
			by         access.Principal
			own, child string
		}{
			{"administrator of the parent", h.pat, "", ""},
			{"reader of the parent", h.rex, "forbidden", "not_found"},
			{"administrator of the child", h.cora, "not_found", ""},
			{"reader of the child", h.rita, "not_found", "forbidden"},
			{"another account", h.stranger, "not_found", "not_found"},
			{"nobody", access.Principal{}, "not_found", "not_found"},
			{"operator", h.operator, "", ""},
		} {
			want(t, tc.who+", own", rename(tc.by, own), tc.own)
			want(t, tc.who+", child", rename(tc.by, child), tc.child)
		}
		set := func(by access.Principal, user string, p private.Permit) string {
			_, err := h.SetPermission(ctx, by, h.agency.ID, user, p)
			return problem.CodeOf(err)
		}
		want(t, "switch children off", set(h.pat, h.poe.User, private.Permit{Children: ptr(false)}), "")
		want(t, "own is left", rename(h.poe, own), "")
		want(t, "children is off", rename(h.poe, child), "forbidden")
		if _, err := h.Get(ctx, h.poe, child.ID); err != nil {
			t.Errorf("an administrator of the parent still sees it: %v", err)
		}
		_, err := h.Create(ctx, h.poe, h.north.ID, private.Draft{Name: "x", Scopes: []string{"contacts.read"}})
		want(t, "create in a child", problem.CodeOf(err), "forbidden")
		if p := problem.Of(err); p.Extra["action"] != private.ActionManageChildren {
			t.Errorf("the refusal names %v", p.Extra["action"])
		}
		_, err = h.Create(ctx, h.poe, h.agency.ID, private.Draft{Name: "x", Scopes: []string{"contacts.read"}, Reach: reachAll})
		want(t, "let one act in the children", problem.CodeOf(err), "forbidden")
		want(t, "give what one has not", set(h.poe, h.rex.User, private.Permit{Children: ptr(true)}), "permission_not_held")
		want(t, "one's own", set(h.poe, h.poe.User, private.Permit{Children: ptr(true)}), "own_permission")
		want(t, "a reader", set(h.rex, h.poe.User, private.Permit{Own: ptr(false)}), "forbidden")
		want(t, "a stranger", set(h.stranger, h.poe.User, private.Permit{Own: ptr(false)}), "not_found")
		want(t, "who is no member", set(h.pat, h.stranger.User, private.Permit{Own: ptr(true)}), "not_found")
		want(t, "give a reader", set(h.pat, h.rex.User, private.Permit{Own: ptr(true)}), "")
		want(t, "the reader manages", rename(h.rex, own), "")
		// M-13: nobody hands out what they do not hold.
		_, err = h.Create(ctx, h.rex, h.agency.ID, private.Draft{Name: "x", Scopes: []string{"users.read"}})
		want(t, "the reader gives what they have not", problem.CodeOf(err), "role_exceeds_giver")
		_, err = h.Update(ctx, h.rex, own.ID, private.Patch{Scopes: &[]string{"contacts.read", "users.read"}})
		want(t, "and does not add it", problem.CodeOf(err), "role_exceeds_giver")
		token := h.rex
		token.Token, token.Grant = "tok_1", "grt_1"
		want(t, "a token of the reader does not", rename(token, own), "forbidden")
		want(t, "own off", set(h.pat, h.poe.User, private.Permit{Own: ptr(false)}), "")
		want(t, "own is off", rename(h.poe, own), "forbidden")
		_, err = h.SetPermission(ctx, h.cora, h.north.ID, h.rita.User, private.Permit{Children: ptr(true)})
		want(t, "children of a child", problem.CodeOf(err), "permission_invalid")

		// M-07: who leaves and comes back has what the role says.
		h.write(func(tx *store.Tx) error {
			return h.Accounts.RemoveMember(tx, access.System("test"), h.agency.ID.String(), h.rex.User)
		})
		want(t, "gone", rename(access.UserPrincipal(h.rex.User, nil, nil), own), "not_found")
		h.clock.Advance(time.Hour)
		h.join(h.rex.User, h.agency, access.AccountReader)
		want(t, "back again", rename(h.rex, own), "forbidden")

		list, err := h.Permissions(ctx, h.rex, h.agency.ID)
		if err != nil || len(list) != 3 {
			t.Fatalf("%+v %v", list, err)
		}
		for _, p := range list {
			if is := [4]bool{p.Own, p.Children, p.OwnSet, p.ChildrenSet}; is != map[string][4]bool{h.pat.User: {true, true, false, false}, h.poe.User: {false, false, true, true}, h.rex.User: {}}[p.User] {
				t.Errorf("%s: %v", p.Name, is)
			}
		}
		if log := h.actions("account/" + h.agency.ID.String()); log[len(log)-1].Action == "" || countActions(log, "private_integration.permit") != 3 {
			t.Errorf("%d entries about switches", countActions(log, "private_integration.permit"))
		}
	})
}

// H4: a change of scopes counts from the next call on and leaves the token alone;
// both directions stand in the log with before and after.
func TestH4_EditWithoutNewToken(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.create(h.cora, h.north, private.Draft{})
		may := func(action string) bool {
			b, err := h.bearers.Authenticate(ctx, c.Token.Secret.Reveal())
			if err != nil {
				t.Fatal(err)
			}
			on := access.NewResource(access.Segment{Kind: "acct"})
			return access.Permits(b.Holding.Layers, action, &on)
		}
		if !may("contact:view") || may("contact:create") {
			t.Error("before")
		}
		d, err := h.Preview(ctx, h.cora, c.ID, private.Patch{Scopes: &[]string{"contacts.write"}})
		if err != nil || strings.Join(d.Opens, " ") != "createContact" || len(d.Closes) > 0 || strings.Join(d.ScopesAdded, " ") != "contacts.write" || strings.Join(d.ScopesRemoved, " ") != "contacts.read" {
			t.Errorf("%+v %v", d, err)
		}
		if may("contact:create") {
			t.Error("a preview changes nothing")
		}
		wide, err := h.Update(ctx, h.cora, c.ID, private.Patch{Scopes: &[]string{"contacts.write", "users.read"}})
		if err != nil || !may("contact:create") || !may("user:view") {
			t.Fatalf("wider: %v", err)
		}
		if _, err = h.Update(ctx, h.cora, c.ID, private.Patch{Scopes: &[]string{"contacts.read"}, Revision: ptr(wide.Revision - 1)}); problem.CodeOf(err) != "private_integration_changed" {
			t.Errorf("an older copy: %v", err)
		}
		if _, err = h.Update(ctx, h.cora, c.ID, private.Patch{Scopes: &[]string{"contacts.read"}, Revision: &wide.Revision}); err != nil || may("contact:create") || !may("contact:view") {
			t.Fatalf("narrower: %v", err)
		}
		if _, err = h.Update(ctx, h.cora, c.ID, private.Patch{Name: ptr("Nightly sync")}); err != nil {
			t.Fatal(err) // nothing changes, so nothing is logged
		}
		log := h.actions(c.Holder())
		if len(log) != 3 || log[1].Action != "private_integration.update" || log[2].Action != "private_integration.update" ||
			!strings.Contains(string(log[1].Before), `["contacts.read"]`) || !strings.Contains(string(log[1].After), `["contacts.write","users.read"]`) ||
			!strings.Contains(string(log[2].Before), "users.read") || strings.Contains(string(log[2].After), "users.read") {
			t.Errorf("%+v", log)
		}
		tokens, err := h.Tokens.ListHolder(ctx, h.cora, c.Holder(), tokenQuery)
		if err != nil || len(tokens) != 1 || tokens[0].ID != c.Token.ID {
			t.Errorf("%+v %v", tokens, err)
		}
	})
}

// H11: deletion stops it at once, asks for the name, and can be undone for 30
// days; then it is final.
func TestH11_DeleteAndUndo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, leaked := h.create(h.cora, h.north, private.Draft{}), h.create(h.cora, h.north, private.Draft{Name: "Leaked"})
		_, err := h.Delete(ctx, h.cora, c.ID, private.Deletion{Confirm: "nightly sync"})
		want(t, "another name", problem.CodeOf(err), "confirmation_mismatch")
		gone, err := h.Delete(ctx, h.cora, c.ID, private.Deletion{Confirm: "Nightly sync", Reason: "not needed"})
		if err != nil || gone.State != private.Deleted {
			t.Fatalf("%+v %v", gone, err)
		}
		want(t, "deleted", h.opens(c), "grant_ended")
		for name, f := range map[string]func() error{
			"edit":  func() error { _, err := h.Update(ctx, h.cora, c.ID, private.Patch{Name: ptr("x")}); return err },
			"pause": func() error { _, err := h.Pause(ctx, h.cora, c.ID, "why"); return err },
			"again": func() error {
				_, err := h.Delete(ctx, h.cora, c.ID, private.Deletion{Confirm: "Nightly sync"})
				return err
			},
			"token": func() error { _, err := h.NewToken(ctx, h.cora, c.ID); return err },
		} {
			want(t, name, problem.CodeOf(f()), "private_integration_deleted")
		}
		if _, err := h.Delete(ctx, h.cora, leaked.ID, private.Deletion{Confirm: "Leaked", EndTokens: true}); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(private.RestoreWithin)
		if err := h.Finish(ctx); err != nil {
			t.Fatal(err)
		}
		for _, id := range []private.ID{c.ID, leaked.ID} {
			if _, err := h.Restore(ctx, h.cora, id); err != nil {
				t.Fatal(err)
			}
		}
		want(t, "restored", h.opens(c), "")
		want(t, "ended for good", h.opens(leaked), "token_revoked")
		if _, err := h.NewToken(ctx, h.cora, c.ID); problem.CodeOf(err) != "token_still_live" {
			t.Errorf("%v", err)
		}
		fresh, err := h.NewToken(ctx, h.cora, leaked.ID)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "its new token", h.opens(private.Created{Token: fresh}), "")
		_, err = h.Restore(ctx, h.cora, c.ID)
		want(t, "nothing to restore", problem.CodeOf(err), "private_integration_not_deleted")

		if _, err := h.Delete(ctx, h.cora, c.ID, private.Deletion{Confirm: "Nightly sync"}); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(private.RestoreWithin + time.Second)
		_, err = h.Restore(ctx, h.cora, c.ID)
		want(t, "too late", problem.CodeOf(err), "restore_too_late")
		if err := h.Finish(ctx); err != nil {
			t.Fatal(err)
		}
		want(t, "for good", h.opens(c), "token_revoked")
		_, err = h.Get(ctx, h.cora, c.ID)
		want(t, "it is gone", problem.CodeOf(err), "not_found")
		// M-07: another of the same name inherits nothing.
		again := h.create(h.cora, h.north, private.Draft{})
		if hooks, err := h.hooks.ListForGrant(ctx, h.cora, ident.Must[grant.Grant](again.Grant)); err != nil || len(hooks) != 0 || again.Grant == c.Grant {
			t.Errorf("%v %v", hooks, err)
		}
	})
}

func TestPauseAndBlock(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.create(h.cora, h.north, private.Draft{})
		_, err := h.Pause(ctx, h.cora, c.ID, " ")
		want(t, "no reason", problem.CodeOf(err), "reason_required")
		_, err = h.Block(ctx, h.cora, c.ID, "mine")
		want(t, "block by the account", problem.CodeOf(err), "forbidden")
		if _, err := h.Pause(ctx, h.cora, c.ID, "moving house"); err != nil {
			t.Fatal(err)
		}
		want(t, "paused", h.opens(c), "private_integration_paused")
		if _, err := h.Block(ctx, h.operator, c.ID, "too many calls"); err != nil {
			t.Fatal(err)
		}
		want(t, "blocked", h.opens(c), "private_integration_blocked")
		if _, err := h.Resume(ctx, h.cora, c.ID); err != nil {
			t.Fatal(err)
		}
		want(t, "the operator's stop is stronger", h.opens(c), "private_integration_blocked")
		if _, err := h.Unblock(ctx, h.operator, c.ID); err != nil {
			t.Fatal(err)
		}
		want(t, "works again", h.opens(c), "")
		_, err = h.Unblock(ctx, h.operator, c.ID)
		want(t, "nothing to lift", problem.CodeOf(err), "private_integration_not_blocked")
	})
}

// H15: rule all, or a list with those that come later.
func TestH15_WhereItMayAct(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		reached := func(c private.Created) string {
			t.Helper()
			got, err := h.ReachedBy(ctx, h.pat, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			keys := ""
			for _, r := range got {
				keys += r.Key + " "
			}
			return strings.TrimSpace(keys)
		}
		own, all := h.create(h.pat, h.agency, private.Draft{}), h.create(h.pat, h.agency, private.Draft{Reach: reachAll})
		two := h.create(h.pat, h.agency, private.Draft{Reach: listed(false, h.north, h.south)})
		later := h.create(h.pat, h.agency, private.Draft{Reach: listed(true, h.north, h.south)})
		want(t, "own", reached(own), "agency")
		want(t, "all", reached(all), "agency north south west")
		want(t, "list", reached(two), "agency north south")
		want(t, "list with future", reached(later), "agency north south")
		h.account("east", "agency")
		want(t, "all", reached(all), "agency east north south west")
		want(t, "list", reached(two), "agency north south")
		want(t, "list with future", reached(later), "agency east north south")
		if _, err := h.Update(ctx, h.pat, later.ID, private.Patch{Name: ptr("Later")}); err != nil {
			t.Fatal(err)
		}
		want(t, "after an edit of something else", reached(later), "agency east north south")
		h.account("south", "") // leaves the agency
		want(t, "without south", reached(later), "agency east north")
		_, err := h.Update(ctx, h.pat, later.ID, private.Patch{Reach: ptr(listed(true, h.north, h.other))})
		if p := problem.Of(err); p == nil || len(p.Fields) != 1 || p.Fields[0].Code != "account_unknown" {
			t.Errorf("another's account: %v", err)
		}
		// The child's people see who acts in their account, and change nothing of it.
		got, err := h.List(ctx, h.rita, h.north.ID, private.FromParent)
		if err != nil || len(got) != 3 || got[0].Manages {
			t.Errorf("%+v %v", got, err)
		}
		_, err = h.List(ctx, h.rex, h.agency.ID, private.FromChildren)
		want(t, "a reader of the parent", problem.CodeOf(err), "forbidden")
		h.create(h.cora, h.north, private.Draft{})
		if got, err := h.List(ctx, h.pat, h.agency.ID, private.FromChildren); err != nil || len(got) != 1 || got[0].AccountKey != "north" || !got[0].Manages {
			t.Errorf("%+v %v", got, err)
		}
		_, err = h.List(ctx, h.stranger, h.north.ID, private.FromOwn)
		want(t, "a stranger", problem.CodeOf(err), "not_found")
	})
}

// H13: an integration decides about its own webhooks, within its scopes; so does
// whoever may change it, and nobody else.
func TestH13_WebhooksWithinScopes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.create(h.cora, h.north, private.Draft{})
		b, err := h.bearers.Authenticate(ctx, c.Token.Secret.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		self, of := b.Principal(), ident.Must[grant.Grant](c.Grant)
		add := func(by access.Principal, types ...string) (webhook.Issued, string) {
			w, err := h.hooks.CreateForGrant(ctx, by, of, webhook.Draft{URL: "https://hooks.example.com/in", Types: types})
			if p := problem.Of(err); p != nil && len(p.Fields) == 1 {
				return w, p.Fields[0].Code
			}
			return w, problem.CodeOf(err)
		}
		for _, tc := range []struct {
			who, types, code string
			by               access.Principal
		}{
			{"itself", "contact.created", "", self},
			{"itself", "user.created", "event_scope_missing", self},
			{"itself", "contact.create", "event_unknown", self},
			{"its administrator", "*.created", "", h.cora},
			{"whoever manages the accounts below", "status.changed", "", h.pat},
			{"a reader", "contact.*", "forbidden", h.rita},
			{"a stranger", "contact.*", "not_found", h.stranger},
		} {
			_, code := add(tc.by, strings.Fields(tc.types)...)
			want(t, tc.who+" "+tc.types, code, tc.code)
		}
		elsewhere := h.create(h.cora, h.north, private.Draft{Name: "Other"})
		_, err = h.hooks.ListForGrant(ctx, self, ident.Must[grant.Grant](elsewhere.Grant))
		want(t, "of another integration", problem.CodeOf(err), "not_found")
		if all, err := h.hooks.ListForGrant(ctx, h.rita, of); err != nil || len(all) != 3 {
			t.Errorf("a reader sees %d: %v", len(all), err)
		}
		d, err := h.Preview(ctx, h.cora, c.ID, private.Patch{Scopes: &[]string{"users.read"}})
		if err != nil || len(d.Webhooks) != 2 || len(d.Webhooks[0].Receives)+len(d.Webhooks[1].Receives) != 1 {
			t.Errorf("%+v %v", d.Webhooks, err)
		}
		if i, err := h.Impact(ctx, h.cora, c.ID); err != nil || i.Webhooks != 3 {
			t.Errorf("%+v %v", i, err)
		}
	})
}

// Webhooks that were stored before there were deliveries are endpoints now, signed
// with the published key, and cannot be made to send without a signature.
func TestStoredWebhooksBecomeEndpoints(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.create(h.cora, h.north, private.Draft{})
		raw, err := schema.Files.ReadFile("0230_private_webhook.sql")
		if err != nil {
			t.Fatal(err)
		}
		up, down, _ := strings.Cut(string(raw), "-- +goose Down")
		h.write(func(tx *store.Tx) error {
			old := "INSERT INTO private_webhook (id, integration, url, description, types, enabled, created_by, created) VALUES ('pwh_" + strings.Repeat("0", 25)
			rows := old + "1', '" + c.ID.String() + "', 'https://hooks.example.com/on', 'On', '[\"contact.*\"]', 1, 'user/u', 5); " + old + "2', '" + c.ID.String() + "', 'https://hooks.example.com/off', '', '[\"*\"]', 0, 'user/u', 5);"
			for _, q := range strings.Split(down+rows+up, ";") {
				if q = regexp.MustCompile(`(?m)^--.*$`).ReplaceAllString(q, ""); strings.TrimSpace(q) == "" {
					continue
				}
				if _, err := tx.ExecContext(tx.Ctx, q); err != nil {
					return err
				}
			}
			return nil
		})
		all, err := h.hooks.ListForGrant(ctx, h.cora, ident.Must[grant.Grant](c.Grant))
		if err != nil || len(all) != 2 || all[0].State != webhook.Enabled || all[0].Signature != webhook.SignEd25519 || all[1].State != webhook.Disabled || all[1].URL != "https://hooks.example.com/off" {
			t.Fatalf("%+v %v", all, err)
		}
		subs, err := h.hooks.Subscriptions(ctx, h.cora, all[0].ID)
		if err != nil || len(subs) != 1 || !subs[0].Enabled || strings.Join(subs[0].Types, " ") != "contact.*" {
			t.Errorf("%+v %v", subs, err)
		}
		d := webhook.Draft{URL: all[0].URL, Signature: webhook.SignHMAC}
		if _, err := h.hooks.Update(ctx, h.cora, all[0].ID, d); problem.Of(err) == nil || problem.Of(err).Fields[0].Code != "secret_missing" {
			t.Errorf("it would send without a signature: %v", err)
		}
		if _, err := h.hooks.Rotate(ctx, h.cora, all[0].ID, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := h.hooks.Update(ctx, h.cora, all[0].ID, d); err != nil {
			t.Errorf("with a secret: %v", err)
		}
	})
}
