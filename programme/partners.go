package programme

import (
	"context"
	"maps"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
)

// Offer is a preview as a group sees it.
type Offer struct {
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Explanation string   `json:"explanation,omitempty"`
	Opens       []string `json:"opens" nullable:"false" doc:"The operations and types of events that it opens"`
	Enabled     bool     `json:"enabled"`
	FromTier    bool     `json:"from_tier" doc:"The group's tier brings it"`
	Access      *Access  `json:"access,omitempty" doc:"What the group asked for; absent: nothing"`
}

// TierView is a tier as a group sees it.
type TierView struct {
	Name string `json:"name"`
	catalog.Tier
}

// Membership is where a group stands in the partner programme.
type Membership struct {
	Partner  *Partner   `json:"partner,omitempty" doc:"Absent: the group never applied"`
	Tiers    []TierView `json:"tiers" nullable:"false"`
	Previews []Offer    `json:"previews" nullable:"false"`
}

// Membership shows a group and operators where it stands.
func (s *Service) Membership(ctx context.Context, by access.Principal, id string) (Membership, error) {
	out := Membership{Tiers: s.Tiers(), Previews: []Offer{}}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.reach(tx, by, "partner:view", id); err != nil {
			return err
		}
		p, err := findPartner(tx, id)
		if err != nil {
			return err
		}
		if p.Revision > 0 {
			out.Partner = &p
		}
		all, err := accessesWhere(tx, "group_id = ?", id)
		if err != nil {
			return err
		}
		cat := s.Catalog.Get()
		for _, name := range slices.Sorted(maps.Keys(cat.File().Previews)) {
			about, _ := cat.Preview(name)
			o := Offer{Name: name, Label: about.Label, Explanation: about.Explanation, Opens: cat.Previewed(name), FromTier: brings(cat, p.Tier, name)}
			if i := slices.IndexFunc(all, func(a Access) bool { return a.Preview == name }); i >= 0 {
				o.Access = &all[i]
			}
			o.Enabled = o.FromTier || o.Access != nil && o.Access.Holds(tx.Now())
			out.Previews = append(out.Previews, o)
		}
		return nil
	})
	return out, err
}

// Tiers lists the tiers of the catalog.
func (s *Service) Tiers() []TierView {
	out := []TierView{}
	cat := s.Catalog.Get()
	for _, name := range slices.Sorted(maps.Keys(cat.File().Tiers)) {
		t, _ := cat.Tier(name)
		out = append(out, TierView{Name: name, Tier: t})
	}
	return out
}

func (s *Service) knownTier(name string) (catalog.Tier, error) {
	t, ok := s.Catalog.Get().Tier(name)
	if !ok {
		return t, problem.Invalid("programme_invalid", "There is no such tier.", problem.Field{Pointer: "/tier", Code: "unknown", Detail: "Choose one of the tiers."})
	}
	return t, nil
}

// Apply asks for a tier of the partner programme. Errors: Invalid
// `programme_invalid`; Conflict `partner_applied`, `partner_member`.
func (s *Service) Apply(ctx context.Context, by access.Principal, id, tier string, profile Profile) (Partner, error) {
	return s.partner(ctx, by, "apply", id, false, func(tx *store.Tx, g group.Group, p *Partner) error {
		if _, err := s.Groups.Active(tx, id); err != nil {
			return err
		}
		f := profile.Check()
		if _, err := s.knownTier(tier); err != nil {
			f = append(f, problem.Of(err).Fields...)
		}
		if len(f) > 0 {
			return problem.Invalid("programme_invalid", "Some of the fields need another look.", f...)
		}
		if err := p.apply(tx.Now(), by.User, tier, profile); err != nil {
			return err
		}
		return s.Notices.Send(tx, notice.Notice{Kind: "partner.applied", To: notice.To{Operators: true}, Subject: g.Name + " applies for the partner programme",
			Text: profile.Value, Link: "/operator/groups/" + id + "/programme"})
	})
}

// DecidePartner gives a group a tier, or none. What a tier brings holds at once.
func (s *Service) DecidePartner(ctx context.Context, by access.Principal, id string, d PartnerDecision) (Partner, error) {
	return s.partner(ctx, by, "decide", id, true, func(tx *store.Tx, g group.Group, p *Partner) error {
		if d.Revision != p.Revision {
			return errChanged(nil)
		}
		was := *p
		if d.Tier != "" {
			if _, err := s.knownTier(d.Tier); err != nil {
				return err
			}
		}
		if err := p.decide(tx.Now(), by.User, d); err != nil {
			return err
		}
		if err := s.bring(tx, by, id, was.Tier, p.Tier); err != nil {
			return err
		}
		n := notice.Notice{Kind: "partner.decided", Subject: g.Name + " is a partner now", Text: d.Reason}
		if d.Tier == "" {
			n.Subject, n.Severity = "About the partner programme and "+g.Name, notice.Warning
		}
		n.To, n.Link = notice.To{Group: id}, "/groups/"+id+"/programme"
		return s.Notices.Send(tx, n)
	})
}

// withTier is why a plan was assigned that a tier brings: only such a plan goes with
// the tier.
const withTier = "Comes with the group's tier."

// bring puts the group on the plan of its new tier and takes that of the old away.
func (s *Service) bring(tx *store.Tx, by access.Principal, id, from, to string) error {
	cat := s.Catalog.Get()
	old, _ := cat.Tier(from)
	now, _ := cat.Tier(to)
	if old.Plan == now.Plan {
		return nil
	}
	if old.Plan != "" {
		if err := s.Quota.EndPlanIn(tx, by, id, old.Plan, withTier); err != nil {
			return err
		}
	}
	if now.Plan == "" {
		return nil
	}
	return s.Quota.AssignIn(tx, by, quota.Assignment{Owner: id, Plan: now.Plan, Reason: withTier})
}

// partner is the one shape of every change of a partner.
func (s *Service) partner(ctx context.Context, by access.Principal, verb, id string, operator bool, rule func(*store.Tx, group.Group, *Partner) error) (Partner, error) {
	var out Partner
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := s.actor(tx, by, "partner:apply", id, operator)
		if err != nil {
			return err
		}
		p, err := findPartner(tx, id)
		if err != nil {
			return err
		}
		was := p
		if err := rule(tx, g, &p); err != nil {
			return err
		}
		if out, err = savePartner(tx, p); err != nil {
			return err
		}
		tx.Changed(GateTopic, id)
		return s.note(tx, by, "partner."+verb, g, was, out, out.Reason)
	})
	return out, err
}

// actor is reach for developers and decider for operators.
func (s *Service) actor(tx *store.Tx, by access.Principal, action, id string, operator bool) (group.Group, error) {
	if operator {
		return s.decider(tx, by, id)
	}
	return s.reach(tx, by, action, id)
}

func (s *Service) note(tx *store.Tx, by access.Principal, action string, g group.Group, before, after any, reason string) error {
	return s.Audit.Record(tx, by, audit.Change{Action: action, Target: "group/" + g.ID.String(), Name: g.Name, Group: g.ID.String(), Before: before, After: after, Reason: reason})
}

// AskPreview asks for a preview. Errors: Conflict `preview_asked`, `preview_enabled`.
func (s *Service) AskPreview(ctx context.Context, by access.Principal, id, preview, why string) (Access, error) {
	return s.access(ctx, by, "ask", id, preview, false, func(tx *store.Tx, g group.Group, a *Access) error {
		p, err := findPartner(tx, id)
		if err != nil {
			return err
		}
		if brings(s.Catalog.Get(), p.Tier, preview) {
			return problem.Conflict("preview_enabled", "The group may use this already: its tier brings it.")
		}
		if err := a.ask(tx.Now(), by.User, why); err != nil {
			return err
		}
		return s.Notices.Send(tx, notice.Notice{Kind: "preview.asked", To: notice.To{Operators: true}, Subject: g.Name + " asks for access to " + preview,
			Text: why, Link: "/operator/groups/" + id + "/programme"})
	})
}

// DecidePreview grants or refuses a preview, or takes it away; at once on every node.
func (s *Service) DecidePreview(ctx context.Context, by access.Principal, id, preview string, d AccessDecision) (Access, error) {
	verb := "refuse"
	if d.Grant {
		verb = "grant"
	}
	return s.access(ctx, by, verb, id, preview, true, func(tx *store.Tx, g group.Group, a *Access) error {
		if d.Revision != a.Revision {
			return errChanged(nil)
		}
		if err := a.decide(tx.Now(), by.User, d); err != nil {
			return err
		}
		n := notice.Notice{Kind: "preview.decided", To: notice.To{Group: id}, Subject: g.Name + " may use " + preview, Text: d.Reason, Link: "/groups/" + id + "/programme"}
		if !d.Grant {
			n.Subject, n.Severity = g.Name+" may not use "+preview, notice.Warning
		}
		return s.Notices.Send(tx, n)
	})
}

// access is the one shape of every change of a group's access to a preview.
func (s *Service) access(ctx context.Context, by access.Principal, verb, id, preview string, operator bool, rule func(*store.Tx, group.Group, *Access) error) (Access, error) {
	var out Access
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err := s.actor(tx, by, "partner:apply", id, operator)
		if err != nil {
			return err
		}
		if _, ok := s.Catalog.Get().Preview(preview); !ok {
			return problem.NotFound("preview")
		}
		a, err := findAccess(tx, id, preview)
		if err != nil {
			return err
		}
		was := a
		if err := rule(tx, g, &a); err != nil {
			return err
		}
		if out, err = saveAccess(tx, a); err != nil {
			return err
		}
		tx.Changed(GateTopic, id)
		return s.note(tx, by, "preview."+verb, g, was, out, out.Reason)
	})
	return out, err
}

// Waiting are the wishes that operators have not decided.
type Waiting struct {
	Partners []WaitingPartner `json:"partners" nullable:"false"`
	Previews []WaitingAccess  `json:"previews" nullable:"false"`
}

// WaitingPartner is a group that applied, or a member.
type WaitingPartner struct {
	Partner
	Name string `json:"name" doc:"Of the group"`
}

// WaitingAccess is a group that asked for a preview.
type WaitingAccess struct {
	Access
	Name string `json:"name" doc:"Of the group"`
}

// Waiting lists for operators what waits, the oldest first; with members also
// those that are in already.
func (s *Service) Waiting(ctx context.Context, by access.Principal, members bool) (Waiting, error) {
	out := Waiting{Partners: []WaitingPartner{}, Previews: []WaitingAccess{}}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("platform", "production:decide", access.Platform()); err != nil {
			return err
		}
		where := "state = 'applied'"
		if members {
			where = "state IN ('applied', 'member')"
		}
		partners, err := partnersWhere(tx, where)
		if err != nil {
			return err
		}
		for _, p := range partners {
			g, err := s.Groups.Load(tx, p.Group)
			if err != nil {
				return err
			}
			out.Partners = append(out.Partners, WaitingPartner{p, g.Name})
		}
		asked, err := accessesWhere(tx, "state = ?", AccessPending)
		if err != nil {
			return err
		}
		for _, a := range asked {
			g, err := s.Groups.Load(tx, a.Group)
			if err != nil {
				return err
			}
			out.Previews = append(out.Previews, WaitingAccess{a, g.Name})
		}
		return nil
	})
	return out, err
}
