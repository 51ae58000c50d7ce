package account

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

// AccountPath names an account in a path.
type AccountPath struct {
	Account ID `path:"account" doc:"Id of the account."`
}

type accountOut struct{ Body Account }

type listIn struct{ web.PageQuery }

type childrenIn struct {
	AccountPath
	web.PageQuery
}

type membersOut struct {
	Body struct {
		Items []Member `json:"items" nullable:"false"`
	}
}

type rolesOut struct {
	Body struct {
		Items []Role `json:"items" nullable:"false"`
	}
}

type usersOut struct {
	Body struct {
		Items []IntegrationUser `json:"items" nullable:"false"`
	}
}

type putIn struct{ Body Draft }

type syncIn struct{ Body Batch }

type syncOut struct {
	Body struct {
		Items  []Synced `json:"items" nullable:"false" doc:"One for each item: accounts, users, roles, members"`
		Failed int      `json:"failed" doc:"How many items failed; they have changed nothing"`
	}
}

type resourcesIn struct {
	Body struct {
		Account   string          `json:"account_key" maxLength:"200" doc:"The product's own key of the account"`
		Resources []ResourceFacts `json:"resources" minItems:"1" maxItems:"1000" nullable:"false"`
	}
}

// syncMaxBody is what a thousand items with policies may take, in bytes.
const syncMaxBody = 8 << 20

// Mount mounts the operations on accounts.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountRead(m)
	s.mountProduct(m)
}

func (s *Service) mountRead(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listAccounts", Method: "GET", Path: "/v1/accounts", Tag: "Accounts", Summary: "List your accounts",
		Description: "The operator and the product see all accounts.", Errors: []string{"not_a_person"},
	}, func(ctx context.Context, in *listIn) (*web.PageOut[Account], error) {
		return page(ctx, in.PageQuery, func(after string, limit int) ([]Account, error) {
			return s.List(ctx, access.By(ctx), after, limit)
		})
	})
	web.Op(m, web.Operation{
		ID: "getAccount", Method: "GET", Path: "/v1/accounts/{account}", Tag: "Accounts", Summary: "Read an account", Action: "account:view",
	}, func(ctx context.Context, in *AccountPath) (*accountOut, error) {
		a, err := s.Get(ctx, access.By(ctx), in.Account)
		return &accountOut{Body: a}, err
	})
	web.Op(m, web.Operation{
		ID: "listChildAccounts", Method: "GET", Path: "/v1/accounts/{account}/children", Tag: "Accounts", Summary: "List the child accounts", Action: "account:view",
	}, func(ctx context.Context, in *childrenIn) (*web.PageOut[Account], error) {
		return page(ctx, in.PageQuery, func(after string, limit int) ([]Account, error) {
			return s.ChildPage(ctx, access.By(ctx), in.Account, Position{After: after, Limit: limit})
		})
	})
	web.Op(m, web.Operation{
		ID: "listAccountMembers", Method: "GET", Path: "/v1/accounts/{account}/members", Tag: "Accounts", Summary: "List the people of an account", Action: "account:view",
	}, func(ctx context.Context, in *AccountPath) (*membersOut, error) {
		got, err := s.Members(ctx, access.By(ctx), in.Account)
		out := &membersOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "listAccountRoles", Method: "GET", Path: "/v1/accounts/{account}/roles", Tag: "Accounts", Summary: "List the product's roles in an account", Action: "account:view",
	}, func(ctx context.Context, in *AccountPath) (*rolesOut, error) {
		got, err := s.ListRoles(ctx, access.By(ctx), in.Account)
		out := &rolesOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "listIntegrationUsers", Method: "GET", Path: "/v1/accounts/{account}/integration-users", Tag: "Accounts", Summary: "List the integration users of an account", Action: "account:view",
	}, func(ctx context.Context, in *AccountPath) (*usersOut, error) {
		got, err := s.ListIntegrationUsers(ctx, access.By(ctx), in.Account)
		out := &usersOut{}
		out.Body.Items = got
		return out, err
	})
}

func page(ctx context.Context, q web.PageQuery, list func(after string, limit int) ([]Account, error)) (*web.PageOut[Account], error) {
	after, _, err := web.After[ID](ctx, q)
	if err != nil {
		return nil, err
	}
	got, err := list(after.String(), q.Limit+1)
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, got, q.Limit, func(one Account) ID { return one.ID })
}

func (s *Service) mountProduct(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "putAccount", Method: "PUT", Path: "/v1/accounts", Tag: "Product", Summary: "Tell us about an account", Action: "account:sync",
		Description: "For the product. Creates the account with this key or changes it.", Errors: []string{"forbidden", "account_invalid", "parent_unknown", "parent_is_child"},
	}, func(ctx context.Context, in *putIn) (*accountOut, error) {
		a, err := s.Put(ctx, access.By(ctx), in.Body)
		return &accountOut{Body: a}, err
	})
	web.Op(m, web.Operation{
		ID: "sync", Method: "POST", Path: "/v1/sync", Tag: "Product", Summary: "Tell us about accounts, people, roles and members", Action: "account:sync",
		Description: "For the product: up to 1,000 items in one call. Each item happens whole or not at all; the answer says for each what became of it. " +
			"Sending the same again changes nothing, so a call that broke off may simply be repeated.",
		Errors: []string{"forbidden", "sync_invalid"}, MaxBody: syncMaxBody,
	}, func(ctx context.Context, in *syncIn) (*syncOut, error) {
		items, err := s.Sync(ctx, access.By(ctx), in.Body)
		if err != nil {
			return nil, err
		}
		out := &syncOut{}
		out.Body.Items = items
		for _, i := range items {
			if i.Outcome == Failed {
				out.Body.Failed++
			}
		}
		return out, nil
	})
	web.Op(m, web.Operation{
		ID: "putResources", Method: "PUT", Path: "/v1/resources", Tag: "Product", Summary: "Tell us the facts that policies ask for", Action: "resource:sync",
		Description: "For the product: tags and properties of up to 1,000 resources of one account, all or none. What is said replaces what was known of the resource. " +
			"While nothing is known of a resource, an allowance with a condition does not apply to it and a denial with a condition does.",
		Errors: []string{"forbidden", "not_found", "resources_invalid"}, MaxBody: syncMaxBody,
	}, func(ctx context.Context, in *resourcesIn) (*struct{}, error) {
		return nil, s.PutResources(ctx, access.By(ctx), in.Body.Account, in.Body.Resources)
	})
}
