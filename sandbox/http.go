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
		Room
		Items []Sandbox `json:"items" nullable:"false"`
	}
}

type openIn struct {
	GroupPath
	Body Opening
}

type sandboxOut struct{ Body Sandbox }

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
	s.mountOwn(m)
	s.mountSimulation(m)
	web.Op(m, web.Operation{
		ID: "listGroupSandboxes", Method: "GET", Path: "/v1/groups/{group}/sandboxes", Tag: tag, Summary: "List a group's sandboxes", Action: "group:view",
		Description: "With how many the group may have, and what the product does about them.",
	}, func(ctx context.Context, in *GroupPath) (*listOut, error) {
		out := &listOut{}
		var err error
		if out.Body.Items, err = s.List(ctx, access.By(ctx), in.Group); err != nil {
			return nil, err
		}
		out.Body.Room, err = s.Room(ctx, access.By(ctx), in.Group)
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

// mountOwn mounts what makes, resets and closes sandboxes.
func (s *Service) mountOwn(m web.Mux) {
	const path = "/v1/sandboxes/{account}"
	web.Op(m, web.Operation{
		ID: "createSandbox", Method: "POST", Path: "/v1/groups/{group}/sandboxes", Tag: tag, Summary: "Make a sandbox", Action: ActionCreate, Creates: true,
		Description: "An account of the group's own, under a key that no customer has; the members of the group belong to it, its administrators as administrators. " +
			"Where the product opens sandboxes it is asked to, with sample data unless seed is false: asked says how that stands.",
		Errors: []string{"forbidden", "not_a_person", "sandbox_invalid", "sandbox_limit", "group_not_active"},
	}, func(ctx context.Context, in *openIn) (*sandboxOut, error) {
		got, err := s.Open(ctx, access.By(ctx), in.Group, in.Body)
		return &sandboxOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "getSandbox", Method: "GET", Path: path, Tag: tag, Summary: "Read a sandbox", Action: ActionView,
	}, func(ctx context.Context, in *account.AccountPath) (*sandboxOut, error) {
		got, err := s.Get(ctx, access.By(ctx), in.Account)
		return &sandboxOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "resetSandbox", Method: "POST", Path: path + "/reset", Tag: tag, Summary: "Put a sandbox back to the beginning", Action: ActionReset, Status: 202,
		Description: "The product is asked to put its data in the account back to the beginning; one that it failed to open, to open it. Asked again while it waits, it is the same answer. " +
			"What is here stays: installations, grants, tokens, webhooks and the log of events.",
		Errors: []string{"forbidden", "sandbox_no_reset", "sandbox_busy"},
	}, func(ctx context.Context, in *account.AccountPath) (*sandboxOut, error) {
		got, err := s.Reset(ctx, access.By(ctx), in.Account)
		return &sandboxOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "closeSandbox", Method: "DELETE", Path: path, Tag: tag, Summary: "Close a sandbox", Action: ActionClose,
		Description: "For good: every grant in it stops, and the product is told. Only one that the group made by itself.", Errors: []string{"forbidden", "sandbox_not_made"},
	}, func(ctx context.Context, in *account.AccountPath) (*struct{}, error) {
		return nil, s.Close(ctx, access.By(ctx), in.Account)
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
	conf := problem.KindConflict
	return []problem.Declared{
		{Code: "sandbox_invalid", Kind: problem.KindInvalid, Cause: "A part of the new sandbox breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "sandbox_limit", Kind: conf, Cause: "The group has as many sandboxes as it may, has made ten times as many within a day, or developers make none by themselves here; detail says which.", Remedy: "Close one that is not needed any more, reset one, or ask the operator."},
		{Code: "sandbox_no_reset", Kind: conf, Cause: "The product offers no reset of sandboxes.", Remedy: "Make a new sandbox instead, or ask the operator."},
		{Code: "sandbox_busy", Kind: conf, Cause: "The product is still opening the sandbox.", Remedy: "Wait until asked says that it is done or has failed."},
		{Code: "sandbox_not_made", Kind: conf, Cause: "The product has told of the sandbox; the group has not made it by itself.", Remedy: "Ask the operator to close it."},
		{Code: "simulation_invalid", Kind: problem.KindInvalid, Cause: "A part of a simulation breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
	}
}
