package identity

import (
	"context"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
)

type signInIn struct {
	Agent string `header:"User-Agent" maxLength:"400"`
	Body  struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"512"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"From the authenticator app, or a recovery code; once asked for"`
	}
}

// mountSignIn lets scripts sign a person in; the browser's own way is the
// console's form.
func (s *Service) mountSignIn(m web.Mux) {
	web.Op(m, web.Operation{ID: "signIn", Method: "POST", Path: "/v1/sessions", Tag: "Me", Summary: "Sign in", Public: true, Status: 201,
		Description: "Answers with the session cookie; send it back with later requests.",
		Errors:      []string{"sign_in_failed", "second_factor_required", "second_factor_wrong", "email_unverified", "too_many_attempts"}},
		func(ctx context.Context, in *signInIn) (*renewed[Session], error) {
			return s.again(s.SignIn(ctx, SignIn{Email: in.Body.Email, Password: secret.New(in.Body.Password), Code: in.Body.Code}, Visit{Agent: in.Agent}))
		})
}
