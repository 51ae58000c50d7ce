package private_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/token"
)

func TestManyAreTooMany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.create(h.cora, h.north, private.Draft{})
		for range private.Most - 1 {
			h.create(h.cora, h.north, private.Draft{})
		}
		_, err := h.Create(ctx, h.cora, h.north.ID, private.Draft{Name: "x", Scopes: []string{"contacts.read"}})
		want(t, "integrations", problem.CodeOf(err), "private_integration_limit")
		var acc account.ID
		_, err = h.Create(ctx, h.operator, acc, private.Draft{Name: "x", Scopes: []string{"contacts.read"}})
		want(t, "no account", problem.CodeOf(err), "not_found")
	})
}

// What makes a private integration out of something else does so in one piece:
// when the rest fails, neither the integration nor its grant nor its token is there.
func TestCreateInJoins(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		d := private.Draft{Name: "From a key", Scopes: []string{"contacts.read"}}
		stop := problem.Conflict("test_stop", "The rest failed.")
		err := h.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := h.CreateIn(tx, h.cora, h.north.ID, d); err != nil {
				return err
			}
			return stop
		})
		want(t, "the caller's error", problem.CodeOf(err), "test_stop")
		for _, table := range []string{"private_integration", "grant_grant", "token_token"} {
			h.write(func(tx *store.Tx) error {
				var n int
				err := tx.NewRaw("SELECT count(*) FROM "+table).Scan(tx.Ctx, &n)
				if n != 0 {
					t.Errorf("%d rows of %s", n, table)
				}
				return err
			})
		}
		var c private.Created
		h.write(func(tx *store.Tx) (err error) {
			c, err = h.CreateIn(tx, h.cora, h.north.ID, d)
			return err
		})
		want(t, "its token", h.opens(c), "")
		err = h.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := h.CreateIn(tx, h.rita, h.north.ID, d)
			return err
		})
		want(t, "by a reader", problem.CodeOf(err), "forbidden")
	})
}

// H9, H10: the terms of an integration are those of its tokens, of the one that is
// there as of the next, and what is told about them leads to its page.
func TestH9_TermsOfTheIntegration(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.create(h.cora, h.north, private.Draft{Expiry: private.Expiry{IdleDays: 60, RotateDays: 30}})
		terms := func(want string) {
			t.Helper()
			h.write(func(tx *store.Tx) error {
				now, err := h.Tokens.Find(tx, c.Token.Secret.Reveal())
				if got := now.Idle.Duration().String() + " " + now.Rotate.Duration().String(); got != want {
					t.Errorf("%s, want %s", got, want)
				}
				return err
			})
		}
		terms("1440h0m0s 720h0m0s")
		if _, err := h.Update(ctx, h.cora, c.ID, private.Patch{Expiry: &private.Expiry{IdleDays: 90}}); err != nil {
			t.Fatal(err)
		}
		terms("2160h0m0s 0s")
		told := func(c private.Created) (token.Holder, string) {
			var got token.Holder
			h.write(func(tx *store.Tx) error {
				g, err := h.Grants.Load(tx, c.Grant)
				if err != nil {
					return err
				}
				got, err = h.Describe(tx, g)
				return err
			})
			var to []string
			for _, one := range got.To {
				to = append(to, one.Account+one.AccountRole+one.User)
			}
			return got, strings.Join(to, " ")
		}
		admins := h.north.ID.String() + access.AccountAdmin
		got, to := told(c)
		if got.Name != c.Name || got.Link != "/private-integrations/"+c.ID.String() || to != admins {
			t.Errorf("owned by an administrator: %+v %s", got, to)
		}
		_, to = told(h.create(h.cora, h.north, private.Draft{Owner: h.rita.User}))
		want(t, "owned by somebody else", to, admins+" "+h.rita.User)
	})
}
