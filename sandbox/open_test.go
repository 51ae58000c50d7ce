package sandbox_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/server/servertest"
)

var product = access.System("the product")

// take gives out the one task that there is.
func (h *house) take(kind string) host.Task {
	h.T.Helper()
	got, err := h.Host.Take(h.T.Context(), product, host.Query{Limit: 10})
	h.ok(err)
	if len(got) != 1 || got[0].Kind != kind {
		h.T.Fatalf("tasks: %+v, not one %s", got, kind)
	}
	return got[0]
}

func (h *house) none() {
	h.T.Helper()
	if got, err := h.Host.Take(h.T.Context(), product, host.Query{Limit: 10}); err != nil || len(got) > 0 {
		h.T.Fatalf("tasks: %+v %v", got, err)
	}
}

func (h *house) open(name string) sandbox.Sandbox {
	h.T.Helper()
	b, err := h.Sandboxes.Open(h.T.Context(), h.dan, h.team.ID, sandbox.Opening{Name: name})
	h.ok(err)
	return b
}

// without has the product do nothing about sandboxes.
func (h *house) without() {
	h.Catalog.Swap(servertest.PennantCatalog(h.T, h.Catalog.Get().File().Product.Upstreams["default"], func(f *catalog.File) { f.Sandboxes = nil }))
}

func (h *house) standing(id account.ID, what string, want sandbox.State, fault string) {
	h.T.Helper()
	b, err := h.Sandboxes.Get(h.T.Context(), h.dan, id)
	h.ok(err)
	if b.Asked == nil || b.Asked.What != what || b.Asked.State != want || b.Asked.Fault != fault {
		h.T.Fatalf("%+v, not %s %s %q", b.Asked, what, want, fault)
	}
}

// H44: a developer makes a sandbox by herself; the product opens it and puts it
// back to the beginning, one thing at a time.
func TestH44_ADeveloperMakesASandbox(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		ctx := t.Context()
		b := h.open(" Trying out ")
		if b.Name != "Trying out" || !strings.HasPrefix(b.Key, "sandbox-") || b.OpenedBy != h.dan.User || b.Asked == nil || !b.Asked.Seed {
			t.Errorf("%+v", b)
		}
		h.standing(b.ID, "create", sandbox.Waiting, "")
		_, err := h.Sandboxes.Reset(ctx, h.dan, b.ID)
		h.code("a reset while it is opened", err, "sandbox_busy")
		task := h.take("sandbox.create")
		var said map[string]any
		h.ok(json.Unmarshal(task.Data, &said))
		if task.AccountKey != b.Key || said["name"] != "Trying out" || said["group"] != h.team.Name || said["seed"] != true {
			t.Errorf("%+v %s", task, task.Data)
		}
		_, err = h.Host.Fail(ctx, product, task.ID, host.Failure{Detail: "No room left."})
		h.ok(err)
		h.standing(b.ID, "create", sandbox.Failed, "No room left.")
		_, err = h.Sandboxes.Reset(ctx, h.dan, b.ID)
		h.ok(err)
		h.standing(b.ID, "create", sandbox.Waiting, "")
		_, err = h.Host.Finish(ctx, product, h.take("sandbox.create").ID, nil)
		h.ok(err)
		h.standing(b.ID, "create", sandbox.Done, "")

		for range 2 { // asked twice, done once
			got, err := h.Sandboxes.Reset(ctx, h.dan, b.ID)
			if h.ok(err); got.Asked.What != "reset" || got.Asked.State != sandbox.Waiting {
				t.Errorf("%+v", got.Asked)
			}
		}
		reset := h.take("sandbox.reset")
		h.none()
		_, err = h.Host.Fail(ctx, product, reset.ID, host.Failure{Detail: "Locked."})
		h.ok(err)
		h.standing(b.ID, "reset", sandbox.Failed, "Locked.")
		_, err = h.Sandboxes.Reset(ctx, h.dan, b.ID)
		h.ok(err)
		_, err = h.Host.Retry(ctx, product, reset.ID) // the operator gives the former out anew
		h.ok(err)
		_, err = h.Host.Finish(ctx, product, h.take("sandbox.reset").ID, nil)
		h.ok(err)
		h.standing(b.ID, "reset", sandbox.Waiting, "") // another than the one that counts
		_, err = h.Host.Finish(ctx, product, h.take("sandbox.reset").ID, nil)
		h.ok(err)
		h.standing(b.ID, "reset", sandbox.Done, "")
		_, err = h.Sandboxes.Reset(ctx, h.dan, b.ID)
		h.ok(err)
		clock.Advance(24*time.Hour + time.Second)
		h.none() // a reset of yesterday takes nothing away today
		h.standing(b.ID, "reset", sandbox.Failed, "It was not done in time.")

		h.ok(h.Sandboxes.Close(ctx, h.dan, b.ID))
		h.take("sandbox.close")
		_, err = h.Sandboxes.Get(ctx, h.dan, b.ID)
		h.code("it is closed", err, "not_found")
		h.code("one that the product told of", h.Sandboxes.Close(ctx, h.dan, h.lab.ID), "sandbox_not_made")
		if n := h.audited(); n["sandbox.create"] != 1 || n["sandbox.reset"] != 4 || n["sandbox.close"] != 1 {
			t.Errorf("audited: %v", n)
		}
	})
}

// H44: a group has so many sandboxes and no more, also when two are made at once.
func TestH44_SandboxesHaveAQuota(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock) // lab is one already
		ctx := t.Context()
		make := func() error {
			_, err := h.Sandboxes.Open(ctx, h.dan, h.team.ID, sandbox.Opening{Name: "Trying out"})
			return err
		}
		var all sync.WaitGroup
		said := [4]error{}
		for i := range said {
			all.Go(func() { said[i] = make() })
		}
		all.Wait()
		made := 0
		for _, err := range said {
			if err == nil {
				made++
			} else {
				h.code("one too many", err, "sandbox_limit")
			}
		}
		room, err := h.Sandboxes.Room(ctx, h.dan, h.team.ID)
		if err != nil || made != 2 || room.Open != 3 || room.Most != 3 || !room.Opens || room.Seed == "" || room.Reset == "" {
			t.Fatalf("%d made, %+v %v", made, room, err)
		}
		own, err := h.Sandboxes.List(ctx, h.dan, h.team.ID)
		h.ok(err)
		h.ok(h.Sandboxes.Close(ctx, h.dan, own[0].ID))
		h.ok(make())
		h.code("full again", make(), "sandbox_limit")
		h.Sandboxes.Most = 0
		h.code("the operator wants none", make(), "sandbox_limit")

		yes := true
		for what, o := range map[string]sandbox.Opening{"no name": {Name: " "}, "a long one": {Name: strings.Repeat("é", 81)}, "odd": {Name: "a\nb"}} {
			_, err := h.Sandboxes.Open(ctx, h.dan, h.team.ID, o)
			h.code(what, err, "sandbox_invalid")
		}
		h.without()
		_, err = h.Sandboxes.Open(ctx, h.dan, h.team.ID, sandbox.Opening{Name: "Trying out", Seed: &yes})
		h.code("data that the product has not", err, "sandbox_invalid")
	})
}

// H44: who closes one makes room for another, though not without end: each is work for
// the product.
func TestH44_SandboxesOfADay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		h.Sandboxes.Most = 2 // lab is one already
		for range 20 {
			h.ok(h.Sandboxes.Close(t.Context(), h.dan, h.open("Trying out").ID))
		}
		_, err := h.Sandboxes.Open(t.Context(), h.dan, h.team.ID, sandbox.Opening{Name: "Trying out"})
		h.code("the 21st of a day", err, "sandbox_limit")
		clock.Advance(24*time.Hour + time.Second)
		h.open("Tomorrow")
	})
}

// H44: one that was made before the product opened any is opened when it is asked for.
func TestH44_ASandboxFromBeforeTheProductOpenedAny(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, storetest.Open(t, clock), clock)
	offering := h.Catalog.Get()
	h.without()
	b := h.open("Trying out")
	h.Catalog.Swap(offering)
	_, err := h.Sandboxes.Reset(t.Context(), h.dan, b.ID)
	h.ok(err)
	h.standing(b.ID, "create", sandbox.Waiting, "")
	h.take("sandbox.create")
}

// H44: where the product does nothing about sandboxes, it is asked nothing, and a
// reset is refused.
func TestH44_AProductWithoutSandboxesIsNotAsked(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, storetest.Open(t, clock), clock)
	h.without()
	b := h.open("Trying out")
	if h.none(); b.Asked != nil {
		t.Errorf("%+v", b.Asked)
	}
	for _, id := range []account.ID{b.ID, h.lab.ID} {
		_, err := h.Sandboxes.Reset(t.Context(), h.dan, id)
		h.code("a reset", err, "sandbox_no_reset")
	}
	h.ok(h.Sandboxes.Close(t.Context(), h.dan, b.ID))
	h.none()
}

// H44: only administrators of the group make, reset and close; for strangers the
// sandbox is absent. Its people are those of the group.
func TestH44_ASandboxIsItsGroups(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, storetest.Open(t, clock), clock)
	ctx := t.Context()
	eve, _ := h.Developer("eve@other.example")
	leo := h.Person("leo@acme.example")
	plain := access.UserPrincipal(leo, map[string]string{h.team.ID.String(): access.GroupMember}, nil)
	_, err := h.Groups.AddMember(ctx, h.dan, h.team.ID, "leo@acme.example", group.RoleMember)
	h.ok(err)
	b := h.open("Trying out")
	for name, k := range map[string]struct {
		by   access.Principal
		want string
	}{"a stranger": {eve, "not_found"}, "nobody": {access.Principal{}, "not_found"}, "a plain member": {plain, "forbidden"}, "a customer": {h.admin, "not_found"}} {
		_, err := h.Sandboxes.Open(ctx, k.by, h.team.ID, sandbox.Opening{Name: "Theirs"})
		h.code(name+" makes one", err, k.want)
		_, err = h.Sandboxes.Reset(ctx, k.by, b.ID)
		h.code(name+" resets it", err, k.want)
		h.code(name+" closes it", h.Sandboxes.Close(ctx, k.by, b.ID), k.want)
	}
	_, err = h.Sandboxes.Room(ctx, eve, h.team.ID)
	h.code("a stranger asks for room", err, "not_found")
	_, err = h.Sandboxes.Reset(ctx, h.dan, h.harbour.ID)
	h.code("a customer's account", err, "not_found")
	_, err = h.Sandboxes.Open(ctx, product, h.team.ID, sandbox.Opening{Name: "Nobody's"})
	h.code("no person", err, "not_a_person")

	people := func(want map[string]string) {
		t.Helper()
		all, err := h.Accounts.Members(ctx, product, b.ID)
		h.ok(err)
		got := map[string]string{}
		for _, m := range all {
			got[m.User] = m.Role
		}
		if len(got) != len(want) {
			t.Errorf("people: %v, not %v", got, want)
		}
		for u, r := range want {
			if got[u] != r {
				t.Errorf("%s is %q, not %q", u, got[u], r)
			}
		}
	}
	people(map[string]string{h.dan.User: "admin", leo: "member"})
	_, err = h.Groups.SetRole(ctx, h.dan, h.team.ID, leo, group.RoleAdmin)
	h.ok(err)
	people(map[string]string{h.dan.User: "admin", leo: "admin"})
	_, err = h.Groups.Transfer(ctx, h.dan, h.team.ID, leo)
	h.ok(err)
	h.ok(h.Groups.RemoveMember(ctx, access.UserPrincipal(leo, map[string]string{h.team.ID.String(): access.GroupOwner}, nil), h.team.ID, h.dan.User))
	people(map[string]string{leo: "admin"})
}

// H44: what a group made stays a sandbox, whatever the product tells of it; what
// opens it opens no customer's account, and the reverse.
func TestH44_ASandboxNeverBecomesACustomer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		ctx := t.Context()
		b := h.open("Trying out")
		_, others := h.Developer("eve@other.example")
		for what, d := range map[string]account.Draft{"a customer's": {Kind: account.Production}, "another group's": {Group: others.ID.String()}, "a child": {Parent: "harbour"}} {
			d.Key, d.Name = b.Key, "Renamed"
			_, err := h.Accounts.Put(ctx, product, d)
			h.code(what, err, "account_is_sandbox")
		}
		a, err := h.Accounts.Put(ctx, product, account.Draft{Key: b.Key, Name: "Renamed"})
		if err != nil || a.ID != b.ID || a.Kind != account.Sandbox || a.Group != h.team.ID.String() || a.Name != "Renamed" {
			t.Fatalf("%+v %v", a, err)
		}
		mine := access.UserPrincipal(h.dan.User, nil, map[string]string{b.ID.String(): access.AccountAdmin})
		h.Install(mine, a, h.app)
		own, harbour := h.Token(h.key, b.Key), h.Token(h.key, "harbour")
		for _, c := range []struct {
			raw, key string
			status   int
		}{{own, b.Key, 200}, {harbour, "harbour", 200}, {own, "harbour", 404}, {harbour, b.Key, 404}, {own, "lab", 404}} {
			if a := h.Call(c.raw, "GET", "/api/v1/accounts/"+c.key+"/projects/web/flags", nil); a.Status != c.status {
				t.Errorf("%s: %d %s, not %d", c.key, a.Status, a.Body, c.status)
			}
		}
		h.ok(h.Sandboxes.Close(ctx, h.dan, b.ID))
		if a := h.Call(own, "GET", "/api/v1/accounts/"+b.Key+"/projects/web/flags", nil); a.Status == 200 {
			t.Errorf("a closed sandbox answers: %d %s", a.Status, a.Body)
		}
		if a, err := h.Accounts.Put(ctx, product, account.Draft{Key: b.Key, Name: "Renamed again"}); err != nil || a.State != account.Closed {
			t.Errorf("the product opens it again: %+v %v", a, err)
		}
	})
}
