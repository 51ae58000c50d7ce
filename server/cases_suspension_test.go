package server_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/suspension"
)

// stopped is a house with an application in two accounts of customers and in a
// sandbox of its own group.
type stopped struct {
	*servertest.House
	t             *testing.T
	clock         *storetest.Clock
	dev, operator access.Principal
	team          group.Group
	app           application.Application
	key           application.IssuedKey
	admins        []access.Principal
	accounts      []account.Account // the last one is the sandbox
	tokens        []string
}

func newStopped(t *testing.T) *stopped {
	t.Helper()
	clock := storetest.NewClock()
	s := &stopped{House: servertest.Start(t, servertest.Options{Clock: clock}), t: t, clock: clock}
	s.dev, s.team = s.Developer("dev@deploybot.example")
	s.operator = access.Operator(s.Person("olga@pennant.example"))
	s.must(s.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_user SET operator = 1 WHERE id = ?", s.operator.User)
		return err
	}))
	s.app, s.key = s.Release(s.dev, s.team, "flags.read")
	for _, key := range []string{pennant.HarbourBooks, "lakeside", "own-sandbox"} {
		admin, acc := s.Customer(key, account.Production)
		if key == "own-sandbox" {
			var err error
			acc, err = s.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: key, Name: key, Kind: account.Sandbox, Group: s.team.ID.String()})
			s.must(err)
		}
		s.Install(admin, acc, s.app)
		s.admins, s.accounts = append(s.admins, admin), append(s.accounts, acc)
		s.tokens = append(s.tokens, s.Token(s.key, acc.Key))
	}
	return s
}

func (s *stopped) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// refused asks in every account, and gives the codes of refusals; "" where the call
// reached the product.
func (s *stopped) refused() []string {
	s.t.Helper()
	var out []string
	for i, raw := range s.tokens {
		a := s.House.Call(raw, http.MethodGet, "/api/v1/accounts/"+s.accounts[i].Key+"/projects/web-shop/flags", nil)
		code := a.Code()
		if !strings.HasSuffix(code, "_suspended") {
			code = "" // the product answered, whatever it thinks of the test's clock
		}
		out = append(out, code)
	}
	return out
}

func (s *stopped) begin(t suspension.Target) suspension.Suspension {
	s.t.Helper()
	one, err := s.Suspensions.Begin(s.t.Context(), s.operator, suspension.Order{Target: t, Reason: "It copied contacts.", Message: "We stopped Deploybot."})
	s.must(err)
	return one
}

// heard lists the subjects of the notices of an administrator.
func (s *stopped) heard(by access.Principal, kind string) []string {
	s.t.Helper()
	in, err := s.Notices.List(s.t.Context(), by, notice.Query{Limit: 50})
	s.must(err)
	var out []string
	for _, n := range in.Items {
		if n.Kind == kind {
			out = append(out, n.Subject)
		}
	}
	slices.Sort(out)
	return out
}

// hears waits until an inbox has exactly these subjects: the house tells people in
// the background.
func (s *stopped) hears(what string, by access.Principal, kind string, want []string) {
	s.t.Helper()
	var got []string
	if !eventually(s.t, 20*time.Second, func() bool { got = s.heard(by, kind); return slices.Equal(got, want) }) {
		s.t.Errorf("%s: %q, not %q", what, got, want)
	}
}

func (s *stopped) same(what string, got, want []string) {
	s.t.Helper()
	if !slices.Equal(got, want) {
		s.t.Errorf("%s: %q, not %q", what, got, want)
	}
}

func TestA39_ASuspendedApplicationIsRefusedAndComesBackInSteps(t *testing.T) {
	t.Parallel()
	s := newStopped(t)
	ctx := t.Context()
	on := suspension.Target{Kind: suspension.KindApplication, ID: s.app.ID.String()}
	s.same("before", s.refused(), []string{"", "", ""})

	look, err := s.Suspensions.Preview(ctx, s.operator, suspension.Order{Target: on, Reason: "x"})
	s.must(err)
	if look.Reach.Accounts != 3 || !strings.Contains(look.Message, "Deploybot") {
		t.Errorf("preview: %+v", look)
	}
	const stop = "application_suspended"
	one := s.begin(on)
	s.same("suspended", s.refused(), []string{stop, stop, stop})
	if a := s.AskToken(s.key, pennant.HarbourBooks); a.Status == http.StatusOK {
		t.Error("a suspended application got a token")
	}
	if _, err := s.Suspensions.Begin(ctx, s.operator, suspension.Order{Target: on, Reason: "again"}); problem.CodeOf(err) != "suspension_open" {
		t.Errorf("a second one: %v", err)
	}
	s.hears("the administrator", s.admins[0], "suspension.account", []string{"Deploybot is suspended"})
	s.hears("the developer", s.dev, "suspension.began", []string{"Deploybot is suspended"})

	_, err = s.Suspensions.Thaw(ctx, s.operator, one.ID, group.Thaw{})
	s.must(err)
	s.same("own sandboxes", s.refused(), []string{stop, stop, ""})
	s.Token(s.key, "own-sandbox") // its key works again
	_, err = s.Suspensions.Thaw(ctx, s.operator, one.ID, group.Thaw{Accounts: []string{s.accounts[1].ID.String()}})
	s.must(err)
	s.same("one account", s.refused(), []string{stop, "", ""})
	s.hears("the account that has it again", s.admins[1], "suspension.account", []string{"Deploybot is suspended", "Deploybot works again"})
	s.hears("the account that has not", s.admins[0], "suspension.account", []string{"Deploybot is suspended"})
	if _, err := s.Suspensions.Thaw(ctx, s.operator, one.ID, group.Thaw{Percent: 100}); problem.CodeOf(err) != "suspension_invalid" {
		t.Errorf("a thaw of everybody: %v", err)
	}

	_, err = s.Suspensions.Lift(ctx, s.operator, one.ID)
	s.must(err)
	s.same("lifted", s.refused(), []string{"", "", ""})
	s.hears("told once", s.admins[1], "suspension.account", []string{"Deploybot is suspended", "Deploybot works again"})
	if _, err := s.Suspensions.Lift(ctx, s.operator, one.ID); problem.CodeOf(err) != "suspension_over" {
		t.Errorf("lifted twice: %v", err)
	}
	page, err := s.Audit.List(ctx, s.dev, audit.Filter{Application: s.app.ID.String(), Limit: 50}, 0)
	s.must(err)
	for _, want := range []string{"suspension.begin", "suspension.thaw", "suspension.lift"} {
		if !slices.ContainsFunc(page.Entries, func(e audit.Entry) bool { return e.Action == want }) {
			t.Errorf("the developers' log lacks %s", want)
		}
	}
}

func TestA39_AGroupAndAFamilyOfTokens(t *testing.T) {
	t.Parallel()
	s := newStopped(t)
	ctx := t.Context()
	one := s.begin(suspension.Target{Kind: suspension.KindGroup, ID: s.team.ID.String()})
	const stop = "group_suspended"
	s.same("the group", s.refused(), []string{stop, stop, stop})
	_, err := s.Suspensions.Thaw(ctx, s.operator, one.ID, group.Thaw{Accounts: []string{s.accounts[0].ID.String()}})
	s.must(err)
	s.same("one account", s.refused(), []string{"", stop, ""})
	_, err = s.Suspensions.Lift(ctx, s.operator, one.ID)
	s.must(err)

	people := suspension.Target{Kind: suspension.KindTokens, ID: s.app.ID.String(), Family: "consent"}
	one = s.begin(people)
	s.same("what it does for people", s.refused(), []string{"", "", ""})
	_, err = s.Suspensions.Lift(ctx, s.operator, one.ID)
	s.must(err)
	people.Family = "installation"
	one = s.begin(people)
	s.same("what it does by itself", s.refused(), []string{"tokens_suspended", "tokens_suspended", "tokens_suspended"})
	if _, err := s.Suspensions.Thaw(ctx, s.operator, one.ID, group.Thaw{}); problem.CodeOf(err) != "suspension_whole" {
		t.Errorf("a family in steps: %v", err)
	}
	_, err = s.Suspensions.Lift(ctx, s.operator, one.ID)
	s.must(err)
	s.same("lifted", s.refused(), []string{"", "", ""})
}

func TestA39_ASuspensionEndsByItself(t *testing.T) {
	t.Parallel()
	s := newStopped(t)
	ctx := t.Context()
	on := suspension.Target{Kind: suspension.KindApplication, ID: s.app.ID.String()}
	for _, when := range []time.Time{s.clock.Now(), s.clock.Now().AddDate(2, 0, 0)} {
		if _, err := s.Suspensions.Begin(ctx, s.operator, suspension.Order{Target: on, Reason: "x", Lifts: when}); problem.CodeOf(err) != "suspension_invalid" {
			t.Errorf("an end at %s: %v", when, err)
		}
	}
	one := s.begin(on)
	_, err := s.Suspensions.Date(ctx, s.operator, one.ID, s.clock.Now().Add(10*time.Minute))
	s.must(err)
	s.must(s.Suspensions.LiftDue(ctx))
	s.same("before the date", s.refused(), []string{"application_suspended", "application_suspended", "application_suspended"})
	s.clock.Advance(11 * time.Minute)
	s.must(s.Suspensions.LiftDue(ctx))
	s.same("after the date", s.refused(), []string{"", "", ""})
	got, err := s.Suspensions.Get(ctx, s.dev, one.ID)
	s.must(err)
	if got.State != suspension.Lifted {
		t.Errorf("it is %s", got.State)
	}
}

func TestA39_EvidenceAndAnswers(t *testing.T) {
	t.Parallel()
	s := newStopped(t)
	ctx := t.Context()
	s.refused() // three calls
	one := s.begin(suspension.Target{Kind: suspension.KindApplication, ID: s.app.ID.String()})
	all, err := s.Suspensions.Evidence(ctx, s.operator, one.ID, time.Time{})
	s.must(err)
	calls := map[string]int64{}
	for _, c := range all {
		calls[c.Account] += c.Calls
		if c.Operation != "listFlags" || c.Method != http.MethodGet || c.Changes || c.Family != "installation" {
			t.Errorf("%+v", c)
		}
	}
	if len(calls) != 3 || calls[s.accounts[0].ID.String()] != 1 {
		t.Errorf("calls by account: %v", calls)
	}

	tables := func(by string) servertest.Answer {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/v1/suspensions/"+one.ID.String()+"/evidence", nil)
		s.must(err)
		r.Header.Set("Authorization", "Bearer "+by)
		return s.Do(r)
	}
	key, err := s.Products.Create(ctx, s.operator, "evidence")
	s.must(err)
	if a := tables(key.Secret.Reveal()); a.Status != http.StatusNotFound {
		t.Errorf("the product took evidence: %d", a.Status)
	}
	for _, by := range []access.Principal{s.dev, s.admins[0]} {
		if _, err := s.Suspensions.Evidence(ctx, by, one.ID, time.Time{}); problem.CodeOf(err) != "not_found" && problem.CodeOf(err) != "forbidden" {
			t.Errorf("somebody else read the evidence: %v", err)
		}
	}
	var b bytes.Buffer
	s.must(suspension.Table(&b, all))
	lines, err := csv.NewReader(&b).ReadAll()
	s.must(err)
	if len(lines) != len(all)+1 || lines[0][3] != "operation" {
		t.Errorf("CSV: %v", lines)
	}

	_, err = s.Suspensions.Write(ctx, s.dev, one.ID, "We found the fault and mended it.")
	s.must(err)
	s.hears("the operator hears", s.operator, "suspension.message", []string{"About the suspension of Deploybot"})
	s.clock.Advance(time.Second)
	_, err = s.Suspensions.Write(ctx, s.operator, one.ID, "Thank you, we look.")
	s.must(err)
	s.hears("the developer hears", s.dev, "suspension.message", []string{"About the suspension of Deploybot"})
	got, err := s.Suspensions.Get(ctx, s.dev, one.ID)
	s.must(err)
	if len(got.Messages) != 2 || got.Messages[0].Operator || !got.Messages[1].Operator {
		t.Errorf("answers: %+v", got.Messages)
	}
	for _, by := range []access.Principal{s.admins[0], access.UserPrincipal(s.Person("eve@example.com"), nil, nil)} {
		if _, err := s.Suspensions.Get(ctx, by, one.ID); problem.CodeOf(err) != "not_found" {
			t.Errorf("a stranger read it: %v", err)
		}
		if _, err := s.Suspensions.Write(ctx, by, one.ID, "x"); problem.CodeOf(err) != "not_found" {
			t.Errorf("a stranger answered: %v", err)
		}
	}
	if _, err := s.Suspensions.Begin(ctx, s.dev, suspension.Order{Target: one.Target, Reason: "x"}); problem.CodeOf(err) == "" {
		t.Error("a developer suspended")
	}
	kept, err := json.Marshal(got)
	s.must(err)
	if bytes.Contains(kept, []byte(s.key.Secret.Reveal())) {
		t.Error("a secret is in the answer")
	}
	s.must(s.DB.Read(ctx, func(tx *store.Tx) error {
		open, err := s.Suspensions.Open(tx, one.Target)
		if open == nil || open.ID != one.ID {
			t.Errorf("open: %v", open)
		}
		return err
	}))
}
