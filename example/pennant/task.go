package pennant

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/guestright/guestright/client/host"
)

// Tasks are what Pennant does when integrations ask for it through Guestright, by kind. What is too long for a task it
// reads from there.
func (s *Server) Tasks(from Feed) map[string]host.Handler {
	return map[string]host.Handler{"trigger.fire": s.trigger, "import.create": s.bringIn, "driver.run": s.drive,
		"membership.change": func(ctx context.Context, t host.Task) (any, error) { return s.sync(ctx, from, t) },
		"sandbox.create":    s.sandboxTask(openSandbox), "sandbox.reset": s.sandboxTask(resetSandbox), "sandbox.close": s.sandboxTask(closeSandbox),
		"approval.apply":    s.applyApproved,
		"approval.declined": s.standing, "approval.withdrawn": s.standing, "approval.lost": s.standing, "approval.not_sent": s.standing}
}

// Work comes to Guestright for what integrations ask, and asks it for approvals, until ctx ends.
func (s *Server) Work(ctx context.Context, from Feed) error {
	asking, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { s.ask(asking, from) })
	defer done.Wait()
	defer stop()
	return (&host.Worker{URL: from.URL, Token: from.Key, HTTP: from.HTTP, Handlers: s.Tasks(from)}).Run(ctx)
}

// fired is what a trigger asks for.
type fired struct {
	Instruction string `json:"instruction"` // turn_on, turn_off
	Trigger     string `json:"trigger"`
	// Event is what happened at the sender.
	Event struct {
		Name  string `json:"name"`
		Value string `json:"value"`
		URL   string `json:"url"`
	} `json:"event"`
	// Actor is the integration, and the user that it has here.
	Actor struct {
		UserKey      string `json:"user_key"`
		Name         string `json:"name"`
		Application  string `json:"application"`
		Installation string `json:"installation"`
	} `json:"actor"`
}

// trigger turns a flag on or off. One that is so already stays as it is, so that a task that comes twice does no harm.
func (s *Server) trigger(ctx context.Context, t host.Task) (any, error) {
	var f fired
	if err := json.Unmarshal(t.Data, &f); err != nil {
		return nil, host.Refuse("The task can't be read.")
	}
	if f.Instruction != "turn_on" && f.Instruction != "turn_off" {
		return nil, host.Refuse("Pennant doesn't know this instruction.")
	}
	at, ok := stateOf(t.Subject)
	if !ok {
		return nil, host.Refuse("Only a flag in an environment is turned on and off.")
	}
	actor := Actor{Kind: "integration", Key: f.Actor.UserKey, Name: f.Actor.Name, Application: f.Actor.Application, Installation: f.Actor.Installation, Trigger: f.Trigger}
	changed := false
	err := s.store.write(ctx, t.AccountKey, actor, func(sc *scope) error {
		was, err := get[FlagState](sc, at)
		if err != nil {
			return err
		}
		on := f.Instruction == "turn_on"
		if changed = was.On != on; !changed {
			return nil
		}
		return sc.turn(was, on, f.comment())
	})
	var refused *failure
	switch {
	case isNotFound(err):
		return nil, host.Refuse("There is no such flag any more.")
	case errors.As(err, &refused):
		return nil, host.Refuse(refused.Detail)
	case err != nil:
		return nil, err
	}
	return map[string]bool{"changed": changed}, nil
}

// turn turns a flag on or off; the comment says why.
func (s *scope) turn(was *FlagState, on bool, comment string) error {
	is := *was
	is.On = on
	if err := s.update(&is); err != nil {
		return err
	}
	return s.record(change{kind: kindOf(was.FlagStateFields, is.FlagStateFields), resource: is.place().path(), before: was, after: &is, comment: comment})
}

// comment says what made the trigger fire.
func (f fired) comment() string {
	text := f.Event.Name
	if f.Event.Value != "" {
		text += " (" + f.Event.Value + ")"
	}
	return strings.TrimSpace(text + " " + f.Event.URL)
}

// stateOf is the place of what policies call proj/{project}:env/{environment}:flag/{flag}.
func stateOf(subject string) (place, bool) {
	steps := strings.Split(subject, ":")
	if len(steps) != 3 {
		return place{}, false
	}
	project, ok := strings.CutPrefix(steps[0], kindProject+"/")
	environment, in := strings.CutPrefix(steps[1], kindEnvironment+"/")
	flag, of := strings.CutPrefix(steps[2], kindFlag+"/")
	st := FlagState{Project: project, Environment: environment, Flag: flag}
	return st.place(), ok && in && of
}
