package manifest

// The ways in which the caller of a trigger shows that it may.
const (
	AuthURL          = "url" // the address is the secret
	AuthSharedSecret = "sharedSecret"
	AuthHMAC         = "hmac"
)

// InboundTrigger is a webhook of ours that makes a change which was chosen before.
type InboundTrigger struct {
	On               []string       `json:"on,omitzero"`
	DocsURL          string         `json:"docsUrl"`
	Auth             Opt[string]    `json:"auth,omitzero"`
	Parser           *TriggerParser `json:"parser,omitempty"`
	DefaultEventName Opt[string]    `json:"defaultEventName,omitzero"`
	TestEvent        Opt[string]    `json:"testEvent,omitzero"` // regular expression; an event that it finds changes nothing
}

// TriggerParser says where a call holds what; each is a JSON pointer.
type TriggerParser struct {
	EventName Opt[string] `json:"eventName,omitzero"`
	Value     Opt[string] `json:"value,omitzero"`
	URL       Opt[string] `json:"url,omitzero"`
}

// EventName gives the name for a call that has none.
func (t InboundTrigger) EventName() string { return t.DefaultEventName.Or("An alert") }

// TestPattern gives the regular expression of tests.
func (t InboundTrigger) TestPattern() string { return t.TestEvent.Or(".*[Tt][Ee][Ss][Tt].*") }

// AuthKind says how the caller shows that it may.
func (t InboundTrigger) AuthKind() string { return t.Auth.Or(AuthURL) }
