package oauth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
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

// H12: a token that is a JWT is known by its signature and ended as any other;
// where it was found does not repeat it.
func TestH12_ALeakedJWT(t *testing.T) {
	t.Parallel()
	format := application.FormatJWT
	h := newHouse(t, options{client: application.ClientPatch{TokenFormat: &format}})
	raw := h.token(h.config("flags.read", "flags.write")).AccessToken
	if !strings.HasPrefix(raw, "eyJ") || !h.works(raw) {
		t.Fatalf("%.20s", raw)
	}
	h.ok(h.Leaks.Report(t.Context(), leak.Report{Text: secret.New(`{"authorization": "Bearer ` + raw[:len(raw)-2] + `"}`), Source: leak.API}))
	if !h.works(raw) {
		t.Error("a token was ended without its signature")
	}
	h.ok(h.Leaks.Report(t.Context(), leak.Report{Text: secret.New(`{"authorization": "Bearer ` + raw + `"}`), Where: "https://paste.example/" + raw, Source: leak.API}))
	if h.works(raw) {
		t.Error("a leaked JWT works")
	}
	all, err := h.Leaks.List(t.Context(), access.System("test"), leak.Query{Limit: 10})
	h.ok(err)
	if len(all) != 1 || all[0].Kind != leak.AccessToken || all[0].Where != "https://paste.example/[secret]" {
		t.Errorf("%+v", all)
	}
}
