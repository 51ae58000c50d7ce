package directory

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/sheet"
)

func (d *Directory) entryOf(r *http.Request) (listing.Entry, error) {
	return d.Listings.Entry(r.Context(), r.PathValue("slug"))
}

func (d *Directory) entry(w http.ResponseWriter, r *http.Request) error {
	e, err := d.entryOf(r)
	if err != nil {
		return err
	}
	text, err := d.Listings.Documentation(r.Context(), e)
	if err != nil {
		return err
	}
	o := d.frame(e.Name+" for "+d.product(), e.Tagline, e.Page)
	o.Hidden, o.Data = e.Unlisted, entryData(e.Absolute(d.Listings.Origin), d.product())
	return d.show(w, r, o, entryPage(e, strings.TrimSpace(text) != ""))
}

// entryData describes an entry to search engines (schema.org SoftwareApplication).
func entryData(e listing.Entry, product string) any {
	out := map[string]any{"@context": "https://schema.org", "@type": "SoftwareApplication", "name": e.Name, "description": e.Description, "url": e.Page,
		"applicationCategory": "BusinessApplication", "softwareRequirements": product, "softwareVersion": e.Version, "datePublished": e.Released.Format("2006-01-02"),
		"author": map[string]any{"@type": "Organization", "name": e.Developer}}
	if e.Icon != "" {
		out["image"] = e.Icon
	}
	var shots []string
	for _, s := range e.Screenshots {
		shots = append(shots, s.URL)
	}
	if len(shots) > 0 {
		out["screenshot"] = shots
	}
	return out
}

func (d *Directory) docs(w http.ResponseWriter, r *http.Request) error {
	e, err := d.entryOf(r)
	if err != nil {
		return err
	}
	text, err := d.Listings.Documentation(r.Context(), e)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return problem.NotFound("documentation")
	}
	o := d.frame("Documentation of "+e.Name, "How to set up and use "+e.Name+" with "+d.product()+".", e.Page+"/docs")
	o.Hidden = e.Unlisted
	return d.show(w, r, o, docsPage(e, text))
}

// sheetOf writes the sheet that the address names.
func (d *Directory) sheetOf(r *http.Request) (sheetView, error) {
	e, err := d.entryOf(r)
	if err != nil {
		return sheetView{}, err
	}
	v := sheetView{Entry: e, Asked: strings.TrimSpace(r.URL.Query().Get("version"))}
	v.Sheet, v.Numbers, err = d.Listings.Sheet(r.Context(), e, v.Asked)
	return v, err
}

type sheetView struct {
	Entry   listing.Entry
	Sheet   sheet.Sheet
	Numbers []string // of all versions that customers have
	Asked   string   // the version that the address names; "": the newest
}

// path is the address of the sheet in a form: "", ".md" or ".json".
func (v sheetView) path(form string) string {
	at := v.Entry.Page + "/sheet" + form
	if v.Asked != "" {
		at += "?version=" + url.QueryEscape(v.Asked)
	}
	return at
}

// others are the other versions' sheets.
func (v sheetView) others() []page.Link {
	var out []page.Link
	for _, n := range v.Numbers {
		out = append(out, page.Link{Text: n, URL: v.Entry.Page + "/sheet?version=" + url.QueryEscape(n), Current: n == v.Sheet.Version})
	}
	return out
}

func (d *Directory) sheet(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheetOf(r)
	if err != nil {
		return err
	}
	o := d.frame("Customer sheet of "+v.Sheet.Name+" "+v.Sheet.Version, "What "+v.Sheet.Name+" needs in "+v.Sheet.Product+": permissions, privileges, hosts, data and limits.", v.path(""))
	o.Hidden = v.Entry.Unlisted || v.Asked != ""
	return d.show(w, r, o, sheetPage(v))
}

func (d *Directory) sheetText(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheetOf(r)
	if err != nil {
		return err
	}
	share(w, r, sheet.MarkdownType, []byte(v.Sheet.Markdown()))
	return nil
}

func (d *Directory) sheetJSON(w http.ResponseWriter, r *http.Request) error {
	v, err := d.sheetOf(r)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(v.Sheet, "", "  ")
	if err != nil {
		return err
	}
	share(w, r, "application/json", append(raw, '\n'))
	return nil
}

// picture serves a picture as nothing but one: no page can be made of it. Its name
// is its content's for ever.
func (d *Directory) picture(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("picture")
	raw, ext, _ := strings.Cut(name, ".")
	id, err := ident.Parse[listing.Picture](raw)
	if err != nil || !slices.Contains([]string{"png", "jpg"}, ext) {
		return problem.NotFound("picture")
	}
	p, data, err := d.Listings.Picture(r.Context(), r.PathValue("slug"), id)
	if err != nil {
		return err
	}
	if p.Ext() != "."+ext {
		return problem.NotFound("picture")
	}
	h := w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // the product's console shows it, too
	h.Set("Cache-Control", "public, max-age=86400")
	web.ServeTagged(w, r, data)
	return nil
}
