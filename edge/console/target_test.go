package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/snapshotpush"
)

var targetAddress = regexp.MustCompile(`/configurations/cfg_[0-9a-z]{26}/targets/tgt_[0-9a-z]{26}`)

const production = "proj/web:env/production"

// gives has the product give the newest data of an environment.
func (h hub) gives(t *testing.T, version int64) {
	t.Helper()
	_, err := h.Snapshots.Put(t.Context(), access.System("the product"), snapshotpush.Draft{Account: "lakeside", Resource: production, Version: version, Data: []byte(`{"flags":{}}`)})
	must(t, err)
}

// An administrator says where data goes, sees whether it arrives, sends it again,
// pauses it and takes it away.
func TestAnAdministratorSendsData(t *testing.T) {
	h := newHub(t)
	one := h.set(t)
	list := one + "/targets"
	h.admin.get(one).has(t, "Its targets")
	h.admin.get(list).has(t, "No data goes anywhere yet", "The product has given no data yet")
	h.gives(t, 7)
	h.admin.get(list).has(t, "New target")
	wrong := h.admin.submit(list+"/new", list+"/new", "resource", production, "v.namespace", "").has(t, "Fill this in.")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="`+production+`" selected`) {
		t.Errorf("%d, or what was chosen is lost", wrong.StatusCode)
	}
	at := targetAddress.FindString(h.admin.submit(list+"/new", list+"/new", "resource", production, "v.namespace", "ns-1", "v.writeKey", "wr1te-k3y").led(t, list+"/"))
	h.admin.get(at).has(t, "On its way", "never")
	h.works(t)
	if got := <-h.Got; got.Method != "PUT" || !strings.HasPrefix(got.URI, "/kv/ns-1/snapshot-") || got.Header.Get("Authorization") != "Bearer wr1te-k3y" {
		t.Errorf("%+v", got)
	}
	got := h.admin.get(at).has(t, "Up to date", "Version there 7", "Sent 1")
	if strings.Contains(got.body, "wr1te-k3y") || !strings.Contains(got.body, "Stored. Leave empty to keep it.") {
		t.Error("the page shows a secret, or does not say that there is one")
	}
	h.Answers(http.StatusForbidden, `{}`)
	h.admin.submit(at, at+"/push").led(t, at)
	h.works(t)
	<-h.Got
	h.admin.get(at).has(t, "Failing", "It does not get through.", "403 Forbidden", "Failed 1")
	h.admin.get(list).has(t, production, "Failing")
	h.Answers(http.StatusOK, `{}`)
	h.admin.submit(at, at, "v.namespace", "ns-2", "v.writeKey", "").led(t, at)
	h.works(t)
	if got := <-h.Got; !strings.HasPrefix(got.URI, "/kv/ns-2/") || got.Header.Get("Authorization") != "Bearer wr1te-k3y" {
		t.Errorf("after the change: %+v", got)
	}
	h.admin.submit(at, at+"/switch").led(t, at)
	h.admin.get(at).has(t, "Paused", "Go on")
	if a := h.dev.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer reads the customer's target: %d", a.StatusCode)
	}
	h.admin.submit(at+"/delete", at+"/delete").led(t, list)
	if a := h.admin.get(at); a.StatusCode != http.StatusNotFound {
		t.Error(a.StatusCode)
	}
}

// The pages of the capabilities, in a real browser.
func TestCapabilityPagesAreSound(t *testing.T) {
	h := newHub(t)
	one := h.set(t)
	h.gives(t, 7)
	at := h.browser(h.admin)
	at.Goto(h.URL + one + "/targets/new")
	at.Look("target-new")
	target := targetAddress.FindString(h.admin.submit(one+"/targets/new", one+"/targets/new", "resource", production, "v.namespace", "ns-1", "v.writeKey", "wr1te-k3y").led(t, one))
	h.Answers(http.StatusForbidden, `{}`)
	h.works(t)
	h.imports()
	found := importAddress.FindString(h.admin.submit(one+"/imports", one+"/imports", "subject", "proj/web").led(t, one))
	h.admin.submit(one+"/approvals/settings", one+"/approvals/settings/scope", "scope", production, "v.board", "b-17").led(t, one)
	for name, path := range map[string]string{"targets": one + "/targets", "target": target, "imports": one + "/imports", "import": found, "approval-settings": one + "/approvals/settings",
		"attached": "/accounts/" + h.x.in[0].Account + "/attached?at=" + darkMode, "capabilities": one} {
		at.Goto(h.URL + path)
		at.Look(name)
	}
}
