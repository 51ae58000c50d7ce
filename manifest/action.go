package manifest

// UserAction is a button of the host that sends one of several prepared requests.
type UserAction struct {
	On     []string     `json:"on,omitzero"`
	Call   *ActionCall  `json:"call,omitempty"`
	Bodies []ActionBody `json:"bodies"`
}

// ActionCall is where the requests go.
type ActionCall struct {
	Endpoint *Endpoint `json:"endpoint,omitempty"`
}

// ActionBody is a JSON body and the names that its context must have.
type ActionBody struct {
	Key      string         `json:"key"`
	Template string         `json:"template"`
	Needs    []string       `json:"needs"`
	Extra    map[string]any `json:"extra,omitempty"` // keys of the author's own; not read
}

// Body gives a prepared body by its key.
func (a UserAction) Body(key string) (ActionBody, bool) {
	for _, b := range a.Bodies {
		if b.Key == key {
			return b, true
		}
	}
	return ActionBody{}, false
}

// Importer brings resources in, by a driver of the host.
type Importer struct {
	Driver        string            `json:"driver"`
	ShowErrorBody Opt[bool]         `json:"showErrorBody,omitzero"`
	Templates     map[string]string `json:"templates,omitzero"`
}

// DriverAction is done by a driver of the host.
type DriverAction struct {
	On     []string `json:"on,omitzero"`
	Driver string   `json:"driver"`
	Form   Form     `json:"form,omitzero"`
}
