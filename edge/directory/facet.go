package directory

import (
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/listing"
)

func categoryLinks(r results) []page.Link {
	return facetLinks(r, r.Categories, r.Category, func(q *listing.Query, key string) { q.Category = key })
}

func capabilityLinks(r results) []page.Link {
	return facetLinks(r, r.Capabilities, r.Capability, func(q *listing.Query, key string) { q.Capability = key })
}

// facetLinks leads to each way to narrow the list, and back from the one that is
// chosen.
func facetLinks(r results, all []listing.Facet, now string, set func(q *listing.Query, key string)) []page.Link {
	if len(all) == 0 {
		return nil
	}
	out := []page.Link{{Text: "All", URL: r.with(func(q *listing.Query) { set(q, "") }), Current: now == ""}}
	for _, f := range all {
		out = append(out, page.Link{Text: f.Label, Count: f.Count, URL: r.with(func(q *listing.Query) { set(q, f.Key) }), Current: now == f.Key})
	}
	return out
}

func verifiedLinks(r results) []page.Link {
	if r.Found.Verified == 0 && !r.Query.Verified {
		return nil
	}
	return []page.Link{{Text: "All", URL: r.with(func(q *listing.Query) { q.Verified = false }), Current: !r.Query.Verified},
		{Text: "Verified", Count: r.Found.Verified, URL: r.with(func(q *listing.Query) { q.Verified = true }), Current: r.Query.Verified}}
}

func orderLinks(r results) []page.Link {
	first := "Usual order"
	if r.Text != "" {
		first = "Best fit"
	}
	var out []page.Link
	for _, o := range []struct {
		text string
		sort listing.Sort
	}{{first, listing.SortFit}, {"Name", listing.SortName}, {"Newest", listing.SortNew}} {
		current := r.Sort == o.sort || o.sort == listing.SortFit && r.Sort != listing.SortName && r.Sort != listing.SortNew
		out = append(out, page.Link{Text: o.text, URL: r.with(func(q *listing.Query) { q.Sort = o.sort }), Current: current})
	}
	return out
}
