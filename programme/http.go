package programme

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// GroupPath names a group in a path.
type GroupPath struct {
	Group string `path:"group" maxLength:"60" doc:"Id of the group."`
}

type submitIn struct {
	GroupPath
	Body Ask
}

type answerIn struct {
	GroupPath
	Body struct {
		Answer string `json:"answer" maxLength:"8000" doc:"At most 2,000 characters."`
	}
}

type questionIn struct {
	GroupPath
	Body struct {
		Question string `json:"question" maxLength:"8000" doc:"What the developers are asked; at most 2,000 characters."`
	}
}

type refuseIn struct {
	GroupPath
	Body struct {
		Reason string `json:"reason" maxLength:"8000" doc:"Why; the developers are told. At most 2,000 characters."`
	}
}

type grantIn struct {
	GroupPath
	Body Decision
}

type queueIn struct {
	State RequestState `query:"state" enum:"pending,asked,granted,refused,withdrawn,ended" doc:"Only these; those that wait when absent."`
}

type requestOut struct{ Body Request }

type requestedOut struct {
	Location string `header:"Location"`
	Body     Request
}

type standingOut struct{ Body Standing }

type queueOut struct {
	Body struct {
		Items []Queued `json:"items" nullable:"false"`
	}
}

func one(r Request, err error) (*requestOut, error) { return &requestOut{Body: r}, err }

// Mount mounts the operations on production settings.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountProduction(m)
	s.mountDecisions(m)
	s.mountPartners(m)
	s.mountAgreements(m)
}

const productionPath = "/v1/groups/{group}/production"

func (s *Service) mountProduction(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "getProduction", Method: "GET", Path: productionPath, Tag: "Production", Summary: "Read where a group stands with production settings", Action: "production:view",
		Description: "Its requests with what was asked, said and decided, and what the group really does.",
	}, func(ctx context.Context, in *GroupPath) (*standingOut, error) {
		got, err := s.Standing(ctx, access.By(ctx), in.Group)
		return &standingOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "requestProduction", Method: "POST", Path: productionPath, Tag: "Production", Summary: "Ask for production settings", Action: "production:request", Creates: true,
		Description: "Higher limits for customers. Somebody of the operator's who is not of the group decides until `due`.",
		Errors:      []string{"forbidden", "programme_invalid", "production_open", "production_personal", "group_name_invalid", "group_suspended", "group_archived"},
	}, func(ctx context.Context, in *submitIn) (*requestedOut, error) {
		r, err := s.Submit(ctx, access.By(ctx), in.Group, in.Body)
		return &requestedOut{Location: "/v1/groups/" + in.Group + "/production", Body: r}, err
	})
	web.Op(m, web.Operation{
		ID: "answerProduction", Method: "POST", Path: productionPath + "/answer", Tag: "Production", Summary: "Answer the operator's question", Action: "production:request",
		Errors: []string{"forbidden", "programme_invalid", "production_not_open", "production_not_asked", "production_changed"},
	}, func(ctx context.Context, in *answerIn) (*requestOut, error) {
		return one(s.Answer(ctx, access.By(ctx), in.Group, in.Body.Answer))
	})
	web.Op(m, web.Operation{
		ID: "withdrawProduction", Method: "POST", Path: productionPath + "/withdraw", Tag: "Production", Summary: "Take the request back", Action: "production:request",
		Errors: []string{"forbidden", "production_not_open", "production_changed"},
	}, func(ctx context.Context, in *GroupPath) (*requestOut, error) {
		return one(s.Withdraw(ctx, access.By(ctx), in.Group))
	})
}

func (s *Service) mountDecisions(m web.Mux) {
	conflicts := []string{"forbidden", "programme_invalid", "production_not_open", "production_conflicted", "production_changed"}
	web.Op(m, web.Operation{
		ID: "listProductionRequests", Method: "GET", Path: "/v1/production-requests", Tag: "Production", Summary: "List requests for production settings", Action: "production:decide",
		Description: "For the operator; those that are due first come first.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *queueIn) (*queueOut, error) {
		var states []RequestState
		if in.State != "" {
			states = append(states, in.State)
		}
		got, err := s.Queue(ctx, access.By(ctx), states...)
		out := &queueOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "grantProduction", Method: "POST", Path: productionPath + "/grant", Tag: "Production", Summary: "Grant production settings", Action: "production:decide",
		Description: "For the operator. The limits hold at once on every node; at `ends` the limits of before hold again. Nobody decides about a group that they belong to.",
		Errors:      append([]string{"plan_unknown"}, conflicts...),
	}, func(ctx context.Context, in *grantIn) (*requestOut, error) {
		return one(s.Grant(ctx, access.By(ctx), in.Group, in.Body))
	})
	web.Op(m, web.Operation{
		ID: "refuseProduction", Method: "POST", Path: productionPath + "/refuse", Tag: "Production", Summary: "Refuse production settings", Action: "production:decide",
		Description: "For the operator.", Errors: conflicts,
	}, func(ctx context.Context, in *refuseIn) (*requestOut, error) {
		return one(s.Refuse(ctx, access.By(ctx), in.Group, in.Body.Reason))
	})
	web.Op(m, web.Operation{
		ID: "askProduction", Method: "POST", Path: productionPath + "/ask", Tag: "Production", Summary: "Ask the developers back", Action: "production:decide",
		Description: "For the operator. The time to decide rests until they answer.", Errors: conflicts,
	}, func(ctx context.Context, in *questionIn) (*requestOut, error) {
		return one(s.Question(ctx, access.By(ctx), in.Group, in.Body.Question))
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con := problem.KindConflict
	return append(declaredPartners(), []problem.Declared{
		{Code: "programme_invalid", Kind: problem.KindInvalid, Cause: "A part of a request, of an application for the partner programme, of an agreement or of a decision breaks a rule; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "production_open", Kind: con, Cause: "A request of the group waits for a decision already.", Remedy: "Wait for it, or withdraw it first."},
		{Code: "production_personal", Kind: con, Cause: "A person's own group gets no production settings, since customers see a company's name.", Remedy: "Found a group with the company's name and move the applications there."},
		{Code: "production_not_open", Kind: con, Cause: "No request of the group waits for a decision.", Remedy: "Look at its requests; perhaps somebody else decided."},
		{Code: "production_not_asked", Kind: con, Cause: "The operator has asked nothing that waits for an answer.", Remedy: "Nothing needs to be done."},
		{Code: "production_changed", Kind: con, Cause: "The request changed after it was looked at.", Remedy: "Look at it again and repeat."},
		{Code: "production_conflicted", Kind: problem.KindForbidden, Cause: "Whoever decides belongs to the group.", Remedy: "Let another operator decide."},
	}...)
}
