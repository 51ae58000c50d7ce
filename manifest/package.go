package manifest

// ContextView names what templates see and how their output is escaped.
type ContextView string

// The two views.
const (
	ViewNative       ContextView = "native-1"
	ViewLaunchDarkly ContextView = "launchdarkly-1"
)

// Package is an integration in neutral words: what it is, what it asks for, what
// it can do. A capability that is nil is one that the integration does not have.
type Package struct {
	// Key is the integration's name in addresses, audit data and storage.
	Key string `json:"-"`
	// Source is the manifest as it was given.
	Source []byte `json:"-"`

	Schema       Opt[string]      `json:"$schema,omitzero"`
	ContextView  Opt[ContextView] `json:"contextView,omitzero"`
	Listing      Listing          `json:"listing"`
	Connection   Connection       `json:"connection,omitzero"`
	Forms        Forms            `json:"forms,omitzero"`
	Installation Installation     `json:"installation,omitzero"`

	EventHooks         []EventHook         `json:"eventHooks,omitzero"`
	InboundTrigger     *InboundTrigger     `json:"inboundTrigger,omitempty"`
	ChangeApproval     *ChangeApproval     `json:"changeApproval,omitempty"`
	SnapshotPush       *SnapshotPush       `json:"snapshotPush,omitempty"`
	ManagedStoreSync   *ManagedStoreSync   `json:"managedStoreSync,omitempty"`
	ResourceLink       *ResourceLink       `json:"resourceLink,omitempty"`
	MembershipSync     *MembershipSync     `json:"membershipSync,omitempty"`
	ReservedProperties *ReservedProperties `json:"reservedProperties,omitempty"`
	UserAction         *UserAction         `json:"userAction,omitempty"`
	Importer           *Importer           `json:"importer,omitempty"`
	DriverAction       *DriverAction       `json:"driverAction,omitempty"`
	Configuration      Configuration       `json:"configuration,omitzero"`

	// Compat keeps what the compatible form says and the neutral one has no word for.
	Compat Compat `json:"compat,omitzero"`
}

// Compat is what only matters for writing the compatible form again.
type Compat struct {
	Empty []string `json:"empty,omitzero"` // pointers of objects that are there and empty
}

// View gives the context view, native unless the manifest says otherwise.
func (p Package) View() ContextView { return p.ContextView.Or(ViewNative) }

// CapabilityNames are all that a package can name, in the order of Package.
var CapabilityNames = []string{"eventHook", "inboundTrigger", "changeApproval", "snapshotPush", "managedStoreSync", "resourceLink", "membershipSync",
	"reservedProperties", "userAction", "importer", "driverAction"}

// Capabilities names what the integration can do, in the model's own words.
func (p Package) Capabilities() []string {
	var out []string
	for _, c := range []struct {
		name string
		has  bool
	}{
		{"eventHook", len(p.EventHooks) > 0},
		{"inboundTrigger", p.InboundTrigger != nil},
		{"changeApproval", p.ChangeApproval != nil},
		{"snapshotPush", p.SnapshotPush != nil},
		{"managedStoreSync", p.ManagedStoreSync != nil},
		{"resourceLink", p.ResourceLink != nil},
		{"membershipSync", p.MembershipSync != nil},
		{"reservedProperties", p.ReservedProperties != nil},
		{"userAction", p.UserAction != nil},
		{"importer", p.Importer != nil},
		{"driverAction", p.DriverAction != nil},
	} {
		if c.has {
			out = append(out, c.name)
		}
	}
	return out
}
