package server_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/server/fronttest"
	"github.com/guestright/guestright/usage"
)

// H2: what has not the form of a token, or not its checksum, is refused without a
// look into the database; so is what no imported legacy key can be.
func TestH2GarbageReachesNoLookup(t *testing.T) {
	t.Parallel()
	s := newStand(t, "proxy", gateway.FamilyOriginal)
	s.places(t, catalog.Key{In: "bearer"})
	s.adopt(t, legacy.Row{Account: "north", Key: secret.New("legacy-key-of-north"), Label: "ERP", Everything: true})
	call := func(raw string) fronttest.Answer {
		return fronttest.Raw(t, s.addr, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer "+raw))
	}
	if a := call("legacy-warm-up"); a.Status != http.StatusUnauthorized {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if err := s.DB.Close(); err != nil {
		t.Fatal(err)
	}
	good := secret.Generate(secret.AccessToken).Reveal()
	last := "0"
	if strings.HasSuffix(good, "0") {
		last = "1"
	}
	for name, raw := range map[string]string{"checksum": good[:len(good)-1] + last, "short": good[:40], "long": good + "0", "prefix only": "grat_", "no form": "legacy-guess", "empty form": "grpk_x"} {
		if a := call(raw); a.Status != http.StatusUnauthorized || !strings.Contains(a.Body, "invalid_token") {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	for name, raw := range map[string]string{"well formed": good, "imported": "legacy-key-of-north"} {
		if a := call(raw); a.Status != http.StatusServiceUnavailable {
			t.Errorf("%s has to be looked up: %d %s", name, a.Status, a.Body)
		}
	}
}

// places says where calls carry legacy keys.
func (s *stand) places(t *testing.T, places ...catalog.Key) {
	t.Helper()
	file := s.Catalog.Get().File()
	file.Operations = maps.Clone(file.Operations)
	file.Product.LegacyKeys = places
	if err := s.Swap(imported(t, file, oddProduct)); err != nil {
		t.Fatal(err)
	}
}

func (s *stand) adopt(t *testing.T, rows ...legacy.Row) {
	t.Helper()
	if _, err := s.Legacy.Import(t.Context(), access.Operator("usr_op"), rows, false); err != nil {
		t.Fatal(err)
	}
}

// An imported key works where the catalog says that calls carry it, does what it
// could do and no more, and never reaches the product.
func TestLegacyKeysAtEveryDoor(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		s.places(t, catalog.Key{In: "bearer"}, catalog.Key{In: "basic"}, catalog.Key{In: "header", Name: "X-Api-Key"}, catalog.Key{In: "query", Name: "api_key"})
		s.adopt(t, legacy.Row{Account: "north", Key: secret.New("legacy-everything"), Label: "ERP", Everything: true},
			legacy.Row{Account: "north", Key: secret.New("legacy-scoped-a"), Label: "Zap", Scopes: []string{"a"}, Subject: "robot-7"})
		t.Run(s.name, func(t *testing.T) {
			basic := func(text string) string {
				return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(text))
			}
			for name, c := range map[string]struct {
				line   string
				fields []string
			}{
				"bearer":        {"GET /a/x?q=1 HTTP/1.1", []string{"Authorization: Bearer legacy-everything"}},
				"password":      {"GET /a/x?q=1 HTTP/1.1", []string{basic("north:legacy-everything")}},
				"user name":     {"GET /a/x?q=1 HTTP/1.1", []string{basic("legacy-everything:")}},
				"header":        {"GET /a/x?q=1 HTTP/1.1", []string{"X-API-Key: legacy-everything"}},
				"query":         {"GET /a/x?api_key=legacy-everything&q=1 HTTP/1.1", nil},
				"query at last": {"GET /a/x?q=1&api_key=legacy-everything HTTP/1.1", nil},
			} {
				a, seen := s.raw(t, fronttest.Get(c.line, fronttest.Host, c.fields...))
				got := s.served(t, name, "/a/x", a, seen)
				whole := got.Line + strings.Join(got.Fields, "\n")
				if s.name == "proxy" && (strings.Contains(whole, "legacy-everything") || got.Line != "GET /a/x?q=1 HTTP/1.1") {
					t.Errorf("%s: the product saw %q", name, whole)
				}
				if s.name != "proxy" && len(got.All("Authorization")) > 0 {
					t.Errorf("%s: the product saw the credential", name)
				}
			}
			a, seen := s.raw(t, fronttest.Get("GET /admin HTTP/1.1", fronttest.Host, "X-Api-Key: legacy-everything"))
			s.served(t, "everything", "/admin", a, seen)
			a, seen = s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "X-Api-Key: legacy-scoped-a"))
			claims := claimsOf(t, s.served(t, "a scope", "/a/x", a, seen).All(gateway.IdentityHeader)[0])
			if claims["sub"] != "robot-7" || claims["actor"] != "legacy" || claims["account"] != "north" {
				t.Errorf("identity: %v", claims)
			}
			for name, c := range map[string]struct {
				line, field string
				status      int
				code        string
			}{
				"beyond its scopes":  {"GET /admin", "X-Api-Key: legacy-scoped-a", 403, "scope_missing"},
				"another account":    {"GET /a/x", "X-Api-Key: legacy-scoped-a\r\nX-Tenant: south", 404, "not_found"},
				"unknown":            {"GET /a/x", "X-Api-Key: legacy-unknown", 401, "invalid_token"},
				"twice":              {"GET /a/x", "X-Api-Key: legacy-scoped-a\r\nX-Api-Key: legacy-scoped-a", 401, "missing_credential"},
				"in another header":  {"GET /a/x", "X-Other: legacy-scoped-a", 401, "missing_credential"},
				"internal":           {"GET /internal", "X-Api-Key: legacy-everything", 404, "not_found"},
				"not declared":       {"GET /unmapped", "X-Api-Key: legacy-everything", 403, "operation_unmapped"},
				"behind a bad token": {"GET /a/x", "Authorization: Bearer " + s.token[:50] + "\r\nX-Api-Key: legacy-everything", 401, "invalid_token"},
			} {
				a, seen := s.raw(t, fronttest.Get(c.line+" HTTP/1.1", fronttest.Host, c.field))
				s.refused(t, name, a, seen, c.status)
				if !strings.Contains(a.Body, `"code":"`+c.code+`"`) {
					t.Errorf("%s: %s", name, a.Body)
				}
			}
			// A token of ours comes first, and the key does not go on to the product.
			a, seen = s.send(t, "GET /a/x HTTP/1.1", "X-Api-Key: legacy-everything")
			if got := s.served(t, "both", "/a/x", a, seen); s.name == "proxy" && len(got.All("X-Api-Key")) > 0 {
				t.Error("the product saw the key")
			}
			keys, err := s.Legacy.List(t.Context(), access.Operator("usr_op"), legacy.Query{})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				if want := map[bool]int64{true: 9, false: 3}[k.Everything]; k.Calls != want || k.LastUsed.IsZero() {
					t.Errorf("%s: %d calls, want %d, last %v", k.Label, k.Calls, want, k.LastUsed)
				}
				if _, err := s.Legacy.Revoke(t.Context(), access.Operator("usr_op"), k.ID, "over"); err != nil {
					t.Fatal(err)
				}
			}
			before := s.counted(t, s.app.ID.String())
			a, seen = s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "X-Api-Key: legacy-everything"))
			s.refused(t, "revoked", a, seen, 401)
			if !strings.Contains(a.Body, "token_revoked") || s.counted(t, s.app.ID.String())[usage.OK] != before[usage.OK] {
				t.Errorf("revoked: %s", a.Body)
			}
		})
	}
}

// claimsOf reads a signed identity without judging it.
func claimsOf(t *testing.T, signed string) map[string]any {
	t.Helper()
	parts := strings.Split(signed, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
