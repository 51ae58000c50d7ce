package event

import (
	"context"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

type publishIn struct {
	Binary
	ContentType string `header:"Content-Type" doc:"application/json, application/cloudevents+json or application/cloudevents-batch+json"`
	RawBody     []byte
}

type publishOut struct {
	Body struct {
		Items []Receipt `json:"items" nullable:"false" doc:"One for each event, in the order in which they were sent"`
	}
}

type readIn struct {
	Account string   `query:"account" maxLength:"200" doc:"Id of the account, or the product's key of it. A token's own account when absent."`
	After   int64    `query:"after" minimum:"0" doc:"Sequence number of the last event that you have; next of the answer before."`
	Limit   int      `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"How many events at most."`
	Types   []string `query:"types" maxItems:"50" doc:"Types, separated by commas; * stands for any characters, as in order.*"`
}

type streamIn struct {
	Account       string   `query:"account" maxLength:"200" doc:"Id of the account, or the product's key of it. A token's own account when absent."`
	After         int64    `query:"after" minimum:"0" doc:"Sequence number of the last event that you have."`
	LastEventID   int64    `header:"Last-Event-ID" minimum:"0" doc:"The same, from a reader that comes again; the larger counts."`
	Types         []string `query:"types" maxItems:"50" doc:"Types, separated by commas; * stands for any characters, as in order.*"`
	Authorization string   `header:"Authorization" hidden:"true"`
}

type readOut struct {
	Body struct {
		Items []*Event `json:"items" nullable:"false"`
		Next  int64    `json:"next" doc:"Ask with after= this next time, also when there were no items"`
		First int64    `json:"first" doc:"Sequence number of the oldest event that is still kept, whether you may see it or not; one more than head when none is"`
		Head  int64    `json:"head" doc:"Sequence number of the account's last event, whether you may see it or not"`
		More  bool     `json:"more" doc:"Ask again at once: the end of the log is not reached yet"`
	}
}

// KnownType is a type of event as developers see it.
type KnownType struct {
	Type        string                    `json:"type"`
	Label       string                    `json:"label"`
	Description string                    `json:"description,omitempty"`
	Resource    string                    `json:"resource,omitempty" doc:"Kind of the resource that its events are about"`
	Version     int                       `json:"version" doc:"The newest version of the schema; 0: there is none"`
	Schemas     map[string]map[string]any `json:"schemas,omitempty" doc:"JSON Schema of the data, by version"`
	Needs       []string                  `json:"needs" nullable:"false" doc:"Scopes any of which opens it; empty when every integration receives it"`
}

type muteOut struct {
	Body struct {
		Items []Mute `json:"items" nullable:"false"`
	}
}

type muteIn struct {
	account.AccountPath
	Body struct {
		Items []Mute `json:"items" maxItems:"200" nullable:"false"`
	}
}

func muted(list []Mute, err error) (*muteOut, error) {
	out := &muteOut{}
	if out.Body.Items = list; list == nil {
		out.Body.Items = []Mute{}
	}
	return out, err
}

type typesOut struct {
	Body struct {
		Items []KnownType `json:"items" nullable:"false"`
	}
}

// publishMost is what a batch may take, in bytes.
const publishMost = 8 << 20

// Mount mounts the operations on events.
func (s *Service) Mount(m web.Mux) {
	m.Catalogue().Declare(Declared()...)
	const tag = "Events"
	web.Op(m, web.Operation{
		ID: "publishEvents", Method: "POST", Path: "/v1/events", Tag: tag, Summary: "Tell what has happened", Status: 202, MaxBody: publishMost, Action: ActionPublish,
		Description: "For the product: one event, or a list of up to 1,000, of which all or none are accepted. CloudEvents are understood in structured, batched and binary mode. " +
			"The answer comes once the events are durable. An event with an id is accepted once for its account and source, however often it is sent.",
		Errors: []string{"forbidden", "event_invalid", "event_batch", "event_conflict", "catalog_missing", "body_not_utf8", "body_too_deep", "body_duplicate_key"},
		Takes:  map[string]reflect.Type{typeJSON: reflect.TypeFor[Draft](), typeCloud: reflect.TypeFor[CloudEvent](), typeClouds: reflect.TypeFor[[]CloudEvent]()},
		Quick:  s.publishQuick,
	}, s.publishHTTP)
	web.Op(m, web.Operation{
		ID: "listEvents", Method: "GET", Path: "/v1/events", Tag: tag, Summary: "Read events behind a number", Action: ActionView,
		Description: "The events of one account in order, each once: those that the token's grant may receive, or all for the account's people. Keep next and ask again with it. " +
			"Numbers grow by one without gaps; those of events that you may not see are missing. Without after the oldest that is kept comes first; after a number whose next event is gone by age is refused, so that nobody misses events unawares.",
		Errors: []string{"forbidden", "account_required", "event_cursor_expired"},
	}, func(ctx context.Context, in *readIn) (*readOut, error) {
		got, err := s.Read(ctx, access.By(ctx), Query{Account: in.Account, After: in.After, Limit: in.Limit, Types: in.Types})
		out := &readOut{}
		out.Body.Items, out.Body.Next, out.Body.First, out.Body.Head, out.Body.More = got.Items, got.Next, got.First, got.Head, got.More
		if out.Body.Items == nil {
			out.Body.Items = []*Event{}
		}
		return out, err
	})
	web.Op(m, web.Operation{
		ID: "streamEvents", Method: "GET", Path: "/v1/events/stream", Tag: "Events", Summary: "Follow events as they come", Action: ActionView,
		Description: "The same events with the same numbers as GET /v1/events, as server-sent events (text/event-stream): id is the sequence number, data the envelope as a webhook delivers it. " +
			"Come again with Last-Event-ID, as browsers do by themselves, and every event is there once, in order. A stream ends after ten minutes, and at once when the token or its grant ends: then with an event named end that says why.",
		Errors: []string{"forbidden", "account_required", "event_streams", "event_streams_stopping", "event_cursor_expired"},
	}, func(_ context.Context, in *streamIn) (*web.Stream, error) {
		raw, ok := strings.CutPrefix(in.Authorization, "Bearer ")
		if !ok {
			raw, _ = strings.CutPrefix(in.Authorization, "DPoP ")
		}
		return web.ServeEvents(func(ctx context.Context, out *web.EventStream) error {
			return s.Stream(ctx, access.By(ctx), Query{Account: in.Account, After: max(in.After, in.LastEventID), Types: in.Types}, raw, out)
		}), nil
	})
	s.mountMutes(m)
	web.Op(m, web.Operation{
		ID: "listEventTypes", Method: "GET", Path: "/v1/event-types", Tag: tag, Summary: "List the types of events",
		Description: "What the product publishes, with the schema of each version and the scopes that open it.", Errors: []string{"catalog_missing"},
	}, func(context.Context, *struct{}) (*typesOut, error) {
		out := &typesOut{}
		var err error
		out.Body.Items, err = s.Types()
		return out, err
	})
}

func (s *Service) mountMutes(m web.Mux) {
	web.Op(m, web.Operation{
		ID: "listEventMutes", Method: "GET", Path: "/v1/accounts/{account}/event-mutes", Tag: "Events", Summary: "List what integrations do not get", Action: ActionView, Errors: []string{"forbidden"},
	}, func(ctx context.Context, in *account.AccountPath) (*muteOut, error) {
		return muted(s.Mutes(ctx, access.By(ctx), in.Account))
	})
	web.Op(m, web.Operation{
		ID: "setEventMutes", Method: "PUT", Path: "/v1/accounts/{account}/event-mutes", Tag: "Events", Summary: "Turn types of events off for integrations", Action: ActionMute,
		Description: "For the account's administrators: integrations get none of the product's events of these types any more, by webhook, by reading or by stream, whatever their scopes say; one of them, or all. " +
			"What waits for delivery is dropped when its turn comes. The list replaces the one before.",
		Errors: []string{"forbidden", "event_mute_invalid", "catalog_missing"},
	}, func(ctx context.Context, in *muteIn) (*muteOut, error) {
		return muted(s.SetMutes(ctx, access.By(ctx), in.Account, in.Body.Items))
	})
}

func (s *Service) publishHTTP(ctx context.Context, in *publishIn) (*publishOut, error) {
	kind, _, _ := mime.ParseMediaType(in.ContentType)
	if kind != typeJSON {
		if err := web.CheckJSON(in.RawBody); err != nil {
			return nil, err
		}
	}
	drafts, listed, err := message{Kind: kind, Binary: in.Binary, Body: in.RawBody}.drafts()
	if err != nil {
		return nil, err
	}
	out := &publishOut{}
	out.Body.Items, err = s.Publish(ctx, access.By(ctx), drafts, func(i int) string { return at(listed, i) })
	return out, err
}

// publishQuick is publishHTTP, of which it reads the input by itself.
func (s *Service) publishQuick(ctx context.Context, h http.Header, body []byte) (any, error) {
	in := publishIn{ContentType: h.Get("Content-Type"), RawBody: body}
	if h.Get("Ce-Specversion") != "" {
		in.Binary = binaryOf(h)
	}
	out, err := s.publishHTTP(ctx, &in)
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

// Types lists what the catalog publishes, by name.
func (s *Service) Types() ([]KnownType, error) {
	cat := s.Catalog.Get()
	if cat == nil {
		return nil, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	out := []KnownType{}
	for name, t := range cat.File().Events {
		e, _ := cat.Event(name)
		k := KnownType{Type: name, Label: t.Label, Description: t.Description, Resource: t.Resource, Version: e.Latest, Schemas: t.Schemas, Needs: cat.Openers(t)}
		if k.Label == "" {
			k.Label = name
		}
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b KnownType) int { return strings.Compare(a.Type, b.Type) })
	return out, nil
}

// Declared lists the codes of this slice.
func Declared() []problem.Declared {
	return []problem.Declared{
		{Code: "event_invalid", Kind: problem.KindInvalid, Cause: "A part of an event breaks a rule or the schema of its type; errors says which. Nothing was accepted.", Remedy: "Correct the parts that errors names and send the request again."},
		{Code: "event_mute_invalid", Kind: problem.KindInvalid, Cause: "A mute names no type of the catalog, or a grant of another account; errors says which.", Remedy: "Correct the parts that errors names."},
		{Code: "event_streams", Kind: problem.KindLimited, Cause: "You have ten streams open on this server, or all readers together have too many.", Remedy: "End some, or read with GET /v1/events."},
		{Code: "event_streams_stopping", Kind: problem.KindUnavailable, Cause: "This server is stopping.", Remedy: "Come again: another one answers, or this one does after its start."},
		{Code: "event_cursor_expired", Kind: problem.KindConflict, Cause: "You have been away for longer than events are kept: what came next after your number is gone. The detail says which numbers.", Remedy: "Fetch what you need from the product itself, then go on with the number that the detail names."},
		{Code: "event_batch", Kind: problem.KindInvalid, Cause: "The request holds no events or more than 1,000.", Remedy: "Send them in parts."},
		{Code: "event_conflict", Kind: problem.KindConflict, Cause: "Another event of the account was sent with the same id; index says which of the request. Nothing was accepted.", Remedy: "Give each event an id of its own, and send the same content when you repeat it."},
	}
}
