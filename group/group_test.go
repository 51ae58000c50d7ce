package group_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

type person struct{}

func (person) IDPrefix() string { return "usr" }

// house is the slice on a real database.
type house struct {
	*group.Service
	t     *testing.T
	clock *storetest.Clock
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	h.Service = &group.Service{DB: db, Audit: &audit.Log{DB: db}, Naming: group.Naming{Forbidden: []string{"test"}, Required: nil}}
	return h
}

// suspend and lift are what package suspension does.
func (h *house) suspend(ctx context.Context, by access.Principal, id group.ID, reason string) (group.Group, error) {
	return h.standing(ctx, id, func(tx *store.Tx) error { return h.Stop(tx, by, id, reason) })
}

func (h *house) lift(ctx context.Context, by access.Principal, id group.ID) (group.Group, error) {
	return h.standing(ctx, id, func(tx *store.Tx) error { return h.Start(tx, by, id) })
}

func (h *house) standing(ctx context.Context, id group.ID, do func(tx *store.Tx) error) (group.Group, error) {
	var out group.Group
	err := h.DB.Write(ctx, func(tx *store.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		var err error
		out, err = h.Load(tx, id.String())
		return err
	})
	return out, err
}

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.DB.Write(context.Background(), f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) person(name string) string {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, ?, 0)`, id, name+"@example.com", name, store.At(tx.Now()))
		return err
	})
	return id
}

// as is the person as the next request would see them.
func (h *house) as(id string) access.Principal {
	h.t.Helper()
	var by access.Principal
	h.write(func(tx *store.Tx) error {
		roles, err := group.Roles(tx, id)
		by = access.UserPrincipal(id, roles, nil)
		return err
	})
	return by
}

func (h *house) found(owner, name string) group.Group {
	h.t.Helper()
	g, err := h.Create(context.Background(), h.as(owner), name)
	if err != nil {
		h.t.Fatal(err)
	}
	return g
}

// code fails the test unless err carries the code; "" is success.
func (h *house) code(what string, err error, want string) {
	h.t.Helper()
	if got := problem.CodeOf(err); got != want {
		h.t.Errorf("%s: %q, want %q (%v)", what, got, want, err)
	}
}

// actions lists the audit log, the oldest first.
func (h *house) actions() []string {
	h.t.Helper()
	log := &audit.Log{DB: h.DB}
	page, err := log.List(context.Background(), access.Operator("usr_op"), audit.Filter{}, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var out []string
	for _, e := range page.Entries {
		out = append(out, e.Action)
	}
	slices.Reverse(out)
	return out
}

func TestA2_TheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h, ctx := newHouse(t, open), context.Background()
		ada, ben, eve := h.person("ada"), h.person("ben"), h.person("eve")
		g := h.found(ada, "Harbour Tools")
		h.code("the owner leaves", h.RemoveMember(ctx, h.as(ada), g.ID, ada), "last_administrator")
		_, err := h.AddMember(ctx, h.as(ada), g.ID, " BEN@example.com", group.RoleAdmin)
		h.code("add ben", err, "")
		_, err = h.AddMember(ctx, h.as(ada), g.ID, "ben@example.com", group.RoleAdmin)
		h.code("add ben again", err, "already_member")
		_, err = h.AddMember(ctx, h.as(ada), g.ID, "nobody@example.com", group.RoleAdmin)
		h.code("add a stranger", err, "user_unknown")
		_, err = h.AddMember(ctx, h.as(ada), g.ID, "eve@example.com", group.RoleOwner)
		h.code("a second owner", err, "group_role_invalid")
		h.code("an administrator removes the owner", h.RemoveMember(ctx, h.as(ben), g.ID, ada), "last_administrator")
		_, err = h.SetRole(ctx, h.as(ben), g.ID, ada, group.RoleMember)
		h.code("an administrator demotes the owner", err, "last_administrator")
		_, err = h.SetRole(ctx, h.as(ben), g.ID, ben, group.RoleMember)
		h.code("one's own role", err, "own_role")
		_, err = h.Transfer(ctx, h.as(ben), g.ID, ben)
		h.code("an administrator takes the group", err, "forbidden")
		_, err = h.Transfer(ctx, h.as(ada), g.ID, eve)
		h.code("to somebody outside", err, "not_found")
		_, err = h.Transfer(ctx, h.as(ada), g.ID, ada)
		h.code("to oneself", err, "already_owner")
		g, err = h.Transfer(ctx, h.as(ada), g.ID, ben)
		h.code("to ben", err, "")
		if g.Owner != ben {
			t.Errorf("owner: %s", g.Owner)
		}
		h.code("the former owner leaves", h.RemoveMember(ctx, h.as(ada), g.ID, ada), "")
		if _, err := h.Get(ctx, h.as(ada), g.ID); problem.CodeOf(err) != "not_found" {
			t.Errorf("who has left sees the group: %v", err)
		}
		if got := strings.Join(h.actions(), " "); got != "group.create group.member_add group.transfer group.member_remove" {
			t.Errorf("audit: %s", got)
		}
	})
}

func TestA2_ArchiveWhenEmpty(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h, ctx := newHouse(t, open), context.Background()
		ada := h.person("ada")
		g := h.found(ada, "Harbour Tools")
		h.write(func(tx *store.Tx) error { return group.PlaceHold(tx, g.ID.String(), "application/app_1", "Deploybot") })
		_, err := h.Archive(ctx, h.as(ada), g.ID)
		h.code("with an application", err, "group_in_use")
		if owns, _ := problem.Of(err).Extra["owns"].([]string); !slices.Equal(owns, []string{"Deploybot"}) {
			t.Errorf("owns: %v", problem.Of(err).Extra)
		}
		h.write(func(tx *store.Tx) error { return group.ReleaseHold(tx, g.ID.String(), "application/app_1") })
		_, err = h.Archive(ctx, h.as(ada), g.ID)
		h.code("without", err, "")
		_, err = h.Archive(ctx, h.as(ada), g.ID)
		h.code("again", err, "group_not_active")
		h.write(func(tx *store.Tx) error {
			_, err := h.Active(tx, g.ID.String())
			h.code("use of an archived group", err, "group_archived")
			return nil
		})
		_, err = h.Restore(ctx, h.as(ada), g.ID)
		h.code("restore", err, "")
		_, err = h.Restore(ctx, h.as(ada), g.ID)
		h.code("restore again", err, "group_not_archived")
	})
}

func TestSuspension(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) }), context.Background()
	ada, operator := h.person("ada"), access.Operator("usr_op")
	g := h.found(ada, "Harbour Tools")
	_, err := h.suspend(ctx, h.as(ada), g.ID, "x")
	h.code("by its owner", err, "forbidden")
	_, err = h.suspend(ctx, operator, g.ID, " ")
	h.code("without a reason", err, "reason_required")
	changed := false
	h.DB.OnChange(group.Topic, func(key string) { changed = changed || key == g.ID.String() })
	_, err = h.suspend(ctx, operator, g.ID, "abuse")
	h.code("suspend", err, "")
	if !changed {
		t.Error("nobody was told: tokens would go on")
	}
	h.write(func(tx *store.Tx) error {
		_, err := h.Active(tx, g.ID.String())
		h.code("use", err, "group_suspended")
		return nil
	})
	_, err = h.lift(ctx, h.as(ada), g.ID)
	h.code("lifted by its owner", err, "forbidden")
	got, err := h.lift(ctx, operator, g.ID)
	h.code("lift", err, "")
	if got.Reason != "" || got.State != group.Active {
		t.Errorf("lifted: %+v", got)
	}
	_, err = h.lift(ctx, operator, g.ID)
	h.code("lift again", err, "group_not_suspended")
}

func TestOnlyPeopleFoundGroups(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) }), context.Background()
	ada := h.person("ada")
	for name, by := range map[string]access.Principal{"nobody": {}, "the system": access.System("x"),
		"an integration acting for ada": {Kind: access.KindIntegration, User: ada}} {
		_, err := h.Create(ctx, by, "X")
		h.code(name, err, "not_a_person")
	}
	_, err := h.List(ctx, access.Principal{Kind: access.KindIntegration, User: ada})
	h.code("an integration lists ada's groups", err, "not_a_person")
}

func TestPages(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) }), context.Background()
	ada, eve := h.person("ada"), h.person("eve")
	for _, name := range []string{"One", "Two", "Three"} {
		h.found(ada, name)
	}
	h.found(eve, "Eve's")
	first, err := h.Page(ctx, h.as(ada), group.ID{}, 2)
	if err != nil || len(first) != 2 {
		t.Fatalf("%v %v", first, err)
	}
	rest, err := h.Page(ctx, h.as(ada), first[1].ID, 2)
	if err != nil || len(rest) != 1 {
		t.Errorf("rest: %v %v", rest, err)
	}
	if all, err := h.List(ctx, access.Operator("usr_op")); err != nil || len(all) != 4 {
		t.Errorf("the operator sees %d: %v", len(all), err)
	}
}
