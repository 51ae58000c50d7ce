package useraction

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/manifest/value"
)

// Service executes actions.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Accounts       *account.Service
	Configurations *configuration.Service
	Client         *outbound.Client
}

// List gives the buttons of an account, named by the product's key of it, at
// resources of a kind; "" is any. Errors: NotFound.
func (s *Service) List(ctx context.Context, by access.Principal, accountKey, kind string) ([]Action, error) {
	out := []Action{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.Accounts.ByKey(tx, accountKey)
		if err != nil {
			return err
		}
		if err := by.Reach("account", ActionView, account.Resource(a.ID.String())); err != nil {
			return err
		}
		all, err := s.Configurations.Working(tx, a.ID.String(), Name)
		for _, in := range all {
			out = append(out, of(in, kind)...)
		}
		return err
	})
	return out, err
}

// Run presses a button: the request of that key is made of the context and sent,
// once. That the partner refuses is no error. Errors: Invalid
// `action_context_missing`, `action_context_invalid`; Conflict `capability_off`;
// NotFound.
func (s *Service) Run(ctx context.Context, by access.Principal, id configuration.ID, key string, given map[string]json.RawMessage) (Call, error) {
	var in capability.Instance
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		in, err = s.reach(tx, by, id.String())
		return err
	})
	if err != nil {
		return Call{}, err
	}
	out := Call{ID: ident.New[Call](s.DB.Now()), Key: key, By: by.Subject(), At: s.DB.Now(), Failure: unfinished, configuration: in.Configuration}
	made, err := s.call(in, out, given)
	if err != nil {
		return Call{}, err
	}
	// Nothing leaves the house that is not on record.
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := insert(tx, &out); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "configuration.action", Target: "configuration/" + in.Configuration, Name: in.Name, Account: in.Account, Application: in.Application,
			After: map[string]string{"call": out.ID.String(), "key": key, "host": capability.Host(made.URL)}})
	})
	if err != nil {
		return Call{}, err
	}
	req := capability.Request(made)
	req.Timeout = patient
	out.came(s.Client.Do(ctx, req))
	// Who pressed may have gone away; how it came out is known all the same.
	err = s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return update(tx, &out) })
	return out, err
}

// reach gives the instance to those who may press its buttons: the product, and
// people who may manage the configuration.
func (s *Service) reach(tx *store.Tx, by access.Principal, id string) (capability.Instance, error) {
	if by.Kind == access.KindProduct {
		if err := by.May(ActionRun, access.Platform()); err != nil {
			return capability.Instance{}, err
		}
		return s.Configurations.Instance(tx, id, Name)
	}
	if by.User == "" {
		return capability.Instance{}, problem.NotFound("configuration") // an integration presses no buttons
	}
	if _, err := s.Configurations.Reach(tx, by, id, configuration.ActionManage); err != nil {
		return capability.Instance{}, err
	}
	return s.Configurations.Instance(tx, id, Name)
}

// call makes the request.
func (s *Service) call(in capability.Instance, as Call, given map[string]json.RawMessage) (request.Call, error) {
	a := in.Package.Manifest.UserAction
	body, there := a.Body(as.Key)
	if !there {
		return request.Call{}, problem.NotFound("action")
	}
	if lacks := missing(body, given); len(lacks) > 0 {
		return request.Call{}, problem.Invalid("action_context_missing", "The context lacks what this action needs.", lacks...)
	}
	text, err := json.Marshal(given)
	if err != nil {
		return request.Call{}, problem.Internal("useraction.context", err)
	}
	root := value.Of()
	if len(given) > 0 {
		decoded, err := value.Decode(text)
		object, ok := decoded.(*value.Object)
		if err != nil || !ok {
			return request.Call{}, problem.Invalid("action_context_invalid", "The context cannot be read: it may be nested too deeply.")
		}
		root = object
	}
	g := in.Given
	g.ID, g.Time, g.Nonce = as.ID.String(), as.At, rand.Text()
	made, ok, err := in.Package.Set.Action(as.Key, g, root)
	if broken, is := errors.AsType[*request.Error](err); is {
		return made, problem.Invalid("action_context_invalid", "The package's template makes nothing valid of this context (at "+broken.At+").").Because(err)
	}
	if err == nil && !ok {
		err = problem.NotFound("action")
	}
	return made, err
}
