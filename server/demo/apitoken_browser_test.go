package demo_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/secret"
)

// A26, A27: a personal token from the first click, called with by the page's own lines, rotated and
// deleted; the account's service tokens, all its credentials and the policy for them.
func TestAccessTokensInTheBrowser(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl")
	v := newTour(t)
	v.signIn("account administrator")
	v.link("Access tokens")
	v.says("Laptop", "Status board", "Show other people's tokens", "List the flags of a project")
	v.look("tokens")
	v.link("Status board")
	v.says("Service token of the account.", "198.51.100.0/24")
	v.look("token-service")

	v.link("Access tokens")
	v.link("New")
	v.Fill("#f-name", "Shell")
	v.look("token-new")
	v.submit("#f-name")
	v.says("Choose roles or write a policy")
	v.Click(`input[name="role"][value="reader"]`)
	v.submit("#f-name")
	v.says("Copy the token now")
	v.look("token-issued")
	keep, call := v.code("Keep the token in your shell"), v.code("Call the API")
	if raw := strings.TrimSuffix(strings.TrimPrefix(keep, "TOKEN='"), "'"); !secret.PersonalToken.Is(raw) {
		t.Fatalf("the page keeps %q", keep)
	}
	if out := shell(t, keep, call); !strings.Contains(out, "200 OK") {
		t.Fatalf("the page's own lines: %s", out)
	}
	v.link("I have stored the token")
	v.says("Last used", "127.0.0.0/24")
	v.look("token-used")
	v.link("Delete…")
	v.says("In the last 7 days it made 1 call.")
	v.Fill("#f-phrase", "Shell")
	v.look("token-delete")
	v.submit("#f-phrase")
	if out := shell(t, keep, call); !strings.Contains(out, "401") {
		t.Fatalf("deleted: %s", out)
	}

	v.Goto(v.URL() + "/new?kind=service") // from the list, to which the deletion leads
	v.Fill("#f-name", "Export")
	v.Click(`input[name="role"][value="reader"]`)
	v.submit("#f-name")
	keep, call = v.code("Keep the token in your shell"), v.code("Call the API")
	if out := shell(t, keep, call); !strings.Contains(keep, "grst_") || !strings.Contains(out, "200 OK") {
		t.Fatalf("a service token: %s", out)
	}

	v.link("All credentials")
	v.says("Nightly flag export", "Status board", "Fine")
	v.look("credentials")
	v.Fill("#f-idle_days", "30")
	v.Follow(`button[name="do"][value="look"]`)
	v.says("No token would be disabled as things are.")
	v.look("credentials-preview")
	v.Follow(`button[name="do"][value="save"]`)
	v.says("The policy is in force.")
}
