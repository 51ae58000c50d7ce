package application

// Patch changes the parts that are there.
type Patch struct {
	Name        *string   `json:"name,omitempty" maxLength:"400"`
	Description *string   `json:"description,omitempty" maxLength:"2000" doc:"At most 450 characters"`
	Domains     *[]string `json:"domains,omitempty" maxItems:"100"`
	Homepage    *string   `json:"homepage,omitempty" maxLength:"1200"`
	Support     *string   `json:"support,omitempty" maxLength:"1200"`
	APIVersion  *string   `json:"api_version,omitempty" maxLength:"100" doc:"One of the versions that the product offers; it takes effect at the next call"`
}

func (d Draft) whole() Patch {
	return Patch{Name: &d.Name, Description: &d.Description, Domains: &d.Domains, Homepage: &d.Homepage, Support: &d.Support}
}

// on gives what the application would be.
func (p Patch) on(a Application) Draft {
	d := Draft{Name: a.Name, Description: a.Description, Domains: a.Domains, Homepage: a.Homepage, Support: a.Support}
	set(&d.Name, p.Name)
	set(&d.Description, p.Description)
	set(&d.Domains, p.Domains)
	set(&d.Homepage, p.Homepage)
	set(&d.Support, p.Support)
	return d
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
