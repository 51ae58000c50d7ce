package identity

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
)

type none struct{}

type body[T any] struct{ Body T }

func reply[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{Body: v}, nil
}

// renewed is an answer that comes with a new session secret.
type renewed[T any] struct {
	SetCookie string `header:"Set-Cookie"`
	Body      T
}

type profileIn struct{ Body Profile }

type termsIn struct {
	Body struct {
		Version string `json:"version" maxLength:"60"`
	}
}

type emailIn struct {
	Body struct {
		Email string `json:"email" maxLength:"254" doc:"The new address; a link goes there"`
	}
}

type linkIn struct {
	Body struct {
		Link string `json:"link" maxLength:"100" doc:"The secret in the mailed link"`
	}
}

type passwordIn struct {
	Body struct {
		Current string `json:"current,omitempty" maxLength:"1024" doc:"Empty for people without a password"`
		New     string `json:"new" maxLength:"1024" doc:"8 to 128 characters"`
	}
}

type confirmIn struct {
	Body struct {
		Password string `json:"password" maxLength:"1024"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"From the authenticator app, or a recovery code"`
	}
}

type sessionIn struct {
	ID string `path:"id" maxLength:"60"`
}

type sessionsOut struct {
	Sessions []Session `json:"sessions"`
}

type obstaclesOut struct {
	Obstacles []string `json:"obstacles" doc:"What has to be settled first"`
	Grace     string   `json:"grace" doc:"How long the account can be kept by signing in"`
}

// errors that every change of one's own person may answer with
func own(more ...string) []string { return append(more, "session_required", "forbidden") }
func fresh(more ...string) []string {
	return append(own(more...), "fresh_sign_in_required")
}

// Mount mounts what people do about themselves. The session comes from At.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountPerson(m)
	s.mountSignIn(m)
	s.mountSessions(m)
	s.mountDeletion(m)
	s.mountTOTP(m)
	s.mountPasskeys(m)
}

func (s *Service) mountPerson(m web.Mux) {
	web.Op(m, web.Operation{ID: "getMe", Method: "GET", Path: "/v1/me", Tag: "Me", Summary: "Who you are", Errors: []string{"session_required", "not_found"}},
		func(ctx context.Context, _ *none) (*body[Me], error) { return reply(s.Me(ctx, access.By(ctx))) })
	web.Op(m, web.Operation{ID: "updateMe", Method: "PATCH", Path: "/v1/me", Tag: "Me", Summary: "Change your name or company",
		Errors: own("profile_invalid", "user_changed")},
		func(ctx context.Context, in *profileIn) (*body[User], error) {
			return reply(s.UpdateProfile(ctx, access.By(ctx), At(ctx), in.Body))
		})
	web.Op(m, web.Operation{ID: "acceptTerms", Method: "POST", Path: "/v1/me/terms", Tag: "Me", Summary: "Accept the terms", Status: 204, Errors: own("terms_outdated")},
		func(ctx context.Context, in *termsIn) (*none, error) {
			return nil, s.AcceptTerms(ctx, access.By(ctx), At(ctx), in.Body.Version)
		})
	web.Op(m, web.Operation{ID: "requestEmail", Method: "POST", Path: "/v1/me/email", Tag: "Me", Summary: "Begin to change your address", Status: 202,
		Description: "A link goes to the new address. The answer is the same when somebody has that address already.", Errors: fresh("email_invalid", "too_many_attempts")},
		func(ctx context.Context, in *emailIn) (*none, error) {
			return nil, s.RequestEmail(ctx, access.By(ctx), At(ctx), in.Body.Email)
		})
	web.Op(m, web.Operation{ID: "confirmEmail", Method: "POST", Path: "/v1/me/email/confirm", Tag: "Me", Summary: "Confirm your new address", Status: 204,
		Errors: own("link_invalid")},
		func(ctx context.Context, in *linkIn) (*none, error) {
			return nil, s.ConfirmEmail(ctx, access.By(ctx), At(ctx), in.Body.Link)
		})
	web.Op(m, web.Operation{ID: "changePassword", Method: "POST", Path: "/v1/me/password", Tag: "Me", Summary: "Change your password",
		Description: "All other sessions end; this one gets a new cookie.", Errors: fresh("sign_in_failed", "password_invalid", "too_many_attempts", "busy", "user_changed")},
		func(ctx context.Context, in *passwordIn) (*renewed[Session], error) {
			st, err := s.ChangePassword(ctx, access.By(ctx), At(ctx), PasswordChange{Current: secret.New(in.Body.Current), New: secret.New(in.Body.New)})
			return s.again(st, err)
		})
}

func (s *Service) again(st Started, err error) (*renewed[Session], error) {
	if err != nil {
		return nil, err
	}
	return &renewed[Session]{SetCookie: s.Cookie(st.Token).String(), Body: st.Session}, nil
}

func (s *Service) mountSessions(m web.Mux) {
	web.Op(m, web.Operation{ID: "listSessions", Method: "GET", Path: "/v1/me/sessions", Tag: "Me", Summary: "Where you are signed in", Errors: own()},
		func(ctx context.Context, _ *none) (*body[sessionsOut], error) {
			got, err := s.Sessions(ctx, access.By(ctx), At(ctx))
			return reply(sessionsOut{Sessions: got}, err)
		})
	web.Op(m, web.Operation{ID: "confirmSession", Method: "POST", Path: "/v1/me/sessions/confirm", Tag: "Me", Summary: "Confirm that it is you",
		Description: "Makes the session fresh, for changes that ask for a recent sign-in. It gets a new cookie.",
		Errors:      own("sign_in_failed", "second_factor_required", "second_factor_wrong", "too_many_attempts", "busy")},
		func(ctx context.Context, in *confirmIn) (*renewed[Session], error) {
			return s.again(s.Reauthenticate(ctx, access.By(ctx), At(ctx), SignIn{Password: secret.New(in.Body.Password), Code: in.Body.Code}))
		})
	web.Op(m, web.Operation{ID: "endSession", Method: "DELETE", Path: "/v1/me/sessions/{id}", Tag: "Me", Summary: "Sign one browser out", Errors: own()},
		func(ctx context.Context, in *sessionIn) (*none, error) {
			id, err := parse[Session](in.ID)
			if err != nil {
				return nil, err
			}
			return nil, s.EndSession(ctx, access.By(ctx), At(ctx), id)
		})
	web.Op(m, web.Operation{ID: "endOtherSessions", Method: "DELETE", Path: "/v1/me/sessions", Tag: "Me", Summary: "Sign all other browsers out", Errors: own()},
		func(ctx context.Context, _ *none) (*none, error) {
			return nil, s.EndOthers(ctx, access.By(ctx), At(ctx))
		})
}

func (s *Service) mountDeletion(m web.Mux) {
	web.Op(m, web.Operation{ID: "getDeletion", Method: "GET", Path: "/v1/me/deletion", Tag: "Me", Summary: "What stands in the way of deleting your account", Errors: own()},
		func(ctx context.Context, _ *none) (*body[obstaclesOut], error) {
			list, err := s.StandsInTheWay(ctx, access.By(ctx), At(ctx))
			if list == nil {
				list = []string{}
			}
			return reply(obstaclesOut{Obstacles: list, Grace: period(s.lives().Grace)}, err)
		})
	web.Op(m, web.Operation{ID: "requestDeletion", Method: "POST", Path: "/v1/me/deletion", Tag: "Me", Summary: "Ask to be deleted", Status: 202,
		Description: "A link is mailed to you. Once you confirm, the account is closed, and deleted after the time of grace; signing in before that keeps it.",
		Errors:      fresh("deletion_obstructed", "too_many_attempts")},
		func(ctx context.Context, _ *none) (*none, error) {
			return nil, s.RequestDeletion(ctx, access.By(ctx), At(ctx))
		})
	web.Op(m, web.Operation{ID: "confirmDeletion", Method: "POST", Path: "/v1/me/deletion/confirm", Tag: "Me", Summary: "Confirm that your account is to be deleted",
		Public: true, Errors: []string{"link_invalid", "deletion_obstructed", "deletion_impossible"}},
		func(ctx context.Context, in *linkIn) (*body[deletionOut], error) {
			due, err := s.ConfirmDeletion(ctx, in.Body.Link)
			return reply(deletionOut{Due: due}, err)
		})
}

type deletionOut struct {
	Due time.Time `json:"due" doc:"When the account is deleted, unless you sign in before"`
}
