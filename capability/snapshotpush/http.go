package snapshotpush

import (
	"context"
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// Path names a target in a path.
type Path struct {
	Target ID `path:"target" doc:"Id of the target."`
}

type putIn struct{ Body Draft }

type putOut struct{ Body Taken }

// AccountQuery names an account by the product's key.
type AccountQuery struct {
	Account string `query:"account_key" required:"true" maxLength:"200" doc:"The product's key of the account."`
}

type forgetIn struct {
	AccountQuery
	Resource string `query:"resource" required:"true" maxLength:"1000" doc:"As policies name it."`
}

type snapshotsOut struct {
	Body struct {
		Items []Snapshot `json:"items" nullable:"false"`
	}
}

type createIn struct {
	configuration.Path
	Body Choice
}

type updateIn struct {
	Path
	Body Patch
}

type targetOut struct{ Body Target }

type createdOut struct {
	Location string `header:"Location"`
	Body     Target
}

type targetsOut struct {
	Body struct {
		Items []Target `json:"items" nullable:"false"`
		Offer Offer    `json:"offer" doc:"What more can be made; empty while the capability does not work"`
	}
}

type triedOut struct{ Body capability.Tried }

// Mount mounts the operations on snapshots and targets.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	s.mountProduct(m)
	const tag = "Snapshots"
	const manage, view = configuration.ActionManage, configuration.ActionView
	web.Op(m, web.Operation{
		ID: "createSnapshotTarget", Method: "POST", Path: "/v1/configurations/{configuration}/targets", Tag: tag, Summary: "Send the data of a resource", Action: manage, Creates: true,
		Description: "The newest data goes there at once, after each change, and once a day.", Errors: []string{"forbidden", "snapshot_target_invalid", "snapshot_target_limit", "capability_off"},
	}, func(ctx context.Context, in *createIn) (*createdOut, error) {
		t, err := s.Create(ctx, access.By(ctx), in.Configuration.String(), in.Body)
		return &createdOut{"/v1/targets/" + t.ID.String(), t}, err
	})
	web.Op(m, web.Operation{
		ID: "listSnapshotTargets", Method: "GET", Path: "/v1/configurations/{configuration}/targets", Tag: tag, Summary: "List where a configuration sends data", Action: view,
	}, func(ctx context.Context, in *configuration.Path) (*targetsOut, error) {
		out := &targetsOut{}
		var err error
		out.Body.Items, out.Body.Offer, err = s.List(ctx, access.By(ctx), in.Configuration.String())
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getSnapshotTarget", Method: "GET", Path: "/v1/targets/{target}", Tag: tag, Summary: "Read a target", Action: view,
	}, func(ctx context.Context, in *Path) (*targetOut, error) {
		t, err := s.Get(ctx, access.By(ctx), in.Target)
		return &targetOut{t}, err
	})
	web.Op(m, web.Operation{
		ID: "updateSnapshotTarget", Method: "PATCH", Path: "/v1/targets/{target}", Tag: tag, Summary: "Change or switch a target", Action: manage,
		Description: "Parts that are not sent stay as they are. The data goes there anew.", Errors: []string{"forbidden", "snapshot_target_invalid", "capability_off"},
	}, func(ctx context.Context, in *updateIn) (*targetOut, error) {
		t, err := s.Update(ctx, access.By(ctx), in.Target, in.Body)
		return &targetOut{t}, err
	})
	web.Op(m, web.Operation{
		ID: "pushSnapshotTarget", Method: "POST", Path: "/v1/targets/{target}/push", Tag: tag, Summary: "Send the data now", Action: manage, Creates: true, Status: http.StatusOK,
		Description: "Also when the last try failed and the next is not due yet. The answer does not wait for it.", Errors: []string{"forbidden", "capability_off"},
	}, func(ctx context.Context, in *Path) (*targetOut, error) {
		t, err := s.Push(ctx, access.By(ctx), in.Target)
		return &targetOut{t}, err
	})
	web.Op(m, web.Operation{
		ID: "trySnapshotTarget", Method: "POST", Path: "/v1/targets/{target}/try", Tag: tag, Summary: "Try a target without a change", Action: manage, Creates: true, Status: http.StatusOK,
		Errors: []string{"forbidden", "capability_off", "capability_untried"},
	}, func(ctx context.Context, in *Path) (*triedOut, error) {
		got, err := s.Try(ctx, access.By(ctx), in.Target)
		return &triedOut{got}, err
	})
	web.Op(m, web.Operation{
		ID: "deleteSnapshotTarget", Method: "DELETE", Path: "/v1/targets/{target}", Tag: tag, Summary: "Stop sending there", Action: manage,
		Description: "What the partner has stays there.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *Path) (*struct{}, error) {
		return nil, s.Delete(ctx, access.By(ctx), in.Target)
	})
}

// mountProduct mounts what the product does.
func (s *Service) mountProduct(m web.Mux) {
	const tag = "Snapshots"
	web.Op(m, web.Operation{
		ID: "putSnapshot", Method: "PUT", Path: "/v1/snapshots", Tag: tag, Summary: "Give the newest data of a resource", Action: ActionPut, MaxBody: dataMost + 64<<10,
		Description: "For the product: the whole data of a resource, such as an environment, after each change. The newest is kept and goes to every integration that an administrator has set up for the resource. " +
			"A version that is lower than the kept one changes nothing, so that requests may overtake one another and be repeated.",
		Errors: []string{"forbidden", "snapshot_invalid"},
	}, func(ctx context.Context, in *putIn) (*putOut, error) {
		got, err := s.Put(ctx, access.By(ctx), in.Body)
		return &putOut{got}, err
	})
	web.Op(m, web.Operation{
		ID: "listSnapshots", Method: "GET", Path: "/v1/snapshots", Tag: tag, Summary: "List what is kept of an account", Action: ActionView,
		Description: "Versions and sizes, not the data: for the product to see what it has to send again.",
	}, func(ctx context.Context, in *AccountQuery) (*snapshotsOut, error) {
		out := &snapshotsOut{}
		var err error
		out.Body.Items, err = s.Snapshots(ctx, access.By(ctx), in.Account)
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "deleteSnapshot", Method: "DELETE", Path: "/v1/snapshots", Tag: tag, Summary: "Forget the data of a resource", Action: ActionPut,
		Description: "For one that is gone, or whose versions begin anew. What partners have stays there.", Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *forgetIn) (*struct{}, error) {
		return nil, s.Forget(ctx, access.By(ctx), in.Account, in.Resource)
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "snapshot_invalid", Kind: problem.KindInvalid, Cause: "The snapshot names no resource, or its data is missing or too large; errors names each.", Remedy: "Send account_key, resource, version and data; at most 4 MiB."},
		{Code: "snapshot_target_invalid", Kind: problem.KindInvalid, Cause: "The resource or one of the fields is not right; errors names each.", Remedy: "Look at offer of the list of targets for resources and fields."},
		{Code: "snapshot_target_limit", Kind: problem.KindConflict, Cause: "A configuration may send the data of 20 resources.", Remedy: "Delete a target that is not needed any more, or make another configuration."},
		{Code: "snapshot_target_missing", Kind: problem.KindConflict, Cause: "The configuration sends no data yet, so there is nothing to try.", Remedy: "Add a target first."},
		{Code: "snapshot_push", Kind: problem.KindUnavailable, Cause: "Data did not get through to a partner; it is tried again.", Remedy: "Look at the errors of the target. Only the log of jobs shows this code."},
	}
}
