package oauth_test

import (
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/leak"
)

// H12: a leaked refresh token takes its whole line with it; a leaked access token
// takes nothing else.
func TestH12_LeakedTokensOfAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	c := h.config("flags.read", "flags.write", "offline_access")
	first, second := h.token(c), h.token(c)
	if first.RefreshToken == "" || !h.works(first.AccessToken) || !h.works(second.AccessToken) {
		t.Fatalf("%+v", first)
	}
	report := func(raw string) {
		t.Helper()
		h.ok(h.Leaks.Report(t.Context(), leak.Report{Text: secret.New(raw), Source: leak.API}))
	}
	report(second.AccessToken)
	if h.works(second.AccessToken) {
		t.Error("a leaked access token works")
	}
	if status, out := h.refresh(second.RefreshToken); status != 200 {
		t.Errorf("the line of a leaked access token: %d %v", status, out)
	}
	h.clock.Advance(time.Second)
	report(first.RefreshToken)
	if h.works(first.AccessToken) {
		t.Error("what a leaked refresh token led to works")
	}
	if status, out := h.refresh(first.RefreshToken); status != 400 || text(out, "error") != "invalid_grant" {
		t.Errorf("a leaked refresh token: %d %v", status, out)
	}
	h.ok(h.Jobs.Drain(t.Context()))
	all, err := h.Leaks.List(t.Context(), access.System("test"), leak.Query{Limit: 10})
	h.ok(err)
	if len(all) != 2 || all[0].Kind != leak.RefreshToken || all[0].User != h.person.User || all[0].Name != "Deploybot" || all[1].Kind != leak.AccessToken {
		t.Errorf("%+v", all)
	}
	n, err := h.Notices.Unread(t.Context(), h.person)
	h.ok(err)
	if n == 0 {
		t.Error("the person was not told")
	}
}
