package console_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/suspension"
)

// broken is work that fails for good.
var broken = job.Kind[string]{Name: "integration.provision", Attempts: 1, Timeout: time.Second}

// busy is a platform on which things have happened.
func busy(t *testing.T) (*shop, *client) {
	t.Helper()
	s := newShop(t)
	olga := s.operator("Olga Brandt", "olga@pennant.example")
	ctx := t.Context()
	s.install()
	paused := s.offer("Night Watch", deploybot())
	stop, err := s.Suspensions.Begin(ctx, olga.by(), suspension.Order{Target: suspension.Target{Kind: suspension.KindApplication, ID: paused.ID.String()}, Reason: "It sent a million calls in an hour and does not answer mail."})
	must(t, err)
	s.stop = stop.ID.String()
	must(t, s.Quota.Grant(ctx, olga.by(), quota.Override{Owner: s.group.ID.String(), Limit: "day", Value: 50_000, Reason: "Agreed in the contract of May", Ends: s.clock.Now().AddDate(0, 6, 0)}))
	_, err = s.Accounts.Put(ctx, access.System("test"), account.Draft{Key: "harbour-sandbox", Name: "Harbour Books, trying out", Kind: account.Sandbox, Parent: "harbour-books"})
	must(t, err)
	must(t, s.db.Write(ctx, func(tx *store.Tx) error {
		if err := s.Notices.Mail(tx, notice.Mail{To: "ada@example.com", Subject: "Confirm your address", Text: "Welcome to Guestright.\n\nFollow the link to confirm your address. It works for one day.", Link: "/verify?link=x", Kind: "identity.verify"}); err != nil {
			return err
		}
		return broken.Add(tx, "x", job.Options{Lane: "provision/ins_1", Unique: "x"})
	}))
	r := &job.Runner{DB: s.db}
	s.Suspensions.Jobs(r)
	job.Handle(r, broken, func(ctx context.Context, _ string) error { return errors.New("the product answers 503") })
	must(t, r.Drain(ctx))
	_, err = s.Products.Create(ctx, olga.by(), "account service, production")
	must(t, err)
	return s, olga
}

func TestOperatorPagesAreSound(t *testing.T) {
	s, olga := busy(t)
	stop := "/operator/suspensions/" + s.stop
	olga.submit(stop, stop+"/messages", "text", "We could not reach you. What happened?").led(t, stop)
	s.sound(olga, map[string]string{
		"op-home": "/operator", "op-groups": "/operator/groups", "op-group": "/operator/groups/" + s.group.ID.String(), "op-apps": "/operator/applications",
		"op-app": "/operator/applications/" + s.app.ID.String(), "op-suspend": "/operator/suspend?kind=application&id=" + s.app.ID.String(), "op-stops": "/operator/suspensions", "op-stop": stop,
		"op-accounts": "/operator/accounts", "op-close": "/operator/accounts/" + s.account.ID.String() + "/close",
		"op-groups-none": "/operator/groups?q=zebra", "op-accounts-none": "/operator/accounts?q=zebra",
	})
}

func TestOperatorRecordPagesAreSound(t *testing.T) {
	s, olga := busy(t)
	must(t, s.db.Write(t.Context(), func(tx *store.Tx) error {
		if err := broken.Add(tx, "y", job.Options{Lane: "provision/ins_2", Due: s.clock.Now().Add(3 * time.Minute)}); err != nil {
			return err
		}
		return job.Kind[string]{Name: "notice.send", Attempts: 3, Timeout: time.Second}.Add(tx, "z", job.Options{})
	}))
	s.sound(olga, map[string]string{
		"op-catalog": "/operator/catalog", "op-activity": "/operator/activity", "op-jobs": "/operator/jobs", "op-waiting": "/operator/jobs?state=waiting",
		"op-mail": "/operator/mail", "op-keys": "/operator/keys",
		"op-discard": linkTo(olga.get("/operator/jobs"), "Discard"), "op-revoke": linkTo(olga.get("/operator/keys"), "Revoke"),
	})
}

func TestOperatorLooksAfterThePlatform(t *testing.T) {
	_, olga := busy(t)
	olga.get("/operator").has(t, "Night Watch", "It sent a million calls in an hour", "integration.provision", "the product answers 503", "34 of 34", "Noor Haddad registered")
	olga.get("/operator/groups?q=northwind").has(t, "Northwind Labs", "1 of 6")
	olga.get("/operator/groups?q=zebra").has(t, "Nothing fits", "Show all")
	log := olga.get("/operator/activity").has(t, "Ines Duarte installed Deploybot in Harbour Books", "Noor Haddad confirmed a mail address")
	if !strings.Contains(log.body, `href="/operator/groups/`) || strings.Contains(log.body, `href="/groups/`) {
		t.Error("the operator's log leads away from the operator's pages")
	}
	olga.get("/operator/catalog").has(t, "Nothing is left open.", "An extension in the API description 29", "1,000,000 per 24 hours")
	olga.get("/operator/audit").led(t, "/operator/activity")
	olga.get("/operator/outbox").led(t, "/operator/mail")
	olga.get("/operator/mail").has(t, "Confirm your address", "To ada@example.com", "It works for one day.", "There is no mail server.")
}

// Long lists are read in parts, forwards and back, also those of a search.
func TestOperatorListsAreReadInParts(t *testing.T) {
	h := newHouse(t)
	olga, dev := h.operator("Olga", "olga@guestright.example"), h.person("Ada", "ada@northwind.example")
	team, err := h.Groups.Create(t.Context(), dev.by(), "Northwind Labs")
	must(t, err)
	names := map[string]bool{}
	for i := range 205 {
		name := fmt.Sprintf("Robot %03d", i)
		names[name] = true
		_, err := h.Applications.Register(t.Context(), dev.by(), team.ID.String(), application.Draft{Name: name, Description: "Counts to a hundred"})
		must(t, err)
	}
	line := regexp.MustCompile(`Robot \d{3}`)
	next := regexp.MustCompile(`href="(/operator/applications\?[^"]*after=[^"]*)"[^>]*>\s*(?:<[^>]*>\s*)*Next`)
	for _, search := range []string{"", "?q=robot"} {
		seen, pages := map[string]bool{}, 0
		for at := "/operator/applications" + search; at != ""; pages++ {
			a := olga.get(at)
			here := map[string]bool{}
			for _, name := range line.FindAllString(a.body, -1) {
				if seen[name] {
					t.Errorf("%s shows %s again", at, name)
				}
				here[name] = true
			}
			if len(here) > 100 {
				t.Errorf("%s shows %d", at, len(here))
			}
			for name := range here {
				seen[name] = true
			}
			at = ""
			if m := next.FindStringSubmatch(a.body); m != nil && pages < 10 {
				at = html.UnescapeString(m[1])
			}
		}
		if pages != 3 || !maps.Equal(seen, names) {
			t.Errorf("%q: %d pages show %d", search, pages, len(seen))
		}
	}
	olga.get("/operator/applications").has(t, "1 to 100 of 205 applications", "Robot 000", "Robot 099")
	olga.get("/operator/applications?after=gone").has(t, "1 to 100 of 205 applications")
	olga.get("/operator/groups").has(t, "Northwind Labs", "3 groups")
}

func TestOperatorSetsLimits(t *testing.T) {
	s, olga := busy(t)
	at := "/operator/groups/" + s.group.ID.String()
	olga.get(at).has(t, "50,000", "Granted until 1 Sep 2026: Agreed in the contract of May")
	olga.submit(at, at+"/limit", "limit", "sites", "value", "many", "reason", "x").has(t, "Give a whole number.")
	olga.submit(at, at+"/limit", "limit", "day", "value", "0", "reason", "x").has(t, "The value must be at least 1")
	olga.submit(at, at+"/limit", "limit", "sites", "value", "40", "reason", "Fair", "ends", "2026-12-31").led(t, at)
	olga.get(at).has(t, "40", "Granted until 31 Dec 2026: Fair")
	olga.submit(at, at+"/limit/day/withdraw").led(t, at)
	olga.get(at).has(t, "has the limit of its plan again", "10,000")
	olga.submit(at, at+"/plan", "plan", "production", "reason", "Signed", "ends", "").led(t, at)
	olga.get(at).has(t, "Plan Production", "100,000")
	suspendGroup := "/operator/suspend?kind=group&id=" + s.group.ID.String()
	olga.get(at).has(t, "Suspend the group")
	olga.get(suspendGroup).has(t, "All applications of the group", "installed in 1 account", "has suspended the developer Northwind Labs")
	olga.submit(suspendGroup, "/operator/suspend", "kind", "group", "id", s.group.ID.String(), "reason", "").has(t, "Say why")
	olga.submit(suspendGroup, "/operator/suspend", "kind", "group", "id", s.group.ID.String(), "reason", "x", "ends", "soon").has(t, "Give a date such as")
	stop := olga.submit(suspendGroup, "/operator/suspend", "kind", "group", "id", s.group.ID.String(), "reason", "Breach of contract").led(t, "/operator/suspensions/sus_")
	olga.get(at).has(t, "This group is suspended.", "“Breach of contract.”", "Open the suspension")
	s.ines.get(s.consent()).has(t, "This application is stopped")
	olga.submit(stop, stop+"/thaw", "accounts", "nobody", "percent", "").has(t, "There is no account with the key nobody.")
	olga.submit(stop, stop+"/thaw", "accounts", "", "percent", "100").has(t, "Between 0 and 99")
	olga.submit(stop, stop+"/thaw", "accounts", "harbour-books", "percent", "5").led(t, stop)
	olga.get(stop).has(t, "Works again in part", "1 named account, 5 % of all accounts", "harbour-books")
	olga.submit(stop, stop+"/date", "ends", "2020-01-01").has(t, "It ends in the future")
	olga.submit(stop, stop+"/messages", "text", "Please write to us.").led(t, stop)
	olga.submit(stop, stop+"/lift").led(t, stop)
	olga.get(stop).has(t, "Lifted", "Platform operator", "Please write to us.")
	olga.get(at).has(t, "Suspend the group")
	olga.get("/operator/suspensions").has(t, "Northwind Labs", "All applications of the group", "Lifted")

	app := "/operator/applications/" + s.app.ID.String()
	suspendApp := "/operator/suspend?kind=application&id=" + s.app.ID.String()
	stop = olga.submit(suspendApp, "/operator/suspend", "kind", "application", "id", s.app.ID.String(), "reason", "Leaked key", "message", "We stopped it.").led(t, "/operator/suspensions/sus_")
	olga.get(app).has(t, "This application is suspended.", "Harbour Books", "Open the suspension")
	olga.get("/suspended?kind=application&id="+s.app.ID.String()).led(t, stop)
	olga.submit(stop, stop+"/lift").led(t, stop)
	olga.get("/operator/applications?q=deploybot").has(t, "Deploybot", "1 account")
}

func TestOperatorKeepsAccountsByHand(t *testing.T) {
	_, olga := busy(t)
	const at = "/operator/accounts"
	olga.submit(at, at, "key", "a b", "name", "").has(t, "without spaces", "1 to 200 characters.")
	olga.submit(at, at, "key", "lakeside", "name", "Lakeside", "kind", "production", "parent_key", "nobody").has(t, "No account has this key.")
	to := olga.submit(at, at, "key", "lakeside", "name", "Lakeside", "kind", "sandbox", "parent_key", "harbour-books").led(t, "/accounts/acc_")
	olga.get(to).has(t, "Lakeside", "Sandbox", "This is a sandbox.")
	olga.get(at).has(t, "lakeside, below Harbour Books")
	closing := at + strings.TrimPrefix(to, "/accounts") + "/close"
	olga.get(closing).has(t, "No integration is installed in it", "Its people can still read what happened.")
	olga.submit(closing, closing, "phrase", "Lakeside").has(t, "That is not its key.")
	olga.submit(closing, closing, "phrase", "lakeside").led(t, at)
	olga.get(to).has(t, "This account is closed.")
	if found := olga.get(at+"?q=HARBOUR+trying").has(t, "Harbour Books, trying out", "1 account").text(); strings.Contains(found, "Lakeside") {
		t.Errorf("the search lets others through: %s", found)
	}
	olga.get(at+"?q=zebra").has(t, "Nothing fits", "Show all")
}

func TestOperatorRetriesJobs(t *testing.T) {
	s, olga := busy(t)
	const at = "/operator/jobs"
	page := olga.get(at).has(t, "integration.provision", "the product answers 503", "Retry", "Discard")
	action := regexp.MustCompile(`action="(/operator/jobs/job_[^"]*/retry)"`).FindStringSubmatch(page.body)
	if action == nil {
		t.Fatal("no retry")
	}
	olga.submit(at, action[1], "kind", "integration.provision").led(t, at)
	olga.get(at).has(t, "The job begins anew", "Nothing has failed")
	olga.get(at+"?state=waiting").has(t, "integration.provision")
	r := &job.Runner{DB: s.db}
	job.Handle(r, broken, func(context.Context, string) error { return nil })
	must(t, r.Drain(t.Context()))
	olga.get(at+"?state=waiting").has(t, "Nothing waits")
	olga.get("/operator/activity?action=job.*").has(t, "You retried the job integration.provision")
}

func TestOperatorDiscardsJobs(t *testing.T) {
	_, olga := busy(t)
	const at = "/operator/jobs"
	ask := linkTo(olga.get(at), "Discard")
	page := olga.get(ask).has(t, "Discard the job integration.provision?", "What it was for will not happen.", "the product answers 503")
	olga.get(at).has(t, "integration.provision") // asking discards nothing
	token, err := page.formToken(ask)
	must(t, err)
	olga.post(ask, "kind", "integration.provision", "form_token", token).led(t, at)
	olga.get(at).has(t, "The job is gone.", "Nothing has failed")
	olga.get(ask).has(t, "There is nothing here")
	olga.get("/operator/activity?action=job.*").has(t, "You discarded the job integration.provision")
}

func TestOperatorMakesProductKeys(t *testing.T) {
	s, olga := busy(t)
	const at = "/operator/keys"
	olga.submit(at, at, "label", "").has(t, "Say where the key is used")
	made := olga.submit(at, at, "label", "billing").has(t, "Copy the secret now", "It is not shown again.")
	secret := regexp.MustCompile(`grst_[A-Za-z0-9_-]+`).FindString(made.body)
	if _, err := s.Products.Authenticate(t.Context(), secret); err != nil {
		t.Fatalf("the key does not work: %v", err)
	}
	list := olga.get(at).has(t, "billing", "…"+secret[len(secret)-4:])
	if strings.Contains(list.body, secret) {
		t.Error("the secret is shown again")
	}
	revoke := regexp.MustCompile(`(?s)billing.*?href="(/operator/keys/pky_[^"]*/revoke)"`).FindStringSubmatch(list.body)
	if revoke == nil {
		t.Fatal("no revoke")
	}
	olga.get(revoke[1]).has(t, "Revoke “billing”?", "This cannot be undone.", "It was last used")
	olga.submit(revoke[1], revoke[1]).led(t, at)
	olga.get(revoke[1]).led(t, at)
	olga.get(at+"/pky_01kjpzv28011wvxce16rft8ame/revoke").has(t, "There is nothing here")
	if _, err := s.Products.Authenticate(t.Context(), secret); err == nil {
		t.Error("the revoked key works")
	}
}
