package directory

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/listing"
)

// asked reads a search out of an address. What is no number counts as the first page.
func asked(q url.Values) listing.Query {
	n, _ := strconv.Atoi(q.Get("page"))
	text := strings.TrimSpace(q.Get("q"))
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200])
	}
	return listing.Query{Text: text, Category: q.Get("category"), Capability: q.Get("capability"), Verified: q.Get("verified") == "true", Sort: listing.Sort(q.Get("sort")), Page: n}
}

// path is the address of a search.
func path(q listing.Query) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": q.Text, "category": q.Category, "capability": q.Capability} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Verified {
		v.Set("verified", "true")
	}
	if q.Sort == listing.SortName || q.Sort == listing.SortNew {
		v.Set("sort", string(q.Sort))
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if len(v) == 0 {
		return "/directory"
	}
	return "/directory?" + v.Encode()
}

// results is what the page of a search shows.
type results struct {
	listing.Query
	listing.Found
	Product string
}

func (r results) with(change func(*listing.Query)) string {
	q := r.Query
	q.Page = 0
	change(&q)
	return path(q)
}

func (r results) at(n int) string {
	q := r.Query
	q.Page = n
	return path(q)
}

func (r results) narrowed() bool {
	return r.Text != "" || r.Category != "" || r.Capability != "" || r.Query.Verified
}

func (r results) pager() page.Pager {
	p := page.Pager{Label: "Pages of the directory", Shown: shown(r.Total)}
	if r.Pages > 1 {
		p.Shown += ", page " + strconv.Itoa(r.Found.Page) + " of " + strconv.Itoa(r.Pages)
	}
	if r.Found.Page > 1 {
		p.Previous = r.at(r.Found.Page - 1)
	}
	if r.Found.Page < r.Pages {
		p.Next = r.at(r.Found.Page + 1)
	}
	return p
}

func shown(n int) string {
	if n == 1 {
		return "1 integration"
	}
	return page.Count(int64(n)) + " integrations"
}

// title says what is listed.
func (r results) title() string {
	for _, c := range r.Categories {
		if c.Key == r.Category {
			return c.Label + " integrations for " + r.Product
		}
	}
	return "Integrations for " + r.Product
}

func (d *Directory) index(w http.ResponseWriter, r *http.Request) error {
	q := asked(r.URL.Query())
	found, err := d.Listings.Find(r.Context(), q)
	if err != nil {
		return err
	}
	q.Page = found.Page
	res := results{Query: q, Found: found, Product: d.product()}
	canonical := path(listing.Query{Category: q.Category, Page: found.Page}) // other ways to narrow it show the same things
	o := d.frame(res.title(), "Find integrations that work with "+res.Product+": what each does, which permissions it needs, and who made it.", canonical)
	o.Links[0].Current = true
	o.Hidden = q.Text != ""
	o.Data = listData(d.Listings.Origin, res)
	return d.show(w, r, o, indexPage(res))
}

// listData describes a list of entries to search engines (schema.org ItemList).
func listData(origin string, r results) any {
	items := make([]map[string]any, len(r.Items))
	for i, e := range r.Items {
		items[i] = map[string]any{"@type": "ListItem", "position": i + 1, "url": origin + e.Page, "name": e.Name}
	}
	return map[string]any{"@context": "https://schema.org", "@type": "ItemList", "name": r.title(), "numberOfItems": r.Total, "itemListElement": items}
}

// fragment is a part of a page for the product's own console: what was found, with
// whole addresses and without styles.
func (d *Directory) fragment(w http.ResponseWriter, r *http.Request) error {
	found, err := d.Listings.Find(r.Context(), asked(r.URL.Query()))
	if err != nil {
		return err
	}
	for i, e := range found.Items {
		found.Items[i] = e.Absolute(d.Listings.Origin)
	}
	var b bytes.Buffer
	if err := fragmentPart(found).Render(r.Context(), &b); err != nil {
		return err
	}
	share(w, r, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// sitemap lists the pages for search engines (sitemaps.org).
func (d *Directory) sitemap(w http.ResponseWriter, r *http.Request) error {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
	put := func(path string) { b.WriteString("<url><loc>" + d.Listings.Origin + path + "</loc></url>\n") } // slugs need no escapes
	put("/directory")
	for n := 1; ; n++ {
		found, err := d.Listings.Find(r.Context(), listing.Query{Sort: listing.SortName, Per: listing.PerMost, Page: n})
		if err != nil {
			return err
		}
		for _, e := range found.Items {
			put(e.Page)
			put(e.Page + "/sheet")
		}
		if n >= found.Pages {
			break
		}
	}
	b.WriteString("</urlset>\n")
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Cache-Control", listing.Cached)
	web.ServeTagged(w, r, []byte(b.String()))
	return nil
}
