package sandbox

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// GroupPath names a group in a path.
type GroupPath struct {
	Group group.ID `path:"group" doc:"Id of the group."`
}

type listOut struct {
	Body struct {
		Items []Sandbox `json:"items" nullable:"false"`
	}
}

type samplesOut struct {
	Body struct {
		Items []Sample `json:"items" nullable:"false"`
	}
}

type triggerIn struct {
	account.AccountPath
	Body Draft
}

type receiptOut struct{ Body event.Receipt }

type simulationIn struct {
	account.AccountPath
	Body Order
}

type simulationOut struct{ Body Simulation }

const tag = "Sandboxes"

// Mount mounts the operations on sandboxes.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	m.Catalogue().Declare(event.Declared()...) // it refuses as the log does
	s.mountSimulation(m)
	web.Op(m, web.Operation{
		ID: "listGroupSandboxes", Method: "GET", Path: "/v1/groups/{group}/sandboxes", Tag: tag, Summary: "List a group's sandboxes", Action: "group:view",
	}, func(ctx context.Context, in *GroupPath) (*listOut, error) {
		out := &listOut{}
		var err error
		out.Body.Items, err = s.List(ctx, access.By(ctx), in.Group)
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "listSandboxEventTypes", Method: "GET", Path: "/v1/sandboxes/{account}/event-types", Tag: tag, Summary: "List the events that can be made up", Action: ActionView,
		Description: "The product's types of events with an example of each, after its schema; without previews that the group has not got.", Errors: []string{"catalog_missing"},
	}, func(ctx context.Context, in *account.AccountPath) (*samplesOut, error) {
		out := &samplesOut{}
		var err error
		out.Body.Items, err = s.Samples(ctx, access.By(ctx), in.Account)
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "triggerSandboxEvent", Method: "POST", Path: "/v1/sandboxes/{account}/events", Tag: tag, Summary: "Make an event up", Action: ActionTrigger, Status: 202,
		Description: "It goes into the log of this sandbox account and from there to every subscription that wants it, signed and repeated like any other; the scopes of each integration decide as ever. " +
			"It says \"test\": true. Only type is needed: the rest is filled in after the type's schema.",
		Errors: []string{"forbidden", "event_invalid", "product_not_enabled", "catalog_missing"},
	}, func(ctx context.Context, in *triggerIn) (*receiptOut, error) {
		got, err := s.Trigger(ctx, access.By(ctx), in.Account, in.Body)
		return &receiptOut{Body: got}, err
	})
}

func (s *Service) mountSimulation(m web.Mux) {
	const path = "/v1/sandboxes/{account}/simulation"
	web.Op(m, web.Operation{
		ID: "getSandboxSimulation", Method: "GET", Path: path, Tag: tag, Summary: "Read what is simulated", Action: ActionView,
	}, func(ctx context.Context, in *account.AccountPath) (*simulationOut, error) {
		got, err := s.Simulation(ctx, access.By(ctx), in.Account)
		return &simulationOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "simulateInSandbox", Method: "PUT", Path: path, Tag: tag, Summary: "Have calls fail or be late", Action: ActionSimulate,
		Description: "The next calls in this sandbox, through the gateway and with every token, get this outcome in its real shape: for so many calls, or for some time. " +
			"The header X-Simulate of a single call goes before it. It replaces the simulation before.",
		Errors: []string{"forbidden", "simulation_invalid"},
	}, func(ctx context.Context, in *simulationIn) (*simulationOut, error) {
		got, err := s.Simulate(ctx, access.By(ctx), in.Account, in.Body)
		return &simulationOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "endSandboxSimulation", Method: "DELETE", Path: path, Tag: tag, Summary: "Let calls through again", Action: ActionSimulate, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *account.AccountPath) (*struct{}, error) {
		return nil, s.EndSimulation(ctx, access.By(ctx), in.Account)
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "simulation_invalid", Kind: problem.KindInvalid, Cause: "A part of a simulation breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
	}
}
