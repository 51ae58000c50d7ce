package integration

import (
	"context"
	"slices"
	"strconv"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// capped refuses an application that nobody has verified where more customers have
// it than the operator allows (row H40). An account and its children are one
// customer; the developers' own sandboxes are none. Those who have it keep it.
func (s *Service) capped(tx *store.Tx, acc account.Account, app application.Application, free bool) error {
	if s.UnverifiedMost == 0 || free {
		return nil
	}
	self := acc.ID.String()
	if acc.Parent != "" {
		self = acc.Parent
	}
	all, err := customers(tx, app.ID.String())
	if err != nil || len(all) < s.UnverifiedMost || slices.Contains(all, self) {
		return err
	}
	return problem.Conflict("application_unverified_many", "Nobody has reviewed this application yet, and it is with as many customers as the operator of this platform allows without. Ask its developers to have it verified.").
		With("customers", len(all)).With("limit", s.UnverifiedMost)
}

// nearCap tells the developers, once, that nobody else can install any more.
func (s *Service) nearCap(tx *store.Tx, o Offer) error {
	if s.UnverifiedMost == 0 || o.Verified || o.DeveloperOwn {
		return nil
	}
	all, err := customers(tx, o.Application.ID.String())
	if err != nil || len(all) < s.UnverifiedMost {
		return err
	}
	return s.Notices.Send(tx, notice.Notice{Kind: "installation.cap_near", To: notice.To{Group: o.Application.Group}, Severity: notice.Warning,
		Subject: o.Application.Name + " is with as many customers as it can be without a review",
		Text:    "Until the platform operator has verified it, " + strconv.Itoa(s.UnverifiedMost) + " customers can have it. The next one is refused. Ask for verification now: you need not wait for that.",
		Link:    "/applications/" + o.Application.ID.String() + "/verification", Dedupe: "cap/" + o.Application.ID.String()})
}

// customers lists those that have an application: accounts, or their parents.
func customers(tx *store.Tx, app string) ([]string, error) {
	var out []string
	err := tx.NewRaw(`SELECT DISTINCT CASE WHEN c.parent <> '' THEN c.parent ELSE c.id END
		FROM integration_installation AS i JOIN account_account AS c ON c.id = i.account JOIN application_application AS a ON a.id = i.application
		WHERE i.application = ? AND i.state <> 'removed' AND NOT (c.kind = 'sandbox' AND c.developer_group = a.group_id)`, app).Scan(tx.Ctx, &out)
	return out, err
}

// capReached tells the developers why a customer could not install. It has a
// transaction of its own, since the installation's was rolled back.
func (s *Service) capReached(ctx context.Context, acc, publicID string, cause error) error {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		app, err := s.Applications.Published(tx, publicID)
		if err != nil {
			return err
		}
		a, err := s.Accounts.Load(tx, acc)
		if err != nil {
			return err
		}
		return s.Notices.Send(tx, notice.Notice{Kind: "installation.cap_reached", To: notice.To{Group: app.Group}, Severity: notice.Warning,
			Subject: a.Name + " could not install " + app.Name, Link: "/applications/" + app.ID.String() + "/verification",
			Text:   "Without a review " + strconv.Itoa(s.UnverifiedMost) + " customers can have it, and as many do. Ask the platform operator for verification; they can install it from then on.",
			Dedupe: "cap/" + app.ID.String() + "/" + acc + "/" + tx.Now().Format("2006-01-02")})
	})
	if err != nil {
		return err
	}
	return cause
}
