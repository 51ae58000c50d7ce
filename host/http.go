package host

import (
	"context"
	"encoding/json"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// TaskPath names a task in a path.
type TaskPath struct {
	Task ID `path:"task" doc:"Id of the task."`
}

type takeIn struct {
	Wait  int      `query:"wait" default:"25" minimum:"0" maximum:"50" doc:"Seconds to wait for the first task, if there is none."`
	Limit int      `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many tasks at most."`
	Lease int      `query:"lease" default:"60" minimum:"5" maximum:"3600" doc:"Seconds for which nobody else gets them; after that they are given out again."`
	Kinds []string `query:"kind" maxItems:"50" doc:"Kinds, separated by commas; all when absent."`
}

type takeOut struct {
	Body struct {
		Items []Task `json:"items" nullable:"false"`
	}
}

type doneIn struct {
	TaskPath
	Body struct {
		Result json.RawMessage `json:"result,omitempty" doc:"What the kind asks for, if anything: any JSON, at most 4 MiB"`
	}
}

type failIn struct {
	TaskPath
	Body struct {
		Detail  string `json:"detail,omitempty" maxLength:"2000" doc:"Why, for people; the first 300 characters are kept"`
		Retry   bool   `json:"retry,omitempty" doc:"It may be tried again: after 5 seconds, then less and less often, 24 times within about a day"`
		After   int    `json:"retry_after,omitempty" minimum:"0" maximum:"86400" doc:"Not before so many seconds"`
		Attempt int    `json:"attempt,omitempty" minimum:"0" doc:"attempts of the task as it was given out: if it was given out to another meanwhile, nothing changes"`
	}
}

type taskOut struct{ Body Task }

// outcome is a task as the product hears of it: without what it knows.
func outcome(t Task, err error) (*taskOut, error) {
	t.Data, t.Result = nil, nil
	return &taskOut{Body: t}, err
}

type logIn struct {
	web.PageQuery
	State   State  `query:"state" enum:"waiting,taken,done,failed" doc:"Only those in this state."`
	Kind    string `query:"kind" maxLength:"60" doc:"Only of this kind."`
	Account string `query:"account" maxLength:"200" doc:"Only of this account: its id, or the product's key of it."`
}

// Mount mounts the operations on tasks.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag = "Tasks"
	web.Op(m, web.Operation{
		ID: "takeTasks", Method: "GET", Path: "/v1/tasks", Tag: tag, Summary: "Take what there is to do", Action: ActionTake,
		Description: "For the product: what integrations ask of it. The answer comes as soon as there are tasks, or empty after wait seconds. " +
			"Say of each what became of it. One of which nobody says so is given out again after its lease, so that it may come twice: its id tells. Tasks with one key come one after another.",
		Errors: []string{"forbidden", "task_takers"},
	}, func(ctx context.Context, in *takeIn) (*takeOut, error) {
		got, err := s.Take(ctx, access.By(ctx), Query{Kinds: in.Kinds, Limit: in.Limit, Lease: time.Duration(in.Lease) * time.Second, Wait: time.Duration(in.Wait) * time.Second})
		out := &takeOut{}
		if out.Body.Items = got; got == nil {
			out.Body.Items = []Task{}
		}
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "finishTask", Method: "POST", Path: "/v1/tasks/{task}/done", Tag: tag, Summary: "Say that a task is done", Action: ActionTake, MaxBody: ResultMost + 1024,
		Description: "Said again, it gets the same answer.", Errors: []string{"forbidden", "task_closed"},
	}, func(ctx context.Context, in *doneIn) (*taskOut, error) {
		return outcome(s.Finish(ctx, access.By(ctx), in.Task, in.Body.Result))
	})
	web.Op(m, web.Operation{
		ID: "failTask", Method: "POST", Path: "/v1/tasks/{task}/fail", Tag: tag, Summary: "Say that a task could not be done", Action: ActionTake,
		Description: "Said again, it gets the same answer.", Errors: []string{"forbidden", "task_closed"},
	}, func(ctx context.Context, in *failIn) (*taskOut, error) {
		return outcome(s.Fail(ctx, access.By(ctx), in.Task, Failure{Detail: in.Body.Detail, Retry: in.Body.Retry, Attempt: in.Body.Attempt, After: time.Duration(in.Body.After) * time.Second}))
	})
	web.Op(m, web.Operation{
		ID: "listTasks", Method: "GET", Path: "/v1/tasks/log", Tag: tag, Summary: "List what the product was asked to do", Action: ActionView,
		Description: "The newest first, without data and result. Tasks that were done or failed are kept for 30 days.", Errors: []string{"forbidden", "not_found"},
	}, func(ctx context.Context, in *logIn) (*web.PageOut[Task], error) {
		before, _, err := web.After[ID](ctx, in.PageQuery)
		if err != nil {
			return nil, err
		}
		got, err := s.List(ctx, access.By(ctx), Filter{State: in.State, Kind: in.Kind, Account: in.Account, Before: before, Limit: in.Limit + 1})
		if err != nil {
			return nil, err
		}
		return web.Cut(ctx, got, in.Limit, func(t Task) ID { return t.ID })
	})
	web.Op(m, web.Operation{
		ID: "getTask", Method: "GET", Path: "/v1/tasks/{task}", Tag: tag, Summary: "Read a task", Action: ActionView,
		Description: "With data and result; results beyond 64 KiB are kept for a day.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *TaskPath) (*taskOut, error) {
		t, err := s.Get(ctx, access.By(ctx), in.Task)
		return &taskOut{Body: t}, err
	})
	web.Op(m, web.Operation{
		ID: "retryTask", Method: "POST", Path: "/v1/tasks/{task}/retry", Tag: tag, Summary: "Ask for a task again that has failed", Action: ActionRetry,
		Errors: []string{"forbidden", "task_not_failed"},
	}, func(ctx context.Context, in *TaskPath) (*taskOut, error) {
		t, err := s.Retry(ctx, access.By(ctx), in.Task)
		return &taskOut{Body: t}, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "task_invalid", Kind: problem.KindInvalid, Cause: "The product cannot be asked for this, or its answer cannot be kept.", Remedy: "Correct the members that errors names."},
		{Code: "task_closed", Kind: problem.KindConflict, Cause: "The task was done, or has failed for good, already.", Remedy: "Leave it at that; the operator can have a failed one given out again."},
		{Code: "task_not_failed", Kind: problem.KindConflict, Cause: "The task has not failed for good.", Remedy: "Wait for its outcome."},
		{Code: "task_takers", Kind: problem.KindLimited, Cause: "More than 100 requests wait for tasks at one server.", Remedy: "Ask for more tasks at a time."},
	}
}
