package demo_test

import (
	"strings"
	"testing"
)

// H1, H4, H8, H11: from the first click to the undone deletion, in a real browser
// and a real shell, by the administrator of Harbour Books.
func TestAPrivateIntegrationFromTheFirstClick(t *testing.T) {
	needs(t, "bash", "curl")
	v := newTour(t)
	v.signIn("account administrator")
	v.link("Private integrations")
	v.says("Nightly flag export", "Shop window lights")
	v.look("private-list")
	v.link("Nightly flag export")
	v.says("Calls by operation", "203.0.113.0/24")
	v.look("private-used")

	v.link("Private integrations")
	v.link("New private integration")
	v.look("private-new")
	v.Fill("#f-name", "Window display")
	v.Click(`input[name="scope"][value="projects.read"]`)
	v.submit("#f-name")
	v.says("Copy the token now")
	v.look("private-token")
	keep, call := v.code("Keep the token in your shell"), v.code("Call the API")
	if out := shell(t, keep, call); !strings.Contains(out, "200 OK") {
		t.Fatalf("the page's own lines: %s", out)
	}

	// Test from the page, with the new token.
	v.link("Or try it from this page")
	v.look("private-test")
	v.Follow(`button[name="do"][value="run"]`)
	v.says("The gateway let it through.", "200", "Harbour Books")
	v.look("private-test-passed")
	v.choose("#f-operation", "listFlags")
	v.Follow(`button[name="do"][value="choose"]`)
	v.Fill(`input[name="path:projectKey"]`, "web-shop")
	v.Follow(`button[name="do"][value="run"]`)
	v.says("The gateway refused it: scope_missing", "flag:view", "Missing")
	v.look("private-test-refused")

	flags := strings.Replace(call, "/accounts/harbour-books'", "/accounts/harbour-books/projects/web-shop/flags'", 1)
	if flags == call {
		t.Fatalf("another call than expected: %s", call)
	}
	v.link("Overview")
	v.says("Last call")
	edit := func(scope, name string) {
		v.link("Edit")
		v.Click(`input[name="scope"][value="` + scope + `"]`)
		v.submit("#f-name")
		v.look(name)
		v.Follow(`button[name="do"][value="save"]`)
		v.says("The change is saved.")
	}
	edit("flags.read", "private-wider")
	if out := shell(t, keep, flags); !strings.Contains(out, "200 OK") {
		t.Fatalf("after widening: %s", out)
	}
	edit("flags.read", "private-narrower")
	if out := shell(t, keep, flags); !strings.Contains(out, "scope_missing") {
		t.Fatalf("after narrowing: %s", out)
	}
	v.look("private-detail")

	v.link("Webhooks")
	v.look("private-webhooks")
	v.link("Overview")
	v.link("Delete…")
	v.says("What would stop", "127.0.0.0/24")
	v.Fill("#f-phrase", "Window display")
	v.look("private-delete")
	v.submit("#f-phrase")
	if out := shell(t, keep, call); !strings.Contains(out, "grant_ended") {
		t.Fatalf("deleted: %s", out)
	}
	v.look("private-deleted")
	v.Follow(`form[action$="/restore"] button`)
	if out := shell(t, keep, call); !strings.Contains(out, "200 OK") {
		t.Fatalf("undone: %s", out)
	}
}
