package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// enrol gives somebody an authenticator app and returns its secret, the recovery
// codes and the session.
func (h *house) enrol(st identity.Started) (string, []string, identity.Started) {
	h.t.Helper()
	by, at := h.enter(st)
	e, err := h.BeginTOTP(ctx, by, at)
	h.ok(err)
	p, err := h.ConfirmTOTP(ctx, by, at, h.code(e.Secret.Reveal()))
	h.ok(err)
	var codes []string
	for _, c := range p.Recovery {
		codes = append(codes, c.Reveal())
	}
	return e.Secret.Reveal(), codes, p.Started
}

func (h *house) code(base32 string) string {
	h.t.Helper()
	c, err := totp.GenerateCode(base32, h.clock.Now())
	h.ok(err)
	return c
}

func TestAnAuthenticatorAppIsAskedForAndEachStepCountsOnce(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		first := h.newcomer(ada)
		other, err := h.signIn(ada, good, "")
		h.ok(err)
		by, at := h.enter(first)
		e, err := h.BeginTOTP(ctx, by, at)
		h.ok(err)
		if !strings.HasPrefix(e.URI.Reveal(), "otpauth://totp/Harbour%20Hub:") || !strings.HasPrefix(e.QR.Reveal(), "<svg ") || strings.Contains(e.QR.Reveal(), e.Secret.Reveal()) {
			h.t.Errorf("enrolment: %s", e.URI.Reveal())
		}
		_, err = h.signIn(ada, good, "") // not on yet
		h.ok(err)
		_, err = h.ConfirmTOTP(ctx, by, at, "000000")
		h.refuses(err, "second_factor_wrong")
		used := h.code(e.Secret.Reveal())
		on, err := h.ConfirmTOTP(ctx, by, at, used)
		h.ok(err)
		h.dead(first)
		h.dead(other)
		by, at = h.enter(on.Started)
		_, err = h.BeginTOTP(ctx, by, at)
		h.refuses(err, "totp_enrolled")

		_, err = h.signIn(ada, better, used)
		h.refuses(err, "sign_in_failed") // the code tells nothing without the password
		_, err = h.signIn(ada, good, "")
		h.refuses(err, "second_factor_required")
		_, err = h.signIn(ada, good, used)
		h.refuses(err, "second_factor_wrong") // the step of the confirmation
		h.clock.Advance(30 * time.Second)
		next := h.code(e.Secret.Reveal())
		st, err := h.signIn(ada, good, next[:3]+" "+next[3:])
		h.ok(err)
		if st.Session.Method != "password+totp" {
			h.t.Errorf("method %s", st.Session.Method)
		}
		_, err = h.signIn(ada, good, next)
		h.refuses(err, "second_factor_wrong")
	})
}

func TestRecoveryCodesWorkOnce(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		base32, codes, st := h.enrol(h.newcomer(ada))
		before := len(h.mails())
		in, err := h.signIn(ada, good, strings.ToUpper(codes[0]))
		h.ok(err)
		if in.Session.Method != "password+recovery" || len(h.mails()) != before+1 {
			h.t.Errorf("method %s, %d mails", in.Session.Method, len(h.mails())-before)
		}
		_, err = h.signIn(ada, good, codes[0])
		h.refuses(err, "second_factor_wrong")
		_, err = h.signIn(ada, good, "what is this")
		h.refuses(err, "second_factor_wrong")
		by, at := h.enter(st)
		me, err := h.Me(ctx, by)
		h.ok(err)
		if !me.TOTP || me.Recovery != 9 {
			h.t.Errorf("me: %+v", me)
		}
		fresh, err := h.RenewRecovery(ctx, by, at)
		h.ok(err)
		_, err = h.signIn(ada, good, codes[1])
		h.refuses(err, "second_factor_wrong")
		_, err = h.signIn(ada, good, fresh[1].Reveal())
		h.ok(err)
		h.refuses(h.RemoveTOTP(ctx, by, at, ""), "second_factor_required")
		h.refuses(h.RemoveTOTP(ctx, by, at, "000000"), "second_factor_wrong")
		h.clock.Advance(30 * time.Second)
		h.ok(h.RemoveTOTP(ctx, by, at, h.code(base32)))
		h.refuses(h.RemoveTOTP(ctx, by, at, "000000"), "totp_absent")
		_, err = h.RenewRecovery(ctx, by, at)
		h.refuses(err, "totp_absent")
		_, err = h.ConfirmTOTP(ctx, by, at, "000000")
		h.refuses(err, "totp_not_begun")
		_, err = h.signIn(ada, good, "")
		h.ok(err)
	})
}

// Codes are limited like passwords: who knows the password cannot try them all.
func TestCodesAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.enrol(h.newcomer(ada))
		tried := 0
		for range 20 {
			_, err := h.signIn(ada, good, "123123")
			if problem.CodeOf(err) == "too_many_attempts" {
				break
			}
			h.refuses(err, "second_factor_wrong")
			tried++
		}
		if tried != 5 {
			h.t.Errorf("%d codes could be tried at once", tried)
		}
	})
}

// Asking for the second factor is no failed attempt.
func TestAskingForTheCodeCostsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.enrol(h.newcomer(ada))
		for range 12 {
			_, err := h.signIn(ada, good, "")
			h.refuses(err, "second_factor_required")
		}
	})
}

// The secret of the app is sealed for its person: copied to another row it opens
// nothing.
func TestTheSecretIsSealedForItsPerson(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		base32, _, _ := h.enrol(h.newcomer(ada))
		h.enrol(h.newcomer("bob@harbour.example"))
		var stored []string
		h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
			if err := tx.NewRaw("SELECT secret FROM identity_totp").Scan(tx.Ctx, &stored); err != nil {
				return err
			}
			_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_totp SET secret = (SELECT t.secret FROM identity_totp AS t, identity_user AS u WHERE t.user_id = u.id AND u.email = ?)", ada)
			return err
		}))
		for _, s := range stored {
			if strings.Contains(s, base32) {
				h.t.Error("stored in the open")
			}
		}
		h.clock.Advance(time.Minute)
		_, err := h.signIn("bob@harbour.example", good, h.code(base32))
		h.refuses(err, "secret_unreadable")
	})
}
