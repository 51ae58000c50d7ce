package listing_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/sheet"
)

var (
	ctx      = context.Background()
	operator = access.Operator("usr_op")
)

// house is the slice on a real database: ada develops Deploybot.
type house struct {
	*listing.Service
	t      *testing.T
	clock  *storetest.Clock
	groups *group.Service

	ada   access.Principal
	group string
	app   application.Application
}

type person struct{}

func (person) IDPrefix() string { return "usr" }

func offering(t testing.TB) *catalog.Current {
	t.Helper()
	set, err := catalog.Load(fstest.MapFS{"p.json": {Data: []byte(`{"openapi":"3.1.0","info":{"title":"Pennant","version":"1"},"paths":{
		"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}},"post":{"operationId":"createFlag","responses":{"201":{"description":"ok"}}}}}}`)}}, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, catalog.File{
		Product:    catalog.Product{Name: "Pennant", Upstreams: map[string]string{"default": "http://127.0.0.1:1"}, Account: catalog.Account{In: "none"}},
		Operations: map[string]catalog.Override{"listFlags": {Needs: "flag:view"}, "createFlag": {Needs: "flag:create"}},
		Scopes:     map[string]catalog.Scope{"flags.read": {Label: "Read flags", Risk: "low", Entitlements: []string{"flag:view"}}, "flags.write": {Label: "Change flags", Risk: "high", Entitlements: []string{"flag:view", "flag:create"}}},
		Privileges: []catalog.Privilege{{Label: "View flags", Screen: "Flags", Entitlements: []string{"flag:view"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &catalog.Current{}
	c.Swap(cat)
	return c
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	log := &audit.Log{DB: db}
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	h.ok(err)
	cat, limits := offering(t), &quota.Service{DB: db, Audit: log, Solo: true}
	h.groups = &group.Service{DB: db, Audit: log}
	s := &listing.Service{DB: db, Audit: log, Notices: &notice.Service{DB: db, Audit: log}, Categories: listing.Categories([]string{"Automation", "Developer tools"}), Origin: "https://hub.example"}
	s.Applications = &application.Service{DB: db, Audit: log, Groups: h.groups, Keys: keys, Quota: limits}
	s.Releases = &release.Service{DB: db, Audit: log, Applications: s.Applications, Groups: h.groups, Notices: s.Notices, Catalog: cat}
	s.Applications.Touched = s.Releases.Touched
	s.Sheets = &sheet.Service{DB: db, Applications: s.Applications, Groups: h.groups, Releases: s.Releases, Quota: limits, Catalog: cat, Links: s.SheetLinks}
	s.Watch()
	h.Service = s
	ada := ident.New[person](h.clock.Now()).String()
	h.ok(db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, 'ada@example.com', 'ada', '', '', 0, 'active', '', 1, ?, 0)`, ada, store.At(tx.Now()))
		return err
	}))
	g, err := h.groups.Create(ctx, access.UserPrincipal(ada, nil, nil), "Harbour Tools")
	h.ok(err)
	h.group = g.ID.String()
	h.ada = access.UserPrincipal(ada, map[string]string{h.group: access.GroupOwner}, nil)
	h.app = h.register("Deploybot")
	return h
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) code(what string, err error, want string) {
	h.t.Helper()
	if got := problem.CodeOf(err); got != want {
		h.t.Errorf("%s: %q, want %q (%v)", what, got, want, err)
	}
}

func (h *house) register(name string) application.Application {
	h.t.Helper()
	a, err := h.Applications.Register(ctx, h.ada, h.group, application.Draft{Name: name, Description: "Turns flags on when you deploy. And off again.", Support: "help@deploybot.example"})
	h.ok(err)
	return a
}

func (h *house) draft(a application.Application, number string) release.Version {
	h.t.Helper()
	v, err := h.Releases.Draft(ctx, h.ada, a.ID, release.Content{Number: number, Notes: "More.", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows the flags."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Turns them on."}}, Listing: release.Listing{Tagline: "Flags follow deployments"}})
	h.ok(err)
	return v
}

func (h *house) publish(a application.Application, number string) release.Version {
	h.t.Helper()
	v, err := h.Releases.Publish(ctx, h.ada, h.draft(a, number).ID)
	h.ok(err)
	return v
}

func (h *house) written(a application.Application) {
	h.t.Helper()
	_, err := h.Update(ctx, h.ada, a.ID, listing.Edit{Categories: &[]string{"automation"}, Links: &listing.Links{Privacy: "https://deploybot.example/privacy"}, Documentation: ptr("# Set up\n\nNothing.")})
	h.ok(err)
}

// listed makes an application that everybody finds.
func (h *house) listed(a application.Application) {
	h.t.Helper()
	h.publish(a, "1.0.0")
	h.written(a)
	_, err := h.Show(ctx, h.ada, a.ID, listing.Public)
	h.ok(err)
}

func (h *house) found(what string, q listing.Query, want ...string) listing.Found {
	h.t.Helper()
	got, err := h.Find(ctx, q)
	h.ok(err)
	var names []string
	for _, e := range got.Items {
		names = append(names, e.Slug)
	}
	if len(names) != len(want) {
		h.t.Errorf("%s: %v, want %v", what, names, want)
		return got
	}
	for i := range want {
		if names[i] != want[i] {
			h.t.Errorf("%s: %v, want %v", what, names, want)
			break
		}
	}
	return got
}

func ptr[T any](v T) *T { return &v }

func drawing(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		img.Set(x, x%h, color.RGBA{200, 30, uint8(x), 255})
	}
	return img
}

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, drawing(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, drawing(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pictureIn reads a picture's id out of its address.
func pictureIn(t *testing.T, url string) listing.PictureID {
	t.Helper()
	name := url[strings.LastIndexByte(url, '/')+1:]
	raw, _, _ := strings.Cut(name, ".")
	id, err := ident.Parse[listing.Picture](raw)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
