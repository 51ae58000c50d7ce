package apitoken

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
)

// UsualMost is how many tokens an account has when nothing is configured.
const UsualMost = 500

// Tokens holds the operations on personal and service tokens.
type Tokens struct {
	DB       *store.DB
	Audit    *audit.Log
	Accounts *account.Service
	Grants   *grant.Service
	Secrets  *token.Service
	Roles    *role.Service
	Catalog  *catalog.Current
	Most     int // tokens of one account; 0: UsualMost
}

// Made is a new token with its secret, which is never shown again.
type Made struct {
	APIToken
	Token token.Issued
}

// Create makes a personal token of the caller or a service token of the account.
// Errors: Invalid `api_token_invalid`, `role_unknown`; Forbidden
// `role_exceeds_giver`; Conflict `api_token_limit`.
func (s *Tokens) Create(ctx context.Context, by access.Principal, acc account.ID, k Kind, d Draft) (Made, error) {
	var out Made
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		t := APIToken{ID: ident.New[APIToken](tx.Now()), Account: acc.String(), Kind: k, Creator: by.User, Name: strings.TrimSpace(d.Name),
			Description: strings.TrimSpace(d.Description), Roles: d.Roles, Policy: d.Policy, State: Active, Created: tx.Now()}
		if err := s.mayCreate(tx, by, &t); err != nil {
			return err
		}
		if f := d.check(s.scope); len(f) > 0 {
			return invalid(f)
		}
		have, err := all(tx, t.Account, "")
		if err != nil {
			return err
		}
		if len(have) >= s.most() {
			return problem.Conflict("api_token_limit", "This account has as many tokens as it may have. Delete some that nobody uses.")
		}
		g, err := s.grantOf(tx, by, &t, d.Scopes)
		if err != nil {
			return err
		}
		t.Grant = g.ID.String()
		for _, r := range t.Roles {
			if err := s.Roles.PutHold(tx, t.Account, r, role.Hold{Holder: "apitoken/" + t.ID.String(), Name: t.Name, Grant: t.Grant}); err != nil {
				return err
			}
		}
		i, err := s.Secrets.Issue(tx, token.Order{Grant: g, Kind: token.Static, Life: time.Duration(d.Days) * 24 * time.Hour})
		if err != nil {
			return err
		}
		if err := insert(tx, t); err != nil {
			return err
		}
		out = Made{t, i}
		return s.record(tx, by, "create", nil, t)
	})
	return out, err
}

func (s *Tokens) most() int {
	if s.Most > 0 {
		return s.Most
	}
	return UsualMost
}

func (s *Tokens) scope(name string) bool {
	c := s.Catalog.Get()
	if c == nil {
		return false
	}
	_, ok := c.Scope(name)
	return ok
}

// mayCreate authorises and sets the owner of a personal token: the caller, who
// has to be a member.
func (s *Tokens) mayCreate(tx *store.Tx, by access.Principal, t *APIToken) error {
	if _, err := s.Accounts.Load(tx, t.Account); err != nil {
		return err
	}
	if t.Kind == Service {
		return by.Reach("account", "service_token:create", account.Resource(t.Account))
	}
	t.Owner = by.User
	if by.User == "" {
		return by.Reach("account", "token:create", account.Resource(t.Account))
	}
	if _, err := s.Accounts.Member(tx, t.Account, by.User); err != nil {
		if problem.CodeOf(err) == "not_found" {
			return problem.NotFound("account")
		}
		return err
	}
	return by.Reach("account", "token:create", access.On("account", t.Account, "member", by.User))
}

// grantOf makes the grant behind the token. What a service token gets is bounded
// by the giver now; a personal one by its owner whenever it is used, and by the
// token with which it was made, if it was.
func (s *Tokens) grantOf(tx *store.Tx, by access.Principal, t *APIToken, scopes []string) (grant.Grant, error) {
	policies, err := s.policies(tx, *t)
	if err != nil {
		return grant.Grant{}, err
	}
	if t.Kind == Service || by.Grant != "" {
		if err := s.Roles.MayGive(tx, by, t.Account, policies); err != nil {
			return grant.Grant{}, err
		}
	}
	// The product wants to know who acts: a service token acts as itself.
	g := grant.Grant{Kind: grant.KindService, Account: t.Account, Holder: t.Holder(), Subject: t.ID.String(), SubjectKey: t.ID.String(),
		Scopes: scopes, Layers: [][]access.Policy{policies}}
	if len(scopes) == 0 && s.Catalog.Get() != nil {
		g.Scopes = s.Catalog.Get().Scopes()
	}
	if t.Kind == Personal {
		g.Kind, g.Subject = grant.KindMember, t.Owner
		if g.SubjectKey, err = productKey(tx, t.Owner); err != nil {
			return grant.Grant{}, err
		}
		if g.SubjectKey == "" {
			g.SubjectKey = t.Owner // a person whom the product does not know under a key of its own
		}
	}
	return s.Grants.Create(tx, g)
}

// policies are the token's own layer.
func (s *Tokens) policies(tx *store.Tx, t APIToken) ([]access.Policy, error) {
	if len(t.Policy) == 0 {
		return s.Roles.Policies(tx, t.Account, t.Roles)
	}
	if _, err := t.Policy.Compile(nil); err != nil {
		return nil, err
	}
	return []access.Policy{t.Policy}, nil
}

func (s *Tokens) record(tx *store.Tx, by access.Principal, action string, before any, t APIToken) error {
	return s.Audit.Record(tx, by, audit.Change{Action: t.noun() + "." + action, Target: t.Holder(), Name: t.Name, Account: t.Account, User: t.Owner, Before: before, After: t})
}

// List gives the service tokens of the account and the caller's own personal
// ones; everybody's with everybody set, for those who may see them.
func (s *Tokens) List(ctx context.Context, by access.Principal, acc account.ID, everybody bool) ([]APIToken, error) {
	out := []APIToken{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		on := account.Resource(acc.String())
		if _, err := s.Accounts.Load(tx, acc.String()); err != nil {
			return err
		}
		if err := by.See("account", on); err != nil {
			return err
		}
		if everybody {
			if err := by.May("token:list_all", on); err != nil {
				return err
			}
		}
		got, err := all(tx, acc.String(), "")
		for _, t := range got {
			if t.Kind == Service && by.CanSee(t.Resource()) || t.Owner != "" && t.Owner == by.User || everybody {
				out = append(out, t)
			}
		}
		return err
	})
	return out, err
}

// load finds a token that by may do the action to. Other people's personal tokens
// are an administrator's affair.
func (s *Tokens) load(tx *store.Tx, by access.Principal, verb string, id ID) (APIToken, error) {
	t, err := find(tx, "id = ?", id)
	if err != nil {
		return t, err
	}
	if t.Kind == Personal && t.Owner != by.User && by.May("token:list_all", account.Resource(t.Account)) != nil {
		return APIToken{}, problem.NotFound("token")
	}
	return t, by.Reach("token", s.action(t, verb), t.Resource())
}

// action is what a right to do it is called: what members may do with their own
// is token:*.
func (s *Tokens) action(t APIToken, verb string) string {
	if t.Kind == Personal {
		return "token:" + verb
	}
	return "service_token:" + verb
}

// Get gives one token.
func (s *Tokens) Get(ctx context.Context, by access.Principal, id ID) (APIToken, error) {
	var out APIToken
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		t, err := s.load(tx, by, "view", id)
		out = t
		return err
	})
	if err != nil {
		return APIToken{}, err
	}
	return out, nil
}

// OfGrant is Get by the grant, which secrets name.
func (s *Tokens) OfGrant(ctx context.Context, by access.Principal, grantID string) (APIToken, error) {
	var out APIToken
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		t, err := find(tx, "grant_id = ?", grantID)
		if err != nil {
			return err
		}
		out, err = s.load(tx, by, "view", t.ID)
		return err
	})
	if err != nil {
		return APIToken{}, err
	}
	return out, nil
}

// Words are the parts of a token that can change; nil: stays.
type Words struct {
	Name        *string `json:"name,omitempty" maxLength:"400"`
	Description *string `json:"description,omitempty" maxLength:"4000"`
}

// Rename changes name and description. Errors: Invalid `api_token_invalid`;
// Conflict `api_token_deleted`.
func (s *Tokens) Rename(ctx context.Context, by access.Principal, id ID, w Words) (APIToken, error) {
	return s.change(ctx, by, verb{id, "update"}, func(_ *store.Tx, t *APIToken) error {
		if w.Name != nil {
			t.Name = strings.TrimSpace(*w.Name)
		}
		if w.Description != nil {
			t.Description = strings.TrimSpace(*w.Description)
		}
		if f := checkWords(t.Name, t.Description); len(f) > 0 {
			return invalid(f)
		}
		return nil
	})
}

// Delete ends the token and every generation of its secret at once.
func (s *Tokens) Delete(ctx context.Context, by access.Principal, id ID) (APIToken, error) {
	return s.change(ctx, by, verb{id, "delete"}, func(tx *store.Tx, t *APIToken) error { return s.end(tx, t) })
}

func (s *Tokens) end(tx *store.Tx, t *APIToken) error {
	t.State, t.Deleted = Deleted, tx.Now()
	if err := s.Secrets.RevokeGrant(tx, t.Grant, "deleted"); err != nil {
		return err
	}
	if _, err := s.Grants.SetState(tx, t.Grant, grant.Ended, "deleted"); err != nil {
		return err
	}
	return s.Roles.DropHolds(tx, t.Account, "apitoken/"+t.ID.String())
}

type verb struct {
	id   ID
	name string
}

func (s *Tokens) change(ctx context.Context, by access.Principal, do verb, f func(tx *store.Tx, t *APIToken) error) (APIToken, error) {
	var out APIToken
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err := s.load(tx, by, do.name, do.id)
		if err != nil {
			return err
		}
		if t.State != Active {
			return problem.Conflict("api_token_deleted", "This token was deleted.")
		}
		before := t
		if err := f(tx, &t); err != nil {
			return err
		}
		if err := save(tx, t, before.State); err != nil {
			return err
		}
		out = t
		return s.record(tx, by, do.name, before, t)
	})
	if err != nil {
		return APIToken{}, err
	}
	return out, nil
}

// MemberChanged ends the personal tokens of somebody who has left: coming back
// does not bring them back. It joins.
func (s *Tokens) MemberChanged(tx *store.Tx, acc, user string, left bool) error {
	if !left {
		return nil
	}
	own, err := all(tx, acc, user)
	if err != nil {
		return err
	}
	for _, t := range own {
		before := t
		if err := s.end(tx, &t); err != nil {
			return err
		}
		if err := save(tx, t, before.State); err != nil {
			return err
		}
		if err := s.record(tx, access.System("left the account"), "delete", before, t); err != nil {
			return err
		}
	}
	return nil
}

// RoleChanged gives the tokens that refer to a role its present policy. It joins.
func (s *Tokens) RoleChanged(tx *store.Tx, acc, changed string) error {
	tokens, err := all(tx, acc, "")
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if !slices.Contains(t.Roles, changed) {
			continue
		}
		policies, err := s.policies(tx, t)
		if err != nil {
			return err
		}
		_, err = s.Grants.Change(tx, t.Grant, func(g *grant.Grant) error {
			g.Layers = [][]access.Policy{policies}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Keeper says who may do what to the secrets of a token: whoever may do it to the
// token. It is one of token.Service.
func (s *Tokens) Keeper(tx *store.Tx, by access.Principal, action string, g grant.Grant) error {
	t, err := find(tx, "grant_id = ?", g.ID.String())
	if err != nil {
		return err
	}
	_, name, _ := strings.Cut(action, ":")
	_, err = s.load(tx, by, name, t.ID)
	return err
}

// Describe tells who hears of a token: its owner, or the account's administrators.
// It is one of token.Service.
func (s *Tokens) Describe(tx *store.Tx, g grant.Grant) (token.Holder, error) {
	t, err := find(tx, "grant_id = ?", g.ID.String())
	if err != nil {
		return token.Holder{}, err
	}
	h := token.Holder{Name: t.Name, Link: t.Page(), To: []notice.To{{User: t.Owner}}}
	if t.Kind == Service {
		h.To = []notice.To{{Account: t.Account, AccountRole: access.AccountAdmin}}
	}
	return h, nil
}
