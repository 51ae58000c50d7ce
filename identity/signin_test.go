package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// Known and unknown people get the same answers; the owner of a taken address is
// told.
func TestNobodyLearnsWhoIsHere(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.newcomer(ada)
		before := len(h.mails())
		h.ok(h.SignUp(ctx, signUp(ada)))
		h.ok(h.SignUp(ctx, signUp("new@harbour.example")))
		mails := h.mails()[before:]
		if len(mails) != 2 || mails[0].to != ada || !strings.Contains(mails[0].subject, "already") || strings.Contains(mails[0].text, "?link=") {
			h.t.Errorf("mails: %+v", mails)
		}
		_, known := h.signIn(ada, better, "")
		_, unknown := h.signIn("nobody@harbour.example", better, "")
		_, odd := h.signIn("not an address", better, "")
		if problem.Of(known).Error() != problem.Of(unknown).Error() || problem.Of(known).Error() != problem.Of(odd).Error() {
			h.t.Errorf("%v / %v / %v", known, unknown, odd)
		}
		h.clock.Advance(7 * time.Hour)
		before = len(h.mails())
		h.ok(h.RequestReset(ctx, ada))
		h.ok(h.RequestReset(ctx, "nobody@harbour.example"))
		h.ok(h.ResendVerify(ctx, ada))
		h.ok(h.ResendVerify(ctx, "nobody@harbour.example"))
		if got := h.mails()[before:]; len(got) != 1 || got[0].to != ada {
			h.t.Errorf("mails: %+v", got)
		}
		// The first sign-up's password still counts: the second changed nothing.
		_, err := h.signIn(ada, good, "")
		h.ok(err)
	})
}

// A stranger who signs up with another's address gains nothing when its owner
// opens the link, whoever came first.
func TestNobodyPreparesAnAccountForAnothersAddress(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.ok(h.SignUp(ctx, signUp(ada)))
		owners := h.link()
		stranger := signUp(ada)
		stranger.Password = secret.New(better)
		h.ok(h.SignUp(ctx, stranger))
		_, err := h.Verify(ctx, owners, secret.New(good), visit)
		h.refuses(err, "link_invalid")
		_, err = h.Verify(ctx, h.link(), secret.New(good), visit) // the owner opens the stranger's link
		h.refuses(err, "sign_in_failed")
		_, err = h.signIn(ada, better, "")
		h.refuses(err, "email_unverified")
		// The owner takes the address back by the reset link.
		h.clock.Advance(7 * time.Hour)
		h.ok(h.RequestReset(ctx, ada))
		h.ok(h.Reset(ctx, h.link(), secret.New("a third one 17 lamps")))
		_, err = h.signIn(ada, better, "")
		h.refuses(err, "sign_in_failed")
		_, err = h.signIn(ada, "a third one 17 lamps", "")
		h.ok(err)
	})
}

func TestAttemptsAreLimitedByAccountAndByNetwork(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.newcomer(ada)
		for range 5 {
			_, err := h.signIn(ada, better, "")
			h.refuses(err, "sign_in_failed")
		}
		_, err := h.signIn(ada, good, "") // also with the right password
		h.refuses(err, "too_many_attempts")
		wait := problem.Of(err).After
		if wait <= 0 || wait > 2*time.Second {
			h.t.Errorf("wait %v", wait)
		}
		h.clock.Advance(wait)
		_, err = h.signIn(ada, better, "")
		h.refuses(err, "sign_in_failed")
		_, err = h.signIn(ada, good, "")
		h.refuses(err, "too_many_attempts")
		if again := problem.Of(err).After; again <= wait {
			h.t.Errorf("the wait does not grow: %v, then %v", wait, again)
		}
		h.clock.Advance(time.Minute)
		_, err = h.signIn(ada, good, "")
		h.ok(err)
		_, err = h.signIn(ada, better, "")
		h.refuses(err, "sign_in_failed") // success cleared the count
		_, err = h.signIn(ada, good, "")
		h.ok(err)
		limited := 0
		for i := range 60 {
			_, err := h.signIn("nobody"+string(rune('a'+i%26))+string(rune('a'+i/26))+"@harbour.example", better, "")
			if problem.CodeOf(err) == "too_many_attempts" {
				limited++
			}
		}
		if limited == 0 {
			h.t.Error("one network may try any number of accounts")
		}
	})
}

func TestRules(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.Terms = identity.Terms{Version: "2026-03"}
		err := h.SignUp(ctx, identity.SignUp{Email: "nope", Password: secret.New("password1"), Name: " "})
		h.refuses(err, "sign_up_invalid")
		var got []string
		for _, f := range problem.Of(err).Fields {
			got = append(got, f.Pointer+" "+f.Code)
		}
		if s := strings.Join(got, ", "); s != "/email email_invalid, /password too_common, /name required" {
			h.t.Errorf("findings: %s", s)
		}
		in := signUp(ada)
		h.refuses(h.SignUp(ctx, in), "terms_outdated")
		in.Terms = "2026-03"
		h.ok(h.SignUp(ctx, in))
		st, err := h.Verify(ctx, h.link(), secret.New(good), visit)
		h.ok(err)
		// A40: a new version is asked for; the acceptance is on record.
		h.Terms.Version = "2026-04"
		by, at := h.enter(st)
		me, err := h.Me(ctx, by)
		h.ok(err)
		if me.TermsDue != "2026-04" || !me.Password || me.TOTP || me.Email != ada {
			h.t.Errorf("me: %+v", me)
		}
		h.refuses(h.AcceptTerms(ctx, by, at, "2026-03"), "terms_outdated")
		h.ok(h.AcceptTerms(ctx, by, at, "2026-04"))
		if me, err = h.Me(ctx, by); err != nil || me.TermsDue != "" {
			h.t.Errorf("me: %+v %v", me, err)
		}
		_, err = h.Acceptances(ctx, by)
		h.refuses(err, "forbidden")
	})
}

func TestHashesFollowTheCost(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.newcomer(ada)
		h.Passwords = password.NewHasher(password.Cost{Memory: 128, Passes: 1, Lanes: 1}, 2)
		for range 2 {
			_, err := h.signIn(ada, good, "")
			h.ok(err)
		}
		var hash string
		h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
			return tx.NewRaw("SELECT password FROM identity_user WHERE email = ?", ada).Scan(tx.Ctx, &hash)
		}))
		if !strings.Contains(hash, "$m=128,") {
			h.t.Errorf("stored: %s", hash[:24])
		}
	})
}

func TestResetEndsEverySession(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		st := h.newcomer(ada)
		h.clock.Advance(10 * time.Minute)
		h.ok(h.RequestReset(ctx, ada))
		old := h.link()
		h.ok(h.RequestReset(ctx, ada))
		h.refuses(h.Reset(ctx, old, secret.New(better)), "link_invalid") // a newer one replaced it
		h.refuses(h.Reset(ctx, h.link(), secret.New("password")), "password_invalid")
		h.refuses(h.Reset(ctx, "garbage", secret.New(better)), "link_invalid")
		h.ok(h.Reset(ctx, h.link(), secret.New(better)))
		h.dead(st)
		h.refuses(h.Reset(ctx, h.link(), secret.New(better)), "link_invalid")
		_, err := h.signIn(ada, good, "")
		h.refuses(err, "sign_in_failed")
		_, err = h.signIn(ada, better, "")
		h.ok(err)
		h.clock.Advance(7 * time.Hour)
		h.ok(h.RequestReset(ctx, ada))
		h.clock.Advance(time.Hour)
		h.refuses(h.Reset(ctx, h.link(), secret.New(good)), "link_invalid") // too late
	})
}

func TestChangingTheAddress(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		st := h.newcomer(ada)
		h.newcomer("bob@harbour.example")
		by, at := h.enter(st)
		before := len(h.mails())
		h.ok(h.RequestEmail(ctx, by, at, "Bob@harbour.example"))
		if m := h.mails()[before:]; len(m) != 1 || m[0].to != "bob@harbour.example" || strings.Contains(m[0].text, "?link=") {
			h.t.Errorf("mails: %+v", m)
		}
		h.refuses(h.RequestEmail(ctx, by, at, ada), "email_invalid")
		// An unfinished sign-up of somebody else does not keep the address.
		h.ok(h.SignUp(ctx, signUp("ada@new.example")))
		h.ok(h.RequestEmail(ctx, by, at, "ada@new.example"))
		link := h.link()
		other, err := h.signIn("bob@harbour.example", good, "")
		h.ok(err)
		bob, bobAt := h.enter(other)
		h.refuses(h.ConfirmEmail(ctx, bob, bobAt, link), "link_invalid")
		before = len(h.mails())
		h.ok(h.ConfirmEmail(ctx, by, at, link))
		if m := h.mails()[before:]; len(m) != 1 || m[0].to != ada || !strings.Contains(m[0].subject, "address") {
			h.t.Errorf("the old address is not told: %+v", m)
		}
		h.refuses(h.ConfirmEmail(ctx, by, at, link), "link_invalid")
		_, err = h.signIn(ada, good, "")
		h.refuses(err, "sign_in_failed")
		_, err = h.signIn("ada@new.example", good, "")
		h.ok(err)
		if list := h.entries(); !strings.Contains(strings.Join(list, " "), "user.email_change") {
			h.t.Errorf("entries: %v", list)
		}
		h.clock.Advance(20 * time.Minute)
		by, at = h.enter(st)
		h.refuses(h.RequestEmail(ctx, by, at, "more@new.example"), "fresh_sign_in_required")
	})
}
