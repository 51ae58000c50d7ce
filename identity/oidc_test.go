package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// provider is an OpenID Connect provider that believes whatever the test says.
type provider struct {
	h      *house
	srv    *httptest.Server
	key    *ecdsa.PrivateKey
	claims map[string]any    // of the next person
	codes  map[string]issued // not redeemed yet
	spoil  func(claims map[string]any)
}

type issued struct {
	challenge string
	nonce     string
	redirect  string
}

func newProvider(h *house) *provider {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.ok(err)
	p := &provider{h: h, key: key, codes: map[string]issued{}}
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"issuer": p.srv.URL, "authorization_endpoint": p.srv.URL + "/authorize", "token_endpoint": p.srv.URL + "/token",
			"jwks_uri": p.srv.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &p.key.PublicKey, KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", p.token)
	p.srv = httptest.NewServer(mux)
	h.t.Cleanup(p.srv.Close)
	h.Provider = &identity.Provider{Issuer: p.srv.URL, ClientID: "guestright", Secret: secret.New("client-secret"), Name: "Staff sign-in"}
	return p
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	is, ok := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	id, sec, _ := r.BasicAuth()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || id != "guestright" || sec != "client-secret" || b64(sum[:]) != is.challenge || r.FormValue("redirect_uri") != is.redirect {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	now := p.h.clock.Now()
	claims := map[string]any{"iss": p.srv.URL, "aud": "guestright", "nonce": is.nonce, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	for k, v := range p.claims {
		claims[k] = v
	}
	if p.spoil != nil {
		p.spoil(claims)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: "k1"}}, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	raw, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": raw})
}

// visit goes to the provider as a browser would and comes back with its answer.
func (p *provider) visit(to identity.Redirect, claims map[string]any) identity.Callback {
	p.h.t.Helper()
	u, err := url.Parse(to.URL)
	p.h.ok(err)
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("client_id") != "guestright" || q.Get("response_type") != "code" ||
		q.Get("redirect_uri") != testBase+identity.PathProvider || q.Get("scope") != "openid profile email" {
		p.h.t.Errorf("request: %s", to.URL)
	}
	p.claims = claims
	code := q.Get("state")[:8]
	p.codes[code] = issued{challenge: q.Get("code_challenge"), nonce: q.Get("nonce"), redirect: q.Get("redirect_uri")}
	return identity.Callback{Code: code, State: q.Get("state"), Kept: to.Kept.Reveal()}
}

func (p *provider) signIn(claims map[string]any) (identity.Entered, error) {
	p.h.t.Helper()
	to, err := p.h.BeginProvider(ctx, "/apps?tab=keys")
	p.h.ok(err)
	return p.h.CompleteProvider(ctx, access.Principal{}, identity.Session{}, p.visit(to, claims), visit)
}

func person(sub, email string) map[string]any {
	return map[string]any{"sub": sub, "email": email, "email_verified": true, "name": "Bea Lund"}
}

func TestSignInThroughTheOperatorsProvider(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		p := newProvider(h)
		var seen []map[string]any
		h.Claimed = func(_ *store.Tx, _ access.Principal, _ identity.User, claims map[string]any) error {
			seen = append(seen, claims)
			return nil
		}
		first, err := p.signIn(person("s-1", "Bea@Harbour.example"))
		h.ok(err)
		by, at := h.enter(first.Started)
		if first.Return != "/apps?tab=keys" || at.Method != "oidc" || first.User.Email != "bea@harbour.example" || first.User.Name != "Bea Lund" || first.User.Verified.IsZero() {
			h.t.Errorf("entered: %+v", first)
		}
		if len(seen) != 1 || seen[0]["sub"] != "s-1" {
			h.t.Errorf("claims: %v", seen)
		}
		// Known by the subject: another address changes nothing.
		again, err := p.signIn(person("s-1", "other@harbour.example"))
		h.ok(err)
		if again.User.ID != first.User.ID || again.User.Email != "bea@harbour.example" {
			h.t.Errorf("entered: %+v", again.User)
		}
		h.refuses(h.Unlink(ctx, by, at), "last_credential")
	})
}

// U-07: a second identity provider asserting the same address links nothing.
func TestU07AnAddressNeverLinks(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		p := newProvider(h)
		st := h.newcomer(ada)
		_, err := p.signIn(person("s-1", ada))
		h.refuses(err, "identity_not_linked")
		h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := h.Upsert(tx, access.System("sync"), identity.External{ProductKey: "u-9", Email: "cy@harbour.example", Name: "Cy"})
			return err
		}))
		_, err = p.signIn(person("s-2", "cy@harbour.example")) // invited, has not been here
		h.refuses(err, "identity_not_linked")
		unproven := person("s-3", "new@harbour.example")
		unproven["email_verified"] = false
		_, err = p.signIn(unproven)
		h.refuses(err, "provider_email_unverified")
		delete(unproven, "email_verified")
		_, err = p.signIn(unproven)
		h.refuses(err, "provider_email_unverified")
		h.Provider.TrustEmail = true
		_, err = p.signIn(unproven)
		h.ok(err)
		// A sign-up that was never finished does not keep the address.
		h.ok(h.SignUp(ctx, signUp("squat@harbour.example")))
		squat := h.link()
		in, err := p.signIn(person("s-4", "squat@harbour.example"))
		h.ok(err)
		h.enter(in.Started)
		_, err = h.Verify(ctx, squat, secret.New(good), visit)
		h.refuses(err, "link_invalid")
		_, err = h.signIn("squat@harbour.example", good, "")
		h.refuses(err, "sign_in_failed")

		// The first link needs the current session of the person.
		by, at := h.enter(st)
		to, err := h.BeginLink(ctx, by, at, "/me")
		h.ok(err)
		back := p.visit(to, person("s-1", "elsewhere@other.example"))
		_, err = h.CompleteProvider(ctx, access.Principal{}, identity.Session{}, back, visit)
		h.refuses(err, "session_required")
		if to, err = h.BeginLink(ctx, by, at, "/me"); err != nil {
			h.t.Fatal(err)
		}
		linked, err := h.CompleteProvider(ctx, by, at, p.visit(to, person("s-1", "elsewhere@other.example")), visit)
		h.ok(err)
		if !linked.Linked || linked.Return != "/me" {
			h.t.Errorf("linked: %+v", linked)
		}
		known, err := p.signIn(person("s-1", "elsewhere@other.example"))
		h.ok(err)
		if known.User.Email != ada {
			h.t.Errorf("signed in as %s", known.User.Email)
		}
		bobBy, bobAt := h.enter(h.newcomer("bob@harbour.example"))
		if to, err = h.BeginLink(ctx, bobBy, bobAt, "/"); err != nil {
			h.t.Fatal(err)
		}
		_, err = h.CompleteProvider(ctx, bobBy, bobAt, p.visit(to, person("s-1", ada)), visit)
		h.refuses(err, "identity_linked_elsewhere")
		h.ok(h.Unlink(ctx, by, at))
		h.refuses(h.Unlink(ctx, by, at), "not_found")
	})
}

// The operator may say that a claim holds the product's own key.
func TestTheProductsKeyRecognises(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		p := newProvider(h)
		h.Provider.KeyClaim = "employee"
		var cy identity.User
		h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
			var err error
			cy, err = h.Upsert(tx, access.System("sync"), identity.External{ProductKey: "u-9", Email: "cy@harbour.example", Name: "Cy"})
			return err
		}))
		claims := map[string]any{"sub": "s-9", "employee": "u-9"}
		in, err := p.signIn(claims)
		h.ok(err)
		if in.User.ID != cy.ID || in.User.State != identity.Active {
			h.t.Errorf("signed in as %+v", in.User)
		}
		claims["sub"] = "s-10"
		_, err = p.signIn(claims)
		h.refuses(err, "identity_linked_elsewhere")
	})
}

func TestAnswersOfTheProviderAreVerified(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		p := newProvider(h)
		begin := func() identity.Redirect {
			to, err := h.BeginProvider(ctx, "//evil.example")
			h.ok(err)
			return to
		}
		complete := func(in identity.Callback) error {
			_, err := h.CompleteProvider(ctx, access.Principal{}, identity.Session{}, in, visit)
			return err
		}
		ada := person("s-1", ada)
		// U-09: an answer planted in another browser, whose cookie is another's.
		planted := p.visit(begin(), ada)
		planted.Kept = begin().Kept.Reveal()
		h.refuses(complete(planted), "exchange_expired")
		none := p.visit(begin(), ada)
		none.Kept = ""
		h.refuses(complete(none), "exchange_expired")
		in := p.visit(begin(), ada)
		h.ok(complete(in))
		h.refuses(complete(in), "exchange_expired") // again
		late := p.visit(begin(), ada)
		h.clock.Advance(10 * time.Minute)
		h.refuses(complete(late), "exchange_expired")
		refused := p.visit(begin(), ada)
		refused.Error = "access_denied<script>"
		h.refuses(complete(refused), "provider_refused")
		mixed := p.visit(begin(), ada)
		mixed.Iss = "https://another.example"
		h.refuses(complete(mixed), "provider_refused")
		for name, spoil := range map[string]func(map[string]any){
			"another audience": func(c map[string]any) { c["aud"] = "somebody" },
			"another issuer":   func(c map[string]any) { c["iss"] = "https://another.example" },
			"another nonce":    func(c map[string]any) { c["nonce"] = "x" },
			"no nonce":         func(c map[string]any) { delete(c, "nonce") },
			"expired":          func(c map[string]any) { c["exp"] = h.clock.Now().Add(-time.Second).Unix() },
			"no subject":       func(c map[string]any) { delete(c, "sub") },
		} {
			p.spoil = spoil
			if err := complete(p.visit(begin(), ada)); err == nil {
				h.t.Errorf("%s: accepted", name)
			} else {
				h.refuses(err, "provider_refused")
			}
		}
		p.spoil = nil
		st, err := p.signIn(ada)
		h.ok(err)
		h.enter(st.Started)
		h.Claimed = func(*store.Tx, access.Principal, identity.User, map[string]any) error { return errors.New("no") }
		_, err = p.signIn(ada)
		h.refuses(err, "internal")
		p.srv.Close()
		h.Provider = &identity.Provider{Issuer: p.srv.URL, ClientID: "guestright"}
		_, err = h.BeginProvider(ctx, "/")
		h.refuses(err, "provider_unavailable")
		h.Provider = nil
		_, err = h.BeginProvider(ctx, "/")
		h.refuses(err, "not_found")
	})
}
