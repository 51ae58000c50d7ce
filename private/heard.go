package private

import (
	"cmp"
	"slices"
	"strings"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/webhook"
)

// EventType is a kind of event, and whether an integration may receive it.
type EventType struct {
	Type        string   `json:"type"`
	Label       string   `json:"label"`
	Description string   `json:"description,omitempty"`
	Allowed     bool     `json:"allowed"`
	Needs       []string `json:"needs" nullable:"false" doc:"Scopes any of which would allow it; empty when every integration may"`
}

// eventTypes lists what the catalog publishes, by name.
func eventTypes(cat *catalog.Catalog, scopes []string) []EventType {
	out := []EventType{}
	for name, e := range cat.File().Events {
		out = append(out, EventType{Type: name, Label: cmp.Or(e.Label, name), Description: e.Description, Needs: cat.Openers(e), Allowed: cat.Opens(e, scopes)})
	}
	slices.SortFunc(out, func(a, b EventType) int { return strings.Compare(a.Type, b.Type) })
	return out
}

// Heard is an enabled webhook endpoint of an integration, and what it gets.
type Heard struct {
	Endpoint webhook.ID `json:"webhook_endpoint"`
	URL      string     `json:"url"`
	Receives []string   `json:"receives" nullable:"false" doc:"The event types that its subscriptions name and the scopes allow"`
}

// receives lists the allowed types that the patterns name.
func receives(patterns []string, all []EventType) []string {
	out := []string{}
	for _, t := range all {
		if t.Allowed && slices.ContainsFunc(patterns, func(p string) bool { return event.Like(p, t.Type) }) {
			out = append(out, t.Type)
		}
	}
	return out
}
