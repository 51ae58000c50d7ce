package event_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// H32: an account turns a type off, for everybody or for one: reading gives none
// of it, to others it still does.
func TestH32_AnAccountTurnsATypeOff(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		admin, acc := h.Customer("harbour", account.Production)
		dev, team := h.Developer("dev@example.com")
		app, key := h.Release(dev, team, "flags.read")
		other, otherKey := h.Release(dev, team, "flags.read")
		ins := h.Install(admin, acc, app)
		h.Install(admin, acc, other)
		one, two := h.Token(key, ""), h.Token(otherKey, "")
		h.accepted("application/json", `[{"type":"flag.counted","version":1,"account_key":"harbour","subject":"proj/web:flag/x","data":{"count":1}},{"type":"weather.changed","account_key":"harbour","data":{}}]`)
		count := func(token string) int { return len(h.read(token, "?types=flag.*,weather.*&limit=500").Items) }
		for _, c := range []struct {
			mutes         []event.Mute
			first, second int
		}{
			{nil, 2, 2},
			{[]event.Mute{{Pattern: "flag.*", Grant: ins.Grant}}, 1, 2},
			{[]event.Mute{{Pattern: "flag.*"}}, 1, 1},
			{[]event.Mute{{Pattern: "*"}, {Pattern: "weather.changed", Grant: ins.Grant}}, 0, 0},
			{[]event.Mute{}, 2, 2},
		} {
			if _, err := h.Events.SetMutes(t.Context(), admin, acc.ID, c.mutes); err != nil {
				t.Fatal(err)
			}
			if a, b := count(one), count(two); a != c.first || b != c.second {
				t.Errorf("%v: %d and %d, want %d and %d", c.mutes, a, b, c.first, c.second)
			}
		}
		if got, err := h.Events.Mutes(t.Context(), admin, acc.ID); err != nil || len(got) != 0 {
			t.Errorf("%v %v", got, err)
		}
		for _, bad := range [][]event.Mute{{{Pattern: "no.such"}}, {{Pattern: ""}}, {{Pattern: "flag.*", Grant: "grt_nobodys"}}, {{Pattern: "flag.*"}, {Pattern: "flag.*"}}, {{Pattern: "guestright.*"}}} {
			if _, err := h.Events.SetMutes(t.Context(), admin, acc.ID, bad); err == nil || !strings.Contains(err.Error(), "look") {
				t.Errorf("%v: %v", bad, err)
			}
		}
		if _, err := h.Events.SetMutes(t.Context(), dev, acc.ID, nil); err == nil {
			t.Error("a developer turns events of a customer off")
		}
		if r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/v1/accounts/"+acc.ID.String()+"/event-mutes", nil); err == nil {
			r.Header.Set("Authorization", "Bearer "+one)
			if a := h.Do(r); a.Status == http.StatusOK {
				t.Errorf("an integration reads what is off: %d %s", a.Status, a.Body)
			}
		}
	})
}
