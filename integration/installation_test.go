package integration

import (
	"testing"
	"time"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
)

// TestTheStrongestStateShows sets every combination of what can hold at once.
func TestTheStrongestStateShows(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		i     Installation
		want  State
		grant grant.State
		code  string
	}{
		{"nothing holds", Installation{Available: true}, Active, grant.Active, ""},
		{"provisioned", Installation{Available: true, Provisioned: ProvisionDone}, Active, grant.Active, ""},
		{"not yet provisioned", Installation{Available: true, Provisioned: ProvisionPending}, Pending, grant.Suspended, "installation_pending"},
		{"failed", Installation{Available: true, Provisioned: ProvisionFailed}, Failed, grant.Suspended, "installation_failed"},
		{"failed and off", Installation{Provisioned: ProvisionFailed}, Unavailable, grant.Suspended, "installation_unavailable"},
		{"off", Installation{Provisioned: ProvisionPending}, Unavailable, grant.Suspended, "installation_unavailable"},
		{"withheld", Installation{DeveloperBlock: "x"}, BlockedByDeveloper, grant.Suspended, "installation_blocked"},
		{"stopped", Installation{DeveloperBlock: "x", OperatorBlock: "y"}, BlockedByOperator, grant.Suspended, "installation_blocked"},
		{"removed", Installation{DeveloperBlock: "x", OperatorBlock: "y", RemovedAt: time.Unix(1, 0)}, Removed, grant.Ended, "removed"},
	} {
		tc.i.settle()
		state, code := tc.i.GrantState()
		if tc.i.State != tc.want || state != tc.grant || code != tc.code {
			t.Errorf("%s: %s, %s %s", tc.name, tc.i.State, state, code)
		}
	}
}

func TestNothingChangesARemovedOne(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	for name, change := range map[string]func(*Installation) error{
		"switch":  func(i *Installation) error { return i.SetAvailable(now, true, "", time.Time{}) },
		"block":   func(i *Installation) error { return i.Block(true, "x") },
		"unblock": func(i *Installation) error { return i.Unblock(true) },
		"remove":  func(i *Installation) error { return i.Remove(now, "x") },
		"retry":   func(i *Installation) error { return i.Retry() },
	} {
		i := Installation{Available: true}
		if err := i.Remove(now, "x"); err != nil {
			t.Fatal(err)
		}
		before := i.State
		if err := change(&i); problem.CodeOf(err) != "installation_removed" || i.State != before {
			t.Errorf("%s: %v %s", name, err, i.State)
		}
	}
}

func TestAllowing(t *testing.T) {
	t.Parallel()
	many := make([]string, 0, 450)
	for n := range 450 {
		many = append(many, "thing:"+string(rune('a'+n/26%26))+string(rune('a'+n%26)))
	}
	p := allowing(many)
	if len(p) != 3 || len(p.Check("")) != 0 {
		t.Errorf("%d statements, %v", len(p), p.Check(""))
	}
	if got := allowing(nil); got == nil || len(got) != 0 {
		t.Errorf("nothing: %v", got)
	}
	if got := allowing([]string{"b", "a", "b"}); len(got) != 1 || len(got[0].Actions) != 2 {
		t.Errorf("doubles: %v", got)
	}
}
