package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// traffic lets an installation call for a day, with a token of its own.
func (s *shop) traffic(i integration.Installation) token.Token {
	s.t.Helper()
	now := s.clock.Now()
	for n := 95; n >= 0; n-- {
		k := usage.Key{Grant: i.Grant, Application: i.Application, Account: i.Account, Group: s.group.ID.String(), Operation: "listFlags"}
		s.Usage.Recorder.Record(now.Add(-time.Duration(n)*15*time.Minute), k, uint32(6+n*7%19))
		if n%9 == 0 {
			k.Operation, k.Outcome = "createFlag", usage.PermissionDenied
			s.Usage.Recorder.Record(now.Add(-time.Duration(n)*15*time.Minute), k, 4)
		}
		if n%12 == 0 { // the recorder keeps a few minutes only
			must(s.t, s.Usage.Flush(s.t.Context()))
		}
	}
	var issued token.Issued
	must(s.t, s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		g, err := (&grant.Service{DB: s.db}).Load(tx, i.Grant)
		if err != nil {
			return err
		}
		issued, err = s.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: time.Hour})
		return err
	}))
	from := netip.MustParseAddr("198.51.100.7")
	s.Usage.Recorder.Touch(usage.Subject{Kind: "grant", ID: i.Grant}, now.Add(-3*time.Minute), usage.Call{Operation: "listFlags", From: from})
	s.Usage.Recorder.Touch(usage.Subject{Kind: "token", ID: issued.ID.String()}, now.Add(-3*time.Minute), usage.Call{Operation: "listFlags", From: from})
	return issued.Token
}

func TestInstallationPagesAreSound(t *testing.T) {
	s := newShop(t)
	s.role("Administrator", true, "*")
	i := s.install()
	s.traffic(i)
	s.sound(s.ines, map[string]string{
		"account": s.home(), "installation": "/installations/" + i.ID.String(), "remove": "/installations/" + i.ID.String() + "/remove",
		"people": s.home() + "/people", "account-activity": s.home() + "/activity", "audit": "/audit",
	})
	s.sound(s.noor, map[string]string{"installation-developer": "/installations/" + i.ID.String()})
}

func TestInstallationPage(t *testing.T) {
	s := newShop(t)
	i := s.install()
	s.traffic(i)
	s.clock.Advance(9 * 24 * time.Hour)
	now := s.clock.Now()
	s.Usage.Recorder.Record(now, usage.Key{Grant: i.Grant, Application: i.Application, Account: i.Account, Group: s.group.ID.String(), Operation: "listFlags"}, 7)
	s.Usage.Recorder.Record(now, usage.Key{Grant: i.Grant, Application: i.Application, Account: i.Account, Group: s.group.ID.String(), Operation: "createFlag", Outcome: usage.PermissionDenied}, 3)
	s.ines.again()
	at := "/installations/" + i.ID.String()
	s.ines.get(at).has(t, "Deploybot", "Active", "Calls, last 24 h 10", "3 refused or failed", "List the flags of a project", "not in the role 3",
		"Not used in the last 30 days: See projects and environments.", "Environments: view · Flags: create", "9 days ago by you", "You installed", "No live tokens")
	// The developer sees the same installation without the inside of the account.
	dev := s.noor
	dev.again()
	seen := dev.get(at).has(t, "Deploybot", "Calls, last 24 h 10", "For you as the developer", "Change flags")
	for _, inside := range []string{"Ines", "Switch off", "Privileges of its role", "Integration user"} {
		if strings.Contains(seen.text(), inside) {
			t.Errorf("the developer reads %q", inside)
		}
	}
	if a := dev.get(at + "/remove"); a.StatusCode != http.StatusNotFound {
		t.Errorf("the developer is offered the administrator's removal: %d", a.StatusCode)
	}
}

func TestSwitchOffAndOn(t *testing.T) {
	s := newShop(t)
	i := s.install()
	at := "/installations/" + i.ID.String()
	s.ines.submit(at, at+"/availability", "to", "off", "reason", "").has(t, "Say why")
	s.ines.submit(at, at+"/availability", "to", "off", "reason", "Audit week", "until", "soon").has(t, "Give a date and a time")
	s.ines.submit(at, at+"/availability", "to", "off", "reason", "Audit week", "until", "2020-01-01T08:00").has(t, "Choose a time to come.")
	s.ines.submit(at, at+"/availability", "to", "off", "reason", "Audit week", "until", "2026-03-09T08:00").led(t, at)
	s.ines.get(at).has(t, "Deploybot is switched off.", "“Audit week.”", "until 9 March 2026, 08:00 UTC", "Switched off")
	s.noor.get("/inbox").has(t, "Deploybot in Harbour Books: switched off")
	s.ines.submit(at, at+"/availability", "to", "on").led(t, at)
	s.ines.get(at).has(t, "switched on again", "Active")
	s.ines.submit(at, at+"/delegation", "delegation", "consent").led(t, at)
	s.ines.get(at).has(t, "End-user access With consent")
	s.ines.submit(at, at+"/delegation", "delegation", "always").has(t, "off, consent or trusted")
}

// Row H25: the rule for new versions is the administrator's, and off until they set it.
func TestH25_TheRuleForNewVersionsByTheForm(t *testing.T) {
	s := newShop(t)
	i := s.install()
	at := "/installations/" + i.ID.String()
	rule := func(want integration.Updates) {
		t.Helper()
		got, err := s.Integrations.Get(t.Context(), s.ines.by(), i.ID)
		must(t, err)
		if got.Updates != want {
			t.Errorf("the rule is %q, not %q", got.Updates, want)
		}
	}
	s.ines.get(at).has(t, "When a new version asks for other permissions", "Take it when it adds nothing but low risk")
	rule(integration.UpdatesAsk)
	s.ines.submit(at, at+"/updates", "updates", "everything").has(t, "ask or low_risk.")
	rule(integration.UpdatesAsk)
	s.ines.submit(at, at+"/updates", "updates", "low_risk").led(t, at)
	s.ines.get(at).has(t, "From the next version on", "You are told what they added.")
	rule(integration.UpdatesLowRisk)
	s.ines.submit(at, at+"/updates", "updates", "ask").led(t, at)
	s.ines.get(at).has(t, "waits for you.")
	rule(integration.UpdatesAsk)
	if dev := s.noor.get(at); strings.Contains(dev.text(), "When a new version asks") {
		t.Error("the developer sees the administrator's rule")
	}
}

// The administrator reads why the product did not create the integration user and
// has it tried again; a reader only reads.
func TestFailedSetup(t *testing.T) {
	var status int
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"detail":"No seat is free.","user_key":"u-1"}`))
	}))
	t.Cleanup(p.Close)
	s := newShop(t)
	s.Integrations.Hook = &integration.Hook{URL: p.URL, Secret: secret.New("x"), Client: p.Client()}
	jobs := &job.Runner{DB: s.db}
	s.Integrations.Jobs(jobs)
	status = http.StatusConflict
	i := s.install()
	at := "/installations/" + i.ID.String()
	s.ines.get(at).has(t, "Being set up", "The product is still creating the integration user.")
	for range 14 {
		s.clock.Advance(time.Hour)
		must(t, jobs.Drain(t.Context()))
	}
	for _, who := range []*client{s.ines, s.noor} {
		who.again()
	}
	s.sound(s.ines, map[string]string{"installation-failed": at})
	s.ines.get(at).has(t, "Setup failed", "Setting it up failed.", "(status 409). It says: No seat is free.", "Try again")
	s.ines.get(s.home()).has(t, "Setup failed")
	s.ines.get("/inbox").has(t, "Deploybot in Harbour Books: setting it up failed", "No seat is free.")
	if dev := s.noor.get(at).has(t, "Setup failed", "No seat is free."); strings.Contains(dev.text(), "Try again") {
		t.Error("the developer is offered to try again")
	}
	s.noor.get("/applications/"+i.Application+"/installations").has(t, "Setup failed", "The product refused to create")
	status = http.StatusOK
	s.ines.submit(at, at+"/retry").led(t, at)
	s.ines.get(at).has(t, "The product is asked again.", "Being set up", "You tried again to set up")
	must(t, jobs.Drain(t.Context()))
	s.ines.get(at).has(t, "Active")
}

func TestRevokeToken(t *testing.T) {
	s := newShop(t)
	i := s.install()
	k := s.traffic(i)
	at := "/installations/" + i.ID.String()
	s.ines.get(at).has(t, "…"+k.Hint, "3 minutes ago")
	s.ines.submit(at, at+"/tokens/"+k.ID.String()+"/revoke").led(t, at)
	s.ines.get(at).has(t, "The token is revoked.", "No live tokens", "You revoked a token")
	if a := s.ines.get(at); strings.Contains(a.text(), k.Hint) {
		t.Error("the token is still listed")
	}
}

func TestRemoveAndRestore(t *testing.T) {
	s := newShop(t)
	i := s.install()
	s.traffic(i)
	at := "/installations/" + i.ID.String()
	s.ines.submit(at+"/remove", at+"/remove", "phrase", "deploybot", "reason", "No longer needed").has(t, "That is not the name.", "Its tokens stop working at once.")
	s.ines.submit(at+"/remove", at+"/remove", "phrase", "Deploybot", "reason", "No longer needed").led(t, s.home())
	s.ines.get(s.home()).has(t, "You can restore it for 30 days.", "Removed in the last 30 days")
	s.ines.get(at).has(t, "Removed just now.", "“No longer needed.”", "It can be restored until 1 April 2026", "No live tokens")
	s.ines.submit(at, at+"/restore").led(t, at)
	s.ines.get(at).has(t, "is restored", "Active")
	s.ines.submit(at+"/remove", at+"/remove", "phrase", "Deploybot").led(t, s.home())
	s.clock.Advance(31 * 24 * time.Hour)
	s.ines.again()
	s.ines.get(at).has(t, "Removed for good.", "Install the application anew")
	if a := s.ines.get(s.home()); strings.Contains(a.text(), "Removed in the last 30 days") {
		t.Error("it is still offered for restoring")
	}
}

// A reader of the account sees the pages and none of the switches.
func TestReaderOnlyReads(t *testing.T) {
	s := newShop(t)
	i := s.install()
	rita := s.person("Rita Reader", "rita@harbour.example")
	must(t, s.db.Write(t.Context(), func(tx *store.Tx) error {
		return s.Accounts.SetMember(tx, access.System("test"), account.Member{Account: s.account.ID.String(), User: rita.user, Role: "reader"})
	}))
	rita.again()
	at := "/installations/" + i.ID.String()
	for _, path := range []string{s.home(), at, s.home() + "/people"} {
		page := rita.get(path)
		for _, word := range []string{"Switch off", "Remove Deploybot", "Revoke", "Look at the application"} {
			if page.StatusCode != http.StatusOK || strings.Contains(page.text(), word) {
				t.Errorf("%s (%d) offers %q", path, page.StatusCode, word)
			}
		}
	}
	for _, path := range []string{s.home() + "/install", at + "/remove", s.home() + "/activity"} {
		if a := rita.get(path); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s answers %d", path, a.StatusCode)
		}
	}
}

func TestOperatorBlocksInstallation(t *testing.T) {
	s := newShop(t)
	i := s.install()
	olga := s.operator("Olga Brandt", "olga@pennant.example")
	at := "/installations/" + i.ID.String()
	olga.submit(at, at+"/stop", "reason", "").has(t, "Say why")
	olga.submit(at, at+"/stop", "reason", "Unexpected traffic").led(t, at)
	s.ines.get(at).has(t, "The operator has blocked this integration.", "“Unexpected traffic.”")
	if strings.Contains(s.ines.get(at).text(), "Lift the block") {
		t.Error("the customer may lift the operator's block")
	}
	olga.submit(at, at+"/resume").led(t, at)
	s.ines.get(at).has(t, "Active")
}
