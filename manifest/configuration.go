package manifest

// Configuration says where an installation is configured.
type Configuration struct {
	Editable Opt[bool] `json:"editable,omitzero"` // false: not in our pages; the partner does it through the API
	Location Location  `json:"location,omitzero"`
}

// LocationKind is where the pages for configuring are.
type LocationKind string

// The three places.
const (
	LocationHere     LocationKind = "here"
	LocationPartner  LocationKind = "partner"
	LocationHostPage LocationKind = "hostPage"
)

// Location leads to the pages for configuring; empty: ours.
type Location struct {
	URL       Opt[string] `json:"url,omitzero"`       // at the partner, one page for all
	CreateURL Opt[string] `json:"createUrl,omitzero"` // at the partner, page for a new one
	EditURL   Opt[string] `json:"editUrl,omitzero"`   // at the partner, page for an existing one
	Page      Opt[string] `json:"page,omitzero"`      // path of another page of the host
}

// Kind says where configuring happens.
func (l Location) Kind() LocationKind {
	switch {
	case l.URL.Present() || l.CreateURL.Present() || l.EditURL.Present():
		return LocationPartner
	case l.Page.Present():
		return LocationHostPage
	}
	return LocationHere
}

// Create gives the partner's page for a new configuration.
func (l Location) Create() string { return l.CreateURL.Or(l.URL.Get()) }

// Edit gives the partner's page for an existing configuration.
func (l Location) Edit() string { return l.EditURL.Or(l.URL.Get()) }

// IsEditable says whether our pages may change an installation.
func (c Configuration) IsEditable() bool { return c.Editable.Or(true) }
