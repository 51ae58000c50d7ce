package quota

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
)

func TestPlansThatCannotBeEnforced(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for name, l := range map[string]Limit{
		"no calls":             {Calls: 0, Per: day},
		"no period":            {Calls: 1},
		"too short":            {Calls: 1, Per: time.Millisecond},
		"long in memory":       {Calls: 1, Per: 2 * time.Hour, Shape: ShapeRolling},
		"rolling that delays":  {Calls: 1, Per: time.Minute, Shape: ShapeRolling, Mode: ModeDelay},
		"unknown scope":        {Calls: 1, Per: day, Scope: "planet"},
		"unknown mode":         {Calls: 1, Per: day, Mode: "ask"},
		"unknown shape":        {Calls: 1, Per: day, Shape: "round"},
		"name breaks a header": {Calls: 1, Per: day, Name: `a";q=1`},
		"soft burst":           {Calls: 1, Per: time.Minute, Soft: 1},
		"long wait":            {Calls: 1, Per: day, Mode: ModeDelay, MaxWait: time.Hour},
		"reserved name":        {Calls: 1, Per: day, Name: SitesLimit},
	} {
		if _, err := (Plan{Name: "p", Limits: []Limit{l}}).Ready(); problem.CodeOf(err) != "plan_invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := Plan{Name: "p", Limits: []Limit{{Calls: 1, Per: day}, {Calls: 2, Per: day}}}
	if _, err := twice.Ready(); problem.CodeOf(err) != "plan_invalid" {
		t.Errorf("one name twice: %v", err)
	}
}

func TestFromCatalog(t *testing.T) {
	t.Parallel()
	plans := FromCatalog(map[string]catalog.Plan{"development": catalog.Development(), "big": {Sites: 9, Limits: []catalog.Limit{
		{Calls: 200_000, Per: catalog.Period(24 * time.Hour), Scope: "account"}, {Calls: 5, Per: catalog.Period(time.Second)},
		{Calls: 100, Per: catalog.Period(10 * time.Second), Mode: "delay"}, {Calls: 100, Per: catalog.Period(10 * time.Second), Scope: "account"},
	}}})
	var got []string
	for _, p := range plans {
		p, err := p.Ready()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(p.Name, " ", p.Sites))
		for _, l := range p.Limits {
			got = append(got, fmt.Sprintf("%s %d/%d %s %s %s", l.Name, l.Calls, l.Window(), l.Scope, l.Mode, l.Shape))
		}
	}
	want := "[big 9 burst-1s 5/1 group reject rolling burst-10s 100/10 group delay gcra account-burst 100/10 account reject rolling" +
		" account-day 200000/86400 account reject fixed development 6 burst 100/10 group reject rolling day 10000/86400 group reject fixed]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestFromCatalogKeepsLevelsMonthsAndPace(t *testing.T) {
	t.Parallel()
	plans := FromCatalog(map[string]catalog.Plan{"p": {Limits: []catalog.Limit{
		{Calls: 500, Per: catalog.Month, Soft: 250, Contract: 510, Mode: "delay", Pace: catalog.Duration(2 * time.Second), MaxWait: catalog.Duration(10 * time.Second)},
		{Calls: 9, Per: catalog.Month, Scope: "key"}, {Calls: 5, Per: catalog.Period(5 * time.Minute), Soft: 2, Contract: 3},
	}}})
	p, err := plans[0].Ready()
	if err != nil {
		t.Fatal(err)
	}
	want := []Limit{
		{Name: "300s", Calls: 5, Per: 5 * time.Minute, Scope: ScopeGroup, Mode: ModeReject, Shape: ShapeFixed, Soft: 2, Contract: 3, Pace: time.Second, MaxWait: 5 * time.Second},
		{Name: "month", Calls: 500, Scope: ScopeGroup, Mode: ModeDelay, Shape: ShapeMonth, Soft: 250, Contract: 510, Pace: 2 * time.Second, MaxWait: 10 * time.Second},
		{Name: "key-month", Calls: 9, Scope: ScopeKey, Mode: ModeReject, Shape: ShapeMonth, Pace: time.Second, MaxWait: 5 * time.Second},
	}
	want[0].Name = p.Limits[0].Name
	if !slices.Equal(p.Limits, want) {
		t.Errorf("got  %+v\nwant %+v", p.Limits, want)
	}
}

func TestEffectiveLimitsOverTime(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	base := Plan{Name: "development", Sites: 6, Limits: []Limit{{Name: "day", Calls: 10}}}
	plans := map[string]Plan{"development": base, "gold": {Name: "gold", Sites: 60, Limits: []Limit{{Name: "day", Calls: 100}}}}
	as := []Assignment{{Plan: "gold", Starts: at(10), Ends: at(20)}, {Plan: "development", Starts: at(12), Ends: at(14)}, {Plan: "gone", Starts: at(15)}}
	os := []Override{{Limit: "day", Value: 50, Starts: at(5), Ends: at(11)}, {Limit: "day", Value: 70, Starts: at(8)}, {Limit: SitesLimit, Value: 1, Starts: at(13)}}
	for h, want := range map[int]string{
		0: "development default 6 10 until 5", 5: "development default 6 50 until 8", 9: "development default 6 70 until 10", 10: "gold plan 60 70 until 11",
		12: "development plan 6 70 until 13", 13: "development plan 1 70 until 14", 16: "gold plan 1 70 until 20", 21: "development default 1 70 until 0",
	} {
		e := effective(plans, base, as, os, at(h))
		until := 0
		if !e.Until.IsZero() {
			until = int(e.Until.Sub(start) / time.Hour)
		}
		if got := fmt.Sprint(e.Plan.Name, " ", e.Source, " ", e.Plan.Sites, " ", e.Plan.Limits[0].Calls, " until ", until); got != want {
			t.Errorf("hour %d: %s, want %s", h, got, want)
		}
	}
	if base.Limits[0].Calls != 10 {
		t.Error("an override changed the plan itself")
	}
}
