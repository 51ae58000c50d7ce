package leak

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
)

// LeakPath names a leak in a path.
type LeakPath struct {
	Leak ID `path:"leak" doc:"Id of the leak."`
}

type reportIn struct {
	Body struct {
		Secret string `json:"secret" minLength:"1" maxLength:"16384" doc:"The credential, or text that holds up to a hundred of them"`
		Where  string `json:"where,omitempty" maxLength:"500" doc:"Where it was found, for its owner"`
	}
}

type reportOut struct {
	Body struct {
		Received bool `json:"received" doc:"Always true. What the report held is told to nobody but its owner"`
	}
}

type signedIn struct {
	Key       string `header:"Github-Public-Key-Identifier" maxLength:"200" doc:"Name of the key that signed."`
	Signature string `header:"Github-Public-Key-Signature" maxLength:"200" doc:"ECDSA over P-256 and SHA-256 of the body, in base64."`
	RawBody   []byte
	Body      []Match
}

type leaksIn struct {
	web.PageQuery
	Account string `query:"account" maxLength:"60" doc:"Of this account."`
	Group   string `query:"group" maxLength:"60" doc:"Of this group's applications."`
}

type seenOut struct{ Body Seen }

// messageMost bounds a message of GitHub, in bytes.
const messageMost = 4 << 20

// Mount mounts the operations on leaks.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag = "Leaks"
	web.Op(m, web.Operation{
		ID: "reportLeak", Method: "POST", Path: "/v1/leak-reports", Tag: tag, Summary: "Report a leaked credential", Public: true, Status: 202, MaxBody: 64 << 10,
		Description: "Whoever holds a credential may report it, without signing in. If it opens anything it is ended at once, on every node within a second, and its owner is told. " +
			"The answer is always the same and comes at a steady pace: it does not tell whether the credential was one.",
		Errors: []string{"leak_reports_many"},
	}, func(ctx context.Context, in *reportIn) (*reportOut, error) {
		out := &reportOut{}
		out.Body.Received = true
		return out, s.Report(ctx, Report{Text: secret.New(in.Body.Secret), Where: in.Body.Where, Source: API})
	})
	web.Op(m, web.Operation{
		ID: "reportLeaksOfGitHub", Method: "POST", Path: "/v1/leak-reports/github", Tag: tag, Summary: "Take a message of GitHub's secret scanning", Public: true, Status: 202, MaxBody: messageMost,
		Description: "For GitHub's secret scanning partner programme: a list of matches, signed with one of the keys that GitHub publishes.",
		Errors:      []string{"leak_signature_invalid", "leak_message_invalid", "leak_keys_unavailable"},
	}, func(ctx context.Context, in *signedIn) (*reportOut, error) {
		out := &reportOut{}
		out.Body.Received = true
		return out, s.FromGitHub(ctx, Signed{Key: in.Key, Signature: in.Signature, Body: in.RawBody})
	})
	web.Op(m, web.Operation{
		ID: "listLeaks", Method: "GET", Path: "/v1/leaks", Tag: tag, Summary: "List credentials that were reported as leaked", Action: "leak:view",
		Description: "The newest first. Administrators name their account, developers their group; the operator may name neither and sees all.", Errors: []string{"forbidden"},
	}, s.listHTTP)
	web.Op(m, web.Operation{
		ID: "getLeak", Method: "GET", Path: "/v1/leaks/{leak}", Tag: tag, Summary: "Read what a leaked credential was used for", Action: "leak:view",
	}, func(ctx context.Context, in *LeakPath) (*seenOut, error) {
		got, err := s.Get(ctx, access.By(ctx), in.Leak)
		return &seenOut{Body: got}, err
	})
}

func (s *Service) listHTTP(ctx context.Context, in *leaksIn) (*web.PageOut[Leak], error) {
	before, _, err := web.After[ID](ctx, in.PageQuery)
	if err != nil {
		return nil, err
	}
	got, err := s.List(ctx, access.By(ctx), Query{Account: in.Account, Group: in.Group, Before: before, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return web.Cut(ctx, got, in.Limit, func(one Leak) ID { return one.ID })
}
