package manifest

// Form is a list of variables, in the order in which they are shown.
type Form []Variable

// VariableType is what kind of value a variable has.
type VariableType string

// The ten types.
const (
	TypeString        VariableType = "string"
	TypeBoolean       VariableType = "boolean"
	TypeURI           VariableType = "uri" // absolute address
	TypeEnum          VariableType = "enum"
	TypeDynamicEnum   VariableType = "dynamicEnum"   // choices are fetched from the partner
	TypeGenerated     VariableType = "generated"     // made by us, shown for copying
	TypeScopeSelector VariableType = "scopeSelector" // scopes of the host, for example environments
	TypeMultiselect   VariableType = "multiselect"
	TypePublicKey     VariableType = "publicKey" // public half of a key pair that we make
	TypeOAuth         VariableType = "oauth"
)

// Variable is one field of a form.
type Variable struct {
	Key         string         `json:"key"` // name in templates
	Label       string         `json:"label"`
	Type        VariableType   `json:"type"`
	Help        string         `json:"help"` // Markdown links
	Placeholder Opt[string]    `json:"placeholder,omitzero"`
	Secret      Opt[bool]      `json:"secret,omitzero"`
	Fixed       Opt[bool]      `json:"fixed,omitzero"` // cannot be changed once saved
	Optional    Opt[bool]      `json:"optional,omitzero"`
	Hidden      Opt[bool]      `json:"hidden,omitzero"`
	HideEmpty   Opt[bool]      `json:"hideEmpty,omitzero"`
	Default     Opt[any]       `json:"default,omitzero"` // string or bool
	Choices     []string       `json:"choices,omitzero"`
	Fetch       *Fetch         `json:"fetch,omitempty"`
	DependsOn   []Dependency   `json:"dependsOn,omitzero"`
	Options     []SelectOption `json:"options,omitzero"`
	Preselected []string       `json:"preselected,omitzero"`
}

// Fetch gets the choices of a dynamicEnum.
type Fetch struct {
	Endpoint Endpoint     `json:"endpoint"`
	Parser   *FetchParser `json:"parser,omitempty"`
}

// FetchParser finds the choices in the answer.
type FetchParser struct {
	List string     `json:"list"`
	Item *FetchItem `json:"item,omitempty"`
}

// FetchItem finds a choice's parts; pointers relative to the item.
type FetchItem struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// SelectOption is one choice of a multiselect.
type SelectOption struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// The forms that a dependency may look at.
const (
	FormInstallation = "installation"
	FormScope        = "scope"
	FormRequest      = "request"
)

// Dependency shows or hides a field by the value of another.
type Dependency struct {
	Variable   string      `json:"variable"`
	Form       string      `json:"form"`
	Action     string      `json:"action"` // show or hide
	Conditions []Condition `json:"conditions"`
}

// Condition compares the other field's value.
type Condition struct {
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

// Variable gives a field by its key.
func (f Form) Variable(key string) (Variable, bool) {
	for _, v := range f {
		if v.Key == key {
			return v, true
		}
	}
	return Variable{}, false
}
