package integration

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

func (s *Service) admitted(tx *store.Tx, acc account.Account, app application.Application) error {
	if s.Admit == nil {
		return nil
	}
	return s.Admit(tx, acc, app)
}

// widened asks the account's own rules before an installation is given more.
func (s *Service) widened(tx *store.Tx, by access.Principal, i Installation) error {
	if s.Widen == nil {
		return nil
	}
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return err
	}
	a, err := s.applicationOf(tx, i)
	if err != nil {
		return err
	}
	return s.Widen(tx, by, acc, a)
}

// admittedOffer is an offer that the account's own rules let in.
func (s *Service) admittedOffer(tx *store.Tx, acc, publicID string) (Offer, error) {
	a, err := s.Accounts.Load(tx, acc)
	if err != nil {
		return Offer{}, err
	}
	app, err := s.Applications.Published(tx, publicID)
	if err != nil {
		return Offer{}, err
	}
	there, err := s.Of(tx, app.ID, acc)
	if err != nil && !absent(err) {
		return Offer{}, err
	}
	if there.ID.IsZero() { // for what is there already, that is the answer
		if err := s.admitted(tx, a, app); err != nil {
			return Offer{}, err
		}
	}
	return s.offer(tx, acc, publicID)
}

// OfferIn is Preview for slices that join: it neither authorises nor asks the
// account's rules.
func (s *Service) OfferIn(tx *store.Tx, acc account.ID, publicID string) (Offer, error) {
	return s.offer(tx, acc.String(), publicID)
}

// InstallIn is Install in the caller's transaction, of an offer of OfferIn: it neither
// authorises nor asks the account's rules. What it refuses goes through Refused after
// the transaction.
func (s *Service) InstallIn(tx *store.Tx, by access.Principal, acc string, offer Offer, o Order) (Installation, error) {
	i, err := s.install(tx, by, acc, offer, o)
	if err != nil {
		return i, err
	}
	return i, s.nearCap(tx, offer)
}

// Refused tells the developers of what kept a customer from installing, after the
// transaction was rolled back, and gives the error on.
func (s *Service) Refused(ctx context.Context, acc, publicID string, err error) error {
	switch problem.CodeOf(err) {
	case "application_unverified_many":
		return s.capReached(ctx, acc, publicID, err)
	case "installation_quota_exceeded":
		return s.quotaExceeded(ctx, acc, publicID, err)
	}
	return err
}

// Bar stops an installation because a rule of its account, or of the parent, says so;
// "" lifts that. The developers are told. It joins and does not authorise.
func (s *Service) Bar(tx *store.Tx, by access.Principal, i Installation, reason string) error {
	if i.AccountBlock == reason {
		return nil
	}
	m := move{action: "bar", told: "developer"}
	if reason == "" {
		m.action = "unbar"
	}
	a, err := s.applicationOf(tx, i)
	if err != nil {
		return err
	}
	before := i
	i.AccountBlock = reason
	i.settle()
	if err := s.save(tx, before, i); err != nil {
		return err
	}
	if err := s.tell(tx, m, a, i); err != nil {
		return err
	}
	return s.record(tx, by, m.action, a, before, i)
}

// In lists what is installed of an application in an account and its children,
// without authorising.
func (s *Service) In(tx *store.Tx, app application.ID, acc string) ([]Installation, error) {
	return list(tx, "application = ? AND state <> ? AND account IN (SELECT id FROM account_account WHERE id = ? OR parent = ?)", app, Removed, acc, acc)
}

// Here lists what is installed in an account, without authorising.
func (s *Service) Here(tx *store.Tx, acc string) ([]Installation, error) {
	return list(tx, "account = ? AND state <> ?", acc, Removed)
}
