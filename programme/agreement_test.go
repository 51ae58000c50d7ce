package programme_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/programme"
)

func fields(err error) []string {
	var out []string
	for _, f := range problem.Of(err).Fields {
		out = append(out, f.Pointer)
	}
	return out
}

// Row A40: a new version asks every group; calls go on until its deadline, and
// again once it is accepted; the record says who, when and which text.
func TestA40_AgreementsAreVersionedAndAccepted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		calls := func(what, want string) {
			t.Helper()
			h.code(what, h.gate.Agreed(ctx, h.group, h.clock.Now()), want)
		}
		asks := func(want int) {
			t.Helper()
			got, err := h.Lagging(ctx, h.ada)
			if err != nil || len(got) != want {
				t.Errorf("%d groups are asked, want %d (%v)", len(got), want, err)
			}
		}
		asks(0)
		calls("no agreement", "")
		one := object{"title": "Terms", "text": "Be kind."}
		h.call(h.ada, 403, "POST", "/v1/agreements", one)
		h.has(h.call(operator, 422, "POST", "/v1/agreements", object{"title": "", "text": "", "deadline": "2026-03-03T10:00:00Z"}), `"/title"`, `"/text"`, `"/deadline"`)
		h.has(h.call(operator, 200, "POST", "/v1/agreements", one), `"version":1`)
		asks(1)
		at := "/v1/groups/" + h.group + "/agreement"
		h.has(h.call(h.ada, 200, "GET", at, nil), `"pending":true`)
		h.has(h.call(h.ada, 200, "POST", at, object{"version": 1}), `"pending":false`)
		asks(0)

		h.has(h.call(operator, 200, "POST", "/v1/agreements", object{"title": "Terms", "text": "Be kind and quick.", "changes": "Quick.", "deadline": "2026-03-16T10:00:00Z"}), `"version":2`)
		asks(1)
		h.has(h.inbox(h.ada), "A new agreement waits: Terms")
		h.has(h.call(h.ada, 409, "POST", at, object{"version": 1}), "agreement_changed")
		calls("before the deadline", "")
		h.clock.Advance(13 * 24 * time.Hour)
		calls("a day before", "")
		young, err := h.Groups.Create(ctx, h.ada, "Acme - Chess")
		must(t, err)
		h.clock.Advance(24 * time.Hour)
		calls("after it", "agreement_pending")
		h.code("a young group has as long as others had", h.gate.Agreed(ctx, young.ID.String(), h.clock.Now()), "")
		member := access.UserPrincipal(h.ada.User, map[string]string{h.group: access.GroupMember}, nil)
		h.call(member, 403, "POST", at, object{"version": 2})
		h.call(access.UserPrincipal("usr_x", nil, nil), 404, "POST", at, object{"version": 2})
		h.call(h.ada, 200, "POST", at, object{"version": 2})
		calls("accepted", "")

		h.has(h.call(operator, 200, "GET", "/v1/acceptances?version=2", nil), `"email":"ada@example.com"`, `"accepted":"2026-03-16T10:00:00Z"`,
			programme.Agreement{Title: "Terms", Text: "Be kind and quick."}.Digest())
		if n := strings.Count(h.call(operator, 200, "GET", "/v1/acceptances", nil), `"version"`); n != 2 {
			t.Errorf("%d records", n)
		}
		h.call(h.ada, 404, "GET", "/v1/acceptances", nil)
		must(t, h.DB.Close())
		if err := programme.NewGate(h.DB, h.catalog).Agreed(ctx, h.group, h.clock.Now()); err != nil {
			t.Errorf("a database that is away stops calls: %v", err)
		}
	})
}
