package console_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
)

// staff is an OpenID Connect provider that vouches for whom the test says.
type staff struct {
	*httptest.Server
	h      *house
	key    *ecdsa.PrivateKey
	person map[string]any
	asked  map[string]url.Values // what the browser brought, by code
}

func newStaff(t *testing.T) (*house, *staff) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	p := &staff{key: key, asked: map[string]url.Values{}}
	mux := http.NewServeMux()
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	say := func(body any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			must(t, json.NewEncoder(w).Encode(body))
		}
	}
	mux.Handle("GET /.well-known/openid-configuration", say(map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize",
		"token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}}))
	mux.Handle("GET /keys", say(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k1", Algorithm: "ES256", Use: "sig"}}}))
	mux.HandleFunc("POST /token", p.token)
	p.h = newHouse(t, func(h *house) {
		h.Identity.Provider = &identity.Provider{Issuer: p.URL, ClientID: "guestright", Secret: secret.New("client-secret"), Name: "Staff sign-in"}
	})
	return p.h, p
}

func (p *staff) token(w http.ResponseWriter, r *http.Request) {
	q, ok := p.asked[r.FormValue("code")]
	delete(p.asked, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") || r.FormValue("redirect_uri") != q.Get("redirect_uri") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	now := p.h.clock.Now()
	claims := map[string]any{"iss": p.URL, "aud": "guestright", "nonce": q.Get("nonce"), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	for k, v := range p.person {
		claims[k] = v
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
	if json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": raw}) != nil {
		return // the console is gone, and its test says so
	}
}

func (p *staff) vouch(subject, email string) {
	p.person = map[string]any{"sub": subject, "email": email, "email_verified": true, "name": "Bea Lund"}
}

// back answers as the provider does when the person has signed in there: with the address that the
// browser is sent back to.
func (p *staff) back(t *testing.T, a answer) string {
	t.Helper()
	u, err := url.Parse(a.led(t, p.URL+"/authorize?"))
	must(t, err)
	q := u.Query()
	if q.Get("redirect_uri") != p.h.URL+"/sign-in/provider" || q.Get("code_challenge_method") != "S256" {
		t.Errorf("the provider is asked %s", u)
	}
	code := rand.Text()
	p.asked[code] = q
	return "/sign-in/provider?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
}

func TestSignInThroughTheProvider(t *testing.T) {
	h, p := newStaff(t)
	p.vouch("s-1", "bea@lakeside.example")
	g := h.guest()
	door := g.get("/sign-in?next=/inbox").has(t, "Continue with Staff sign-in")
	const begin = "/sign-in/provider/begin?next=%2Finbox"
	if !strings.Contains(door.body, `href="`+begin+`"`) {
		t.Error("the button leads elsewhere")
	}
	away := g.get(begin)
	if away.Header.Get("Referrer-Policy") != "no-referrer" || away.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("on the way there: %v", away.Header)
	}
	home := p.back(t, away)
	in := g.get(home)
	in.led(t, "/inbox")
	g.get("/me").has(t, "bea@lakeside.example", "Through Staff sign-in", "Linked")

	// Nobody comes in where the answer was not asked for, or twice, or without a yes.
	if a := h.guest().get(home); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("in another browser: %d to %q", a.StatusCode, a.to())
	}
	other := h.guest()
	p.back(t, other.get(begin))
	other.get(home).has(t, "Begin again.")
	no := h.guest()
	u, err := url.Parse(no.get(begin).led(t, p.URL))
	must(t, err)
	no.get("/sign-in/provider?error=access_denied&state="+url.QueryEscape(u.Query().Get("state"))).has(t, "Sign in", "was not completed", "Continue with Staff sign-in")
	no.get("/me").led(t, "/sign-in")
	evil := h.guest()
	evil.get(p.back(t, evil.get("/sign-in/provider/begin?next=//evil.example"))).led(t, "/")
	if to := h.guest().get("/sign-in/provider/begin?next=//evil.example").to(); strings.Contains(to, "evil") {
		t.Errorf("the way back is %s", to)
	}

	// The provider is all that Bea has.
	g.submit("/me/provider/unlink", "/me/provider/unlink").has(t, "That is not possible right now")
	g.get("/me").has(t, "Linked")
}

func TestProviderIsLinkedAndUnlinked(t *testing.T) {
	h, p := newStaff(t)
	ada := h.person("Ada", "ada@northwind.example")
	ada.get("/me").has(t, "Through Staff sign-in", "Not linked")
	p.vouch("s-1", "ada@northwind.example")
	g := h.guest()
	g.get(p.back(t, g.get("/sign-in/provider/begin"))).has(t, "Somebody has this address here.")
	g.get("/me").led(t, "/sign-in")

	ada.get(p.back(t, ada.get("/me/provider"))).led(t, "/me")
	ada.get("/me").has(t, "From now on you can sign in with Staff sign-in.", "Linked")
	g.get(p.back(t, g.get("/sign-in/provider/begin?next=/inbox"))).led(t, "/inbox")
	g.get("/me").has(t, "ada@northwind.example")

	eve := h.person("Eve", "eve@northwind.example")
	eve.get(p.back(t, eve.get("/me/provider"))).has(t, "belongs to another person here")
	// What Eve began does not link Ada, whose browser is made to bring it back.
	p.vouch("s-eve", "eve@elsewhere.example")
	home := p.back(t, eve.get("/me/provider"))
	if a := ada.get(home); a.StatusCode == http.StatusSeeOther {
		t.Errorf("another browser's answer leads to %s", a.to())
	}

	ada.get("/me/provider/unlink").has(t, "Unlink Staff sign-in?")
	ada.submit("/me/provider/unlink", "/me/provider/unlink").led(t, "/me")
	ada.get("/me").has(t, "Staff sign-in does not open your account any more.", "Not linked")
	p.vouch("s-1", "ada@northwind.example")
	late := h.guest()
	late.get(p.back(t, late.get("/sign-in/provider/begin"))).has(t, "Somebody has this address here.")

	h.clock.Advance(20 * time.Minute) // a confirmation lasts 15
	for _, path := range []string{"/me/provider", "/me/provider/unlink"} {
		ada.get(path).led(t, "/confirm?next="+url.QueryEscape(path))
	}
}

func TestProviderThatIsAwayOrAbsent(t *testing.T) {
	h, p := newStaff(t)
	p.Close()
	h.guest().get("/sign-in/provider/begin").has(t, "The sign-in provider can't be reached.")
	plain := newHouse(t)
	if a := plain.guest().get("/sign-in"); strings.Contains(a.body, "/sign-in/provider") {
		t.Error("the sign-in page offers a provider that there is not")
	}
	if a := plain.guest().get("/sign-in/provider/begin"); a.StatusCode != http.StatusNotFound {
		t.Errorf("without a provider: %d", a.StatusCode)
	}
	if a := plain.person("Ada", "ada@northwind.example").get("/me"); strings.Contains(a.text(), "Through") {
		t.Error("the profile offers a provider that there is not")
	}
}
