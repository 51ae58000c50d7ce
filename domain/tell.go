package domain

import (
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// tell writes what groups should know about a check. Nobody learns which other
// group it is.
func (s *Service) tell(tx *store.Tx, was, is Domain, others []Domain) error {
	switch verb(was, is) {
	case "lapse":
		return s.send(tx, is.Group, notice.Notice{Kind: "domain.lapsed", Severity: notice.Warning, Subject: "The proof for " + is.Name + " has lapsed",
			Text: "Checks no longer find the record or the file that proves that " + is.Name + " is yours, so releases can't rely on it.\n\nSet one of the two up again and check the domain, or remove it."})
	case "prove":
		for _, o := range others {
			if err := s.send(tx, o.Group, notice.Notice{Kind: "domain.rival", Severity: notice.Warning, Subject: "Another group has proved that it owns " + is.Name,
				Text: "If the domain is not yours any more, remove it. If it is, somebody else can write to its DNS or its site: look there. Your own proof lapses at the first check that does not find it."}); err != nil {
				return err
			}
		}
		if len(others) > 0 {
			return s.send(tx, is.Group, notice.Notice{Kind: "domain.rival", Subject: "You and another group have proved to own " + is.Name,
				Text: "The group that proved the domain before you has been told. Its proof lapses at the first check that does not find it. Both of you keep the proof until then."})
		}
	}
	return nil
}

func (s *Service) send(tx *store.Tx, group string, n notice.Notice) error {
	n.To, n.Link = notice.To{Group: group}, "/groups/"+group+"/domains"
	return s.Notices.Send(tx, n)
}
