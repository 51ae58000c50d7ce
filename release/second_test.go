package release_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/release"
)

// H45: where a group wants it, a second member confirms what goes to customers; a
// change makes it void, and nobody confirms for themselves.
func TestH45_ASecondMemberConfirmsAVersion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		first := h.draft("1.0.0", "flags.read")
		_, err := h.Confirm(ctx, h.ada, first.ID)
		h.code("where nobody asks for it", err, "second_person_needless")
		ben := ident.New[person](h.DB.Now()).String()
		err = h.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(`INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
				VALUES (?, 'ben@example.com', 'Ben', '', '', 0, 'active', '', 1, 1, 0)`, ben); err != nil {
				return err
			}
			return nil
		})
		h.code("ben", err, "")
		id, err := ident.Parse[group.Group](h.app.Group)
		h.code("group", err, "")
		_, err = h.Groups.AddMember(ctx, h.ada, id, "ben@example.com", group.RoleAdmin)
		h.code("ben joins", err, "")
		_, err = h.Groups.SetSecondPerson(ctx, h.ada, id, true)
		h.code("the rule", err, "")
		second := access.UserPrincipal(ben, map[string]string{h.app.Group: access.GroupAdmin}, nil)
		looker := access.UserPrincipal(ben, map[string]string{h.app.Group: access.GroupMember}, nil)

		_, err = h.Publish(ctx, h.ada, first.ID)
		h.code("alone", err, "second_person_required")
		_, err = h.SubmitVersion(ctx, h.ada, first.ID, release.Everybody)
		h.code("handed in alone", err, "second_person_required")
		_, err = h.Confirm(ctx, looker, first.ID)
		h.code("a plain member confirms", err, "forbidden")
		_, err = h.Confirm(ctx, h.ada, first.ID)
		h.code("she confirms", err, "")
		_, err = h.Publish(ctx, h.ada, first.ID)
		h.code("and releases it herself", err, "second_person_required")
		c, err := h.Confirm(ctx, second, first.ID)
		if h.code("ben confirms", err, ""); c.By != ben || !c.Needed {
			t.Errorf("%+v", c)
		}
		notes := "Changed after it was confirmed."
		_, err = h.Amend(ctx, second, first.ID, release.Patch{Notes: &notes})
		h.code("a change", err, "")
		_, err = h.Publish(ctx, h.ada, first.ID)
		h.code("the confirmation is void", err, "second_person_required")
		v, err := h.PublishTo(ctx, h.ada, first.ID, release.Stage{Reach: release.ReachOwn})
		h.code("in their own sandboxes", err, "")
		_, err = h.SetStage(ctx, h.ada, v.ID, release.Everybody)
		h.code("from there to everybody", err, "second_person_required")
		_, err = h.Confirm(ctx, second, v.ID)
		h.code("ben confirms that", err, "")
		_, err = h.SetStage(ctx, h.ada, v.ID, release.Everybody)
		h.code("with a second person", err, "")
		_, err = h.Confirm(ctx, second, v.ID)
		h.code("what everybody has", err, "version_not_draft")
		if c, err = h.Confirmation(ctx, h.ada, v.ID); err != nil || !c.Needed || c.By != "" {
			t.Errorf("%+v %v", c, err)
		}
	})
}
