package consent

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/web"
)

// ConsentPath names a consent in a path.
type ConsentPath struct {
	Consent ID `path:"consent" doc:"Id of the consent."`
}

// AccountPath names an account in a path.
type AccountPath struct {
	Account account.ID `path:"account" doc:"Id of the account."`
}

type consentOut struct{ Body Consent }

type listedOut struct{ Body Listed }

type listOut struct {
	Body struct {
		Items []Listed `json:"items" nullable:"false"`
	}
}

func all(l []Listed, err error) (*listOut, error) {
	out := &listOut{}
	out.Body.Items = l
	if l == nil {
		out.Body.Items = []Listed{}
	}
	return out, err
}

// Mount mounts the operations on consents. They are given at the authorization
// endpoint only, by a person who sees what they agree to.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listMyConsents", Method: "GET", Path: "/v1/consents", Tag: "Consents", Summary: "List the applications that act as you",
		Description: "In every account; those that are over included, the newest first.", Action: "consent:view", Errors: []string{"not_a_person"},
	}, func(ctx context.Context, _ *struct{}) (*listOut, error) { return all(s.ListMine(ctx, access.By(ctx))) })
	web.Op(m, web.Operation{
		ID: "listAccountConsents", Method: "GET", Path: "/v1/accounts/{account}/consents", Tag: "Consents", Summary: "List the consents of an account's members",
		Description: "For its administrators; those that are over included, the newest first.", Action: "consent:manage", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *AccountPath) (*listOut, error) {
		return all(s.ListOfAccount(ctx, access.By(ctx), in.Account))
	})
	web.Op(m, web.Operation{
		ID: "getConsent", Method: "GET", Path: "/v1/consents/{consent}", Tag: "Consents", Summary: "Read a consent", Action: "consent:view",
		Description: "For the person whose it is and the account's administrators.",
	}, func(ctx context.Context, in *ConsentPath) (*listedOut, error) {
		l, err := s.Get(ctx, access.By(ctx), in.Consent)
		return &listedOut{Body: l}, err
	})
	web.Op(m, web.Operation{
		ID: "revokeConsent", Method: "DELETE", Path: "/v1/consents/{consent}", Tag: "Consents", Summary: "Take a consent back", Status: 200, Action: "consent:revoke",
		Description: "Every token of it is refused from now on. What the application copied before stays with its developers.",
		Errors:      []string{"consent_over", "consent_changed"},
	}, func(ctx context.Context, in *ConsentPath) (*consentOut, error) {
		c, err := s.Revoke(ctx, access.By(ctx), in.Consent)
		return &consentOut{Body: c}, err
	})
}
