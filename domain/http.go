package domain

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Path names a domain in a path.
type Path struct {
	Domain ID `path:"domain" doc:"Id of the domain."`
}

type addIn struct {
	group.GroupPath
	Body struct {
		Name string `json:"name" maxLength:"400" example:"example.com" doc:"The name alone. International names are turned into their ASCII form."`
	}
}

type createdOut struct {
	Location string `header:"Location"`
	Body     Domain
}

type domainOut struct{ Body Domain }

type listOut struct {
	Body struct {
		Items []Domain `json:"items" nullable:"false"`
	}
}

// Mount mounts the operations on domains.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listDomains", Method: "GET", Path: "/v1/groups/{group}/domains", Tag: "Domains", Summary: "List the domains of a group", Action: "domain:view",
	}, func(ctx context.Context, in *group.GroupPath) (*listOut, error) {
		got, err := s.List(ctx, access.By(ctx), in.Group.String())
		out := &listOut{}
		out.Body.Items = append([]Domain{}, got...)
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "addDomain", Method: "POST", Path: "/v1/groups/{group}/domains", Tag: "Domains", Summary: "Say that a domain is yours", Action: "domain:create", Creates: true,
		Description: "Nothing is proved yet: set up the record or the file that `proof` names, then check.",
		Errors:      []string{"forbidden", "domain_name_invalid", "domain_exists", "domain_too_many", "group_suspended", "group_archived"},
	}, func(ctx context.Context, in *addIn) (*createdOut, error) {
		d, err := s.Add(ctx, access.By(ctx), in.Group.String(), in.Body.Name)
		return &createdOut{Location: "/v1/domains/" + d.ID.String(), Body: d}, err
	})
	web.Op(m, web.Operation{
		ID: "getDomain", Method: "GET", Path: "/v1/domains/{domain}", Tag: "Domains", Summary: "Read a domain", Action: "domain:view",
	}, func(ctx context.Context, in *Path) (*domainOut, error) {
		d, err := s.Get(ctx, access.By(ctx), in.Domain)
		return &domainOut{Body: d}, err
	})
	web.Op(m, web.Operation{
		ID: "checkDomain", Method: "POST", Path: "/v1/domains/{domain}/check", Tag: "Domains", Summary: "Look for the proof", Action: "domain:check",
		Description: "Asks for the TXT record and for the file; one of them is enough. Finding neither is not an error: `state` says how it stands and `fault` what was found instead.",
		Errors:      []string{"forbidden", "domain_check_soon", "domain_changed"},
	}, func(ctx context.Context, in *Path) (*domainOut, error) {
		d, err := s.Check(ctx, access.By(ctx), in.Domain)
		return &domainOut{Body: d}, err
	})
	web.Op(m, web.Operation{
		ID: "removeDomain", Method: "DELETE", Path: "/v1/domains/{domain}", Tag: "Domains", Summary: "Remove a domain", Action: "domain:delete",
		Description: "The proof is forgotten; adding the domain again gives another text.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *Path) (*struct{}, error) {
		return nil, s.Remove(ctx, access.By(ctx), in.Domain)
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con := problem.KindConflict
	return []problem.Declared{
		{Code: "domain_name_invalid", Kind: problem.KindInvalid, Cause: "The name is not one that a group can own: an address, a public ending such as co.uk, or not a name at all; errors says which.", Remedy: "Give the name that you registered, such as example.com."},
		{Code: "domain_exists", Kind: con, Cause: "The group has this domain already; domain names it.", Remedy: "Check that one."},
		{Code: "domain_too_many", Kind: con, Cause: "The group has 50 domains.", Remedy: "Remove one that is not needed any more."},
		{Code: "domain_check_soon", Kind: con, Cause: "The domain was checked less than 5 seconds ago.", Remedy: "Wait for the time in Retry-After and check again."},
		{Code: "domain_changed", Kind: con, Cause: "Another check of the domain came out meanwhile.", Remedy: "Look at the domain again."},
	}
}
