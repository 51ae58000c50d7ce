package api

import (
	"context"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Question is what the product asks where the answer depends on something that
// only it can see, such as the body of a request.
type Question struct {
	Grant    string `json:"grant,omitempty" maxLength:"60" doc:"Id of the grant, as the identity header names it; or token"`
	Token    string `json:"token,omitempty" maxLength:"200" doc:"The token itself; or grant"`
	Action   string `json:"action,omitempty" maxLength:"200" example:"flag:update" doc:"The entitlement in question; or method and path"`
	Method   string `json:"method,omitempty" maxLength:"10"`
	Path     string `json:"path,omitempty" maxLength:"2000"`
	Account  string `json:"account,omitempty" maxLength:"200" doc:"The product's key of the account in question, for grants that act in several; the grant's own when absent"`
	Client   string `json:"client,omitempty" maxLength:"60" doc:"IP address of the caller, needed with a token that may be used from some networks only"`
	Resource string `json:"resource,omitempty" maxLength:"2000" example:"proj/web:env/production:flag/new-checkout" doc:"What it is about, with the facts that you know; absent: what the path says, or the account as a whole"`
}

// Answer is the decision on one question.
type Answer struct {
	Allowed      bool       `json:"allowed"`
	Decision     string     `json:"decision" doc:"Id of the decision, for logs and support"`
	Code         string     `json:"code,omitempty" doc:"Why not, as the gateway would say it"`
	Detail       string     `json:"detail,omitempty"`
	Operation    string     `json:"operation,omitempty"`
	Grant        string     `json:"grant,omitempty"`
	Missing      []string   `json:"missing" nullable:"false" doc:"What is missing; empty when allowed"`
	Alternatives [][]string `json:"alternatives,omitempty" doc:"Every smallest set of missing things"`
}

// Decide answers a question as the gateway would. A refusal is an error of kind
// Unauthenticated, Forbidden or NotFound; a question that cannot be read is
// Invalid.
type Decide func(ctx context.Context, q Question) (Answer, error)

type decisionsIn struct {
	Body struct {
		Questions []Question `json:"questions" minItems:"1" maxItems:"100" nullable:"false"`
	}
}

type decisionsOut struct {
	Body struct {
		Answers []Answer `json:"answers" nullable:"false" doc:"In the order of the questions"`
	}
}

func (d Decide) mount(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "decide", Method: "POST", Path: "/v1/decisions", Tag: "Product", Summary: "Ask whether something is allowed",
		Description: "For the product: one to a hundred questions whose answer depends on what only it can see. " +
			"Nothing is counted against a limit.", Action: "decision:ask", Errors: []string{"forbidden", "question_invalid"},
	}, d.answer)
}

func (d Decide) answer(ctx context.Context, in *decisionsIn) (*decisionsOut, error) {
	if err := access.By(ctx).May("decision:ask", access.Platform()); err != nil {
		return nil, err
	}
	out := &decisionsOut{}
	for i, q := range in.Body.Questions {
		a, err := d.one(ctx, q, "/questions/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		if a.Decision == "" {
			a.Decision = web.From(ctx).ID() + "." + strconv.Itoa(i)
		}
		out.Body.Answers = append(out.Body.Answers, a)
	}
	return out, nil
}

func (d Decide) one(ctx context.Context, q Question, at string) (Answer, error) {
	if why := q.check(); why != "" {
		return Answer{}, problem.Invalid("question_invalid", "A question cannot be read.", problem.Field{Pointer: at, Code: "question_invalid", Detail: why})
	}
	a, err := d(ctx, q)
	if a.Missing == nil {
		a.Missing = []string{}
	}
	if err == nil {
		return a, nil
	}
	p := problem.Of(err)
	switch p.Kind {
	case problem.KindUnauthenticated, problem.KindForbidden, problem.KindNotFound:
		a.Allowed, a.Code, a.Detail = false, p.Code, p.Detail
		return a, nil
	case problem.KindInvalid:
		return a, problem.Invalid("question_invalid", "A question cannot be read.", problem.Field{Pointer: at, Code: p.Code, Detail: p.Detail})
	}
	return a, err
}

func (q Question) check() string {
	switch {
	case (q.Grant == "") == (q.Token == ""):
		return "Name the grant or send the token, one of the two."
	case (q.Action == "") == (q.Method == "" && q.Path == ""):
		return "Name the action, or method and path."
	case (q.Method == "") != (q.Path == ""):
		return "Method and path come together."
	}
	return ""
}
