package oauth_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

const callback = "https://deploybot.example/callback"

// house is a whole platform with a verified application that is installed in an
// account and may act for people there.
type house struct {
	*servertest.House
	clock   *storetest.Clock
	dev     access.Principal
	team    group.Group
	admin   access.Principal
	account account.Account
	app     application.Application
	key     application.IssuedKey
	ins     integration.Installation
	person  access.Principal // a member of the account
}

type options struct {
	servertest.Options
	delegation string
	real       bool // by the real clock
	change     func(*server.Config)
	client     application.ClientPatch
}

func newHouse(t *testing.T, o options) *house {
	t.Helper()
	h := &house{}
	if !o.real {
		h.clock = storetest.NewClock()
	}
	o.Clock, o.Change = h.clock, o.change
	h.House = servertest.Start(t, o.Options)
	dev, team := h.Developer("dev@deploybot.example")
	h.dev, h.team = dev, team
	h.app, h.key = h.Release(dev, team, "flags.read", "flags.write")
	if o.client.RedirectURIs == nil {
		o.client.RedirectURIs = &[]string{callback}
	}
	h.client(o.client)
	h.verify()
	h.admin, h.account = h.Customer("harbour", account.Production)
	if o.delegation == "" {
		o.delegation = "consent"
	}
	var err error
	h.ins, err = h.Integrations.Install(t.Context(), h.admin, h.account.ID, integration.Order{ApplicationID: h.app.PublicID, Delegation: o.delegation})
	h.ok(err)
	h.person = h.member("ada@harbour.example")
	return h
}

func (h *house) ok(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

func (h *house) client(p application.ClientPatch) {
	h.T.Helper()
	_, err := h.Applications.SetClient(h.T.Context(), h.dev, h.app.ID, p)
	h.ok(err)
}

// verify takes the application through the operator's review.
func (h *house) verify() {
	h.T.Helper()
	ctx, operator := h.T.Context(), access.Operator(h.Person("operator@guestright.example"))
	_, err := h.Applications.Edit(ctx, h.dev, h.app.ID, application.Draft{Name: "Deploybot", Description: "Turns flags on after a deploy.",
		Domains: []string{"deploybot.example"}, Homepage: "https://deploybot.example/", Support: "help@deploybot.example"})
	h.ok(err)
	_, err = h.Releases.Submit(ctx, h.dev, h.app.ID, release.Statement{Privacy: "https://deploybot.example/privacy", Security: "security@deploybot.example", Data: "Nothing is kept."})
	h.ok(err)
	got, err := h.Releases.Take(ctx, operator, h.app.ID)
	h.ok(err)
	_, err = h.Releases.Decide(ctx, operator, h.app.ID, release.Decision{Verify: true, Revision: got.Revision})
	h.ok(err)
}

func (h *house) member(email string) access.Principal {
	h.T.Helper()
	user := h.Person(email)
	h.ok(h.DB.Write(h.T.Context(), func(tx *store.Tx) error {
		by := access.System("test")
		role, err := h.Accounts.PutRole(tx, by, account.Role{Account: h.account.ID.String(), Key: "editor", Name: "Editor",
			Policy: access.Policy{{Effect: access.Allow, Actions: []string{"flag:*"}, Resources: []string{"*"}}}})
		if err != nil {
			return err
		}
		return h.Accounts.SetMember(tx, by, account.Member{Account: h.account.ID.String(), User: user, Role: access.AccountMember, Roles: []string{role.ID.String()}})
	}))
	return access.UserPrincipal(user, nil, map[string]string{h.account.ID.String(): access.AccountMember})
}

// config is an unmodified client of golang.org/x/oauth2.
func (h *house) config(scopes ...string) *oauth2.Config {
	return &oauth2.Config{ClientID: h.key.ClientID, ClientSecret: h.key.Secret.Reveal(), RedirectURL: callback, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: h.URL + "/oauth/authorize", TokenURL: h.URL + "/oauth/token"}}
}

// get sends a browser somewhere, without following redirects.
func (h *house) get(address string) (int, http.Header, string) {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodGet, address, nil)
	h.ok(err)
	return h.send(r)
}

func (h *house) send(r *http.Request) (int, http.Header, string) {
	h.T.Helper()
	client := *h.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(r)
	h.ok(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	h.ok(err)
	return res.StatusCode, res.Header, string(body)
}

// post sends a form; who is a pair of client id and secret, or nobody.
func (h *house) post(path string, form url.Values, who ...string) (int, http.Header, map[string]any) {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.URL+path, strings.NewReader(form.Encode()))
	h.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(who) == 2 {
		r.SetBasicAuth(url.QueryEscape(who[0]), url.QueryEscape(who[1]))
	}
	status, head, body := h.send(r)
	out := map[string]any{}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		h.T.Fatalf("%s answers %d %s", path, status, body)
	}
	return status, head, out
}

// own are the credentials of the application.
func (h *house) own() []string { return []string{h.key.ClientID, h.key.Secret.Reveal()} }

// request takes a browser to the authorization endpoint and gives the request that
// waits for a person.
func (h *house) request(address string) authorization.ID {
	h.T.Helper()
	status, head, body := h.get(address)
	to, err := url.Parse(head.Get("Location"))
	if err != nil || status != http.StatusSeeOther || to.Path != "/consent" {
		h.T.Fatalf("authorize: %d %s %s", status, head.Get("Location"), body)
	}
	id, err := ident.Parse[authorization.Request](to.Query().Get("request"))
	h.ok(err)
	return id
}

// approve lets the person agree to everything that is asked.
func (h *house) approve(id authorization.ID) *url.URL {
	h.T.Helper()
	asking, err := h.Authority.Ask(h.T.Context(), h.person, id, h.DB.Now())
	h.ok(err)
	to, err := h.Authority.Decide(h.T.Context(), h.person, id, authorization.Decision{Approve: true, Account: h.account.ID.String(),
		Scopes: asking.Request.Params.Scopes, Authenticated: h.DB.Now()})
	h.ok(err)
	u, err := url.Parse(to)
	h.ok(err)
	return u
}

// code runs the flow up to the code.
func (h *house) code(c *oauth2.Config, verifier string, extra ...oauth2.AuthCodeOption) string {
	h.T.Helper()
	u := h.approve(h.request(c.AuthCodeURL("state", append(extra, oauth2.S256ChallengeOption(verifier))...)))
	if got := u.Query(); got.Get("state") != "state" || got.Get("iss") != h.URL || got.Get("code") == "" {
		h.T.Fatalf("the answer: %s", u)
	}
	return u.Query().Get("code")
}

// token runs the whole flow.
func (h *house) token(c *oauth2.Config) *oauth2.Token {
	h.T.Helper()
	verifier := oauth2.GenerateVerifier()
	t, err := c.Exchange(h.http(), h.code(c, verifier), oauth2.VerifierOption(verifier))
	h.ok(err)
	return t
}

func (h *house) http() context.Context {
	return context.WithValue(h.T.Context(), oauth2.HTTPClient, h.Client)
}

// refresh uses a refresh token by hand.
func (h *house) refresh(raw string, more ...string) (int, map[string]any) {
	h.T.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {raw}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	status, _, out := h.post("/oauth/token", form, h.own()...)
	return status, out
}

// works reports whether the gateway takes an access token.
func (h *house) works(raw string) bool {
	h.T.Helper()
	a := h.Call(raw, http.MethodGet, flagsOf, nil)
	switch {
	case a.Code() == "identity_invalid": // it reached the product, whose clock is another
		return true
	}
	return a.Status != http.StatusUnauthorized
}

func text(m map[string]any, name string) string {
	s, _ := m[name].(string)
	return s
}
