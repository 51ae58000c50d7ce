package application

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies an Application inside Guestright; customers see PublicID.
type ID = ident.ID[Application]

// State of an application.
type State string

// The states.
const (
	Active          State = "active"
	Suspended       State = "suspended"
	DeletionPending State = "deletion_pending"
	Deleted         State = "deleted"
)

// Application is an integration as its developers registered it.
type Application struct {
	ID          ID          `json:"id"`
	PublicID    string      `json:"application_id" doc:"The ID to give to customers. It never changes."`
	Group       string      `json:"group" doc:"The developer group that owns it"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Domains     []string    `json:"domains"`
	Homepage    string      `json:"homepage"`
	Support     string      `json:"support" doc:"Where customers may write to"`
	State       State       `json:"state" enum:"active,suspended,deletion_pending,deleted"`
	Reason      string      `json:"reason,omitempty"`
	Due         time.Time   `json:"deletion_due,omitzero"`
	APIVersion  string      `json:"api_version,omitempty" doc:"The version of the product's API that counts for calls that name none"`
	Restricted  bool        `json:"restricted,omitempty" doc:"Its verification is suspended: it works in the sandboxes of its own group only"`
	Thaw        *group.Thaw `json:"thaw,omitempty" doc:"Where it works again while it is suspended; absent: nowhere"`
	Halted      []string    `json:"halted,omitempty" doc:"Kinds of its grants whose tokens the operator has suspended: installation, consent"`
	Created     time.Time   `json:"created"`
}

// IDPrefix implements ident.Named.
func (Application) IDPrefix() string { return "app" }

// Limits of what may be entered, in characters.
const (
	NameMost        = 100
	DescriptionMost = 450
	DomainsMost     = 20
)

// Grace is how long a deletion can be undone.
const Grace = 7 * 24 * time.Hour

// Draft is what a developer enters.
type Draft struct {
	Name        string   `json:"name" doc:"Shown to administrators when they install" example:"Deploybot"`
	Description string   `json:"description" doc:"What it does for the customer, at most 450 characters"`
	Domains     []string `json:"domains,omitempty" doc:"Bare host names that belong to the application"`
	Homepage    string   `json:"homepage,omitempty"`
	Support     string   `json:"support,omitempty" doc:"Mail address or page where customers get help"`
}

// Check returns the findings about a draft; none when it is sound.
func (d Draft) Check() []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	switch n := utf8.RuneCountInString(strings.TrimSpace(d.Name)); {
	case n == 0:
		add("/name", "required", "Give the application a name.")
	case n > NameMost:
		add("/name", "too_long", "At most 100 characters.")
	case !printable(d.Name):
		add("/name", "unprintable", "Use printable characters only.")
	}
	switch n := utf8.RuneCountInString(d.Description); {
	case strings.TrimSpace(d.Description) == "":
		add("/description", "required", "Say in a sentence or two what it does for the customer.")
	case n > DescriptionMost:
		add("/description", "too_long", "At most 450 characters.")
	}
	if len(d.Domains) > DomainsMost {
		add("/domains", "too_many", "At most 20 domains.")
	}
	for i, host := range d.Domains {
		if why := checkDomain(host); why != "" {
			add("/domains/"+strconv.Itoa(i), "domain_invalid", why)
		}
	}
	if d.Homepage != "" && !strings.HasPrefix(d.Homepage, "https://") {
		add("/homepage", "url_invalid", "Use an address that starts with https://.")
	}
	if utf8.RuneCountInString(d.Homepage) > 300 || utf8.RuneCountInString(d.Support) > 300 {
		add("/homepage", "too_long", "At most 300 characters.")
	}
	return f
}

// checkDomain wants a bare host name: no scheme, port, path or wildcard.
func checkDomain(host string) string {
	if strings.Contains(host, "://") {
		return "Leave out the scheme: example.com, not https://example.com."
	}
	if len(host) == 0 || len(host) > 253 || strings.ContainsAny(host, "/:*@?# ") || strings.HasSuffix(host, ".") {
		return "Enter a bare host name such as example.com."
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return "Enter a full host name such as example.com."
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(strings.ToLower(l), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "Enter a host name of letters, digits and hyphens."
		}
	}
	return ""
}

// Usable fails unless tokens may be issued and used for the application.
func (a Application) Usable() error {
	switch a.State {
	case Active:
		return nil
	case Suspended:
		return problem.Forbidden("application_suspended", "The platform operator has suspended this application.")
	}
	return problem.Forbidden("application_deleted", "This application has been deleted by its developer.")
}

// Delete begins the deletion; it can be undone until Due.
func (a *Application) Delete(now time.Time) error {
	if a.State != Active {
		return problem.Conflict("application_not_active", "Only an active application can be deleted.")
	}
	a.State, a.Due = DeletionPending, now.Add(Grace)
	return nil
}

// Undelete takes a deletion back within the grace time.
func (a *Application) Undelete(now time.Time) error {
	if a.State != DeletionPending || !now.Before(a.Due) {
		return problem.Conflict("application_not_pending", "There is no pending deletion to undo.")
	}
	a.State, a.Due = Active, time.Time{}
	return nil
}

// Suspend stops every token at once; the operator gives a reason.
func (a *Application) Suspend(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return problem.Invalid("reason_required", "Say why: the developer and the affected administrators are told.",
			problem.Field{Pointer: "/reason", Code: "required", Detail: "Give a reason."})
	}
	if a.State != Active {
		return problem.Conflict("application_not_active", "Only an active application can be suspended.")
	}
	a.State, a.Reason, a.Thaw = Suspended, reason, nil
	return nil
}

// Lift ends a suspension.
func (a *Application) Lift() error {
	if a.State != Suspended {
		return problem.Conflict("application_not_suspended", "The application is not suspended.")
	}
	a.State, a.Reason, a.Thaw = Active, "", nil
	return nil
}

// SetThaw lets a suspended application work again in some accounts.
func (a *Application) SetThaw(t group.Thaw) error {
	if a.State != Suspended {
		return problem.Conflict("application_not_suspended", "The application is not suspended.")
	}
	a.Thaw = &t
	return nil
}

// SetHalt refuses the tokens of grants of a kind, or lets them pass again.
func (a *Application) SetHalt(kind string, on bool) error {
	if slices.Contains(a.Halted, kind) == on {
		return problem.Conflict("tokens_unchanged", "These tokens are in that state already.")
	}
	if on {
		a.Halted = append(slices.Clone(a.Halted), kind)
		return nil
	}
	a.Halted = slices.DeleteFunc(slices.Clone(a.Halted), func(k string) bool { return k == kind })
	return nil
}

// Running fails unless tokens may be issued: it is active, or suspended and works
// again somewhere. Whether a token is good in an account, Works says.
func (a Application) Running() error {
	if a.State == Suspended && a.Thaw != nil {
		return nil
	}
	return a.Usable()
}

// Use is one grant of an application that wants to do something.
type Use struct {
	Kind    string // of the grant
	Account string
	Own     bool // the account is a sandbox of the application's group
}

// Works fails unless the application may be used so.
func (a Application) Works(u Use) error {
	if slices.Contains(a.Halted, u.Kind) {
		return problem.Forbidden("tokens_suspended", "The platform operator has suspended the tokens of this kind of the application.")
	}
	if a.State == Suspended && a.Thaw.Admits(a.ID.String(), u.Account, u.Own) {
		return nil
	}
	return a.Usable()
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(s)
}
