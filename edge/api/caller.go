package api

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/web"
)

// Caller is who a request comes from.
type Caller struct {
	Kind         access.Kind `json:"kind" enum:"user,operator,product,application,integration"`
	Subject      string      `json:"subject" doc:"As the audit log names it"`
	User         string      `json:"user,omitempty"`
	Account      string      `json:"account,omitempty" doc:"The account that a token is for"`
	Application  string      `json:"application,omitempty"`
	Installation string      `json:"installation,omitempty"`
	Grant        string      `json:"grant,omitempty"`
	Token        string      `json:"token,omitempty"`
	Operator     bool        `json:"operator,omitempty"`
	Holds        []string    `json:"holds" nullable:"false" doc:"Resources over which the caller has some authority"`
}

type callerOut struct{ Body Caller }

func mountCaller(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "getCaller", Method: "GET", Path: "/v1/caller", Tag: "Platform", Summary: "Who you are to this API",
		Description: "Works with every credential: try a new one here.",
	}, func(ctx context.Context, _ *struct{}) (*callerOut, error) {
		by := access.By(ctx)
		c := Caller{Kind: by.Kind, Subject: by.Subject(), User: by.User, Account: by.Account, Application: by.Application,
			Installation: by.Installation, Grant: by.Grant, Token: by.Token, Operator: by.Operator, Holds: []string{}}
		for _, a := range by.Authorities {
			c.Holds = append(c.Holds, a.On.String())
		}
		return &callerOut{Body: c}, nil
	})
}
