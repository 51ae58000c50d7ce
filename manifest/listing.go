package manifest

// Listing is what the directory shows.
type Listing struct {
	Name         string      `json:"name"`
	Version      string      `json:"version"`
	Tagline      string      `json:"tagline"` // one sentence on the card
	Description  string      `json:"description"`
	Details      Opt[string] `json:"details,omitzero"` // for integrations that are installed elsewhere
	Author       string      `json:"author"`
	SupportEmail string      `json:"supportEmail"`
	Links        Links       `json:"links"`
	Categories   []string    `json:"categories"`
	Icons        Icons       `json:"icons"`
	Labels       []string    `json:"labels,omitzero"`     // functions that live elsewhere; not executed
	LegacyKind   Opt[string] `json:"legacyKind,omitzero"` // built-in predecessor that the card leads to
	Unlisted     Opt[bool]   `json:"unlisted,omitzero"`
}

// Links are addresses for people.
type Links struct {
	Site    string      `json:"site"`
	Docs    Opt[string] `json:"docs,omitzero"`
	Privacy string      `json:"privacy"`
	Support Opt[string] `json:"support,omitzero"`
}

// Icons are paths in the package.
type Icons struct {
	Square     string `json:"square"`
	Horizontal string `json:"horizontal"`
}

// Connection is what the platform needs at the partner's service.
type Connection struct {
	OAuth OAuth `json:"oauth,omitzero"`
}

// OAuth says that administrators connect the partner's service with us as the
// client. The operator keeps client id and secret under CredentialKey.
type OAuth struct {
	Required      Opt[bool]   `json:"required,omitzero"`
	CredentialKey Opt[string] `json:"credentialKey,omitzero"`
}

// Forms are what people fill in. Those of one capability stand with it.
type Forms struct {
	Installation Form `json:"installation,omitzero"`
}

// Installation says how it may be installed.
type Installation struct {
	Multiple Opt[bool] `json:"multiple,omitzero"` // several named configurations may exist
}
