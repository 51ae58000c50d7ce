package manifest

// SnapshotPush sends the present data of one scope to the partner after each change.
type SnapshotPush struct {
	On    []string       `json:"on,omitzero"`
	Forms SnapshotForms  `json:"forms,omitzero"`
	Push  *Push          `json:"push,omitempty"`
	Check *SnapshotCheck `json:"check,omitempty"`
}

// SnapshotForms are filled in for each scope.
type SnapshotForms struct {
	Scope Form `json:"scope,omitzero"`
}

// Push is the call; the data itself is not a template.
type Push struct {
	Endpoint Endpoint `json:"endpoint"`
	Wrap     Wrap     `json:"wrap,omitzero"`
}

// Wrap stands around the data.
type Wrap struct {
	Before Opt[string] `json:"before,omitzero"` // template
	After  Opt[string] `json:"after,omitzero"`  // text
}

// SnapshotCheck tries the connection without a change.
type SnapshotCheck struct {
	Endpoint Endpoint        `json:"endpoint"`
	Parser   *SnapshotParser `json:"parser,omitempty"`
}

// SnapshotParser reads the answer of a check.
type SnapshotParser struct {
	Success string      `json:"success"` // pointer to true
	Errors  Opt[string] `json:"errors,omitzero"`
}

// ManagedStoreSync writes large collections straight into the customer's store,
// through a driver of the host.
type ManagedStoreSync struct {
	Driver string `json:"driver"`
}
