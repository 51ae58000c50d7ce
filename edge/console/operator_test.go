package console_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
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
	_, err := s.Applications.Suspend(ctx, olga.by(), paused.ID, "It sent a million calls in an hour and does not answer mail.")
	must(t, err)
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
	job.Handle(r, broken, func(ctx context.Context, _ string) error { return errors.New("the product answers 503") })
	must(t, r.Drain(ctx))
	_, err = s.Products.Create(ctx, olga.by(), "account service, production")
	must(t, err)
	return s, olga
}

func TestOperatorPagesAreSound(t *testing.T) {
	s, olga := busy(t)
	s.sound(olga, map[string]string{
		"op-home": "/operator", "op-groups": "/operator/groups", "op-group": "/operator/groups/" + s.group.ID.String(), "op-apps": "/operator/applications",
		"op-app": "/operator/applications/" + s.app.ID.String(), "op-accounts": "/operator/accounts", "op-close": "/operator/accounts/" + s.account.ID.String() + "/close",
		"op-catalog": "/operator/catalog", "op-activity": "/operator/activity", "op-jobs": "/operator/jobs", "op-waiting": "/operator/jobs?state=waiting",
		"op-mail": "/operator/mail", "op-keys": "/operator/keys",
	})
}
