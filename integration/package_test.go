package integration_test

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/manifest/lint"
	"github.com/guestright/guestright/release"
)

// A version that asks for nothing works by its package: it is installed with a
// user and a role that allow nothing.
func TestVersionsWithAPackageAndNoScopes(t *testing.T) {
	t.Parallel()
	h := one(t)
	files, err := lint.Scaffold("harbour-watch")
	h.ok(err)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range files {
		f, err := w.Create(name)
		h.ok(err)
		_, err = f.Write(data)
		h.ok(err)
	}
	h.ok(w.Close())
	v, err := h.Releases.Draft(ctx, h.ada, h.app.ID, release.Content{Number: "2.0.0", Notes: "Works by its package."})
	h.ok(err)
	_, err = h.Releases.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: b.Bytes()})
	h.ok(err)
	_, err = h.Releases.Publish(ctx, h.ada, v.ID)
	h.ok(err)
	o, err := h.Preview(ctx, h.ben, h.harbour.ID, h.app.PublicID)
	h.ok(err)
	if o.Version.ID != v.ID || len(o.Asked) != 0 {
		t.Errorf("%+v", o)
	}
	i := h.install()
	if i.State != integration.Active || len(i.Scopes) != 0 || i.Version != v.ID.String() {
		t.Errorf("%+v", i)
	}
	raw, err := h.obtain("")
	h.ok(err)
	bearer, err := h.bearers.Authenticate(ctx, raw)
	h.ok(err)
	if on := access.On("flag", "a"); access.Permits(bearer.Holding.Layers, "flag:view", &on) {
		t.Error("it may do something")
	}
}
