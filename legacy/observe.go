package legacy

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/usage"
)

// Observed is what a key was seen to do, and the scopes with which something else
// could do exactly that.
type Observed struct {
	Since      time.Time  `json:"since"`
	Calls      []Observer `json:"calls" nullable:"false" doc:"The most recent first"`
	Scopes     []string   `json:"scopes" nullable:"false" doc:"What is needed for the calls that passed"`
	Unmet      []string   `json:"unmet,omitempty" doc:"Operations that the key called and no scope opens"`
	Everything bool       `json:"-"`
}

// Observer is one operation that a key called.
type Observer struct {
	Operation string    `json:"operation"`
	Method    string    `json:"method,omitempty"`
	Path      string    `json:"path,omitempty"`
	Calls     int64     `json:"calls"`
	Passed    int64     `json:"passed"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

// Observed tells what a key was used for in the last 90 days.
func (s *Service) Observed(ctx context.Context, by access.Principal, id ID) (Observed, error) {
	k, err := s.Get(ctx, by, id)
	if err != nil {
		return Observed{}, err
	}
	return s.observed(ctx, k)
}

func (s *Service) observed(ctx context.Context, k Key) (Observed, error) {
	out := Observed{Since: s.DB.Now().Add(-usage.UsesMost), Calls: []Observer{}, Scopes: []string{}}
	uses, err := s.Usage.Uses(ctx, usage.Who{Filter: usage.Filter{Grant: k.Grant}, Since: out.Since})
	if err != nil {
		return out, err
	}
	cat := s.Catalog.Get()
	at := map[string]int{}
	var passed []string
	for _, u := range uses {
		if u.Operation == "" {
			continue // nothing that the product has
		}
		i, there := at[u.Operation]
		if !there {
			i = len(out.Calls)
			at[u.Operation] = i
			one := Observer{Operation: u.Operation, First: u.First, Last: u.Last}
			if r, ok := cat.Route(u.Operation); ok {
				one.Method, one.Path = r.Method, r.Template
			}
			out.Calls = append(out.Calls, one)
		}
		o := &out.Calls[i]
		o.Calls, o.Passed = o.Calls+u.Calls, o.Passed+u.Passed
		if u.First.Before(o.First) {
			o.First = u.First
		}
		if u.Last.After(o.Last) {
			o.Last = u.Last
		}
	}
	for _, o := range out.Calls {
		if o.Passed > 0 {
			passed = append(passed, o.Operation)
		}
	}
	from := k.Scopes
	if k.Everything {
		from = cat.Scopes()
	}
	out.Scopes, out.Unmet = cat.Covering(passed, from)
	if out.Scopes == nil {
		out.Scopes = []string{}
	}
	return out, nil
}
