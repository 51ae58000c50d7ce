package group_test

import (
	"context"
	"strings"
	"testing"

	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// H45: ownership moves, with one audit entry; the owner alone says whether a second
// member confirms releases, and only where there is one.
func TestH45_OwnershipMovesAndTheOwnerSetsTheRule(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h, ctx := newHouse(t, open), context.Background()
		ada, ben, eve := h.person("ada"), h.person("ben"), h.person("eve")
		g := h.found(ada, "Harbour Tools")
		set := func(who string, on bool) error {
			got, err := h.SetSecondPerson(ctx, h.as(who), g.ID, on)
			if err == nil && got.SecondPerson != on {
				t.Errorf("it is %v", got.SecondPerson)
			}
			return err
		}
		h.code("alone", set(ada, true), "second_person_missing")
		_, err := h.AddMember(ctx, h.as(ada), g.ID, "ben@example.com", group.RoleMember)
		h.code("add ben", err, "")
		h.code("with a plain member", set(ada, true), "second_person_missing")
		_, err = h.SetRole(ctx, h.as(ada), g.ID, ben, group.RoleAdmin)
		h.code("ben is an administrator", err, "")
		h.code("by an administrator", set(ben, true), "forbidden")
		h.code("by a stranger", set(eve, true), "not_found")
		h.code("by the owner", set(ada, true), "")
		h.code("an administrator turns it off", set(ben, false), "forbidden")
		got, err := h.Transfer(ctx, h.as(ada), g.ID, ben)
		if err != nil || got.Owner != ben || !got.SecondPerson {
			t.Fatalf("%+v %v", got, err)
		}
		h.code("the former owner turns it off", set(ada, false), "forbidden")
		h.code("the new owner", set(ben, false), "")
		if got := strings.Join(h.actions(), " "); got != "group.create group.member_add group.member_role group.second_person group.transfer group.second_person" {
			t.Errorf("audit: %s", got)
		}
	})
}
