package private

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
	"github.com/guestright/guestright/webhook"
)

// Listed is a private integration with what lists show of it.
type Listed struct {
	Integration
	AccountName string    `json:"account_name"`
	AccountKey  string    `json:"account_key" doc:"The product's own key of the account"`
	OwnerName   string    `json:"owner_name,omitempty" doc:"Absent when the owner has left"`
	LastUsed    time.Time `json:"last_used,omitzero"`
	Operation   string    `json:"last_operation,omitempty"`
	Network     string    `json:"last_network,omitempty" doc:"/24 of IPv4, /48 of IPv6"`
	Tokens      int       `json:"tokens" doc:"Tokens that work"`
	Warnings    []Warning `json:"warnings" nullable:"false" doc:"owner_left, unused, never_used, rotation_due, scope_gone, no_token, high_risk"`
	Parent      string    `json:"-"` // of the account
	// Manages tells whether whoever asks may change it.
	Manages bool `json:"manages" doc:"You may change it"`
}

// From says which integrations a list is about, seen from an account.
type From string

// The lists.
const (
	FromOwn      From = "own"      // of the account itself
	FromChildren From = "children" // of its child accounts
	FromParent   From = "parent"   // of its parent, as far as they act in the account
)

// Get loads one for the people of its account and of the parent, and for itself.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Listed, error) {
	var out []Listed
	err := s.within(ctx, by, id, func(tx *store.Tx, l loaded) error {
		got, err := s.listed(tx, []Integration{l.Integration})
		if err != nil {
			return err
		}
		got[0].Manages = l.standing.manage && (!l.Reach.Wide() || l.standing.wide)
		out = got
		return nil
	})
	if err != nil {
		return Listed{}, err
	}
	return out[0], nil
}

// OfGrant is Get by the grant, which tokens name.
func (s *Service) OfGrant(ctx context.Context, by access.Principal, grantID string) (Listed, error) {
	var id ID
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		i, err := find(tx, "grant_id = ?", grantID)
		id = i.ID
		return err
	})
	if err != nil {
		return Listed{}, err
	}
	return s.Get(ctx, by, id)
}

// List gives private integrations as an account sees them, deleted ones that can
// be restored included.
func (s *Service) List(ctx context.Context, by access.Principal, acc account.ID, from From) ([]Listed, error) {
	var out []Listed
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.Load(tx, acc.String())
		if err != nil {
			return err
		}
		st, err := s.standing(tx, by, a)
		if err != nil {
			return err
		}
		if !st.see {
			return problem.NotFound("account")
		}
		var got []Integration
		manages := func(i Integration) bool { return st.manage && (!i.Reach.Wide() || st.wide) }
		switch from {
		case FromChildren:
			if !st.wide && by.May(ActionViewChildren, account.Resource(acc.String())) != nil {
				return forbidden(ActionViewChildren, account.Resource(acc.String()))
			}
			got, err = ofChildren(tx, acc.String())
			manages = func(Integration) bool { return st.wide }
		case FromParent:
			got, err = s.above(tx, a)
			manages = func(Integration) bool { return false }
		default:
			got, err = list(tx, "p.account = ? AND p.state <> ?", acc, Gone)
		}
		if err != nil {
			return err
		}
		if out, err = s.listed(tx, got); err != nil {
			return err
		}
		for k := range out {
			out[k].Manages = manages(out[k].Integration)
		}
		return nil
	})
	return out, err
}

// above lists the parent's integrations that act in an account.
func (s *Service) above(tx *store.Tx, a account.Account) ([]Integration, error) {
	if a.Parent == "" {
		return nil, nil
	}
	all, err := list(tx, "p.account = ? AND p.state NOT IN (?, ?)", a.Parent, Deleted, Gone)
	return slices.DeleteFunc(all, func(i Integration) bool { return !i.Reach.Covers(a.ID.String()) }), err
}

// listed adds what lists show, with a few queries for all of them.
func (s *Service) listed(tx *store.Tx, all []Integration) ([]Listed, error) {
	out := make([]Listed, len(all))
	grants := make([]string, len(all))
	for k, i := range all {
		out[k].Integration, grants[k] = i, i.Grant
	}
	last, err := s.Usage.LastUses(tx, "grant", grants)
	if err != nil {
		return nil, err
	}
	tokens, err := liveTokens(tx, grants, tx.Now())
	if err != nil {
		return nil, err
	}
	accounts, people := map[string]account.Account{}, map[string]string{}
	for k := range out {
		l := &out[k]
		a, ok := accounts[l.Account]
		if !ok {
			if a, err = s.Accounts.Load(tx, l.Account); err != nil {
				return nil, err
			}
			accounts[l.Account] = a
			for _, acc := range []string{a.Parent, l.Account} {
				if acc == "" {
					continue
				}
				members, err := s.Accounts.MembersOf(tx, acc)
				if err != nil {
					return nil, err
				}
				for _, m := range members {
					people[l.Account+"/"+m.User] = cmp.Or(m.Name, m.Email)
				}
			}
		}
		l.Parent = a.Parent
		l.AccountName, l.AccountKey, l.OwnerName = a.Name, a.Key, people[l.Account+"/"+l.Owner]
		use, live := last[l.Grant], tokens[l.Grant]
		l.LastUsed, l.Operation, l.Network, l.Tokens = use.At, use.Operation, use.Network, live.n
		f := facts{OwnerHere: l.OwnerName != "", Last: use, Token: live.newest}
		f.ScopeGone, f.HighRisk = s.scopeFacts(l.Scopes)
		l.Warnings = l.Integration.warnings(tx.Now(), f)
	}
	return out, nil
}

func (s *Service) scopeFacts(scopes []string) (gone, risky bool) {
	cat := s.Catalog.Get()
	for _, name := range scopes {
		sc, ok := cat.Scope(name)
		gone, risky = gone || !ok, risky || sc.Risk == "high"
	}
	return gone, risky
}

// Reached is an account in which an integration may act.
type Reached struct {
	ID   account.ID `json:"id"`
	Key  string     `json:"key" doc:"The product's own key, with which calls name the account"`
	Name string     `json:"name"`
}

// ReachedBy lists where an integration may act now: its own account first. Those
// who run it see it too, with its token.
func (s *Service) ReachedBy(ctx context.Context, by access.Principal, id ID) ([]Reached, error) {
	var out []Reached
	err := s.within(ctx, by, id, func(tx *store.Tx, l loaded) error {
		out = []Reached{{ID: l.account.ID, Key: l.account.Key, Name: l.account.Name}}
		if !l.Reach.Wide() {
			return nil
		}
		children, err := s.Accounts.ChildrenOf(tx, l.Account)
		slices.SortFunc(children, func(a, b account.Account) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key)) })
		for _, c := range children {
			if c.State == account.Active && l.Reach.Covers(c.ID.String()) {
				out = append(out, Reached{ID: c.ID, Key: c.Key, Name: c.Name})
			}
		}
		return err
	})
	return out, err
}

// Choices is what a form offers: who may answer for an integration, and the child
// accounts it may act in, none where the caller may not let it.
type Choices struct {
	Account  account.Account
	Members  []account.Member
	Children []account.Account
	Wide     bool // the caller may let an integration act in the children
}

// Choices lists what somebody can choose from who creates or changes integrations
// of an account.
func (s *Service) Choices(ctx context.Context, by access.Principal, acc account.ID) (Choices, error) {
	var out Choices
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l, err := s.place(tx, by, acc)
		if err != nil {
			return err
		}
		out.Account, out.Wide = l.account, l.standing.wide
		for _, id := range []string{acc.String(), l.account.Parent} {
			if id == "" {
				continue
			}
			members, err := s.Accounts.MembersOf(tx, id)
			if err != nil {
				return err
			}
			for _, m := range members {
				if !slices.ContainsFunc(out.Members, func(have account.Member) bool { return have.User == m.User }) {
					out.Members = append(out.Members, m)
				}
			}
		}
		if l.standing.wide {
			out.Children, err = s.Accounts.ChildrenOf(tx, acc.String())
		}
		return err
	})
	return out, err
}

// Use is what an integration has called lately, in every account.
type Use struct {
	Day        usage.Series // the last 24 hours
	Operations []usage.Part // of them
	Month      []usage.Part // by operation, the last 30 days
}

// Use tells what an integration has called lately.
func (s *Service) Use(ctx context.Context, by access.Principal, id ID) (Use, error) {
	f := usage.Filter{}
	var out Use
	err := s.within(ctx, by, id, func(_ *store.Tx, l loaded) error {
		f.Grant = l.Grant
		return nil
	})
	if err != nil {
		return out, err
	}
	by = access.System("use of a private integration") // whoever may see it may see its calls, wherever they were
	if out.Day, err = s.Usage.Series(ctx, by, usage.Query{Filter: f, Step: usage.StepQuarter}); err != nil {
		return out, err
	}
	if out.Operations, err = s.Usage.Parts(ctx, by, usage.Query{Filter: f, Step: usage.StepQuarter}, usage.ByOperation); err != nil {
		return out, err
	}
	out.Month, err = s.Usage.Parts(ctx, by, usage.Query{Filter: f, Step: usage.StepDay}, usage.ByOperation)
	return out, err
}

// Owns reports whether a token is one of the integration's, usable or not. It is
// for those who may change the integration.
func (s *Service) Owns(ctx context.Context, by access.Principal, id ID, raw secret.Text) (bool, error) {
	own := false
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l, err := s.managed(tx, by, id)
		if err != nil {
			return err
		}
		t, err := s.Tokens.Find(tx, raw.Reveal())
		if absent(err) {
			return nil
		}
		own = t.Grant == l.Grant
		return err
	})
	return own, err
}

// used asks the records of calls under a grant, in whatever account they were;
// the caller has been authorised.
func (s *Service) used(ctx context.Context, grantID string, by usage.Dimension) ([]usage.Part, error) {
	now := s.DB.Now()
	return s.Usage.Parts(ctx, access.System("use of a private integration"), usage.Query{Filter: usage.Filter{Grant: grantID}, From: now.Add(-ImpactOver), Step: usage.StepHour}, by)
}

// called counts the calls that passed, by operation.
func (s *Service) called(ctx context.Context, grantID string) (map[string]int64, error) {
	parts, err := s.used(ctx, grantID, usage.ByOperation)
	out := map[string]int64{}
	for _, p := range parts {
		if n := p.Outcomes[usage.OK] + p.Outcomes[usage.ProductError]; n > 0 {
			out[p.Name] = n
		}
	}
	return out, err
}

// Impact tells what would stop if the integration were deleted.
func (s *Service) Impact(ctx context.Context, by access.Principal, id ID) (Impact, error) {
	out := Impact{Since: s.DB.Now().Add(-ImpactOver), Operations: []Affected{}, Accounts: []Called{}, Sources: []Source{}}
	grantID := ""
	names := map[string]string{}
	err := s.within(ctx, by, id, func(tx *store.Tx, l loaded) error {
		grantID = l.Grant
		there, err := liveTokens(tx, []string{l.Grant}, tx.Now())
		if err != nil {
			return err
		}
		out.Tokens = there[l.Grant].n
		hooks, err := webhook.Wanted(tx, l.Grant)
		if err != nil {
			return err
		}
		out.Webhooks = len(hooks)
		places, err := s.Usage.Places(tx, usage.Subject{Kind: "grant", ID: l.Grant}, out.Since)
		if err != nil {
			return err
		}
		for _, p := range places {
			out.Sources = append(out.Sources, Source{Network: p.Network, Last: p.At})
			if p.At.After(out.Last) {
				out.Last = p.At
			}
		}
		names[l.Account] = l.account.Name
		children, err := s.Accounts.ChildrenOf(tx, l.Account)
		for _, c := range children {
			names[c.ID.String()] = c.Name
		}
		return err
	})
	if err != nil {
		return out, err
	}
	parts, err := s.used(ctx, grantID, usage.ByOperation)
	if err != nil {
		return out, err
	}
	for _, p := range parts {
		out.Calls += p.Total
		out.Refused += p.Total - p.Outcomes[usage.OK] - p.Outcomes[usage.ProductError]
		if p.Name != "" {
			out.Operations = append(out.Operations, Affected{Operation: p.Name, Calls: p.Total})
		}
	}
	if parts, err = s.used(ctx, grantID, usage.ByAccount); err != nil {
		return out, err
	}
	for _, p := range parts {
		out.Accounts = append(out.Accounts, Called{Account: p.Name, Name: names[p.Name], Calls: p.Total})
	}
	return out, nil
}
