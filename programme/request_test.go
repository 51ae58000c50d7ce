package programme_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

var ask = programme.Ask{Purpose: "Puts a sudoku into every course.", Operations: "Lists members at night.", Sites: 40, Calls: 200_000, Contact: "team@acme.example"}

// Row A3: the rules for names hold when a group is founded, and a hint says so
// while it is typed.
func TestA3_NamesAreCheckedLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	h.has(h.call(h.ada, 422, "POST", "/v1/groups", object{"name": "Acme - Sudoku -test"}), `"group_name_invalid"`, `"forbidden_word"`)
	h.has(h.call(h.ada, 200, "GET", "/v1/group-name?name=Acme+-+Sudoku+-test", nil), `"allowed":false`, `"forbidden_word"`)
	h.has(h.call(h.ada, 200, "GET", "/v1/group-name?name=Acme+-+Sudoku", nil), `"allowed":true`, `"errors":[]`)
}

// Row A4: a group asks, the operator grants with numbers, and the limits hold at
// once; at the end the limits of before hold again.
func TestA4_ProductionIsAskedForAndGranted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		at, limits := "/v1/groups/"+h.group+"/production", "/v1/groups/"+h.group+"/limits"
		meter, err := h.Quota.Ready(ctx, quota.Holder{Group: h.group})
		must(t, err)
		h.Usage.Recorder.Record(h.clock.Now(), usage.Key{Group: h.group, Outcome: usage.OK}, 90)
		h.Usage.Recorder.Record(h.clock.Now(), usage.Key{Group: h.group, Outcome: usage.RateLimited}, 3)

		h.has(h.call(h.ada, 422, "POST", at, object{"purpose": "", "operations": "x", "expected_sites": 0, "expected_calls_per_day": 1, "contact": "x"}),
			"programme_invalid", `"/purpose"`, `"/expected_sites"`, `"/contact"`)
		h.has(h.call(h.ada, 201, "POST", at, ask), `"state":"pending"`, `"due":"2026-03-07T10:00:00Z"`)
		h.has(h.call(h.ada, 409, "POST", at, ask), "production_open")
		h.has(h.call(h.ada, 200, "GET", at, nil), `"busiest_day":93`, `"calls_per_day":4`, `"rate_limited":3`, `"sites_limit":6`, `"naming":[]`)
		h.has(h.call(operator, 200, "GET", "/v1/production-requests", nil), `"name":"Acme - Sudoku"`, `"overdue":false`)
		h.has(h.inbox(operator), "Acme - Sudoku asks for production settings")

		decision := object{"plan": "production", "limits": object{"day": 300_000}, "reason": "A partner's launch.", "ends": "2026-04-02T10:00:00Z", "revision": 1}
		h.call(h.ada, 403, "POST", at+"/grant", decision)
		own := operator
		own.User = h.ada.User
		h.has(h.call(own, 403, "POST", at+"/grant", decision), "production_conflicted")
		other := access.UserPrincipal("usr_x", map[string]string{"grp_x": access.GroupOwner}, nil)
		h.call(other, 404, "GET", at, nil)
		h.call(other, 404, "POST", at, ask)
		wrong := object{"limits": object{"week": 1}, "reason": "x", "revision": 1}
		h.has(h.call(operator, 422, "POST", at+"/grant", wrong), `"/limits/week"`)
		h.has(h.call(operator, 409, "POST", at+"/grant", object{"plan": "production", "reason": "x", "revision": 9}), "production_changed")
		h.has(h.call(operator, 422, "POST", at+"/grant", object{"plan": "gold", "reason": "x", "revision": 1}), "plan_unknown")
		h.has(h.call(operator, 422, "POST", at+"/grant", object{"reason": "x", "revision": 1}), `"/plan"`)
		h.has(h.call(operator, 422, "POST", at+"/grant", object{"plan": "production", "reason": " ", "revision": 1}), `"/reason"`)
		h.has(h.call(h.ada, 200, "GET", limits, nil), `"value":6,`)

		h.has(h.call(operator, 200, "POST", at+"/grant", decision), `"state":"granted"`)
		h.has(h.call(h.ada, 200, "GET", limits, nil), `"plan":"production"`, `"value":50,`, `"value":300000,`, `"source":"grant"`)
		must(t, h.Quota.Flush(ctx)) // what Run does when it hears of the change
		if d := meter.Spend(ctx, h.clock.Now(), 20_000); !d.Allowed {
			t.Errorf("the gateway still refuses what was granted: %+v", d)
		}
		h.has(h.inbox(h.ada), "Acme - Sudoku has production settings")
		h.has(h.call(h.ada, 409, "POST", at+"/withdraw", nil), "production_not_open")
		for _, want := range []string{"production.request", "production.grant", "group.assign_plan", "group.grant_limit"} {
			if !slices.Contains(h.actions(), want) {
				t.Errorf("the history lacks %s: %v", want, h.actions())
			}
		}

		h.clock.Advance(18 * 24 * time.Hour)
		must(t, h.Tend(ctx))
		must(t, h.Tend(ctx))
		if n := strings.Count(h.inbox(h.ada), "end on 2 April 2026"); n != 1 {
			t.Errorf("told %d times of the end: %s", n, h.inbox(h.ada))
		}
		h.clock.Advance(13 * 24 * time.Hour)
		must(t, h.Tend(ctx))
		h.has(h.call(h.ada, 200, "GET", at, nil), `"state":"ended"`)
		h.has(h.call(h.ada, 200, "GET", limits, nil), `"value":6,`, `"value":10000,`)
		h.has(h.inbox(h.ada), "have ended")
		if got := h.actions(); got[len(got)-1] != "production.end" {
			t.Errorf("the end is not in the history: %v", got)
		}
	})
}

// A request is asked back, answered, refused; another is withdrawn. The clock of
// the operator rests while they wait for an answer.
func TestA4_QuestionsAndRefusals(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		_, err := h.Answer(ctx, h.ada, h.group, "x")
		h.code("nothing is there", err, "production_not_open")
		_, err = h.Submit(ctx, h.ada, h.group, ask)
		h.code("submit", err, "")
		_, err = h.Answer(ctx, h.ada, h.group, "x")
		h.code("nothing was asked", err, "production_not_asked")
		_, err = h.Question(ctx, operator, h.group, " ")
		h.code("an empty question", err, "programme_invalid")
		_, err = h.Question(ctx, h.ada, h.group, "Why?")
		h.code("the developers ask themselves", err, "forbidden")
		_, err = h.Question(ctx, operator, h.group, "Why at night?")
		h.code("ask back", err, "")
		h.has(h.inbox(h.ada), "A question about your production settings")
		h.clock.Advance(30 * 24 * time.Hour)
		must(t, h.Tend(ctx))
		if strings.Contains(h.inbox(operator), "overdue") {
			t.Error("the clock runs while the developers are asked")
		}
		r, err := h.Answer(ctx, h.ada, h.group, "The product is quiet then.")
		h.code("answer", err, "")
		if r.State != programme.Pending || !r.Due.Equal(h.clock.Now().Add(programme.WithinDefault)) || len(r.Turns) != 2 {
			t.Errorf("after the answer: %+v", r)
		}
		h.clock.Advance(6 * 24 * time.Hour)
		must(t, h.Tend(ctx))
		must(t, h.Tend(ctx))
		if n := strings.Count(h.inbox(operator), "overdue"); n != 1 {
			t.Errorf("reminded %d times", n)
		}
		q, err := h.Queue(ctx, operator)
		if err != nil || len(q) != 1 || !q[0].Overdue {
			t.Errorf("the queue: %v %v", q, err)
		}
		_, err = h.Refuse(ctx, operator, h.group, "")
		h.code("without a reason", err, "programme_invalid")
		_, err = h.Refuse(ctx, operator, h.group, "Cache the members first.")
		h.code("refuse", err, "")
		h.has(h.inbox(h.ada), "gets no production settings")
		_, err = h.Submit(ctx, h.ada, h.group, ask)
		h.code("again", err, "")
		_, err = h.Withdraw(ctx, h.ada, h.group)
		h.code("withdraw", err, "")
		s, err := h.Standing(ctx, h.ada, h.group)
		if err != nil || len(s.Requests) != 2 || s.Requests[0].State != programme.Withdrawn || s.Requests[1].Reason != "Cache the members first." {
			t.Errorf("the history: %+v %v", s.Requests, err)
		}
		_, err = h.Queue(ctx, h.ada)
		h.code("a developer looks at the queue", err, "not_found")
	})
}

// A later grant without an end takes the place of all earlier ones, also of
// values that it does not name; personal groups and names that break a rule get
// nothing.
func TestA4_WhatWasDecidedIsWhatHolds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	give := func(d programme.Decision) {
		t.Helper()
		r, err := h.Submit(ctx, h.ada, h.group, ask)
		h.code("submit", err, "")
		d.Reason, d.Revision = "Agreed.", r.Revision
		_, err = h.Grant(ctx, operator, h.group, d)
		h.code("grant", err, "")
		h.clock.Advance(time.Minute)
	}
	value := func(limit string) int64 {
		t.Helper()
		l, err := h.Quota.Limits(ctx, h.ada, h.group)
		must(t, err)
		for _, one := range l.Limits {
			if one.Name == limit {
				return one.Value
			}
		}
		return -1
	}
	give(programme.Decision{Limits: map[string]int64{"day": 20_000, "sites": 10}})
	if value("day") != 20_000 || value("sites") != 10 {
		t.Errorf("values: %d %d", value("day"), value("sites"))
	}
	give(programme.Decision{Plan: "production"})
	if value("day") != 500_000 || value("sites") != 50 {
		t.Errorf("the plan does not hold: %d %d", value("day"), value("sites"))
	}
	s, err := h.Standing(ctx, h.ada, h.group)
	if err != nil || s.Requests[0].State != programme.Granted || s.Requests[1].State != programme.Ended {
		t.Errorf("the history: %+v %v", s.Requests, err)
	}
	must(t, h.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "UPDATE group_group SET name = 'Acme Test' WHERE id = ?", h.group)
		return err
	}))
	_, err = h.Submit(ctx, h.ada, h.group, ask)
	h.code("a name that breaks the rules", err, "group_name_invalid")
	must(t, h.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "UPDATE group_group SET personal = 1 WHERE id = ?", h.group)
		return err
	}))
	_, err = h.Submit(ctx, h.ada, h.group, ask)
	h.code("a person's own group", err, "production_personal")
}
