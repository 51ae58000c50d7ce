package integration

import (
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies an Installation.
type ID = ident.ID[Installation]

// State of an installation.
type State string

// The states.
const (
	Pending            State = "pending"
	Failed             State = "failed" // the product did not create the integration user; see Fault
	Active             State = "active"
	Unavailable        State = "unavailable"
	BlockedByDeveloper State = "blocked_by_developer"
	BlockedByOperator  State = "blocked_by_operator"
	BlockedByAccount   State = "blocked_by_account" // by a rule of the account or of its parent
	Removed            State = "removed"
)

// RestoreWithin is how long a removed installation can be restored.
const RestoreWithin = 30 * 24 * time.Hour

// Provisioned says how far the product is with the integration user.
type Provisioned string

// The steps of provisioning; the empty one means that the product has no hook.
const (
	ProvisionNone    Provisioned = ""
	ProvisionPending Provisioned = "pending"
	ProvisionDone    Provisioned = "done"
	ProvisionFailed  Provisioned = "failed"
)

// Updates says what happens when a new version asks for other permissions.
type Updates string

// The rules for new versions.
const (
	UpdatesAsk     Updates = "ask"      // it waits for an administrator
	UpdatesLowRisk Updates = "low_risk" // it is taken when it adds nothing but scopes of low risk
)

// Installation binds a version of an application to an account.
type Installation struct {
	ID             ID          `json:"id"`
	Application    string      `json:"application"`
	Account        string      `json:"account"`
	Version        string      `json:"version"`
	Grant          string      `json:"grant"`
	User           string      `json:"user" doc:"The integration user"`
	Role           string      `json:"role"`
	Scopes         []string    `json:"scopes" doc:"What the administrator approved"`
	Delegation     string      `json:"delegation" enum:"off,consent,trusted" doc:"End-user access"`
	ApproverRoles  []string    `json:"approver_roles" nullable:"false" doc:"Product roles, one of which a person needs to let the application act for them; empty: every member may"`
	Updates        Updates     `json:"updates" enum:"ask,low_risk" doc:"What happens when a new version asks for other permissions: it waits for an administrator (ask), or is taken by itself as long as everything that it adds is of low risk (low_risk)"`
	State          State       `json:"state" enum:"pending,failed,active,unavailable,blocked_by_developer,blocked_by_operator,blocked_by_account,removed"`
	Available      bool        `json:"available" doc:"The administrator's switch"`
	DeveloperBlock string      `json:"developer_block,omitempty" doc:"Why the developer blocks it"`
	OperatorBlock  string      `json:"operator_block,omitempty" doc:"Why the operator blocks it"`
	AccountBlock   string      `json:"account_block,omitempty" doc:"Why a rule of the account, or of its parent, stops it"`
	Reason         string      `json:"reason,omitempty" doc:"Why it is unavailable or was removed"`
	Until          time.Time   `json:"until,omitzero" doc:"When unavailability ends by itself"`
	Previous       *Prior      `json:"previous,omitempty" doc:"What it had before this version, to which it returns when the version is taken back"`
	InstalledBy    string      `json:"installed_by"`
	Created        time.Time   `json:"created"`
	RemovedAt      time.Time   `json:"removed_at,omitzero"`
	Provisioned    Provisioned `json:"provisioned,omitempty" enum:",pending,done,failed"`
	Fault          string      `json:"fault,omitempty" doc:"Why the product did not create the integration user; while the state is failed"`
}

// IDPrefix implements ident.Named.
func (Installation) IDPrefix() string { return "ins" }

// settle derives the state from what holds.
func (i *Installation) settle() {
	switch {
	case !i.RemovedAt.IsZero():
		i.State = Removed
	case i.OperatorBlock != "":
		i.State = BlockedByOperator
	case i.DeveloperBlock != "":
		i.State = BlockedByDeveloper
	case i.AccountBlock != "":
		i.State = BlockedByAccount
	case !i.Available:
		i.State = Unavailable
	case i.Provisioned == ProvisionFailed:
		i.State = Failed
	case i.Provisioned == ProvisionPending:
		i.State = Pending
	default:
		i.State = Active
	}
}

// GrantState is what callers of the grant are told.
func (i Installation) GrantState() (grant.State, string) {
	switch i.State {
	case Active:
		return grant.Active, ""
	case Removed:
		return grant.Ended, "removed"
	case Unavailable:
		return grant.Suspended, "installation_unavailable"
	case Pending:
		return grant.Suspended, "installation_pending"
	case Failed:
		return grant.Suspended, "installation_failed"
	}
	return grant.Suspended, "installation_blocked"
}

func reasonGiven(reason string) error {
	if strings.TrimSpace(reason) == "" || len(reason) > 500 {
		return problem.Invalid("reason_required", "Say why, in at most 500 characters: the other side is told.",
			problem.Field{Pointer: "/reason", Code: "required", Detail: "Give a reason."})
	}
	return nil
}

func (i Installation) here() error {
	if i.State == Removed {
		return problem.Conflict("installation_removed", "This installation was removed. Restore it first.")
	}
	return nil
}

// SetAvailable is the administrator's switch; until may be zero.
func (i *Installation) SetAvailable(now time.Time, on bool, reason string, until time.Time) error {
	if err := i.here(); err != nil {
		return err
	}
	if !on {
		if err := reasonGiven(reason); err != nil {
			return err
		}
		if !until.IsZero() && !until.After(now) {
			return problem.Invalid("until_invalid", "Choose a time to come.",
				problem.Field{Pointer: "/until", Code: "in_the_past", Detail: "Choose a time to come."})
		}
	}
	if on {
		reason, until = "", time.Time{}
	}
	i.Available, i.Reason, i.Until = on, reason, until
	i.settle()
	return nil
}

// Block stops the installation from the developer's or the operator's side.
func (i *Installation) Block(operator bool, reason string) error {
	if err := i.here(); err != nil {
		return err
	}
	if err := reasonGiven(reason); err != nil {
		return err
	}
	if operator {
		i.OperatorBlock = reason
	} else {
		i.DeveloperBlock = reason
	}
	i.settle()
	return nil
}

// Unblock takes the block of that side away.
func (i *Installation) Unblock(operator bool) error {
	if err := i.here(); err != nil {
		return err
	}
	held := &i.DeveloperBlock
	if operator {
		held = &i.OperatorBlock
	}
	if *held == "" {
		return problem.Conflict("installation_not_blocked", "The installation is not blocked from this side.")
	}
	*held = ""
	i.settle()
	return nil
}

// Remove ends the installation; it can be restored for RestoreWithin.
func (i *Installation) Remove(now time.Time, reason string) error {
	if err := i.here(); err != nil {
		return err
	}
	i.RemovedAt, i.Reason = now, reason
	i.settle()
	return nil
}

// Restore brings a removed installation back; tokens must be obtained anew.
func (i *Installation) Restore(now time.Time) error {
	if i.State != Removed {
		return problem.Conflict("installation_not_removed", "The installation is there.")
	}
	if now.Sub(i.RemovedAt) > RestoreWithin {
		return problem.Conflict("restore_too_late", "A removed installation can be restored for 30 days. Install the application anew.")
	}
	i.RemovedAt, i.Reason, i.Until, i.Available, i.AccountBlock = time.Time{}, "", time.Time{}, true, ""
	i.again()
	return nil
}

// again forgets that setting it up failed.
func (i *Installation) again() {
	if i.Provisioned == ProvisionFailed {
		i.Provisioned, i.Fault = ProvisionPending, ""
	}
	i.settle()
}

// Fail notes that the product did not create the integration user, whatever else
// keeps the installation from working.
func (i *Installation) Fail(fault string) {
	i.Provisioned, i.Fault = ProvisionFailed, fault
	i.settle()
}

// Retry lets the product be asked again. Conflict unless setting it up failed.
func (i *Installation) Retry() error {
	if err := i.here(); err != nil {
		return err
	}
	if i.Provisioned != ProvisionFailed {
		return problem.Conflict("installation_not_failed", "Setting this installation up has not failed.")
	}
	i.again()
	return nil
}

// allowing is the narrowest policy that allows the entitlements everywhere in
// the account.
func allowing(entitlements []string) access.Policy {
	sorted := slices.Clone(entitlements)
	slices.Sort(sorted)
	p := access.Policy{}
	const most = 200 // entries of one list
	for part := range slices.Chunk(slices.Compact(sorted), most) {
		p = append(p, access.Statement{Effect: access.Allow, Actions: part, Resources: []string{"*"}})
	}
	return p
}
