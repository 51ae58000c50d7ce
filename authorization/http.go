package authorization

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/web"
)

// FamilyPath names a line of refresh tokens in a path.
type FamilyPath struct {
	Family FamilyID `path:"family" doc:"Id of a line of refresh tokens."`
}

type familyOut struct{ Body Family }

type familiesOut struct {
	Body struct {
		Items []Family `json:"items" nullable:"false"`
	}
}

type recoverIn struct {
	application.ApplicationPath
	Body struct {
		Account string `json:"account_id" maxLength:"200" doc:"The account's id or the product's key of it"`
		User    string `json:"user_id,omitempty" maxLength:"60" doc:"For whom the application acted; absent: for itself"`
	}
}

type recovered struct {
	Code    string `json:"recovery_code" doc:"Shown this once. Redeem it at the token endpoint as code of grant_type authorization_code, without redirect_uri and code_verifier."`
	Expires int64  `json:"expires_in" doc:"Seconds"`
	Account string `json:"account_id"`
	User    string `json:"user_id,omitempty"`
}

type recoveredOut struct{ Body recovered }

type contextIn struct {
	integration.InstallationPath
	Body struct {
		Nonce string `json:"nonce" minLength:"8" maxLength:"200" doc:"Of the page that asks: it compares what comes back"`
		User  string `json:"user,omitempty" maxLength:"200" doc:"Only with a key of the product: who is signed in there, by our id or the product's key"`
	}
}

type contextOut struct{ Body UserContext }

// Mount mounts what people do with the tokens of applications. The endpoints of
// applications are OAuth's, at the door edge/oauth, and the page on which a person
// decides stands in the console.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "createUserContext", Method: "POST", Path: "/v1/installations/{installation}/user-context", Tag: "Authorizations", Summary: "Sign who looks at an application's page", Status: 201,
		Description: "A JWT that is good for a minute, for a page of an installed application inside the product: who looks at it, in which account and role. For members of the account about themselves, and for the product about whoever is signed in there. The page's server checks signature, aud, exp and its nonce.",
		Action:      "installation:view", Errors: []string{"nonce_invalid", "user_required", "application_suspended", "application_deleted", "installation_unavailable", "installation_blocked", "grant_ended"},
	}, func(ctx context.Context, in *contextIn) (*contextOut, error) {
		c, err := s.UserContext(ctx, access.By(ctx), in.Installation, Looking{Nonce: in.Body.Nonce, User: in.Body.User})
		return &contextOut{Body: c}, err
	})
	web.Op(m, web.Operation{
		ID: "listAuthorizations", Method: "GET", Path: "/v1/applications/{application}/authorizations", Tag: "Authorizations", Summary: "List the live authorizations of an application",
		Description: "Each is a line of refresh tokens that began with an approval or a recovery; the newest first, at most 500.", Action: "key:view", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *application.ApplicationPath) (*familiesOut, error) {
		all, err := s.Families(ctx, access.By(ctx), in.Application)
		out := &familiesOut{}
		out.Body.Items = append([]Family{}, all...)
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "endAuthorization", Method: "DELETE", Path: "/v1/authorizations/{family}", Tag: "Authorizations", Summary: "End an authorization", Status: 200,
		Description: "Every token of it is refused from now on. For the application's developers, the account's administrators and the person for whom it acts. A consent stays: take it back to keep the application from asking again.",
		Action:      "consent:manage", Errors: []string{"authorization_over"},
	}, func(ctx context.Context, in *FamilyPath) (*familyOut, error) {
		f, err := s.EndFamily(ctx, access.By(ctx), in.Family)
		return &familyOut{Body: f}, err
	})
	web.Op(m, web.Operation{
		ID: "createRecoveryCode", Method: "POST", Path: "/v1/applications/{application}/recovery-codes", Tag: "Authorizations", Summary: "Recover lost tokens", Status: 201,
		Description: "A code in place of tokens that were lost, for an installation or a consent that stands. It is good for ten minutes and one use; a newer code for the same takes its place. Redeeming it ends every earlier authorization of the same, and the customer is told.",
		Action:      "key:create", Errors: []string{"forbidden", "unauthorized_client", "app_not_installed", "application_suspended", "application_deleted", "grant_ended"},
	}, func(ctx context.Context, in *recoverIn) (*recoveredOut, error) {
		r, err := s.RecoverFor(ctx, access.By(ctx), in.Application, Lost{Account: in.Body.Account, User: in.Body.User})
		return &recoveredOut{Body: recovered{Code: r.Code.Reveal(), Expires: int64(r.Life / time.Second), Account: r.Account, User: r.User}}, err
	})
}
