package configuration_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/server/servertest"
)

// Published integrations that are set up elsewhere: the form says where, and the
// partner does it with the integration's own token.
func TestWhereIntegrationsAreSetUp(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	for key, want := range map[string]struct {
		editable     bool
		kind         manifest.LocationKind
		create, page string
		values       map[string]any
	}{
		"datadog":                           {true, manifest.LocationHere, "", "", map[string]any{"apiKey": "k"}},
		"msteams-app":                       {false, manifest.LocationHere, "", "", nil},
		"vercel":                            {false, manifest.LocationPartner, "https://vercel.com/integrations/launchdarkly", "", nil},
		"bigquery-native-product-analytics": {true, manifest.LocationHostPage, "", "product-analytics/integrations/bigquery", nil},
	} {
		i := h.Package(key, servertest.Corpus(t, "..", "launchdarkly/integrations/"+key))
		offer, err := h.Configurations.Offer(t.Context(), h.Admin, i.ID)
		if err != nil {
			t.Fatal(key, err)
		}
		at := offer.Location.Location
		if offer.Editable != want.editable || at.Kind() != want.kind || at.Create() != want.create || at.Page.Get() != want.page {
			t.Errorf("%s: %+v %+v", key, offer.Editable, at)
		}
		itself := access.Principal{Kind: access.KindIntegration, Grant: i.Grant, Installation: i.ID.String(), Account: h.Account.ID.String()}
		values := map[string]any{}
		for _, f := range offer.Form {
			if !f.Optional.Get() {
				values[f.Key] = "given-by-the-partner"
			}
			if f.Type == manifest.TypeURI {
				values[f.Key] = "https://partner.example/in"
			}
		}
		for k, v := range want.values {
			values[k] = v
		}
		c, err := h.Configurations.Create(t.Context(), itself, i.ID, configuration.Draft{Values: values})
		if err != nil {
			t.Errorf("%s: the partner cannot set it up: %v", key, err)
			continue
		}
		if got, err := h.Configurations.Get(t.Context(), h.Admin, c.ID); err != nil || got.CreatedBy == h.Admin.Subject() {
			t.Errorf("%s: %+v %v", key, got, err)
		}
	}
}
