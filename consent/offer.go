package consent

import (
	"strings"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
)

// Asked is what an application asks a signed-in person for.
type Asked struct {
	Application string   // id
	Scopes      []string // empty: everything that its version asks for
	Account     string   // id; empty: the person chooses
	Redirect    string   // where the answer goes; empty: nowhere
}

// Offer is what a person sees before they decide.
type Offer struct {
	Application application.Application `json:"application"`
	Developer   string                  `json:"developer" doc:"Name of the developer group"`
	Verified    bool                    `json:"verified" doc:"The operator has reviewed the application, and what it asks for"`
	Since       time.Time               `json:"verified_since,omitzero"`
	Own         bool                    `json:"own" doc:"The person belongs to the developer group"`
	Items       []Item                  `json:"items" nullable:"false"`
	Choices     []Choices               `json:"accounts" nullable:"false" doc:"The person's accounts"`
	Skip        bool                    `json:"skip" doc:"Nothing needs to be asked"`
	Account     string                  `json:"account,omitempty" doc:"Chosen already, by the application or because there is no other"`
}

// Item is one scope in words.
type Item struct {
	Scope       string `json:"scope"`
	Label       string `json:"label"`
	Explanation string `json:"explanation"`
	Risk        string `json:"risk" enum:"low,medium,high"`
	Purpose     string `json:"purpose" doc:"The developer's own sentence"`
	Required    bool   `json:"required" doc:"The application does not work without it"`
}

// Choices is an account in which the application may act as the person, or why
// it may not.
type Choices struct {
	Account   string       `json:"account"`
	Name      string       `json:"name"`
	Key       string       `json:"key"`
	Kind      account.Kind `json:"kind"`
	Code      string       `json:"code,omitempty" doc:"Why it can't be chosen; empty when it can"`
	Detail    string       `json:"detail,omitempty"`
	Install   bool         `json:"install" doc:"It is not installed there, and the person may install it"`
	Approved  []string     `json:"approved" nullable:"false" doc:"Those of the scopes that the administrator approved there"`
	Refused   []string     `json:"refused" nullable:"false" doc:"Those that the administrator did not"`
	Consented []string     `json:"consented" nullable:"false" doc:"What the person agreed to there before"`
	Trusted   bool         `json:"trusted"`
	Skip      bool         `json:"skip" doc:"There, nothing needs to be asked"`
	Manage    string       `json:"manage,omitempty" doc:"The installation there, when the person may change it"`
	Contact   string       `json:"contact,omitempty" doc:"An administrator of the account whom to ask"`

	problem      error
	consent      Consent // the zero one: none stands
	installation integration.Installation
	required     []string
}

// Usable reports whether the account can be chosen.
func (c Choices) Usable() bool { return c.Code == "" }

func (c *Choices) refuse(err error) {
	p := problem.Of(err)
	c.Code, c.Detail, c.problem = p.Code, p.Detail, err
}

// Choice is what a person decided.
type Choice struct {
	Application string
	Account     string
	Scopes      []string // agreed to, required ones included
	Offered     []string // what stood on the page; empty: the same
	Redirect    string
}

// settle says whether there is anything to ask, and in which account.
func (o *Offer) settle(wanted string) {
	usable := 0
	for _, c := range o.Choices {
		if c.Usable() {
			usable++
			o.Account = c.Account
		}
	}
	if wanted != "" {
		o.Account = wanted
	} else if usable != 1 {
		o.Account = ""
	}
	for _, c := range o.Choices {
		if o.Account != "" && c.Account == o.Account {
			o.Skip = c.Usable() && c.Skip
		}
	}
}

// The answers to what a person can't approve.
var (
	errPerson     = problem.Forbidden("not_a_person", "Only a signed-in person can approve this.")
	errOff        = problem.Forbidden("delegation_off", "The administrator of this account has not allowed the application to act for people. Ask them to switch end-user access on.")
	errUnverified = problem.Forbidden("application_unverified", "This application, or something that it asks for, has not been verified by the operator of this platform. Until then only members of its developer group can use it, in the group's sandbox accounts.")
	errRole       = problem.Forbidden("role_required", "Your role in this account does not let you approve this. Ask an administrator of the account.")
	errNone       = problem.Forbidden("app_not_installed", "The application is not installed in this account. An administrator of the account installs it.")
	errClosed     = problem.Forbidden("account_closed", "This account is closed.")
)

// stopped says why an installation does not work, by the reason of its grant.
var stopped = map[string]string{
	"installation_pending":     "The product is still setting the application up in this account. This takes a moment as a rule: try again.",
	"installation_failed":      "Setting the application up in this account failed. An administrator of the account can try again.",
	"installation_unavailable": "An administrator of this account has switched the application off.",
	"installation_blocked":     "The application is blocked in this account, by its developers, by the operator of this platform, or by a rule of the account.",
}

// errSmall is the answer when fewer scopes are asked for than the version needs.
func errSmall(missing []string) error {
	return problem.Invalid("scope_too_small", "The application asks for fewer scopes than it needs to work. Its developers add the ones that are missing to the request.",
		problem.Field{Pointer: "/scope", Code: "required", Detail: "Missing: " + strings.Join(missing, ", ")}).With("missing", missing)
}

func errBeyond(extra []string) error {
	return problem.Invalid("scope_not_requested", "The application asks for a scope that its version does not list.",
		problem.Field{Pointer: "/scope", Code: "not_requested", Detail: "Not listed: " + strings.Join(extra, ", ")}).With("unknown", extra)
}
