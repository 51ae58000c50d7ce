package membership_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server/servertest"
)

const place = "proj/web-shop:env/production"

type house struct {
	*capabilitytest.House
	token string
	from  configuration.Configuration
	path  string // of the address
}

// each starts a house with a published package on each database.
func each(t *testing.T, key string, f func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		f(start(t, open(clock), clock, key))
	})
}

func start(t *testing.T, db *store.DB, clock *storetest.Clock, key string) *house {
	t.Helper()
	h := &house{House: capabilitytest.Start(t, db, clock), path: "/api/v2/segment-targets/" + key}
	h.from = h.target(h.Configure(h.Published(key), nil))
	h.token = h.private("segments.write")
	return h
}

// target lets the partner fill the environment that it calls e.
func (h *house) target(c configuration.Configuration) configuration.Configuration {
	h.T.Helper()
	c, err := h.Configurations.Update(h.T.Context(), h.Admin, c.ID, configuration.Draft{Capabilities: map[string]configuration.Choice{
		membership.Name: {Settings: json.RawMessage(`{"targets":[{"scope":"e","resource":"` + place + `"}]}`)}}})
	if err != nil {
		h.T.Fatal(err)
	}
	return c
}

func (h *house) private(scopes ...string) string {
	h.T.Helper()
	made, err := h.Private.Create(h.T.Context(), h.Admin, h.Account.ID, private.Draft{Name: "Partner " + strings.Join(scopes, " "), Scopes: scopes})
	if err != nil {
		h.T.Fatal(err)
	}
	return made.Token.Secret.Reveal()
}

func (h *house) post(body string) servertest.Answer {
	h.T.Helper()
	return h.postAs(h.token, h.path, body)
}

func (h *house) postAs(authorization, path, body string) servertest.Answer {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.URL+path, strings.NewReader(body))
	if err != nil {
		h.T.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return h.Do(r)
}

func (h *house) ok(body string) {
	h.T.Helper()
	if a := h.post(body); a.Status != http.StatusNoContent || len(a.Body) != 0 {
		h.T.Fatalf("%d %s", a.Status, a.Body)
	}
}

func (h *house) product() access.Principal { return access.System("product") }

// cohort is the one with a key, and who belongs to it.
func (h *house) cohort(key string) (membership.Cohort, string) {
	h.T.Helper()
	all, err := h.Memberships.List(h.T.Context(), h.product(), "harbour", membership.ID{}, 100)
	if err != nil {
		h.T.Fatal(err)
	}
	for _, c := range all {
		if c.Key == key {
			return c, h.members(c, 0)
		}
	}
	h.T.Fatalf("there is no %s in %+v", key, all)
	return membership.Cohort{}, ""
}

func (h *house) members(c membership.Cohort, since int64) string {
	h.T.Helper()
	_, got, err := h.Memberships.Members(h.T.Context(), h.product(), c.ID, membership.Query{Since: since, Limit: 1000})
	if err != nil {
		h.T.Fatal(err)
	}
	var out []string
	for _, m := range got {
		sign := "-"
		if m.In {
			sign = "+"
		}
		out = append(out, sign+m.ID)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// asked is what the product gets.
type asked struct {
	Cohort, Key, Name, URL string
	Since, Version         int64
	Joined, Left, Members  int64
	Whole, Ended           bool
	Changes                []membership.Member
}

// tasks takes what the product is asked to do, and does it.
func (h *house) tasks() []asked {
	h.T.Helper()
	var out []asked
	for {
		got, err := h.Host.Take(h.T.Context(), h.product(), host.Query{Limit: 50})
		if err != nil {
			h.T.Fatal(err)
		}
		if len(got) == 0 {
			return out
		}
		for _, t := range got {
			var a asked
			if err := json.Unmarshal(t.Data, &a); err != nil || t.Kind != "membership.change" || t.Subject != place+":segment/"+a.Key {
				h.T.Fatalf("%+v %v", t, err)
			}
			out = append(out, a)
			if _, err := h.Host.Finish(h.T.Context(), h.product(), t.ID, nil); err != nil {
				h.T.Fatal(err)
			}
		}
	}
}

// One array with a flag each, in which members name their own cohorts.
func TestAFlagEach(t *testing.T) {
	t.Parallel()
	each(t, "amplitude", func(h *house) {
		h.ok(`{"environmentId":"e","batch":[{"cohortId":"c1","cohortName":"One","cohortUrl":"https://amplitude.example/c1","userId":"u1","value":true},
			{"cohortId":"c1","cohortName":"One","userId":2,"value":true},{"cohortId":"c2","cohortName":"Two","userId":"u1","value":true},{"cohortId":"c1","cohortName":"One","userId":"u1","value":false}]}`)
		one, who := h.cohort("amplitude-c1")
		if one.Name != "One" || one.URL != "https://amplitude.example/c1" || one.SubjectKind != "user" || one.Members != 1 || who != "+2" || one.Version != 1 {
			h.T.Errorf("%+v %s", one, who)
		}
		if two, who := h.cohort("amplitude-c2"); two.Members != 1 || who != "+u1" || two.URL != "" {
			h.T.Errorf("%+v %s", two, who)
		}
		if got := h.tasks(); len(got) != 2 || got[0].Key != "amplitude-c1" || got[0].Version != 1 || !got[0].Whole || got[1].Joined != 1 || got[1].Members != 1 || !got[1].Changes[0].In {
			h.T.Errorf("%+v", got)
		}
	})
}

// Two arrays; what is so already changes nothing, and since tells of those who left.
func TestTwoArrays(t *testing.T) {
	t.Parallel()
	each(t, "rudderstack", func(h *house) {
		batch := func(add, remove string) string {
			return `{"environmentId":"e","contextKind":"device","cohortId":"C 1","cohortName":"One","listData":{"add":[` + add + `],"remove":[` + remove + `]}}`
		}
		h.ok(batch(`{"id":"a"},{"id":"b"},{"id":"c"}`, ``))
		h.ok(batch(`{"id":"a"},{"id":"d"}`, `{"id":"b"},{"id":"x"}`))
		h.tasks()
		h.ok(batch(`{"id":"a"},{"id":"d"}`, `{"id":"b"},{"id":"x"}`))
		if got := h.tasks(); len(got) != 0 {
			h.T.Errorf("the same batch again asks for %+v", got)
		}
		var all []membership.Cohort
		all, err := h.Memberships.List(h.T.Context(), h.product(), "harbour", membership.ID{}, 10)
		if err != nil || len(all) != 1 || !strings.HasPrefix(all[0].Key, "rudderstack-c-1-") || all[0].Members != 3 || all[0].Version != 2 || all[0].SubjectKind != "device" {
			h.T.Fatalf("%+v %v", all, err)
		}
		if who, since := h.members(all[0], 0), h.members(all[0], 1); who != "+a +c +d" || since != "+d -b" {
			h.T.Errorf("%s; since: %s", who, since)
		}
		a := h.post(strings.Replace(batch(`{"id":"z"}`, ``), "device", "user", 1))
		if a.Status != http.StatusConflict || a.Code() != "membership_kind" {
			h.T.Errorf("%d %s", a.Status, a.Body)
		}
	})
}

// One action for the whole batch, and an answer as the package has it.
func TestAnActionAndAnAnswer(t *testing.T) {
	t.Parallel()
	each(t, "example-synced-segment-integration2", func(h *house) {
		batch := func(action, rest string) string {
			return `{"action":"` + action + `","parameters":{"mixpanel_project_id":"e","mixpanel_cohort_id":"c1","mixpanel_cohort_name":"One",` + rest + `}}`
		}
		a := h.post(batch("members", `"members":[{"mixpanel_distinct_id":"u1"},{"mixpanel_distinct_id":"u2"}]`))
		got := a.JSON()
		if a.Status != http.StatusOK || got["status"] != "success" || got["projectKey"] != "web-shop" || got["envKey"] != "production" || got["segmentKey"] != h.key("c1") ||
			a.Header.Get("Content-Type") != "application/json" {
			h.T.Fatalf("%d %s", a.Status, a.Body)
		}
		if a = h.post(batch("remove_members", `"members":[{"mixpanel_distinct_id":"u1"}]`)); a.Status != http.StatusOK {
			h.T.Fatalf("%d %s", a.Status, a.Body)
		}
		if c, who := h.cohort(h.key("c1")); who != "+u2" || c.Members != 1 {
			h.T.Errorf("%+v %s", c, who)
		}
		a = h.post(batch("members", `"members":{"say \"hello\"":1}`))
		fault, _ := a.JSON()["error"].(map[string]any)
		if a.Status != http.StatusBadRequest || a.JSON()["status"] != "failure" || fault["code"] != 400.0 || !strings.Contains(fault["message"].(string), "is no list") {
			h.T.Errorf("%d %s", a.Status, a.Body)
		}
	})
}

// key is that of a cohort of the second example.
func (h *house) key(id string) string { return "example-synced-segment-integration2-" + id }

// Every published package that posts without an answer of its own.
func TestPublishedPackages(t *testing.T) {
	t.Parallel()
	for key, body := range map[string]string{
		"hightouch":                           `{"environmentId":"e","cohortId":"c1","cohortName":"One","action":"add","members":[{"integration_distinct_id":"u"}]}`,
		"census-synced-segments":              `{"environment_id":"e","batch":[{"cohort_id":"c1","cohort_name":"One","user_id":"u","value":true}]}`,
		"example-synced-segment-integration1": `{"customer_config":{"fields":[{"value":{"id":"e"}}]},"data":{"segment":{"id":"c1","name":"One"},"add":[{"id":"u"}]}}`,
	} {
		h := start(t, nil, storetest.NewClock(), key)
		h.ok(body)
		if c, who := h.cohort(key + "-c1"); who != "+u" || c.Name != "One" {
			t.Errorf("%s: %+v %s", key, c, who)
		}
	}
}
