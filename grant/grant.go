package grant

import (
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Grant.
type ID = ident.ID[Grant]

// Kind says what sort of holder a grant has.
type Kind string

// The kinds.
const (
	KindInstallation Kind = "installation" // an application as its integration user
	KindConsent      Kind = "consent"      // an application as a signed-in user
	KindPrivate      Kind = "private"      // a private integration
	KindMember       Kind = "member"       // a personal token
	KindService      Kind = "service"      // an account's service token
	KindLegacy       Kind = "legacy"       // a key from before Guestright
	KindRecording    Kind = "recording"    // a developer's in a sandbox of their own group
)

// AllScopes, alone, stands in the grant of a legacy key or recording for all scopes
// there are.
const AllScopes = "*"

// State of a grant.
type State string

// The states.
const (
	Active    State = "active"
	Suspended State = "suspended"
	Ended     State = "ended"
)

// Grant says what a holder may do in an account.
type Grant struct {
	ID          ID       `json:"id"`
	Kind        Kind     `json:"kind"`
	Account     string   `json:"account"`
	Application string   `json:"application,omitempty"`
	Group       string   `json:"group,omitempty" doc:"The developer group whose limits pay"`
	Holder      string   `json:"holder" doc:"Such as installation/ins_…"`
	Subject     string   `json:"subject" doc:"The user it acts as"`
	SubjectKey  string   `json:"subject_key" doc:"The product's own key of that user"`
	Scopes      []string `json:"scopes"`
	// Layers must all allow; within one layer any policy may.
	Layers   [][]access.Policy `json:"layers"`
	Networks Networks          `json:"networks,omitempty" doc:"Networks from which it may be used; absent: from anywhere"`
	Reach    Reach             `json:"reach,omitzero" doc:"Child accounts in which it may act, too"`
	State    State             `json:"state" enum:"active,suspended,ended"`
	Reason   string            `json:"reason,omitempty" doc:"Code that callers get while it is suspended"`
	// APIVersion counts for calls that name none; an application's own counts for
	// its grants.
	APIVersion string    `json:"api_version,omitempty"`
	Revision   int64     `json:"revision"`
	Created    time.Time `json:"created"`
}

// IDPrefix implements ident.Named.
func (Grant) IDPrefix() string { return "grt" }

// Resource is how policies of an account name what holds the grant, such as
// account/acc_…:installation/ins_….
func (g Grant) Resource() access.Resource {
	kind, id, _ := strings.Cut(g.Holder, "/")
	if kind == "" || id == "" {
		return access.On("account", g.Account, "grant", g.ID.String())
	}
	return access.On("account", g.Account, kind, id)
}

// ErrNetwork answers calls from other networks than the grant's own, whatever door
// they come to.
var ErrNetwork = problem.Forbidden("network_not_allowed", "This token may be used from certain networks only, and the call does not come from one of them.")

// reasons are what callers of a suspended grant are told, by code.
var reasons = map[string]string{
	"installation_unavailable": "The customer's administrator has switched this integration off.",
	"installation_blocked":     "This integration is blocked for this account.",
	"delegation_off":           "The customer's administrator does not allow this application to act for people.",
	"installation_pending":     "The installation is not complete yet.",
	"installation_failed":      "The product did not create the integration user. The customer's administrator can try again.",

	"private_integration_paused":  "The customer's administrator has paused this private integration.",
	"private_integration_blocked": "The platform operator has stopped this private integration.",
}

// Live fails unless the grant opens anything. Errors: Forbidden with the code of
// the suspension; Unauthenticated `grant_ended`.
func (g Grant) Live() error {
	switch g.State {
	case Active:
		return nil
	case Suspended:
		if detail, ok := reasons[g.Reason]; ok {
			return problem.Forbidden(g.Reason, detail)
		}
		return problem.Forbidden("grant_suspended", "This grant is suspended.")
	}
	return problem.Unauthenticated("grant_ended", "The integration was removed; this token opens nothing any more.")
}

// Compile prepares the layers for decisions.
func (g Grant) Compile() ([]access.Layer, error) {
	out := make([]access.Layer, 0, len(g.Layers))
	for _, layer := range g.Layers {
		l := make(access.Layer, 0, len(layer))
		for _, p := range layer {
			rules, err := p.Compile(nil)
			if err != nil {
				return nil, err
			}
			l = append(l, rules)
		}
		out = append(out, l)
	}
	return out, nil
}
