package approval

import (
	"testing"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

// What an answer says, by a package's pointers and patterns.
func TestAnswersAreRead(t *testing.T) {
	t.Parallel()
	words := manifest.DecisionParser{Value: "/status/value", Label: manifest.Some("/status/display"), Approve: "approved", Reject: manifest.Some("declined")}
	numbers := manifest.DecisionParser{Value: "/result/0/state", Approve: "^-1", Reject: manifest.Some("^4")}
	for _, c := range []struct {
		name   string
		parser *manifest.DecisionParser
		body   string
		want   State
		label  string
		err    error
	}{
		{"approved", &words, `{"status":{"value":"approved","display":"Yes"}}`, Approved, "Yes", nil},
		{"declined", &words, `{"status":{"value":"declined"}}`, Declined, "declined", nil},
		{"another word", &words, `{"status":{"value":"waiting","display":""}}`, Pending, "waiting", nil},
		{"a pattern searches", &words, `{"status":{"value":"it was approved today"}}`, Approved, "it was approved today", nil},
		{"both: declined wins", &words, `{"status":{"value":"approved, then declined"}}`, Declined, "approved, then declined", nil},
		{"a number", &numbers, `{"result":[{"state":-1}]}`, Approved, "-1", nil},
		{"a number in words", &numbers, `{"result":[{"state":"4"}]}`, Declined, "4", nil},
		{"another number", &numbers, `{"result":[{"state":1}]}`, Pending, "1", nil},
		{"a truth", &manifest.DecisionParser{Value: "/ok", Approve: "^true$"}, `{"ok":true}`, Approved, "true", nil},
		{"the whole document", &manifest.DecisionParser{Value: "", Approve: "yes"}, `"yes"`, Approved, "yes", nil},
		{"absent", &words, `{"status":"approved"}`, "", "", errNoStatus},
		{"null", &words, `{"status":{"value":null}}`, "", "", errNoStatus},
		{"empty", &words, `{"status":{"value":""}}`, "", "", errNoStatus},
		{"a list", &words, `{"status":{"value":["approved"]}}`, "", "", errNoStatus},
		{"an index that is none", &numbers, `{"result":{"0":{"state":"1"}}}`, Pending, "1", nil},
		{"no parser", nil, `{"status":{"value":"approved"}}`, "", "", errNoStatus},
		{"an empty pattern finds nothing", &manifest.DecisionParser{Value: "/a"}, `{"a":"anything"}`, Pending, "anything", nil},
		{"a pattern of another language", &manifest.DecisionParser{Value: "/a", Approve: "(?<=x)y"}, `{"a":"xy"}`, "", "", errPattern},
		{"a bad pattern that would decline", &manifest.DecisionParser{Value: "/a", Approve: "y", Reject: manifest.Some("(")}, `{"a":"y"}`, "", "", errPattern},
		{"a pointer that is none", &manifest.DecisionParser{Value: "a", Approve: "y"}, `{"a":"y"}`, "", "", errNoStatus},
	} {
		v, err := value.Decode([]byte(c.body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := stands(c.parser, v)
		if got.State != c.want || got.Label != c.label || err != c.err {
			t.Errorf("%s: %+v %v", c.name, got, err)
		}
	}
}

// Only what surely was not taken in is sent again by itself.
func TestWhatMayHaveArrived(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r                        outbound.Result
		again, perhaps, hopeless bool
	}{
		{outbound.Result{Failure: outbound.DNS}, true, false, false}, {outbound.Result{Failure: outbound.Connect}, true, false, false}, {outbound.Result{Failure: outbound.TLS}, true, false, false},
		{outbound.Result{Failure: outbound.Timeout}, false, true, false}, {outbound.Result{Failure: outbound.Broken}, false, true, false}, {outbound.Result{Failure: outbound.Canceled}, false, true, false},
		{outbound.Result{Failure: outbound.BadURL}, false, false, true}, {outbound.Result{Failure: outbound.BadRequest}, false, false, true}, {outbound.Result{Failure: outbound.Refused}, false, false, false},
		{outbound.Result{Status: 429}, true, false, false}, {outbound.Result{Status: 503}, true, false, false}, {outbound.Result{Status: 500}, false, true, false}, {outbound.Result{Status: 302}, false, true, false},
		{outbound.Result{Status: 200, Truncated: true}, false, true, false}, {outbound.Result{Status: 400}, false, false, true}, {outbound.Result{Status: 401}, false, false, false}, {outbound.Result{Status: 409}, false, false, true},
	} {
		if unsent(c.r) != c.again || perhaps(c.r) != c.perhaps || hopeless(c.r) != c.hopeless {
			t.Errorf("%+v: %v %v %v", c.r, unsent(c.r), perhaps(c.r), hopeless(c.r))
		}
	}
}

// The entry that lies closest around a resource counts.
func TestTheNarrowestScopeCounts(t *testing.T) {
	t.Parallel()
	all := []Scope{{Scope: ""}, {Scope: "proj/web"}, {Scope: "proj/web:env/prod"}, {Scope: "proj/web:env/production-2"}}
	for subject, want := range map[string]string{"proj/web:env/prod:flag/x": "proj/web:env/prod", "proj/web:env/production:flag/x": "proj/web", "proj/webshop:flag/x": "", "proj/web": "proj/web"} {
		if got, ok := narrowest(all, subject); !ok || got.Scope != want {
			t.Errorf("%s: %+v", subject, got)
		}
	}
	if _, ok := narrowest(all[1:], "member/x"); ok {
		t.Error("a scope counts for what it does not hold")
	}
}

// The partner's members go by their addresses, however they are written.
func TestMembersAreFound(t *testing.T) {
	t.Parallel()
	v, err := value.Decode([]byte(`{"all":[{"mail":" Ada@Example.com","id":7},{"mail":"no-id@example.com"},{"id":"x"},"y"]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := &manifest.DirectoryParser{List: "/all", Item: &manifest.DirectoryItem{Email: "/mail", ID: "/id"}}
	got, err := members(p, v)
	d := Directory{Members: got}
	if err != nil || len(got) != 1 || d.of("ADA@example.com ") != "7" || d.of("no-id@example.com") != "" || d.of("") != "" {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []*manifest.DirectoryParser{nil, {List: "/all"}, {List: "/none", Item: p.Item}, {List: "all", Item: p.Item}} {
		if _, err := members(bad, v); err != errNoMembers {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
