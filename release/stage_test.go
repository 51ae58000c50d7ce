package release

import (
	"fmt"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

func TestStageHolds(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	id := ident.New[Version](now)
	own, one, other := Place{Account: "acc_own", Own: true}, Place{Account: "acc_one"}, Place{Account: "acc_other"}
	for _, tc := range []struct {
		stage           Stage
		own, one, other bool
	}{
		{Stage{Reach: ReachOwn}, true, false, false},
		{Stage{Reach: ReachChosen, Accounts: []string{"acc_one"}}, true, true, false},
		{Stage{Reach: ReachPercent, Accounts: []string{"acc_one"}, Percent: 0}, true, true, false},
		{Stage{Reach: ReachAll}, true, true, true},
	} {
		if tc.stage.Holds(id, own) != tc.own || tc.stage.Holds(id, one) != tc.one || tc.stage.Holds(id, other) != tc.other {
			t.Errorf("%+v", tc.stage)
		}
	}
	// A percentage is a stable part that grows without losing anybody, and another part
	// for another version.
	later := ident.New[Version](now.Add(time.Hour))
	in, moved := 0, 0
	for n := range 2000 {
		p := Place{Account: fmt.Sprint("acc_", n)}
		at10, at30 := Stage{Reach: ReachPercent, Percent: 10}.Holds(id, p), Stage{Reach: ReachPercent, Percent: 30}.Holds(id, p)
		if at10 {
			in++
		}
		if at10 && !at30 {
			t.Fatalf("%s fell out", p.Account)
		}
		if at10 != (Stage{Reach: ReachPercent, Percent: 10}).Holds(later, p) {
			moved++
		}
	}
	if in < 150 || in > 250 || moved < 200 {
		t.Errorf("10 %% of 2000 are %d, and another version has %d others", in, moved)
	}
}

func TestStageCheck(t *testing.T) {
	t.Parallel()
	many := make([]string, account.NamedMost+1)
	for i := range many {
		many[i] = "acc"
	}
	for _, tc := range []struct {
		stage Stage
		want  string
	}{
		{Stage{Reach: ReachOwn}, ""}, {Stage{Reach: ReachAll}, ""}, {Stage{Reach: ReachChosen, Accounts: []string{"a"}}, ""}, {Stage{Reach: ReachPercent, Percent: 5}, ""},
		{Stage{}, "/reach"}, {Stage{Reach: "some"}, "/reach"}, {Stage{Reach: ReachChosen}, "/accounts"}, {Stage{Reach: ReachPercent}, "/percent"},
		{Stage{Reach: ReachPercent, Percent: 100}, "/percent"}, {Stage{Reach: ReachChosen, Accounts: many}, "/accounts"}, {Stage{Reach: ReachChosen, Accounts: []string{" "}}, "/accounts"},
	} {
		got := ""
		if f := tc.stage.Check(); len(f) > 0 {
			got = f[0].Pointer
		}
		if got != tc.want {
			t.Errorf("%+v: %q", tc.stage, got)
		}
	}
}

// Every state of a version, and what can be done in it.
func TestH26_StatesAndWhatLeadsOutOfThem(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	ends := Deprecation{Ends: now.Add(DeprecationLeast), Text: "Take 2.0.0."}
	moves := []struct {
		name string
		do   func(*Version) error
		in   map[State]State // where it leads from each state in which it can be done
	}{
		{"submit", func(v *Version) error { return v.submit(now, "ada", Everybody) }, map[State]State{Draft: Submitted, Disapproved: Submitted}},
		{"withdraw", (*Version).withdraw, map[State]State{Submitted: Draft, InReview: Draft}},
		{"take", func(v *Version) error { return v.take("op") }, map[State]State{Submitted: InReview}},
		{"approve", func(v *Version) error { return v.decide(now, Verdict{Approve: true}, "op") }, map[State]State{Submitted: Live, InReview: Live}},
		{"disapprove", func(v *Version) error { return v.decide(now, Verdict{Reason: "Too much."}, "op") }, map[State]State{Submitted: Disapproved, InReview: Disapproved}},
		{"stage", func(v *Version) error { return v.setStage(Everybody) }, map[State]State{Live: Live}},
		{"pause", func(v *Version) error { return v.pause(now, "Errors.") }, map[State]State{Live: Live}},
		{"deprecate", func(v *Version) error { return v.deprecate(now, ends) }, map[State]State{Live: Deprecated, Deprecated: Deprecated}},
		{"roll back", func(v *Version) error { return v.rollBack(now, "Errors.") }, map[State]State{Live: Retired, Deprecated: Retired}},
	}
	for _, m := range moves {
		for _, from := range []State{Draft, Submitted, InReview, Disapproved, Live, Deprecated, Retired} {
			v := Version{State: from}
			err := m.do(&v)
			want, can := m.in[from]
			if !can {
				want = from
			}
			if (err == nil) != can || v.State != want {
				t.Errorf("%s in %s: %s, %v", m.name, from, v.State, err)
			}
		}
	}
	v := Version{State: Live}
	for name, err := range map[string]error{"version_not_paused": v.resume(), "reason_required": v.pause(now, " "), "deprecation_too_soon": v.deprecate(now, Deprecation{Ends: ends.Ends.Add(-time.Second), Text: "x"})} {
		if problem.CodeOf(err) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if problem.CodeOf(v.deprecate(now, Deprecation{Ends: ends.Ends})) != "reason_required" || v.rollBack(now, "") == nil || v.pause(now, "Errors.") != nil || v.pause(now, "Errors.") == nil {
		t.Error("reasons, and pausing twice")
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	all := []Version{{ID: ident.New[Version](now), Number: "1.0.0", State: Live, Released: now}, {ID: ident.New[Version](now), Number: "1.1.0", State: Deprecated, Released: now},
		{ID: ident.New[Version](now), Number: "0.9.0", State: Retired, Released: now}, {ID: ident.New[Version](now), Number: "2.0.0", State: Draft}, {ID: ident.New[Version](now), Number: "2.1.0", State: Retired}}
	l := Limits{Drafts: 2, Lines: 2}
	if l.drafts(all) != nil || problem.CodeOf(Limits{Drafts: 1}.drafts(all)) != "version_drafts_exceeded" || (Limits{}).drafts(all) != nil {
		t.Error("drafts")
	}
	if problem.CodeOf(l.lines(all, all[3])) != "version_live_exceeded" || l.lines(all, Version{Number: "1.1.7"}) != nil || (Limits{}).lines(all, all[3]) != nil {
		t.Error("lines")
	}
}
