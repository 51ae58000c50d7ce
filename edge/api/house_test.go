package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/announcement"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/edge/api"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/recording"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/sheet"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

const spec = `{"openapi":"3.1.0","info":{"title":"Pennant","version":"1"},"paths":{
"/accounts/{account}/flags":{"parameters":[{"name":"account","in":"path","required":true,"schema":{"type":"string"}}],
 "get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}},
 "post":{"operationId":"createFlag","responses":{"201":{"description":"ok"}}}},
"/accounts/{account}/flags/{flag}":{"parameters":[{"name":"account","in":"path","required":true,"schema":{"type":"string"}},{"name":"flag","in":"path","required":true,"schema":{"type":"string"}}],
 "patch":{"operationId":"updateFlag","responses":{"200":{"description":"ok"}}}},
"/status":{"get":{"operationId":"getStatus","responses":{"200":{"description":"ok"}}}},
"/loose":{"get":{"operationId":"loose","responses":{"200":{"description":"ok"}}}},
"/hidden":{"get":{"operationId":"hidden","responses":{"200":{"description":"ok"}}}}}}`

// offering is a catalog with six operations.
func offering(t testing.TB) *catalog.Catalog {
	t.Helper()
	set, err := catalog.Load(fstest.MapFS{"pennant.json": {Data: []byte(spec)}}, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, catalog.File{
		Product: catalog.Product{Name: "Pennant", Upstreams: map[string]string{"default": "http://127.0.0.1:1"}, Account: catalog.Account{In: "path", Name: "account"}},
		Operations: map[string]catalog.Override{
			"listFlags": {Needs: "flag:view"}, "createFlag": {Needs: "flag:view and flag:create"},
			"updateFlag": {Needs: "flag:update", Resource: "flag/{flag}"}, "getStatus": {Public: true}, "hidden": {Internal: true},
		},
		Scopes: map[string]catalog.Scope{
			"flags.read":  {Label: "Read flags", Explanation: "Sees every flag.", Risk: "low", Entitlements: []string{"flag:view"}},
			"flags.write": {Label: "Change flags", Risk: "high", Entitlements: []string{"flag:view", "flag:create", "flag:update"}},
		},
		Sandboxes:    &catalog.Sandboxes{Seed: "Three flags.", Reset: "Flags become those of a new sandbox."},
		Entitlements: map[string]catalog.Entitlement{"member:update": {Label: "Change members", Administrator: true}},
		Privileges:   []catalog.Privilege{{Label: "View flags", Screen: "Flags", Entitlements: []string{"flag:view"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// house is the API on a real database, with people who sign in by a cookie that
// holds their id.
type house struct {
	t     *testing.T
	clock *storetest.Clock
	db    *store.DB

	sandboxes *sandbox.Service
	api       *api.API
	handler   http.Handler
	people    map[string]access.Principal

	accounts     *account.Service
	groups       *group.Service
	applications *application.Service
	releases     *release.Service
	integrations *integration.Service
	tokens       *token.Service
	bearers      *token.Authenticator
	products     *token.Products
}

func keyring(t testing.TB) *secret.Keyring {
	t.Helper()
	m := make([]byte, secret.MasterLen)
	for i := range m {
		m[i] = byte(i)
	}
	k, err := secret.NewKeyring(m)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock(), people: map[string]access.Principal{}}
	h.db = open(h.clock)
	keys, log, cat := keyring(t), &audit.Log{DB: h.db}, &catalog.Current{}
	cat.Swap(offering(t))
	limits := &quota.Service{DB: h.db, Audit: log, Solo: true}
	notices := &notice.Service{DB: h.db, Audit: log}
	grants := &grant.Service{DB: h.db}
	h.accounts = &account.Service{DB: h.db, Audit: log, Users: h.upsert}
	roles := &role.Service{DB: h.db, Audit: log, Accounts: h.accounts, Catalog: cat}
	h.groups = &group.Service{DB: h.db, Audit: log}
	h.applications = &application.Service{DB: h.db, Audit: log, Groups: h.groups, Keys: keys, Quota: limits}
	h.tokens = &token.Service{DB: h.db, Audit: log, Keys: keys}
	h.bearers = token.NewAuthenticator(h.db, keys)
	h.releases = &release.Service{DB: h.db, Audit: log, Applications: h.applications, Groups: h.groups, Notices: notices, Catalog: cat}
	h.applications.Touched = h.releases.Touched
	h.integrations = &integration.Service{DB: h.db, Audit: log, Accounts: h.accounts, Groups: h.groups, Applications: h.applications,
		Releases: h.releases, Grants: grants, Tokens: h.tokens, Quota: limits, Notices: notices, Catalog: cat}
	admissions := &admission.Service{DB: h.db, Audit: log, Accounts: h.accounts, Applications: h.applications, Integrations: h.integrations, Notices: notices}
	sheets := &sheet.Service{DB: h.db, Applications: h.applications, Groups: h.groups, Releases: h.releases, Quota: limits, Catalog: cat}
	listings := &listing.Service{DB: h.db, Audit: log, Applications: h.applications, Releases: h.releases, Sheets: sheets, Notices: notices}
	h.applications.Revoked, h.accounts.RoleChanged = h.tokens.RevokeKey, h.integrations.RoleChanged
	var err error
	if h.products, err = token.NewProducts(h.db, log, keys); err != nil {
		t.Fatal(err)
	}
	oracle := &api.Oracle{Catalog: cat, Bearers: h.bearers, Facts: account.NewFacts(h.db), Now: h.clock.Now}
	production := &programme.Service{DB: h.db, Audit: log, Groups: h.groups, Quota: limits, Usage: &usage.Service{DB: h.db, Recorder: usage.NewRecorder(10)}, Notices: notices, Catalog: cat}
	h.sandboxes = &sandbox.Service{DB: h.db, Audit: log, Accounts: h.accounts, Groups: h.groups, Catalog: cat, Most: 2, Host: &host.Service{DB: h.db, Audit: log, Accounts: h.accounts}}
	h.sandboxes.Watch()
	h.api = api.New(api.Config{Version: "1", DB: h.db, Keys: keys, Catalog: cat, Decide: oracle.Ask, Origins: []string{"https://tools.example"},
		Gate: &api.Gate{Cookie: "sid", Session: h.session, Products: h.products, Bearers: h.bearers, Now: h.clock.Now},
		Slices: []api.Mounter{log, limits, h.accounts, roles, h.groups, notices, &domain.Service{DB: h.db, Audit: log, Groups: h.groups, Notices: notices}, h.applications, grants, h.tokens, h.products, h.releases, h.integrations, admissions, sheets, listings, production,
			&announcement.Service{DB: h.db, Audit: log, Quota: limits, Usage: &usage.Service{DB: h.db, Recorder: usage.NewRecorder(10)}, Notices: notices},
			&recording.Service{DB: h.db, Audit: log, Usage: &usage.Service{DB: h.db, Recorder: usage.NewRecorder(100)}, Accounts: h.accounts, Applications: h.applications,
				Grants: grants, Tokens: h.tokens, Releases: h.releases, Catalog: cat},
			h.sandboxes}})
	h.handler = web.NewDoor(web.DoorConfig{}, h.api)
	return h
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
}

func (h *house) session(_ context.Context, r *http.Request) (access.Principal, error) {
	c, err := r.Cookie("sid")
	if err != nil {
		return access.Principal{}, err
	}
	by, ok := h.people[c.Value]
	if !ok {
		return by, problem.Unauthenticated("unauthenticated", "The session has ended.")
	}
	return by, nil
}

// upsert stands for the owner of people.
func (h *house) upsert(tx *store.Tx, _ access.Principal, x account.External) (string, error) {
	var id string
	err := tx.NewRaw("SELECT id FROM identity_user WHERE product_key = ?", x.ProductKey).Scan(tx.Ctx, &id)
	if err == nil {
		_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_user SET name = ? WHERE id = ?", x.Name, id)
		return id, err
	}
	id = ident.New[person](tx.Now()).String()
	return id, insertPerson(tx, id, x)
}

type person struct{}

func (person) IDPrefix() string { return "usr" }

func insertPerson(tx *store.Tx, id string, x account.External) error {
	_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
		VALUES (?, ?, ?, '', '', 0, 'active', ?, 1, ?, 0)`, id, x.Email, x.Name, x.ProductKey, store.At(tx.Now()))
	return err
}

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(context.Background(), f); err != nil {
		h.t.Fatal(err)
	}
}

// join makes a person who signs in under name.
func (h *house) join(name string) string {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.write(func(tx *store.Tx) error {
		return insertPerson(tx, id, account.External{Email: name + "@example.com", Name: name})
	})
	h.people[name] = access.UserPrincipal(id, nil, nil)
	return id
}

// refresh builds a person's principal anew, as the next request would.
func (h *house) refresh(name string) {
	h.t.Helper()
	id := h.people[name].User
	h.write(func(tx *store.Tx) error {
		groups, err := group.Roles(tx, id)
		if err != nil {
			return err
		}
		accounts, err := account.Roles(tx, id)
		h.people[name] = access.UserPrincipal(id, groups, accounts)
		return err
	})
}

func (h *house) operator() { h.people["op"] = access.Operator(h.join("op")) }

// call is one request: who is a person's name, or a token, or "".
func (h *house) call(who, method, target string, body any, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			h.t.Fatal(err)
		}
		text = string(b)
	}
	r := httptest.NewRequest(method, target, strings.NewReader(text))
	if text != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case strings.HasPrefix(who, "gr"):
		r.Header.Set("Authorization", "Bearer "+who)
	case who != "":
		r.AddCookie(&http.Cookie{Name: "sid", Value: who})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

type object = map[string]any

// must expects a status and gives the body.
func (h *house) must(status int, w *httptest.ResponseRecorder) object {
	h.t.Helper()
	if w.Code != status {
		h.t.Fatalf("%d, want %d: %s", w.Code, status, w.Body)
	}
	if w.Body.Len() == 0 {
		return nil
	}
	var out object
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		h.t.Fatalf("%v: %s", err, w.Body)
	}
	return out
}

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

// settled is a developer (ada) with a released application, an account (harbour)
// with its administrator (ben), an installation, and a token of it.
type settled struct {
	*house
	group, app, publicID, version, account, installation, token, grant, key, clientID, secret string
}

func settle(h *house) *settled {
	h.t.Helper()
	s := &settled{house: h}
	h.join("ada")
	h.join("ben")
	h.operator()
	s.group = text(h.must(201, h.call("ada", "POST", "/v1/groups", object{"name": "Harbour Tools"})), "id")
	h.refresh("ada")
	app := h.must(201, h.call("ada", "POST", "/v1/groups/"+s.group+"/applications", object{"name": "Deploybot", "description": "Deploys."}))
	s.app, s.publicID = text(app, "id"), text(app, "application_id")
	key := h.must(201, h.call("ada", "POST", "/v1/applications/"+s.app+"/keys", object{"label": "production"}))
	s.key, s.clientID, s.secret = text(key, "id"), text(key, "client_id"), text(key, "secret")
	s.version = text(h.must(201, h.call("ada", "POST", "/v1/applications/"+s.app+"/versions",
		object{"number": "1.0.0", "required": []object{{"scope": "flags.read", "purpose": "Shows the flags."}}})), "id")
	h.must(200, h.call("ada", "POST", "/v1/versions/"+s.version+"/publish", nil))
	s.account = text(h.must(200, h.call("op", "PUT", "/v1/accounts", object{"key": "harbour", "name": "Harbour Books"})), "id")
	h.write(func(tx *store.Tx) error {
		return h.accounts.SetMember(tx, access.System("test"), account.Member{Account: s.account, User: h.people["ben"].User, Role: "admin"})
	})
	h.refresh("ben")
	i := h.must(201, h.call("ben", "POST", "/v1/accounts/"+s.account+"/installations", object{"application_id": s.publicID}))
	s.installation, s.grant = text(i, "id"), text(i, "grant")
	s.token = s.issue()
	return s
}

// issue obtains a token as the token endpoint would.
func (s *settled) issue() string {
	s.t.Helper()
	var raw string
	s.write(func(tx *store.Tx) error {
		app, key, err := s.applications.Authenticate(tx, s.clientID, secret.New(s.secret))
		if err != nil {
			return err
		}
		g, err := s.integrations.GrantOf(tx, app, "")
		if err != nil {
			return err
		}
		got, err := s.tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: 3600e9, Key: key.ID.String()})
		raw = got.Secret.Reveal()
		return err
	})
	return raw
}
