package membership_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

const good = `{"environmentId":"e","cohortId":"c1","cohortName":"One","action":"add","members":[{"integration_distinct_id":"u"}]}`

// Each answer that a partner can get, with its code, and nothing changes.
func TestAnswers(t *testing.T) {
	t.Parallel()
	each(t, "hightouch", func(h *house) {
		reader, other := h.private("segments.read"), "/hooks/membership/amplitude"
		for _, c := range []struct {
			name, token, path, body string
			status                  int
			code                    string
		}{
			{"nobody", "", h.path, good, 401, "unauthenticated"},
			{"a word", "hello", h.path, good, 401, "invalid_token"},
			{"another scheme", "Basic " + h.token, h.path, good, 401, "unauthenticated"},
			{"may only read", reader, h.path, good, 403, "permission_denied"},
			{"no such integration", h.token, other, good, 404, "not_found"},
			{"another environment", h.token, h.path, strings.Replace(good, `"e"`, `"f"`, 1), 400, "membership_unreadable"},
			{"no JSON", h.token, h.path, "{", 400, "membership_unreadable"},
			{"no scope", h.token, h.path, `{"cohortId":"c1"}`, 400, "membership_unreadable"},
			{"no list", h.token, h.path, strings.Replace(good, "[", `{"a":[`, 1)[:len(good)] + `}}`, 400, "membership_unreadable"},
			{"a member without id", h.token, h.path, strings.Replace(good, "}]", `},{}]`, 1), 400, "membership_unreadable"},
			{"a long id", h.token, h.path, strings.Replace(good, `"u"`, `"`+strings.Repeat("u", 257)+`"`, 1), 400, "membership_unreadable"},
			{"an empty id", h.token, h.path, strings.Replace(good, `"u"`, `""`, 1), 400, "membership_unreadable"},
			{"a long cohort", h.token, h.path, strings.Replace(good, `"c1"`, `"`+strings.Repeat("c", 257)+`"`, 1), 400, "membership_unreadable"},
		} {
			if a := h.postAs(c.token, c.path, c.body); a.Status != c.status || a.Code() != c.code {
				h.T.Errorf("%s: %d %s", c.name, a.Status, a.Body)
			}
		}
		if got := h.tasks(); len(got) != 0 {
			h.T.Errorf("%+v", got)
		}
		if all, err := h.Memberships.List(h.T.Context(), h.product(), "harbour", membership.ID{}, 10); err != nil || len(all) != 0 {
			h.T.Errorf("%+v %v", all, err)
		}
		for _, ok := range []string{"Bearer " + h.token, h.token} {
			if a := h.postAs(ok, h.path, good); a.Status != http.StatusNoContent {
				h.T.Errorf("%d %s", a.Status, a.Body)
			}
		}
		c, err := h.Configurations.Get(h.T.Context(), h.Admin, h.from.ID)
		r := c.Capabilities[0].Report
		if err != nil || r == nil || r.Successes != 2 || r.Failures != 9 || r.LastSuccess.IsZero() || r.LastFailure.IsZero() || len(r.Errors) != 9 || r.Errors[8].Status != 403 {
			h.T.Errorf("%+v %v", r, err)
		}
		rows, err := h.Audit.List(h.T.Context(), h.Admin, audit.Filter{Account: h.Account.ID.String(), Action: "membership.sync"}, 0)
		if err != nil || len(rows.Entries) != 2 || !strings.Contains(string(rows.Entries[1].After), `"joined":1`) {
			h.T.Errorf("%+v %v", rows, err)
		}
	})
}

// A call that ends in the middle, or is wrong near its end, leaves all as it was.
func TestAllOfACallOrNothing(t *testing.T) {
	t.Parallel()
	each(t, "hightouch", func(h *house) {
		h.ok(good)
		h.tasks()
		var many strings.Builder
		for range 1200 {
			many.WriteString(`{"integration_distinct_id":"x` + strings.Repeat("y", many.Len()%97) + `"},`)
		}
		bad := strings.Replace(good, `[{`, `[`+many.String()+`{"integration_distinct_id":{}},{`, 1)
		if a := h.post(bad); a.Status != http.StatusBadRequest || !strings.Contains(string(a.Body), "/members/1200") {
			h.T.Errorf("%d %s", a.Status, a.Body)
		}
		r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.URL+h.path, io.NopCloser(&broken{strings.NewReader(bad[:5000])}))
		if err != nil {
			h.T.Fatal(err)
		}
		r.Header.Set("Authorization", h.token)
		if res, err := h.House.House.Client.Do(r); err == nil {
			_ = res.Body.Close()
			h.T.Errorf("%d", res.StatusCode)
		}
		c, who := h.cohort("hightouch-c1")
		if who != "+u" || c.Version != 1 || len(h.tasks()) != 0 {
			h.T.Errorf("%+v %s", c, who)
		}
		h.ok(strings.Replace(good, `"u"`, `"v"`, 1))
		if c, who := h.cohort("hightouch-c1"); who != "+u +v" || c.Version != 2 || c.Members != 2 {
			h.T.Errorf("%+v %s", c, who)
		}
	})
}

type broken struct{ io.Reader }

func (b *broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// While one call writes a cohort, another is told to come again; what a call that
// died has left does not count, and is swept by the next.
func TestOneCallAtATimeWritesACohort(t *testing.T) {
	t.Parallel()
	each(t, "hightouch", func(h *house) {
		h.ok(good)
		c, _ := h.cohort("hightouch-c1")
		err := h.DB.Write(h.T.Context(), func(tx *store.Tx) error {
			if _, err := tx.ExecContext(tx.Ctx, "UPDATE membership_cohort SET writer = 'mbc_dead', writer_until = ?", store.At(tx.Now().Add(time.Minute))); err != nil {
				return err
			}
			_, err := tx.ExecContext(tx.Ctx, "INSERT INTO membership_member (cohort, member, version, belongs) VALUES (?, 'ghost', 2, 1)", c.ID)
			return err
		})
		if err != nil {
			h.T.Fatal(err)
		}
		next := strings.Replace(good, `"u"`, `"v"`, 1)
		if a := h.post(next); a.Status != http.StatusConflict || a.Code() != "membership_busy" || a.Header.Get("Retry-After") != "5" {
			h.T.Errorf("%d %s %v", a.Status, a.Body, a.Header)
		}
		if _, who := h.cohort("hightouch-c1"); who != "+u" {
			h.T.Errorf("%s", who)
		}
		h.Clock.Advance(2 * time.Minute)
		h.ok(next)
		if c, who := h.cohort("hightouch-c1"); who != "+u +v" || c.Version != 2 {
			h.T.Errorf("%+v %s", c, who)
		}
	})
}

// Roles of a service token name single segments, as they do in the product.
func TestPoliciesNameSegments(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock(), "hightouch")
	made, err := h.APITokens.Create(t.Context(), h.Admin, h.Account.ID, apitoken.Service, apitoken.Draft{Name: "Hightouch",
		Policy: access.Policy{{Effect: access.Allow, Actions: []string{"segment:update"}, Resources: []string{"proj/*:env/*:segment/hightouch-c*"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for cohort, want := range map[string]int{"c1": http.StatusNoContent, "d1": http.StatusForbidden} {
		if a := h.postAs(made.Token.Secret.Reveal(), h.path, strings.Replace(good, "c1", cohort, 1)); a.Status != want {
			t.Errorf("%s: %d %s", cohort, a.Status, a.Body)
		}
	}
}

func TestTargetsAreJudged(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock(), "hightouch")
	for settings, want := range map[string]string{
		`{"targets":[{"resource":"proj/web-shop"}]}`:                              "not_fillable",
		`{"targets":[{"resource":"proj/web-shop:env/a;b"}]}`:                      "malformed",
		`{"targets":[{"resource":"` + place + `"},{"resource":"` + place + `"}]}`: "malformed",
		`{"target":[]}`: "malformed",
		`{"targets":[{"resource":"` + place + `"},{"scope":"x","resource":"proj/web-shop:env/a"}]}`: "",
	} {
		_, err := h.Configurations.Update(t.Context(), h.Admin, h.from.ID, configuration.Draft{Capabilities: map[string]configuration.Choice{membership.Name: {Settings: json.RawMessage(settings)}}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(asJSON(err), want) {
			t.Errorf("%s: %v", settings, asJSON(err))
		}
	}
}

func asJSON(err error) string {
	b, _ := json.Marshal(err)
	return string(b)
}
