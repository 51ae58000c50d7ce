package authorization

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

var at = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func TestRequestIsDecidedOnce(t *testing.T) {
	t.Parallel()
	yes := Decision{Approve: true, Account: "acc_1", Scopes: []string{"flags.read"}, Authenticated: at}
	for name, tc := range map[string]struct {
		was   State
		late  time.Duration
		d     Decision
		code  string
		state State
	}{
		"approved":                   {Pending, 0, yes, "", Approved},
		"denied":                     {Pending, 0, Decision{}, "", Denied},
		"too late":                   {Pending, time.Hour, yes, "authorization_expired", Pending},
		"twice":                      {Approved, 0, yes, "authorization_decided", Approved},
		"after a denial":             {Denied, 0, yes, "authorization_decided", Denied},
		"pushed, never in a browser": {Pushed, 0, yes, "not_found", Pushed},
		"more than was asked":        {Pending, 0, Decision{Approve: true, Scopes: []string{"flags.write"}}, "scope_not_asked", Pending},
	} {
		r := Request{State: tc.was, Params: Params{Scopes: []string{"flags.read"}}, Expires: at.Add(time.Minute)}
		if err := r.decide(at.Add(tc.late), "usr_1", tc.d); problem.CodeOf(err) != tc.code || r.State != tc.state {
			t.Errorf("%s: %v, %s", name, err, r.State)
		}
	}
}

func TestCodeIsRedeemedOnceByItsClient(t *testing.T) {
	t.Parallel()
	good := Redemption{Application: "app_1", RedirectURI: "https://a/cb", Verifier: verifier, Begun: at, Answered: at}
	with := func(change func(*Redemption)) Redemption {
		r := good
		change(&r)
		return r
	}
	for name, tc := range map[string]struct {
		was    CodeState
		r      Redemption
		now    time.Time
		code   string
		reused bool
		state  CodeState
	}{
		"good":                          {CodeIssued, good, at, "", false, CodeRedeemed},
		"O-11 a second time":            {CodeRedeemed, good, at, "invalid_grant", true, CodeReused},
		"O-11 half a minute later":      {CodeRedeemed, with(func(r *Redemption) { r.Begun = at.Add(30 * time.Second) }), at.Add(30 * time.Second), "invalid_grant", true, CodeReused},
		"a third time":                  {CodeReused, good, at, "invalid_grant", false, CodeReused},
		"O-13 under way meanwhile":      {CodeRedeemed, with(func(r *Redemption) { r.Begun = at.Add(-time.Millisecond) }), at, "invalid_grant", false, CodeRedeemed},
		"O-15 another redirect":         {CodeIssued, with(func(r *Redemption) { r.RedirectURI = "https://a/cb/" }), at, "invalid_grant", false, CodeIssued},
		"O-15 no redirect":              {CodeIssued, with(func(r *Redemption) { r.RedirectURI = "" }), at, "invalid_grant", false, CodeIssued},
		"O-21 expired":                  {CodeIssued, good, at.Add(time.Minute), "invalid_grant", false, CodeIssued},
		"another client":                {CodeIssued, with(func(r *Redemption) { r.Application = "app_2" }), at, "invalid_grant", false, CodeIssued},
		"another client, after use":     {CodeRedeemed, with(func(r *Redemption) { r.Application = "app_2" }), at, "invalid_grant", false, CodeRedeemed},
		"wrong verifier":                {CodeIssued, with(func(r *Redemption) { r.Verifier = strings.Repeat("a", 43) }), at, "invalid_grant", false, CodeIssued},
		"no verifier":                   {CodeIssued, with(func(r *Redemption) { r.Verifier = "" }), at, "invalid_grant", false, CodeIssued},
		"short verifier":                {CodeIssued, with(func(r *Redemption) { r.Verifier = verifier[:42] }), at, "invalid_grant", false, CodeIssued},
		"the challenge as the verifier": {CodeIssued, with(func(r *Redemption) { r.Verifier = challenge }), at, "invalid_grant", false, CodeIssued},
	} {
		c := Code{Application: "app_1", Params: Params{Challenge: challenge, RedirectURI: "https://a/cb", RedirectGiven: true}, State: tc.was,
			Expires: at.Add(time.Minute), Redeemed: at}
		reused, err := c.redeem(tc.now, tc.r)
		if problem.CodeOf(err) != tc.code || reused != tc.reused || c.State != tc.state {
			t.Errorf("%s: %v reused=%v %s", name, err, reused, c.State)
		}
	}
	// O-17: a verifier for a code without a challenge (RFC 9700 section 4.8.2).
	c := Code{Application: "app_1", State: CodeIssued, Expires: at.Add(time.Minute)}
	if _, err := c.redeem(at, Redemption{Application: "app_1", Verifier: verifier}); problem.CodeOf(err) != "invalid_grant" {
		t.Errorf("O-17: %v", err)
	}
	bound := Code{Application: "app_1", State: CodeIssued, Expires: at.Add(time.Minute), Params: Params{Confirmation: "k1"}}
	if _, err := bound.redeem(at, Redemption{Application: "app_1", Confirmation: "k2"}); problem.CodeOf(err) != "invalid_grant" {
		t.Errorf("another key: %v", err)
	}
}

func TestFamilyServesItsClient(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		f            Family
		application  string
		confirmation string
		ok           bool
	}{
		"its own":                            {Family{State: FamilyLive}, "app_1", "", true},
		"another client's":                   {Family{State: FamilyLive}, "app_2", "", false},
		"ended":                              {Family{State: FamilyEnded}, "app_1", "", false},
		"public client, same key":            {Family{State: FamilyLive, Public: true, Confirmation: "k1"}, "app_1", "k1", true},
		"public client, other key":           {Family{State: FamilyLive, Public: true, Confirmation: "k1"}, "app_1", "k2", false},
		"public client, no proof":            {Family{State: FamilyLive, Public: true, Confirmation: "k1"}, "app_1", "", false},
		"confidential client, another key":   {Family{State: FamilyLive, Confirmation: "k1"}, "app_1", "k2", true},
		"confidential client, without proof": {Family{State: FamilyLive, Confirmation: "k1"}, "app_1", "", false},
	} {
		tc.f.Application, tc.f.Expires = "app_1", at.Add(time.Minute)
		if err := tc.f.usable(at, tc.application, tc.confirmation); (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err := tc.f.usable(tc.f.Expires, tc.application, tc.confirmation); err == nil {
			t.Errorf("%s, too late: passes", name)
		}
	}
}

// H19.
func TestUseOfAnExchangedRefreshToken(t *testing.T) {
	t.Parallel()
	used := rotation{Successor: "sealed", Used: at, Until: at.Add(30 * time.Second)}
	none := rotation{Used: at, Until: at}
	for name, tc := range map[string]struct {
		r            rotation
		now, begun   time.Time
		same, reused bool
	}{
		"within the grace time":             {used, at.Add(29 * time.Second), at.Add(29 * time.Second), true, false},
		"after it":                          {used, at.Add(30 * time.Second), at.Add(30 * time.Second), false, true},
		"five minutes later":                {used, at.Add(5 * time.Minute), at.Add(5 * time.Minute), false, true},
		"without grace, later":              {none, at.Add(time.Millisecond), at.Add(time.Millisecond), false, true},
		"O-23 without grace, under way":     {none, at.Add(time.Millisecond), at.Add(-time.Millisecond), false, false},
		"without grace, begun when unknown": {none, at, time.Time{}, false, true},
	} {
		if same, reused := tc.r.again(tc.now, tc.begun); same != tc.same || reused != tc.reused {
			t.Errorf("%s: same=%v reused=%v", name, same, reused)
		}
	}
}

func TestScopesNarrowOnly(t *testing.T) {
	t.Parallel()
	have, granted := []string{"a", "b", "c"}, []string{"a", "b", "d"}
	for name, tc := range map[string]struct {
		want, got []string
		code      string
	}{
		"all that is left (O-25)": {nil, []string{"a", "b"}, ""},
		"fewer":                   {[]string{"b"}, []string{"b"}, ""},
		"gone meanwhile":          {[]string{"c"}, []string{}, ""},
		"more (O-43)":             {[]string{"a", "d"}, nil, "invalid_scope"},
	} {
		got, err := narrowed(have, granted, tc.want)
		if problem.CodeOf(err) != tc.code || !slices.Equal(got, tc.got) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

// A duplicate that arrived before the first was answered is no replay, however
// long the first took.
func TestFlightsKnowWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	var f flights
	d := secret.Digest{1}
	if got := f.answered(d, at); !got.Equal(at) {
		t.Errorf("used elsewhere: %s", got)
	}
	f.enter(d, at)
	if got := f.answered(d, at); !got.Equal(at) {
		t.Errorf("alone: %s", got)
	}
	f.enter(d, at)
	if got := f.answered(d, at); !got.After(at) {
		t.Errorf("the first is under way: %s", got)
	}
	f.leave(d, at.Add(second), true)
	if got := f.answered(d, at); !got.Equal(at.Add(second)) {
		t.Errorf("the first was answered: %s", got)
	}
	f.leave(d, at.Add(2*second), false)
	f.enter(d, at.Add(3*second))
	if got := f.answered(d, at); !got.Equal(at.Add(second)) {
		t.Errorf("later: %s", got)
	}
}

const second = time.Second
