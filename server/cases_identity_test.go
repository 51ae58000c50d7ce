package server_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server/fronttest"
)

// told is what the product is told about one call.
type told struct {
	ID      string   `json:"jti"`
	Subject string   `json:"sub"`
	Account string   `json:"account"`
	Grant   string   `json:"grant"`
	Scopes  []string `json:"scopes"`
	Issued  int64    `json:"iat"`
	Expires int64    `json:"exp"`
}

func toldIn(t *testing.T, seen fronttest.Seen) told {
	t.Helper()
	ids := seen.All(gateway.IdentityHeader)
	if len(ids) != 1 || strings.Count(ids[0], ".") != 2 {
		t.Fatalf("identity %q", ids)
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(ids[0], ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var c told
	if err := json.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// told makes one call with a token and reads what the product was told.
func (s *stand) told(t *testing.T, raw string) told {
	t.Helper()
	a, seen := s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer "+raw))
	return toldIn(t, s.served(t, "call", "/a/x", a, seen))
}

// pair is an application with two keys, and tokens of all its scopes and of one.
type pair struct {
	ins                  integration.Installation
	key, other           application.IssuedKey
	wide, narrow, second string // second: wide, of the other key
}

func (s *stand) pair(t *testing.T, admin string) *pair {
	t.Helper()
	dev, team := s.House.Developer(admin)
	app, key := s.House.Release(dev, team, "a", "b")
	other, err := s.House.Applications.CreateKey(t.Context(), dev, app.ID, application.KeyDraft{Label: "other"})
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{ins: s.House.Install(s.admin, s.account, app), key: key, other: other}
	p.wide, p.narrow, p.second = s.House.Token(key, ""), s.narrow(t, key, "a"), s.House.Token(other, "")
	return p
}

// One signature serves the calls of all tokens that say the same for at most 20
// seconds; a token with fewer scopes never travels with the wider identity,
// whichever came first.
func TestIdentitiesAreSharedByEqualsOnly(t *testing.T) {
	t.Parallel()
	s := newStand(t, "proxy", gateway.FamilyOriginal)
	p := s.pair(t, "wide@example.com")
	again, more := s.House.Token(p.key, ""), s.narrow(t, p.other, "a")
	all, few := []string{"a", "b"}, []string{"a"}
	check := func(when string) map[string]string {
		t.Helper()
		ids := map[string]string{}
		for range 2 {
			for name, one := range map[string]struct {
				raw    string
				scopes []string
			}{"wide": {p.wide, all}, "again": {again, all}, "second": {p.second, all}, "narrow": {p.narrow, few}, "more": {more, few}} {
				got := s.told(t, one.raw)
				if !slices.Equal(got.Scopes, one.scopes) || got.Account != "north" || got.Expires-got.Issued != 60 || got.Issued > s.clock.Now().Unix() {
					t.Errorf("%s, %s: %+v", when, name, got)
				}
				if was, ok := ids[name]; ok && was != got.ID {
					t.Errorf("%s, %s: signed again at the same moment", when, name)
				}
				ids[name] = got.ID
			}
		}
		if ids["wide"] != ids["again"] {
			t.Errorf("%s: two tokens that say the same have %s and %s", when, ids["wide"], ids["again"])
		}
		return ids
	}
	first := check("at first")
	s.clock.Advance(19 * time.Second)
	if kept := check("after 19 s"); kept["wide"] != first["wide"] || kept["narrow"] != first["narrow"] {
		t.Error("signed again within 20 s")
	}
	s.clock.Advance(time.Second)
	if renewed := check("after 20 s"); renewed["wide"] == first["wide"] || renewed["narrow"] == first["narrow"] {
		t.Error("an identity is used for longer than 20 s")
	}
}

// What a grant says is what the very next call carries: scopes that it lost,
// another subject, another grant.
func TestIdentityFollowsTheGrant(t *testing.T) {
	t.Parallel()
	s := newStand(t, "proxy", gateway.FamilyOriginal)
	p := s.pair(t, "wide@example.com")
	was := s.told(t, p.wide)
	s.told(t, p.narrow)
	change := func(f func(g *grant.Grant)) {
		t.Helper()
		err := s.House.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := s.House.Grants.Change(tx, was.Grant, func(g *grant.Grant) error { f(g); return nil })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]string{was.ID: "the first"}
	next := func(what, raw, subject string, scopes ...string) {
		t.Helper()
		got := s.told(t, raw)
		if got.Subject != subject || !slices.Equal(got.Scopes, scopes) || got.Grant != was.Grant {
			t.Errorf("%s: %+v", what, got)
		}
		if before, ok := seen[got.ID]; ok {
			t.Errorf("%s: the identity of %s again", what, before)
		}
		seen[got.ID] = what
	}
	change(func(g *grant.Grant) { g.SubjectKey = "robot-2" })
	next("another subject", p.wide, "robot-2", "a", "b")
	next("another subject, narrow token", p.narrow, "robot-2", "a")
	next("another subject, other key", p.second, "robot-2", "a", "b")
	change(func(g *grant.Grant) { g.Scopes = []string{"a"} })
	next("a scope less", p.wide, "robot-2", "a")
	next("a scope less, other key", p.second, "robot-2", "a")
	change(func(g *grant.Grant) { g.Scopes = []string{"a", "b"} })
	next("the scope is back", p.wide, "robot-2", "a", "b")
	next("the scope is back, narrow token", p.narrow, "robot-2", "a")

	// Removed and installed again: another grant, and nothing of the old one.
	if _, err := s.House.Integrations.Remove(t.Context(), s.admin, p.ins.ID, ""); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{"wide": p.wide, "narrow": p.narrow, "second": p.second} {
		a, calls := s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer "+raw))
		s.refused(t, "removed, "+name, a, calls, 401)
	}
	s.House.Install(s.admin, s.account, s.applicationOf(t, p))
	if got := s.told(t, s.House.Token(p.key, "")); got.Grant == was.Grant || got.Subject == "robot-2" {
		t.Errorf("installed again: %+v", got)
	}
}

// A8: a key says when, for which account and from which network it was last used,
// be it for a token or for a call, at once and after it was written.
func TestA8KeysSayForWhomTheyWereUsed(t *testing.T) {
	t.Parallel()
	s := newStand(t, "proxy", gateway.FamilyOriginal)
	admin, east := s.House.Customer("east", account.Production)
	s.House.Install(admin, east, s.app)
	last := func(what, want string) {
		t.Helper()
		for range 2 {
			keys, err := s.House.Applications.ListKeys(t.Context(), s.dev, s.app.ID)
			if err != nil || len(keys) != 1 || keys[0].LastAccount != want || keys[0].LastFrom != "127.0.0.0/24" || !keys[0].LastUsed.Equal(s.clock.Now()) {
				t.Errorf("%s: %+v %v, want account %s", what, keys, err, want)
			}
			if err := s.House.Usage.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.clock.Advance(time.Minute)
	}
	last("a token for north", s.account.ID.String())
	raw := s.House.Token(s.key, east.ID.String())
	last("a token for east", east.ID.String())
	s.told(t, s.token)
	last("a call for north", s.account.ID.String())
	s.told(t, raw)
	last("a call for east", east.ID.String())
}

func (s *stand) applicationOf(t *testing.T, p *pair) application.Application {
	t.Helper()
	var app application.Application
	err := s.House.DB.Read(t.Context(), func(tx *store.Tx) error {
		var err error
		app, err = s.House.Applications.Load(tx, p.key.Application)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// Two accounts, one application and key, wide and narrow tokens, all at once
// and while identities grow old: every call carries its own account and scopes.
func TestIdentitiesNeverMix(t *testing.T) {
	t.Parallel()
	s := newStand(t, "proxy", gateway.FamilyOriginal)
	p := s.pair(t, "wide@example.com")
	admin, east := s.House.Customer("east", account.Production)
	s.House.Install(admin, east, s.applicationOf(t, p))
	north := s.account.ID.String()
	lanes := map[string]string{"north-wide": s.House.Token(p.key, north), "east-wide": s.House.Token(p.key, east.ID.String()),
		"north-second": s.House.Token(p.other, north), "east-second": s.House.Token(p.other, east.ID.String()),
		"north-narrow": s.narrowIn(t, p.key, "a", north), "east-narrow": s.narrowIn(t, p.key, "a", east.ID.String())}
	var callers sync.WaitGroup
	for name, raw := range lanes {
		callers.Go(func() {
			tenant, _, _ := strings.Cut(name, "-")
			for range 30 {
				fronttest.Raw(t, s.addr, fronttest.Get("GET /a/"+name+" HTTP/1.1", fronttest.Host, "Authorization: Bearer "+raw, "X-Tenant: "+tenant))
				s.clock.Advance(500 * time.Millisecond)
			}
		})
	}
	callers.Wait()
	seen := s.product.Seen()
	if len(seen) != 30*len(lanes) {
		t.Errorf("%d calls arrived", len(seen))
	}
	grants, ids := map[string]string{}, map[string]string{}
	for _, call := range seen {
		lane := strings.TrimPrefix(call.Target(), "/a/")
		tenant, kind, _ := strings.Cut(lane, "-")
		scopes := []string{"a", "b"}
		if kind == "narrow" {
			scopes = []string{"a"}
		}
		got := toldIn(t, call)
		if got.Account != tenant || !slices.Equal(got.Scopes, scopes) {
			t.Errorf("%s was told %+v", lane, got)
		}
		if other, ok := grants[got.Grant]; ok && other != tenant {
			t.Errorf("the grant of %s in %s", other, tenant)
		}
		if other, ok := ids[got.ID]; ok && other != lane {
			t.Errorf("%s and %s share an identity", other, lane)
		}
		grants[got.Grant], ids[got.ID] = tenant, lane
	}
	if len(grants) != 2 {
		t.Errorf("%d grants", len(grants))
	}
}
