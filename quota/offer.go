package quota

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/catalog"
)

// FromCatalog turns the catalog's plans into those of SetPlans. Two limits that
// would have the same name carry their length in it.
func FromCatalog(plans map[string]catalog.Plan) []Plan {
	var out []Plan
	for name, p := range plans {
		q := Plan{Name: name, Label: p.Label, Sites: int64(p.Sites)}
		names := map[string]int{}
		for _, l := range p.Limits {
			limit := fromCatalog(l).with()
			names[limit.Name]++
			q.Limits = append(q.Limits, limit)
		}
		for i := range q.Limits {
			if l := &q.Limits[i]; names[l.Name] > 1 {
				l.Name += "-" + strconv.FormatInt(l.Window(), 10) + "s"
			}
		}
		// Short limits first: they are what a caller meets first.
		slices.SortStableFunc(q.Limits, func(a, b Limit) int { return int(a.Window() - b.Window()) })
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b Plan) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func fromCatalog(l catalog.Limit) Limit {
	out := Limit{Calls: int64(l.Calls), Per: time.Duration(l.Per), Scope: Scope(l.Scope), Mode: Mode(l.Mode), Soft: int64(l.Soft), Contract: int64(l.Contract),
		Pace: time.Duration(l.Pace), MaxWait: time.Duration(l.MaxWait)}
	if l.Per == catalog.Month {
		out.Per, out.Shape = 0, ShapeMonth
	}
	return out
}
