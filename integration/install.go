package integration

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Order is what an administrator decides when installing.
type Order struct {
	ApplicationID string   `json:"application_id" doc:"The application ID that the developer gave you"`
	Version       string   `json:"version,omitempty" maxLength:"60" doc:"Id of the version that was looked at: another one is refused; absent: the one that is offered"`
	Scopes        []string `json:"scopes,omitempty" doc:"What to grant; all that the version requires when absent"`
	User          string   `json:"user,omitempty" doc:"An integration user that is there already; made when absent"`
	UserName      string   `json:"user_name,omitempty" doc:"Name of the integration user to make; the developer's preference when absent"`
	Role          string   `json:"role,omitempty" doc:"A role that is there already; made when absent"`
	RoleName      string   `json:"role_name,omitempty" doc:"Name of the role to make; the developer's preference when absent"`
	Without       []string `json:"without,omitempty" doc:"Entitlements to leave out of the role that is made"`
	Delegation    string   `json:"delegation,omitempty" enum:"off,consent,trusted" doc:"End-user access; off when absent"`
	// Ends is kept by the owner of the account's rules.
	Ends     time.Time `json:"ends,omitzero" doc:"When it stops unless it is extended; absent: never"`
	Override string    `json:"override_reason,omitempty" doc:"Operator only: why a role that is too broad may be used"`
}

func checkDelegation(d string) error {
	switch d {
	case "off", "consent", "trusted":
		return nil
	}
	return problem.Invalid("delegation_invalid", "End-user access is off, consent or trusted.",
		problem.Field{Pointer: "/delegation", Code: "unknown", Detail: "off, consent or trusted."})
}

// Install binds the application to the account: integration user, role with
// exactly what was approved, grant, site quota. Errors: everything of Preview and Admit;
// Conflict `already_installed`, `installation_quota_exceeded`,
// `application_unverified_many`; Invalid
// `scope_required`, `scope_not_requested`, `role_too_broad`.
func (s *Service) Install(ctx context.Context, by access.Principal, acc account.ID, o Order) (Installation, error) {
	var out Installation
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "installation:create", account.Resource(acc.String())); err != nil {
			return err
		}
		offer, err := s.admittedOffer(tx, acc.String(), o.ApplicationID)
		if err != nil {
			return err
		}
		out, err = s.InstallIn(tx, by, acc.String(), offer, o)
		return err
	})
	return out, s.Refused(ctx, acc.String(), o.ApplicationID, err)
}

func (s *Service) install(tx *store.Tx, by access.Principal, acc string, offer Offer, o Order) (Installation, error) {
	var none Installation
	if offer.Installed != "" {
		there, err := find(tx, "id = ?", offer.Installed)
		if err != nil {
			return none, err
		}
		return none, errInstalled(there)
	}
	if o.Version != "" && o.Version != offer.Version.ID.String() {
		return none, problem.Conflict("installation_changed", "Another version was published meanwhile. Look at it first.")
	}
	if o.Delegation == "" {
		o.Delegation = "off"
	}
	if err := checkDelegation(o.Delegation); err != nil {
		return none, err
	}
	if o.Scopes == nil {
		for _, r := range offer.Version.Required {
			o.Scopes = append(o.Scopes, r.Scope)
		}
	}
	if err := offer.Version.Approve(o.Scopes); err != nil {
		return none, err
	}
	i := Installation{ID: ident.New[Installation](tx.Now()), Application: offer.Application.ID.String(), Account: acc,
		Version: offer.Version.ID.String(), Scopes: sorted(o.Scopes), Delegation: o.Delegation, Updates: UpdatesAsk, Available: true,
		InstalledBy: by.User, Created: tx.Now()}
	entitlements := s.entitlements(i.Scopes)
	role, err := s.role(tx, by, acc, offer, o, entitlements)
	if err != nil {
		return none, err
	}
	user, err := s.user(tx, by, acc, offer, o)
	if err != nil {
		return none, err
	}
	i.Role, i.User = role.ID.String(), user.ID.String()
	if s.Hook != nil {
		i.Provisioned = ProvisionPending
	}
	i.settle()
	g, err := s.Grants.Create(tx, grant.Grant{Kind: grant.KindInstallation, Account: acc, Application: i.Application, Group: offer.Application.Group,
		Holder: "installation/" + i.ID.String(), Subject: user.ID.String(), SubjectKey: user.Key, Scopes: i.Scopes,
		Layers: [][]access.Policy{{allowing(entitlements)}, {role.Policy}}})
	if err != nil {
		return none, err
	}
	i.Grant = g.ID.String()
	if state, reason := i.GrantState(); state != grant.Active {
		if _, err := s.Grants.SetState(tx, i.Grant, state, reason); err != nil {
			return none, err
		}
	}
	if err := insert(tx, i); err != nil {
		return none, err
	}
	if err := s.claim(tx, i); err != nil {
		return none, err
	}
	if s.Hook != nil {
		if err := s.Hook.enqueue(tx, i.ID); err != nil {
			return none, err
		}
	}
	if err := s.tell(tx, move{action: "create", told: "developer"}, offer.Application, i); err != nil {
		return none, err
	}
	if err := s.record(tx, by, "create", offer.Application, Installation{}, i); err != nil || s.Installed == nil {
		return i, err
	}
	return i, s.Installed(tx, by, i, o)
}

// claim takes a place of the group's site quota and places the hold that keeps
// the application from being deleted.
func (s *Service) claim(tx *store.Tx, i Installation) error {
	app, err := ident.Parse[application.Application](i.Application)
	if err != nil {
		return err
	}
	a, err := s.Applications.Load(tx, app)
	if err != nil {
		return err
	}
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return err
	}
	if err := application.PlaceHold(tx, app, "installation/"+i.ID.String(), acc.Name); err != nil {
		return err
	}
	if acc.Kind == account.Sandbox && acc.Group == a.Group {
		return nil // developing against one's own sandbox costs nothing
	}
	return s.Quota.ClaimSite(tx, a.Group, i.ID.String())
}

// entitlements lists what the scopes give.
func (s *Service) entitlements(scopes []string) []string {
	cat := s.Catalog.Get()
	var out []string
	for _, sc := range scopes {
		out = append(out, cat.Entitlements(sc)...)
	}
	return sorted(out)
}

func sorted(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

// role picks or makes the role of the integration user and refuses one that is
// of the administrator class.
func (s *Service) role(tx *store.Tx, by access.Principal, acc string, offer Offer, o Order, entitlements []string) (account.Role, error) {
	var r account.Role
	if o.Role != "" {
		there, err := s.Accounts.RoleIn(tx, acc, o.Role)
		if err != nil {
			return r, err
		}
		r = there
	} else {
		r = account.Role{Account: acc, Name: strings.TrimSpace(o.RoleName), Integration: true}
		if r.Name == "" {
			r.Name = offer.Version.RoleName
		}
		r.Key = "integration/" + offer.Application.PublicID
		r.Policy = allowing(slices.DeleteFunc(slices.Clone(entitlements), func(e string) bool { return slices.Contains(o.Without, e) }))
	}
	if broad, why := s.tooBroad(r); broad {
		if o.Override == "" || !by.Operator {
			return r, problem.Invalid("role_too_broad", "An integration can't have an administrator's role. "+why+
				" Let Guestright make a role with exactly what is needed, or ask the platform operator for an exception.",
				problem.Field{Pointer: "/role", Code: "too_broad", Detail: why})
		}
		if err := s.Audit.Record(tx, by, audit.Change{Action: "installation.role_override", Target: "account/" + acc, Name: r.Name, Account: acc,
			Group: offer.Application.Group, Application: offer.Application.ID.String(), Reason: o.Override}); err != nil {
			return r, err
		}
	}
	if o.Role != "" {
		return r, nil
	}
	return s.Accounts.PutRole(tx, by, r)
}

// tooBroad reports whether a role is of the administrator class: marked so, or
// effectively able to give rights or to do everything, however spelled.
func (s *Service) tooBroad(r account.Role) (bool, string) {
	if r.Administrator {
		return true, "The product marks this role as an administrator role."
	}
	cat := s.Catalog.Get()
	if cat.AdministratorRole(r.Key) || cat.AdministratorRole(r.Name) {
		return true, "The catalog marks this role as an administrator role."
	}
	rules, err := r.Policy.Compile(nil)
	if err != nil {
		return true, "The role's policy can't be read."
	}
	rights, known := cat.AdministratorRights()
	return access.AdministratorClass(access.Layer{rules}, rights, known)
}

func (s *Service) user(tx *store.Tx, by access.Principal, acc string, offer Offer, o Order) (account.IntegrationUser, error) {
	if o.User != "" {
		return s.Accounts.IntegrationUserIn(tx, acc, o.User)
	}
	name := strings.TrimSpace(o.UserName)
	if name == "" {
		name = offer.Version.UserName
	}
	if len(name) > 200 {
		return account.IntegrationUser{}, problem.Invalid("user_name_invalid", "At most 200 characters.",
			problem.Field{Pointer: "/user_name", Code: "too_long", Detail: "At most 200 characters."})
	}
	return s.Accounts.MakeIntegrationUser(tx, by, acc, name)
}

// quotaExceeded tells the administrator whom to ask and the developer at once.
// It has a transaction of its own, since the installation's was rolled back.
func (s *Service) quotaExceeded(ctx context.Context, acc, publicID string, cause error) error {
	contact := ""
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		app, err := s.Applications.Published(tx, publicID)
		if err != nil {
			return err
		}
		a, err := s.Accounts.Load(tx, acc)
		if err != nil {
			return err
		}
		contact = app.Support
		if contact == "" {
			team, err := s.Groups.Load(tx, app.Group)
			if err != nil {
				return err
			}
			contact = team.Name
		}
		return s.Notices.Send(tx, notice.Notice{Kind: "installation.quota_exceeded", To: notice.To{Group: app.Group},
			Subject: a.Name + " could not install " + app.Name, Severity: "warning", Link: "/groups/" + app.Group,
			Text:   "The group's site quota is used up. Remove installations that are not needed any more, or ask for more sites.",
			Dedupe: "quota/" + app.ID.String() + "/" + acc + "/" + tx.Now().Format("2006-01-02")})
	})
	if err != nil {
		return err
	}
	return problem.Of(cause).With("contact", contact)
}
