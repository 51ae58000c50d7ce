package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
)

// desk is a house with one account whose administrator uses the management API.
type desk struct {
	*servertest.House
	clock   *storetest.Clock
	account account.Account
}

const deskPass = "correct horse battery desk"

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{clock: storetest.NewClock()}
	// The example product checks identities by the real clock: one that takes every
	// call stands in for it.
	product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	t.Cleanup(product.Close)
	d.House = servertest.Start(t, servertest.Options{Clock: d.clock, Catalog: servertest.PennantCatalog(t, product.URL)})
	var err error
	if d.account, err = d.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "harbour-books", Name: "Harbour Books"}); err != nil {
		t.Fatal(err)
	}
	d.member("grace@example.com", access.AccountAdmin)
	return d
}

// member makes somebody who belongs to the account; role "" ends that.
func (d *desk) member(email, role string) string {
	d.T.Helper()
	ctx, by := d.T.Context(), access.System("test")
	u, err := d.Identity.Enrol(ctx, by, identity.Newcomer{Email: email, Name: email, Password: secret.New(deskPass)})
	if err != nil {
		d.T.Fatal(err)
	}
	d.become(u.ID.String(), role)
	return u.ID.String()
}

func (d *desk) become(user, role string) {
	d.T.Helper()
	err := d.DB.Write(d.T.Context(), func(tx *store.Tx) error {
		if role == "" {
			return d.Accounts.RemoveMember(tx, access.System("test"), d.account.ID.String(), user)
		}
		return d.Accounts.SetMember(tx, access.System("test"), account.Member{Account: d.account.ID.String(), User: user, Role: role})
	})
	if err != nil {
		d.T.Fatal(err)
	}
}

// api asks the management API; who is a mail address or a token.
func (d *desk) api(who, method, path, body string) servertest.Answer {
	d.T.Helper()
	r, err := http.NewRequestWithContext(d.T.Context(), method, d.URL+path, strings.NewReader(body))
	if err != nil {
		d.T.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if !strings.Contains(who, "@") {
		r.Header.Set("Authorization", "Bearer "+who)
		return d.Do(r)
	}
	st, err := d.Identity.SignIn(d.T.Context(), identity.SignIn{Email: who, Password: secret.New(deskPass)}, identity.Visit{})
	if err != nil {
		d.T.Fatal(err)
	}
	r.AddCookie(d.Identity.Cookie(st.Token))
	return d.Do(r)
}

// issuedToken is what making and rotating answer.
type issuedToken struct {
	ID     string `json:"id"`
	Grant  string `json:"grant"`
	Secret string `json:"secret"`
	Token  struct {
		ID string `json:"id"`
	} `json:"token"`
}

func (d *desk) make(what string, a servertest.Answer) issuedToken {
	d.T.Helper()
	var m issuedToken
	if err := json.Unmarshal(a.Body, &m); err != nil || a.Status != http.StatusCreated || m.Secret == "" {
		d.T.Fatalf("%s: %d %s", what, a.Status, a.Body)
	}
	return m
}

func (d *desk) code(what string, a servertest.Answer, want string) {
	d.T.Helper()
	if got := a.Code(); got != want || want == "" && a.Status >= 300 {
		d.T.Errorf("%s: %d %s, want %q", what, a.Status, a.Body, want)
	}
}

const deskFlags = "/api/v1/accounts/harbour-books/projects/web-shop/flags"

// calls says what a call to the product with the token comes to.
func (d *desk) calls(what, token, want string) servertest.Answer {
	d.T.Helper()
	a := d.Call(token, "GET", deskFlags, nil)
	d.code(what, a, want)
	return a
}

// Must show 5: the life of a token, over HTTP, under a fixed clock.
func TestTokenLife(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const admin, day = "grace@example.com", 24 * time.Hour
	accounts := "/v1/accounts/" + d.account.ID.String()
	first := d.make("create", d.api(admin, "POST", accounts+"/service-tokens", `{"name":"nightly export","roles":["reader"]}`))
	if !secret.ServiceToken.Is(first.Secret) {
		t.Errorf("prefix: %s", first.Secret[:5])
	}
	if a := d.api(admin, "GET", "/v1/api-tokens/"+first.ID, ""); strings.Contains(string(a.Body), first.Secret) || a.Status != 200 {
		t.Errorf("the second look: %s", a.Body)
	}
	d.calls("a call", first.Secret, "")
	step := func(id, what, body string) servertest.Answer {
		return d.api(admin, "POST", "/v1/tokens/"+id+"/"+what, body)
	}

	second := d.make("rotate", step(first.Token.ID, "rotate", `{}`))
	d.calls("the old one in the overlap", first.Secret, "")
	d.calls("the new one in the overlap", second.Secret, "")
	d.code("cancel", step(first.Token.ID, "cancel-rotation", ""), "")
	d.calls("the old one after cancelling", first.Secret, "")
	d.calls("the new one after cancelling", second.Secret, "token_revoked")

	third := d.make("rotate again", step(first.Token.ID, "rotate", `{"overlap_seconds":604800}`))
	until, _ := json.Marshal(d.clock.Now().Add(14 * day))
	d.code("extend", step(first.Token.ID, "extend", `{"until":`+string(until)+`}`), "")
	d.clock.Advance(10 * day)
	d.calls("the old one, extended", first.Secret, "")
	d.code("brown-out", step(first.Token.ID, "brown-out", ""), "")
	if a := d.calls("in the brown-out", first.Secret, "token_brown_out"); a.Status != 401 || a.Header.Get("Retry-After") != "120" {
		t.Errorf("brown-out: %d %v", a.Status, a.Header)
	}
	d.calls("the new one meanwhile", third.Secret, "")
	d.clock.Advance(2 * time.Minute)
	d.calls("after the brown-out", first.Secret, "")
	d.H8(first.Grant, map[string]int64{first.Token.ID: 6, second.ID: 2, third.ID: 1})
	d.code("expire", step(first.Token.ID, "expire", ""), "")
	d.calls("the old one, expired", first.Secret, "token_expired")
	d.calls("the new one, the old expired", third.Secret, "")

	begin := d.clock.Now()
	for _, at := range []int{75, 83, 89} {
		d.clock.Advance(begin.Add(time.Duration(at) * day).Sub(d.clock.Now()))
		d.watch()
		d.notices("token.unused", map[int]int{75: 1, 83: 2, 89: 3}[at])
	}
	d.clock.Advance(day)
	d.watch()
	d.notices("token.disabled", 1)
	d.calls("after ninety days", third.Secret, "token_idle")
	d.code("restore", step(third.ID, "restore", ""), "")
	d.calls("restored", third.Secret, "")
	d.code("delete", d.api(admin, "DELETE", "/v1/api-tokens/"+first.ID, ""), "")
	d.calls("deleted", third.Secret, "token_revoked")
}

func (d *desk) watch() {
	d.T.Helper()
	if err := d.Tokens.Watch(d.T.Context()); err != nil {
		d.T.Fatal(err)
	}
}

// notices counts those of one kind in the administrator's inbox, and the letters.
func (d *desk) notices(kind string, want int) {
	d.T.Helper()
	a := d.api("grace@example.com", "GET", "/v1/notices?limit=100", "")
	if got := strings.Count(string(a.Body), `"kind":"`+kind+`"`); got != want {
		d.T.Errorf("at %s: %d notices of %s, want %d: %s", d.clock.Now(), got, kind, want, a.Body)
	}
	var mails int
	err := d.DB.Read(d.T.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT COUNT(*) FROM notice_mail WHERE kind = ?", kind).Scan(tx.Ctx, &mails)
	})
	if err != nil || mails != want {
		d.T.Errorf("letters of %s: %d %v", kind, mails, err)
	}
}

// H8: each generation shows when, from where and by which operation it was used.
func (d *desk) H8(grant string, calls map[string]int64) {
	d.T.Helper()
	a := d.api("grace@example.com", "GET", "/v1/grants/"+grant+"/tokens", "")
	var list struct {
		Items []struct {
			ID       string
			Activity struct {
				Last struct {
					At                 time.Time
					Operation, Network string
				}
				Month map[string]int64 `json:"calls_30d"`
			}
		}
	}
	if err := json.Unmarshal(a.Body, &list); err != nil || len(list.Items) != len(calls) {
		d.T.Fatalf("generations: %v %s", err, a.Body)
	}
	for _, g := range list.Items {
		var n int64
		for _, c := range g.Activity.Month {
			n += c
		}
		if n != calls[g.ID] || g.Activity.Last.Operation == "" || g.Activity.Last.Network != "127.0.0.0/24" {
			d.T.Errorf("%s: %d calls, want %d: %+v", g.ID, n, calls[g.ID], g.Activity)
		}
	}
}

// A personal token is its owner, live, within its own role: at the gateway and
// at our own API.
func TestPersonalTokenIsItsOwner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const ada = "ada@example.com"
	user := d.member(ada, access.AccountMember)
	accounts := "/v1/accounts/" + d.account.ID.String()
	d.code("what she has not got, as a service token", d.api(ada, "POST", accounts+"/service-tokens", `{"name":"x","roles":["reader"]}`), "forbidden")
	for what, body := range map[string]string{"no roles": `{"name":"x"}`, "both": `{"name":"x","roles":["reader"],"policy":[{"effect":"allow","actions":["*"],"resources":["*"]}]}`, "no name": `{"name":" ","roles":["reader"]}`} {
		d.code(what, d.api(ada, "POST", accounts+"/personal-tokens", body), "api_token_invalid")
	}
	d.code("an unknown role", d.api(ada, "POST", accounts+"/personal-tokens", `{"name":"x","roles":["rle_00000000000000000000000000"]}`), "role_unknown")
	wide := d.make("wide", d.api(ada, "POST", accounts+"/personal-tokens", `{"name":"laptop","roles":["admin"]}`))
	narrow := d.make("narrow", d.api(ada, "POST", accounts+"/personal-tokens", `{"name":"laptop","roles":["no_access"]}`))
	if !secret.PersonalToken.Is(wide.Secret) {
		t.Errorf("prefix: %s", wide.Secret[:5])
	}

	// She has no role in the product: an administrator's token of hers has none either.
	d.calls("without a role", wide.Secret, "permission_denied")
	assign := func(roles string) {
		t.Helper()
		d.code("assign", d.api("grace@example.com", "PUT", accounts+"/members/"+user+"/roles", `{"roles":[`+roles+`]}`), "")
	}
	assign(`{"role":"reader"}`)
	d.calls("with one", wide.Secret, "")
	d.calls("within the token's own", narrow.Secret, "permission_denied")
	assign(``)
	d.calls("without again, at the next call", wide.Secret, "permission_denied")

	// At our own API she is herself, within the account and the token.
	if a := d.api(wide.Secret, "GET", accounts+"/api-tokens", ""); a.Status != 200 || strings.Count(string(a.Body), `"kind":"personal"`) != 2 {
		t.Errorf("her list: %d %s", a.Status, a.Body)
	}
	d.code("within a narrow token", d.api(narrow.Secret, "GET", accounts+"/api-tokens", ""), "not_found")
	d.code("an administrator's affair", d.api(wide.Secret, "PUT", accounts+"/token-policy", `{"idle_days":0,"rotate_days":0}`), "forbidden")
	if a := d.api("grace@example.com", "GET", accounts+"/api-tokens", ""); strings.Contains(string(a.Body), wide.ID) {
		t.Errorf("others' tokens are listed unasked: %s", a.Body)
	}
	if a := d.api("grace@example.com", "GET", accounts+"/api-tokens?show_all=true", ""); !strings.Contains(string(a.Body), wide.ID) {
		t.Errorf("an administrator sees all: %s", a.Body)
	}
	d.member("bob@example.com", access.AccountMember)
	for _, path := range []string{"/v1/api-tokens/" + wide.ID, "/v1/tokens/" + wide.Token.ID} {
		d.code("another member on "+path, d.api("bob@example.com", "GET", path, ""), "not_found")
	}

	// It ends with the membership, and coming back does not bring it back.
	d.become(user, "")
	d.calls("after she left", wide.Secret, "token_revoked")
	d.become(user, access.AccountMember)
	d.calls("after she came back", wide.Secret, "token_revoked")
}

// A service token never got more than its creator had, and survives them.
func TestServiceTokenIsBoundedByItsCreator(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const grace = "grace@example.com"
	accounts := "/v1/accounts/" + d.account.ID.String()
	ops := d.api(grace, "POST", accounts+"/custom-roles", `{"key":"ops","name":"Ops","policy":[{"effect":"allow","actions":["flag:view"],"resources":["*"]}]}`)
	role, _ := ops.JSON()["id"].(string)
	d.code("a role", ops, "")
	made := d.make("make", d.api(grace, "POST", accounts+"/service-tokens", `{"name":"export","roles":["`+role+`"]}`))
	d.calls("with the role", made.Secret, "")
	d.code("narrow the role", d.api(grace, "PATCH", accounts+"/custom-roles/"+role, `{"policy":[]}`), "")
	d.calls("the role is narrower", made.Secret, "permission_denied")
	d.code("the role is in use", d.api(grace, "DELETE", accounts+"/custom-roles/"+role, ""), "role_in_use")
	d.code("rename", d.api(grace, "PATCH", "/v1/api-tokens/"+made.ID, `{"name":"nightly export"}`), "")
	if a := d.api(made.Secret, "PATCH", "/v1/api-tokens/"+made.ID, `{"name":"mine"}`); a.Status != 404 && a.Status != 403 {
		t.Errorf("a service token changes the account: %d %s", a.Status, a.Body)
	}
	d.code("delete", d.api(grace, "DELETE", "/v1/api-tokens/"+made.ID, ""), "")
	d.code("delete again", d.api(grace, "DELETE", "/v1/api-tokens/"+made.ID, ""), "api_token_deleted")
	d.code("the role is free", d.api(grace, "DELETE", accounts+"/custom-roles/"+role, ""), "")
}
