package console

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
	drawn "github.com/guestright/guestright/edge/page/listed"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/listing"
)

func (c *Console) listingRoutes() []route {
	if c.Listings == nil {
		return nil
	}
	const mine, theirs = "/applications/{application}/listing", "/operator/listings/{application}"
	return []route{
		{"GET " + mine, c.page(listingPage)},
		{"POST " + mine, c.page(updateListing)},
		{"POST " + mine + "/visibility", c.page(showListing)},
		{"POST " + mine + "/pictures", c.upload(listing.PictureMost, addPicture)},
		{"GET " + mine + "/pictures/{picture}", c.page(listingPicture)},
		{"POST " + mine + "/pictures/{picture}/remove", c.page(removePicture)},
		{"GET " + mine + "/preview", c.page(listingPreview)},
		{"GET /versions/{version}/sheet", c.page(versionSheet)},
		{"GET /operator/listings", c.operator(operatorListings)},
		{"GET " + theirs + "/take-down", c.operator(takeDownPage)},
		{"POST " + theirs + "/take-down", c.operator(takeDown)},
		{"POST " + theirs + "/reinstate", c.operator(reinstateListing)},
	}
}

// directoryTab adds the listing's tab before the last, where there is a directory.
func (v *visit) directoryTab(s subject, tab string, all []page.Link) []page.Link {
	if v.Listings == nil {
		return all
	}
	return slices.Insert(all, len(all)-1, page.Link{Text: "Directory", URL: s.path() + "/listing", Current: tab == "/listing"})
}

// listingView is what the directory says of an application, for its developers.
type listingView struct {
	subject
	State      listing.State
	Entered    listing.Listing
	Categories []listing.Category
	Address    string // of its page in the directory
	MayEdit    bool
	Kind, Alt  string // of a picture that was not taken
	Token      func(below string) string
	Faults     faults
	Refused    faults // about a picture
}

func (d listingView) path() string { return d.subject.path() + "/listing" }

func (d listingView) shots() []listing.Picture {
	return slices.DeleteFunc(slices.Clone(d.State.Pictures), func(p listing.Picture) bool { return p.Kind != listing.Screenshot })
}

func (d listingView) icon() *listing.Picture {
	for _, p := range d.State.Pictures {
		if p.Kind == listing.Icon {
			return &p
		}
	}
	return nil
}

func listingPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	return v.showListing(listingView{subject: s}, nil)
}

// showListing shows the page with what was entered, or with what is saved.
func (v *visit) showListing(d listingView, entered *listing.Listing) error {
	var err error
	if d.State, err = v.Listings.Get(v.ctx(), v.by, d.ID); err != nil {
		return err
	}
	if d.Entered = d.State.Listing; entered != nil {
		d.Entered = *entered
	}
	d.Categories, d.Address, d.MayEdit = v.Listings.Categories, v.Origin+"/directory/"+d.State.Slug, v.may("listing:update", d.resource())
	d.Token = func(below string) string { return v.token(d.path() + below) }
	status := d.Faults.status()
	if d.Refused.any() {
		status = d.Refused.status()
	}
	return v.about(d.subject, "/listing", sheet{title: "Directory", status: status, trail: []page.Link{{Text: "Directory"}}, body: listingHome(v, d)})
}

func updateListing(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	links := listing.Links{Website: v.field("website"), Support: v.field("support"), Privacy: v.field("privacy"), Documentation: v.field("documentation_url")}
	slug, text, categories := v.field("slug"), v.r.PostForm.Get("documentation"), v.r.PostForm["category"]
	_, err = v.Listings.Update(v.ctx(), v.by, s.ID, listing.Edit{Slug: &slug, Categories: &categories, Links: &links, Documentation: &text})
	if err == nil {
		return v.leave(s.path()+"/listing", "Saved.")
	}
	f, ok := faultsOf(err, "/slug", "/categories", "/links/website", "/links/support", "/links/privacy", "/links/documentation", "/documentation")
	if !ok {
		return err
	}
	if problem.CodeOf(err) == "slug_taken" {
		f.fields = append(f.fields, problem.Field{Pointer: "/slug", Detail: "Another listing has this name."})
	}
	return v.showListing(listingView{subject: s, Faults: f}, &listing.Listing{Slug: slug, Categories: categories, Links: links, Documentation: text})
}

func showListing(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	to := listing.Visibility(v.field("visibility"))
	_, err = v.Listings.Show(v.ctx(), v.by, s.ID, to)
	switch {
	case err == nil:
		return v.leave(s.path()+"/listing", map[listing.Visibility]string{listing.Public: "Everybody finds it in the directory now.", listing.Unlisted: "Whoever has the address sees it now.", listing.Private: "Nobody but your group sees it now."}[to])
	case problem.CodeOf(err) == "listing_not_ready":
		f, _ := faultsOf(err)
		if all, ok := problem.Of(err).Extra["missing"].([]listing.Missing); ok {
			f.text = "Something is missing before others can see it."
			for _, m := range all {
				f.rest = append(f.rest, m.Text)
			}
		}
		return v.showListing(listingView{subject: s, Faults: f}, nil)
	}
	return err
}

func addPicture(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	data, err := v.file("picture")
	if err != nil {
		return err
	}
	kind, alt := v.field("kind"), v.field("alt")
	_, err = v.Listings.AddPicture(v.ctx(), v.by, s.ID, listing.NewPicture{Kind: listing.PictureKind(kind), Alt: alt, Data: data})
	if err == nil {
		return v.leave(s.path()+"/listing#pictures", "The picture is there.")
	}
	f, ok := faultsOf(err, "/picture", "/alt")
	if !ok {
		return err
	}
	return v.showListing(listingView{subject: s, Refused: f, Kind: kind, Alt: alt}, nil)
}

// pictureRef reads the picture that the address names.
func (v *visit) pictureRef() (listing.PictureID, error) {
	raw, _, _ := strings.Cut(v.r.PathValue("picture"), ".")
	id, err := ident.Parse[listing.Picture](raw)
	if err != nil {
		return id, problem.NotFound("picture")
	}
	return id, nil
}

func removePicture(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	id, err := v.pictureRef()
	if err != nil {
		return err
	}
	if _, err := v.Listings.RemovePicture(v.ctx(), v.by, s.ID, id); err != nil {
		return err
	}
	return v.leave(s.path()+"/listing#pictures", "The picture is gone.")
}

func listingPicture(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	id, err := v.pictureRef()
	if err != nil {
		return err
	}
	p, data, err := v.Listings.PictureOf(v.ctx(), v.by, s.ID, id)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=86400")
	web.ServeTagged(v.w, v.r, data)
	return nil
}

// listingPreview shows the page as the directory would.
func listingPreview(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	e, text, err := v.Listings.Preview(v.ctx(), v.by, s.ID)
	if err != nil {
		return err
	}
	return v.open("Preview of "+e.Name, page.Link{Text: "Back to the listing", URL: s.path() + "/listing"}, previewPage(e, text))
}

// versionSheet shows the customer sheet of a version, drafts too.
func versionSheet(v *visit) error {
	one, _, err := v.versionOf()
	if err != nil {
		return err
	}
	got, err := v.Listings.Sheets.Get(v.ctx(), v.by, one.ID)
	if err != nil {
		return err
	}
	return v.open("Customer sheet of "+got.Name+" "+got.Version, page.Link{Text: "Back to the version", URL: versionPath(one.ID)}, sheetPage(got.Name, got.Version, drawn.Sheet(got)))
}

// open answers with a page that looks as those of the directory do.
func (v *visit) open(title string, back page.Link, body templ.Component) error {
	var b bytes.Buffer
	o := page.Open{Service: v.Name, Title: title, Hidden: true, Links: []page.Link{back}}
	if err := page.OpenPage(o).Render(templ.WithChildren(v.ctx(), body), &b); err != nil {
		return err
	}
	page.OpenHeaders(v.w, v.r, v.Secure)
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(b.Bytes()) // the reader may go away
	return nil
}

// visibilityWords are who can see a listing.
var visibilityWords = map[listing.Visibility]string{listing.Public: "Public", listing.Unlisted: "Unlisted", listing.Private: "Private"}

func listingBadge(s listing.State) page.Badge {
	switch {
	case !s.TakenDown.IsZero():
		return page.Badge{Text: "Taken down", Tone: page.ToneBad, Dot: true}
	case s.Visibility == listing.Private:
		return page.Badge{Text: "Private", Dot: true}
	case !s.Shown:
		return page.Badge{Text: "Not shown now", Tone: page.ToneWarn, Dot: true}
	}
	return page.Badge{Text: visibilityWords[s.Visibility], Tone: page.ToneGood, Dot: true}
}
