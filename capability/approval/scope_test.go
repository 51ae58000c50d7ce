package approval_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/request"
)

const (
	c0Open, c0Done, c0Cancel = "POST /api/now/import/u_create_change", "POST /api/now/import/u_update_change", "POST /api/now/change/cancel_change_request"
	basic                    = "Basic bGQtdXNlcjpzbi1zZWNyZXQtNDcxMQ=="
)

func scope(at string) approval.Scope {
	return approval.Scope{Scope: at, Values: map[string]any{"username": "ld-user", "password": "sn-secret-4711", "host": "https://sn.example.com", "template": "Flags"}}
}

// The published package that is set up for each environment, decides in its first
// answer, and uses what that answer said in later calls.
func TestThePackageThatDecidesAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		c := h.Configure(h.Published("servicenow-c0"), nil)
		ask := func() error {
			_, err := h.Approvals.Ask(h.T.Context(), h.product, "harbour", draft(approval.Draft{}))
			return err
		}
		if err := ask(); problem.CodeOf(err) != "approval_scope_missing" {
			h.T.Fatal(err)
		}
		_, err := h.Approvals.PutScope(h.T.Context(), h.Admin, c.ID.String(), approval.Scope{Scope: "proj/web-shop:env/production", Values: map[string]any{"host": "https://sn.example.com", "nothing": "x"}})
		if p := problem.Of(err); p.Code != "approval_invalid" || len(p.Fields) != 4 || p.Fields[0].Pointer != "/values/username" {
			h.T.Fatalf("%+v", p)
		}
		got, err := h.Approvals.PutScope(h.T.Context(), h.Admin, c.ID.String(), scope("proj/web-shop:env/production"))
		if err != nil || got.Values["password"] != configuration.Mask || got.Values["username"] != "ld-user" {
			h.T.Fatalf("%+v %v", got, err)
		}
		wrong := scope("proj/web-shop")
		wrong.Values["host"] = "https://wrong.example.com"
		if _, err := h.Approvals.PutScope(h.T.Context(), h.Admin, c.ID.String(), wrong); err != nil {
			h.T.Fatal(err)
		}
		// What comes back masked stays.
		masked := scope("proj/web-shop:env/production")
		masked.Values["password"] = configuration.Mask
		if _, err := h.Approvals.PutScope(h.T.Context(), h.Admin, c.ID.String(), masked); err != nil {
			h.T.Fatal(err)
		}
		h.says(c0Open, 200, `{"result":[{"sys_id":"a b&1","status":"inserted","display_value":"CHG0001","AllTasks":"T1,T2"}]}`)
		h.says(c0Done, 200, `{"result":[{"status":"updated"}]}`)
		if err := ask(); err != nil {
			h.T.Fatal(err)
		}
		r := h.next(c0Open)
		var body map[string]string
		if err := json.Unmarshal(r.Body, &body); err != nil || r.Host != "sn.example.com" || r.Header.Get("Authorization") != basic || body["assignment_group"] != "Shop team" || body["requested_by"] != "Mira" ||
			body["u_template"] != "Flags" || body["start_date"] != "2026-03-02 10:00:05" || body["u_affected_ci"] != "APP-7" || !strings.Contains(body["description"], "https://pennant.example.com/changes/1") {
			h.T.Errorf("%s %v %s %v", r.Host, r.Header, r.Body, err)
		}
		all, err := h.Approvals.List(h.T.Context(), h.Admin, h.Account.ID.String(), approval.Filter{Limit: 9})
		if err != nil || len(all) != 1 {
			h.T.Fatalf("%+v %v", all, err)
		}
		now := h.until(all[0], approval.Approved)
		if now.Link != "https://sn.example.com/itsmhome/?id=itsm_form&sys_id=a%20b%261&table=change_request" || now.Status != "inserted" {
			h.T.Errorf("%+v", now)
		}
		if _, err := h.Host.Finish(h.T.Context(), h.product, h.tasks()[0].ID, nil); err != nil {
			h.T.Fatal(err)
		}
		if r = h.next(c0Done); !strings.Contains(string(r.Body), `"number": "CHG0001"`) || !strings.Contains(string(r.Body), `"u_close_tasks": "T1,T2"`) || r.Header.Get("Authorization") != basic {
			h.T.Errorf("%s", r.Body)
		}
		items, form, err := h.Approvals.Scopes(h.T.Context(), h.Admin, c.ID.String())
		if text, _ := json.Marshal(items); err != nil || len(items) != 2 || len(form) != 4 || strings.Contains(string(text), "4711") {
			h.T.Errorf("%s %v", text, err)
		}
		if err := h.Approvals.DeleteScope(h.T.Context(), h.Admin, c.ID.String(), "proj/web-shop"); err != nil {
			h.T.Error(err)
		}
	})
}

// The published package with a connection, fields that depend on the environment's,
// and the partner's own words for people.
func TestThePackageWithAConnection(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		const at = "/api/sn_chg_rest/change/normal"
		h.Configurations.Connected = func(*store.Tx, string) (*request.Connection, error) {
			return &request.Connection{BaseURI: "https://sn.example.com", AccessToken: secret.New("sn-token-4711")}, nil
		}
		c := h.Configure(h.Published("servicenow-normal"), nil)
		h.says("GET /api/now/table/sys_user?active=true&sysparm_fields=email,user_name&sysparm_limit=100000", 200, `{"result":[{"email":"mira@example.com","user_name":"mstone"}]}`)
		h.says("POST "+at, 201, `{"result":{"sys_id":{"value":"s1"},"state":{"value":-5,"display_value":"New"}}}`)
		h.says("GET "+at+"/s1", 200, `{"result":{"state":{"value":"-1","display_value":"Implement"}}}`)
		h.says("PATCH "+at+"/s1?state=Review", 200, `{"result":{"state":{"value":"0","display_value":"Review"}}}`)
		plan := map[string]any{"implementationPlan": "First this"}
		if _, err := h.Approvals.Ask(h.T.Context(), h.product, "harbour", draft(approval.Draft{Fields: map[string]any{"more": "x"}})); problem.CodeOf(err) != "approval_invalid" {
			h.T.Error(err)
		}
		if _, err := h.Approvals.PutScope(h.T.Context(), h.Admin, c.ID.String(), approval.Scope{Values: map[string]any{"implPlanFlag": true, "doNotSetDates": true}}); err != nil {
			h.T.Fatal(err)
		}
		offers, err := h.Approvals.Deciders(h.T.Context(), h.product, "harbour", flag)
		if err != nil || len(offers) != 1 || len(offers[0].Fields) != 1 || offers[0].Fields[0].Key != "implementationPlan" || offers[0].Label != "ServiceNow (Normal Change Request)" || !offers[0].Ready {
			h.T.Errorf("%+v %v", offers, err)
		}
		h.Until("the members are there", func() bool { return h.knows(c, "mira@example.com") })
		a := h.ask(approval.Draft{Fields: plan})
		now := h.until(a, approval.Pending)
		r := h.next("POST " + at)
		if body := string(r.Body); r.Header.Get("Authorization") != "Bearer sn-token-4711" || !strings.Contains(body, `"implementation_plan": "First this"`) || !strings.Contains(body, `"requested_by": "mstone"`) ||
			strings.Contains(body, "start_date") || !strings.Contains(body, `"justification": "https://pennant.example.com/changes/1\n\nTurn it on"`) || now.Status != "New" || now.External != "s1" {
			h.T.Errorf("%s %+v", body, now)
		}
		h.Clock.Advance(5 * time.Minute)
		if now = h.until(a, approval.Approved); now.Status != "Implement" {
			h.T.Errorf("%+v", now)
		}
		for _, task := range h.tasks() {
			if task.Kind == "approval.apply" {
				if _, err := h.Host.Finish(h.T.Context(), h.product, task.ID, nil); err != nil {
					h.T.Fatal(err)
				}
			}
		}
		h.next("PATCH " + at + "/s1?state=Review")
		h.Until("it was told", func() bool { return h.get(a).Status == "Review" })
	})
}

// knows reports whether the partner's list is there, by a fresh request that names
// nobody else.
func (h house) knows(c configuration.Configuration, email string) bool {
	h.T.Helper()
	n := 0
	err := h.DB.Read(h.T.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT COUNT(*) FROM approval_directory WHERE configuration = ? AND members LIKE ?", c.ID.String(), "%"+email+"%").Scan(tx.Ctx, &n)
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return n > 0
}

// The list of the partner's members is kept for four hours, and stays when it cannot
// be had.
func TestMembersAreFetchedEveryFourHours(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		c := h.custom()
		h.next(lists)
		h.Until("they are there", func() bool { return h.knows(c, "mira@example.com") })
		for len(h.Got) > 0 {
			<-h.Got
		}
		h.says(lists, 500, `no`)
		h.Clock.Advance(4*time.Hour - time.Minute)
		a := h.ask(approval.Draft{})
		h.until(a, approval.Pending)
		for len(h.Got) > 0 {
			if r := <-h.Got; r.URI == "/api/members" {
				h.T.Error("asked too soon")
			}
		}
		h.Clock.Advance(time.Minute)
		h.next(lists)
		h.says(lists, 200, `{"members":[{"name":"new","email":"new@example.com"}]}`)
		h.passing("the new ones are there", func() bool { return h.knows(c, "new@example.com") && !h.knows(c, "mira@example.com") })
	})
}

// Only people of the account and the product see approvals; only the product asks.
func TestOthersDoNotKnowOfApprovals(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	c := h.custom()
	a := h.ask(approval.Draft{})
	h.until(a, approval.Pending)
	other, _ := h.Customer("alder", account.Production)
	self := access.Principal{Kind: access.KindIntegration, Account: a.Account, Installation: a.Installation, Grant: c.Installation}
	for who, by := range map[string]access.Principal{"another account": other, "the developer": h.Developer, "the integration": self, "nobody": {}} {
		for what, err := range map[string]error{
			"get": second(h.Approvals.Get(t.Context(), by, a.ID)), "list": second(h.Approvals.List(t.Context(), by, h.Account.ID.String(), approval.Filter{Limit: 1})),
			"withdraw": second(h.Approvals.Withdraw(t.Context(), by, a.ID)), "resend": second(h.Approvals.Resend(t.Context(), by, a.ID)), "check": second(h.Approvals.Check(t.Context(), by, a.ID)),
			"ask": second(h.Approvals.Ask(t.Context(), by, h.Account.ID.String(), draft(approval.Draft{}))), "deciders": second(h.Approvals.Deciders(t.Context(), by, h.Account.ID.String(), flag)),
			"scope": second(h.Approvals.PutScope(t.Context(), by, c.ID.String(), approval.Scope{})),
		} {
			if problem.CodeOf(err) != "not_found" {
				t.Errorf("%s, %s: %v", who, what, err)
			}
		}
	}
	if _, err := h.Approvals.Ask(t.Context(), h.Admin, h.Account.ID.String(), draft(approval.Draft{})); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
	if _, err := h.Approvals.Ask(t.Context(), h.product, "harbour", approval.Draft{Subject: "flag/x;tag", Change: json.RawMessage(`[]`), Page: "javascript:1"}); len(problem.Of(err).Fields) != 3 {
		t.Errorf("%+v", problem.Of(err))
	}
	h.custom()
	if _, err := h.Approvals.Ask(t.Context(), h.product, "harbour", draft(approval.Draft{})); problem.CodeOf(err) != "approval_ambiguous" {
		t.Error(err)
	}
	if err := h.Configurations.Delete(t.Context(), h.Admin, c.ID); err != nil {
		t.Fatal(err)
	}
	if now := h.get(a); now.State != approval.Lost {
		t.Errorf("%+v", now)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/v1/accounts/harbour/approvals", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Do(r); got.Status != 401 {
		t.Errorf("%d", got.Status)
	}
}

func second[T any](_ T, err error) error { return err }
