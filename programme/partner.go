package programme

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/problem"
)

// PartnerState says where a group stands in the partner programme.
type PartnerState string

// The states of a partner.
const (
	Applied  PartnerState = "applied"
	Member   PartnerState = "member"
	Declined PartnerState = "declined"
	Left     PartnerState = "left"
)

// Contact is somebody the operator can turn to.
type Contact struct {
	Role  string `json:"role" enum:"business,technical,security"`
	Name  string `json:"name" maxLength:"400"`
	Email string `json:"email" maxLength:"1000"`
}

// Profile is what a group says about itself when it applies; the answers to the
// planning questions are kept with it.
type Profile struct {
	Company       string    `json:"company" maxLength:"400"`
	Homepage      string    `json:"homepage" maxLength:"1000"`
	Contacts      []Contact `json:"contacts" nullable:"false" doc:"One for each role: business, technical, security"`
	Value         string    `json:"value" maxLength:"8000" doc:"What users get from the integration"`
	Success       string    `json:"success" maxLength:"8000" doc:"How you measure whether it succeeds"`
	Support       string    `json:"support" maxLength:"8000" doc:"How you support customers"`
	Documentation string    `json:"documentation" maxLength:"8000" doc:"What you document, and where"`
}

// Roles of contacts, all of which are needed.
var contactRoles = []string{"business", "technical", "security"}

// Check returns the findings about a profile.
func (p Profile) Check() []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	if strings.TrimSpace(p.Company) == "" || utf8.RuneCountInString(p.Company) > 100 {
		add("/company", "required", "Name your company, in at most 100 characters.")
	}
	if !strings.HasPrefix(p.Homepage, "https://") || len(p.Homepage) > 300 || strings.ContainsAny(p.Homepage, " \t\r\n\"<>") {
		add("/homepage", "url_invalid", "Use an address that starts with https://, of at most 300 characters.")
	}
	seen := map[string]bool{}
	for i, c := range p.Contacts {
		at := "/contacts/" + strconv.Itoa(i)
		if strings.TrimSpace(c.Name) == "" || utf8.RuneCountInString(c.Name) > 100 {
			add(at+"/name", "required", "Name a person or a team.")
		}
		if bad := contactFault(at+"/email", c.Email); bad != nil {
			f = append(f, *bad)
		}
		seen[c.Role] = true
	}
	for _, role := range contactRoles {
		if !seen[role] || len(p.Contacts) > 10 {
			add("/contacts", "required", "Name a business, a technical and a security contact.")
			break
		}
	}
	for _, t := range []struct{ at, text, missing string }{
		{"/value", p.Value, "Say what users get from it."}, {"/success", p.Success, "Say how you measure it."},
		{"/support", p.Support, "Say how you support customers."}, {"/documentation", p.Documentation, "Say what you document."},
	} {
		if strings.TrimSpace(t.text) == "" || tooLong(t.text) {
			add(t.at, "required", t.missing+" At most 2,000 characters.")
		}
	}
	return f
}

// Partner is a group in the partner programme, or one that wants to be.
type Partner struct {
	Group    string       `json:"group"`
	State    PartnerState `json:"state" enum:"applied,member,declined,left"`
	Wants    string       `json:"wants" doc:"The tier that it asks for"`
	Tier     string       `json:"tier,omitempty" doc:"The tier that it has"`
	Profile  Profile      `json:"profile"`
	Applied  time.Time    `json:"applied"`
	Reason   string       `json:"reason,omitempty" doc:"Of the last decision"`
	Decided  time.Time    `json:"decided,omitzero"`
	Revision int64        `json:"revision"`

	appliedBy, decidedBy string
}

// apply asks for a tier; a member may ask for another and keeps its own meanwhile.
func (p *Partner) apply(now time.Time, by, tier string, profile Profile) error {
	if p.State == Applied {
		return problem.Conflict("partner_applied", "The group has applied already. Wait for the operator.")
	}
	if p.Tier == tier {
		return problem.Conflict("partner_member", "The group has this tier already.")
	}
	p.State, p.Wants, p.Profile, p.Applied, p.appliedBy, p.Reason = Applied, tier, profile, now, by, ""
	return nil
}

// PartnerDecision is what an operator decides about a partner.
type PartnerDecision struct {
	Tier     string `json:"tier,omitempty" maxLength:"60" doc:"The tier that the group gets; absent: none, which declines or ends the membership"`
	Reason   string `json:"reason,omitempty" maxLength:"8000" doc:"Needed without a tier; the developers are told"`
	Revision int64  `json:"revision" doc:"The revision that was looked at"`
}

func (p *Partner) decide(now time.Time, by string, d PartnerDecision) error {
	switch {
	case d.Tier != "":
		p.State, p.Tier = Member, d.Tier
	case p.State != Applied && p.Tier == "":
		return problem.Conflict("partner_not_applied", "There is nothing to decide: the group has not applied.")
	default:
		if err := wanted("/reason", d.Reason, "Say why: the developers are told."); err != nil {
			return err
		}
		switch {
		case p.State != Applied:
			p.State, p.Tier = Left, ""
		case p.Tier != "":
			p.State = Member // keeps the tier that it has
		default:
			p.State = Declined
		}
	}
	p.Reason, p.Decided, p.decidedBy = d.Reason, now, by
	return nil
}
