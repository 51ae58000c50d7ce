package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// A34: obstacles answer 409, a mail confirms, signing in during the grace takes
// it back, and after it everything is gone.
func TestA34Deletion(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		run := &job.Runner{DB: h.DB}
		h.Jobs(run)
		st := h.newcomer(ada)
		h.passkey(st)
		by, at := h.enter(st)
		h.obstacles = []string{"You own the group Tide Tools."}
		list, err := h.StandsInTheWay(ctx, by, at)
		h.ok(err)
		err = h.RequestDeletion(ctx, by, at)
		h.refuses(err, "deletion_obstructed")
		if e := problem.Of(err); e.Kind != problem.KindConflict || len(e.Extra["obstacles"].([]string)) != 1 || len(list) != 1 {
			h.t.Errorf("%+v, %v", e, list)
		}
		h.obstacles = nil
		h.ok(h.RequestDeletion(ctx, by, at))
		h.enter(st) // nothing has happened yet
		due, err := h.ConfirmDeletion(ctx, h.link())
		h.ok(err)
		if want := h.clock.Now().Add(20 * 24 * time.Hour); !due.Equal(want) {
			h.t.Errorf("due %v, want %v", due, want)
		}
		h.dead(st)
		_, err = h.ConfirmDeletion(ctx, h.link())
		h.refuses(err, "link_invalid")

		h.clock.Advance(19 * 24 * time.Hour)
		h.ok(run.Drain(ctx))
		back, err := h.signIn(ada, good, "")
		h.ok(err)
		if back.User.State != identity.Active || !back.User.DeletionDue.IsZero() {
			h.t.Errorf("back: %+v", back.User)
		}
		h.clock.Advance(2 * 24 * time.Hour)
		h.ok(run.Drain(ctx))
		again, err := h.signIn(ada, good, "")
		h.ok(err)

		by, at = h.enter(again)
		h.ok(h.RequestDeletion(ctx, by, at))
		_, err = h.ConfirmDeletion(ctx, h.link())
		h.ok(err)
		h.clock.Advance(20*24*time.Hour + 10*time.Minute)
		before := len(h.mails())
		h.ok(run.Drain(ctx))
		if m := h.mails()[before:]; len(m) != 1 || m[0].to != ada || len(h.forgotten) != 1 {
			h.t.Errorf("mails %+v, forgotten %v", m, h.forgotten)
		}
		_, err = h.signIn(ada, good, "")
		h.refuses(err, "sign_in_failed")
		var left int
		h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
			u, err := h.Find(tx, st.User.ID.String())
			if err != nil {
				return err
			}
			if u.State != identity.Deleted || strings.Contains(u.Email, "ada") || u.Name != "Deleted user" || u.Company != "" {
				h.t.Errorf("left: %+v", u)
			}
			return tx.NewRaw("SELECT (SELECT COUNT(*) FROM identity_session) + (SELECT COUNT(*) FROM identity_link) + (SELECT COUNT(*) FROM identity_passkey)").Scan(tx.Ctx, &left)
		}))
		if left != 0 {
			h.t.Errorf("%d rows are left", left)
		}
		h.newcomer(ada) // the address is free again, and nothing is inherited
		want := "user.deletion_request user.deletion_confirm user.deletion_cancel session.start user.deletion_request user.deletion_confirm user.delete user.sign_up user.verify"
		if got := strings.Join(h.entries(), " "); !strings.HasSuffix(got, want) {
			h.t.Errorf("entries: %s", got)
		}
	})
}

// What comes in the way during the grace opens the account again.
func TestObstaclesDuringTheGrace(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		run := &job.Runner{DB: h.DB}
		h.Jobs(run)
		by, at := h.enter(h.newcomer(ada))
		h.ok(h.RequestDeletion(ctx, by, at))
		_, err := h.ConfirmDeletion(ctx, h.link())
		h.ok(err)
		h.obstacles = []string{"You own the group Tide Tools."}
		h.clock.Advance(21 * 24 * time.Hour)
		h.ok(run.Drain(ctx))
		mails := h.mails()
		if m := mails[len(mails)-1]; m.to != ada || !strings.Contains(m.text, "Tide Tools") {
			h.t.Errorf("mail: %+v", m)
		}
		_, err = h.signIn(ada, good, "")
		h.ok(err)
	})
}

func TestTheFirstOperatorIsMadeByTheSetupSecret(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		old, _, err := h.SetupSecret(ctx)
		h.ok(err)
		raw, until, err := h.SetupSecret(ctx)
		h.ok(err)
		if raw.IsZero() || !until.Equal(h.clock.Now().Add(15*time.Minute)) {
			h.t.Errorf("until %v", until)
		}
		in := signUp("root@harbour.example")
		for _, bad := range []string{"", "x", old.Reveal(), strings.Repeat("A", 43)} {
			_, err = h.SetUp(ctx, bad, in, visit)
			h.refuses(err, "setup_closed")
		}
		h.newcomer(ada)
		taken := signUp(ada)
		_, err = h.SetUp(ctx, raw.Reveal(), taken, visit)
		h.refuses(err, "email_taken") // the secret opens nobody's account
		weak := in
		weak.Password = secret.New("password")
		_, err = h.SetUp(ctx, raw.Reveal(), weak, visit)
		h.refuses(err, "sign_up_invalid")
		st, err := h.SetUp(ctx, raw.Reveal(), in, visit)
		h.ok(err)
		p, _ := h.enter(st)
		if !p.Operator || p.May("group:suspend", access.On("group", "grp_1")) != nil {
			h.t.Errorf("principal: %+v", p)
		}
		_, err = h.SetUp(ctx, raw.Reveal(), signUp("two@harbour.example"), visit)
		h.refuses(err, "setup_closed")
		none, _, err := h.SetupSecret(ctx)
		h.ok(err)
		if !none.IsZero() {
			h.t.Error("a secret is made though there is an operator")
		}
	})
}

func TestTheSetupSecretExpires(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		raw, _, err := h.SetupSecret(ctx)
		h.ok(err)
		h.clock.Advance(15 * time.Minute)
		_, err = h.SetUp(ctx, raw.Reveal(), signUp(ada), visit)
		h.refuses(err, "setup_closed")
	})
}

func TestOperatorsComeAndGo(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		create := func(o identity.Operator) (identity.User, error) {
			var u identity.User
			err := h.DB.Write(ctx, func(tx *store.Tx) error {
				var err error
				u, err = h.CreateOperator(tx, access.System("command line"), o)
				return err
			})
			return u, err
		}
		_, err := h.HashPassword(ctx, "root@harbour.example", secret.New("password"))
		h.refuses(err, "password_invalid")
		hash, err := h.HashPassword(ctx, "root@harbour.example", secret.New(better))
		h.ok(err)
		root, err := create(identity.Operator{Email: "root@harbour.example", Name: "Root", Hash: hash})
		h.ok(err)
		rootIn, err := h.signIn("root@harbour.example", better, "")
		h.ok(err)
		by, _ := h.enter(rootIn)
		_, err = h.SetOperator(ctx, by, root.ID, false)
		h.refuses(err, "last_operator")

		st := h.newcomer(ada)
		adaBy, _ := h.enter(st)
		_, err = h.SetOperator(ctx, adaBy, st.User.ID, true)
		h.refuses(err, "not_found")
		_, err = h.SetOperator(ctx, by, st.User.ID, true)
		h.ok(err)
		h.dead(st) // rights changed: a new session
		in, err := h.signIn(ada, good, "")
		h.ok(err)
		if p, _ := h.enter(in); !p.Operator {
			h.t.Error("not an operator")
		}
		_, err = h.SetOperator(ctx, by, st.User.ID, false)
		h.ok(err)
		h.dead(in)

		// Without a password a link is mailed; whoever signed up with the address
		// before, without proving it, gets nothing of it.
		h.ok(h.SignUp(ctx, signUp("eve@harbour.example")))
		verify := h.link()
		_, err = create(identity.Operator{Email: "eve@harbour.example", Name: "Eve"})
		h.ok(err)
		_, err = h.Verify(ctx, verify, secret.New(good), visit)
		if err == nil {
			h.t.Fatal("the earlier sign-up is an operator now")
		}
		h.ok(h.Reset(ctx, h.link(), secret.New(better)))
		eve, err := h.signIn("eve@harbour.example", better, "")
		h.ok(err)
		if p, _ := h.enter(eve); !p.Operator {
			h.t.Error("not an operator")
		}
	})
}

func TestPeopleOfTheProduct(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		sync := access.System("sync")
		upsert := func(key, email, name string) (identity.User, error) {
			var u identity.User
			err := h.DB.Write(ctx, func(tx *store.Tx) error {
				var err error
				u, err = h.Upsert(tx, sync, identity.External{ProductKey: key, Email: email, Name: name})
				return err
			})
			return u, err
		}
		cy, err := upsert("u-1", "Cy@Harbour.example", "Cy")
		h.ok(err)
		if cy.State != identity.Invited || cy.Email != "cy@harbour.example" {
			h.t.Errorf("new: %+v", cy)
		}
		before := len(h.entries())
		same, err := upsert("u-1", "cy@harbour.example", "Cy")
		h.ok(err)
		if same != cy || len(h.entries()) != before {
			h.t.Errorf("unchanged, yet written: %+v", same)
		}
		moved, err := upsert("u-1", "cyrus@harbour.example", "Cyrus")
		h.ok(err)
		if moved.ID != cy.ID || moved.Email != "cyrus@harbour.example" || moved.Name != "Cyrus" {
			h.t.Errorf("moved: %+v", moved)
		}
		_, err = upsert("u-2", "cyrus@harbour.example", "Other")
		h.refuses(err, "person_ambiguous")
		_, err = upsert("", "nope", "\x00")
		h.refuses(err, "person_invalid")

		// Somebody who is here already keeps address and password.
		st := h.newcomer(ada)
		linked, err := upsert("u-3", ada, "Ada of the product")
		h.ok(err)
		if linked.ID != st.User.ID || linked.State != identity.Active {
			h.t.Errorf("linked: %+v", linked)
		}
		kept, err := upsert("u-3", "ada@product.example", "Ada F.")
		h.ok(err)
		if kept.Email != ada || kept.Name != "Ada F." {
			h.t.Errorf("kept: %+v", kept)
		}
		_, err = h.signIn(ada, good, "")
		h.ok(err)

		// Who signed up without proving the address does not become the product's person.
		h.ok(h.SignUp(ctx, signUp("dee@harbour.example")))
		squat := h.link()
		dee, err := upsert("u-4", "dee@harbour.example", "Dee")
		h.ok(err)
		if dee.State != identity.Invited {
			h.t.Errorf("dee: %+v", dee)
		}
		_, err = h.Verify(ctx, squat, secret.New(good), visit)
		h.refuses(err, "link_invalid")
		// The mailbox's owner comes in by signing up or by a reset.
		h.clock.Advance(7 * time.Hour)
		in := signUp("dee@harbour.example")
		in.Password = secret.New(better)
		h.ok(h.SignUp(ctx, in))
		got, err := h.Verify(ctx, h.link(), secret.New(better), visit)
		h.ok(err)
		if got.User.ID != dee.ID || got.User.ProductKey != "u-4" || got.User.Name != "Dee" {
			h.t.Errorf("dee: %+v", got.User)
		}
		h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
			u, err := h.ByProductKey(tx, "u-4")
			if err == nil && u.ID != dee.ID {
				h.t.Errorf("by key: %+v", u)
			}
			if _, err := h.ByProductKey(tx, ""); problem.CodeOf(err) != "not_found" {
				h.t.Errorf("the empty key: %v", err)
			}
			if u, err := h.FindEmail(tx, "DEE@harbour.example"); err != nil || u.ID != dee.ID {
				h.t.Errorf("by address: %+v %v", u, err)
			}
			return err
		}))
	})
}

func TestSweeping(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		run := &job.Runner{DB: h.DB}
		h.Jobs(run)
		st := h.newcomer(ada)
		h.ok(h.RequestReset(ctx, ada))
		token, err := h.FormToken(st.Session, "x")
		h.ok(err)
		h.ok(h.SpendForm(ctx, st.Session, "x", token))
		_, _, err = h.SetupSecret(ctx)
		h.ok(err)
		count := func() int {
			var n int
			h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
				return tx.NewRaw("SELECT (SELECT COUNT(*) FROM identity_session) + (SELECT COUNT(*) FROM identity_link) + (SELECT COUNT(*) FROM identity_spent) + "+
					"(SELECT COUNT(*) FROM identity_setup) + (SELECT COUNT(*) FROM identity_throttle)").Scan(tx.Ctx, &n)
			}))
			return n
		}
		before := count()
		h.ok(run.Drain(ctx))
		if got := count(); before < 5 || got != before {
			h.t.Errorf("%d rows, then %d: something was swept too early", before, got)
		}
		h.clock.Advance(12 * time.Hour)
		h.ok(run.Drain(ctx))
		if got := count(); got != 0 {
			h.t.Errorf("%d rows are left", got)
		}
	})
}
