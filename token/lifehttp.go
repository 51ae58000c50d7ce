package token

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type rotateIn struct {
	TokenPath
	Body struct {
		Overlap int64  `json:"overlap_seconds,omitempty" default:"604800" minimum:"1" maximum:"7776000" doc:"How long both tokens work. Seven days when left out, 90 at most."`
		Reason  string `json:"reason,omitempty" maxLength:"500" doc:"For the audit log."`
	}
}

type rotateNowIn struct {
	TokenPath
	Body struct {
		Reason string `json:"reason" maxLength:"500" doc:"Why the old token must stop at once; for the audit log."`
	}
}

type extendIn struct {
	TokenPath
	Body struct {
		Until time.Time `json:"until" doc:"The new end of the overlap."`
	}
}

// issuedToken is the one answer that shows the secret.
type issuedToken struct {
	Token
	Secret string `json:"secret" doc:"Shown this once. Keep it where only your integration can read it."`
}

type issuedOut struct{ Body issuedToken }

type tokenOut struct{ Body Token }

func issued(i Issued, err error) (*issuedOut, error) {
	if err != nil {
		return nil, err
	}
	return &issuedOut{Body: issuedToken{Token: i.Token, Secret: i.Secret.Reveal()}}, nil
}

// mountLife mounts what is done to one static token in its life. Each is an
// operation of its own, so that nobody stops something by a parameter left out.
func (s *Service) mountLife(m web.Mux) {
	retiring := []string{"forbidden", "token_not_retiring", "token_changed"}
	web.Op(m, web.Operation{
		ID: "rotateToken", Method: "POST", Path: "/v1/tokens/{token}/rotate", Tag: "Tokens", Summary: "Rotate a token, with overlap", Creates: true,
		Description: "Makes a successor with the same authority and shows its secret once. The old token works on until the overlap ends.", Action: "token:rotate",
		Errors: []string{"forbidden", "token_overlap_invalid", "token_not_rotatable", "token_not_active", "token_already_retiring", "token_overlap_running", "token_changed"},
	}, func(ctx context.Context, in *rotateIn) (*issuedOut, error) {
		return issued(s.Rotate(ctx, access.By(ctx), in.Token, Rotation{Grace: time.Duration(in.Body.Overlap) * time.Second, Reason: in.Body.Reason}))
	})
	web.Op(m, web.Operation{
		ID: "rotateTokenNow", Method: "POST", Path: "/v1/tokens/{token}/rotate-now", Tag: "Tokens", Summary: "Rotate a token at once", Creates: true,
		Description: "The old token is refused from now on, on every node within a second; the answer shows the secret of its successor once. For a token that may have leaked.", Action: "token:rotate",
		Errors: []string{"forbidden", "reason_required", "token_not_rotatable", "token_not_active", "token_already_retiring", "token_changed"},
	}, func(ctx context.Context, in *rotateNowIn) (*issuedOut, error) {
		return issued(s.Rotate(ctx, access.By(ctx), in.Token, Rotation{Reason: in.Body.Reason}))
	})
	s.step(m, web.Operation{
		ID: "cancelTokenRotation", Path: "/v1/tokens/{token}/cancel-rotation", Summary: "Cancel a rotation",
		Description: "Name the old token. It stays as it was before the rotation; the new one is refused from now on.",
		Errors:      append([]string{"token_successor_replaced"}, retiring...),
	}, s.CancelRotation)
	web.Op(m, web.Operation{
		ID: "extendToken", Method: "POST", Path: "/v1/tokens/{token}/extend", Tag: "Tokens", Summary: "Extend the overlap of a rotation",
		Description: "Name the old token. Both work until then: at most 90 days from the rotation on.", Action: "token:rotate",
		Errors: append([]string{"token_overlap_invalid"}, retiring...),
	}, func(ctx context.Context, in *extendIn) (*tokenOut, error) {
		t, err := s.Extend(ctx, access.By(ctx), in.Token, in.Body.Until)
		return &tokenOut{Body: t}, err
	})
	s.step(m, web.Operation{
		ID: "expireToken", Path: "/v1/tokens/{token}/expire", Summary: "End the overlap of a rotation now",
		Description: "Name the old token. It is refused from now on; the new one works on.", Errors: retiring,
	}, s.Expire)
	s.step(m, web.Operation{
		ID: "brownOutToken", Path: "/v1/tokens/{token}/brown-out", Summary: "Let the old token fail for two minutes",
		Description: "Name the old token. Calls with it get 401 `token_brown_out` with Retry-After for two minutes, then it works again: whoever still uses it notices while there is a way back.",
		Errors:      append([]string{"token_brown_out_running"}, retiring...),
	}, s.BrownOut)
	s.step(m, web.Operation{
		ID: "endTokenBrownOut", Path: "/v1/tokens/{token}/end-brown-out", Summary: "End a brown-out early",
		Description: "The old token works again at once.", Errors: []string{"forbidden", "token_no_brown_out", "token_changed"},
	}, s.EndBrownOut)
}

// step mounts an operation that takes nothing but the token's id.
func (s *Service) step(m web.Mux, op web.Operation, f func(context.Context, access.Principal, ID) (Token, error)) {
	op.Method, op.Tag = "POST", "Tokens"
	if op.Action == "" {
		op.Action = "token:rotate"
	}
	web.Op(m, op, func(ctx context.Context, in *TokenPath) (*tokenOut, error) {
		t, err := f(ctx, access.By(ctx), in.Token)
		return &tokenOut{Body: t}, err
	})
}

func declaredLife() []problem.Declared {
	con := problem.KindConflict
	return []problem.Declared{
		{Code: "token_overlap_invalid", Kind: problem.KindInvalid, Cause: "The overlap is longer than 90 days, shorter than the present one, or longer than the token's own life.", Remedy: "Name a time within the limits; see the field's detail."},
		{Code: "token_already_retiring", Kind: con, Cause: "The token is being replaced already.", Remedy: "Use its successor, or cancel the rotation."},
		{Code: "token_not_active", Kind: con, Cause: "The token has ended already.", Remedy: "Make a new one."},
		{Code: "token_changed", Kind: con, Cause: "The token changed meanwhile.", Remedy: "Read it again and repeat the change."},
		{Code: "token_not_rotatable", Kind: con, Cause: "It is an access or refresh token of an application.", Remedy: "The application asks the token endpoint for a new one."},
		{Code: "token_not_retiring", Kind: con, Cause: "No rotation of this token is running: it was not rotated, or the overlap is over.", Remedy: "Name the old token of a rotation whose overlap runs."},
		{Code: "token_overlap_running", Kind: con, Cause: "The token before this one still works, so a second overlap would make three.", Remedy: "Expire the old token or cancel its rotation first, or rotate without overlap."},
		{Code: "token_successor_replaced", Kind: con, Cause: "The new token of the rotation has been replaced itself.", Remedy: "Keep the newest token."},
		{Code: "token_brown_out_running", Kind: con, Cause: "A brown-out of the token is running already.", Remedy: "Wait until it is over, two minutes at most, or end it."},
		{Code: "token_no_brown_out", Kind: con, Cause: "No brown-out of the token is running.", Remedy: "Nothing needs to be done: the token works."},
	}
}
