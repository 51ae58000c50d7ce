package role

import (
	"context"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Reading is what a policy says, for whoever writes it.
type Reading struct {
	Statements []Spoken `json:"statements" nullable:"false"`
	Attributes []string `json:"attributes" nullable:"false" doc:"Keys of the role attributes that it mentions; each assignment gives their values"`
	Beyond     string   `json:"beyond,omitempty" doc:"The first thing that it allows and you do not hold, so that you could not give it"`
}

// Spoken is one statement in words.
type Spoken struct {
	Effect access.Effect   `json:"effect" enum:"allow,deny"`
	Text   string          `json:"text" doc:"The statement in words"`
	Notes  []problem.Field `json:"notes" nullable:"false" doc:"What is legal and probably not meant"`
}

// Read says what a policy means and whether by could give it. Nothing is stored.
// Errors: Invalid `policy.invalid`.
func (s *Service) Read(ctx context.Context, by access.Principal, acc account.ID, p access.Policy) (Reading, error) {
	var out Reading
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.open(tx, by, "role:view", acc.String()); err != nil {
			return err
		}
		if f := p.Check("/policy"); len(f) > 0 {
			return problem.Invalid("policy.invalid", "The policy has faults.", f...)
		}
		out = s.Say(p)
		err := s.MayGive(tx, by, acc.String(), []access.Policy{p})
		if problem.CodeOf(err) == "role_exceeds_giver" {
			out.Beyond, err = problem.Of(err).Detail, nil
		}
		return err
	})
	return out, err
}

// Say puts a policy into words.
func (s *Service) Say(p access.Policy) Reading {
	out := Reading{Statements: make([]Spoken, len(p)), Attributes: p.Attributes()}
	if out.Attributes == nil {
		out.Attributes = []string{}
	}
	var w access.Words
	c := s.Catalog.Get()
	if c != nil {
		w = c.Words()
	}
	for i, st := range p {
		one := access.Policy{st}
		notes := append([]problem.Field{}, one.Lint("")...)
		if c != nil {
			notes = append(notes, guess(one.Unheard("", s.known()), st, c)...)
		}
		out.Statements[i] = Spoken{Effect: st.Effect, Text: w.Sentence(st), Notes: notes}
	}
	return out
}

// guess adds to unknown actions what they are perhaps meant to be.
func guess(notes []problem.Field, st access.Statement, c *catalog.Catalog) []problem.Field {
	var names []string
	for i, n := range notes {
		if n.Code != "policy.action_unknown" {
			continue
		}
		if names == nil {
			for _, a := range c.Actions() {
				names = append(names, a.Name)
			}
		}
		at, err := strconv.Atoi(n.Pointer[strings.LastIndexByte(n.Pointer, '/')+1:])
		if err != nil || at >= len(st.Actions) {
			continue
		}
		if near := catalog.Nearest(st.Actions[at], names); near != "" {
			notes[i].Detail += " Did you mean “" + near + "”?"
		}
	}
	return notes
}

// KeyOf makes a key of a name; empty when nothing of the name can stand in one.
func KeyOf(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || b.Len() > 0 && r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			gap = false
			continue
		}
		gap = true
	}
	return strings.TrimSuffix(b.String()[:min(b.Len(), keyMost)], "-")
}
