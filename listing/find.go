package listing

import (
	"cmp"
	"slices"
	"strings"
)

// Sort is the order of a list.
type Sort string

// The orders.
const (
	SortFit  Sort = "fit" // what answers best; without a search, what a tier puts first and then what most accounts use
	SortName Sort = "name"
	SortNew  Sort = "new"
)

// Query says what is looked for.
type Query struct {
	Text       string
	Category   string
	Capability string
	Verified   bool
	Sort       Sort
	Page       int // from 1
	Per        int
}

// Pages of a list.
const (
	PerDefault = 24
	PerMost    = 100
)

// Facet is a way to narrow a search, with how many there would be.
type Facet struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Count int    `json:"count"`
}

// Found is one page of what was found.
type Found struct {
	Items        []Entry
	Total        int
	Page, Pages  int
	Categories   []Facet
	Capabilities []Facet
	Verified     int // how many there would be of those that are verified
}

// find searches entries, which stand in the order of SortFit without words.
func find(all []Entry, known []Category, q Query) Found {
	q.Per = min(max(q.Per, 0), PerMost)
	if q.Per == 0 {
		q.Per = PerDefault
	}
	words := strings.Fields(strings.ToLower(q.Text))
	type hit struct {
		e     *Entry
		score int
	}
	var hits []hit
	categories, capabilities, verified := map[string]int{}, map[string]int{}, 0
	for i := range all {
		e := &all[i]
		score := e.score(words)
		if score == 0 {
			continue
		}
		inCategory := q.Category == "" || slices.ContainsFunc(e.Categories, func(c Category) bool { return c.Key == q.Category })
		can := q.Capability == "" || slices.Contains(e.Capabilities, q.Capability)
		sure := !q.Verified || e.Verified
		if can && sure {
			for _, c := range e.Categories {
				categories[c.Key]++
			}
		}
		if inCategory && sure {
			for _, c := range e.Capabilities {
				capabilities[c]++
			}
		}
		if inCategory && can && e.Verified {
			verified++
		}
		if inCategory && can && sure {
			hits = append(hits, hit{e, score})
		}
	}
	switch {
	case q.Sort == SortName:
		slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.e.name, b.e.name) })
	case q.Sort == SortNew:
		slices.SortStableFunc(hits, func(a, b hit) int { return b.e.Published.Compare(a.e.Published) })
	case len(words) > 0:
		slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	}
	out := Found{Total: len(hits), Pages: max((len(hits)+q.Per-1)/q.Per, 1), Verified: verified}
	out.Page = min(max(q.Page, 1), out.Pages)
	for _, h := range hits[(out.Page-1)*q.Per : min(out.Page*q.Per, len(hits))] {
		out.Items = append(out.Items, *h.e)
	}
	for _, c := range known {
		if n := categories[c.Key]; n > 0 || q.Category == c.Key {
			out.Categories = append(out.Categories, Facet{Key: c.Key, Label: c.Label, Count: n})
		}
	}
	for key, n := range capabilities {
		out.Capabilities = append(out.Capabilities, Facet{Key: key, Label: CapabilityWord(key), Count: n})
	}
	slices.SortFunc(out.Capabilities, func(a, b Facet) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

// order is SortFit without words: what a tier puts first, what most accounts use,
// then by name.
func order(all []Entry) {
	rank := func(e Entry) int {
		if e.first {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(b.Accounts, a.Accounts), cmp.Compare(a.name, b.name), cmp.Compare(a.Slug, b.Slug))
	})
}

// capabilityWords are the capabilities as people call them.
var capabilityWords = map[string]string{
	CapabilityAPI: "Works through the API", "eventHook": "Event hook", "inboundTrigger": "Trigger", "changeApproval": "Approvals", "snapshotPush": "Snapshots",
	"managedStoreSync": "Managed store", "resourceLink": "Links", "membershipSync": "Synced members", "reservedProperties": "Reserved properties",
	"userAction": "Actions", "importer": "Import", "driverAction": "Driver action",
}

// CapabilityWord is a capability as people call it.
func CapabilityWord(name string) string { return cmp.Or(capabilityWords[name], name) }
