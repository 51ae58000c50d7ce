package application

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

// KeyPath names a key in a path.
type KeyPath struct {
	Key KeyID `path:"key" doc:"Id of the key."`
}

type keyIn struct {
	ApplicationPath
	Body KeyDraft
}

type rotateIn struct {
	KeyPath
	Body struct {
		Overlap int64 `json:"overlap_seconds" minimum:"0" maximum:"7776000" doc:"How long the former secret works on; 0 ends it, and the tokens it obtained, at once."`
	}
}

type keysOut struct {
	Body struct {
		Items []Key `json:"items" nullable:"false"`
	}
}

// keySecret is the one answer that shows the secret.
type keySecret struct {
	Key
	Secret string `json:"secret" doc:"Shown this once. Only a digest is kept."`
}

type issuedOut struct {
	Location string `header:"Location"`
	Body     keySecret
}

func shown(k IssuedKey, err error) (*issuedOut, error) {
	return &issuedOut{Location: "/v1/applications/" + k.Application.String() + "/keys", Body: keySecret{Key: k.Key, Secret: k.Secret.Reveal()}}, err
}

func (s *Service) mountKeys(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "createKey", Method: "POST", Path: "/v1/applications/{application}/keys", Tag: "Keys", Summary: "Make a key", Action: "key:create", Creates: true,
		Description: "A client id and secret. The secret stands in this answer only. Customers need to do nothing.",
		Errors:      []string{"forbidden", "key_invalid", "application_suspended", "application_deleted"},
	}, func(ctx context.Context, in *keyIn) (*issuedOut, error) {
		return shown(s.CreateKey(ctx, access.By(ctx), in.Application, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "listKeys", Method: "GET", Path: "/v1/applications/{application}/keys", Tag: "Keys", Summary: "List the keys", Action: "key:view",
		Description: "Without secrets; the last four characters tell them apart.",
	}, func(ctx context.Context, in *ApplicationPath) (*keysOut, error) {
		got, err := s.ListKeys(ctx, access.By(ctx), in.Application)
		out := &keysOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "rotateKey", Method: "POST", Path: "/v1/keys/{key}/rotate", Tag: "Keys", Summary: "Replace a key", Action: "key:rotate", Creates: true,
		Description: "Makes a successor with a secret of its own. The former secret works on for the overlap.",
		Errors:      []string{"forbidden", "overlap_invalid", "key_already_retiring", "key_not_active", "key_changed"},
	}, func(ctx context.Context, in *rotateIn) (*issuedOut, error) {
		return shown(s.RotateKey(ctx, access.By(ctx), in.Key, time.Duration(in.Body.Overlap)*time.Second))
	})
	web.Op(m, web.Operation{
		ID: "revokeKey", Method: "DELETE", Path: "/v1/keys/{key}", Tag: "Keys", Summary: "Revoke a key", Action: "key:revoke",
		Description: "The secret and every token that it obtained are refused from now on.", Errors: []string{"forbidden", "key_not_active", "key_changed"},
	}, func(ctx context.Context, in *KeyPath) (*struct{}, error) {
		_, err := s.RevokeKey(ctx, access.By(ctx), in.Key)
		return nil, err
	})
}
