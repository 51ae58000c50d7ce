package role

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/web"
)

// RolePath names a custom role in a path.
type RolePath struct {
	account.AccountPath
	Role ID `path:"custom_role" doc:"Id of the custom role."`
}

func (p RolePath) at() Path { return Path{Account: p.Account, Role: p.Role} }

// MemberPath names a member of an account in a path.
type MemberPath struct {
	account.AccountPath
	Member string `path:"member" maxLength:"60" doc:"Id of the user."`
}

func (p MemberPath) at() Place { return Place{Account: p.Account, User: p.Member} }

type createIn struct {
	account.AccountPath
	Body Draft
}

type updateIn struct {
	RolePath
	Body Patch
}

type deleteIn struct {
	RolePath
	Instead string `query:"instead" maxLength:"60" doc:"Role that the members get in its place: an id, or reader, writer, admin, no_access."`
}

type assignIn struct {
	MemberPath
	Body struct {
		Roles []Given `json:"roles" maxItems:"50" nullable:"false"`
	}
}

type roleOut struct{ Body Role }

type createdOut struct {
	Location string `header:"Location"`
	Body     Role
}

type listOut struct {
	Body struct {
		Items []Role `json:"items" nullable:"false"`
	}
}

type builtInsOut struct {
	Body struct {
		Items  []BuiltIn `json:"items" nullable:"false"`
		Rights []Right   `json:"rights" nullable:"false" doc:"What a custom role may let members manage in Guestright"`
	}
}

type assignmentsOut struct {
	Body struct {
		Items []Assignment `json:"items" nullable:"false"`
	}
}

type holdersOut struct {
	Body struct {
		Members []Affected `json:"members" nullable:"false"`
		Others  []Hold     `json:"others" nullable:"false" doc:"What else uses the role, such as tokens"`
	}
}

type inquireIn struct {
	account.AccountPath
	Body Inquiry
}

type inquireOut struct{ Body Finding }

type readIn struct {
	account.AccountPath
	Body struct {
		Policy access.Policy `json:"policy" nullable:"false"`
	}
}

type readOut struct{ Body Reading }

// Mount mounts the operations on roles.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountRoles(m)
	s.mountMembers(m)
	web.Op(m, web.Operation{
		ID: "inquire", Method: "POST", Path: "/v1/accounts/{account}/access-inquiries", Tag: "Roles", Summary: "Ask whether somebody may do something, and why", Action: "role:inquire",
		Description: "Answers as the gateway would, with the statement of each layer that decides. Nothing is called and nothing is counted.",
		Errors:      []string{"forbidden", "inquiry_invalid", "policy.invalid", "role_unknown"},
	}, func(ctx context.Context, in *inquireIn) (*inquireOut, error) {
		got, err := s.Inquire(ctx, access.By(ctx), in.Account, in.Body)
		return &inquireOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "readPolicy", Method: "POST", Path: "/v1/accounts/{account}/policy-readings", Tag: "Roles", Summary: "Say in words what a policy means", Action: "role:view",
		Description: "Each statement in the words of the catalog, what is probably not meant, and whether you could give it to somebody. Nothing is stored.",
		Errors:      []string{"forbidden", "policy.invalid"},
	}, func(ctx context.Context, in *readIn) (*readOut, error) {
		got, err := s.Read(ctx, access.By(ctx), in.Account, in.Body.Policy)
		return &readOut{Body: got}, err
	})
}

func (s *Service) mountRoles(m web.Mux) {
	const base, one = "/v1/accounts/{account}/custom-roles", "/v1/accounts/{account}/custom-roles/{custom_role}"
	web.Op(m, web.Operation{
		ID: "listBuiltInRoles", Method: "GET", Path: "/v1/accounts/{account}/built-in-roles", Tag: "Roles", Summary: "List the built-in roles", Action: "role:view",
		Description: "They follow from the catalog and cannot be changed.",
	}, func(ctx context.Context, in *account.AccountPath) (*builtInsOut, error) {
		got, err := s.BuiltIns(ctx, access.By(ctx), in.Account)
		out := &builtInsOut{}
		out.Body.Items, out.Body.Rights = got, Rights()
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "listCustomRoles", Method: "GET", Path: base, Tag: "Roles", Summary: "List the custom roles of an account", Action: "role:view",
	}, func(ctx context.Context, in *account.AccountPath) (*listOut, error) {
		got, err := s.List(ctx, access.By(ctx), in.Account)
		out := &listOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "createCustomRole", Method: "POST", Path: base, Tag: "Roles", Summary: "Make a custom role", Action: "role:create", Creates: true,
		Description: "Nobody puts more into a role than they hold themselves.",
		Errors:      []string{"forbidden", "role_definition_invalid", "role_exists", "role_exceeds_giver"},
	}, func(ctx context.Context, in *createIn) (*createdOut, error) {
		r, err := s.Create(ctx, access.By(ctx), in.Account, in.Body)
		return &createdOut{Location: "/v1/accounts/" + in.Account.String() + "/custom-roles/" + r.ID.String(), Body: r}, err
	})
	web.Op(m, web.Operation{
		ID: "getCustomRole", Method: "GET", Path: one, Tag: "Roles", Summary: "Read a custom role", Action: "role:view",
	}, func(ctx context.Context, in *RolePath) (*roleOut, error) {
		r, err := s.Get(ctx, access.By(ctx), in.at())
		return &roleOut{Body: r}, err
	})
	web.Op(m, web.Operation{
		ID: "updateCustomRole", Method: "PATCH", Path: one, Tag: "Roles", Summary: "Change a custom role", Action: "role:update",
		Description: "Parts that are not sent stay as they are. It holds for everybody who has the role at their next call.",
		Errors:      []string{"forbidden", "role_definition_invalid", "role_exists", "role_changed", "role_exceeds_giver", "own_rights", "role_assignment_invalid"},
	}, func(ctx context.Context, in *updateIn) (*roleOut, error) {
		r, err := s.Update(ctx, access.By(ctx), in.at(), in.Body)
		return &roleOut{Body: r}, err
	})
	web.Op(m, web.Operation{
		ID: "deleteCustomRole", Method: "DELETE", Path: one, Tag: "Roles", Summary: "Delete a custom role", Action: "role:delete",
		Description: "Refused while members or tokens have it, unless the members get another role instead.",
		Errors:      []string{"forbidden", "role_in_use", "role_unknown", "role_exceeds_giver", "own_rights", "role_assignment_invalid"},
	}, func(ctx context.Context, in *deleteIn) (*struct{}, error) {
		return nil, s.Delete(ctx, access.By(ctx), in.at(), in.Instead)
	})
	web.Op(m, web.Operation{
		ID: "listCustomRoleHolders", Method: "GET", Path: one + "/holders", Tag: "Roles", Summary: "List who has a custom role", Action: "role:view",
	}, func(ctx context.Context, in *RolePath) (*holdersOut, error) {
		people, things, err := s.Holders(ctx, access.By(ctx), in.at())
		out := &holdersOut{}
		out.Body.Members, out.Body.Others = people, things
		return out, err
	})
}

func (s *Service) mountMembers(m web.Mux) {
	const path = "/v1/accounts/{account}/members/{member}/roles"
	web.Op(m, web.Operation{
		ID: "listMemberRoles", Method: "GET", Path: path, Tag: "Roles", Summary: "List the roles of a member", Action: "role:view",
		Description: "Built-in and custom ones; what the product has told stands with the member itself.",
	}, func(ctx context.Context, in *MemberPath) (*assignmentsOut, error) {
		got, err := s.OfMember(ctx, access.By(ctx), in.at())
		out := &assignmentsOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "setMemberRoles", Method: "PUT", Path: path, Tag: "Roles", Summary: "Give a member roles", Action: "role:give",
		Description: "The member has exactly these built-in and custom roles from now on. Nobody gives more than they hold, and nobody changes their own roles.",
		Errors:      []string{"forbidden", "role_assignment_invalid", "role_exceeds_giver", "own_rights"},
	}, func(ctx context.Context, in *assignIn) (*assignmentsOut, error) {
		got, err := s.Assign(ctx, access.By(ctx), in.at(), in.Body.Roles)
		out := &assignmentsOut{}
		out.Body.Items = got
		return out, err
	})
}
