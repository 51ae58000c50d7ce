package manifest

import (
	"fmt"
	"slices"
)

// Layer says where a rule comes from.
type Layer string

// The three layers.
const (
	LayerSchema Layer = "schema" // the JSON Schema
	LayerRules  Layer = "rules"  // what a package must keep beyond it
	LayerLint   Layer = "lint"   // what is legal and breaks in practice
)

// Severity says how bad a finding is.
type Severity string

// The three severities. Only an error stops a release.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Notice  Severity = "notice"
)

// Finding is one thing to say about a package. Rule is stable.
type Finding struct {
	File     string   `json:"file,omitempty"` // in the package; empty: the manifest
	Pointer  string   `json:"pointer"`        // JSON pointer in the manifest
	Line     int      `json:"line,omitempty"`
	Rule     string   `json:"rule"`
	Layer    Layer    `json:"layer"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Mend     string   `json:"mend,omitempty"`
}

// String is one line for people.
func (f Finding) String() string {
	s := fmt.Sprintf("%s %s [%s] %s", f.Severity, f.Pointer, f.Rule, f.Message)
	if f.Mend != "" {
		s += " " + f.Mend
	}
	return s
}

// Failed says whether there is an error among findings.
func Failed(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.Severity == Error })
}
