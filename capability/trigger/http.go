package trigger

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Path names a trigger in a path.
type Path struct {
	Trigger ID `path:"trigger" doc:"Id of the trigger."`
}

type createIn struct {
	configuration.Path
	Body Draft
}

type updateIn struct {
	Path
	Body Patch
}

type triggerOut struct{ Body Trigger }

type issuedOut struct {
	Location string `header:"Location"`
	Body     struct {
		Trigger Trigger `json:"trigger"`
		URL     string  `json:"url" doc:"What the other side calls with POST; shown this once"`
		Secret  string  `json:"secret,omitempty" doc:"What the caller shows besides, as Authorization: Bearer or by signing; absent where the address is enough; shown this once"`
	}
}

func issued(i Issued, err error) (*issuedOut, error) {
	out := &issuedOut{Location: "/v1/triggers/" + i.ID.String()}
	out.Body.Trigger, out.Body.URL, out.Body.Secret = i.Trigger, i.URL.Reveal(), i.Shared.Reveal()
	return out, err
}

type listOut struct {
	Body struct {
		Items []Trigger `json:"items" nullable:"false"`
		Kinds []Kind    `json:"kinds" nullable:"false" doc:"For which resources triggers can be made, and what they can do; empty while the capability does not work"`
	}
}

// Mount mounts the operations on triggers.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag = "Triggers"
	const manage, view = configuration.ActionManage, configuration.ActionView
	web.Op(m, web.Operation{
		ID: "createTrigger", Method: "POST", Path: "/v1/configurations/{configuration}/triggers", Tag: tag, Summary: "Make a trigger", Action: manage, Creates: true,
		Description: "An address that has the product carry out an instruction on a resource, such as turning a flag off. The answer holds the address; nothing shows it again.",
		Errors:      []string{"forbidden", "trigger_invalid", "trigger_limit_reached", "capability_off"},
	}, func(ctx context.Context, in *createIn) (*issuedOut, error) {
		return issued(s.Create(ctx, access.By(ctx), in.Configuration.String(), in.Body))
	})
	web.Op(m, web.Operation{
		ID: "listTriggers", Method: "GET", Path: "/v1/configurations/{configuration}/triggers", Tag: tag, Summary: "List the triggers of a configuration", Action: view,
		Description: "With the last calls to each, and with what more can be made.",
	}, func(ctx context.Context, in *configuration.Path) (*listOut, error) {
		out := &listOut{}
		var err error
		out.Body.Items, out.Body.Kinds, err = s.List(ctx, access.By(ctx), in.Configuration.String())
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getTrigger", Method: "GET", Path: "/v1/triggers/{trigger}", Tag: tag, Summary: "Read a trigger", Action: view,
	}, func(ctx context.Context, in *Path) (*triggerOut, error) {
		t, err := s.Get(ctx, access.By(ctx), in.Trigger)
		return &triggerOut{t}, err
	})
	web.Op(m, web.Operation{
		ID: "updateTrigger", Method: "PATCH", Path: "/v1/triggers/{trigger}", Tag: tag, Summary: "Change or switch a trigger", Action: manage,
		Description: "Parts that are not sent stay as they are. The address of one that is switched off is unknown.", Errors: []string{"forbidden", "trigger_invalid", "capability_off"},
	}, func(ctx context.Context, in *updateIn) (*triggerOut, error) {
		t, err := s.Update(ctx, access.By(ctx), in.Trigger, in.Body)
		return &triggerOut{t}, err
	})
	web.Op(m, web.Operation{
		ID: "cycleTrigger", Method: "POST", Path: "/v1/triggers/{trigger}/cycle", Tag: tag, Summary: "Give a trigger another address", Action: manage, Creates: true, Status: http.StatusOK,
		Description: "The old address is unknown at once. The answer holds the new one; nothing shows it again.", Errors: []string{"forbidden", "capability_off"},
	}, func(ctx context.Context, in *Path) (*issuedOut, error) {
		return issued(s.Cycle(ctx, access.By(ctx), in.Trigger))
	})
	web.Op(m, web.Operation{
		ID: "deleteTrigger", Method: "DELETE", Path: "/v1/triggers/{trigger}", Tag: tag, Summary: "Delete a trigger", Action: manage, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *Path) (*struct{}, error) {
		return nil, s.Delete(ctx, access.By(ctx), in.Trigger)
	})
}

// bodyMost bounds what a caller may send, in bytes.
const bodyMost = 1 << 20

// ServeHTTP answers calls to the addresses of triggers: POST /triggers/{secret}.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	web.From(r.Context()).SetRoute("POST /triggers/{secret}")
	web.NoStore(w.Header())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	if err != nil {
		code := problem.Invalid("body_unparseable", "The body ended early.").Because(err)
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			code = problem.Invalid("body_too_large", "The body is larger than 1 MiB.")
		}
		web.WriteProblem(w, r, code)
		return
	}
	test, err := s.Fire(r.Context(), r.PathValue("secret"), r.Header, body)
	if err != nil {
		web.WriteProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	answer := `{"accepted":true}`
	if test {
		answer = `{"accepted":true,"test":true}`
	}
	_, _ = io.WriteString(w, answer+"\n") // the caller may be gone
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "trigger_invalid", Kind: problem.KindInvalid, Cause: "The resource, the instruction or the description of a trigger cannot be.", Remedy: "Correct the members that errors names; GET …/triggers lists the kinds with their instructions."},
		{Code: "trigger_limit_reached", Kind: problem.KindConflict, Cause: "The configuration has 100 triggers.", Remedy: "Delete one that nobody calls any more."},
		{Code: "trigger_limit", Kind: problem.KindLimited, Cause: "The trigger was called more than ten times in a minute.", Remedy: "Call it again after the time in Retry-After."},
		{Code: "trigger_secret", Kind: problem.KindUnauthenticated, Cause: "The caller of a trigger did not show its shared secret, nor sign the body with it.", Remedy: "Send it as Authorization: Bearer, or the HMAC-SHA-256 of the body in hexadecimal as X-Signature."},
	}
}
