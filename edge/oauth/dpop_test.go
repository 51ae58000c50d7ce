package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/dpop"
)

// holder makes proofs with a key of its own.
type holder struct {
	key    *ecdsa.PrivateKey
	signer jose.Signer
	n      int
}

func newHolder(t *testing.T) *holder {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	return &holder{key: key, signer: s}
}

func (p *holder) thumbprint() string {
	sum, _ := (&jose.JSONWebKey{Key: p.key.Public()}).Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum)
}

// proof makes one; token may be "".
func (p *holder) proof(method, address, token string, at time.Time) string {
	p.n++
	claims := map[string]any{"jti": strconv.Itoa(p.n), "htm": method, "htu": address, "iat": at.Unix()}
	if token != "" {
		claims["ath"] = dpop.Hash(token)
	}
	body, _ := json.Marshal(claims)
	signed, err := p.signer.Sign(body)
	if err != nil {
		panic(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return raw
}

// prove sends a form with a proof.
func (h *house) prove(path string, form url.Values, proof string, who ...string) (int, map[string]any) {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.URL+path, strings.NewReader(form.Encode()))
	h.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("DPoP", proof)
	if len(who) == 2 {
		r.SetBasicAuth(who[0], who[1])
	}
	status, _, body := h.send(r)
	out := map[string]any{}
	h.ok(json.Unmarshal([]byte(body), &out))
	return status, out
}

const flagsOf = "/api/v1/accounts/harbour/projects/web-shop/flags"

// RFC 9449: a token bound to a key works with proofs by that key only, each for
// one call, at the gateway and at the authorization server.
func TestDPoP(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	me, thief := newHolder(t), newHolder(t)
	c, verifier := h.config("openid", "flags.read", "flags.write"), oauth2.GenerateVerifier()
	token := h.URL + "/oauth/token"
	form := url.Values{"grant_type": {"authorization_code"}, "code": {h.code(c, verifier, oauth2.SetAuthURLParam("dpop_jkt", me.thumbprint()))}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	for name, proof := range map[string]string{
		"no proof":           "",
		"another key":        thief.proof("POST", token, "", h.DB.Now()),
		"another method":     me.proof("GET", token, "", h.DB.Now()),
		"another address":    me.proof("POST", h.URL+"/oauth/par", "", h.DB.Now()),
		"two minutes old":    me.proof("POST", token, "", h.DB.Now().Add(-2*time.Minute)),
		"from the future":    me.proof("POST", token, "", h.DB.Now().Add(2*time.Minute)),
		"not a proof at all": "x",
	} {
		if status, out := h.prove("/oauth/token", form, proof, h.own()...); status != http.StatusBadRequest || text(out, "access_token") != "" {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	proof := me.proof("POST", token, "", h.DB.Now().Add(-10*time.Second))
	status, got := h.prove("/oauth/token", form, proof, h.own()...)
	if status != http.StatusOK || text(got, "token_type") != "DPoP" {
		t.Fatalf("%d %v", status, got)
	}
	if status, out := h.prove("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {text(got, "refresh_token")}}, proof, h.own()...); status != http.StatusBadRequest || text(out, "error") != "invalid_dpop_proof" {
		t.Errorf("a proof used twice: %d %v", status, out)
	}
	access := text(got, "access_token")
	if _, _, seen := h.post("/oauth/introspect", url.Values{"token": {access}}, h.own()...); text(seen["cnf"].(map[string]any), "jkt") != me.thumbprint() {
		t.Errorf("introspection: %v", seen)
	}
	call := func(scheme, proof string) (int, string, string) {
		a := h.Call("", http.MethodGet, flagsOf, func(r *http.Request) {
			r.Header.Set("Authorization", scheme+" "+access)
			if proof != "" {
				r.Header.Set("DPoP", proof)
			}
		})
		return a.Status, a.Code(), a.Header.Get("WWW-Authenticate")
	}
	here, now := h.Gateway+flagsOf, h.DB.Now()
	good := me.proof("GET", here, access, now)
	for _, tc := range []struct{ name, scheme, proof, code string }{
		{"the plain scheme", "Bearer", "", "dpop_required"},
		{"no proof", "DPoP", "", "invalid_dpop_proof"},
		{"another key", "DPoP", thief.proof("GET", here, access, now), "invalid_dpop_proof"},
		{"another method", "DPoP", me.proof("PUT", here, access, now), "invalid_dpop_proof"},
		{"another path", "DPoP", me.proof("GET", here+"/other", access, now), "invalid_dpop_proof"},
		{"another token", "DPoP", me.proof("GET", here, "grat_x", now), "invalid_dpop_proof"},
		{"no token hash", "DPoP", me.proof("GET", here, "", now), "invalid_dpop_proof"},
		{"old", "DPoP", me.proof("GET", here, access, now.Add(-2*time.Minute)), "invalid_dpop_proof"},
		{"good, with the query left out", "DPoP", good, "identity_invalid"}, // it reached the product
		{"the same again", "DPoP", good, "invalid_dpop_proof"},
	} {
		status, code, head := call(tc.scheme, tc.proof)
		if code != tc.code || status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", tc.name, status, code)
		}
		if code != "identity_invalid" && (!strings.HasPrefix(head, "DPoP ") || !strings.Contains(head, `algs="ES256`) || !strings.Contains(head, "resource_metadata=")) {
			t.Errorf("%s: challenge %s", tc.name, head)
		}
	}
	// Userinfo asks for a proof as well.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/oauth/userinfo", nil)
	h.ok(err)
	r.Header.Set("Authorization", "Bearer "+access)
	if status, _, _ := h.send(r); status != http.StatusUnauthorized {
		t.Errorf("userinfo without a proof: %d", status)
	}
	r.Header.Set("Authorization", "DPoP "+access)
	r.Header.Set("DPoP", me.proof("GET", h.URL+"/oauth/userinfo", access, now))
	if status, _, body := h.send(r); status != http.StatusOK {
		t.Errorf("userinfo with a proof: %d %s", status, body)
	}
	// A token that is not bound goes with Bearer only.
	plain := h.token(h.config("flags.read", "flags.write")).AccessToken
	a := h.Call("", http.MethodGet, flagsOf, func(r *http.Request) {
		r.Header.Set("Authorization", "DPoP "+plain)
		r.Header.Set("DPoP", me.proof("GET", here, plain, now))
	})
	if a.Status != http.StatusUnauthorized || a.Code() != "dpop_unbound" {
		t.Errorf("an unbound token with DPoP: %d %s", a.Status, a.Body)
	}
}

// A public client's refresh tokens are bound to its key; a client whose tokens are
// to be bound gets none without a proof.
func TestDPoPOfPublicAndBoundClients(t *testing.T) {
	t.Parallel()
	yes, none := true, application.AuthNone
	h := newHouse(t, options{client: application.ClientPatch{Public: &yes, AuthMethod: &none, DPoPBound: &yes}})
	me, thief := newHolder(t), newHolder(t)
	c := h.config("flags.read", "flags.write")
	c.ClientID, c.ClientSecret = h.app.PublicID, ""
	verifier := oauth2.GenerateVerifier()
	form := url.Values{"client_id": {c.ClientID}, "grant_type": {"authorization_code"}, "code": {h.code(c, verifier)}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	if status, _, out := h.post("/oauth/token", form); status != http.StatusBadRequest || text(out, "error") != "invalid_dpop_proof" {
		t.Errorf("without a proof: %d %v", status, out)
	}
	status, got := h.prove("/oauth/token", form, me.proof("POST", h.URL+"/oauth/token", "", h.DB.Now()))
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, got)
	}
	again := url.Values{"client_id": {c.ClientID}, "grant_type": {"refresh_token"}, "refresh_token": {text(got, "refresh_token")}}
	if status, out := h.prove("/oauth/token", again, thief.proof("POST", h.URL+"/oauth/token", "", h.DB.Now())); status != http.StatusBadRequest || text(out, "error") != "invalid_grant" {
		t.Errorf("another key: %d %v", status, out)
	}
	if status, out := h.prove("/oauth/token", again, me.proof("POST", h.URL+"/oauth/token", "", h.DB.Now())); status != http.StatusOK {
		t.Errorf("its own key: %d %v", status, out)
	}
	// A public client authenticates nowhere: it cannot act for itself or introspect.
	for path, form := range map[string]url.Values{
		"/oauth/token":      {"grant_type": {"client_credentials"}, "client_id": {c.ClientID}},
		"/oauth/introspect": {"token": {text(got, "access_token")}, "client_id": {c.ClientID}},
	} {
		if status, _, out := h.post(path, form); status != http.StatusBadRequest && status != http.StatusUnauthorized {
			t.Errorf("%s: %d %v", path, status, out)
		}
	}
}

// RFC 9728: who is refused at the gateway finds the way.
func TestProtectedResourceMetadata(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	a := h.Call("", http.MethodGet, flagsOf, nil)
	all := a.Header.Values("WWW-Authenticate")
	want := `resource_metadata="` + h.Gateway + `/.well-known/oauth-protected-resource"`
	if a.Status != http.StatusUnauthorized || len(all) != 1 || !strings.HasPrefix(all[0], "Bearer ") || !strings.Contains(all[0], want) {
		t.Fatalf("%d %v", a.Status, all)
	}
	a = h.Call("", http.MethodGet, "/.well-known/oauth-protected-resource", nil)
	doc := a.JSON()
	if servers, _ := doc["authorization_servers"].([]any); a.Status != http.StatusOK || doc["resource"] != h.Gateway || len(servers) != 1 || servers[0] != h.URL {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
