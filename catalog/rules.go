package catalog

import "strings"

// Rules say how the requirement of an operation is found in the product's own description. They are tried in this order:
// the file's entry, x-guestright-* extensions, security, prose, default.
type Rules struct {
	Security Security `yaml:"security" json:"security"`
	Prose    *Prose   `yaml:"prose" json:"prose,omitempty"`
	Default  *Default `yaml:"default" json:"default,omitempty"`
}

// Security says how the `security` of an operation counts. Its alternatives combine by or, schemes inside one
// alternative by and, scopes of one scheme by and.
type Security struct {
	// Ignore lists schemes whose scopes do not say what a call needs.
	Ignore []string `yaml:"ignore" json:"ignore,omitempty"`
	// Schemes gives a scheme's name a scope of its own: an operation that names the scheme also needs that scope.
	Schemes map[string]string `yaml:"schemes" json:"schemes,omitempty"`
}

// Default maps operations that nothing else describes, by method and resource.
type Default struct {
	Entitlement string `yaml:"entitlement" json:"entitlement"` // for example "{kind}:{verb}"
	Verbs       []Verb `yaml:"verbs" json:"verbs"`
}

// Verb names what a method does. The first that fits counts; a missing method or path fits everything.
type Verb struct {
	Method string `yaml:"method" json:"method,omitempty"`
	Path   string `yaml:"path" json:"path,omitempty"` // pattern: * is one segment, ** any number
	Verb   string `yaml:"verb" json:"verb"`
}

// Kind is a kind of resource and how it is named in policies.
type Kind struct {
	Kind  string `yaml:"kind" json:"kind"`
	Label string `yaml:"label" json:"label,omitempty"`
	// Path is the name of one resource, parents first: "proj/{projectKey}:env/{environmentKey}". A parameter may list
	// other spellings, "{projectKey|projKey}"; one that the request does not carry becomes "*".
	Path string `yaml:"path" json:"path"`
	// Under lists the routes that are about this kind, as patterns: * is one segment, ** any number. Without it a route
	// belongs to the kind that uses most of its parameters.
	Under []string `yaml:"under" json:"under,omitempty"`
	// Word is what templates of integrations call the kind when it is not the path's own word: project for proj.
	Word string `yaml:"word" json:"word,omitempty"`
	// Triggers are what an alert or another call from outside may have the product do to a resource of this kind.
	Triggers []Instruction `yaml:"triggers" json:"triggers,omitempty"`
	// Members is the entitlement to say who belongs to a resource of this kind: a segment, an audience, a group of a
	// course. Such kinds can be filled by integrations that keep memberships.
	Members string `yaml:"members" json:"members,omitempty"`
}

// Last is the path's word for the kind: flag in proj/{p}:env/{e}:flag/{f}.
func (k Kind) Last() string {
	last := k.Path[strings.LastIndexByte(k.Path, ':')+1:]
	word, _, _ := strings.Cut(last, "/")
	return word
}

// Prose finds entitlements in the text of operations.
type Prose struct {
	Fields []string `yaml:"fields" json:"fields,omitempty"` // description (default), summary
	// Entitlement matches one name in the group (?P<entitlement>…). A bar inside a segment, `course|org`, stands for both.
	Entitlement string `yaml:"entitlement" json:"entitlement"`
	// Breaks match where a new statement starts although no full stop ends the one before.
	Breaks []string `yaml:"breaks" json:"breaks,omitempty"`
	// Statements classify a statement by the first expression that matches; the name of the group that took part says
	// how: require, also, allow, open, extra, ignore. Without any, every statement is a requirement.
	Statements []string `yaml:"statements" json:"statements,omitempty"`
	// Words find joining words by named groups: any, all, either, both, or, and. Absent: English words.
	Words []string `yaml:"words" json:"words,omitempty"`
	// Cases are families of words that exclude each other, one expression each: a requirement "for courses" and one "for
	// organizations" are alternatives.
	Cases [][]string `yaml:"cases" json:"cases,omitempty"`
	// Unjoined says how names combine that no word joins: ambiguous (default), all or any.
	Unjoined string `yaml:"unjoined" json:"unjoined,omitempty"`
}
