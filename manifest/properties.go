package manifest

// ReservedProperties are keys that people pick from a list instead of typing.
type ReservedProperties struct {
	On         []string   `json:"on,omitzero"`
	Properties []Property `json:"properties"`
}

// Property is a reserved key; its values are lists of texts.
type Property struct {
	Name        string      `json:"name"`
	Key         string      `json:"key"`
	Description Opt[string] `json:"description,omitzero"`
}
