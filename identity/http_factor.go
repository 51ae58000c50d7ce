package identity

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
)

func parse[T ident.Named](s string) (ident.ID[T], error) { return ident.Parse[T](s) }

type codeIn struct {
	Body struct {
		Code string `json:"code" maxLength:"40" doc:"Six digits from the app; where you remove it, a recovery code also works"`
	}
}

type enrolmentOut struct {
	Secret string `json:"secret" doc:"For typing into the app; shown once"`
	URI    string `json:"uri" doc:"otpauth:// address"`
	QR     string `json:"qr" doc:"The address as a QR code, SVG"`
}

type recoveryOut struct {
	Codes []string `json:"recovery_codes" doc:"Each works once in place of a code of the app; shown once"`
}

func shown(codes []secret.Text) recoveryOut {
	out := recoveryOut{Codes: make([]string, len(codes))}
	for i, c := range codes {
		out.Codes[i] = c.Reveal()
	}
	return out
}

func (s *Service) mountTOTP(m web.Mux) {
	web.Op(m, web.Operation{ID: "beginTotp", Method: "POST", Path: "/v1/me/totp", Tag: "Me", Summary: "Begin to use an authenticator app", Errors: fresh("totp_enrolled")},
		func(ctx context.Context, _ *none) (*body[enrolmentOut], error) {
			e, err := s.BeginTOTP(ctx, access.By(ctx), At(ctx))
			return reply(enrolmentOut{Secret: e.Secret.Reveal(), URI: e.URI.Reveal(), QR: e.QR.Reveal()}, err)
		})
	web.Op(m, web.Operation{ID: "confirmTotp", Method: "POST", Path: "/v1/me/totp/confirm", Tag: "Me", Summary: "Turn the authenticator app on",
		Description: "All other sessions end; this one gets a new cookie.", Errors: fresh("totp_enrolled", "totp_not_begun", "second_factor_wrong", "too_many_attempts")},
		func(ctx context.Context, in *codeIn) (*renewed[recoveryOut], error) {
			p, err := s.ConfirmTOTP(ctx, access.By(ctx), At(ctx), in.Body.Code)
			if err != nil {
				return nil, err
			}
			return &renewed[recoveryOut]{SetCookie: s.Cookie(p.Token).String(), Body: shown(p.Recovery)}, nil
		})
	web.Op(m, web.Operation{ID: "removeTotp", Method: "POST", Path: "/v1/me/totp/remove", Tag: "Me", Summary: "Stop using the authenticator app", Status: 204,
		Errors: fresh("totp_absent", "second_factor_required", "second_factor_wrong", "too_many_attempts")},
		func(ctx context.Context, in *codeIn) (*none, error) {
			return nil, s.RemoveTOTP(ctx, access.By(ctx), At(ctx), in.Body.Code)
		})
	web.Op(m, web.Operation{ID: "renewRecoveryCodes", Method: "POST", Path: "/v1/me/recovery-codes", Tag: "Me", Summary: "Replace your recovery codes",
		Errors: fresh("totp_absent")},
		func(ctx context.Context, _ *none) (*body[recoveryOut], error) {
			codes, err := s.RenewRecovery(ctx, access.By(ctx), At(ctx))
			return reply(shown(codes), err)
		})
}

type passkeysOut struct {
	Passkeys []Passkey `json:"passkeys"`
}

type answerIn struct{ Body Answer }

type passkeyIn struct {
	ID string `path:"id" maxLength:"60"`
}

type renameIn struct {
	ID   string `path:"id" maxLength:"60"`
	Body struct {
		Name string `json:"name" maxLength:"200"`
	}
}

func (s *Service) mountPasskeys(m web.Mux) {
	web.Op(m, web.Operation{ID: "listPasskeys", Method: "GET", Path: "/v1/me/passkeys", Tag: "Me", Summary: "Your passkeys", Errors: own()},
		func(ctx context.Context, _ *none) (*body[passkeysOut], error) {
			got, err := s.Passkeys(ctx, access.By(ctx), At(ctx))
			return reply(passkeysOut{Passkeys: got}, err)
		})
	web.Op(m, web.Operation{ID: "beginPasskey", Method: "POST", Path: "/v1/me/passkeys/begin", Tag: "Me", Summary: "Begin to add a passkey", Errors: fresh("too_many_passkeys")},
		func(ctx context.Context, _ *none) (*body[Challenge], error) {
			return reply(s.BeginPasskey(ctx, access.By(ctx), At(ctx)))
		})
	web.Op(m, web.Operation{ID: "addPasskey", Method: "POST", Path: "/v1/me/passkeys", Tag: "Me", Summary: "Add a passkey", Status: 201,
		Errors: fresh("exchange_expired", "passkey_invalid", "passkey_known", "profile_invalid")},
		func(ctx context.Context, in *answerIn) (*body[Passkey], error) {
			return reply(s.AddPasskey(ctx, access.By(ctx), At(ctx), in.Body))
		})
	web.Op(m, web.Operation{ID: "renamePasskey", Method: "PATCH", Path: "/v1/me/passkeys/{id}", Tag: "Me", Summary: "Rename a passkey", Errors: own("profile_invalid")},
		func(ctx context.Context, in *renameIn) (*body[Passkey], error) {
			id, err := parse[Passkey](in.ID)
			if err != nil {
				return nil, err
			}
			return reply(s.RenamePasskey(ctx, access.By(ctx), At(ctx), id, in.Body.Name))
		})
	web.Op(m, web.Operation{ID: "removePasskey", Method: "DELETE", Path: "/v1/me/passkeys/{id}", Tag: "Me", Summary: "Remove a passkey", Errors: fresh("last_credential")},
		func(ctx context.Context, in *passkeyIn) (*none, error) {
			id, err := parse[Passkey](in.ID)
			if err != nil {
				return nil, err
			}
			return nil, s.RemovePasskey(ctx, access.By(ctx), At(ctx), id)
		})
}
