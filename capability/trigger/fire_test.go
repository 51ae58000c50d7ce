package trigger_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
)

const flag = "proj/web-shop:env/production:flag/one-page-checkout"

type house struct{ *capabilitytest.House }

func each(t *testing.T, f func(h house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		f(house{capabilitytest.Start(t, open(clock), clock)})
	})
}

// make makes a trigger.
func (h house) make(c configuration.Configuration, instruction string) trigger.Issued {
	h.T.Helper()
	made, err := h.Triggers.Create(h.T.Context(), h.Admin, c.ID.String(), trigger.Draft{Subject: flag, Instruction: instruction, Description: "The alert on load"})
	if err != nil {
		h.T.Fatal(err)
	}
	return made
}

func (h house) post(url, body string, headers ...string) servertest.Answer {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		h.T.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return h.Do(r)
}

func (h house) status(want int, a servertest.Answer) servertest.Answer {
	h.T.Helper()
	if a.Status != want {
		h.T.Fatalf("%d %s, want %d", a.Status, a.Body, want)
	}
	return a
}

// changed installs a published package that says something else.
func (h house) changed(key string, change func(map[string]any)) integration.Installation {
	h.T.Helper()
	dir := h.T.TempDir()
	err := os.CopyFS(dir, os.DirFS(servertest.Corpus(h.T, "../..", "launchdarkly/integrations/"+key)))
	if err != nil {
		h.T.Fatal(err)
	}
	raw, err := os.ReadFile(dir + "/manifest.json")
	if err != nil {
		h.T.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		h.T.Fatal(err)
	}
	change(m)
	if raw, err = json.Marshal(m); err != nil {
		h.T.Fatal(err)
	}
	if err := os.WriteFile(dir+"/manifest.json", raw, 0o600); err != nil {
		h.T.Fatal(err)
	}
	return h.Package(key, dir)
}

// tasks takes what the product is asked to do now.
func (h house) tasks() []host.Task {
	h.T.Helper()
	got, err := h.Host.Take(h.T.Context(), access.System("product"), host.Query{Limit: 50})
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

func (h house) get(t trigger.Issued) trigger.Trigger {
	h.T.Helper()
	got, err := h.Triggers.Get(h.T.Context(), h.Admin, t.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

// A call to the address asks the product, which says what became of it.
func TestACallAsksTheProduct(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		at := h.Published("generic-trigger")
		set := h.Configure(at, nil)
		made := h.make(set, "turn_off")
		a := h.status(http.StatusAccepted, h.post(made.URL.Reveal(), `{"eventName":"High load","value":0.93,"url":"https://alerts.example.com/1","more":"`+made.URL.Reveal()+`"}`))
		if string(a.Body) != "{\"accepted\":true}\n" || a.Header.Get("Cache-Control") != "no-store" {
			h.T.Errorf("%s %v", a.Body, a.Header)
		}
		got := h.tasks()
		if len(got) != 1 || got[0].Kind != "trigger.fire" || got[0].Subject != flag || got[0].AccountKey != "harbour" || got[0].Reference != "trigger/"+made.ID.String() {
			h.T.Fatalf("%+v", got)
		}
		var data struct {
			Instruction, Trigger string
			Event                map[string]string
			Actor                map[string]string
		}
		if err := json.Unmarshal(got[0].Data, &data); err != nil || data.Instruction != "turn_off" || data.Trigger != made.ID.String() || data.Event["name"] != "High load" || data.Event["value"] != "0.93" ||
			data.Event["url"] != "https://alerts.example.com/1" || data.Actor["name"] != "Generic" || data.Actor["installation"] != at.ID.String() || data.Actor["application"] != at.Application || data.Actor["user"] == "" {
			h.T.Errorf("%s %v", got[0].Data, err)
		}
		if now := h.get(made); now.Count != 1 || now.Status != trigger.Active || len(now.Recent) != 1 || now.Recent[0].Outcome != "" || now.Recent[0].Task != got[0].ID.String() ||
			!strings.Contains(now.Recent[0].Body, `"value":0.93`) || strings.Contains(now.Recent[0].Body, "grtr_") {
			h.T.Errorf("%+v", now)
		}
		if _, err := h.Host.Finish(h.T.Context(), access.System("product"), got[0].ID, []byte(`{"changed":true}`)); err != nil {
			h.T.Fatal(err)
		}
		if now := h.get(made); now.Recent[0].Outcome != "done" || now.LastDone.IsZero() {
			h.T.Errorf("%+v", now)
		}
		h.status(http.StatusAccepted, h.post(made.URL.Reveal(), `not JSON`))
		got = h.tasks()
		if len(got) != 1 || !strings.Contains(string(got[0].Data), `"name":"An event"`) {
			h.T.Fatalf("%+v", got)
		}
		if _, err := h.Host.Fail(h.T.Context(), access.System("product"), got[0].ID, host.Failure{Detail: "The flag is archived."}); err != nil {
			h.T.Fatal(err)
		}
		if now := h.get(made); now.Status != trigger.Failed || now.Fault != "The flag is archived." || now.Recent[0].Body != "" || now.Recent[0].Outcome != "failed" {
			h.T.Errorf("%+v", now)
		}
		c, err := h.Configurations.Get(h.T.Context(), h.Admin, set.ID)
		if err != nil || c.Capabilities[0].Report == nil || c.Capabilities[0].Report.Successes != 1 || c.Capabilities[0].Report.Failures != 1 {
			h.T.Errorf("%+v %v", c, err)
		}
	})
}

// What a published package calls a test is written down, and nothing changes.
func TestTestsChangeNothing(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		datadog := h.make(h.Configure(h.Published("datadog"), map[string]any{"apiKey": "dd-key-4711"}), "turn_off")
		honeycomb := h.make(h.Configure(h.Published("honeycomb"), map[string]any{"apiKey": "hc-key-4711", "datasetName": "web"}), "turn_off")
		for _, c := range []struct {
			to   trigger.Issued
			body string
			test bool
		}{
			{datadog, `{"title":"[P1] [TEST] CPU is high on web-1","url":"https://app.datadoghq.com/event/1"}`, true},
			{datadog, `{"title":"[P1] CPU is high on a test server","url":"https://app.datadoghq.com/event/2"}`, false},
			{honeycomb, `{"name":"Test of a trigger","result_url":"https://ui.honeycomb.io/1"}`, true},
			{honeycomb, `{"name":"Slow requests","result_url":"https://ui.honeycomb.io/2"}`, false},
		} {
			a := h.status(http.StatusAccepted, h.post(c.to.URL.Reveal(), c.body))
			got := h.tasks()
			if now := h.get(c.to); (a.JSON()["test"] == true) != c.test || (len(got) == 0) != c.test || now.Recent[0].Test != c.test {
				h.T.Errorf("%s: %s %+v", c.body, a.Body, got)
			}
			for _, one := range got {
				if _, err := h.Host.Finish(h.T.Context(), access.System("product"), one.ID, nil); err != nil {
					h.T.Fatal(err)
				}
			}
		}
		if now := h.get(honeycomb); now.Count != 1 || now.Tests != 1 || now.Recent[0].URL != "https://ui.honeycomb.io/2" || now.Recent[0].Event != "Slow requests" {
			h.T.Errorf("%+v", now)
		}
	})
}

// An address that is none, or does not work now, looks like any other that is none.
func TestAddressesThatDoNotWorkAreUnknown(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		at := h.Published("generic-trigger")
		c := h.Configure(at, nil)
		made := h.make(c, "turn_on")
		base, _, _ := strings.Cut(made.URL.Reveal(), "grtr_")
		unknown := h.status(http.StatusNotFound, h.post(base+secret.Generate(secret.TriggerSecret).Reveal(), "{}"))
		works, none := http.StatusAccepted, http.StatusNotFound
		expect := func(what string, want int, url string) {
			h.T.Helper()
			h.Clock.Advance(time.Minute)
			a := h.post(url, "{}")
			if a.Status != want || want == none && plain(a) != plain(unknown) {
				h.T.Errorf("%s: %d %s", what, a.Status, a.Body)
			}
		}
		expect("a word", none, base+"hello")
		expect("another kind of secret", none, base+secret.Generate(secret.AccessToken).Reveal())
		expect("a wrong checksum", none, made.URL.Reveal()[:len(made.URL.Reveal())-1]+"!")
		expect("at first", works, made.URL.Reveal())
		off, on := false, true
		h.update(made, trigger.Patch{Enabled: &off})
		expect("switched off", none, made.URL.Reveal())
		h.update(made, trigger.Patch{Enabled: &on})
		expect("switched on", works, made.URL.Reveal())
		again, err := h.Triggers.Cycle(h.T.Context(), h.Admin, made.ID)
		if err != nil || again.Hint == made.Hint {
			h.T.Fatal(err)
		}
		expect("the old address", none, made.URL.Reveal())
		expect("the new address", works, again.URL.Reveal())
		only := func(on *bool) map[string]configuration.Choice {
			return map[string]configuration.Choice{trigger.Name: {On: on}}
		}
		for _, step := range []struct {
			what string
			do   func() error
			want int
		}{
			{"the capability is off", func() error {
				_, err := h.Configurations.Update(h.T.Context(), h.Admin, c.ID, configuration.Draft{Capabilities: only(&off)})
				return err
			}, none},
			{"the capability is on", func() error {
				_, err := h.Configurations.Update(h.T.Context(), h.Admin, c.ID, configuration.Draft{Capabilities: only(&on)})
				return err
			}, works},
			{"the installation rests", func() error {
				_, err := h.Integrations.SetAvailable(h.T.Context(), h.Admin, at.ID, integration.Availability{Reason: "holidays"})
				return err
			}, none},
			{"the installation works", func() error {
				_, err := h.Integrations.SetAvailable(h.T.Context(), h.Admin, at.ID, integration.Availability{Available: true})
				return err
			}, works},
			{"deleted", func() error { return h.Triggers.Delete(h.T.Context(), h.Admin, made.ID) }, none},
		} {
			if err := step.do(); err != nil {
				h.T.Fatalf("%s: %v", step.what, err)
			}
			expect(step.what, step.want, again.URL.Reveal())
		}
		other := h.make(c, "turn_on")
		if err := h.Configurations.Delete(h.T.Context(), h.Admin, c.ID); err != nil {
			h.T.Fatal(err)
		}
		expect("with its configuration", none, other.URL.Reveal())
		if _, err := h.Triggers.Get(h.T.Context(), h.Admin, other.ID); err == nil {
			h.T.Error("it outlives its configuration")
		}
	})
}

func (h house) update(t trigger.Issued, p trigger.Patch) trigger.Trigger {
	h.T.Helper()
	got, err := h.Triggers.Update(h.T.Context(), h.Admin, t.ID, p)
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

// plain is an answer without its request's id.
func plain(a servertest.Answer) string {
	doc := a.JSON()
	delete(doc, "instance")
	b, _ := json.Marshal(doc)
	return string(b)
}

// An alert that flaps does not make the product flap.
func TestTooManyCallsAreHeldOff(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		c := h.Configure(h.Published("generic-trigger"), nil)
		made, other := h.make(c, "turn_on"), h.make(c, "turn_off")
		for range 10 {
			h.status(http.StatusAccepted, h.post(made.URL.Reveal(), ""))
		}
		a := h.status(http.StatusTooManyRequests, h.post(made.URL.Reveal(), ""))
		if a.Code() != "trigger_limit" || a.Header.Get("Retry-After") != "60" {
			h.T.Errorf("%s %v", a.Body, a.Header)
		}
		h.status(http.StatusAccepted, h.post(other.URL.Reveal(), ""))
		h.Clock.Advance(time.Minute)
		h.status(http.StatusAccepted, h.post(made.URL.Reveal(), ""))
		if now := h.get(made); now.Count != 11 || len(now.Recent) != 10 {
			h.T.Errorf("%+v", now)
		}
		// They are about one resource, so the product gets one after another.
		if got := h.tasks(); len(got) != 1 {
			h.T.Errorf("%d at a time", len(got))
		}
	})
}

// A package that asks for a shared secret: without it, or a signature, nothing.
func TestASharedSecretIsAskedFor(t *testing.T) {
	t.Parallel()
	h := house{capabilitytest.Start(t, nil, storetest.NewClock())}
	at := h.changed("generic-trigger", func(m map[string]any) {
		m["capabilities"].(map[string]any)["trigger"].(map[string]any)["auth"] = "sharedSecret"
	})
	made := h.make(h.Configure(at, nil), "turn_on")
	if made.Shared.IsZero() || made.Shared.Reveal() == made.URL.Reveal() {
		t.Fatal("there is no shared secret")
	}
	a := h.status(http.StatusUnauthorized, h.post(made.URL.Reveal(), "{}"))
	if a.Code() != "trigger_secret" || len(h.tasks()) != 0 || h.get(made).Count != 0 {
		t.Errorf("%s", a.Body)
	}
	h.status(http.StatusAccepted, h.post(made.URL.Reveal(), "{}", "Authorization", "Bearer "+made.Shared.Reveal()))
	again, err := h.Triggers.Cycle(t.Context(), h.Admin, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.status(http.StatusUnauthorized, h.post(again.URL.Reveal(), "{}", "Authorization", "Bearer "+made.Shared.Reveal()))
	h.status(http.StatusAccepted, h.post(again.URL.Reveal(), "{}", "Authorization", "Bearer "+again.Shared.Reveal()))
}

// A stranger's report of an address ends it.
func TestALeakedAddressEnds(t *testing.T) {
	t.Parallel()
	h := house{capabilitytest.Start(t, nil, storetest.NewClock())}
	made := h.make(h.Configure(h.Published("generic-trigger"), nil), "turn_on")
	h.status(http.StatusAccepted, h.post(h.URL+"/v1/leak-reports", `{"secret":"curl `+made.URL.Reveal()+`","where":"https://example.com/paste"}`, "Content-Type", "application/json"))
	h.status(http.StatusNotFound, h.post(made.URL.Reveal(), "{}"))
	on := true
	if now := h.update(made, trigger.Patch{Enabled: &on}); !now.Enabled {
		t.Error("it cannot be switched on")
	}
	h.status(http.StatusNotFound, h.post(made.URL.Reveal(), "{}"))
	again, err := h.Triggers.Cycle(t.Context(), h.Admin, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.status(http.StatusAccepted, h.post(again.URL.Reveal(), "{}"))
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	h := house{capabilitytest.Start(t, nil, storetest.NewClock())}
	made := h.make(h.Configure(h.Published("generic-trigger"), nil), "turn_on")
	if a := h.post(made.URL.Reveal(), strings.Repeat("x", 1<<20+1)); a.Code() != "body_too_large" || a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	h.status(http.StatusAccepted, h.post(made.URL.Reveal(), strings.Repeat("x", 1<<20)))
}
