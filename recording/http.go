package recording

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/release"
)

// ApplicationPath names an application in a path.
type ApplicationPath struct {
	Application application.ID `path:"application" doc:"Id of the application."`
}

// RecordingPath names a recording in a path.
type RecordingPath struct {
	Recording ID `path:"recording" doc:"Id of the recording."`
}

type startIn struct {
	ApplicationPath
	Body Order
}

// startedBody is the one answer that shows the token.
type startedBody struct {
	Recording
	Secret string `json:"secret" doc:"The token, shown this once. Send it as Authorization: Bearer."`
}

type startedOut struct {
	Location string `header:"Location"`
	Body     startedBody
}

type recordingOut struct{ Body Recording }

type listOut struct {
	Body struct {
		Items []Recording `json:"items" nullable:"false"`
	}
}

type sandboxesOut struct {
	Body struct {
		Items []Sandbox `json:"items" nullable:"false"`
	}
}

type proposalOut struct{ Body Proposal }

type draftOut struct {
	Location string `header:"Location"`
	Body     release.Staged
}

const tag = "Recordings"

// Mount mounts the operations on recordings.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	web.Op(m, web.Operation{
		ID: "listSandboxes", Method: "GET", Path: "/v1/applications/{application}/sandboxes", Tag: tag, Summary: "List the sandboxes of the application's group", Action: "application:view",
	}, func(ctx context.Context, in *ApplicationPath) (*sandboxesOut, error) {
		got, err := s.Sandboxes(ctx, access.By(ctx), in.Application)
		out := &sandboxesOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "startRecording", Method: "POST", Path: "/v1/applications/{application}/recordings", Tag: tag, Summary: "Start a recording", Creates: true,
		Description: "The answer holds a token that passes every operation of one sandbox account of the application's own group, for at most 24 hours. It never works in another account.",
		Action:      "recording:start", Errors: []string{"forbidden", "recording_invalid", "recording_account", "recording_running", "application_suspended", "application_deleted"},
	}, func(ctx context.Context, in *startIn) (*startedOut, error) {
		got, err := s.Start(ctx, access.By(ctx), in.Application, in.Body)
		return &startedOut{Location: "/v1/recordings/" + got.ID.String(), Body: startedBody{got.Recording, got.Secret.Reveal()}}, err
	})
	web.Op(m, web.Operation{
		ID: "listRecordings", Method: "GET", Path: "/v1/applications/{application}/recordings", Tag: tag, Summary: "List recordings", Action: "recording:view",
		Description: "The newest 100, the newest first.",
	}, func(ctx context.Context, in *ApplicationPath) (*listOut, error) {
		got, err := s.List(ctx, access.By(ctx), in.Application)
		out := &listOut{}
		out.Body.Items = got
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "getRecording", Method: "GET", Path: "/v1/recordings/{recording}", Tag: tag, Summary: "Read a recording", Action: "recording:view",
	}, func(ctx context.Context, in *RecordingPath) (*recordingOut, error) {
		got, err := s.Get(ctx, access.By(ctx), in.Recording)
		return &recordingOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "endRecording", Method: "POST", Path: "/v1/recordings/{recording}/end", Tag: tag, Summary: "End a recording", Action: "recording:end",
		Description: "Its token opens nothing any more. What was recorded stays.", Errors: []string{"forbidden", "recording_over"},
	}, func(ctx context.Context, in *RecordingPath) (*recordingOut, error) {
		got, err := s.End(ctx, access.By(ctx), in.Recording)
		return &recordingOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "getRecordingProposal", Method: "GET", Path: "/v1/recordings/{recording}/proposal", Tag: tag, Summary: "Read what the calls needed", Action: "recording:view",
		Description: "As few scopes as the calls needed, with the operations that need each, the role, and the events; and a version to begin with.", Errors: []string{"catalog_missing"},
	}, func(ctx context.Context, in *RecordingPath) (*proposalOut, error) {
		got, err := s.Proposal(ctx, access.By(ctx), in.Recording)
		return &proposalOut{Body: got}, err
	})
	web.Op(m, web.Operation{
		ID: "draftFromRecording", Method: "POST", Path: "/v1/recordings/{recording}/draft", Tag: tag, Summary: "Begin a version as proposed", Action: "version:create", Creates: true,
		Errors: []string{"forbidden", "recording_empty", "catalog_missing", "version_invalid", "version_exists", "version_drafts_exceeded", "application_suspended", "application_deleted"},
	}, func(ctx context.Context, in *RecordingPath) (*draftOut, error) {
		v, err := s.Draft(ctx, access.By(ctx), in.Recording)
		return &draftOut{Location: "/v1/versions/" + v.ID.String(), Body: v.Staged()}, err
	})
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	con, inv := problem.KindConflict, problem.KindInvalid
	return []problem.Declared{
		{Code: "recording_invalid", Kind: inv, Cause: "A recording shall last longer than 24 hours.", Remedy: "Ask for 1 to 24 hours; start another one afterwards."},
		{Code: "recording_account", Kind: inv, Cause: "The account is no sandbox of the application's own group.", Remedy: "Choose one that listSandboxes names. Production accounts can never be recorded."},
		{Code: "recording_running", Kind: con, Cause: "The application is being recorded in this sandbox already; recording says by which.", Remedy: "Go on with that token, or end the recording first."},
		{Code: "recording_over", Kind: con, Cause: "The recording is over.", Remedy: "Nothing needs to be done; start another one to go on."},
		{Code: "recording_empty", Kind: con, Cause: "No call has passed in the recording.", Remedy: "Let the application work in the sandbox with the recording's token, then ask again."},
		{Code: "recording_sandbox_only", Kind: problem.KindForbidden, Cause: "The account of a recording is no sandbox of the application's group any more.", Remedy: "Start a recording in a sandbox. Elsewhere an application needs a token of its own."},
	}
}
