package server_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server/fronttest"
	"github.com/guestright/guestright/token"
)

// jwt makes an unsigned token of the given head and claims; to this house every
// JWT is an unknown token, whatever it says.
func jwt(head, claims string) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(head)) + "." + e.EncodeToString([]byte(claims)) + "." + e.EncodeToString([]byte("signature"))
}

// The odd T cases: strings that are nearly a token, or another kind of secret.
func TestTokenCases(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			flip := func(in string) string {
				return strings.Map(func(r rune) rune {
					if unicode.IsUpper(r) {
						return unicode.ToLower(r)
					}
					return unicode.ToUpper(r)
				}, in)
			}
			refresh := s.issue(t, token.Refresh)
			for name, raw := range map[string]string{
				"T01 last character removed": s.token[:len(s.token)-1],
				"T01 first half":             s.token[:25],
				"T01 one character more":     s.token + "0",
				"T03 case flipped":           s.token[:5] + flip(s.token[5:]),
				"T03 prefix in capitals":     strings.ToUpper(s.token[:5]) + s.token[5:],
				"T05 client secret":          s.key.Secret.Reveal(),
				"T05 client id":              s.key.ClientID,
				"T05 refresh token":          refresh,
				"T05 unknown, well formed":   secret.Generate(secret.AccessToken).Reveal(),
				"T05 other prefix":           "grpk_" + s.token[5:],
				"T07 none":                   jwt(`{"alg":"none","typ":"at+jwt"}`, `{"iss":"`+s.House.URL+`","sub":"x","aud":"product","exp":99999999999}`),
				"T07 none in capitals":       jwt(`{"alg":"NONE"}`, `{"sub":"x"}`),
				"T07 HS256":                  jwt(`{"alg":"HS256"}`, `{"sub":"x"}`),
				"T09 jku":                    jwt(`{"alg":"ES256","jku":"http://127.0.0.1:1/jwks"}`, `{"sub":"x"}`),
				"T09 x5u":                    jwt(`{"alg":"ES256","x5u":"http://127.0.0.1:1/x"}`, `{"sub":"x"}`),
				"T09 embedded jwk":           jwt(`{"alg":"ES256","jwk":{"kty":"EC"}}`, `{"sub":"x"}`),
				"T11 id token":               jwt(`{"alg":"ES256","typ":"JWT"}`, `{"nonce":"x","sub":"x"}`),
				"T11 logout token":           jwt(`{"alg":"ES256","typ":"logout+jwt"}`, `{"events":{}}`),
				"T13 exp as text":            jwt(`{"alg":"ES256"}`, `{"exp":"soon"}`),
				"T13 exp 1e99":               jwt(`{"alg":"ES256"}`, `{"exp":1e99}`),
				"T13 negative exp":           jwt(`{"alg":"ES256"}`, `{"exp":-1}`),
				"dot":                        ".",
				"6 KB":                       strings.Repeat("a", 6<<10),
			} {
				a, seen := s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer "+raw))
				s.refused(t, name, a, seen, 401)
				var doc struct{ Code string }
				if err := json.Unmarshal([]byte(a.Body), &doc); err != nil || doc.Code != "invalid_token" {
					t.Errorf("%s: %s", name, a.Body)
				}
				if strings.Contains(a.Body, raw) && len(raw) > 1 || !strings.Contains(a.Header.Get("WWW-Authenticate"), "invalid_token") {
					t.Errorf("%s: %v %s", name, a.Header, a.Body)
				}
			}
			for name, field := range map[string]string{
				"T15 Cyrillic a":  "Authorization: Bearer " + strings.Replace(s.token, "a", "а", 1),
				"T15 full width":  "Authorization: Bearer " + strings.Replace(s.token, "_", "＿", 1),
				"T15 zero width":  "Authorization: Bearer " + s.token[:9] + "\u200b" + s.token[9:],
				"two spaces":      "Authorization: Bearer  " + s.token,
				"trailing word":   "Authorization: Bearer " + s.token + " x",
				"list":            "Authorization: Bearer " + s.token + ", Bearer " + s.token,
				"no scheme":       "Authorization: " + s.token,
				"other scheme":    "Authorization: Token " + s.token,
				"Basic":           "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("x:"+s.token)),
				"empty":           "Authorization:",
				"scheme alone":    "Authorization: Bearer",
				"other header":    "X-Authorization: Bearer " + s.token,
				"cookie":          "Cookie: access_token=" + s.token,
				"proxy's":         "Proxy-Authorization: Bearer " + s.token,
				"underscore":      "Authorization_: Bearer " + s.token,
				"identity header": "Guestright-Identity: " + s.token,
			} {
				a, seen := s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, field))
				s.refused(t, name, a, seen, 400, 401)
			}
			a, seen := s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer "+s.token, "Authorization: Bearer "+s.token))
			s.refused(t, "two headers", a, seen, 400, 401)
			a, seen = s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: bEARER "+s.token))
			s.served(t, "the scheme has no case", "/a/x", a, seen)

			for _, query := range []string{"access_token=" + s.token, "token=" + s.token, "x=1&access_token=" + strings.Replace(s.token, "_", "%5F", 1)} {
				a, seen := s.raw(t, fronttest.Get("GET /a/x?"+query+" HTTP/1.1", fronttest.Host))
				s.refused(t, "T17 in the query alone", a, seen, 401)
				a, seen = s.send(t, "GET /a/x?"+query+" HTTP/1.1")
				s.refused(t, "T17 in the query, too", a, seen, 401)
			}
			body := "access_token=" + s.token
			a, seen = s.raw(t, "POST /a/x HTTP/1.1\r\nHost: "+fronttest.Host+"\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "+
				length(body)+"\r\n\r\n"+body)
			s.refused(t, "T17 in the body", a, seen, 401)
		})
	}
}

func length(s string) string {
	b, _ := json.Marshal(len(s))
	return string(b)
}

// issue makes a token of another kind for the stand's grant.
func (s *stand) issue(t *testing.T, kind token.Kind) string {
	t.Helper()
	var raw string
	err := s.House.DB.Write(t.Context(), func(tx *store.Tx) error {
		g, err := s.House.Integrations.GrantOf(tx, s.app, s.account.ID.String())
		if err != nil {
			return err
		}
		issued, err := s.House.Tokens.Issue(tx, token.Order{Grant: g, Kind: kind})
		raw = issued.Secret.Reveal()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What third parties may not call does not exist for them, whatever the method,
// and nobody learns of routes without a token.
func TestRoutesAreNotGivenAway(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			body := func(line string, fields ...string) (int, string) {
				a, seen := s.raw(t, fronttest.Get(line, fronttest.Host, fields...))
				s.refused(t, line, a, seen)
				var doc map[string]any
				if err := json.Unmarshal([]byte(a.Body), &doc); err != nil {
					t.Fatalf("%s: %s", line, a.Body)
				}
				delete(doc, "decision")
				b, _ := json.Marshal(doc)
				return a.Status, string(b) + a.Header.Get("Allow")
			}
			bearer := "Authorization: Bearer " + s.token
			status, absent := body("GET /nowhere HTTP/1.1", bearer)
			if status != http.StatusNotFound {
				t.Errorf("absent: %d %s", status, absent)
			}
			for _, line := range []string{"GET /internal HTTP/1.1", "POST /internal HTTP/1.1", "HEAD /internal HTTP/1.0"} {
				if strings.HasPrefix(line, "HEAD") {
					continue
				}
				if got, b := body(line, bearer); got != status || b != absent {
					t.Errorf("%s: %d %s, absent is %d %s", line, got, b, status, absent)
				}
			}
			_, first := body("GET /nowhere HTTP/1.1")
			for _, line := range []string{"GET /a/x HTTP/1.1", "GET /admin HTTP/1.1", "GET /internal HTTP/1.1", "PUT /a/x HTTP/1.1"} {
				if got, b := body(line); got != http.StatusUnauthorized || b != first {
					t.Errorf("%s without a token: %d %s, want %s", line, got, b, first)
				}
			}
		})
	}
}

// Two accounts, one application: a token of one opens nothing of the other, and
// the product is told the right account each time.
func TestTokensOfTwoAccounts(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			admin, east := s.House.Customer("east", account.Production)
			s.House.Install(admin, east, s.app)
			other := s.House.Token(s.key, east.ID.String())
			for range 3 {
				for raw, want := range map[string]string{s.token: "north", other: "east"} {
					a, seen := s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer "+raw, "X-Tenant: "+want))
					got := s.served(t, want, "/a/x", a, seen)
					part := strings.Split(got.All("Guestright-Identity")[0], ".")[1]
					claims, err := base64.RawURLEncoding.DecodeString(part)
					if err != nil || !strings.Contains(string(claims), `"account":"`+want+`"`) {
						t.Errorf("%s: %s", want, claims)
					}
				}
			}
			a, seen := s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer "+other, "X-Tenant: north"))
			s.refused(t, "a token of the other account", a, seen, 404)
		})
	}
}

// narrow obtains a token with fewer scopes than the installation has.
func (s *stand) narrow(t *testing.T, key application.IssuedKey, scope string) string {
	t.Helper()
	return s.narrowIn(t, key, scope, "")
}

// narrowIn does so in an account, where there is more than one.
func (s *stand) narrowIn(t *testing.T, key application.IssuedKey, scope, account string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	if account != "" {
		form.Set("account_id", account)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.House.URL+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(key.ClientID, key.Secret.Reveal())
	raw, _ := s.House.Do(r).JSON()["access_token"].(string)
	if raw == "" {
		t.Fatal("no narrow token")
	}
	return raw
}
