package release

// Patch changes the parts that are there.
type Patch struct {
	Number     *string    `json:"number,omitempty" maxLength:"40"`
	Required   *[]Request `json:"required,omitempty" maxItems:"500"`
	Optional   *[]Request `json:"optional,omitempty" maxItems:"500"`
	UserName   *string    `json:"user_name,omitempty" maxLength:"400"`
	RoleName   *string    `json:"role_name,omitempty" maxLength:"400"`
	Delegation *string    `json:"delegation,omitempty" enum:"off,consent,trusted"`
	Events     *[]string  `json:"events,omitempty" maxItems:"200"`
	Listing    *Listing   `json:"listing,omitempty"`
	Notes      *string    `json:"notes,omitempty" maxLength:"10000"`
}

func (c Content) whole() Patch {
	return Patch{Number: &c.Number, Required: &c.Required, Optional: &c.Optional, UserName: &c.UserName, RoleName: &c.RoleName,
		Delegation: &c.Delegation, Events: &c.Events, Listing: &c.Listing, Notes: &c.Notes}
}

// on gives what the version would say.
func (p Patch) on(v Version) Content {
	c := Content{Number: v.Number, Required: v.Required, Optional: v.Optional, UserName: v.UserName, RoleName: v.RoleName,
		Delegation: v.Delegation, Events: v.Events, Listing: v.Listing, Notes: v.Notes}
	set(&c.Number, p.Number)
	set(&c.Required, p.Required)
	set(&c.Optional, p.Optional)
	set(&c.UserName, p.UserName)
	set(&c.RoleName, p.RoleName)
	set(&c.Delegation, p.Delegation)
	set(&c.Events, p.Events)
	set(&c.Listing, p.Listing)
	set(&c.Notes, p.Notes)
	return c
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
