package private

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
)

// Diff is what a change would mean.
type Diff struct {
	Before        Integration `json:"before"`
	After         Integration `json:"after"`
	Fields        []Field     `json:"fields" nullable:"false" doc:"Parts other than scopes that change"`
	ScopesAdded   []string    `json:"scopes_added" nullable:"false"`
	ScopesRemoved []string    `json:"scopes_removed" nullable:"false"`
	Opens         []string    `json:"opens" nullable:"false" doc:"Operations that become allowed"`
	Closes        []string    `json:"closes" nullable:"false" doc:"Operations that become refused"`
	Refused       []Affected  `json:"refused" nullable:"false" doc:"Operations called in the last 7 days that would be refused from now on"`
	Webhooks      []Heard     `json:"webhooks" nullable:"false" doc:"Webhook endpoints that would receive less, and what that would be"`
}

// Field is one changed part.
type Field struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Affected is an operation that was called.
type Affected struct {
	Operation string `json:"operation"`
	Calls     int64  `json:"calls"`
}

// Empty reports that nothing changes.
func (d Diff) Empty() bool {
	return len(d.Fields) == 0 && len(d.ScopesAdded) == 0 && len(d.ScopesRemoved) == 0
}

// Widens reports whether the integration may do more afterwards, or the same
// from more places or in more accounts.
func (d Diff) Widens() bool {
	return len(d.ScopesAdded) > 0 || widerNetworks(d.Before.Networks, d.After.Networks) || widerReach(d.Before.Reach, d.After.Reach)
}

func widerNetworks(was, now grant.Networks) bool {
	if len(was) == 0 {
		return false
	}
	if len(now) == 0 {
		return true
	}
	return slices.ContainsFunc(now, func(n netip.Prefix) bool {
		return !slices.ContainsFunc(was, func(w netip.Prefix) bool { return w.Bits() <= n.Bits() && w.Contains(n.Addr()) })
	})
}

func widerReach(was, now grant.Reach) bool {
	switch {
	case !now.Wide() || was.Rule == grant.RuleAll:
		return false
	case !was.Wide() || now.Rule == grant.RuleAll:
		return true
	}
	return now.Future && !was.Future || slices.ContainsFunc(now.Accounts, func(a string) bool { return !was.Covers(a) })
}

func diffOf(before, after Integration) Diff {
	d := Diff{Before: before, After: after, Fields: []Field{}, Refused: []Affected{}, Webhooks: []Heard{}, Opens: []string{}, Closes: []string{},
		ScopesAdded: beyond(after.Scopes, before.Scopes), ScopesRemoved: beyond(before.Scopes, after.Scopes)}
	for _, f := range []Field{
		{"name", before.Name, after.Name},
		{"description", before.Description, after.Description},
		{"owner", before.Owner, after.Owner},
		{"contact", before.Contact, after.Contact},
		{"networks", strings.Join(before.Networks.Strings(), " "), strings.Join(after.Networks.Strings(), " ")},
		{"reach", reachText(before.Reach), reachText(after.Reach)},
		{"life_days", days(before.Expiry.LifeDays), days(after.Expiry.LifeDays)},
		{"idle_days", days(before.Expiry.IdleDays), days(after.Expiry.IdleDays)},
		{"rotate_days", days(before.Expiry.RotateDays), days(after.Expiry.RotateDays)},
	} {
		if f.Before != f.After {
			d.Fields = append(d.Fields, f)
		}
	}
	return d
}

func days(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func reachText(r grant.Reach) string {
	switch {
	case r.Rule == grant.RuleAll:
		return "all"
	case !r.Wide():
		return "self"
	}
	text := "list " + strings.Join(r.Accounts, " ")
	if r.Future {
		text += " and later ones"
	}
	return text
}

// operations fills in which operations the change opens and closes, and which of
// those that were called it closes.
func (d *Diff) operations(cat *catalog.Catalog, now time.Time, used map[string]int64) {
	was, is := cat.Bits(d.Before.Scopes), cat.Bits(d.After.Scopes)
	seen := map[string]bool{}
	for _, r := range cat.Routes() {
		if seen[r.Operation] || r.Public || r.Internal || r.Unmapped() {
			continue
		}
		seen[r.Operation] = true
		_, program := r.At(now)
		before, after := program.Met(was), program.Met(is)
		switch {
		case before && !after:
			d.Closes = append(d.Closes, r.Operation)
			if n := used[r.Operation]; n > 0 {
				d.Refused = append(d.Refused, Affected{Operation: r.Operation, Calls: n})
			}
		case after && !before:
			d.Opens = append(d.Opens, r.Operation)
		}
	}
	slices.SortFunc(d.Refused, func(a, b Affected) int { return int(b.Calls - a.Calls) })
}

// Opened lists the operations that scopes open, by id.
func Opened(cat *catalog.Catalog, scopes []string, now time.Time) []string {
	d := Diff{After: Integration{Scopes: scopes}}
	d.operations(cat, now, nil)
	return d.Opens
}

// given are the rights that a change hands out, for the check of who gives them.
func given(cat *catalog.Catalog, scopes, had []string) []access.Policy {
	var now, was []string
	for _, s := range scopes {
		now = append(now, cat.Entitlements(s)...)
	}
	for _, s := range had {
		was = append(was, cat.Entitlements(s)...)
	}
	more := beyond(sorted(now), was)
	if len(more) == 0 {
		return nil
	}
	return []access.Policy{allowing(more)}
}
