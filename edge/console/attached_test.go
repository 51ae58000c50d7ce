package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/capability/resourcelink"
)

// An administrator sees at a resource what integrations attach to it, presses a button
// and keeps links of their own.
func TestAnAdministratorSeesWhatIsAttached(t *testing.T) {
	h := newHub(t)
	one := h.set(t)
	at := "/accounts/" + h.x.in[0].Account + "/attached"
	h.admin.get(one).has(t, "At a resource")
	h.admin.get(at).has(t, "Name a resource")
	h.admin.get(at+"?at=a%3Ab%3B%3B").has(t, "This is no resource.")
	here := at + "?at=" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(darkMode)
	h.admin.get(here).has(t, "Pages in the hub", "No page yet", "cleanUp", "flagKey", "Attach a link")
	_, err := h.Links.Put(t.Context(), h.admin.by(), resourcelink.Draft{Configuration: strings.TrimPrefix(one, "/configurations/"), Resource: darkMode, DeepLink: "https://hub.example.com/p/1", Metadata: map[string]string{"title": "Why <dark>", "owner": "Nora"}})
	must(t, err)
	if got := h.admin.get(here).has(t, "Why <dark>", "by Nora"); !strings.Contains(got.body, `href="https://hub.example.com/p/1"`) {
		t.Error("the link leads nowhere")
	}
	wrong := h.admin.submit(here, at+"/link", "at", darkMode, "deep_link", "javascript:alert(1)", "title", "Mine").has(t, "It must be an absolute http or https URL.")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="Mine"`) || strings.Contains(wrong.body, `href="javascript`) {
		t.Errorf("%d, or what was typed is lost", wrong.StatusCode)
	}
	h.admin.submit(here, at+"/link", "at", darkMode, "deep_link", "https://wiki.example.com/dark", "title", "Our wiki").led(t, at)
	all, err := h.Links.Draw(t.Context(), h.admin.by(), "lakeside", darkMode)
	must(t, err)
	h.admin.get(here).has(t, "Our wiki")
	h.admin.submit(here, at+"/unlink", "at", darkMode, "link", all[1].Links[0].ID.String()).led(t, at)
	if got := h.admin.get(here); strings.Contains(got.text(), "Our wiki") {
		t.Error("the link is still there")
	}
	run := []string{"at", darkMode, "configuration", strings.TrimPrefix(one, "/configurations/"), "key", "cleanUp"}
	wrong = h.admin.submit(here, at+"/run", append(run, "need.flagKey", "dark-mode")...).has(t, "The request needs it.")
	if !strings.Contains(wrong.body, `value="dark-mode"`) {
		t.Error("what was typed is lost")
	}
	h.Answers(http.StatusOK, `{"url":"https://hub.example.com/jobs/9"}`)
	h.admin.submit(here, at+"/run", append(run, "need.flagKey", "dark-mode", "need.reason", `It is "old"`)...).has(t, "It is done.", "Open hub.example.com")
	if got := <-h.Got; string(got.Body) != `{"flag": "dark-mode", "why": "It is \"old\""}` || got.Header.Get("Authorization") != "Bearer s3cr3t-t0ken" {
		t.Errorf("%s %v", got.Body, got.Header)
	}
	h.Answers(http.StatusConflict, `{}`)
	h.admin.submit(here, at+"/run", append(run, "need.flagKey", "dark-mode", "need.reason", "again")...).has(t, "The partner did not do it.", "409 Conflict")
	if a := h.dev.get(here); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer reads the customer's links: %d", a.StatusCode)
	}
}
