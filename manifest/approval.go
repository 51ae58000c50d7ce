package manifest

// ChangeApproval lets a system outside decide on a proposed change.
type ChangeApproval struct {
	On                     []string      `json:"on,omitzero"`
	DisplayName            Opt[string]   `json:"displayName,omitzero"`
	Forms                  ApprovalForms `json:"forms,omitzero"`
	AllowExtraFields       Opt[bool]     `json:"allowExtraRequestFields,omitzero"`
	MultipleConfigurations Opt[bool]     `json:"multipleConfigurations,omitzero"`
	Calls                  ApprovalCalls `json:"calls"`
}

// ApprovalForms are filled in for a scope (an environment, a site) and with each request.
type ApprovalForms struct {
	Scope   Form `json:"scope,omitzero"`
	Request Form `json:"request,omitzero"`
}

// ApprovalCalls are the five moments at which the partner is called.
type ApprovalCalls struct {
	Open      *ApprovalCall  `json:"open,omitempty"`
	Status    *ApprovalCall  `json:"status,omitempty"`
	Applied   *ApprovalCall  `json:"applied,omitempty"`
	Withdrawn *ApprovalCall  `json:"withdrawn,omitempty"`
	Directory *DirectoryCall `json:"directory,omitempty"` // maps our members to the partner's
}

// ApprovalCall is one call and how its answer is read. Without a Body none is sent.
type ApprovalCall struct {
	Endpoint Endpoint        `json:"endpoint"`
	Body     Opt[string]     `json:"body,omitzero"`
	Parser   *DecisionParser `json:"parser,omitempty"`
}

// DecisionParser reads an answer: pointers, regular expressions that search, and
// the template of a page for people.
type DecisionParser struct {
	ID      Opt[string] `json:"id,omitzero"`
	Value   string      `json:"value"`
	Label   Opt[string] `json:"label,omitzero"`
	Approve string      `json:"approve"`
	Reject  Opt[string] `json:"reject,omitzero"`
	Link    Opt[string] `json:"link,omitzero"`
}

// DirectoryCall asks for the partner's members.
type DirectoryCall struct {
	Endpoint Endpoint         `json:"endpoint"`
	Body     Opt[string]      `json:"body,omitzero"`
	Parser   *DirectoryParser `json:"parser,omitempty"`
}

// DirectoryParser finds the members in the answer.
type DirectoryParser struct {
	List string         `json:"list"`
	Item *DirectoryItem `json:"item,omitempty"`
}

// DirectoryItem finds a member's parts; pointers relative to the member.
type DirectoryItem struct {
	Email string `json:"email"`
	ID    string `json:"id"`
}

// Named gives a call with the name of its member in JSON.
type Named struct {
	Name string
	Call *ApprovalCall
}

// Deciding gives the four calls whose answers carry a decision, absent ones left out.
func (c ApprovalCalls) Deciding() []Named {
	var out []Named
	for _, n := range []Named{{"open", c.Open}, {"status", c.Status}, {"applied", c.Applied}, {"withdrawn", c.Withdrawn}} {
		if n.Call != nil {
			out = append(out, n)
		}
	}
	return out
}
