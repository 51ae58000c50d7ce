package reservedproperty_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/reservedproperty"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// Each published integration with reserved properties offers its keys while it works.
func TestPublishedPropertiesAreOffered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := capabilitytest.Start(t, open(clock), clock)
		keys := func(kind string) string {
			t.Helper()
			got, err := h.Properties.List(t.Context(), h.Admin, "harbour", kind)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, p := range got {
				out = append(out, p.Key)
			}
			return strings.Join(out, " ")
		}
		if got := keys(""); got != "" {
			t.Errorf("%q before anything is set up", got)
		}
		datadog := h.Published("datadog")
		first := h.Configure(datadog, map[string]any{"apiKey": "dd-key-4711"})
		h.Configure(datadog, map[string]any{"apiKey": "dd-key-4712"})
		h.Configure(h.Published("pagerduty"), map[string]any{"integrationKey": "0123456789abcdef0123456789abcdef"})
		h.Configure(h.Published("dynatrace-v2"), map[string]any{"apiToken": "dt-token", "url": "https://dyna.example", "entity": "HOST", "tag": "web"})
		h.Published("servicenow-c0") // not set up
		got, err := h.Properties.List(t.Context(), h.Admin, "harbour", "flag")
		if err != nil || len(got) != 3 || got[0].Key != "datadog" || got[0].Name != "Datadog tags" || got[0].Integration != "Datadog Events" || got[0].Installation != datadog.ID.String() ||
			len(got[0].On) != 1 || got[0].On[0] != "flag" || !strings.HasPrefix(got[0].Description, "Tags are a way") {
			t.Errorf("%+v %v", got, err)
		}
		if got := keys(""); got != "datadog dynatrace-v2 pagerDutyIntegrationKey" {
			t.Error(got)
		}
		if got := keys("course"); got != "" {
			t.Errorf("%q on another kind", got)
		}
		// The second configuration still works when the first does not.
		no := false
		if _, err := h.Configurations.Update(t.Context(), h.Admin, first.ID, configuration.Draft{Enabled: &no}); err != nil {
			t.Fatal(err)
		}
		if got := keys("flag"); !strings.HasPrefix(got, "datadog ") {
			t.Error(got)
		}
		if _, err := h.Integrations.SetAvailable(t.Context(), h.Admin, datadog.ID, integration.Availability{Reason: "holidays"}); err != nil {
			t.Fatal(err)
		}
		if got := keys("flag"); got != "dynatrace-v2 pagerDutyIntegrationKey" {
			t.Error(got)
		}
	})
}

// A key is one integration's: the other is refused until the first lets it go.
func TestKeysAreReservedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := capabilitytest.Start(t, open(clock), clock)
		values := map[string]any{"apiKey": "dd-key-4711"}
		first := h.Configure(h.Published("datadog"), values)
		second := h.Published("datadog") // the same package of another application
		_, err := h.Configurations.Create(t.Context(), h.Admin, second.ID, configuration.Draft{Values: values})
		if p := problem.Of(err); problem.CodeOf(err) != "property_reserved" || !strings.Contains(p.Detail, "Datadog") {
			t.Fatalf("%v", err)
		}
		if got, err := h.Configurations.List(t.Context(), h.Admin, second.ID); err != nil || len(got) != 0 {
			t.Errorf("a refused configuration stays: %+v %v", got, err)
		}
		off, on := false, true
		only := func(on *bool) map[string]configuration.Choice {
			return map[string]configuration.Choice{reservedproperty.Name: {On: on}}
		}
		made, err := h.Configurations.Create(t.Context(), h.Admin, second.ID, configuration.Draft{Values: values, Capabilities: only(&off)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Configurations.Update(t.Context(), h.Admin, first.ID, configuration.Draft{Capabilities: only(&off)}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Configurations.Update(t.Context(), h.Admin, made.ID, configuration.Draft{Capabilities: only(&on)}); err != nil {
			t.Fatal(err)
		}
		if _, err = h.Configurations.Update(t.Context(), h.Admin, first.ID, configuration.Draft{Capabilities: only(&on)}); problem.CodeOf(err) != "property_reserved" {
			t.Error(err)
		}
		got, err := h.Properties.List(t.Context(), h.Admin, "harbour", "")
		if err != nil || len(got) != 1 || got[0].Installation != second.ID.String() {
			t.Errorf("%+v %v", got, err)
		}
		_, err = h.Configurations.Update(t.Context(), h.Admin, first.ID, configuration.Draft{Capabilities: map[string]configuration.Choice{reservedproperty.Name: {Settings: []byte(`{"a":1}`)}}})
		if problem.CodeOf(err) != "configuration_invalid" {
			t.Error(err)
		}
	})
}

// The product reads them with its key; people of other accounts learn nothing.
func TestTheProductReadsThem(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	h.Configure(h.Published("datadog"), map[string]any{"apiKey": "dd-key-4711"})
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "pages")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(account string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/v1/properties?kind=flag&account_key="+url.QueryEscape(account), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key.Secret.Reveal())
		a := h.Do(r)
		return a.Status, string(a.Body)
	}
	if status, body := ask("harbour"); status != http.StatusOK || !strings.Contains(body, `"key":"datadog"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := ask("nowhere"); status != http.StatusNotFound {
		t.Errorf("%d %s", status, body)
	}
	other, _ := h.Customer("other", account.Production)
	if _, err := h.Properties.List(t.Context(), other, "harbour", ""); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
}
