package release_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/release"
)

// previews puts a catalog in force in which capabilities belong to the preview early.
func (h *house) previews(capabilities ...string) {
	h.t.Helper()
	set, err := catalog.Load(fstest.MapFS{"a.json": {Data: []byte(`{"openapi":"3.1.0","info":{"title":"A","version":"1"},"paths":{"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}}}}}`)}}, "*.json")
	h.code("load", err, "")
	file := h.Catalog.Get().File()
	file.Previews = map[string]catalog.Gated{"early": {Label: "Early", Capabilities: capabilities}}
	cat, _, err := catalog.Import(set, file)
	h.code("import", err, "")
	h.Catalog.Swap(cat)
}

// A36: a capability that is a preview answers product_not_enabled to developers
// without it, when they bring a package and when they want to release one; granted,
// it passes; and what is live goes on when it is taken away.
func TestA36_CapabilitiesThatArePreviews(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.previews("eventHook")
		gate := programme.NewGate(h.DB, h.Catalog)
		partners := &programme.Service{DB: h.DB, Audit: h.Audit, Groups: h.Groups, Notices: h.Notices, Catalog: h.Catalog}
		v := h.bare("1.0.0")
		_, err := h.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: sample(t)})
		h.code("nobody says who may", err, "product_not_enabled")
		h.Early = gate.Preview
		_, err = h.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: sample(t)})
		h.code("not granted", err, "product_not_enabled")
		if product := problem.Of(err).Extra["product"]; product != "early" {
			t.Errorf("the answer names %v", product)
		}
		if h.packed(v.ID.String()) != nil {
			t.Error("the package was taken all the same")
		}

		h.previews("inboundTrigger")
		_, err = h.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: sample(t)})
		h.code("of another capability", err, "")
		h.previews("eventHook")
		_, err = h.Publish(ctx, h.ada, v.ID)
		h.code("publish what became a preview", err, "product_not_enabled")
		_, err = h.SubmitVersion(ctx, h.ada, v.ID, release.Everybody)
		h.code("submit what became a preview", err, "product_not_enabled")
		_, err = h.Publish(ctx, access.UserPrincipal("usr_other", nil, nil), v.ID)
		h.code("a stranger learns nothing", err, "not_found")

		h.Early = func(context.Context, string, string) error {
			return problem.Unavailable("store_unavailable", "The database is away.", errors.New("away"))
		}
		_, err = h.Publish(ctx, h.ada, v.ID)
		h.code("where it cannot be told", err, "store_unavailable")
		h.Early = gate.Preview

		op := access.Operator("usr_none")
		x, err := partners.AskPreview(ctx, op, h.app.Group, "early", "Tells of deployments.")
		h.code("ask", err, "")
		x, err = partners.DecidePreview(ctx, op, h.app.Group, "early", programme.AccessDecision{Grant: true, Revision: x.Revision})
		h.code("grant", err, "")
		_, err = h.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: sample(t)})
		h.code("put once granted", err, "")
		_, err = h.Publish(ctx, h.ada, v.ID)
		h.code("publish once granted", err, "")
		_, err = partners.DecidePreview(ctx, op, h.app.Group, "early", programme.AccessDecision{Reason: "Over.", Revision: x.Revision})
		h.code("take away", err, "")
		if h.packed(v.ID.String()) == nil {
			t.Error("what is live has lost its package")
		}

		h.Review = true
		x, err = partners.AskPreview(ctx, op, h.app.Group, "early", "Tells of deployments.")
		h.code("ask again", err, "")
		x, err = partners.DecidePreview(ctx, op, h.app.Group, "early", programme.AccessDecision{Grant: true, Revision: x.Revision})
		h.code("grant again", err, "")
		wait := h.bare("1.0.1")
		_, err = h.PutPackage(ctx, h.ada, wait.ID, release.Archive{Data: sample(t)})
		h.code("put", err, "")
		notes := "Mended."
		_, err = h.Amend(ctx, h.ada, wait.ID, release.Patch{Notes: &notes})
		h.code("notes", err, "")
		_, err = h.SubmitVersion(ctx, h.ada, wait.ID, release.Everybody)
		h.code("submit", err, "")
		_, err = h.TakeVersion(ctx, op, wait.ID)
		h.code("take", err, "")
		_, err = partners.DecidePreview(ctx, op, h.app.Group, "early", programme.AccessDecision{Reason: "Over.", Revision: x.Revision})
		h.code("take away while it waits", err, "")
		_, err = h.DecideVersion(ctx, op, wait.ID, release.Verdict{Approve: true})
		h.code("approve", err, "product_not_enabled")
		_, err = h.DecideVersion(ctx, op, wait.ID, release.Verdict{Reason: "Not open to you any more."})
		h.code("send back", err, "")

		next := h.bare("1.1.0")
		_, err = h.PutPackage(ctx, h.ada, next.ID, release.Archive{Data: sample(t)})
		h.code("the next one", err, "product_not_enabled")
	})
}
