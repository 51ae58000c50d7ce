package recording

import (
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Recording.
type ID = ident.ID[Recording]

// Hours that a recording lasts.
const (
	HoursUsual = 4
	HoursMost  = 24
)

// Recording is the time in which a token passes every operation of a sandbox.
type Recording struct {
	ID          ID        `json:"id"`
	Application string    `json:"application"`
	Account     string    `json:"account" doc:"Id of the sandbox account"`
	AccountKey  string    `json:"account_key" doc:"The product's own key of it"`
	AccountName string    `json:"account_name"`
	Grant       string    `json:"grant"`
	Hint        string    `json:"hint" doc:"The last characters of the token"`
	Created     time.Time `json:"created"`
	CreatedBy   string    `json:"created_by"`
	Ends        time.Time `json:"ends" doc:"When it is over by itself"`
	Ended       time.Time `json:"ended,omitzero" doc:"When somebody ended it, or it was over"`
	Running     bool      `json:"running"`
}

// IDPrefix implements ident.Named.
func (Recording) IDPrefix() string { return "rec" }

// Holder is how the grant names what holds it.
func (r Recording) Holder() string { return "recording/" + r.ID.String() }

// runs reports whether it is running at now.
func (r Recording) runs(now time.Time) bool { return r.Ended.IsZero() && now.Before(r.Ends) }

// end ends it before its time.
func (r *Recording) end(now time.Time) error {
	if !r.runs(now) {
		return problem.Conflict("recording_over", "The recording is over already.")
	}
	r.Ended = now
	return nil
}

// at fills in what depends on the time.
func (r Recording) at(now time.Time) Recording {
	r.Running = r.runs(now)
	if !r.Running && r.Ended.IsZero() {
		r.Ended = r.Ends
	}
	return r
}

// Order asks for a recording.
type Order struct {
	Account string `json:"account" maxLength:"100" doc:"Id of a sandbox account of the application's own group"`
	Hours   int    `json:"hours,omitempty" minimum:"0" maximum:"24" doc:"How long it lasts at most; 4 when absent"`
}

func (o *Order) settle() error {
	if o.Hours == 0 {
		o.Hours = HoursUsual
	}
	if o.Hours < 1 || o.Hours > HoursMost {
		return problem.Invalid("recording_invalid", "A recording lasts at most 24 hours.",
			problem.Field{Pointer: "/hours", Code: "out_of_range", Detail: "At least 1 and at most 24 hours."})
	}
	return nil
}

// own fails unless an account is a sandbox of the group. Whoever may see neither
// the account nor whose it is learns nothing but that it will not do.
func own(a account.Account, group string) error {
	if a.Kind == account.Sandbox && a.Group == group && group != "" && a.State == account.Active {
		return nil
	}
	return errNotOwn()
}

func errNotOwn() error {
	return problem.Invalid("recording_account", "Only a sandbox account of your own group can be recorded.",
		problem.Field{Pointer: "/account", Code: "not_own_sandbox", Detail: "Choose one of the group's sandboxes. A production account can never be recorded."})
}
