package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func TestTheDescriptionHoldsTogether(t *testing.T) {
	t.Parallel()
	h := one(t)
	b, err := h.api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if n := len(h.api.Operations()); n < 60 || len(doc.Paths) < 40 {
		t.Errorf("%d operations on %d paths", n, len(doc.Paths))
	}
	for _, op := range h.api.Operations() {
		if op.Summary == "" || op.Tag == "" || !strings.HasPrefix(op.Path, "/v1/") {
			t.Errorf("%s %s has no summary, tag or version", op.Method, op.Path)
		}
		if got := doc.Paths[op.Path][strings.ToLower(op.Method)].ID; got != op.ID {
			t.Errorf("%s %s is described as %q, want %q", op.Method, op.Path, got, op.ID)
		}
	}
	for _, c := range h.api.Codes() {
		if c.Code == "" || c.Cause == "" || c.Remedy == "" {
			t.Errorf("code %q lacks its cause or remedy", c.Code)
		}
	}
}

// filled replaces the parameters of a path by ids.
func filled(path string, ids map[string]string) string {
	for name, id := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	return path
}

// TestTwoTenants sends every operation that names an object to one that is
// somebody else's and to one that does not exist: the answers are the same.
func TestTwoTenants(t *testing.T) {
	t.Parallel()
	s := settle(one(t))
	s.join("eve")
	s.must(201, s.call("eve", "POST", "/v1/groups", object{"name": "Others"}))
	s.refresh("eve")
	var tok struct{ Items []object }
	if err := json.Unmarshal(s.call("ben", "GET", "/v1/installations/"+s.installation+"/tokens", nil).Body.Bytes(), &tok); err != nil || len(tok.Items) != 1 {
		t.Fatalf("%v %v", err, tok)
	}
	theirs := map[string]string{"group": s.group, "application": s.app, "version": s.version, "account": s.account, "installation": s.installation,
		"key": s.key, "grant": s.grant, "token": text(tok.Items[0], "id"), "user": s.people["ada"].User, "limit": "burst", "member": s.people["ada"].User, "recording": "rec_00000000000000000000000001", "custom_role": "rle_00000000000000000000000001",
		"application_id": "6f6b4a8e-9a4a-4e0c-8f3d-000000000000", "product_key": "pky_00000000000000000000000000", "preview": "insights", "announcement": "ann_00000000000000000000000000", "domain": "dom_00000000000000000000000001", "installation_request": "irq_00000000000000000000000000", "slug": "deploybot", "picture": "pic_00000000000000000000000000"}
	none := map[string]string{"user": theirs["user"], "limit": "burst", "preview": "insights", "application_id": theirs["application_id"], "product_key": theirs["product_key"]}
	for name, id := range theirs {
		if none[name] == "" {
			none[name] = id[:4] + "00000000000000000000000000"
		}
	}
	bodies := map[string]object{
		"startRecording": {"account": s.account},
		"startRun":       {"resource": "proj/web:flag/x"},
		"addDomain":      {"name": "example.com"},
		"updateGroup":    {"name": "X"}, "transferGroup": {"user": "usr_1"}, "addGroupMember": {"email": "a@b.c", "role": "admin"},
		"updateGroupMember": {"role": "admin"}, "createApplication": {"name": "X", "description": "X"}, "updateApplication": {"name": "X"},
		"updateClient": {"public": true}, "submitVerification": {"privacy_url": "https://a.example/", "security_contact": "a@b.c", "data_handling": "x"}, "decideVerification": {"verify": true, "revision": 1}, "suspendVerification": {"reason": "x"}, "moveApplication": {"group": s.group}, "createKey": {"label": "x"}, "rotateKey": {"overlap_seconds": 0},
		"createVersion": {"number": "1.0.1"}, "decideVersion": {"approve": true}, "stageVersion": {"reach": "all"}, "pauseVersion": {"reason": "x"}, "rollBackVersion": {"reason": "x"}, "deprecateVersion": {"ends": "2099-01-01T00:00:00Z", "text": "x"}, "updateVersion": {"notes": "x"}, "createInstallation": {"application_id": s.publicID},
		"updateInstallation": {"delegation": "off"}, "takeInstallationUpdate": {"version": s.version, "scopes": []string{}}, "withholdInstallation": {"reason": "x"}, "uninstallInstallation": {"reason": "x"}, "blockInstallation": {"reason": "x"},
		"setTokenPolicy": {"idle_days": 90, "rotate_days": 90}, "rotateToken": object{}, "rotateTokenNow": {"reason": "x"}, "extendToken": {"until": "2030-01-01T00:00:00Z"},
		"setSecondPerson":     {"on": true},
		"createSandbox":       {"name": "x"},
		"triggerSandboxEvent": {"type": "flag.created"},
		"simulateInSandbox":   {"outcome": "rate_limited", "calls": 1},
		"createCustomRole":    {"key": "x", "name": "X"}, "updateCustomRole": {"name": "X"}, "setMemberRoles": {"roles": []object{}}, "inquire": {"role": "reader", "action": "x"}, "readPolicy": {"policy": []object{}},
		"updateAnnouncement": {"title": "x", "text": "x", "audience": object{"all": true}, "revision": 1}, "applyProgramme": {"tier": "x", "company": "x", "homepage": "x", "contacts": []object{}, "value": "x", "success": "x", "support": "x", "documentation": "x"}, "decideProgramme": {"revision": 1}, "askPreview": {"why": "x"}, "decidePreview": {"grant": true, "revision": 1}, "acceptAgreement": {"version": 1},
		"requestProduction": {"purpose": "x", "operations": "x", "expected_sites": 1, "expected_calls_per_day": 1, "contact": "a@b.c"}, "answerProduction": {"answer": "x"}, "askProduction": {"question": "x"}, "refuseProduction": {"reason": "x"}, "grantProduction": {"reason": "x", "revision": 1},
		"setConfirmations": {"days": 0, "grace_days": 0, "suspend": false, "revision": 0}, "setInstallationTerm": {}, "setAdmission": {"mode": "open", "children": "open", "revision": 0}, "listApplicationHere": {"list": "allowed"}, "askForApplication": {"application_id": s.publicID, "reason": "x"}, "approveInstallationRequest": {}, "denyInstallationRequest": {"reason": "x"},
		"updateListing": {}, "showListing": {"visibility": "private"}, "takeDownListing": {"reason": "x"},
		"assignGroupPlan": {"plan": "development", "reason": "x"}, "grantGroupLimit": {"value": 1, "reason": "x"},
	}
	seen := 0
	for _, op := range s.api.Operations() {
		if !strings.Contains(op.Path, "{") || strings.HasPrefix(op.Path, "/v1/notices") || strings.HasPrefix(op.Path, "/v1/product-keys") {
			continue
		}
		var body any
		if b, ok := bodies[op.ID]; ok {
			body = b
		}
		for _, who := range []string{"eve", s.token} {
			var headers []string
			if op.ID == "putVersionPackage" { // takes an archive, whatever is in it
				body, headers = object{}, []string{"Content-Type", "application/zip"}
			}
			if op.ID == "addListingPicture" {
				body, headers = object{}, []string{"Content-Type", "image/png"}
			}
			foreign := s.call(who, op.Method, filled(op.Path, theirs), body, headers...)
			absent := s.call(who, op.Method, filled(op.Path, none), body, headers...)
			if foreign.Code != http.StatusNotFound || absent.Code != http.StatusNotFound {
				t.Errorf("%s %s by %.4s: %d for a foreign object, %d for none: %s", op.Method, op.Path, who, foreign.Code, absent.Code, foreign.Body)
			}
			if a, b := plain(foreign.Body.String()), plain(absent.Body.String()); a != b {
				t.Errorf("%s %s tells them apart:\n%s\n%s", op.Method, op.Path, a, b)
			}
		}
		seen++
	}
	if seen < 40 {
		t.Errorf("only %d operations were tried", seen)
	}
}

// plain takes the request id out of a problem.
func plain(body string) string {
	at := strings.Index(body, `"instance":"req_`)
	if at < 0 {
		return body
	}
	return body[:at] + body[at+len(`"instance":"req_`)+26:]
}

func TestNobodyIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.join("nil")
	for _, op := range h.api.Operations() {
		if op.Public {
			continue
		}
		path := filled(op.Path, map[string]string{"group": "x", "application": "x"})
		if w := h.call("", op.Method, path, nil); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s without a credential: %d", op.Method, op.Path, w.Code)
		}
	}
}

func TestA7_SecretIsShownOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s := settle(newHouse(t, open))
		again := func(id string) object {
			return s.must(201, s.call("ada", "POST", "/v1/applications/"+s.app+"/keys", object{"label": "second"}, "Idempotency-Key", id))
		}
		first := again("one")
		if repeat := again("one"); text(repeat, "secret") == "" || text(repeat, "secret") != text(first, "secret") {
			t.Error("a repeat with the same key did not get the first answer")
		}
		list := s.call("ada", "GET", "/v1/applications/"+s.app+"/keys", nil).Body.String()
		for _, raw := range []string{s.secret, text(first, "secret"), "digest"} {
			if strings.Contains(list, raw) {
				t.Errorf("the list holds %.6s…", raw)
			}
		}
		if n := strings.Count(list, `"secret_hint"`); n != 2 {
			t.Errorf("%d keys, want 2 (the repeat made none): %s", n, list)
		}
		s.write(func(tx *store.Tx) error {
			for _, table := range []string{"application_key", "audit_entry", "web_idempotency", "token_token"} {
				var n int
				column := map[string]string{"application_key": "digest || hint || label || client_id", "audit_entry": "before_doc || after_doc",
					"web_idempotency": "answer", "token_token": "digest || hint"}[table]
				if table == "audit_entry" {
					continue // its columns are the audit log's own; it refuses credentials itself
				}
				err := tx.NewRaw("SELECT count(*) FROM "+table+" WHERE "+column+" LIKE ?", "%"+s.secret+"%").Scan(tx.Ctx, &n)
				if err != nil {
					return err
				}
				if n > 0 {
					t.Errorf("%s holds the secret", table)
				}
			}
			return nil
		})
	})
}

func TestA22_PermissionsSayWhatTheGatewayEnforces(t *testing.T) {
	t.Parallel()
	s := settle(one(t))
	for _, tc := range []struct {
		query, operation, text string
		status                 int
	}{
		{"method=GET&path=/accounts/harbour/flags", "listFlags", "flag:view", 200},
		{"method=POST&path=/accounts/%7Baccount%7D/flags", "createFlag", "flag:create", 200},
		{"method=GET&path=/status", "getStatus", "", 200},
		{"method=GET&path=/hidden", "", "", 404},
		{"method=DELETE&path=/status", "", "", 404},
		{"method=GET&path=/nothing", "", "", 404},
	} {
		got := s.must(tc.status, s.call(s.token, "GET", "/v1/permissions?"+tc.query, nil))
		if text(got, "operation") != tc.operation || !strings.Contains(text(got, "text"), tc.text) {
			t.Errorf("%s: %v", tc.query, got)
		}
	}
	if got := s.must(200, s.call("ada", "GET", "/v1/scopes", nil)); len(got["items"].([]any)) < 2 {
		t.Errorf("scopes: %v", got)
	}
	var names []string
	next := "/v1/operations?limit=2"
	for next != "" {
		w := s.call("ada", "GET", next, nil)
		for _, o := range s.must(200, w)["items"].([]any) {
			names = append(names, text(o.(object), "operation"))
		}
		next, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
	}
	slices.Sort(names)
	if strings.Join(names, " ") != "createFlag getStatus listFlags loose updateFlag" {
		t.Errorf("operations: %v", names)
	}
}
