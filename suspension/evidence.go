package suspension

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
)

// Called is what was called in one account with one operation.
type Called struct {
	Account   string    `json:"account" doc:"Id of the account"`
	Grant     string    `json:"grant"`
	Family    string    `json:"family" doc:"Kind of the grant"`
	Operation string    `json:"operation" doc:"Absent where the product has no such operation"`
	Method    string    `json:"method,omitempty"`
	Path      string    `json:"path,omitempty"`
	Changes   bool      `json:"changes" doc:"The operation changes something; false: it reads"`
	Calls     int64     `json:"calls"`
	Passed    int64     `json:"passed" doc:"Calls that the product answered"`
	First     time.Time `json:"first" doc:"The hour of the first call"`
	Last      time.Time `json:"last" doc:"The hour of the last call"`
}

// Evidence is what was read and changed since a time, at most 90 days ago, in
// every account: for operators. The zero time: the last 30 days before it began.
func (s *Service) Evidence(ctx context.Context, by access.Principal, id ID, since time.Time) ([]Called, error) {
	var one Suspension
	families := map[string]grant.Kind{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("platform", "platform:suspend", access.Platform()); err != nil {
			return err
		}
		var err error
		one, err = find(tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if since.IsZero() {
		since = one.Began.Add(-30 * 24 * time.Hour)
	}
	who := usage.Who{Since: since, Filter: usage.Filter{Application: one.Target.ID}}
	if one.Target.Kind == KindGroup {
		who.Filter = usage.Filter{Group: one.Group}
	}
	uses, err := s.Usage.Uses(ctx, who)
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		for _, u := range uses {
			if _, known := families[u.Grant]; known || u.Grant == "" {
				continue
			}
			g, err := (&grant.Service{}).Load(tx, u.Grant)
			if err != nil && !absent(err) {
				return err
			}
			families[u.Grant] = g.Kind
		}
		return nil
	})
	out := []Called{}
	for _, u := range uses {
		c := Called{Account: u.Account, Grant: u.Grant, Family: string(families[u.Grant]), Operation: u.Operation, Calls: u.Calls, Passed: u.Passed, First: u.First, Last: u.Last}
		if one.Target.Kind == KindTokens && c.Family != one.Target.Family {
			continue
		}
		if r, ok := s.Catalog.Get().Route(u.Operation); ok {
			c.Method, c.Path = r.Method, r.Template
			c.Changes = r.Method != http.MethodGet && r.Method != http.MethodHead
		}
		out = append(out, c)
	}
	return out, err
}

// Table writes evidence as CSV (RFC 4180). Every cell is an id, a name of the
// catalog, a number or a time.
func Table(to io.Writer, all []Called) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	if err := w.Write([]string{"account", "grant", "family", "operation", "method", "path", "effect", "calls", "passed", "first", "last"}); err != nil {
		return err
	}
	for _, c := range all {
		effect := "read"
		if c.Changes {
			effect = "change"
		}
		if err := w.Write([]string{c.Account, c.Grant, c.Family, c.Operation, c.Method, c.Path, effect, strconv.FormatInt(c.Calls, 10), strconv.FormatInt(c.Passed, 10),
			c.First.Format(time.RFC3339), c.Last.Format(time.RFC3339)}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
