package catalog

import "time"

// File is the operator's catalog file.
type File struct {
	Product      Product             `yaml:"product" json:"product"`
	Rules        Rules               `yaml:"rules" json:"rules"`
	Operations   map[string]Override `yaml:"operations" json:"operations,omitempty"`
	Versions     Versions            `yaml:"versions" json:"versions,omitzero"`
	Deprecations []Deprecations      `yaml:"deprecations" json:"deprecations,omitempty"`
	// Removed lists operations that the documents have no longer, by "METHOD /path" as callers write it: they answer 410
	// and name what to call instead.
	Removed      map[string]Removal     `yaml:"removed" json:"removed,omitempty"`
	Scopes       map[string]Scope       `yaml:"scopes" json:"scopes,omitempty"`
	Entitlements map[string]Entitlement `yaml:"entitlements" json:"entitlements,omitempty"`
	Privileges   []Privilege            `yaml:"privileges" json:"privileges,omitempty"`
	Roles        map[string]Role        `yaml:"roles" json:"roles,omitempty"`
	Resources    []Kind                 `yaml:"resources" json:"resources,omitempty"`
	Events       map[string]EventType   `yaml:"events" json:"events,omitempty"`
	Plans        map[string]Plan        `yaml:"plans" json:"plans,omitempty"`
	Previews     map[string]Gated       `yaml:"previews" json:"previews,omitempty"`
	Tiers        map[string]Tier        `yaml:"tiers" json:"tiers,omitempty"`
	Sandboxes    *Sandboxes             `yaml:"sandboxes" json:"sandboxes,omitempty"` // absent: the product does nothing about them
	Changes      []Change               `yaml:"changes" json:"changes,omitempty"`
}

// Product is the API behind the gateway.
type Product struct {
	Name        string `yaml:"name" json:"name"`
	Description string `yaml:"description" json:"description,omitempty"`
	// Pages is the address of the product's own pages, for people: what integrations link to.
	Pages     string   `yaml:"pages" json:"pages,omitempty"`
	Documents []string `yaml:"documents" json:"documents,omitempty"` // OpenAPI files, as patterns relative to this file
	// BasePath replaces the base paths of the documents' servers. Absent: those of the documents; "/": none.
	BasePath  string            `yaml:"base_path" json:"base_path,omitempty"`
	Upstreams map[string]string `yaml:"upstreams" json:"upstreams,omitempty"` // name → URL; "default" serves what names none
	Account   Account           `yaml:"account" json:"account"`
	// LegacyKeys says where calls carry keys that were made before Guestright and imported; absent: nowhere.
	LegacyKeys []Key `yaml:"legacy_keys" json:"legacy_keys,omitempty"`
}

// Key is a place in a request that names the account, or carries a legacy key.
type Key struct {
	In   string `yaml:"in" json:"in"`     // account: path, query, header, host or none; legacy key: bearer, basic, header or query
	Name string `yaml:"name" json:"name"` // parameter or header; for host a pattern such as "{account}.api.example.com"
}

// Account says where a request carries the account's key.
type Account struct {
	In      string `yaml:"in" json:"in,omitempty"`
	Name    string `yaml:"name" json:"name,omitempty"`
	Also    []Key  `yaml:"also" json:"also,omitempty"`       // further places; where two are filled they must agree
	Missing string `yaml:"missing" json:"missing,omitempty"` // "grant" (default): the grant's account is meant; "refuse"
	// OwnUpstream allows an account to have an upstream of its own.
	OwnUpstream bool `yaml:"own_upstream" json:"own_upstream,omitempty"`
}

// Override is what the operator says about one operation, found by its operationId or by "METHOD /path".
type Override struct {
	Needs       string       `yaml:"needs" json:"needs,omitempty"`             // and/or expression; bare words are entitlements
	Entitlement string       `yaml:"entitlement" json:"entitlement,omitempty"` // short for needs with one entitlement
	Public      bool         `yaml:"public" json:"public,omitempty"`           // any installed application may call it
	Internal    bool         `yaml:"internal" json:"internal,omitempty"`       // not for third parties; answers like an absent route
	Reason      string       `yaml:"reason" json:"reason,omitempty"`
	Preview     string       `yaml:"preview" json:"preview,omitempty"`   // a preview of this file: only groups that have it may call
	Resource    string       `yaml:"resource" json:"resource,omitempty"` // a kind of `resources`, or a template
	Cost        int          `yaml:"cost" json:"cost,omitempty"`         // calls that one request counts as; 0 means 1
	Upstream    string       `yaml:"upstream" json:"upstream,omitempty"`
	Deprecated  *Deprecation `yaml:"deprecated" json:"deprecated,omitempty"`
	// RemovedIn lists API versions that do not have the operation any more, or not yet.
	RemovedIn map[string]Removal `yaml:"removed_in" json:"removed_in,omitempty"`
}

// Scope is a coarse name that a developer asks for.
type Scope struct {
	Label        string   `yaml:"label" json:"label,omitempty"`
	Explanation  string   `yaml:"explanation" json:"explanation,omitempty"`
	Risk         string   `yaml:"risk" json:"risk,omitempty"` // low, medium (default) or high
	Entitlements []string `yaml:"entitlements" json:"entitlements,omitempty"`
	// Roles are keys of the product's roles, one of which a person needs to let an application use the scope in their name.
	Roles []string `yaml:"approver_roles" json:"approver_roles,omitempty"`
	// Reveals lists what the scope lets developers see of people: name, email.
	Reveals []string `yaml:"reveals" json:"reveals,omitempty"`
}

// Entitlement is the action that a route requires.
type Entitlement struct {
	Label         string `yaml:"label" json:"label,omitempty"`
	Explanation   string `yaml:"explanation" json:"explanation,omitempty"`
	Administrator bool   `yaml:"administrator" json:"administrator,omitempty"`
	// View says whether the action only looks. Absent: it does when its name ends in view or read, or when every operation
	// that asks for it is a GET or HEAD.
	View *bool `yaml:"view" json:"view,omitempty"`
}

// Privilege is what the product's own admin screen calls one or several entitlements. One entitlement may stand under
// several labels.
type Privilege struct {
	Label         string   `yaml:"label" json:"label"`
	Screen        string   `yaml:"screen" json:"screen,omitempty"` // where the administrator finds it
	Entitlements  []string `yaml:"entitlements" json:"entitlements"`
	Administrator bool     `yaml:"administrator" json:"administrator,omitempty"`
}

// Role is a role of the product that integrations may meet; Administrator marks those they must not be bound to.
type Role struct {
	Label         string   `yaml:"label" json:"label,omitempty"`
	Entitlements  []string `yaml:"entitlements" json:"entitlements,omitempty"`
	Administrator bool     `yaml:"administrator" json:"administrator,omitempty"`
}

// EventType is a kind of event that the product publishes. Who receives it needs the entitlement on the event's subject,
// or the scope, or both; with neither it is open to every integration of the account.
type EventType struct {
	Label       string `yaml:"label" json:"label,omitempty"`
	Description string `yaml:"description" json:"description,omitempty"`
	Scope       string `yaml:"scope" json:"scope,omitempty"`
	Entitlement string `yaml:"entitlement" json:"entitlement,omitempty"`
	// Preview is one of `previews`: only integrations of groups that have it receive the event.
	Preview string `yaml:"preview" json:"preview,omitempty"`
	// Resource is the kind of `resources` that events of this type are about; with it, every event names its subject.
	Resource string `yaml:"resource" json:"resource,omitempty"`
	// Schemas holds the JSON Schema (draft 2020-12) of the data by version: 1, 2 and so on. None: any JSON object.
	Schemas map[string]map[string]any `yaml:"schemas" json:"schemas,omitempty"`
}

// Plan is a set of limits that a developer group starts with or is granted.
type Plan struct {
	Label  string  `yaml:"label" json:"label,omitempty"`
	Sites  int     `yaml:"sites" json:"sites"` // accounts in which the group's applications may be installed
	Limits []Limit `yaml:"limits" json:"limits"`
}

// Limit is a number of calls per period.
type Limit struct {
	Calls int    `yaml:"calls" json:"calls"`
	Per   Period `yaml:"per" json:"per"`
	Scope string `yaml:"scope" json:"scope,omitempty"` // group (default), application, account (application × account), key
	Mode  string `yaml:"mode" json:"mode,omitempty"`   // reject (default) or delay
	// Soft and Contract are levels of a long limit (five minutes and more): at Soft the group is told; at Contract the
	// operator too, and calls above it count as overage. 0: no such level.
	Soft     int `yaml:"soft" json:"soft,omitempty"`
	Contract int `yaml:"contract" json:"contract,omitempty"`
	// Pace is the time between two calls above a long limit in mode delay (default 1s), MaxWait the longest that a call
	// is held there (default 5s); what would wait longer is rejected.
	Pace    Duration `yaml:"pace" json:"pace,omitempty"`
	MaxWait Duration `yaml:"max_wait" json:"max_wait,omitempty"`
}

// LongFrom is the period from which a limit is long: it is kept in the database and may have levels.
const LongFrom = 5 * time.Minute

// MaxWaitMost is the longest that a call may be held.
const MaxWaitMost = time.Minute

// Long reports whether the limit's period is long enough for levels.
func (l Limit) Long() bool { return l.Per == Month || time.Duration(l.Per) >= LongFrom }

// Change announces that an operation will need something else. Until Starts + Grace it accepts what it needed before as
// well as what it needs now.
type Change struct {
	Operation string    `yaml:"operation" json:"operation"`
	Was       string    `yaml:"was" json:"was"`
	Starts    time.Time `yaml:"starts" json:"starts"`
	Grace     Duration  `yaml:"grace" json:"grace"`
	Notice    string    `yaml:"notice" json:"notice,omitempty"`
}

// Development is the plan that every new group starts with unless the file says otherwise: six sites, 10,000 calls in 24
// hours, 100 in 10 seconds.
func Development() Plan {
	return Plan{Label: "Development", Sites: 6, Limits: []Limit{
		{Calls: 10_000, Per: Period(24 * time.Hour)},
		{Calls: 100, Per: Period(10 * time.Second)},
	}}
}
