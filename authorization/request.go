package authorization

import (
	"net/url"
	"slices"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// ID identifies a Request.
type ID = ident.ID[Request]

// State of a request.
type State string

// The states.
const (
	Pushed   State = "pushed"  // RFC 9126: known, not yet opened by a browser
	Pending  State = "pending" // waits for a person
	Approved State = "approved"
	Denied   State = "denied"
	Redeemed State = "redeemed" // a device has its tokens
)

// Kind of a request.
type Kind string

// The kinds.
const (
	KindCode   Kind = "code"
	KindDevice Kind = "device"
)

// Request is a client's question that waits for a person's answer.
type Request struct {
	ID          ID        `json:"id"`
	Kind        Kind      `json:"kind"`
	Application string    `json:"application"`
	Params      Params    `json:"params"`
	State       State     `json:"state"`
	User        string    `json:"user,omitempty" doc:"Who decided"`
	Account     string    `json:"account,omitempty" doc:"Where"`
	Grant       string    `json:"grant,omitempty"`
	Granted     []string  `json:"granted,omitempty" doc:"Scopes that were approved"`
	SignedIn    time.Time `json:"signed_in,omitzero" doc:"When the person had last proven who they are"`
	Created     time.Time `json:"created"`
	Expires     time.Time `json:"expires"`

	key    secret.Digest // of the pushed request_uri or the device code; zero: none
	user   secret.Digest // of the user code; zero: none
	polled time.Time
	every  time.Duration // least time between two polls of a device
}

// IDPrefix implements ident.Named.
func (Request) IDPrefix() string { return "areq" }

// RedirectHost is where the person will be sent, for the page that asks them.
func (r Request) RedirectHost() string {
	u, err := url.Parse(r.Params.RedirectURI)
	if err != nil || u.Host == "" {
		return r.Params.RedirectURI
	}
	return u.Host
}

// RedirectOrigin is scheme, host and port of the redirect URI, "" for a scheme
// without hosts.
func (r Request) RedirectOrigin() string {
	u, err := url.Parse(r.Params.RedirectURI)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func errExpired() error {
	return problem.Conflict("authorization_expired", "This request has expired. Go back to the application and start again.")
}

// open fails unless the request can be decided at now.
func (r Request) open(now time.Time) error {
	switch {
	case r.State == Pushed:
		return problem.NotFound("authorization request")
	case r.State != Pending:
		return problem.Conflict("authorization_decided", "This request has been answered already. Go back to the application.")
	case !now.Before(r.Expires):
		return errExpired()
	}
	return nil
}

// Decision is a person's answer.
type Decision struct {
	Approve bool
	Account string   // id
	Scopes  []string // of the product
	// Authenticated is when the person last proved who they are.
	Authenticated time.Time
}

// decide settles the request. Scopes that were not asked for are not granted.
func (r *Request) decide(now time.Time, user string, d Decision) error {
	if err := r.open(now); err != nil {
		return err
	}
	r.User = user
	if !d.Approve {
		r.State = Denied
		return nil
	}
	for _, s := range d.Scopes {
		if !slices.Contains(r.Params.Scopes, s) {
			return problem.Invalid("scope_not_asked", "The application did not ask for one of these scopes.")
		}
	}
	r.State, r.Account, r.Granted, r.SignedIn = Approved, d.Account, d.Scopes, d.Authenticated
	return nil
}

// answer builds the address that takes the person back, with the issuer's name
// (RFC 9207) and whatever the client has registered in the query.
func answer(to, issuer string, p Params, set map[string]string) string {
	u, err := url.Parse(to)
	if err != nil {
		return ""
	}
	q := url.Values{}
	for name, value := range set {
		q.Set(name, value)
	}
	if p.State != "" {
		q.Set("state", p.State)
	}
	q.Set("iss", issuer)
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += q.Encode()
	return u.String()
}
