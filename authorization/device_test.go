package authorization

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

func TestUserCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		c := newUserCode()
		if len(c) != userLength || strings.ContainsAny(c, "AEIOUY01") || typedUserCode(shownUserCode(c)) != c {
			t.Fatalf("%s, shown as %s, is read as %s", c, shownUserCode(c), typedUserCode(shownUserCode(c)))
		}
		seen[c] = true
	}
	if len(seen) < 999 {
		t.Errorf("only %d of 1,000 codes differ", len(seen))
	}
	for typed, want := range map[string]string{
		"BCDF-GHJK": "BCDFGHJK", "bcdfghjk": "BCDFGHJK", " b c d f g h j k ": "BCDFGHJK", "bcdf–ghjk": "BCDFGHJK", "bcdf_ghjk.": "BCDFGHJK",
		"": "", "BCDFGHJ": "", "BCDFGHJKL": "", "BCDFGHJA": "", "BCDFGHJ0": "", "ВCDFGHJK": "", "BCDFGHJK\x00": "", "BCDF'--K": "", strings.Repeat("-", 200): "",
	} {
		if got := typedUserCode(typed); got != want {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}

// RFC 8628 section 3.5: what a device hears.
func TestPolling(t *testing.T) {
	t.Parallel()
	r := Request{Kind: KindDevice, Application: "app_1", State: Pending, Expires: at.Add(time.Minute), every: 5 * time.Second}
	for i, step := range []struct {
		after time.Duration
		want  string
		every time.Duration
	}{
		{0, "authorization_pending", 5 * time.Second},
		{5 * time.Second, "authorization_pending", 5 * time.Second},
		{9 * time.Second, "slow_down", 10 * time.Second},
		{14 * time.Second, "slow_down", 15 * time.Second},
		{29 * time.Second, "authorization_pending", 15 * time.Second},
		{time.Minute, "expired_token", 15 * time.Second},
	} {
		if got := problem.CodeOf(r.poll(at.Add(step.after), "app_1", "")); got != step.want || r.every != step.every {
			t.Errorf("poll %d hears %s and may come every %s", i, got, r.every)
		}
	}
	for name, tc := range map[string]struct {
		change func(*Request)
		after  time.Duration
		want   string
	}{
		"another application":       {func(r *Request) { r.Application = "app_2" }, 0, "invalid_grant"},
		"a browser's request":       {func(r *Request) { r.Kind = KindCode }, 0, "invalid_grant"},
		"redeemed":                  {func(r *Request) { r.State = Redeemed }, 0, "invalid_grant"},
		"denied":                    {func(r *Request) { r.State = Denied }, 0, "access_denied"},
		"denied, and late":          {func(r *Request) { r.State = Denied }, time.Hour, "access_denied"},
		"approved":                  {func(r *Request) { r.State = Approved }, 0, ""},
		"approved at the last":      {func(r *Request) { r.State = Approved }, time.Minute + 30*time.Second, ""},
		"approved, and never asked": {func(r *Request) { r.State = Approved }, time.Hour, "expired_token"},
		"another key":               {func(r *Request) { r.State, r.Params.Confirmation = Approved, "k1" }, 0, "invalid_grant"},
	} {
		r := Request{Kind: KindDevice, Application: "app_1", State: Pending, Expires: at.Add(time.Minute)}
		tc.change(&r)
		if got := problem.CodeOf(r.poll(at.Add(tc.after), "app_1", "")); got != tc.want || (tc.want == "") != (r.State == Redeemed) && name != "redeemed" {
			t.Errorf("%s: %s, then %s", name, got, r.State)
		}
	}
}
