package admission_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

const day = 24 * time.Hour

// An end that was given: reminders, then it stops and is not uninstalled; a later end
// lets it go on.
func TestAnIntegrationIsGivenAnEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		order := integration.Order{ApplicationID: h.app.PublicID, Ends: h.clock.Now().Add(-day)}
		_, err := h.Integrations.Install(ctx, h.alma, h.alone.ID, order)
		h.code("an end that has passed", err, "ends_invalid")
		order.Ends = h.clock.Now().Add(30 * day)
		i, err := h.Integrations.Install(ctx, h.alma, h.alone.ID, order)
		h.ok(err)
		for _, step := range []struct {
			after time.Duration
			told  int
			state integration.State
		}{{day, 0, integration.Active}, {22*day + time.Hour, 1, integration.Active}, {6 * day, 2, integration.Active}, {day, 2, integration.BlockedByAccount}} {
			h.clock.Advance(step.after)
			h.ok(h.Watch(ctx))
			h.ok(h.Watch(ctx))
			h.told("the administrator", h.alma, "installation.ends", step.told)
			if got := h.now(i); got.State != step.state || !got.RemovedAt.IsZero() {
				t.Errorf("it is %s: %s", got.State, got.AccountBlock)
			}
		}
		h.told("the administrator", h.alma, "installation.bar", 1)
		_, err = h.SetTerm(ctx, h.alma, i.ID, h.clock.Now())
		h.code("an end that is now", err, "ends_invalid")
		_, err = h.SetTerm(ctx, h.nora, i.ID, time.Time{})
		h.code("a stranger extends", err, "not_found")
		_, err = h.SetTerm(ctx, h.alec, i.ID, h.clock.Now().Add(day))
		h.ok(err)
		if got := h.now(i); got.State != integration.Active {
			t.Errorf("extended it is %s", got.State)
		}
		// Removed and brought back it gets no more time than it had.
		h.clock.Advance(2 * day)
		_, err = h.Integrations.Remove(ctx, h.alma, i.ID, "x")
		h.ok(err)
		back, err := h.Integrations.Restore(ctx, h.alma, i.ID)
		if h.ok(err); back.State != integration.BlockedByAccount || !strings.Contains(back.AccountBlock, "Its last day was") {
			t.Errorf("restored it is %s: %s", back.State, back.AccountBlock)
		}
	})
}

// What nobody confirms is overdue, and is suspended after the grace only where the
// account chose that.
func TestWhatIsInstalledIsConfirmed(t *testing.T) {
	t.Parallel()
	h := one(t)
	i, err := h.install(h.paul, h.pier)
	h.ok(err)
	for _, bad := range []admission.Cycle{{Days: 3}, {Days: -1}, {Days: 30, Suspends: true}, {Days: 30, Grace: 400}} {
		_, err = h.SetCycle(ctx, h.paul, h.pier.ID, bad, 0)
		h.code("a cycle that is none", err, "admission_invalid")
	}
	_, err = h.SetCycle(ctx, h.mia, h.pier.ID, admission.Cycle{Days: 30}, 0)
	h.code("a member", err, "forbidden")
	h.clock.Advance(100 * day)
	_, err = h.SetCycle(ctx, h.paul, h.pier.ID, admission.Cycle{Days: 30, Grace: 10}, 0)
	h.ok(err)
	_, err = h.SetCycle(ctx, h.paul, h.pier.ID, admission.Cycle{Days: 90}, 0)
	h.code("an old revision", err, "admission_changed")
	h.ok(h.Watch(ctx))
	h.told("the administrator", h.paul, "installation.confirm", 1)
	h.clock.Advance(20 * day)
	h.ok(h.Watch(ctx))
	h.told("the administrator, once", h.paul, "installation.confirm", 1)
	got, err := h.Confirmations(ctx, h.mia, h.pier.ID)
	if h.ok(err); len(got.Items) != 1 || !got.Items[0].IsDue || got.Items[0].Application != "Deploybot" || h.now(i).State != integration.Active {
		t.Errorf("overdue it is %+v", got)
	}
	_, err = h.Confirmations(ctx, h.alma, h.pier.ID)
	h.code("a stranger looks", err, "not_found")

	_, err = h.SetCycle(ctx, h.paul, h.pier.ID, admission.Cycle{Days: 30, Grace: 10, Suspends: true}, 1)
	h.ok(err)
	if h.now(i).State != integration.Active {
		t.Error("choosing it suspends at once")
	}
	h.clock.Advance(11 * day)
	h.ok(h.Watch(ctx))
	if now := h.now(i); now.State != integration.BlockedByAccount || !strings.Contains(now.AccountBlock, "Nobody has confirmed") {
		t.Errorf("after the grace it is %s: %s", now.State, now.AccountBlock)
	}
	_, err = h.SetCycle(ctx, h.paul, h.pier.ID, admission.Cycle{Days: 30, Grace: 10, Suspends: true}, 2)
	if h.ok(err); h.now(i).State != integration.BlockedByAccount {
		t.Error("saving the same again lets it go on")
	}
	_, err = h.Confirm(ctx, h.mia, i.ID)
	h.code("a member confirms", err, "forbidden")
	_, err = h.Confirm(ctx, h.alma, i.ID)
	h.code("a stranger confirms", err, "not_found")
	st, err := h.Confirm(ctx, h.paul, i.ID)
	if h.ok(err); st.ConfirmedBy != h.paul.User || h.now(i).State != integration.Active {
		t.Errorf("confirmed it is %+v", h.now(i))
	}
	got, err = h.Confirmations(ctx, h.paul, h.pier.ID)
	if h.ok(err); got.Items[0].IsDue || !got.Items[0].Due.Equal(h.clock.Now().Add(30*day)) {
		t.Errorf("then it is %+v", got.Items[0])
	}
	h.call(h.paul, 200, "POST", "/v1/installations/"+i.ID.String()+"/confirm", "")
	h.call(h.paul, 422, "PUT", "/v1/installations/"+i.ID.String()+"/term", `{"ends":"2020-01-01T00:00:00Z"}`)
	h.call(h.paul, 200, "PUT", "/v1/installations/"+i.ID.String()+"/term", `{}`)
	h.call(h.alma, 404, "GET", "/v1/accounts/"+h.pier.ID.String()+"/confirmations", "")
	h.call(h.paul, 200, "PUT", "/v1/accounts/"+h.pier.ID.String()+"/confirmations", `{"days":0,"grace_days":0,"suspend":false,"revision":3}`)
	_, err = h.Integrations.Remove(ctx, h.paul, i.ID, "")
	h.ok(err)
	_, err = h.Confirm(ctx, h.paul, i.ID)
	h.code("confirming what was removed", err, "installation_removed")
}
