package membership_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
)

// Whoever sets a partner up reads the address, what the token has to allow, a sample
// that the partner's parser takes, and what came of it.
func TestWhatAPartnerNeeds(t *testing.T) {
	t.Parallel()
	each(t, "rudderstack", func(h *house) {
		ctx := h.T.Context()
		got, err := h.Memberships.Sheet(ctx, h.Admin, h.from.ID)
		if err != nil || !got.Working || !strings.HasSuffix(got.Address, "/hooks/membership/rudderstack") || !strings.HasSuffix(got.Compatible, "/api/v2/segment-targets/rudderstack") {
			h.T.Fatalf("%+v %v", got, err)
		}
		if strings.Join(got.Needs, " ") != "segment:update" || strings.Join(got.Scopes, " ") != "segments.write" || len(got.Targets) != 1 || len(got.Places) != 1 {
			h.T.Errorf("%+v", got)
		}
		h.ok(got.Sample)
		all, err := h.Memberships.Of(ctx, h.Admin, h.from.ID, membership.ID{}, 10)
		if err != nil || len(all) != 1 || all[0].PartnerID != "vip" || all[0].Members != 1 {
			h.T.Errorf("%+v %v", all, err)
		}
		if _, err := h.Memberships.Sheet(ctx, h.Developer, h.from.ID); problem.CodeOf(err) != "not_found" {
			h.T.Errorf("the developer reads it: %v", err)
		}
		if _, err := h.Memberships.Of(ctx, h.Developer, h.from.ID, membership.ID{}, 10); problem.CodeOf(err) != "not_found" {
			h.T.Errorf("the developer reads what came: %v", err)
		}
		off := false
		if _, err := h.Configurations.Update(ctx, h.Admin, h.from.ID, configuration.Draft{Enabled: &off}); err != nil {
			h.T.Fatal(err)
		}
		if got, err = h.Memberships.Sheet(ctx, h.Admin, h.from.ID); err != nil || got.Working || got.Address == "" {
			h.T.Errorf("at rest: %+v %v", got, err)
		}
	})
}
