package server_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/programme"
)

// A36: through every door a call of a preview is refused with product_not_enabled
// until the operator grants what the group asked for, and again afterwards.
func TestA36_PreviewsThroughEveryDoor(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		cat := s.Catalog.Get()
		file := cat.File()
		file.Operations = maps.Clone(file.Operations)
		file.Operations["read"] = catalog.Override{Needs: "scope:a", Preview: "early"}
		file.Previews = map[string]catalog.Gated{"early": {Label: "Early"}}
		if err := s.Swap(imported(t, file, oddProduct)); err != nil {
			t.Fatal(err)
		}
		t.Run(s.name, func(t *testing.T) {
			op := access.Operator("usr_none")
			refused := func(what string) {
				t.Helper()
				a, seen := s.send(t, "GET /a/x HTTP/1.1")
				s.refused(t, what, a, seen, http.StatusForbidden)
				if !strings.Contains(a.Body, `"product_not_enabled"`) || !strings.Contains(a.Body, `"product":"early"`) {
					t.Errorf("%s: %s", what, a.Body)
				}
			}
			refused("nobody asked")
			x, err := s.Programme.AskPreview(t.Context(), op, s.app.Group, "early", "Shows it early.")
			if err != nil {
				t.Fatal(err)
			}
			refused("asked only")
			x, err = s.Programme.DecidePreview(t.Context(), op, s.app.Group, "early", programme.AccessDecision{Grant: true, Revision: x.Revision})
			if err != nil {
				t.Fatal(err)
			}
			a, seen := s.send(t, "GET /a/x HTTP/1.1")
			s.served(t, "granted", "/a/x", a, seen)
			if _, err = s.Programme.DecidePreview(t.Context(), op, s.app.Group, "early", programme.AccessDecision{Reason: "Over.", Revision: x.Revision}); err != nil {
				t.Fatal(err)
			}
			refused("taken away")
		})
	}
}
