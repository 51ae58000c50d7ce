package console_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/private"
)

// posts is a call of the partner's with a batch.
func (h hub) posts(t *testing.T, token, body string) (membership.Outcome, error) {
	t.Helper()
	return h.Memberships.Receive(t.Context(), membership.Batch{Integration: "hub", Header: http.Header{"Authorization": {"Bearer " + token}}, Body: io.NopCloser(strings.NewReader(body))},
		func(error) int { return http.StatusBadRequest })
}

// key is a token that may write segments.
func (h hub) key(t *testing.T) string {
	t.Helper()
	at, err := ident.Parse[account.Account](h.x.in[0].Account)
	must(t, err)
	made, err := h.Private.Create(t.Context(), h.admin.by(), at, private.Draft{Name: "Hub", Scopes: []string{"segments.write"}})
	must(t, err)
	return made.Token.Secret.Reveal()
}

// An administrator reads what the partner needs, says where it may fill segments, and
// sees what it has sent and what was refused.
func TestAnAdministratorLetsAPartnerFillSegments(t *testing.T) {
	h := newHub(t)
	one := h.set(t)
	at := one + "/cohorts"
	h.admin.get(one).has(t, "Its segments")
	page := h.admin.get(at).has(t, "Nothing has come yet", "Choose first what it may fill.", "https://guestright.example/hooks/membership/hub", "https://guestright.example/api/v2/segment-targets/hub",
		"segment:update (scope segments.write)", "proj/{projectKey}:env/{environmentKey}")
	if !strings.Contains(page.body, "/private/new?scope=segments.write") {
		t.Error("the page does not lead to where a token is made")
	}
	wrong := h.admin.submit(at, at, "resource", "proj/web", "scope", "e-1").has(t, "There is nothing in resources of this kind")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="proj/web"`) || !strings.Contains(wrong.body, `value="e-1"`) {
		t.Errorf("%d, or what was typed is lost", wrong.StatusCode)
	}
	h.admin.submit(at, at, "resource", "proj/web:env/production", "scope", "e-1", "resource", "", "scope", "").led(t, at)
	if got := h.admin.get(at); strings.Contains(got.text(), "Choose first") || !strings.Contains(got.body, "&#34;environmentId&#34;: &#34;e-1&#34;") {
		t.Error("the sample has another place")
	}
	token := h.key(t)
	if _, err := h.posts(t, token, `{"environmentId":"e-1","cohort":{"id":"vip","name":"<b>Very</b> important","url":"https://hub.example.com/vip"},"add":[{"id":"nora"},{"id":"jo"}]}`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.posts(t, token, `{"environmentId":"elsewhere","cohort":{"id":"vip","name":"Very important"},"add":[]}`); err == nil {
		t.Fatal("a place that nobody chose was taken")
	}
	h.admin.get(at).has(t, "<b>Very</b> important", "proj/web:env/production:segment/hub-vip", "Taken 1", "Refused 1", "No target of this integration has the scope")
	h.admin.get(one).has(t, "Last refused")
	h.admin.submit(one, one+"/switch").led(t, one)
	h.admin.get(at).has(t, "It rests.", "<b>Very</b> important")
	if a := h.dev.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer reads the customer's segments: %d", a.StatusCode)
	}
}

// An administrator chooses the prefix of a store and sees how it does.
func TestAnAdministratorLooksAfterAStore(t *testing.T) {
	h := newHub(t)
	one := h.set(t)
	h.admin.get(one).has(t, "Not filled yet", "Prefix")
	wrong := h.admin.submit(one, one+"/store", "prefix", "no spaces").has(t, "up to 100 letters")
	if !strings.Contains(wrong.body, `value="no spaces"`) {
		t.Error("what was typed is lost")
	}
	h.admin.submit(one, one+"/store", "prefix", "shop").led(t, one)
	if got := h.admin.get(one); !strings.Contains(got.body, `value="shop"`) {
		t.Error("the prefix is not kept")
	}
	h.works(t)
	h.admin.get(one).has(t, "Failing, tried again", "Last failed")
}

func TestCohortPagesAreSound(t *testing.T) {
	h := newHub(t)
	one := h.set(t)
	at := h.browser(h.admin)
	at.Goto(h.URL + one + "/cohorts")
	at.Look("cohorts-empty")
	h.admin.submit(one+"/cohorts", one+"/cohorts", "resource", "proj/web:env/production", "scope", "e-1").led(t, one)
	token := h.key(t)
	_, err := h.posts(t, token, `{"environmentId":"e-1","cohort":{"id":"vip","name":"Very important people","url":"https://hub.example.com/vip"},"add":[{"id":"nora"},{"id":"jo"}]}`)
	must(t, err)
	_, _ = h.posts(t, token, `{"environmentId":"elsewhere","cohort":{"id":"vip","name":"Very important"},"add":[]}`)
	h.works(t)
	for name, path := range map[string]string{"cohorts": one + "/cohorts", "store": one} {
		at.Goto(h.URL + path)
		at.Look(name)
	}
}
