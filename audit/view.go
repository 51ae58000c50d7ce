package audit

import (
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// Filter narrows a list. Empty fields do not.
type Filter struct {
	Account     string
	Group       string
	Application string
	User        string // whom entries are about
	Actor       string // "user/usr_…", or a user's id
	Action      string // * stands for anything: "application.*"
	Target      string
	Text        string // part of the name, target, action or reason, in any case
	From        time.Time
	To          time.Time // not included
	Limit       int       // 0: 50, at most 500
}

// Actions that the views ask for.
const (
	ActionView = "audit:view" // members of a group, the operator
	ActionRead = "audit:read" // administrators of an account
)

// view is what a caller may see of the log.
type view struct {
	all          bool
	accounts     []string
	groups       []string
	applications []string
	user         string
}

// viewOf derives the view from what the principal holds. Forbidden when it can
// see nothing whatever the log holds.
func viewOf(by access.Principal) (view, error) {
	v := view{user: by.User}
	for _, a := range by.Authorities {
		steps := a.On.Segments()
		name := ""
		if len(steps) > 0 {
			name = steps[len(steps)-1].Name
		}
		switch a.On.Kinds() {
		case "platform":
			v.all = v.all || by.May(ActionView, a.On) == nil
		case "account":
			v.accounts = admit(v.accounts, name, by.May(ActionRead, a.On))
		case "group":
			v.groups = admit(v.groups, name, by.May(ActionView, a.On))
		case "group:application":
			v.applications = admit(v.applications, name, by.May(ActionView, a.On))
		}
	}
	switch {
	case by.IsAnonymous():
		return view{}, problem.Unauthenticated("unauthenticated", "Sign in or send a token.")
	case !v.all && v.user == "" && len(v.accounts)+len(v.groups)+len(v.applications) == 0:
		return view{}, by.May(ActionView, access.Platform())
	}
	return v, nil
}

func admit(names []string, name string, refusal error) []string {
	if refusal != nil || name == "" {
		return names
	}
	return append(names, name)
}

// show takes out what the viewer may not know. An entry between a group and an
// account is seen from both sides; where its actor sits is nobody's business
// but the operator's and the actor's own.
func (v view) show(e Entry) Entry {
	if !v.all && e.Account != "" && e.Group != "" && e.Actor != "user/"+v.user {
		e.Address = ""
	}
	return e
}
