package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/host"
)

var importAddress = regexp.MustCompile(`/configurations/cfg_[0-9a-z]{26}/imports/imp_[0-9a-z]{26}`)

// imports answers as the service that is read from does.
func (h hub) imports() {
	h.Handle(func(w http.ResponseWriter, r capabilitytest.Received) {
		if strings.Contains(r.URI, "/environments/") {
			_, _ = w.Write([]byte(`{"objects":[{"name":"dark-mode","treatments":[{"name":"on"},{"name":"off"}]},{"name":"banner","treatments":[{"name":"red"},{"name":"blue"},{"name":"off"}]}],"totalCount":2}`))
			return
		}
		_, _ = w.Write([]byte(`{"objects":[{"name":"dark-mode","description":"<i>Dark</i> colours","tags":[{"name":"web"}]},{"name":"banner"}],"totalCount":2}`))
	})
}

// answers has the product carry the waiting imports out.
func (h hub) answers(t *testing.T, result string) {
	t.Helper()
	all, err := h.asked.Take(t.Context(), access.System("the product"), host.Query{Limit: 10})
	must(t, err)
	for _, one := range all {
		_, err := h.asked.Finish(t.Context(), access.System("the product"), one.ID, []byte(result))
		must(t, err)
	}
}

// An administrator looks first, brings in what was found, and sees what became of it.
func TestAnAdministratorBringsFlagsIn(t *testing.T) {
	h := newHub(t)
	one := h.set(t)
	list := one + "/imports"
	h.admin.get(one).has(t, "Its imports")
	h.admin.get(list).has(t, "Nothing was brought in yet", "Look first")
	wrong := h.admin.submit(list, list, "subject", "nothing at all;").has(t, "A resource like proj/web")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, `value="nothing at all;"`) {
		t.Errorf("%d, or what was typed is lost", wrong.StatusCode)
	}
	h.Answers(http.StatusUnauthorized, `{}`)
	h.admin.submit(list, list, "subject", "proj/web").has(t, "Hub answered 401")
	h.imports()
	at := importAddress.FindString(h.admin.submit(list, list, "subject", "proj/web").led(t, list+"/"))
	got := h.admin.get(at).has(t, "Nothing has changed yet", "<i>Dark</i> colours", "on and off", "3: red, blue, off", "Bring in 2")
	if strings.Contains(got.body, "imp0rt-k3y") {
		t.Error("the page shows a secret")
	}
	h.admin.submit(at, at+"/start").led(t, at)
	h.admin.get(at).has(t, "Under way", "0 of 2", "Look again")
	h.answers(t, `{"made":["dark-mode"],"there":[],"refused":[{"key":"banner","detail":"There is no room for it."}]}`)
	h.admin.get(at).has(t, "Done", "2 of 2", "made", "There is no room for it.")
	h.admin.get(list).has(t, "proj/web", "Done")
	if a := h.dev.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer reads the customer's import: %d", a.StatusCode)
	}
	b := newBoard(t)
	if a := b.admin.get(b.set(t) + "/imports"); a.StatusCode != http.StatusNotFound {
		t.Errorf("an integration that imports nothing has imports: %d", a.StatusCode)
	}
}
