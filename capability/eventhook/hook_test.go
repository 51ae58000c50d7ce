package eventhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/eventhook"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/webhook"
)

const production = "proj/web:env/production:flag/"

// flipped is a flag that somebody has turned on.
func flipped(flag string) event.Draft {
	return event.Draft{Type: "flag.turned_on", Subject: production + flag, Data: json.RawMessage(`{"change":{"kind":"flag","action":"updateOn","verb":"turned on the flag",
		"target":{"name":"The flag ` + flag + `","tags":["ops"]},"actor":{"name":"Ada","email":"ada@harbour.example"},"comment":"say \"go\""}}`)}
}

type house struct {
	*capabilitytest.House
	t *testing.T
}

func start(t *testing.T, db *store.DB, clock *storetest.Clock) house {
	return house{capabilitytest.Start(t, db, clock), t}
}

// watch lets an endpoint of the account's own get every event at watch.example.
func (h house) watch() {
	h.t.Helper()
	made, err := h.Private.Create(h.t.Context(), h.Admin, h.Account.ID, private.Draft{Name: "Watch", Scopes: []string{"flags.read"}})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Webhooks.CreateForGrant(h.t.Context(), h.Admin, ident.Must[grant.Grant](made.Grant), webhook.Draft{URL: "https://watch.example/", Types: []string{"flag.*"}}); err != nil {
		h.t.Fatal(err)
	}
}

// deliveries lists those of a configuration's hook, the newest first.
func (h house) deliveries(c configuration.Configuration) []webhook.Delivery {
	h.t.Helper()
	got, err := h.Webhooks.Deliveries(h.t.Context(), h.Admin, webhook.Filter{Endpoint: ident.Must[webhook.Endpoint](h.report(c).Webhook), Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

func (h house) report(c configuration.Configuration) capability.Report {
	h.t.Helper()
	got, err := h.Configurations.Get(h.t.Context(), h.Admin, c.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, one := range got.Capabilities {
		if one.Name == eventhook.Name && one.Report != nil {
			return *one.Report
		}
	}
	h.t.Fatalf("no report: %+v", got)
	return capability.Report{}
}

// Two published integrations tell their partners of a flag that was turned on, each
// in its own form; the package's filter keeps other environments out.
func TestPublishedHooksTellOfChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		datadog := h.Configure(h.Published("datadog"), map[string]any{"apiKey": "dd-key-4711"})
		h.Configure(h.Published("msteams"), map[string]any{"url": "https://harbour.webhook.office.example/hook/s3cret"})
		if w := datadog.Capabilities; len(w) == 0 || w[0].Name != eventhook.Name || !w[0].Working || datadog.Values["apiKey"] != configuration.Mask {
			t.Fatalf("%+v", datadog)
		}
		h.Say(event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/staging:flag/night-light"}, flipped("night-light"))
		got := map[string]capabilitytest.Received{}
		for range 2 {
			r := h.Next(t)
			got[r.Host] = r
		}
		d := got["api.datadoghq.com"]
		var said struct {
			Title string
			Tags  []string
			At    int64 `json:"date_happened"`
		}
		if err := json.Unmarshal(d.Body, &said); err != nil {
			t.Fatalf("%s: %v", d.Body, err)
		}
		if d.Method != http.MethodPost || d.URI != "/api/v1/events" || d.Header.Get("Dd-Api-Key") != "dd-key-4711" || d.Header.Get("Content-Type") != "application/json" ||
			!strings.HasPrefix(d.Header.Get(webhook.KeyHeader), "evt_") || d.Header.Get("Webhook-Signature") != "" ||
			said.Title != "Ada turned on the flag The flag night-light" || said.At != clock.Now().Unix() || !strings.Contains(strings.Join(said.Tags, " "), "environment_key:production") {
			t.Errorf("%s %s %v\n%s", d.Method, d.URI, d.Header, d.Body)
		}
		m := got["harbour.webhook.office.example"]
		if m.URI != "/hook/s3cret" || !json.Valid(m.Body) || !strings.Contains(string(m.Body), "night-light") {
			t.Errorf("%s %s", m.URI, m.Body)
		}
		h.Until("it is recorded", func() bool { return len(h.deliveries(datadog)) == 1 })
		h.Quiet(t)
		if got := h.deliveries(datadog)[0]; got.State != webhook.Delivered || got.Attempts != 1 {
			t.Errorf("%+v", got)
		}
		h.Until("it is counted", func() bool {
			r := h.report(datadog)
			return r.Successes == 1 && r.State == "ok" && !r.LastSuccess.IsZero()
		})
	})
}

// A signature is over the exact bytes, with the secret that was filled in.
func TestHooksSign(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	h.Configure(h.Published("chronosphere"), map[string]any{"receiverURL": "https://harbour.chronosphere.example/in", "secretToken": "k3y"})
	h.Say(flipped("night-light"))
	r := h.Next(t)
	mac := hmac.New(sha256.New, []byte("k3y"))
	mac.Write(r.Body)
	if got := r.Header.Get("X-Ld-Signature"); got != hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("%q over %s", got, r.Body)
	}
}

// What a receiver does decides what follows: errors of its own are tried again, what
// it refuses is not; both stay in the log and can be sent again.
func TestHooksFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r capabilitytest.Received)
		state  webhook.State
		status int
	}{
		"500": {status(500), webhook.Waiting, 500},
		"429": {status(429), webhook.Waiting, 429},
		"redirect": {func(w http.ResponseWriter, r capabilitytest.Received) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(302)
		}, webhook.Waiting, 302},
		"400": {status(400), webhook.Exhausted, 400},
		"403": {status(403), webhook.Exhausted, 403},
		"reset": {func(w http.ResponseWriter, r capabilitytest.Received) {
			panic(http.ErrAbortHandler)
		}, webhook.Waiting, 0},
		"huge": {func(w http.ResponseWriter, r capabilitytest.Received) {
			w.WriteHeader(500)
			_, _ = w.Write(make([]byte, 4<<20))
		}, webhook.Waiting, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := storetest.NewClock()
			h := start(t, nil, clock)
			conf := h.Configure(h.Published("datadog"), map[string]any{"apiKey": "dd-key-4711"})
			h.Handle(c.answer)
			h.Say(flipped("night-light"))
			h.Until("an attempt is recorded", func() bool { l := h.deliveries(conf); return len(l) == 1 && l[0].Attempts == 1 })
			got := h.deliveries(conf)[0]
			if got.State != c.state || got.Status != c.status {
				t.Errorf("%+v", got)
			}
			h.Answers(200, "{}")
			if c.state == webhook.Waiting {
				clock.Advance(10 * time.Second)
			} else if _, err := h.Webhooks.Replay(t.Context(), h.Admin, got.ID); err != nil {
				t.Fatal(err)
			}
			h.Until("it has arrived", func() bool { return h.deliveries(conf)[0].State == webhook.Delivered })
		})
	}
}

func status(n int) func(w http.ResponseWriter, r capabilitytest.Received) {
	return func(w http.ResponseWriter, _ capabilitytest.Received) { w.WriteHeader(n) }
}

// The administrator's filter stands in place of the package's, and the switches
// hold: capability, configuration, installation.
func TestHooksFollowTheirConfiguration(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	i := h.Published("datadog")
	conf := h.Configure(i, map[string]any{"apiKey": "dd-key-4711"})
	update := func(d configuration.Draft) {
		t.Helper()
		if _, err := h.Configurations.Update(t.Context(), h.Admin, conf.ID, d); err != nil {
			t.Fatal(err)
		}
	}
	h.watch()
	// comes tells of a flag: the second event shows that the first was handed out.
	comes := func(want bool, why string) {
		t.Helper()
		hosts := map[string]int{}
		for range 2 {
			h.Say(flipped("probe"))
			for n := hosts["watch.example"]; hosts["watch.example"] == n; {
				hosts[h.Next(t).Host]++
			}
		}
		if want {
			for hosts["api.datadoghq.com"] < 2 {
				hosts[h.Next(t).Host]++
			}
		} else if hosts["api.datadoghq.com"] > 0 {
			t.Errorf("%s: it came all the same", why)
		}
		h.Quiet(t)
	}
	comes(true, "the package's filter")
	no, yes := false, true
	filter := func(s string) map[string]configuration.Choice {
		return map[string]configuration.Choice{eventhook.Name: {Settings: json.RawMessage(`{"filter":[` + s + `]}`)}}
	}
	update(configuration.Draft{Capabilities: filter(`{"effect":"allow","actions":["updateOff"],"resources":["proj/*:env/production:flag/*"]}`)})
	comes(false, "another action")
	update(configuration.Draft{Capabilities: filter(`{"effect":"allow","actions":["update*"],"resources":["proj/*:env/production:flag/*"]}`)})
	comes(true, "this action")
	update(configuration.Draft{Capabilities: map[string]configuration.Choice{eventhook.Name: {On: &no}}})
	comes(false, "the capability is off")
	update(configuration.Draft{Enabled: &no, Capabilities: map[string]configuration.Choice{eventhook.Name: {On: &yes}}})
	comes(false, "the configuration is off")
	update(configuration.Draft{Enabled: &yes})
	comes(true, "everything is on again")
	if _, err := h.Integrations.SetAvailable(t.Context(), h.Admin, i.ID, integration.Availability{Reason: "holidays"}); err != nil {
		t.Fatal(err)
	}
	comes(false, "the installation is unavailable")
	_, err := h.Configurations.Update(t.Context(), h.Admin, conf.ID, configuration.Draft{Capabilities: filter(`{"effect":"perhaps"}`)})
	if problem.CodeOf(err) != "configuration_invalid" || !strings.HasPrefix(problem.Of(err).Fields[0].Pointer, "/capabilities/eventHook/settings/filter") {
		t.Errorf("%+v", problem.Of(err))
	}
}

// The endpoint of a hook is its configuration's: nobody changes or deletes it by
// itself, its address shows no secret, and it goes with the configuration.
func TestHooksKeepTheirEndpoint(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	conf := h.Configure(h.Published("msteams"), map[string]any{"url": "https://harbour.webhook.office.example/hook/s3cret"})
	id := ident.Must[webhook.Endpoint](h.report(conf).Webhook)
	e, err := h.Webhooks.Get(t.Context(), h.Admin, id)
	if err != nil || e.URL != "https://harbour.webhook.office.example" || e.Maker != eventhook.Name {
		t.Fatalf("%+v %v", e, err)
	}
	for what, err := range map[string]error{
		"delete": h.Webhooks.Delete(t.Context(), h.Admin, id),
		"update": second(h.Webhooks.Update(t.Context(), h.Admin, id, webhook.Draft{URL: "https://evil.example"})),
		"rotate": second(h.Webhooks.Rotate(t.Context(), h.Admin, id, 0)),
		"test":   second(h.Webhooks.Test(t.Context(), h.Admin, id, webhook.TestDraft{})),
		"more":   second(h.Webhooks.Subscribe(t.Context(), h.Admin, id, webhook.SubscriptionDraft{Types: []string{"*"}})),
	} {
		if problem.CodeOf(err) != "webhook_kept" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := h.Configurations.Delete(t.Context(), h.Admin, conf.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Webhooks.Get(t.Context(), h.Admin, id); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// Trying the connection sends the package's own test and tells how it came out; the
// answer only where the package's address is its own.
func TestHooksTryTheConnection(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	conf := h.Configure(h.Published("datadog"), map[string]any{"apiKey": "dd-key-4711"})
	h.Answers(202, `{"status":"ok"}`)
	got, err := h.Configurations.Try(t.Context(), h.Admin, conf.ID, eventhook.Name)
	if err != nil || !got.OK || got.Status != 202 || got.Host != "https://api.datadoghq.com" || got.Answer != `{"status":"ok"}` {
		t.Errorf("%+v %v", got, err)
	}
	if r := h.Next(t); r.Header.Get("Dd-Api-Key") != "dd-key-4711" || !json.Valid(r.Body) {
		t.Errorf("%+v", r)
	}
	h.Answers(403, `{"errors":["Forbidden"]}`)
	if got, err = h.Configurations.Try(t.Context(), h.Admin, conf.ID, eventhook.Name); err != nil || got.OK || got.Status != 403 || !strings.Contains(got.Answer, "Forbidden") {
		t.Errorf("%+v %v", got, err)
	}
	teams := h.Configure(h.Published("msteams"), map[string]any{"url": "https://harbour.webhook.office.example/hook/s3cret"})
	if got, err = h.Configurations.Try(t.Context(), h.Admin, teams.ID, eventhook.Name); err != nil || got.Answer != "" || got.Status != 403 || strings.Contains(got.Host, "s3cret") {
		t.Errorf("%+v %v", got, err)
	}
}
