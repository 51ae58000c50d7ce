package api_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// H44: a developer makes, resets and closes sandboxes over the API.
func TestH44_SandboxesOverTheAPI(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s := settle(newHouse(t, open))
		at, product := "/v1/groups/"+s.group+"/sandboxes", access.System("the product")
		take := func(kind string) host.Task {
			t.Helper()
			got, err := s.sandboxes.Host.Take(t.Context(), product, host.Query{Limit: 5})
			if err != nil || len(got) != 1 || got[0].Kind != kind {
				t.Fatalf("%+v %v, not %s", got, err, kind)
			}
			return got[0]
		}
		room := s.must(200, s.call("ada", "GET", at, nil))
		if room["most"] != 2.0 || room["open"] != 0.0 || room["opens"] != true || text(room, "seed") != "Three flags." || len(list(room["items"])) != 0 {
			t.Errorf("%v", room)
		}
		made := s.must(201, s.call("ada", "POST", at, object{"name": "Trying out"}, "Idempotency-Key", "once"))
		again := s.must(201, s.call("ada", "POST", at, object{"name": "Trying out"}, "Idempotency-Key", "once"))
		one := "/v1/sandboxes/" + text(made, "id")
		if text(made, "id") != text(again, "id") || text(made, "opened_by") != s.people["ada"].User || text(made["asked"].(object), "state") != "waiting" {
			t.Errorf("%v, again %v", made, again)
		}
		if got := s.must(409, s.call("ada", "POST", one+"/reset", nil)); text(got, "code") != "sandbox_busy" {
			t.Errorf("%v", got)
		}
		if _, err := s.sandboxes.Host.Finish(t.Context(), product, take("sandbox.create").ID, nil); err != nil {
			t.Fatal(err)
		}
		if got := s.must(200, s.call("ada", "GET", one, nil)); text(got["asked"].(object), "state") != "done" {
			t.Errorf("%v", got)
		}
		s.must(202, s.call("ada", "POST", one+"/reset", nil))
		s.must(202, s.call("ada", "POST", one+"/reset", nil))
		if _, err := s.sandboxes.Host.Fail(t.Context(), product, take("sandbox.reset").ID, host.Failure{Detail: "Locked."}); err != nil {
			t.Fatal(err)
		}
		if got := s.must(200, s.call("ada", "GET", one, nil)); text(got["asked"].(object), "state") != "failed" || text(got["asked"].(object), "fault") != "Locked." {
			t.Errorf("%v", got)
		}
		empty := s.must(201, s.call("ada", "POST", at, object{"name": "Empty", "seed": false}))
		if empty["asked"].(object)["seed"] != false {
			t.Errorf("%v", empty)
		}
		if got := s.must(409, s.call("ada", "POST", at, object{"name": "Third"})); text(got, "code") != "sandbox_limit" {
			t.Errorf("%v", got)
		}
		s.must(204, s.call("ada", "DELETE", one, nil))
		s.must(404, s.call("ada", "GET", one, nil))
		if got := s.must(422, s.call("ada", "POST", at, object{"name": " "})); text(got, "code") != "sandbox_invalid" {
			t.Errorf("%v", got)
		}
		s.must(201, s.call("ada", "POST", at, object{"name": "Third"}))
		sync := s.must(422, s.call("op", "PUT", "/v1/accounts", object{"key": text(empty, "key"), "name": "Empty", "kind": "production"}))
		if text(sync, "code") != "account_is_sandbox" {
			t.Errorf("%v", sync)
		}
	})
}
