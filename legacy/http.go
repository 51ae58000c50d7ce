package legacy

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/token"
)

// KeyPath names a legacy key in a path.
type KeyPath struct {
	LegacyKey ID `path:"legacy_key" doc:"Id of the legacy key, not the key itself."`
}

type accountKeysIn struct {
	web.PageQuery
	Account string `path:"account" maxLength:"60" doc:"Id of the account."`
}

type keyOut struct{ Body Key }

func single(k Key, err error) (*keyOut, error) { return &keyOut{Body: k}, err }

// importRow is Row as the API takes it.
type importRow struct {
	Account    string    `json:"account" maxLength:"200" doc:"Id of the account, or the product's key of it"`
	SHA256     string    `json:"sha256,omitempty" maxLength:"64" doc:"SHA-256 of the key in hexadecimal"`
	Key        string    `json:"key,omitempty" maxLength:"512" doc:"The key itself, where there is no hash of it; only its digest is kept"`
	Label      string    `json:"label" maxLength:"800" doc:"What uses it"`
	Scopes     []string  `json:"scopes,omitempty" maxItems:"500"`
	Everything bool      `json:"everything,omitempty" doc:"It could do everything so far, and still can"`
	Subject    string    `json:"subject,omitempty" maxLength:"800" doc:"The product's own key of the user it acts as"`
	Version    string    `json:"api_version,omitempty" maxLength:"100" doc:"API version that counts for its calls; the one for callers from before there were versions when absent"`
	Created    time.Time `json:"created,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
}

type importIn struct {
	DryRun bool `query:"dry_run" doc:"1: only check."`
	Body   struct {
		Keys []importRow `json:"keys" maxItems:"1000" minItems:"1"`
	}
}

type importOut struct{ Body Imported }

// importBody is what a thousand rows may take, in bytes.
const importBody = 4 << 20

type endIn struct {
	KeyPath
	Body struct {
		Ends time.Time `json:"ends,omitzero" doc:"Until then it works; absent: it has no end"`
	}
}

type revokeIn struct {
	KeyPath
	Body struct {
		Reason string `json:"reason" maxLength:"500"`
	}
}

type turnIn struct {
	KeyPath
	Body struct {
		Name string `json:"name,omitempty" maxLength:"400" doc:"Of the private integration; the key's label when absent"`
	}
}

type turnOut struct {
	Location string `header:"Location"`
	Body     struct {
		Integration private.Integration `json:"private_integration"`
		Token       token.Token         `json:"token"`
		Secret      string              `json:"secret" doc:"The token itself, shown this once. Send it as Authorization: Bearer."`
	}
}

type observedOut struct{ Body Observed }

type retiringIn struct {
	Application string `query:"application" maxLength:"60" doc:"Calls of this application."`
	Group       string `query:"group" maxLength:"60" doc:"Calls of this group's applications."`
	Account     string `query:"account" maxLength:"60" doc:"Calls to this account."`
	Days        int    `query:"days" default:"30" minimum:"1" maximum:"90" doc:"Calls of so many days."`
}

type retiringOut struct {
	Body struct {
		Items []Retiring `json:"items" nullable:"false"`
	}
}

// Mount mounts the operations on legacy keys and the report on what ends.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listDeprecations", Method: "GET", Path: "/v1/deprecations", Tag: "Usage", Summary: "List what is deprecated and who still calls it", Action: "usage:view",
		Description: "Operations and API versions that are deprecated or removed, what to call instead, and which integrations called them how often and when. " +
			"Developers name their application or group, administrators their account; the operator may name none of them and sees all.",
		Errors: []string{"usage_scope", "not_found", "forbidden"},
	}, func(ctx context.Context, in *retiringIn) (*retiringOut, error) {
		got, err := s.Retiring(ctx, access.By(ctx), Asked{Application: in.Application, Group: in.Group, Account: in.Account,
			Since: s.DB.Now().Add(-time.Duration(in.Days) * 24 * time.Hour)})
		out := &retiringOut{}
		out.Body.Items = got
		return out, err
	})
	s.mountKeys(m)
}

func (s *Service) mountKeys(m web.Mux) {
	const tag = "Legacy keys"
	web.Op(m, web.Operation{
		ID: "importLegacyKeys", Method: "POST", Path: "/v1/legacy-keys/import", Tag: tag, Summary: "Import keys from before", Action: "platform:import_legacy_keys",
		Description: "For the operator. The keys go on working at the gateway, where the catalog's `legacy_keys` says that calls carry them, and are counted and limited like others. " +
			"All rows are imported or none; keys that were imported before are left alone, so that a call may be repeated.",
		Errors: []string{"forbidden", "legacy_import_invalid"}, MaxBody: importBody,
	}, func(ctx context.Context, in *importIn) (*importOut, error) {
		rows := make([]Row, len(in.Body.Keys))
		for i, r := range in.Body.Keys {
			rows[i] = Row{Account: r.Account, Key: secret.New(r.Key), SHA256: r.SHA256, Label: r.Label, Scopes: r.Scopes, Everything: r.Everything,
				Subject: r.Subject, Version: r.Version, Created: r.Created.UTC(), Expires: r.Expires.UTC()}
		}
		got, err := s.Import(ctx, access.By(ctx), rows, in.DryRun)
		return &importOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "listAllLegacyKeys", Method: "GET", Path: "/v1/legacy-keys", Tag: tag, Summary: "List all legacy keys", Action: "legacy_key:view",
		Description: "For the operator.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *web.PageQuery) (*web.PageOut[Key], error) { return s.page(ctx, *in, "") })
	web.Op(m, web.Operation{
		ID: "listLegacyKeys", Method: "GET", Path: "/v1/accounts/{account}/legacy-keys", Tag: tag, Summary: "List the legacy keys of an account", Action: "legacy_key:view",
		Description: "With how often and when each was used.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *accountKeysIn) (*web.PageOut[Key], error) {
		return s.page(ctx, in.PageQuery, in.Account)
	})
	web.Op(m, web.Operation{
		ID: "getLegacyKey", Method: "GET", Path: "/v1/legacy-keys/{legacy_key}", Tag: tag, Summary: "Read a legacy key", Action: "legacy_key:view",
	}, func(ctx context.Context, in *KeyPath) (*keyOut, error) {
		return single(s.Get(ctx, access.By(ctx), in.LegacyKey))
	})
	web.Op(m, web.Operation{
		ID: "getLegacyKeyUse", Method: "GET", Path: "/v1/legacy-keys/{legacy_key}/use", Tag: tag, Summary: "See what a legacy key was used for", Action: "legacy_key:view",
		Description: "The operations that it called in the last 90 days, and the scopes with which a private integration could do exactly that.",
	}, func(ctx context.Context, in *KeyPath) (*observedOut, error) {
		got, err := s.Observed(ctx, access.By(ctx), in.LegacyKey)
		return &observedOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "turnLegacyKey", Method: "POST", Path: "/v1/legacy-keys/{legacy_key}/private-integration", Tag: tag, Summary: "Turn a legacy key into a private integration", Action: "legacy_key:turn", Creates: true,
		Description: "With exactly the scopes that the key was seen to use. The answer holds the token; nothing shows it again. The key goes on working until somebody ends it.",
		Errors:      []string{"forbidden", "legacy_key_ended", "legacy_key_turned", "legacy_key_unused", "private_integration_invalid", "private_integration_limit", "account_closed", "role_exceeds_giver"},
	}, func(ctx context.Context, in *turnIn) (*turnOut, error) {
		c, err := s.Turn(ctx, access.By(ctx), in.LegacyKey, in.Body.Name)
		out := &turnOut{Location: "/v1/private-integrations/" + c.ID.String()}
		out.Body.Integration, out.Body.Token, out.Body.Secret = c.Integration, c.Token.Token, c.Token.Secret.Reveal()
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "endLegacyKey", Method: "PUT", Path: "/v1/legacy-keys/{legacy_key}/end", Tag: tag, Summary: "Give a legacy key an end", Action: "legacy_key:end",
		Description: "It works until then. The account's administrators are told now, and 30, 7 and 1 days before. Without a moment the end is taken back.",
		Errors:      []string{"forbidden", "legacy_key_ended", "legacy_key_end_invalid", "token_changed"},
	}, func(ctx context.Context, in *endIn) (*keyOut, error) {
		return single(s.End(ctx, access.By(ctx), in.LegacyKey, in.Body.Ends))
	})
	web.Op(m, web.Operation{
		ID: "revokeLegacyKey", Method: "POST", Path: "/v1/legacy-keys/{legacy_key}/revoke", Tag: tag, Summary: "End a legacy key at once", Action: "legacy_key:revoke",
		Description: "It is refused from now on, on every node within a second, and does not come back.", Errors: []string{"forbidden", "legacy_key_ended", "reason_required"},
	}, func(ctx context.Context, in *revokeIn) (*keyOut, error) {
		return single(s.Revoke(ctx, access.By(ctx), in.LegacyKey, in.Body.Reason))
	})
}

func (s *Service) page(ctx context.Context, q web.PageQuery, account string) (*web.PageOut[Key], error) {
	after, _, err := web.After[ID](ctx, q)
	if err != nil {
		return nil, err
	}
	got, err := s.List(ctx, access.By(ctx), Query{Account: account, After: after, Limit: q.Limit + 1})
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, got, q.Limit, func(one Key) ID { return one.ID })
}
