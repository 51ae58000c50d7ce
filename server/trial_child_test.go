package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server"
)

// childEnv names the configuration that a child serves.
const childEnv = "GUESTRIGHT_TRIAL_CHILD"

// hooksEnv names a receiver of webhooks on loopback that a child may call.
const hooksEnv = "GUESTRIGHT_TRIAL_HOOKS"

// reaching is a client that may call a receiver on loopback; nil for none.
func reaching(t testing.TB, hooks string) *outbound.Client {
	t.Helper()
	if hooks == "" {
		return nil
	}
	c, err := outbound.NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(hooks)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTrialChild is not a test: it is what a trial starts as a process of its
// own, the same steps as guestright serve.
func TestTrialChild(t *testing.T) {
	path := os.Getenv(childEnv)
	if path == "" {
		return
	}
	cfg, err := server.LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	app, err := server.Open(ctx, cfg, server.Options{Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)), Outbound: reaching(t, os.Getenv(hooksEnv))})
	if err != nil {
		t.Fatal(err)
	}
	l, err := app.Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Run(ctx, l, nil); err != nil {
		t.Error(err)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

// made is what an answer of the API says.
type made struct {
	ID       string `json:"id"`
	PublicID string `json:"application_id"`
	ClientID string `json:"client_id"`
	Secret   string `json:"secret"`
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	Status   int    `json:"-"`
}

func (m made) ok() bool { return m.Status >= 200 && m.Status < 300 }

// api asks the management API with a person's session; err is set when no whole
// answer came.
func (n *node) api(cookie, method, path string, body any) (made, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return made{}, err
		}
	}
	r, err := http.NewRequest(method, n.url+path, bytes.NewReader(text))
	if err != nil {
		return made{}, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Cookie", cookie)
	status, answer, err := n.ask(r)
	if err != nil {
		return made{}, err
	}
	m := made{}
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &m); err != nil {
			return m, fmt.Errorf("%d %s", status, answer)
		}
	}
	m.Status = status
	return m, nil
}

type object map[string]any

func (n *node) register(cookie, group, name string) (made, error) {
	return n.api(cookie, "POST", "/v1/groups/"+group+"/applications", object{"name": name, "description": "Stands trial."})
}

// publish makes a version and releases it.
func (n *node) publish(cookie, application string) (made, error) {
	m, err := n.api(cookie, "POST", "/v1/applications/"+application+"/versions",
		object{"number": "1.0.0", "required": []object{{"scope": "flags.read", "purpose": "To do its work."}}})
	if err != nil || !m.ok() {
		return m, err
	}
	return n.api(cookie, "POST", "/v1/versions/"+m.ID+"/publish", nil)
}

func (n *node) key(cookie, application string) (made, error) {
	return n.api(cookie, "POST", "/v1/applications/"+application+"/keys", object{"label": "trial"})
}

func (n *node) install(cookie, account, publicID string) (made, error) {
	return n.api(cookie, "POST", "/v1/accounts/"+account+"/installations", object{"application_id": publicID})
}

// token asks for one at the token endpoint; "" when it is refused.
func (n *node) token(k made, acc string) (string, int, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "account_id": {acc}}
	r, err := http.NewRequest(http.MethodPost, n.url+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(k.ClientID, k.Secret)
	status, body, err := n.ask(r)
	if err != nil {
		return "", status, err
	}
	var a struct {
		AccessToken string `json:"access_token"`
	}
	return a.AccessToken, status, json.Unmarshal(body, &a)
}

// call goes through the node's gateway.
func (n *node) call(token, accountKey string) (int, string, error) {
	r, err := http.NewRequest(http.MethodGet, n.gateway+"/api/v1/accounts/"+accountKey+"/projects/web-shop/flags", nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	status, body, err := n.ask(r)
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(body, &p)
	return status, p.Code, err
}

// person is somebody with a session, a group and accounts that they administer.
type person struct {
	user, cookie string
	group        group.Group
	accounts     []account.Account // with the keys acc-0, …
	by           access.Principal
}

// people makes a person who owns a group and administers n accounts.
func people(t testing.TB, app *server.App, n int) person {
	t.Helper()
	ctx, by, pass := t.Context(), access.System("trial"), secret.New("correct horse battery staple")
	u, err := app.Identity.Enrol(ctx, by, identity.Newcomer{Email: "trial@example.com", Name: "Trial", Password: pass})
	if err != nil {
		t.Fatal(err)
	}
	p := person{user: u.ID.String()}
	if p.group, err = app.Groups.Create(ctx, access.UserPrincipal(p.user, nil, nil), "Trial team"); err != nil {
		t.Fatal(err)
	}
	roles := map[string]string{}
	for i := range n {
		a, err := app.Accounts.Put(ctx, by, account.Draft{Key: fmt.Sprintf("acc-%d", i), Name: fmt.Sprintf("Account %d", i), Kind: account.Production})
		if err != nil {
			t.Fatal(err)
		}
		err = app.DB.Write(ctx, func(tx *store.Tx) error {
			return app.Accounts.SetMember(tx, by, account.Member{Account: a.ID.String(), User: p.user, Role: access.AccountAdmin})
		})
		if err != nil {
			t.Fatal(err)
		}
		p.accounts, roles[a.ID.String()] = append(p.accounts, a), access.AccountAdmin
	}
	p.by = access.UserPrincipal(p.user, map[string]string{p.group.ID.String(): access.GroupOwner}, roles)
	st, err := app.Identity.SignIn(ctx, identity.SignIn{Email: "trial@example.com", Password: pass}, identity.Visit{})
	if err != nil {
		t.Fatal(err)
	}
	c := app.Identity.Cookie(st.Token)
	p.cookie = c.Name + "=" + c.Value
	return p
}
