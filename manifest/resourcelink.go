package manifest

// ResourceLink says how links that the partner attaches to a resource are drawn.
type ResourceLink struct {
	On         []string             `json:"on,omitzero"`
	Header     string               `json:"header"`
	EmptyState *EmptyState          `json:"emptyState,omitempty"`
	Metadata   map[string]LinkField `json:"metadata,omitzero"`
	Blocks     *LinkBlocks          `json:"blocks,omitempty"`
}

// EmptyState is shown when there is no link.
type EmptyState struct {
	Title Opt[string] `json:"title,omitzero"`
	Text  Opt[string] `json:"text,omitzero"` // Markdown
}

// LinkField declares a metadata entry: string or uri.
type LinkField struct {
	Type string `json:"type"`
}

// LinkBlocks are the parts of a link; texts are templates over deepLink and metadata.
type LinkBlocks struct {
	Image       *LinkImage   `json:"image,omitempty"`
	Name        Opt[string]  `json:"name,omitzero"`
	Title       *LinkTitle   `json:"title,omitempty"`
	Context     *LinkContext `json:"context,omitempty"`
	Description Opt[string]  `json:"description,omitzero"` // Markdown
}

// LinkImage is an icon or an avatar.
type LinkImage struct {
	SourceURL string    `json:"sourceUrl"`
	Icon      Opt[bool] `json:"icon,omitzero"`
	Avatar    Opt[bool] `json:"avatar,omitzero"`
}

// LinkTitle is a row of elements, joined by spaces.
type LinkTitle struct {
	Elements []LinkElement `json:"elements"`
	Linked   Opt[bool]     `json:"linked,omitzero"` // the whole title leads to deepLink
}

// LinkContext is a row of elements under the title.
type LinkContext struct {
	Elements []LinkElement `json:"elements"`
}

// LinkElement is a text; as Time it is Unix milliseconds that are shown as a date.
type LinkElement struct {
	Text string      `json:"text"`
	Bold Opt[bool]   `json:"bold,omitzero"`
	Time Opt[bool]   `json:"time,omitzero"`
	URL  Opt[string] `json:"url,omitzero"`
}
