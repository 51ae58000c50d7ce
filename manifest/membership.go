package manifest

// MembershipSync reads who belongs to a collection (a segment, an audience, a
// group of a course) from what the partner posts in its own form.
type MembershipSync struct {
	On       []string          `json:"on,omitzero"`
	Parser   *MembershipParser `json:"parser,omitempty"`
	Response Opt[string]       `json:"response,omitzero"` // template of the answer's body
}

// MembershipParser says where a batch holds what; each is a JSON pointer.
type MembershipParser struct {
	ScopeID     string       `json:"scopeId"`
	SubjectKind Opt[string]  `json:"subjectKind,omitzero"`
	Collection  Collection   `json:"collection"`
	Members     MemberArrays `json:"members"`
}

// Collection is the one that the batch is about.
type Collection struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	URL  Opt[string] `json:"url,omitzero"`
}

// MemberArrays are where the members are.
type MemberArrays struct {
	List   Opt[string]   `json:"list,omitzero"`
	Add    Opt[string]   `json:"add,omitzero"`
	Remove Opt[string]   `json:"remove,omitzero"`
	Action *MemberAction `json:"action,omitempty"`
	Item   *MemberItem   `json:"item,omitempty"`
}

// MemberAction is one value for the whole batch: Matcher finds it, all are added;
// else all are removed.
type MemberAction struct {
	Path    string `json:"path"`
	Matcher string `json:"matcher"`
}

// MemberItem finds the parts of a member; pointers relative to it.
type MemberItem struct {
	ID             string      `json:"id"`
	Flag           Opt[string] `json:"flag,omitzero"` // true: belongs, false: does not
	CollectionID   Opt[string] `json:"collectionId,omitzero"`
	CollectionName Opt[string] `json:"collectionName,omitzero"`
}

// MembershipStyle is how a batch says who joins and who leaves.
type MembershipStyle string

// The three styles.
const (
	StyleFlag   MembershipStyle = "flag"   // one array, a boolean per member
	StyleArrays MembershipStyle = "arrays" // one array of those who join, one of those who leave
	StyleAction MembershipStyle = "action" // one array, one action for the batch
)

// Style gives the style of the arrays.
func (m MemberArrays) Style() MembershipStyle {
	switch {
	case m.Action != nil:
		return StyleAction
	case m.Add.Present() || m.Remove.Present():
		return StyleArrays
	}
	return StyleFlag
}
