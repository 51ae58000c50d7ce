package group

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

// GroupPath names a group in a path.
type GroupPath struct {
	Group ID `path:"group" doc:"Id of the group."`
}

// MemberPath names a member of a group in a path.
type MemberPath struct {
	GroupPath
	User string `path:"user" maxLength:"60" doc:"Id of the member."`
}

type nameBody struct {
	Name string `json:"name" maxLength:"400" example:"Harbour Tools" doc:"Customers see it as the developer of your integrations. At most 80 characters."`
}

type createIn struct{ Body nameBody }

type renameIn struct {
	GroupPath
	Body nameBody
}

type transferIn struct {
	GroupPath
	Body struct {
		User string `json:"user" maxLength:"60" doc:"The member who becomes the owner."`
	}
}

type addIn struct {
	GroupPath
	Body struct {
		Email string `json:"email" maxLength:"254" doc:"Address of a person who has signed up."`
		Role  Role   `json:"role" enum:"admin,member"`
	}
}

type roleIn struct {
	MemberPath
	Body struct {
		Role Role `json:"role" enum:"admin,member"`
	}
}

type createdOut struct {
	Location string `header:"Location"`
	Body     Group
}

type groupOut struct{ Body Group }

type nameIn struct {
	Name string `query:"name" maxLength:"400" doc:"The name to try."`
}

type secondIn struct {
	GroupPath
	Body struct {
		On bool `json:"on" doc:"A second member confirms each version before it goes to customers"`
	}
}

type adviceOut struct{ Body Advice }

type memberOut struct{ Body Member }

type addedOut struct {
	Location string `header:"Location"`
	Body     Member
}

type listIn struct{ web.PageQuery }

type membersOut struct {
	Body struct {
		Items []Member `json:"items" nullable:"false"`
	}
}

func one(g Group, err error) (*groupOut, error) { return &groupOut{Body: g}, err }

// Mount mounts the operations on groups and their members.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountGroups(m)
	s.mountStanding(m)
	s.mountMembers(m)
}

func (s *Service) mountGroups(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "createGroup", Method: "POST", Path: "/v1/groups", Tag: "Groups", Summary: "Found a developer group", Creates: true,
		Description: "You become its owner. The group starts on the default plan.", Errors: []string{"group_name_invalid", "not_a_person"},
	}, func(ctx context.Context, in *createIn) (*createdOut, error) {
		g, err := s.Create(ctx, access.By(ctx), in.Body.Name)
		return &createdOut{Location: "/v1/groups/" + g.ID.String(), Body: g}, err
	})
	web.Op(m, web.Operation{
		ID: "checkGroupName", Method: "GET", Path: "/v1/group-name", Tag: "Groups", Summary: "Try a name for a group",
		Description: "What founding or renaming a group would say about it, while somebody types. Names are not unique.",
	}, func(_ context.Context, in *nameIn) (*adviceOut, error) {
		return &adviceOut{Body: s.Naming.Advise(in.Name)}, nil
	})
	web.Op(m, web.Operation{
		ID: "listGroups", Method: "GET", Path: "/v1/groups", Tag: "Groups", Summary: "List your groups",
		Description: "The operator sees all groups.", Errors: []string{"not_a_person"},
	}, s.listHTTP)
	web.Op(m, web.Operation{
		ID: "getGroup", Method: "GET", Path: "/v1/groups/{group}", Tag: "Groups", Summary: "Read a group", Action: "group:view",
	}, func(ctx context.Context, in *GroupPath) (*groupOut, error) {
		return one(s.Get(ctx, access.By(ctx), in.Group))
	})
	web.Op(m, web.Operation{
		ID: "updateGroup", Method: "PATCH", Path: "/v1/groups/{group}", Tag: "Groups", Summary: "Rename a group", Action: "group:update",
		Errors: []string{"forbidden", "group_name_invalid", "group_changed"},
	}, func(ctx context.Context, in *renameIn) (*groupOut, error) {
		return one(s.Rename(ctx, access.By(ctx), in.Group, in.Body.Name))
	})
	web.Op(m, web.Operation{
		ID: "setSecondPerson", Method: "PUT", Path: "/v1/groups/{group}/second-person", Tag: "Groups", Summary: "Want a second member to confirm releases", Action: "group:transfer",
		Description: "For the owner. What one administrator of the group hands in or releases to anybody but its own sandboxes, another has confirmed.",
		Errors:      []string{"forbidden", "second_person_missing", "group_changed"},
	}, func(ctx context.Context, in *secondIn) (*groupOut, error) {
		return one(s.SetSecondPerson(ctx, access.By(ctx), in.Group, in.Body.On))
	})
	web.Op(m, web.Operation{
		ID: "transferGroup", Method: "POST", Path: "/v1/groups/{group}/transfer", Tag: "Groups", Summary: "Pass the ownership on", Action: "group:transfer",
		Description: "To another member. The former owner stays as an administrator and may leave then.",
		Errors:      []string{"forbidden", "already_owner", "group_changed"},
	}, func(ctx context.Context, in *transferIn) (*groupOut, error) {
		return one(s.Transfer(ctx, access.By(ctx), in.Group, in.Body.User))
	})
}

func (s *Service) listHTTP(ctx context.Context, in *listIn) (*web.PageOut[Group], error) {
	after, _, err := web.After[ID](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	groups, err := s.Page(ctx, access.By(ctx), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, groups, in.Limit, func(one Group) ID { return one.ID })
}

func (s *Service) mountStanding(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "archiveGroup", Method: "POST", Path: "/v1/groups/{group}/archive", Tag: "Groups", Summary: "Archive an empty group", Action: "group:archive",
		Description: "Refused while the group owns applications; the answer names them.", Errors: []string{"forbidden", "group_in_use", "group_not_active", "group_changed"},
	}, func(ctx context.Context, in *GroupPath) (*groupOut, error) {
		return one(s.Archive(ctx, access.By(ctx), in.Group))
	})
	web.Op(m, web.Operation{
		ID: "restoreGroup", Method: "POST", Path: "/v1/groups/{group}/restore", Tag: "Groups", Summary: "Open an archived group again", Action: "group:restore",
		Errors: []string{"forbidden", "group_not_archived", "group_changed"},
	}, func(ctx context.Context, in *GroupPath) (*groupOut, error) {
		return one(s.Restore(ctx, access.By(ctx), in.Group))
	})
}

func (s *Service) mountMembers(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listGroupMembers", Method: "GET", Path: "/v1/groups/{group}/members", Tag: "Groups", Summary: "List the members", Action: "group:view",
	}, func(ctx context.Context, in *GroupPath) (*membersOut, error) {
		got, err := s.Members(ctx, access.By(ctx), in.Group)
		out := &membersOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "addGroupMember", Method: "POST", Path: "/v1/groups/{group}/members", Tag: "Groups", Summary: "Add a member", Action: "member:create", Creates: true,
		Errors: []string{"forbidden", "group_role_invalid", "user_unknown", "already_member"},
	}, func(ctx context.Context, in *addIn) (*addedOut, error) {
		got, err := s.AddMember(ctx, access.By(ctx), in.Group, in.Body.Email, in.Body.Role)
		return &addedOut{Location: "/v1/groups/" + in.Group.String() + "/members/" + got.User, Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "updateGroupMember", Method: "PATCH", Path: "/v1/groups/{group}/members/{user}", Tag: "Groups", Summary: "Change a member's role", Action: "member:update",
		Description: "Nobody changes their own role; ownership moves by transfer.", Errors: []string{"forbidden", "group_role_invalid", "own_role", "last_administrator"},
	}, func(ctx context.Context, in *roleIn) (*memberOut, error) {
		got, err := s.SetRole(ctx, access.By(ctx), in.Group, in.User, in.Body.Role)
		return &memberOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "removeGroupMember", Method: "DELETE", Path: "/v1/groups/{group}/members/{user}", Tag: "Groups", Summary: "Remove a member", Action: "member:delete",
		Description: "Members may take themselves out. The owner transfers the ownership first.", Errors: []string{"forbidden", "last_administrator"},
	}, func(ctx context.Context, in *MemberPath) (*struct{}, error) {
		return nil, s.RemoveMember(ctx, access.By(ctx), in.Group, in.User)
	})
}
