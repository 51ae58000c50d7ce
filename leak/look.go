package leak

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
)

// Query is a part of a list: of an account, a developer group, a person, or, for
// the operator, of all.
type Query struct {
	Account string
	Group   string
	User    string
	Before  ID
	Limit   int
}

// Count is what was called in a time.
type Count struct {
	Calls  int64 `json:"calls"`
	Passed int64 `json:"passed" doc:"Calls that the product answered"`
}

// Done is one operation that was called.
type Done struct {
	Operation string    `json:"operation"`
	Method    string    `json:"method,omitempty"`
	Path      string    `json:"path,omitempty"`
	Count     Count     `json:"count" doc:"In the last 30 days"`
	Last      time.Time `json:"last" doc:"The hour of the last call"`
}

// Trace is what a leaked credential was used for.
type Trace struct {
	Shared     bool          `json:"shared" doc:"The figures are those of every token of the integration: short-lived tokens are not counted one by one"`
	Last       usage.Last    `json:"last,omitzero" doc:"The last call that got in; absent: none"`
	Day        Count         `json:"calls_24h"`
	Month      Count         `json:"calls_30d"`
	Since      Count         `json:"calls_since" doc:"From the hour of the first report on"`
	Operations []Done        `json:"operations" nullable:"false" doc:"In the last 30 days, the most recent first"`
	Places     []usage.Place `json:"places" nullable:"false" doc:"Networks from which the integration was used in the last 30 days"`
}

// Seen is a leak with what was done.
type Seen struct {
	Leak
	Trace Trace `json:"trace"`
}

// List gives leaks, the newest first, to the people of the account, group or
// person that it asks about, and all to the operator.
func (s *Service) List(ctx context.Context, by access.Principal, q Query) ([]Leak, error) {
	on, noun := access.Platform(), "platform"
	switch {
	case q.Account != "":
		on, noun = access.On("account", q.Account), "account"
	case q.Group != "":
		on, noun = access.On("group", q.Group), "group"
	case q.User != "":
		on, noun = access.On("user", q.User), "user"
	}
	if err := by.Reach(noun, "leak:view", on); err != nil {
		return nil, err
	}
	var out []Leak
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := list(tx, q)
		out = got
		return err
	})
	return out, err
}

// Get tells about one leak, to those whose credential it was and the operator.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Seen, error) {
	var out Seen
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l, err := findLeak(tx, "id = ?", id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(l.owners(), func(on access.Resource) bool { return by.May("leak:view", on) == nil }) {
			return problem.NotFound("leak")
		}
		out.Leak = l
		return nil
	})
	if err != nil {
		return out, err
	}
	out.Trace, err = s.trace(ctx, out.Leak)
	return out, err
}

// trace tells what a credential was used for.
func (s *Service) trace(ctx context.Context, l Leak) (Trace, error) {
	t := Trace{Shared: l.shared(), Operations: []Done{}, Places: []usage.Place{}}
	subject, filter := l.counted()
	if subject.ID == "" {
		return t, s.productUse(ctx, l, &t)
	}
	now := s.DB.Now()
	month := now.Add(-30 * 24 * time.Hour)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		last, err := s.Usage.LastUses(tx, subject.Kind, []string{subject.ID})
		if err != nil || l.Grant == "" {
			t.Last = last[subject.ID]
			return err
		}
		t.Last = last[subject.ID]
		places, err := s.Usage.Places(tx, usage.Subject{Kind: "grant", ID: l.Grant}, month)
		t.Places = append(t.Places, places...)
		return err
	})
	if err != nil {
		return t, err
	}
	for _, part := range []struct {
		from time.Time
		into *Count
	}{{now.Add(-24 * time.Hour), &t.Day}, {l.Reported, &t.Since}} {
		uses, err := s.Usage.Uses(ctx, usage.Who{Filter: filter, Since: part.from})
		if err != nil {
			return t, err
		}
		for _, u := range uses {
			part.into.add(u)
		}
	}
	uses, err := s.Usage.Uses(ctx, usage.Who{Filter: filter, Since: month})
	if err != nil {
		return t, err
	}
	for _, u := range uses {
		t.Month.add(u)
		t.operation(u)
	}
	if cat := s.Catalog.Get(); cat != nil {
		for i := range t.Operations {
			if r, ok := cat.Route(t.Operations[i].Operation); ok {
				t.Operations[i].Method, t.Operations[i].Path = r.Method, r.Template
			}
		}
	}
	return t, nil
}

func (c *Count) add(u usage.Use) {
	c.Calls += u.Calls
	c.Passed += u.Passed
}

func (t *Trace) operation(u usage.Use) {
	if u.Operation == "" {
		return // nothing that the product has
	}
	i := slices.IndexFunc(t.Operations, func(d Done) bool { return d.Operation == u.Operation })
	if i < 0 {
		i = len(t.Operations)
		t.Operations = append(t.Operations, Done{Operation: u.Operation})
	}
	d := &t.Operations[i]
	d.Count.add(u)
	if u.Last.After(d.Last) {
		d.Last = u.Last
	}
}

// productUse tells when a product key was last used: its calls are not counted.
func (s *Service) productUse(ctx context.Context, l Leak, t *Trace) error {
	return s.DB.Read(ctx, func(tx *store.Tx) error {
		k, err := s.Products.Load(tx, l.Credential)
		t.Last.At = k.LastUsed
		return err
	})
}
