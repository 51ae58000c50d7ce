package server_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
)

// aviary is a house in which every secret that was ever shown is known.
type aviary struct {
	*servertest.House
	t       *testing.T
	log     lockedBuffer
	secrets map[string]string // value → what it is
	people  map[string]*http.Cookie
	ids     map[string]string
}

// lockedBuffer takes lines from many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}

func (a *aviary) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// keep remembers a secret; the first answer may show it, nothing else.
func (a *aviary) keep(what, value string) string {
	a.t.Helper()
	if len(value) < 8 {
		a.t.Fatalf("%s: no secret was given: %q", what, value)
	}
	a.secrets[value] = what
	return value
}

// found names the secrets that stand in some bytes, plainly or in base64.
func (a *aviary) found(where string, b []byte) {
	a.t.Helper()
	for value, what := range a.secrets {
		for form, text := range map[string]string{"in clear": value, "in base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(value)), "="), "escaped": url.QueryEscape(value)} {
			if i := bytes.Index(b, []byte(text)); i >= 0 {
				a.t.Errorf("%s holds the %s %s: …%.60q", where, what, form, b[max(0, i-40):i])
				break
			}
		}
	}
}

// shown are the members of an answer that are secrets, shown once.
var shown = map[string]bool{"secret": true, "code": true, "access_token": true, "refresh_token": true, "recovery_code": true, "recovery_codes": true, "codes": true}

func (a *aviary) collect(what string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, one := range v {
			text, ok := one.(string)
			list, many := one.([]any)
			switch {
			case shown[name] && ok:
				a.keep(what+" "+name, text)
			case shown[name] && many:
				for _, one := range list {
					if text, ok := one.(string); ok {
						a.keep(what+" "+name, text)
					}
				}
			default:
				a.collect(what, one)
			}
		}
	case []any:
		for _, one := range v {
			a.collect(what, one)
		}
	}
}

// make sends a creating request as somebody and keeps the secrets of its answer.
func (a *aviary) make(who, path, body string) map[string]any {
	a.t.Helper()
	key := rand.Text()
	send := func() servertest.Answer {
		r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.URL+path, strings.NewReader(body))
		a.must(err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		r.AddCookie(a.people[who])
		return a.Do(r)
	}
	res := send()
	if res.Status/100 != 2 {
		a.t.Fatalf("%s as %s: %d %s", path, who, res.Status, res.Body)
	}
	before := len(a.secrets)
	a.collect(path, res.JSON())
	if len(a.secrets) == before && !strings.HasSuffix(path, "/import") {
		a.t.Fatalf("%s shows no secret: %s", path, res.Body)
	}
	return res.JSON()
}

func text(doc map[string]any, path ...string) string {
	for _, name := range path[:len(path)-1] {
		doc, _ = doc[name].(map[string]any)
	}
	s, _ := doc[path[len(path)-1]].(string)
	return s
}

// person enrols somebody, signs them in over HTTP and keeps password and session.
func (a *aviary) person(who string) string {
	a.t.Helper()
	pass := a.keep("password of the "+who, "tall-canary-password-of-"+who)
	u, err := a.Identity.Enrol(a.t.Context(), access.System("test"), identity.Newcomer{Email: who + "@canary.example", Name: who, Password: secret.New(pass), Operator: who == "operator"})
	a.must(err)
	body, err := json.Marshal(map[string]string{"email": who + "@canary.example", "password": pass})
	a.must(err)
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.URL+"/v1/sessions", bytes.NewReader(body))
	a.must(err)
	r.Header.Set("Content-Type", "application/json")
	res := a.Do(r)
	for _, c := range (&http.Response{Header: res.Header}).Cookies() {
		if c.Name == a.Identity.CookieName() {
			a.keep("session of the "+who, c.Value)
			a.people[who] = c
		}
	}
	if a.people[who] == nil {
		a.t.Fatalf("%s: %d %s", who, res.Status, res.Body)
	}
	return u.ID.String()
}

func newAviary(t *testing.T, db *store.DB) *aviary {
	t.Helper()
	a := &aviary{t: t, secrets: map[string]string{}, people: map[string]*http.Cookie{}, ids: map[string]string{}}
	a.House = servertest.Start(t, servertest.Options{DB: db, Log: &a.log})
	ctx, by := t.Context(), access.System("test")
	file := a.Catalog.Get().File()
	file.Product.LegacyKeys = []catalog.Key{{In: "query", Name: "api_key"}, {In: "header", Name: "X-Pennant-Key"}}
	set, err := catalog.Parse("openapi.yaml", pennant.OpenAPI())
	a.must(err)
	cat, _, err := catalog.Import(set, file)
	a.must(err)
	a.must(a.Swap(cat))

	acc, err := a.Accounts.Put(ctx, by, account.Draft{Key: pennant.HarbourBooks, Name: "Harbour Books"})
	a.must(err)
	users := map[string]string{}
	for _, who := range []string{"operator", "developer", "administrator", "member"} {
		users[who] = a.person(who)
	}
	a.must(a.DB.Write(ctx, func(tx *store.Tx) error {
		for who, role := range map[string]string{"administrator": access.AccountAdmin, "member": access.AccountMember} {
			if err := a.Accounts.SetMember(tx, by, account.Member{Account: acc.ID.String(), User: users[who], Role: role}); err != nil {
				return err
			}
		}
		return nil
	}))
	team, err := a.Groups.Create(ctx, access.UserPrincipal(users["developer"], nil, nil), "Canaries")
	a.must(err)
	dev := access.UserPrincipal(users["developer"], map[string]string{team.ID.String(): access.GroupOwner}, nil)
	app, first := a.Release(dev, team, "flags.read", "projects.read")
	a.keep("first client secret", first.Secret.Reveal())
	ins := a.Install(access.UserPrincipal(users["administrator"], nil, map[string]string{acc.ID.String(): access.AccountAdmin}), acc, app)
	for _, who := range []string{"developer", "administrator", "member"} { // their roles are new
		a.people[who] = a.again(who)
	}
	a.ids = map[string]string{"account": acc.ID.String(), "group": team.ID.String(), "application": app.ID.String(), "installation": ins.ID.String(), "grant": ins.Grant, "key": first.ID.String(), "user": users["member"]}

	base := "/v1/accounts/" + acc.ID.String()
	key := a.make("developer", "/v1/applications/"+app.ID.String()+"/keys", `{"label":"workers"}`)
	a.make("developer", "/v1/applications/"+app.ID.String()+"/recovery-codes", `{"account_id":"`+acc.ID.String()+`"}`)
	a.make("developer", "/v1/me/totp", `{}`)
	pin := a.make("administrator", base+"/private-integrations", `{"name":"Nightly sync","scopes":["projects.read"]}`)
	a.ids["private_integration"], a.ids["token"] = text(pin, "id"), text(pin, "token", "id")
	a.make("administrator", "/v1/tokens/"+a.ids["token"]+"/rotate", `{}`)
	a.make("administrator", base+"/service-tokens", `{"name":"export","roles":["reader"]}`)
	a.make("administrator", base+"/personal-tokens", `{"name":"mine","roles":["reader"]}`)
	a.make("operator", "/v1/product-keys", `{"label":"account service"}`)
	plain := a.keep("legacy key", "canary-legacy-key-0001")
	sum := sha256.Sum256([]byte(plain))
	a.make("operator", "/v1/legacy-keys/import", `{"keys":[{"account":"`+pennant.HarbourBooks+`","key":"`+plain+`","label":"ERP","everything":true}]}`)
	a.keep("hash of the legacy key", hex.EncodeToString(sum[:]))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+"/oauth/token", strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "account_id": {acc.ID.String()}}.Encode()))
	a.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(text(key, "client_id"), text(key, "secret"))
	a.collect("token endpoint", a.Do(r).JSON())
	return a
}

// again signs somebody in anew by HTTP.
func (a *aviary) again(who string) *http.Cookie {
	a.t.Helper()
	st, err := a.Identity.SignIn(a.t.Context(), identity.SignIn{Email: who + "@canary.example", Password: secret.New("tall-canary-password-of-" + who)}, identity.Visit{})
	a.must(err)
	a.keep("second session of the "+who, st.Token.Reveal())
	return a.Identity.Cookie(st.Token)
}

// use shows every secret at every door, rightly and wrongly, so that what is
// written about that can be searched.
func (a *aviary) use() {
	a.t.Helper()
	for value := range a.secrets {
		if strings.ContainsAny(value, " :") {
			continue
		}
		for _, door := range []string{a.Gateway + "/api/v1/accounts/" + pennant.HarbourBooks + "/projects", a.URL + "/v1/accounts", a.URL + "/oauth/introspect", a.URL + "/oauth/nowhere"} {
			for i, change := range []func(*http.Request){
				func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+value) },
				func(r *http.Request) { r.Header.Set("X-Pennant-Key", value) },
				func(r *http.Request) { r.SetBasicAuth("somebody", value) },
				func(r *http.Request) { r.URL.RawQuery = "api_key=" + value + "&access_token=" + value },
				func(r *http.Request) { r.URL.Path += "/" + value },
			} {
				method := http.MethodGet
				if strings.HasPrefix(door, a.URL+"/oauth") {
					method = http.MethodPost
				}
				r, err := http.NewRequestWithContext(a.t.Context(), method, door, strings.NewReader("token="+url.QueryEscape(value)))
				a.must(err)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				change(r)
				if res := a.Do(r); i < 3 { // an answer may repeat the caller's own address, such as in an instance
					a.found(method+" "+door, res.Body)
				}
			}
		}
	}
}

// seal flushes what is in memory into the database.
func (a *aviary) settle() {
	a.t.Helper()
	a.must(a.Usage.Flush(a.t.Context()))
	a.must(a.Jobs.Drain(a.t.Context()))
}

// L-01 and L-07: secrets of every kind, made and used through the real house, are
// found in no page, no answer after the first, no log line, no measure, no backup
// and no file of the database.
func TestL01_NoSecretIsFoundInClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "guestright.db")
	a := newAviary(t, storetest.Again(t, path, nil))
	if len(a.secrets) < 22 {
		t.Fatalf("only %d secrets: %v", len(a.secrets), a.secrets)
	}
	a.use()
	a.settle()
	a.pages()
	a.answers()
	a.settle()
	log := a.log.Bytes()
	a.found("the log", log)
	if bytes.Count(log, []byte("req_")) < 500 {
		t.Error("the log tells nothing of what was done")
	}
	a.found("the measures", a.api(nil, a.Watch+"/metrics").Body)
	backup := filepath.Join(dir, "backup.db")
	a.must(store.Copy(t.Context(), path, backup)) // what guestright backup does
	entries, err := os.ReadDir(dir)
	a.must(err)
	files, telling := 0, 0
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		a.must(err)
		a.found(e.Name(), b)
		files++
		if bytes.Contains(b, []byte(a.ids["private_integration"])) {
			telling++
		}
	}
	if files < 3 || telling < 2 {
		t.Errorf("%d files, %d of which hold anything: are the database and its backup among them?", files, telling)
	}
}
