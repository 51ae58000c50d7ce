package console_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// traffic lets an installation call for a day, with a token of its own.
func (s *shop) traffic(i integration.Installation) token.Token {
	s.t.Helper()
	now := s.clock.Now()
	for n := range 96 {
		k := usage.Key{Grant: i.Grant, Application: i.Application, Account: i.Account, Group: s.group.ID.String(), Operation: "listFlags"}
		s.Usage.Recorder.Record(now.Add(-time.Duration(n)*15*time.Minute), k, uint32(6+n*7%19))
		if n%9 == 0 {
			k.Operation, k.Outcome = "createFlag", usage.PermissionDenied
			s.Usage.Recorder.Record(now.Add(-time.Duration(n)*15*time.Minute), k, 4)
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
	s.Usage.Recorder.Touch(usage.Subject{Kind: "grant", ID: i.Grant}, now.Add(-3*time.Minute), "listFlags", from)
	s.Usage.Recorder.Touch(usage.Subject{Kind: "token", ID: issued.ID.String()}, now.Add(-3*time.Minute), "listFlags", from)
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
