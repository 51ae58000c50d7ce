package webhook

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/webhook/broker"
)

// ID identifies an Endpoint.
type ID = ident.ID[Endpoint]

// Switch says whether an endpoint gets events.
type Switch string

// The positions.
const (
	Enabled  Switch = "enabled"
	Disabled Switch = "disabled"
)

// Why an endpoint is disabled.
const (
	ByRequest = "request" // somebody asked
	ByAnswer  = "gone"    // the receiver answered 410
	ByFailure = "failing" // it failed for days
)

// Signature says how requests to an endpoint are signed.
type Signature string

// The ways.
const (
	SignHMAC    Signature = "hmac"    // with the endpoint's own secret
	SignEd25519 Signature = "ed25519" // with the platform's key, whose public half is published
	SignBoth    Signature = "both"
)

// Endpoint is an address that gets events.
type Endpoint struct {
	ID          ID        `json:"id"`
	Application string    `json:"application,omitempty" doc:"It gets events of every installation of this application"`
	Group       string    `json:"group,omitempty"`
	Grant       string    `json:"grant,omitempty" doc:"It gets events of this grant only"`
	Account     string    `json:"account,omitempty" doc:"Of the grant"`
	URL         string    `json:"url"`
	Kind        string    `json:"kind,omitempty" doc:"Of a message broker; absent: a web server"`
	Username    string    `json:"username,omitempty" doc:"That we sign in with at a message broker"`
	HasPassword bool      `json:"password_set,omitempty" doc:"Whether a password for it is stored"`
	Description string    `json:"description,omitempty"`
	State       Switch    `json:"state" enum:"enabled,disabled"`
	Reason      string    `json:"reason,omitempty" doc:"Why it is disabled: request, gone (it answered 410) or failing (for five days)"`
	Ordered     bool      `json:"ordered" doc:"Events with one ordering key come one after another; one that fails holds up its key only"`
	Concurrency int       `json:"concurrency" doc:"Requests at one time"`
	Rate        int       `json:"rate,omitempty" doc:"Requests a second at most; absent: as many as it takes"`
	Body        string    `json:"body_template,omitempty" doc:"Makes the body of what is sent; absent: the event itself"`
	Signature   Signature `json:"signature" enum:"hmac,ed25519,both" doc:"Who signs: its own secrets, the platform's key that /v1/webhooks/jwks.json publishes, or both"`
	Secrets     []Signing `json:"secrets" nullable:"false" doc:"All of them sign, unless signature is ed25519"`
	CreatedBy   string    `json:"created_by"`
	Created     time.Time `json:"created"`
	Circuit     Circuit   `json:"circuit"`
	Maker       string    `json:"maker,omitempty" doc:"What makes its requests, where that is an integration's configuration: it is changed there"`

	holder   string
	ref      string // the maker's own name for it
	password string // sealed
	revision int64
}

// IDPrefix implements ident.Named.
func (Endpoint) IDPrefix() string { return "whe" }

// Signing is a secret that signs, without the secret.
type Signing struct {
	Hint    string    `json:"hint" doc:"Last four characters"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends,omitzero" doc:"When it stops signing"`

	sealed string
}

// Limits of an endpoint.
const (
	EndpointsMost      = 20 // of one application or grant
	concurrencyDefault = 16
	concurrencyMost    = 64
	rateMost           = 10_000
	descriptionMost    = 200
	secretsMost        = 5
	overlapDefault     = 24 * time.Hour
	overlapMost        = 90 * 24 * time.Hour
)

// Draft is what somebody decides about an endpoint.
type Draft struct {
	URL         string              `json:"url" maxLength:"2048" example:"https://hooks.example.com/guestright" doc:"A public https address, or a message broker: rediss://host?stream=NAME"`
	Username    string              `json:"username,omitempty" maxLength:"255" doc:"That we sign in with, where the address is a message broker"`
	Password    *string             `json:"password,omitempty" maxLength:"4096" doc:"For it. Stored sealed and never shown; absent: the one that is stored stays, empty: none" writeOnly:"true"`
	Description string              `json:"description,omitempty" maxLength:"800"`
	Disabled    bool                `json:"disabled,omitempty" doc:"Make it without sending anything yet"`
	Ordered     bool                `json:"ordered,omitempty" doc:"Events with one ordering key come one after another"`
	Concurrency int                 `json:"concurrency,omitempty" minimum:"0" maximum:"64" doc:"Requests at one time; 16 when absent"`
	Rate        int                 `json:"rate,omitempty" minimum:"0" maximum:"10000" doc:"Requests a second at most; absent: as many as it takes"`
	Signature   Signature           `json:"signature,omitempty" enum:"hmac,ed25519,both" doc:"Sign with the endpoint's own secret (hmac, when absent), the platform's key that /v1/webhooks/jwks.json publishes (ed25519), or both"`
	Body        string              `json:"body_template,omitempty" maxLength:"16384" doc:"Handlebars template that makes a JSON body of the event, for receivers with a form of their own; absent: the event itself" example:"{\"text\":\"{{type}} in {{account_key}}\"}"`
	Types       []string            `json:"types,omitempty" maxItems:"100" doc:"Subscribes to these types right away; * stands for any characters"`
	Filter      access.Policy       `json:"filter,omitempty" doc:"Of that subscription: only subjects that this policy allows event:receive on"`
	check       func(string) error  // of the address
	known       func(string) string // whether a pattern names a type: "", or why not
}

// judge returns the findings about a draft.
func (d *Draft) judge() []problem.Field {
	d.URL, d.Description = strings.TrimSpace(d.URL), strings.TrimSpace(d.Description)
	var f []problem.Field
	if err := d.check(d.URL); err != nil {
		e := problem.Of(err)
		f = append(f, problem.Field{Pointer: "/url", Code: e.Code, Detail: e.Detail})
	}
	if utf8.RuneCountInString(d.Description) > descriptionMost || strings.ContainsFunc(d.Description, func(r rune) bool { return !unicode.IsPrint(r) }) {
		f = append(f, problem.Field{Pointer: "/description", Code: "description_invalid", Detail: "At most 200 printable characters."})
	}
	if secret.Ours(d.URL) || strings.Contains(d.Description, "whsec_") {
		f = append(f, problem.Field{Pointer: "/description", Code: "credential", Detail: "This holds a credential. Take it out."})
	}
	f = append(f, d.judgeCredentials()...)
	if d.Concurrency < 0 || d.Concurrency > concurrencyMost {
		f = append(f, problem.Field{Pointer: "/concurrency", Code: "out_of_range", Detail: "1 to 64."})
	}
	if d.Rate < 0 || d.Rate > rateMost {
		f = append(f, problem.Field{Pointer: "/rate", Code: "out_of_range", Detail: "1 to 10,000, or nothing."})
	}
	if !slices.Contains([]Signature{"", SignHMAC, SignEd25519, SignBoth}, d.Signature) {
		f = append(f, problem.Field{Pointer: "/signature", Code: "unknown", Detail: "hmac, ed25519 or both."})
	}
	if len(d.Types) > 0 {
		f = append(f, judgeTypes(d.Types, d.Filter, d.known)...)
	}
	return f
}

// put takes a draft over.
func (e *Endpoint) put(d Draft) {
	e.URL, e.Description, e.Ordered, e.Rate = d.URL, d.Description, d.Ordered, d.Rate
	e.Concurrency, e.Signature, e.Body = d.Concurrency, d.Signature, d.Body
	if strings.TrimSpace(e.Body) == "" {
		e.Body = ""
	}
	e.Username, e.Kind = d.Username, broker.Name(d.URL)
	if e.Signature == "" {
		e.Signature = SignHMAC
	}
	if e.Concurrency == 0 {
		e.Concurrency = concurrencyDefault
	}
}

// Resource is how policies name an endpoint: below its application, or below
// what holds the grant.
func (e Endpoint) Resource() access.Resource {
	on := access.On("group", e.Group, "application", e.Application)
	if e.Application == "" {
		kind, id, _ := strings.Cut(e.holder, "/")
		on = access.On("account", e.Account, kind, id)
	}
	return below(on, e.ID.String())
}

// below is an endpoint, or with * any, below what owns it.
func below(on access.Resource, id string) access.Resource {
	steps := on.Segments()
	return access.NewResource(append(steps[:len(steps):len(steps)], access.Segment{Kind: "webhook", Name: id})...)
}

// live lists the secrets that sign now.
func (e *Endpoint) live(now time.Time) []Signing {
	var out []Signing
	for _, s := range e.Secrets {
		if s.Ends.IsZero() || now.Before(s.Ends) {
			out = append(out, s)
		}
	}
	return out
}

// rotate puts a new secret first; the others go on signing for a while.
func (e *Endpoint) rotate(fresh Signing, now time.Time, overlap time.Duration) error {
	kept := e.live(now)
	if len(kept) >= secretsMost {
		return problem.Conflict("webhook_secrets", "Five secrets sign already. Wait until one of them ends, or end them by a change with overlap_hours 0.")
	}
	ends := now.Add(overlap)
	out := []Signing{fresh}
	for _, s := range kept {
		if s.Ends.IsZero() || s.Ends.After(ends) {
			s.Ends = ends
		}
		if s.Ends.After(now) {
			out = append(out, s)
		}
	}
	e.Secrets = out
	return nil
}
