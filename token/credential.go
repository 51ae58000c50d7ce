package token

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/usage"
)

// Holder is what people call the holder of a grant and who hears of its tokens.
type Holder struct {
	Name string
	Link string // its page in the console, "" if it has none
	To   []notice.To
}

// Describe tells about the holder of a grant. It joins.
type Describe func(tx *store.Tx, g grant.Grant) (Holder, error)

// Finding is something about a credential that its account's policy minds.
type Finding string

// The findings.
const (
	RotationDue Finding = "rotation_due" // older than the policy wants
	Unused      Finding = "unused"       // about to be disabled for disuse
	IsDisabled  Finding = "disabled"     // for disuse
)

// Credential is one static token of an account as a report shows it.
type Credential struct {
	Token    ID         `json:"token"`
	Hint     string     `json:"hint" doc:"Last four characters"`
	Grant    string     `json:"grant"`
	Kind     grant.Kind `json:"kind" enum:"private,member,service" doc:"Of a private integration, a person or the account"`
	Name     string     `json:"name"`
	Link     string     `json:"-"`
	State    State      `json:"state" enum:"active,retiring,disabled,expired,revoked"`
	Created  time.Time  `json:"created"`
	AgeDays  int        `json:"age_days"`
	Expires  time.Time  `json:"expires,omitzero"`
	Last     usage.Last `json:"last,omitzero" doc:"The last call that got in; absent: never"`
	Deadline time.Time  `json:"deadline,omitzero" doc:"When it is disabled for disuse, as the notices said"`
	Findings []Finding  `json:"findings" nullable:"false" enum:"rotation_due,unused,disabled" doc:"What the account's policy minds about it"`
}

// held is a token with everything that a report or a sweep needs.
type held struct {
	token  Token
	grant  grant.Grant
	holder Holder
	last   usage.Last
}

func (h held) credential(now time.Time, p Policy) Credential {
	t := h.token.seen(now)
	c := Credential{Token: t.ID, Hint: t.Hint, Grant: t.Grant, Kind: h.grant.Kind, Name: h.holder.Name, Link: h.holder.Link, State: t.State,
		Created: t.Created, AgeDays: int(now.Sub(t.Created) / day), Expires: t.Expires, Last: h.last, Deadline: t.Deadline, Findings: []Finding{}}
	if rotate := p.terms(t).rotate; rotate > 0 && t.State == Active && now.Sub(t.Created) >= rotate {
		c.Findings = append(c.Findings, RotationDue)
	}
	switch {
	case t.State == Disabled:
		c.Findings = append(c.Findings, IsDisabled)
	case t.Warned > 0 && t.Usable(now):
		c.Findings = append(c.Findings, Unused)
	}
	return c
}

// Credentials is the compliance list of an account: every static token that is
// not over, the oldest first, with what its policy minds.
func (s *Service) Credentials(ctx context.Context, by access.Principal, id account.ID) ([]Credential, error) {
	out := []Credential{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.ofAccount(tx, by, "token:list_all", id); err != nil {
			return err
		}
		p, err := policyOf(tx, id.String())
		if err != nil {
			return err
		}
		all, err := s.held(tx, id.String())
		for _, h := range all {
			if c := h.credential(tx.Now(), p); c.State != Expired {
				out = append(out, c)
			}
		}
		return err
	})
	return out, err
}

// held gives an account's static tokens that are not over, the oldest first.
func (s *Service) held(tx *store.Tx, accountID string) ([]held, error) {
	of, err := standing(tx, accountID)
	if err != nil {
		return nil, err
	}
	tokens := of[accountID]
	ids := make([]string, len(tokens))
	for i, t := range tokens {
		ids[i] = t.ID.String()
	}
	last, err := s.Usage.LastUses(tx, Subject, ids)
	if err != nil {
		return nil, err
	}
	known := map[string]held{}
	out := make([]held, 0, len(tokens))
	for i, t := range tokens {
		h, ok := known[t.Grant]
		if !ok {
			if h, err = s.describe(tx, t.Grant); err != nil {
				return nil, err
			}
			known[t.Grant] = h
		}
		h.token, h.last = t, last[ids[i]]
		out = append(out, h)
	}
	return out, nil
}

func (s *Service) describe(tx *store.Tx, grantID string) (held, error) {
	g, err := (&grant.Service{}).Load(tx, grantID)
	if err != nil {
		return held{}, err
	}
	h := held{grant: g, holder: Holder{Name: g.Holder, To: []notice.To{{Account: g.Account, AccountRole: access.AccountAdmin}}}}
	if d := s.Holders[g.Kind]; d != nil {
		h.holder, err = d(tx, g)
	}
	return h, err
}
