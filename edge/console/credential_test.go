package console_test

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/private"
)

var apiTokenPage = regexp.MustCompile(`/api-tokens/apt_[0-9a-z]{26}`)

// H9, H10: the account's policy says beforehand what it would hit, and the list of all credentials
// says what it minds.
func TestH10_PolicyAndComplianceList(t *testing.T) {
	h := newHouse(t)
	admin := h.person("Grace Okafor", "grace@lakeside.example")
	a := h.account("lakeside", "Lakeside", admin)
	path := "/accounts/" + a.ID.String() + "/credentials"
	admin.get(path).has(t, "No token", "Disabled when unused for")
	made, err := h.Private.Create(t.Context(), admin.by(), a.ID, private.Draft{Name: "Nightly export", Scopes: []string{"flags.read"}})
	must(t, err)
	h.clock.Advance(time.Second) // the oldest comes first
	_, err = h.Private.Create(t.Context(), admin.by(), a.ID, private.Draft{Name: "Eternal", Scopes: []string{"flags.read"}, Expiry: private.Expiry{IdleDays: 365, RotateDays: 365}})
	must(t, err)
	h.clock.Advance(50 * 24 * time.Hour)
	admin.again()
	admin.get(path).has(t, "Nightly export", "50 days", "Fine", "The policy minds nothing about them.")

	admin.submit(path, path, "idle_days", "5", "rotate_days", "45", "do", "look").has(t, "at least the minimum")
	look := admin.submit(path, path, "idle_days", "40", "rotate_days", "45", "do", "look")
	look.has(t, "What it would hit", "Disabled at the earliest", "Nightly export", "Save the policy")
	if table := look.body[strings.Index(look.body, "What it would hit"):strings.Index(look.body, "The oldest first")]; strings.Contains(table, "Eternal") {
		t.Error("the policy is said to hit a token that has terms of its own")
	}
	holds := func(days string) {
		t.Helper()
		if got := admin.get(path).body; !strings.Contains(got, `value="`+days+`"`) {
			t.Errorf("the form does not hold %s days", days)
		}
	}
	holds("90") // looking changes nothing
	admin.submit(path, path, "idle_days", "40", "rotate_days", "45", "do", "save").led(t, path)
	admin.get(path).has(t, "The policy is in force", "Rotation is due", "Only the 1 with a finding")
	holds("40")
	must(t, h.Tokens.Watch(t.Context()))
	minded := admin.get(path+"?only=minded").has(t, "Unused", "Nightly export")
	if strings.Contains(minded.body, "Eternal") || !strings.Contains(minded.body, "/private-integrations/"+made.ID.String()) {
		t.Error("what the policy minds nothing about is not left out")
	}

	_, err = h.Private.Update(t.Context(), admin.by(), made.ID, private.Patch{Name: new("=1+1")})
	must(t, err)
	file := admin.get(path + "/export")
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	must(t, err)
	if len(rows) != 3 || rows[1][3] != "'=1+1" || rows[1][12] != "rotation_due unused" || strings.Contains(file.body, "grpk_") {
		t.Errorf("the export: %q", rows)
	}

	reader := h.person("Rita", "rita@lakeside.example")
	h.join(a, reader, access.AccountMember)
	if got := reader.get(path); got.StatusCode != http.StatusForbidden {
		t.Errorf("a member: %d", got.StatusCode)
	}
	if strings.Contains(reader.get("/accounts/"+a.ID.String()).body, path) {
		t.Error("a way that leads nowhere is offered")
	}
}

// A26, A27: personal and service tokens by plain forms: made within what one may do, shown once,
// rotated with overlap, renamed, deleted by their name.
func TestAPITokensByPlainForms(t *testing.T) {
	h := newHouse(t)
	admin := h.person("Grace Okafor", "grace@lakeside.example")
	a := h.account("lakeside", "Lakeside", admin)
	list := "/accounts/" + a.ID.String() + "/tokens"
	form := list + "/new"
	admin.get(list).has(t, "No personal token yet", "No service token yet", "New personal token")
	admin.get(form+"?kind=service").has(t, "New service token", "Reader", "Or write a policy")
	enter := []string{"kind", "personal", "name", "Laptop", "days", "90"}
	admin.submit(form, form, enter...).has(t, "Choose roles or write a policy")
	admin.submit(form, form, append(enter, "policy", `[{"effect":"maybe"}]`)...).has(t, "The policy can't be read.")
	made := admin.submit(form, form, append(enter, "role", "reader")...)
	made.has(t, "Copy the token now", "TOKEN='grpt_", "curl")
	raw := regexp.MustCompile(`grpt_[0-9A-Za-z]{46}`).FindString(made.body)
	at := apiTokenPage.FindString(made.body)
	if raw == "" || made.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the token's page: %d %q", made.StatusCode, made.Header.Get("Cache-Control"))
	}
	one := admin.get(at).has(t, "Laptop", "Personal token.", "Token grpt_…"+raw[len(raw)-4:], "Reader", "Never more than you may do yourself")
	if strings.Contains(one.body, raw) || strings.Contains(admin.get(list).has(t, "Laptop").body, raw) {
		t.Error("the token is shown again")
	}
	rotate := regexp.MustCompile(`/tokens/tok_[0-9a-z]{26}/rotate`).FindString(one.body)
	admin.submit(rotate, rotate, "days", "0").has(t, "A number of days from 1 to 90.")
	admin.submit(rotate, rotate, "days", "30", "reason", "quarterly").has(t, "Copy the token now", "works until")
	admin.get(at).has(t, "Old token grpt_…"+raw[len(raw)-4:], "A rotation is under way.", "rotated a token")
	edit := at + "/edit"
	admin.submit(edit, edit, "name", "").has(t, "1 to 80 characters")
	admin.submit(edit, edit, "name", "Old laptop", "description", "In the attic").led(t, at)

	service := admin.submit(form, form, "kind", "service", "name", "Export", "days", "0", "policy", `[{"effect":"allow","actions":["flag:view"],"resources":["*"]}]`)
	service.has(t, "TOKEN='grst_")
	admin.get(list).has(t, "Old laptop", "Export", "Show other people's tokens")

	// Somebody else of the account sees the service token, and not the personal one.
	mate := h.person("Ben", "ben@lakeside.example")
	h.join(a, mate, access.AccountMember)
	theirs := mate.get(list).has(t, "Export", "No personal token yet")
	if strings.Contains(theirs.body, "Old laptop") || strings.Contains(theirs.body, "New service token") {
		t.Error("a member sees too much")
	}
	for _, path := range []string{at, edit, at + "/delete", rotate} {
		if got := mate.get(path); got.StatusCode != http.StatusNotFound {
			t.Errorf("another member on %s: %d", path, got.StatusCode)
		}
	}
	if got := mate.get(form + "?kind=service"); got.StatusCode != http.StatusForbidden {
		t.Errorf("a member makes a service token: %d", got.StatusCode)
	}
	mate.submit(form, form, "kind", "personal", "name", "Bens", "days", "0", "role", "reader").has(t, "TOKEN='grpt_")
	if strings.Contains(admin.get(list).body, "Bens") {
		t.Error("others' tokens are shown unasked")
	}
	admin.get(list+"?all=1").has(t, "Other people's tokens", "Bens", "Ben")

	end := at + "/delete"
	admin.submit(end, end, "phrase", "Laptop").has(t, "Type the name exactly")
	admin.submit(end, end, "phrase", "Old laptop").led(t, list)
	admin.get(at).has(t, "Deleted just now.", "Ended tokens: 2")
}

// join makes somebody a member of an account.
func (h *house) join(a account.Account, c *client, role string) {
	h.t.Helper()
	must(h.t, h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: c.user, Role: role})
	}))
}
