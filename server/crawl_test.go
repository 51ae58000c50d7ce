package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// M-01..M-06: for every route of our own API description, an id of another
// tenant answers exactly as an id that does not exist.
func TestTwoTenantCrawl(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	c := &crawl{House: h, t: t}
	c.mine, c.theirs = c.tenant("a"), c.tenant("b")
	var doc struct {
		Paths      map[string]map[string]operation
		Components struct{ Schemas map[string]schema }
	}
	a := c.send(http.MethodGet, "/openapi.json", "")
	if err := json.Unmarshal(a.Body, &doc); err != nil || a.Status != http.StatusOK {
		t.Fatalf("%d %v %.200s", a.Status, err, a.Body)
	}
	c.schemas = doc.Components.Schemas
	tried := 0
	for path, item := range doc.Paths {
		for method, op := range item {
			if !strings.Contains(path, "{") {
				continue
			}
			tried++
			c.compare(strings.ToUpper(method), path, op)
		}
	}
	if tried < 40 {
		t.Errorf("only %d routes have an id: is the description complete?", tried)
	}
	t.Logf("%d operations with ids", tried)
}

// M-01 the other way round: a principal with nothing is refused on every route
// that is not declared public.
func TestNobodyIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	c := &crawl{House: h, t: t}
	var doc struct {
		Paths map[string]map[string]operation
	}
	if err := json.Unmarshal(c.send(http.MethodGet, "/openapi.json", "").Body, &doc); err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths {
		for method, op := range item {
			if len(op.Security) == 0 {
				continue
			}
			a := c.send(strings.ToUpper(method), parameters.ReplaceAllString(path, "x"), "{}")
			if a.Status != http.StatusUnauthorized {
				t.Errorf("%s %s without a credential: %d %.200s", method, path, a.Status, a.Body)
			}
		}
	}
}

type operation struct {
	Security    []map[string][]string
	Parameters  []parameterDoc
	RequestBody *struct {
		Content map[string]struct{ Schema schema }
	}
}

type parameterDoc struct {
	Name, In string
	Required bool
	Schema   schema
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	Enum       []any             `json:"enum"`
	Examples   []any             `json:"examples"`
	Format     string            `json:"format"`
	Minimum    float64           `json:"minimum"`
	MinItems   int               `json:"minItems"`
	MinLength  int               `json:"minLength"`
}

type crawl struct {
	*servertest.House
	t            *testing.T
	mine, theirs *tenant
	schemas      map[string]schema
}

// tenant is a developer who also administers an account, with one of everything.
type tenant struct {
	cookie *http.Cookie
	ids    map[string]string // by the name of the path parameter
}

func (c *crawl) tenant(name string) *tenant {
	ctx := c.t.Context()
	pass := secret.New("correct horse battery " + name)
	u, err := c.Identity.Enrol(ctx, access.System("test"), identity.Newcomer{Email: name + "@crawl.example", Name: "Tenant " + name, Password: pass})
	if err != nil {
		c.t.Fatal(err)
	}
	user := u.ID.String()
	g, err := c.Groups.Create(ctx, access.UserPrincipal(user, nil, nil), "Crawlers "+name)
	if err != nil {
		c.t.Fatal(err)
	}
	acc, err := c.Accounts.Put(ctx, access.System("test"), account.Draft{Key: "crawl-" + name, Name: "Crawl " + name})
	if err != nil {
		c.t.Fatal(err)
	}
	err = c.DB.Write(ctx, func(tx *store.Tx) error {
		return c.Accounts.SetMember(tx, access.System("test"), account.Member{Account: acc.ID.String(), User: user, Role: access.AccountAdmin})
	})
	if err != nil {
		c.t.Fatal(err)
	}
	by := access.UserPrincipal(user, map[string]string{g.ID.String(): access.GroupOwner}, map[string]string{acc.ID.String(): access.AccountAdmin})
	app, key := c.Release(by, g, "flags.read")
	ins := c.Install(by, acc, app)
	made, err := c.Roles.Create(ctx, by, acc.ID, role.Draft{Key: "ops", Name: "Ops"})
	if err != nil {
		c.t.Fatal(err)
	}
	versions, err := c.Releases.List(ctx, by, app.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Token(key, acc.ID.String())
	st, err := c.Identity.SignIn(ctx, identity.SignIn{Email: name + "@crawl.example", Password: pass}, identity.Visit{})
	if err != nil {
		c.t.Fatal(err)
	}
	own, err := c.APITokens.Create(ctx, by, acc.ID, apitoken.Service, apitoken.Draft{Name: "crawler", Roles: []string{"reader"}})
	if err != nil {
		c.t.Fatal(err)
	}
	product, err := c.Products.Create(ctx, access.Operator(user), "crawl "+name)
	if err != nil {
		c.t.Fatal(err)
	}
	pin, err := c.Private.Create(ctx, by, acc.ID, private.Draft{Name: "Sync", Scopes: []string{"flags.read"}})
	if err != nil {
		c.t.Fatal(err)
	}
	end, sub := c.endpoint(by, app)
	return &tenant{cookie: c.Identity.Cookie(st.Token), ids: map[string]string{
		"group": g.ID.String(), "application": app.ID.String(), "key": key.ID.String(), "version": versions[0].ID.String(),
		"account": acc.ID.String(), "custom_role": made.ID.String(), "installation": ins.ID.String(), "grant": ins.Grant, "user": user, "member": user,
		"token": c.tokenOf(ins.Grant), "session": st.Session.ID.String(), "product_key": product.ID.String(), "limit": "burst", "api_token": own.ID.String(),
		"legacy_key": c.legacyKey(acc), "family": c.family(by, app, acc), "leak": c.leak(key.Secret, g.ID.String()),
		"private_integration": pin.ID.String(), "webhook_endpoint": end, "webhook_subscription": sub, "delivery": c.delivery(end), "webhook_replay": c.replay(end),
	}}
}

// family is a line of refresh tokens, by the recovery of an installation's tokens.
func (c *crawl) family(by access.Principal, app application.Application, acc account.Account) string {
	ctx := c.t.Context()
	r, err := c.Authority.RecoverFor(ctx, by, app.ID, authorization.Lost{Account: acc.ID.String()})
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.Authority.Redeem(ctx, authorization.Asked{Client: &authorization.Client{App: app, ID: app.PublicID}}, r.Code, authorization.Redemption{}); err != nil {
		c.t.Fatal(err)
	}
	all, err := c.Authority.Families(ctx, by, app.ID)
	if err != nil || len(all) != 1 {
		c.t.Fatalf("%d lines: %v", len(all), err)
	}
	return all[0].ID.String()
}

// leak reports the key of an application, which nothing else of the crawl uses.
func (c *crawl) leak(of secret.Text, team string) string {
	if err := c.Leaks.Report(c.t.Context(), leak.Report{Text: of, Source: leak.Form}); err != nil {
		c.t.Fatal(err)
	}
	got, err := c.Leaks.List(c.t.Context(), access.System("test"), leak.Query{Group: team, Limit: 2})
	if err != nil || len(got) != 1 {
		c.t.Fatalf("%d leaks: %v", len(got), err)
	}
	return got[0].ID.String()
}

// endpoint is one of an application, with its subscription.
func (c *crawl) endpoint(by access.Principal, app application.Application) (endpoint, subscription string) {
	made, err := c.Webhooks.CreateForApplication(c.t.Context(), by, app.ID, webhook.Draft{URL: "https://hooks.example.com/in", Disabled: true, Types: []string{"flag.*"}})
	if err != nil {
		c.t.Fatal(err)
	}
	subs, err := c.Webhooks.Subscriptions(c.t.Context(), by, made.ID)
	if err != nil || len(subs) != 1 {
		c.t.Fatalf("%d subscriptions: %v", len(subs), err)
	}
	return made.ID.String(), subs[0].ID.String()
}

// replay is one of an endpoint that sends nothing.
func (c *crawl) replay(endpoint string) string {
	at := c.DB.Now()
	id := ident.New[webhook.Replay](at)
	err := c.DB.Write(c.t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO webhook_replay (id, endpoint, selection, total, stopped, created_by, created) VALUES (?, ?, '{}', 0, 0, '', ?)", id, endpoint, store.At(at))
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return id.String()
}

// delivery is one that failed, of an endpoint that sends nothing.
func (c *crawl) delivery(endpoint string) string {
	var d int64
	at := c.DB.Now()
	err := c.DB.Write(c.t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("INSERT INTO webhook_delivery (endpoint, event_n, account, grant_id, type, ordering, state, reason, attempts, step, due, status, failure, created, updated) "+
			"VALUES (?, 1, '', '', 'flag.created', '', 'exhausted', '', 10, 9, 0, 500, '', ?, ?) RETURNING d", endpoint, store.At(at), store.At(at)).Scan(tx.Ctx, &d)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return ident.Numbered[webhook.Delivery](d, at).String()
}

func (c *crawl) legacyKey(acc account.Account) string {
	by := access.Operator("usr_op")
	row := legacy.Row{Account: acc.ID.String(), Key: secret.New("legacy-" + acc.ID.String()), Label: "x", Everything: true}
	if _, err := c.Legacy.Import(c.t.Context(), by, []legacy.Row{row}, false); err != nil {
		c.t.Fatal(err)
	}
	got, err := c.Legacy.List(c.t.Context(), by, legacy.Query{Account: acc.ID.String()})
	if err != nil || len(got) != 1 {
		c.t.Fatalf("%d legacy keys: %v", len(got), err)
	}
	return got[0].ID.String()
}

func (c *crawl) tokenOf(grant string) string {
	var id string
	err := c.DB.Read(c.t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT id FROM token_token WHERE grant_id = ?", grant).Scan(tx.Ctx, &id)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

var parameters = regexp.MustCompile(`\{([^}]+)\}`)

// compare sends the same request with another tenant's id and with an id that
// nobody has, for each id of the path in turn; the others are the caller's own.
func (c *crawl) compare(method, path string, op operation) {
	names := parameters.FindAllStringSubmatch(path, -1)
	for i := range names {
		foreign, absent := path, path
		for j, n := range names {
			own, known := c.mine.ids[n[1]]
			if !known {
				own = "unknown"
			}
			theirs, random := own, own
			if i == j {
				theirs, random = c.theirs.ids[n[1]], other(c.theirs.ids[n[1]])
				if theirs == "" {
					return // not an id of a tenant's object, such as the name of a limit
				}
			}
			foreign, absent = strings.Replace(foreign, n[0], theirs, 1), strings.Replace(absent, n[0], random, 1)
		}
		body := ""
		if op.RequestBody != nil {
			raw, err := json.Marshal(c.example(op.RequestBody.Content["application/json"].Schema, 0))
			if err != nil {
				c.t.Fatal(err)
			}
			body = string(raw)
		}
		query := c.query(op)
		f, a := c.send(method, foreign+query, body, c.mine.cookie), c.send(method, absent+query, body, c.mine.cookie)
		if f.Status != a.Status || scrub(f.Body) != scrub(a.Body) {
			c.t.Errorf("%s %s, %s:\n another tenant's: %d %s\n nobody's:         %d %s", method, path, names[i][1], f.Status, f.Body, a.Status, a.Body)
		}
		if f.Status/100 == 2 {
			c.t.Errorf("%s %s with another tenant's %s succeeded: %d %s", method, path, names[i][1], f.Status, f.Body)
		}
		if f.Status >= 500 {
			c.t.Errorf("%s %s: %d %s", method, path, f.Status, f.Body)
		}
	}
}

// other is an id of the same kind that nobody has.
func other(id string) string {
	if len(id) < 3 {
		return id
	}
	b := []byte(id)
	last := b[len(b)-1]
	b[len(b)-1] = '0' + (last-'0'+1)%8
	if b[len(b)-1] == last {
		b[len(b)-1] = '9'
	}
	return string(b)
}

var instance = regexp.MustCompile(`req_[0-9a-z]{26}`)

func scrub(b []byte) string { return instance.ReplaceAllString(string(b), "req") }

func (c *crawl) query(op operation) string {
	q := ""
	for _, p := range op.Parameters {
		if p.In == "query" && p.Required {
			q += "&" + p.Name + "=" + fmt.Sprint(c.example(p.Schema, 0))
		}
	}
	return strings.Replace(q, "&", "?", 1)
}

// example makes the least value that a schema accepts.
func (c *crawl) example(s schema, depth int) any {
	if s.Ref != "" {
		s = c.schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
	}
	if len(s.Examples) > 0 {
		return s.Examples[0]
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	kind := fmt.Sprint(s.Type)
	switch {
	case depth > 6:
		return nil
	case strings.Contains(kind, "object"):
		out := map[string]any{}
		for _, name := range s.Required {
			out[name] = c.example(s.Properties[name], depth+1)
		}
		return out
	case strings.Contains(kind, "array"):
		out := []any{}
		for range s.MinItems {
			out = append(out, c.example(*s.Items, depth+1))
		}
		return out
	case strings.Contains(kind, "integer"), strings.Contains(kind, "number"):
		return s.Minimum
	case strings.Contains(kind, "boolean"):
		return false
	case s.Format == "date-time":
		return "2030-01-01T00:00:00Z"
	}
	return strings.Repeat("x", max(1, s.MinLength))
}

func (c *crawl) send(method, path, body string, cookies ...*http.Cookie) servertest.Answer {
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, k := range cookies {
		r.AddCookie(k)
	}
	return c.Do(r)
}
