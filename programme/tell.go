package programme

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// dayForm is how texts name a day.
const dayForm = "2 January 2006"

func (s *Service) tellOperators(tx *store.Tx, g group.Group, kind, subject, text string, r Request) error {
	return s.Notices.Send(tx, notice.Notice{Kind: kind, To: notice.To{Operators: true}, Subject: subject,
		Text: text + "\n\nPlease decide until " + r.Due.Format(dayForm) + ".", Link: "/operator/groups/" + g.ID.String() + "/production"})
}

func (s *Service) tellGroup(tx *store.Tx, g group.Group, n notice.Notice) error {
	n.To, n.Link = notice.To{Group: g.ID.String()}, "/groups/"+g.ID.String()+"/production"
	return s.Notices.Send(tx, n)
}

// grantedText is what the developers read of a grant.
func grantedText(d Decision) string {
	var b strings.Builder
	if d.Plan != "" {
		fmt.Fprintf(&b, "Your group is on the plan %s from now on. ", d.Plan)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Limits)) {
		fmt.Fprintf(&b, "The limit %s is %d now. ", name, d.Limits[name])
	}
	if !d.Ends.IsZero() {
		fmt.Fprintf(&b, "This ends on %s; then the limits of before hold again. ", d.Ends.Format(dayForm))
	}
	return strings.TrimSpace(b.String()) + "\n\n" + d.Reason
}
