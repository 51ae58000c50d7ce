package server

import (
	"strconv"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/quota"
)

// plans turns the catalog's plans into those that quota enforces.
func plans(cat *catalog.Catalog) []quota.Plan {
	file := cat.File()
	out := make([]quota.Plan, 0, len(file.Plans))
	for name, p := range file.Plans {
		q := quota.Plan{Name: name, Label: p.Label, Sites: int64(p.Sites)}
		for i, l := range p.Limits {
			per := time.Duration(l.Per)
			q.Limits = append(q.Limits, quota.Limit{Name: limitName(l, i), Calls: int64(l.Calls), Per: per,
				Scope: quota.Scope(l.Scope), Mode: quota.Mode(l.Mode)})
		}
		out = append(out, q)
	}
	return out
}

// limitName makes the names that headers and refusals show.
func limitName(l catalog.Limit, i int) string {
	base := map[time.Duration]string{24 * time.Hour: "day", time.Hour: "hour", time.Minute: "minute", 10 * time.Second: "burst", time.Second: "second"}[time.Duration(l.Per)]
	if base == "" {
		base = "limit" + strconv.Itoa(i+1)
	}
	if l.Scope != "" && l.Scope != "group" {
		base += "-" + l.Scope
	}
	return base
}
