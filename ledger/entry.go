package ledger

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
)

// stepsMost bounds how many steps are read at once.
const stepsMost = 32

// calls reads step by step, the newest first, until a page is full: what waits in
// memory to be written belongs to its step, and no step is so large as the ledger.
func (s *Service) calls(ctx context.Context, a *asked, after *Position) ([]Entry, error) {
	if !a.wants(Calls) {
		return nil, nil
	}
	to := a.To
	if after != nil {
		if end := time.UnixMicro(after.At).UTC().Add(time.Microsecond); end.Before(to) {
			to = end // the step that the position lies at is in, and nothing later
		}
	}
	if !a.counted { // an export asks again and again
		var err error
		if a.steps, err = s.Usage.Counted(ctx, a.filter(), a.Step, a.From, a.To); err != nil {
			return nil, err
		}
		a.counted = true
	}
	steps := a.steps
	for len(steps) > 0 && !steps[0].Before(to) {
		steps = steps[1:]
	}
	a.steps = steps // what is newer was given
	var out []Entry
	for n := 1; len(steps) > 0 && len(out) <= a.Limit; n = min(2*n, stepsMost) { // few where much happens, many where a filter leaves little
		n = min(n, len(steps))
		lines, err := s.Usage.Lines(ctx, a.filter(), a.Step, steps[n-1], steps[0].Add(a.width()), false)
		if err != nil {
			return nil, err
		}
		steps = steps[n:]
		for _, l := range lines {
			if !a.admits(l.Outcome) {
				continue
			}
			e := Entry{At: l.At, Until: l.At.Add(a.width()), Kind: Calls, Grant: l.Grant, Integration: Integration{ID: l.Application}, Operation: l.Operation,
				Verdict: VerdictOf(l.Outcome), Outcome: l.Outcome.String(), Why: Why(l.Outcome), Calls: l.Calls, outcome: l.Outcome,
				place: Position{At: l.At.UnixMicro(), Rank: rankCalls, Key: strings.Join([]string{l.Grant, l.Application, l.Operation, l.Outcome.String()}, "\x1f")}}
			if after == nil || e.place.Compare(*after) > 0 {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// resourcesMost bounds the resources of one entry.
const resourcesMost = 100

// resources says of each operation that passed on a day what its calls were about;
// once, though some may have been answered badly.
func (s *Service) resources(ctx context.Context, a *asked, entries []Entry) error {
	type spot struct {
		grant string
		day   time.Time
	}
	kept := map[spot][]usage.Matter{}
	for i := range entries {
		e := &entries[i]
		if e.Kind != Calls || a.Step != usage.StepDay || e.Grant == "" || e.outcome != usage.OK {
			continue
		}
		at := spot{e.Grant, e.At}
		if _, ok := kept[at]; !ok {
			all, err := s.Usage.MattersOn(ctx, at.grant, at.day)
			if err != nil {
				return err
			}
			kept[at] = all
		}
		for _, m := range kept[at] {
			switch {
			case m.Operation != e.Operation || m.Account != a.account.ID.String():
			case len(e.Resources) >= resourcesMost:
				e.ResourcesMore++
			default:
				e.Resources = append(e.Resources, Resource{Resource: m.Resource, Calls: m.Calls})
			}
		}
	}
	return nil
}

func (s *Service) changes(tx *store.Tx, a *asked, after *Position) ([]Entry, error) {
	if !a.wants(Change) {
		return nil, nil
	}
	rows, err := changes(tx, a.account.ID.String(), a.of, &a.Query, after, a.Limit+1)
	out := make([]Entry, len(rows))
	for i, r := range rows {
		e := Entry{At: r.At.Time(), Kind: Change, Grant: r.GrantID, Integration: Integration{ID: r.Application}, Action: r.Action, Audit: r.ID, Name: r.Name,
			By: r.Actor, Reason: r.Reason, place: Position{At: int64(r.At), Rank: rankChange, Seq: r.Seq}}
		if r.ActorKind == "operator" {
			e.By = "operator"
		}
		if kind, _, _ := strings.Cut(r.Target, "/"); kind == "installation" || kind == "private_integration" || kind == "consent" {
			e.Added, e.Removed = scopeChange(r.BeforeDoc, r.AfterDoc)
		}
		out[i] = e
	}
	return out, err
}

// stops are what the operator stopped for all customers, and let go again.
func (s *Service) stops(tx *store.Tx, a *asked, after *Position) ([]Entry, error) {
	if !a.wants(Change) {
		return nil, nil
	}
	rows, err := stops(tx, a.account.ID.String(), a.of, &a.Query)
	var out []Entry
	for _, r := range rows {
		for _, one := range []struct {
			at             store.Micros
			action, reason string
		}{{r.Began, "suspension.begin", r.Message}, {r.Ended, "suspension.lift", ""}} {
			e := Entry{At: one.at.Time(), Kind: Change, Integration: Integration{ID: r.Application}, Action: one.action, By: "operator", Reason: one.reason,
				place: Position{At: int64(one.at), Rank: rankStop, Key: r.ID + r.Application + one.action}}
			if one.at != 0 && !e.At.Before(a.From) && e.At.Before(a.To) && (after == nil || e.place.Compare(*after) > 0) {
				out = append(out, e)
			}
		}
	}
	return out, err
}

func (s *Service) deliveries(tx *store.Tx, a *asked, after *Position) ([]Entry, error) {
	if !a.wants(Delivery) {
		return nil, nil
	}
	rows, err := deliveries(tx, a.account.ID.String(), a.of, &a.Query, a.From, a.To)
	var out []Entry
	for _, r := range rows {
		for _, one := range []struct {
			verdict Verdict
			n       int64
			why     string
		}{{Allowed, r.Delivered, "Its server took the event"}, {Failed, r.Failed, "Its server did not take the event"}} {
			at := time.UnixMicro(r.At).UTC()
			e := Entry{At: at, Until: at.Add(a.width()), Kind: Delivery, Grant: r.GrantID, Address: r.URL, Verdict: one.verdict, Why: one.why, Calls: one.n,
				place: Position{At: r.At, Rank: rankDelivery, Key: r.Endpoint + string(one.verdict)}}
			if one.n > 0 && (a.Verdict == "" || a.Verdict == one.verdict) && (after == nil || e.place.Compare(*after) > 0) {
				out = append(out, e)
			}
		}
	}
	return out, err
}

// name says who entries are about, and who made changes, as far as the account knows them.
func (s *Service) name(tx *store.Tx, a account.Account, entries []Entry) error {
	var grants, apps, people distinct
	for _, e := range entries {
		grants.add(e.Grant)
		apps.add(e.Integration.ID)
		if id, ok := strings.CutPrefix(e.By, "user/"); ok {
			people.add(id)
		}
	}
	known := map[string]holderRow{}
	for part := range slices.Chunk(grants.list, 500) {
		rows, err := holders(tx, part)
		if err != nil {
			return err
		}
		for _, r := range rows {
			known[r.ID] = r
		}
	}
	names := map[string]string{}
	for part := range slices.Chunk(apps.list, 500) {
		rows, err := applicationNames(tx, part)
		if err != nil {
			return err
		}
		for _, r := range rows {
			names[r.ID] = r.Name
		}
	}
	for part := range slices.Chunk(people.list, 500) {
		rows, err := memberNames(tx, a.ID.String(), part)
		if err != nil {
			return err
		}
		for _, r := range rows {
			names[r.ID] = r.Name
		}
	}
	for i := range entries {
		e := &entries[i]
		if id, ok := strings.CutPrefix(e.By, "user/"); ok {
			e.ByName = names[id]
		}
		h, ok := known[e.Grant]
		switch {
		case ok:
			e.Integration, e.ActingFor = h.integration()
		case e.Integration.ID != "":
			e.Integration.Kind, e.Integration.Name = "application", names[e.Integration.ID]
		default:
			e.Integration.Kind = "unknown"
		}
	}
	return nil
}

// distinct are texts, each once, without the empty one.
type distinct struct {
	list []string
	has  map[string]bool
}

func (d *distinct) add(one string) {
	if one == "" || d.has[one] {
		return
	}
	if d.has == nil {
		d.has = map[string]bool{}
	}
	d.has[one] = true
	d.list = append(d.list, one)
}

var kindWords = map[grant.Kind]string{
	grant.KindPrivate: "private_integration", grant.KindService: "service_token", grant.KindMember: "personal_token", grant.KindLegacy: "legacy_key",
}

// integration is who holds the grant, and for whom it acts.
func (h *holderRow) integration() (Integration, string) {
	if h.Application != "" {
		return Integration{Kind: "application", ID: h.Application, Name: h.AppName}, h.Person
	}
	_, id, _ := strings.Cut(h.Holder, "/")
	return Integration{Kind: kindWords[h.Kind], ID: id, Name: h.OwnName}, h.Person
}

// operation finds an operation in the catalog, and what it does.
func (s *Service) operation(id string) (*catalog.Route, string) {
	c := s.Catalog.Get()
	if c == nil || id == "" {
		return nil, ""
	}
	r, ok := c.Route(id)
	switch {
	case !ok:
		return nil, ""
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return r, "read"
	}
	return r, "change"
}

// describe says operations in the product's words.
func (s *Service) describe(entries []Entry) {
	for i := range entries {
		e := &entries[i]
		r, effect := s.operation(e.Operation)
		if r == nil {
			continue
		}
		e.Method, e.Path, e.Effect = r.Method, r.Template, effect
		if o, ok := s.Catalog.Get().Operation(e.Operation); ok {
			e.Label = o.Summary
		}
	}
}
