package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/guestright/guestright/edge/page/pagetest"
)

func TestReferencePagesAreSound(t *testing.T) {
	s := newShop(t)
	s.sound(s.noor, map[string]string{"reference": "/reference", "reference-search": "/reference?q=flag+create", "reference-none": "/reference?q=zebra",
		"operation": "/reference/createFlag", "scopes": "/reference/scopes"})
}

func TestReference(t *testing.T) {
	s := newShop(t)
	s.noor.get("/reference").has(t, "Pennant API", "33 operations.", "Create a flag", "flags.write and flag:create", "No permission")
	found := s.noor.get("/reference?q=flag+create").has(t, "Create a flag")
	if strings.Contains(found.text(), "List projects") {
		t.Error("the search lets everything through")
	}
	s.noor.get("/reference?q=zebra").has(t, "No operation fits")
	page := s.noor.get("/reference/createFlag").has(t, "Create a flag", "/api/v1/accounts/{accountKey}/projects/{projectKey}/flags", "Authorization: Bearer $TOKEN",
		"accountKey required path string", "Ask for these scopes: flags.write", "Settings > Roles > Flags: create", "proj/{projectKey}", "NewFlag", "variations", "400 401 404", "boolean, text, number")
	if strings.Contains(page.text(), "flags.write and Decided") {
		t.Error("a scope is missing in the advice")
	}
	s.noor.get("/reference/scopes").has(t, "Change flags", "flags.write", "Settings > Roles: Flags: view · Flags: create")
	// Also by method and path, which is what a refusal can name.
	s.noor.get("/reference/"+url.PathEscape("POST /api/v1/accounts/{accountKey}/projects/{projectKey}/flags")).has(t, "Create a flag")
	for _, path := range []string{"/reference/nothing", "/reference/a/b"} {
		if a := s.noor.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", path, a.StatusCode)
		}
	}
}

// Typing searches without loading the page anew, and without a script the button does.
func TestReferenceSearchInBrowser(t *testing.T) {
	s := newShop(t)
	b := s.browser(s.noor)
	b.Goto(s.URL + "/reference")
	b.Fill("#f-q", "create a segment")
	b.Wait("#operations > p")
	pagetest.Eval[bool](b, `new Promise((done) => { const look = () => document.querySelectorAll("#operations tbody tr").length === 1 ? done(true) : setTimeout(look, 20); look(); })`)
	if b.Has("#operations #operations") || !strings.HasSuffix(b.URL(), "/reference?q=create+a+segment") && !strings.HasSuffix(b.URL(), "/reference?q=create%20a%20segment") {
		t.Errorf("the address is %s", b.URL())
	}
	b.Quiet()
	b.Emulate(pagetest.View{NoScript: true})
	b.Goto(s.URL + "/reference")
	b.Fill("#f-q", "segment")
	b.Follow(`form[action="/reference"] button`)
	if !strings.Contains(b.Text("#operations"), "Create a segment") {
		t.Error("the search does not work without a script")
	}
}
