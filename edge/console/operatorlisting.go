package console

import (
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/listing"
)

// operatorListingLine is a listing with the application's name.
type operatorListingLine struct {
	listing.Listing
	Name, Owner string
}

func operatorListings(v *visit) error {
	all, err := v.Listings.All(v.ctx(), v.by)
	if err != nil {
		return err
	}
	apps, err := v.Applications.List(v.ctx(), v.by, "")
	if err != nil {
		return err
	}
	by := map[string]application.Application{}
	for _, a := range apps {
		by[a.ID.String()] = a
	}
	query := v.query("q")
	var lines []operatorListingLine
	for _, l := range all {
		line := operatorListingLine{Listing: l, Name: by[l.Application].Name}
		if matching(query, line.Name, l.Slug) {
			lines = append(lines, line)
		}
	}
	return v.byOperator(sheet{title: "Directory", trail: []page.Link{{Text: "Directory"}}, body: operatorListingList(v, lines, query)})
}

func takeDownPage(v *visit) error { return v.showTakeDown(faults{}, "") }

func (v *visit) showTakeDown(f faults, reason string) error {
	a, err := v.applicationRef()
	if err != nil {
		return err
	}
	path := "/operator/listings/" + a.ID.String() + "/take-down"
	c := page.Confirm{Title: "Take " + a.Name + " out of the directory?", Text: "Its developers are told why.", Button: "Take it down", Action: path, Cancel: "/operator/listings", Token: v.token(path),
		Consequences: []string{"Nobody but its developers sees its page, also by the address."}, Remains: []string{"Where it is installed it goes on.", "Administrators who have its application ID can still install it; suspend the application to stop that."}}
	return v.byOperator(sheet{title: "Take down", current: "/operator/listings", status: f.status(), trail: []page.Link{{Text: "Directory", URL: "/operator/listings"}, {Text: a.Name}}, body: takeDownForm(c, f, reason)})
}

func takeDown(v *visit) error {
	a, err := v.applicationRef()
	if err != nil {
		return err
	}
	reason := v.field("reason")
	_, err = v.Listings.TakeDown(v.ctx(), v.by, a.ID, reason)
	if err == nil || problem.CodeOf(err) == "listing_taken_down" {
		return v.leave("/operator/listings", a.Name+" is out of the directory.")
	}
	if f, ok := faultsOf(err, "/reason"); ok {
		return v.showTakeDown(f, reason)
	}
	return err
}

func reinstateListing(v *visit) error {
	a, err := v.applicationRef()
	if err != nil {
		return err
	}
	if _, err := v.Listings.Reinstate(v.ctx(), v.by, a.ID); err != nil && problem.CodeOf(err) != "listing_not_taken_down" {
		return err
	}
	return v.leave("/operator/listings", a.Name+" stands in the directory as its developers set it.")
}

func operatorListingBadge(l listing.Listing) page.Badge {
	if !l.TakenDown.IsZero() {
		return page.Badge{Text: "Taken down", Tone: page.ToneBad, Dot: true}
	}
	tone := page.ToneNeutral
	if l.Visibility == listing.Public {
		tone = page.ToneGood
	}
	return page.Badge{Text: visibilityWords[l.Visibility], Tone: tone, Dot: true}
}
