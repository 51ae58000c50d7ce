package identity_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// U-05: the session id changes at sign-in, dies at sign-out and on role loss.
func TestU05SessionsChangeAndDie(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		first := h.newcomer(ada)
		user := first.User.ID.String()
		// The same browser signs in again: the old session ends.
		second, err := h.SignIn(ctx, identity.SignIn{Email: ada, Password: secret.New(good)}, identity.Visit{Old: first.Token.Reveal()})
		h.ok(err)
		if second.Token.Equal(first.Token) || second.Session.ID == first.Session.ID {
			h.t.Error("the session was kept over a sign-in")
		}
		h.dead(first)
		h.enter(second)
		// Gaining a role keeps it, and the principal has it at once.
		h.setRoles(user, map[string]string{"grp_1": "member"}, nil)
		p, _ := h.enter(second)
		if p.May("group:view", access.On("group", "grp_1")) != nil {
			h.t.Error("a new role has no effect")
		}
		h.setRoles(user, map[string]string{"grp_1": "admin"}, nil)
		h.enter(second)
		// Losing a part of it ends it.
		h.setRoles(user, map[string]string{"grp_1": "member"}, nil)
		h.dead(second)
		h.dead(second)
		third, err := h.signIn(ada, good, "")
		h.ok(err)
		h.setRoles(user, nil, nil)
		h.dead(third)
		fourth, err := h.signIn(ada, good, "")
		h.ok(err)
		h.enter(fourth)
		h.ok(h.SignOut(ctx, fourth.Token.Reveal()))
		h.dead(fourth)
		h.ok(h.SignOut(ctx, fourth.Token.Reveal()))
		h.ok(h.SignOut(ctx, "garbage"))
		ends := strings.Count(strings.Join(h.entries(), " "), "session.end")
		if ends != 3 {
			h.t.Errorf("%d entries of ends: %v", ends, h.entries())
		}
	})
}

// Who gives a role of their own away stays signed in if the session is renewed.
func TestRenewKeepsTheSessionOverALossOfOnesOwn(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		st := h.newcomer(ada)
		user := st.User.ID.String()
		h.setRoles(user, map[string]string{"grp_1": "owner"}, nil)
		by, at := h.enter(st)
		h.setRoles(user, nil, nil)
		next, err := h.Renew(ctx, by, at)
		h.ok(err)
		h.dead(st)
		_, again := h.enter(next)
		if again.ID != at.ID || !again.Created.Equal(at.Created) {
			h.t.Errorf("renewed: %+v", again)
		}
		_, err = h.Renew(ctx, by, at)
		h.refuses(err, "unauthenticated")
	})
}

func TestSessionsEndByTime(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		idle, busy := h.newcomer(ada), h.newcomer("bob@harbour.example")
		for range 35 {
			h.clock.Advance(20 * time.Minute)
			h.enter(busy) // 11 h 40 min in all
		}
		h.dead(idle)
		h.clock.Advance(20*time.Minute - time.Second)
		h.enter(busy)
		h.clock.Advance(time.Second)
		h.dead(busy) // 12 h, though used a second ago
		for _, raw := range []string{"", "x", strings.Repeat("A", 43), busy.Token.Reveal() + "A"} {
			_, _, err := h.auth.Principal(ctx, raw)
			h.refuses(err, "unauthenticated")
		}
	})
}

func TestThePersonSeesAndEndsSessions(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		one := h.newcomer(ada)
		h.clock.Advance(time.Second)
		two, err := h.signIn(ada, good, "")
		h.ok(err)
		h.clock.Advance(time.Second)
		three, err := h.signIn(ada, good, "")
		h.ok(err)
		foreign := h.newcomer("bob@harbour.example")
		by, at := h.enter(one)
		list, err := h.Sessions(ctx, by, at)
		h.ok(err)
		if len(list) != 3 || !list[0].Current || list[1].Current || list[1].ID != two.Session.ID {
			h.t.Errorf("sessions: %+v", list)
		}
		h.ok(h.EndSession(ctx, by, at, two.Session.ID))
		h.dead(two)
		absent := h.EndSession(ctx, by, at, ident.New[identity.Session](h.clock.Now()))
		theirs := h.EndSession(ctx, by, at, foreign.Session.ID)
		if problem.Of(absent).Error() != problem.Of(theirs).Error() {
			h.t.Errorf("%v / %v", absent, theirs)
		}
		h.enter(foreign)
		h.ok(h.EndOthers(ctx, by, at))
		h.dead(three)
		h.enter(one)
		// Neither a token of the person nor another's session will do.
		token := access.UserPrincipal(by.User, nil, nil)
		_, err = h.Sessions(ctx, token, identity.Session{})
		h.refuses(err, "session_required")
		_, err = h.Sessions(ctx, by, foreign.Session)
		h.refuses(err, "session_required")
	})
}

func TestChangingThePasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		one := h.newcomer(ada)
		two, err := h.signIn(ada, good, "")
		h.ok(err)
		by, at := h.enter(one)
		change := identity.PasswordChange{Current: secret.New(better), New: secret.New(better)}
		_, err = h.ChangePassword(ctx, by, at, change)
		h.refuses(err, "sign_in_failed")
		change.Current = secret.New(good)
		change.New = secret.New("ada ferro")
		_, err = h.ChangePassword(ctx, by, at, change)
		h.refuses(err, "password_invalid")
		change.New = secret.New(better)
		h.clock.Advance(16 * time.Minute)
		by, at = h.enter(one)
		_, err = h.ChangePassword(ctx, by, at, change)
		h.refuses(err, "fresh_sign_in_required")
		h.refuses(h.RequireFresh(at, 0), "fresh_sign_in_required")
		_, err = h.Reauthenticate(ctx, by, at, identity.SignIn{Password: secret.New(better)})
		h.refuses(err, "sign_in_failed")
		fresh, err := h.Reauthenticate(ctx, by, at, identity.SignIn{Password: secret.New(good)})
		h.ok(err)
		h.dead(one)
		by, at = h.enter(fresh)
		h.ok(h.RequireFresh(at, 0))
		next, err := h.ChangePassword(ctx, by, at, change)
		h.ok(err)
		h.dead(fresh)
		h.dead(two)
		h.enter(next)
		_, err = h.signIn(ada, better, "")
		h.ok(err)
	})
}

// Another node learns of a change by the feed: within a second, though it
// remembers principals for a minute.
func TestOtherNodesForgetWithinASecond(t *testing.T) {
	t.Parallel()
	storetest.NeedPostgres(t)
	url := storetest.PostgresURL(t)
	clock := storetest.NewClock()
	h := newHouse(t, storetest.Again(t, url, clock), clock)
	there := newHouse(t, storetest.Again(t, url, clock), clock)
	following, stop := context.WithCancel(ctx)
	defer stop()
	h.ok(there.DB.Follow(following)) // what changes from here on is heard
	st := h.newcomer(ada)
	there.enter(st)
	h.ok(h.SignOut(ctx, st.Token.Reveal()))
	limit := time.Now().Add(10 * time.Second)
	for {
		if _, _, err := there.auth.Principal(ctx, st.Token.Reveal()); problem.CodeOf(err) == "unauthenticated" {
			return
		}
		if time.Now().After(limit) {
			t.Fatal("the other node still knows the session")
		}
	}
}

func TestTheDatabaseHoldsNoSecret(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		st := h.newcomer(ada)
		h.ok(h.RequestReset(ctx, ada))
		var digests []string
		h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
			return tx.NewRaw("SELECT digest FROM identity_session UNION ALL SELECT digest FROM identity_link").Scan(tx.Ctx, &digests)
		}))
		if len(digests) != 2 {
			h.t.Fatalf("%d digests", len(digests))
		}
		for _, d := range digests {
			if len(d) != 64 || strings.Contains(d, st.Token.Reveal()) || strings.Contains(d, h.link()) {
				h.t.Errorf("stored: %s", d)
			}
		}
	})
}

func TestCookies(t *testing.T) {
	t.Parallel()
	s := &identity.Service{}
	c := s.Cookie(secret.New("abc"))
	if got := c.String(); got != "__Host-guestright=abc; Path=/; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("cookie: %s", got)
	}
	if got := s.NoCookie().String(); !strings.Contains(got, "Max-Age=0") {
		t.Errorf("no cookie: %s", got)
	}
	local := &identity.Service{Insecure: true}
	if c := local.Cookie(secret.New("abc")); c.Secure || strings.HasPrefix(c.Name, "__") || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("local cookie: %s", c)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "guestright-local", Value: "planted"})
	if s.FromRequest(r) != "" {
		t.Error("the cookie of the other mode counts")
	}
	r.AddCookie(c)
	if s.FromRequest(r) != "abc" || s.VisitOf(r).Old != "abc" {
		t.Error("the cookie is not read")
	}
	r.AddCookie(&http.Cookie{Name: c.Name, Value: "planted"})
	if s.FromRequest(r) != "" {
		t.Error("one of two cookies counts")
	}
}

func TestFormTokensWorkOnceForOneFormOfOneSession(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		one, two := h.newcomer(ada).Session, h.newcomer("bob@harbour.example").Session
		token, err := h.FormToken(one, "token.rotate:tok_1")
		h.ok(err)
		h.refuses(h.SpendForm(ctx, two, "token.rotate:tok_1", token), "form_expired")
		h.refuses(h.SpendForm(ctx, one, "token.rotate:tok_2", token), "form_expired")
		h.refuses(h.SpendForm(ctx, one, "token.rotate:tok_1", token[:len(token)-2]+"AA"), "form_expired")
		h.refuses(h.SpendForm(ctx, one, "token.rotate:tok_1", ""), "form_expired")
		h.ok(h.SpendForm(ctx, one, "token.rotate:tok_1", token))
		h.refuses(h.SpendForm(ctx, one, "token.rotate:tok_1", token), "form_expired")
		late, err := h.FormToken(one, "x")
		h.ok(err)
		h.clock.Advance(4 * time.Hour)
		h.refuses(h.SpendForm(ctx, one, "x", late), "form_expired")
		_, err = h.FormToken(identity.Session{}, "x")
		h.refuses(err, "internal")
	})
}
